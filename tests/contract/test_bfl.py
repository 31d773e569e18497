"""What only Black Forest Labs does: how runs are ordered and how they are followed.

That no test buys twice is seen to by the fixture: it holds the POSTs to what the test bought.
"""

import asyncio
import base64
import json

import pytest

from bot.errors import ProviderLost, ProviderRejected, SubmitUncertain
from bot.providers import bfl
from bot.providers._bfl_looks import Pace
from tests.contract.fal_shop import NGINX, SHORT_S, assert_clean, percents_of, size_of
from tests.standins.answers import Answer
from tests.standins.bfl import IMPATIENT, PENDING, READY, UNKNOWN
from tests.standins.bfl_shop import all_the_way, buy, follow, make, open_shop
from tests.standins.fal_runs import draw
from tests.standins.fal_wire import Oddity

NEVER_TWICE = Pace(quickest_s=3600, slowest_s=3600)
TASK_NOT_FOUND = {"status": "Task not found"}


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def test_order_is_the_inputs_themselves_sent_once_with_the_key(shop):
    await buy(shop, shop.connect())

    (sent,) = shop.seen
    assert (sent.method, sent.path, sent.query) == ("POST", "/v1/flux-pro-1.1", {})
    assert json.loads(sent.body) == shop.inputs
    assert sent.has_key
    assert "Authorization" not in sent.headers


async def test_pictures_travel_in_the_order_and_only_there(shop):
    image, mask = draw((640, 480), 1), draw((640, 480), 2)
    provider = shop.connect()
    inputs = {
        "prompt": "a fox",
        "image": await provider.upload(shop.shelf.keep(image)),
        "mask": await provider.upload(shop.shelf.keep(mask)),
    }

    handle = await buy(shop, provider, endpoint="flux-pro-1.0-fill", inputs=inputs)

    (order,) = (json.loads(sent.body) for sent in shop.seen)
    assert base64.b64decode(order["image"]) == image
    assert base64.b64decode(order["mask"]) == mask
    assert len(json.dumps([inputs, handle])) < 600
    assert [size_of(output) for output in await all_the_way(provider, handle)] == [(640, 480)]


async def test_picture_that_went_away_meanwhile_buys_nothing(shop):
    provider = shop.connect()
    inputs = {"prompt": "a fox", "input_image": {"picture": "0" * 64}}

    with pytest.raises(ProviderRejected, match="not kept any more"):
        await provider.submit("flux-kontext-pro", inputs, key="attempt-1")

    assert shop.seen == []


async def test_order_that_the_endpoint_does_not_take_is_refused_with_its_words(shop):
    with pytest.raises(ProviderRejected, match="290 is not a multiple of 32"):
        await buy(shop, shop.connect(), inputs={**shop.inputs, "width": 290})

    assert len(shop.refused_orders) == 1


@pytest.mark.parametrize("unknown", [UNKNOWN, TASK_NOT_FOUND])
async def test_run_that_is_not_known_at_first_is_waited_for(shop, unknown):
    outputs = await make(shop, script=[unknown, unknown, unknown, PENDING, READY])

    assert [size_of(output) for output in outputs] == shop.sizes


@pytest.mark.parametrize("unknown", [UNKNOWN, TASK_NOT_FOUND])
async def test_run_that_is_not_known_for_long_is_over(shop, unknown):
    provider = shop.connect(pace=IMPATIENT)
    handle = await buy(shop, provider, script=[unknown])

    for question in (follow(provider, handle), provider.fetch(handle)):
        with pytest.raises(ProviderRejected, match="does not know this run any more"):
            await question


async def test_404_of_something_in_between_says_nothing_about_the_run(shop):
    provider = shop.connect(pace=IMPATIENT)
    handle = await buy(shop, provider, script=[Answer(404, "<html>nginx</html>"), READY])

    with pytest.raises(ProviderLost):
        await follow(provider, handle)

    assert (await follow(provider, handle))[-1].percent == 100


