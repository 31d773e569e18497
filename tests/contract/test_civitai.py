"""What only CivitAI does: how an order is written, named, priced, and found again.

That no test buys twice, breaks CivitAI's schemas or leaks the key to its files is seen to by the
fixture.
"""

import json
import re

import pytest

from bot.errors import (
    ProviderLost,
    SubmitUncertain,
)
from bot.providers._civitai_orders import name_for
from tests.standins import Fate
from tests.standins.answers import Answer
from tests.standins.civitai import FLUX
from tests.standins.civitai_runs import DONE, draw
from tests.standins.civitai_shop import (
    NGINX,
    all_the_way,
    buy,
    follow,
    make,
    open_shop,
    order_in,
    size_of,
)

LORA = "urn:air:flux1:lora:civitai:200001@300001"


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def test_order_is_one_step_that_can_cost_no_more_than_itself(shop):
    await buy(shop, shop.connect())

    (sent,) = shop.seen
    order = sent.json
    name = order.pop("externalId")
    assert (sent.method, sent.path) == ("POST", "/v2/consumer/workflows")
    assert sent.query == {"wait": "0", "hideMatureContent": "true"}
    assert order == {
        "steps": [{"$type": "textToImage", "name": "picture", "input": shop.inputs}],
        "currencies": ["blue", "green", "yellow"],
        "allowMatureContent": False,
        "upgradeMode": "manual",
        "tips": {"civitai": 0, "creators": 0},
        "tags": [name],
    }
    assert sent.has_key


@pytest.mark.parametrize(
    ("endpoint", "inputs"),
    [
        (
            "textToImage",
            {
                "model": FLUX,
                "prompt": "a fox",
                "cfgScale": 3.5,
                "seed": 7,
                "additionalNetworks": {LORA: {"strength": 0.8}},
            },
        ),
        (
            "imageGen",
            {
                "engine": "sdcpp",
                "ecosystem": "flux1",
                "operation": "createImage",
                "diffuserModel": "urn:air:flux1:diffuser:civitai:618692@691639",
                "prompt": "a fox",
                "width": 1024,
                "height": 1024,
                "seed": 7,
                "loras": {LORA: 0.8},
            },
        ),
        (
            "imageGen",
            {
                "engine": "comfy",
                "ecosystem": "flux1",
                "operation": "createImage",
                "model": FLUX,
                "prompt": "a fox",
                "quantity": 1,
            },
        ),
        (
            "imageGen",
            {
                "engine": "flux1-kontext",
                "model": "pro",
                "prompt": "a fox",
                "images": ["https://x.example/1"],
            },
        ),
    ],
)
async def test_inputs_of_every_kind_reach_the_step_as_they_are(shop, endpoint, inputs):
    outputs = await make(shop, endpoint=endpoint, **inputs)

    (step,) = order_in(shop)["steps"]
    assert step == {"$type": endpoint, "name": "picture", "input": inputs}
    assert len(outputs) == 1


async def test_upscaler_and_cutout_give_their_one_picture(shop):
    provider = shop.connect()
    address = await provider.upload(shop.shelf.keep(draw((32, 48), 1)))

    (large,) = await make(shop, endpoint="imageUpscaler", image=address, numberOfRepeats=2)
    (cut,) = await make(shop, endpoint="imageBackgroundRemoval", image=address)

    assert (size_of(large), size_of(cut)) == ((128, 192), (32, 48))


async def test_mature_pictures_are_asked_for_by_a_name_of_ours_and_paid_in_yellow(shop):
    handle = await buy(shop, provider := shop.connect(), allow_mature=True)
    await follow(provider, handle)

    order = order_in(shop)
    assert order["allowMatureContent"] is True
    assert order["currencies"] == ["yellow"]
    assert order["upgradeMode"] == "manual"
    assert "allow_mature" not in order["steps"][0]["input"]
    asked = {seen.query["hideMatureContent"] for seen in shop.asked("submit", "look")}
    assert asked == {"false"}


async def test_text_to_image_without_a_seed_gets_one_of_its_own(shop):
    inputs = {name: value for name, value in shop.inputs.items() if name != "seed"}
    provider = shop.connect()

    for key in ("attempt-1", "attempt-2", "attempt-2"):
        shop.bought += 1
        await provider.submit(shop.endpoint, inputs, key=key)

    first, second, again = (seen.json["steps"][0]["input"]["seed"] for seen in shop.seen)
    assert 0 <= first < 2**32
    assert first != second == again


