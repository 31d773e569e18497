"""What every adapter promises, proved over real sockets: see `bot/providers/_protocol.py`.

The kiosk stands for every paid HTTP provider; the files of `bot/providers` are found by walking.
"""

import asyncio
import io
import itertools
import json
import logging
import pkgutil
from importlib import import_module

import pytest
from PIL import Image

import bot.providers
from bot.errors import (
    BadKey,
    EndpointGone,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderLost,
    ProviderRejected,
    SubmitUncertain,
)
from bot.providers._protocol import Progress
from tests.standins import KEY, Fate

OWN = sorted(
    module.name
    for module in pkgutil.iter_modules(bot.providers.__path__)
    if not module.name.startswith("_")
)
MODULES = {name: import_module(f"bot.providers.{name}") for name in OWN} | {
    "kiosk": import_module("tests.standins.kiosk_adapter")
}
PROVIDERS = sorted(MODULES)
PAID = [name for name in PROVIDERS if MODULES[name].KEY_ENV is not None]

STAND_INS = {name: import_module(f"tests.standins.{name}") for name in PROVIDERS}
QUEUED = [name for name in PROVIDERS if not getattr(STAND_INS[name], "AT_ONCE", False)]
PAID_QUEUED = [name for name in PAID if name in QUEUED]
STOPPABLE = [name for name in QUEUED if not getattr(STAND_INS[name], "UNSTOPPABLE", False)]
KEYED = [name for name in PAID if not getattr(STAND_INS[name], "KEYLESS", False)]

SHORT_S = 0.5
"""How long an adapter waits where waiting is all that it can do."""

FATES = [
    (Fate.REFUSED, ProviderDown),
    (Fate.LOST, SubmitUncertain),
    (Fate.HANGING, SubmitUncertain),
    (Fate.CUT, SubmitUncertain),
    (Fate.TRUNCATED, SubmitUncertain),
    (Fate.HTML, SubmitUncertain),
    (Fate.LIST, SubmitUncertain),
    (Fate.MOVED, ProviderDown),
    (Fate.SEE_OTHER, SubmitUncertain),
    (Fate.BAD_REQUEST, ProviderRejected),
    (Fate.BAD_KEY, BadKey),
    (Fate.NO_FUNDS, OutOfFunds),
    (Fate.FORBIDDEN, BadKey),
    (Fate.LOCKED, OutOfFunds),
    (Fate.UNKNOWN, EndpointGone),
    (Fate.TIMED_OUT, SubmitUncertain),
    (Fate.INVALID, ProviderRejected),
    (Fate.BUSY, ProviderBusy),
    (Fate.BROKEN, SubmitUncertain),
    (Fate.BAD_GATEWAY, SubmitUncertain),
    (Fate.OVERLOADED, ProviderBusy),
    (Fate.DOWN, ProviderDown),
    (Fate.SLOW_GATEWAY, SubmitUncertain),
]


@pytest.fixture
async def stand_in(provider_name):
    async with STAND_INS[provider_name].open_stand_in() as stand_in:
        yield stand_in


async def _submit(stand_in, provider, key="attempt-1"):
    """Buy one run and store its handle, as a process does before it dies."""
    handle = await provider.submit(stand_in.endpoint, stand_in.inputs, key=key)
    return json.loads(json.dumps(handle))


async def _all_of(progress) -> list[Progress]:
    return [change async for change in progress]


def _sizes(outputs) -> list[tuple[int, int]]:
    return [Image.open(io.BytesIO(output.data)).size for output in outputs]


@pytest.mark.parametrize("provider_name", PROVIDERS)
def test_provider_file_names_its_key_and_how_to_connect(provider_name):
    module = MODULES[provider_name]

    assert module.KEY_ENV is None or module.KEY_ENV.isupper()
    assert callable(module.connect)


def test_every_fate_has_an_expectation():
    assert {fate for fate, _ in FATES} == set(Fate)


@pytest.mark.parametrize("provider_name", PAID)
@pytest.mark.parametrize(("fate", "expected"), FATES)
async def test_failed_submit_is_sent_once_and_named(stand_in, fate, expected, caplog):
    """A paid POST is never repeated, and its error says what may follow."""
    caplog.set_level(logging.DEBUG)
    await stand_in.next_submit(fate)
    provider = stand_in.connect(patience_s=SHORT_S if fate is Fate.HANGING else 20)

    with pytest.raises(expected) as caught:
        await _submit(stand_in, provider)

    assert type(caught.value) is expected
    assert stand_in.paid_posts == (0 if fate is Fate.REFUSED else 1)
    assert KEY not in f"{caught.value!r} {caught.value.__context__!r} {caplog.text}"


