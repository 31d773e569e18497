"""How runs at Replicate are asked about, at which pace, and how a lost one is found again."""

import asyncio

import pytest

from bot.errors import ProviderLost, ProviderRejected, SubmitUncertain
from bot.providers._replicate_api import MOST_PAGES
from bot.providers.replicate import Pace
from tests.standins import Fate
from tests.standins.answers import Answer
from tests.standins.replicate_runs import DONE, VERSION, Outcome, State, failed
from tests.standins.replicate_shop import (
    NGINX,
    NO_TOKEN,
    SHORT_S,
    all_the_way,
    assert_clean,
    buy,
    follow,
    make,
    open_shop,
    patience_for,
    size_of,
)
from tests.standins.replicate_wire import Oddity

COMMUNITY = "nightmareai/real-esrgan"
UPSCALE = {"image": "https://127.0.0.1/fox.png", "scale": 2}
NEVER = Pace(quickest_s=600.0, slowest_s=600.0)


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


ODD_LOOKS = [
    Outcome(extra={"version": None}),
    Outcome(extra={"urls": {"get": None}}),
    Outcome(extra={"error": {"code": 7}}),
    Outcome(extra={"metrics": []}),
    Outcome(without=["model", "version", "urls", "logs", "error", "created_at"]),
]


@pytest.mark.parametrize("outcome", ODD_LOOKS)
async def test_look_that_the_package_rejects_is_read_without_asking_again(shop, outcome):
    outputs = await make(shop, outcome=outcome)

    assert [size_of(output) for output in outputs] == shop.sizes
    assert len(shop.asked("look")) == len(shop.script)


@pytest.mark.parametrize("status", ["queued", "DREAMING", ""])
async def test_unknown_status_counts_as_still_running(shop, status):
    shop.is_official = False
    shop.script = [State("starting"), State(status), DONE]

    outputs = await make(shop)

    assert [size_of(output) for output in outputs] == shop.sizes


FAILED_LOOKS = [
    Oddity.HANGING,
    Oddity.HANG_UP,
    NGINX,
    Answer(200, "[]"),
    Answer(200, "null"),
    Answer(200, "not json"),
    Answer(200, '{"status": null}'),
    Answer(200, "[" * 100_000),
    Answer(401, NO_TOKEN),
    Answer(402, '{"detail": "You have insufficient credit"}'),
    Answer(404, "<html>not found</html>"),
    Answer(404, '["detail"]'),
    Answer(408, ""),
    Answer(500, '{"detail": "Internal server error"}'),
]


@pytest.mark.parametrize("fault", FAILED_LOOKS)
async def test_look_that_fails_loses_no_run(shop, fault):
    shop.script = [State("starting"), DONE]
    handle = await buy(shop, shop.connect())
    shop.always("look", fault)
    provider = shop.connect(patience_s=patience_for(fault))

    with pytest.raises(ProviderLost) as followed:
        await follow(provider, handle)
    with pytest.raises(ProviderLost) as fetched:
        await provider.fetch(handle)

    assert_clean(followed.value)
    assert_clean(fetched.value)
    shop.always("look", None)
    assert (await follow(shop.connect(), handle))[-1].percent == 100


@pytest.mark.parametrize(
    "fault",
    [
        Answer(429, '{"detail": "throttled"}', {"Retry-After": "3600"}),
        Answer(503, "", {"Retry-After": "86400"}),
        Answer(429, "", {"Retry-After": "2999-01-01T00:00:00+00:00"}),
    ],
)
async def test_retry_after_holds_no_look_longer_than_patience(shop, fault):
    handle = await buy(shop, shop.connect())
    shop.next_answer("look", fault)

    with pytest.raises(ProviderLost, match="in time"):
        await asyncio.wait_for(follow(shop.connect(patience_s=SHORT_S), handle), 20)

    assert len(shop.asked("look")) <= 1


async def test_look_that_is_throttled_is_asked_again_by_the_package(shop):
    shop.next_answer("look", Answer(429, "", {"Retry-After": "0"}), Answer(503, ""))

    outputs = await make(shop)

    assert [size_of(output) for output in outputs] == shop.sizes


async def test_run_that_replicate_does_not_know_is_over(shop):
    provider = shop.connect()

    with pytest.raises(ProviderRejected, match="does not know"):
        await follow(provider, {"run_id": "nobodys"})
    with pytest.raises(ProviderRejected, match="does not know"):
        await provider.fetch({"run_id": "nobodys"})


async def test_run_that_is_not_over_has_no_pictures_yet(shop):
    shop.hold_runs()
    provider = shop.connect()

    with pytest.raises(ProviderLost, match="not over"):
        await provider.fetch(await buy(shop, provider))


async def test_run_that_is_over_is_followed_without_a_pause(shop):
    shop.script = [DONE]
    provider = shop.connect(pace=NEVER)
    handle = await buy(shop, provider)

    changes = await asyncio.wait_for(follow(provider, handle), 20)

    assert changes[-1].percent == 100