async def test_name_fits_the_alphabet_and_tells_orders_apart():
    """Attempts are numbered per database: another one's first attempt must not find ours."""
    keys = ("atelier-1-1", "a b/ü", "a b/ö", "x" * 500)
    names = {name_for("textToImage", {"seed": 7}, key=key) for key in keys}
    names |= {name_for("textToImage", {"seed": 8}, key="atelier-1-1")}
    names |= {name_for("imageGen", {"seed": 7}, key="atelier-1-1")}

    assert len(names) == 6
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name) for name in names)
    assert name_for("t", {"a": 1, "b": 2}, key="k") == name_for("t", {"b": 2, "a": 1}, key="k")


async def test_same_attempt_number_with_another_order_is_another_run(shop):
    provider = shop.connect()

    first = await buy(shop, provider, prompt="a fox")
    second = await buy(shop, provider, prompt="an owl")

    assert first["workflow_id"] != second["workflow_id"]


@pytest.mark.parametrize("run_id", ["", ".", "..", "x" * 201, None, 7, "a\n", ["a"]])
async def test_answer_without_a_usable_id_is_no_run(shop, run_id):
    shop.submit_extra = {"id": run_id}

    with pytest.raises(SubmitUncertain):
        await buy(shop, shop.connect())


@pytest.mark.parametrize("run_id", ["a/b", "../../api", "a?b#c", "wf_ä %2F"])
async def test_id_is_any_text_and_changes_no_address(shop, run_id):
    shop.submit_extra = {"id": run_id}
    provider = shop.connect()
    handle = await buy(shop, provider)
    shop.runs[run_id] = next(iter(shop.runs.values()))

    await follow(provider, handle)
    await provider.cancel(handle)

    assert shop.asked("nowhere") == []
    assert len(shop.asked("cancel")) == 1


async def test_run_that_is_over_at_once_is_a_run(shop):
    shop.script = [DONE]

    assert [size_of(output) for output in await make(shop)] == shop.sizes


async def test_lost_run_is_found_by_its_tag_on_a_later_page(shop):
    """Lost after it was taken: the list finds it, and nothing is bought again."""
    provider = shop.connect()
    await shop.next_submit(Fate.LOST)
    with pytest.raises(SubmitUncertain):
        await buy(shop, provider)
    (run,) = shop.runs.values()
    shop.next_answer("list", Answer(200, '{"next": "0", "items": []}'))

    handle = await provider.find(shop.endpoint, shop.inputs, key="attempt-1")

    first, second = shop.asked("list")
    assert handle == {"workflow_id": run.id, "is_mature": False}
    assert [first.query["tags"]] == [second.query["tags"]] == run.order["tags"]
    assert (first.query.get("cursor"), second.query["cursor"]) == (None, "0")
    assert len(await all_the_way(provider, handle)) == 2


async def test_workflow_in_the_list_that_carries_another_tag_is_not_ours(shop):
    provider = shop.connect()
    await buy(shop, provider, prompt="somebody else's")
    (run,) = shop.runs.values()
    page = {"next": "", "items": [{**run.body([]), "tags": ["another"]}, {"tags": None}, "x"]}
    shop.always("list", Answer(200, json.dumps(page)))

    with pytest.raises(SubmitUncertain):
        await provider.find(shop.endpoint, shop.inputs, key="attempt-1")


async def test_list_without_the_run_proves_nothing(shop):
    with pytest.raises(SubmitUncertain):
        await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")


@pytest.mark.parametrize(("following", "pages"), [("again", 2), (None, 1), (7, 1), ("", 1)])
async def test_list_that_leads_nowhere_new_is_given_up(shop, following, pages):
    shop.always("list", Answer(200, json.dumps({"next": following, "items": []})))

    with pytest.raises(SubmitUncertain):
        await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")

    assert len(shop.asked("list")) == pages


async def test_list_that_never_ends_is_given_up(shop):
    shop.next_answer(
        "list",
        *(Answer(200, json.dumps({"next": f"{n}", "items": []})) for n in range(100)),
    )

    with pytest.raises(SubmitUncertain):
        await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")

    assert len(shop.asked("list")) == 5


@pytest.mark.parametrize("fault", [NGINX, Answer(401, "{}"), Answer(429, "{}"), Answer(200, "[]")])
async def test_list_that_cannot_be_read_may_be_asked_again(shop, fault):
    shop.always("list", fault)

    with pytest.raises(ProviderLost):
        await shop.connect().find(shop.endpoint, shop.inputs, key="attempt-1")