@pytest.mark.parametrize("provider_name", PROVIDERS)
async def test_handle_is_json_without_the_key(stand_in):
    handle = await _submit(stand_in, stand_in.connect())

    assert KEY not in json.dumps(handle)
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", PROVIDERS)
async def test_run_is_followed_to_its_pictures(stand_in):
    provider = stand_in.connect()
    handle = await _submit(stand_in, provider)

    changes = await _all_of(provider.follow(handle))
    outputs = await provider.fetch(handle)

    percents = [change.percent for change in changes if change.percent is not None]
    assert percents == sorted(percents)
    assert all(before != after for before, after in itertools.pairwise(changes))
    assert _sizes(outputs) == stand_in.sizes
    assert [output.seed for output in outputs] == stand_in.seeds
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", PROVIDERS)
async def test_another_process_follows_the_same_run_by_its_handle(stand_in):
    first = stand_in.connect()
    handle = await _submit(stand_in, first)
    progress = first.follow(handle)
    await anext(progress)
    await progress.aclose()
    second = stand_in.connect()

    changes = await _all_of(second.follow(handle))
    outputs = await second.fetch(handle)

    assert changes[-1].percent == 100
    assert _sizes(outputs) == stand_in.sizes
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", PROVIDERS)
async def test_run_that_is_over_gives_the_same_pictures_again(stand_in):
    provider = stand_in.connect()
    handle = await _submit(stand_in, provider)
    await _all_of(provider.follow(handle))
    first = await provider.fetch(handle)

    changes = await _all_of(provider.follow(handle))
    again = await provider.fetch(handle)

    assert changes[-1].percent == 100
    assert [output.data for output in again] == [output.data for output in first]
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", STOPPABLE)
async def test_cancelled_run_is_rejected_to_whoever_follows_or_fetches(stand_in):
    stand_in.hold_runs()
    provider = stand_in.connect()
    handle = await _submit(stand_in, provider)
    progress = provider.follow(handle)
    await anext(progress)

    await provider.cancel(handle)

    with pytest.raises(ProviderRejected, match="cancelled"):
        await asyncio.wait_for(_all_of(progress), 20)
    with pytest.raises(ProviderRejected, match="cancelled"):
        await provider.fetch(handle)
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", [name for name in QUEUED if name not in STOPPABLE])
async def test_run_that_cannot_be_stopped_is_finished_all_the_same(stand_in):
    provider = stand_in.connect()
    handle = await _submit(stand_in, provider)

    await provider.cancel(handle)

    await _all_of(provider.follow(handle))
    assert _sizes(await provider.fetch(handle)) == stand_in.sizes
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", PROVIDERS)
async def test_cancelling_a_run_that_is_over_changes_nothing(stand_in):
    provider = stand_in.connect()
    handle = await _submit(stand_in, provider)
    await _all_of(provider.follow(handle))

    await provider.cancel(handle)

    assert _sizes(await provider.fetch(handle)) == stand_in.sizes


@pytest.mark.parametrize("provider_name", PAID_QUEUED)
async def test_follow_that_loses_the_provider_may_be_asked_again(stand_in):
    handle = await _submit(stand_in, stand_in.connect())
    stand_in.lose_looks()

    with pytest.raises(ProviderLost):
        await _all_of(stand_in.connect(patience_s=SHORT_S).follow(handle))

    stand_in.find_looks()
    assert (await _all_of(stand_in.connect().follow(handle)))[-1].percent == 100
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", PAID_QUEUED)
async def test_fetch_that_loses_the_provider_may_be_asked_again(stand_in):
    provider = stand_in.connect()
    handle = await _submit(stand_in, provider)
    await _all_of(provider.follow(handle))
    stand_in.lose_looks()

    with pytest.raises(ProviderLost):
        await stand_in.connect(patience_s=SHORT_S).fetch(handle)

    stand_in.find_looks()
    assert _sizes(await stand_in.connect().fetch(handle)) == stand_in.sizes
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", PROVIDERS)
async def test_run_with_a_lost_handle_is_found_or_left_uncertain_but_never_bought(stand_in):
    await _submit(stand_in, stand_in.connect(), key="attempt-9")
    provider = stand_in.connect()

    try:
        handle = await provider.find(stand_in.endpoint, stand_in.inputs, key="attempt-9")
        await _all_of(provider.follow(handle))
        sizes = _sizes(await provider.fetch(handle))
    except SubmitUncertain:
        sizes = None

    assert sizes in (None, stand_in.sizes)
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", PAID)
async def test_run_that_never_arrived_is_proved_absent_or_left_uncertain(stand_in):
    with pytest.raises((ProviderDown, SubmitUncertain)):
        await stand_in.connect().find(stand_in.endpoint, stand_in.inputs, key="attempt-never")

    assert stand_in.paid_posts == 0