@pytest.mark.parametrize(
    "state",
    [
        Answer(202, ""),
        Answer(202, '{"detail": "not yet"}'),
        Answer(202, '{"id": "run-1", "status": "Pending"}'),
        {"status": "Reasoning"},
        {"status": "Generating"},
        {"status": None},
        {"status": 7},
        {},
    ],
)
async def test_state_that_we_do_not_know_is_under_way(shop, state):
    provider = shop.connect()
    handle = await buy(shop, provider, script=[state, state, READY])

    changes = await follow(provider, handle)

    assert percents_of(changes) == [100]
    assert len(changes) == 2


@pytest.mark.parametrize(
    ("progress", "percents"),
    [
        ([0, 0.29, 0.5], [0, 29, 50, 100]),
        ([0.5, 0.25, 0.75], [50, 75, 100]),
        ([12, 50.4, 99.9], [12, 50, 99, 100]),
        ([0.999, 250], [99, 100]),
        ([1, 1.0, -3, None, True, "half", {}, 10**400], [100]),
    ],
)
async def test_percents_are_read_and_never_fall(shop, progress, percents):
    states = [{"status": "Pending", "progress": value} for value in progress]
    provider = shop.connect()
    handle = await buy(shop, provider, script=[*states, READY])

    assert percents_of(await follow(provider, handle)) == percents


async def test_progress_that_is_no_number_at_all_is_no_progress(shop):
    odd = Answer(200, '{"id": "run-1", "status": "Pending", "progress": NaN}')
    provider = shop.connect()
    handle = await buy(shop, provider, script=[odd, READY])

    assert percents_of(await follow(provider, handle)) == [100]


@pytest.mark.parametrize(
    "fault",
    [
        NGINX,
        Oddity.HANG_UP,
        Oddity.HANGING,
        Answer(200, "<html>"),
        Answer(200, "[]"),
        Answer(200, '{"status": "Rea'),
        Answer(401, '{"detail": "no such key"}'),
        Answer(403, '{"detail": "Not authenticated"}'),
        Answer(422, '{"detail": [{"loc": ["id"], "msg": "odd"}]}'),
        Answer(429, "{}", {"Retry-After": "7"}),
        Answer(500, '{"status": "Error"}'),
        Answer(503, "{}"),
    ],
)
async def test_look_that_fails_loses_no_run(shop, fault):
    handle = await buy(shop, shop.connect())
    shop.always("look", fault)
    patience_s = SHORT_S if fault is Oddity.HANGING else 20.0

    provider = shop.connect(patience_s=patience_s)
    for question in (follow(provider, handle), provider.fetch(handle)):
        with pytest.raises(ProviderLost) as caught:
            await question
        assert_clean(caught.value)

    shop.heal()
    outputs = await all_the_way(shop.connect(), handle)
    assert [size_of(output) for output in outputs] == shop.sizes


def test_looks_are_quick_at_first_and_slower_the_longer_it_takes():
    pauses = [bfl.PACE.pause_s(waited_s) for waited_s in (0, 5, 10, 20, 30, 600)]

    assert pauses == [0.5, 0.5, 1.0, 2.0, 3.0, 3.0]


async def test_run_that_goes_on_is_not_asked_about_again_before_its_pause(shop):
    provider = shop.connect(pace=NEVER_TWICE)
    progress = provider.follow(await buy(shop, provider))
    await anext(progress)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(progress), SHORT_S)

    assert len(shop.asked("look")) == 1


async def test_answer_that_ends_a_run_is_not_slept_on(shop):
    provider = shop.connect(pace=NEVER_TWICE)
    handle = await buy(shop, provider, script=[READY])

    changes = await follow(provider, handle)

    assert percents_of(changes) == [100]
    assert len(shop.asked("look")) == 1


async def test_nothing_finds_a_lost_run_and_nobody_is_asked(shop):
    await buy(shop, shop.connect())
    asked = len(shop.seen)

    with pytest.raises(SubmitUncertain):
        await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")

    assert len(shop.seen) == asked


async def test_cancel_asks_nothing_because_there_is_nothing_to_ask(shop):
    provider = shop.connect()
    handle = await buy(shop, provider)
    asked = len(shop.seen)

    await provider.cancel(handle)

    assert len(shop.seen) == asked
    assert [size_of(output) for output in await all_the_way(provider, handle)] == shop.sizes