async def test_run_that_is_not_over_is_left_alone_for_the_pause(shop):
    provider = shop.connect(pace=NEVER)
    progress = provider.follow(await buy(shop, provider))
    await anext(progress)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(progress), SHORT_S)

    assert len(shop.asked("look")) == 1
    assert provider._followers == 0


def test_pace_slows_with_the_time_waited_and_is_shared():
    pace = Pace()

    alone = [pace.pause_s(waited_s=waited, followers=1) for waited in (0, 20, 40, 600)]

    assert alone == [0.5, 1.0, 2.0, 3.0]
    assert pace.pause_s(waited_s=0, followers=200) == 200 / 25


async def test_run_with_a_lost_handle_is_found_by_its_inputs(shop):
    await shop.next_submit(Fate.LOST)
    with pytest.raises(SubmitUncertain):
        await buy(shop, shop.connect())
    shop.add_run({**shop.inputs, "seed": 8})
    shop.add_run(shop.inputs, source="web")
    shop.add_run(shop.inputs, model="black-forest-labs/flux-krea-dev")
    shop.add_run(shop.inputs, deployment="mia/flux-dev", model="mia/foxes")
    provider = shop.connect()

    handle = await provider.find(shop.endpoint, shop.inputs, key="attempt-1")

    assert [size_of(output) for output in await all_the_way(provider, handle)] == shop.sizes


@pytest.mark.parametrize("endpoint", [f"{COMMUNITY}:latest", f"{COMMUNITY}:{VERSION}"])
async def test_run_of_a_version_is_found_by_its_model(shop, endpoint):
    run = shop.add_run({"seed": 7, **UPSCALE}, model=COMMUNITY, version=VERSION)

    handle = await shop.connect().find(endpoint, {"seed": 7, **UPSCALE}, key="attempt-1")

    assert handle == {"run_id": run.id}


@pytest.mark.parametrize(
    ("told", "is_found"),
    [("mia/fox-farm", True), ("fox-farm", True), ("mia/others", False), (None, False)],
)
async def test_run_of_a_deployment_is_found_by_its_name(shop, told, is_found):
    run = shop.add_run(shop.inputs, model="mia/foxes", deployment=told)
    provider = shop.connect()

    try:
        handle = await provider.find("deployment:mia/fox-farm", shop.inputs, key="attempt-1")
    except SubmitUncertain:
        handle = None

    assert handle == ({"run_id": run.id} if is_found else None)


async def test_run_among_several_alike_is_never_guessed(shop):
    for _ in range(2):
        shop.add_run(shop.inputs)

    with pytest.raises(SubmitUncertain):
        await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")


@pytest.mark.parametrize("seed", [{}, {"seed": None}])
async def test_run_without_a_seed_could_be_anybodys(shop, seed):
    inputs = {"prompt": "a fox", **seed}
    shop.add_run(inputs)

    with pytest.raises(SubmitUncertain):
        await shop.connect().find(shop.endpoint, inputs, key="attempt-1")

    assert shop.seen == []


async def test_list_is_read_to_its_second_page_and_no_further(shop):
    shop.page_length = 2
    for seed in range(6):
        shop.add_run({**shop.inputs, "seed": seed}, version="" if seed % 2 else "hidden")
    provider = shop.connect()

    second = await provider.find(shop.endpoint, {**shop.inputs, "seed": 2}, key="attempt-1")
    with pytest.raises(SubmitUncertain):
        await provider.find(shop.endpoint, {**shop.inputs, "seed": 1}, key="attempt-1")

    assert second == {"run_id": list(shop.runs)[2]}
    assert [seen.query for seen in shop.asked("list")] == [{}, {"cursor": "2"}] * 2
    assert MOST_PAGES == 2


async def test_list_with_a_run_that_the_package_rejects_is_read(shop):
    shop.add_run(shop.inputs)
    odd = shop.add_run({"prompt": "an owl"})
    odd.outcome = Outcome(status="aborted", extra={"version": None})
    odd.step = len(odd.script) - 1

    handle = await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")

    assert handle == {"run_id": next(iter(shop.runs))}


@pytest.mark.parametrize(
    "fault",
    [Oddity.HANGING, Oddity.HANG_UP, NGINX, Answer(200, "[]"), Answer(401, NO_TOKEN)],
)
async def test_list_that_cannot_be_had_may_be_asked_for_again(shop, fault):
    run = shop.add_run(shop.inputs)
    shop.always("list", fault)
    provider = shop.connect(patience_s=patience_for(fault))

    with pytest.raises(ProviderLost) as caught:
        await provider.find(shop.endpoint, shop.inputs, key="attempt-1")

    assert_clean(caught.value)
    shop.always("list", None)
    found = await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")
    assert found == {"run_id": run.id}


async def test_run_that_failed_is_failed_to_whoever_finds_it(shop):
    shop.outcomes.append(failed("no lora there"))
    shop.add_run(shop.inputs)
    provider = shop.connect()
    handle = await provider.find(shop.endpoint, shop.inputs, key="attempt-1")

    with pytest.raises(ProviderRejected, match="no lora there"):
        await follow(provider, handle)