@pytest.mark.parametrize("provider_name", PAID)
async def test_find_that_loses_the_provider_says_so(stand_in):
    stand_in.lose_looks()

    with pytest.raises((ProviderLost, SubmitUncertain)):
        await stand_in.connect(patience_s=SHORT_S).find(
            stand_in.endpoint, stand_in.inputs, key="attempt-1"
        )

    assert stand_in.paid_posts == 0


@pytest.mark.parametrize("provider_name", PROVIDERS)
async def test_check_passes_with_a_good_key_and_buys_nothing(stand_in):
    await stand_in.connect().check()

    assert stand_in.paid_posts == 0


@pytest.mark.parametrize("provider_name", KEYED)
async def test_check_names_a_key_that_is_refused_without_showing_it(stand_in, caplog):
    caplog.set_level(logging.DEBUG)
    key = "nobodys-id:nobodys-secret"

    with pytest.raises(BadKey) as caught:
        await stand_in.connect(key=key).check()

    assert "nobodys" not in f"{caught.value!r} {caught.value.__context__!r} {caplog.text}"
    assert stand_in.paid_posts == 0


@pytest.mark.parametrize("provider_name", PAID)
async def test_check_says_when_nobody_answers(stand_in):
    provider = stand_in.connect()
    await stand_in.next_submit(Fate.REFUSED)

    with pytest.raises(ProviderDown):
        await provider.check()


@pytest.mark.parametrize("provider_name", PROVIDERS)
async def test_run_starts_from_an_uploaded_picture(stand_in):
    sha256 = stand_in.shelf.keep(_png(256, 320))
    provider = stand_in.connect()

    endpoint, inputs = stand_in.from_picture(await provider.upload(sha256))
    handle = await provider.submit(endpoint, json.loads(json.dumps(inputs)), key="attempt-1")
    await _all_of(provider.follow(handle))

    assert _sizes(await provider.fetch(handle)) == [(256, 320)]
    assert stand_in.paid_posts == stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", PROVIDERS)
async def test_upload_of_a_picture_that_is_not_kept_says_so(stand_in):
    with pytest.raises(FileNotFoundError):
        await stand_in.connect().upload("0" * 64)


@pytest.mark.parametrize("provider_name", KEYED)
async def test_picture_brought_with_a_refused_key_is_named(stand_in):
    """By the upload itself, or by the run where pictures travel along with the order."""
    sha256 = stand_in.shelf.keep(_png(64, 64))

    with pytest.raises(BadKey):
        await _bring_and_buy(stand_in, stand_in.connect(key="nobodys-id:nobodys-secret"), sha256)

    assert stand_in.paid_posts <= stand_in.posts_per_run


@pytest.mark.parametrize("provider_name", PAID)
async def test_picture_brought_to_nobody_is_named(stand_in):
    sha256 = stand_in.shelf.keep(_png(64, 64))
    await stand_in.next_submit(Fate.REFUSED)

    with pytest.raises(ProviderDown):
        await _bring_and_buy(stand_in, stand_in.connect(), sha256)

    assert stand_in.paid_posts == 0


async def _bring_and_buy(stand_in, provider, sha256) -> None:
    endpoint, inputs = stand_in.from_picture(await provider.upload(sha256))
    await provider.submit(endpoint, json.loads(json.dumps(inputs)), key="attempt-1")


def _png(width: int, height: int) -> bytes:
    png = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(png, "PNG")
    return png.getvalue()
