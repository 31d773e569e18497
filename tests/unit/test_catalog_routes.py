"""The catalog: offers with several routes, presets, and what every task needs."""

import pytest

from bot import catalog
from bot.catalog import Route
from bot.config import StartError
from tests.unit.test_catalog import FILL, FOX, VARY, write

OTHER_ROUTE = """
[[tasks.imagine.routes]]
provider = "stall"
endpoint = "fox"
cost_usd_micros = 4000
max_count = 1
sends = { prompt = "prompt", shape = "aspect_ratio" }
names.aspect_ratio = { "1:1" = "square" }
"""


def test_route_may_lack_what_another_one_takes(tmp_path):
    write(tmp_path, FOX + OTHER_ROUTE)

    kiosk, stall = catalog.load(tmp_path).get("fox").tasks["imagine"].routes

    assert (kiosk.max_count, stall.max_count) == (4, 1)
    assert stall.names == {"aspect_ratio": {"1:1": "square"}}


HALF_SERVED: dict[str, tuple[str, str]] = {
    "count of no route": (
        (FOX + OTHER_ROUTE).replace("3000\n", "3000\nmax_count = 3\n"),
        "imagine: no route makes 4",
    ),
    "ratio of no route": (
        FOX.replace("fixed", 'names.aspect_ratio = { "1:1" = 1 }\nfixed').replace(
            'size = "size"', 'size = "size", ratio = "aspect_ratio"'
        ),
        "imagine: no route takes 3:2",
    ),
    "LoRAs of no route": (
        (FOX + OTHER_ROUTE).replace("seed = true,", "seed = true, loras = true,"),
        "imagine: no route is sent loras",
    ),
    "negative prompt of no route": (
        (FOX + OTHER_ROUTE).replace("seed = true,", "seed = true, negative_prompt = true,"),
        "imagine: no route is sent negative_prompt",
    ),
    "count without its name": (
        (FOX + OTHER_ROUTE).replace("max_count = 1", "max_count = 2"),
        "imagine: stall is not sent count",
    ),
    "preset's value on one route only": (
        FOX
        + VARY
        + VARY[VARY.index("[[") :].replace("kiosk", "stall").partition(", strength")[0]
        + " }",
        "vary: stall is not sent strength",
    ),
    "names of what is not sent": (
        FOX + OTHER_ROUTE + 'names.size = { "1024x1024" = "big" }\n',
        "tasks.imagine.routes.1: size has names and is not sent",
    ),
    "no size on one route": (
        FOX + OTHER_ROUTE.replace(', shape = "aspect_ratio"', "").partition("names")[0],
        "imagine: stall is not sent the size",
    ),
    "too many pictures of a run": (
        FOX + OTHER_ROUTE.replace("max_count = 1", "max_count = 5"),
        "tasks.imagine.routes.1.max_count: ",
    ),
    "unknown unit of a route": (
        FOX + OTHER_ROUTE.replace("max_count", 'unit = "second"\nmax_count'),
        "tasks.imagine.routes.1.unit: ",
    ),
    "size of an odd ratio": (
        FOX + OTHER_ROUTE + "sizes.wide = [1024, 512]\n",
        "tasks.imagine.routes.1.sizes.wide",
    ),
}


@pytest.mark.parametrize("name", HALF_SERVED)
def test_offer_that_no_route_can_keep_stops_the_start(tmp_path, name):
    text, expected = HALF_SERVED[name]
    write(tmp_path, text)

    with pytest.raises(StartError) as refused:
        catalog.load(tmp_path)

    assert str(refused.value).startswith(f"catalog fox.toml: {expected}")


EDIT = """
name = "cartoon"
title = "Cartoon"
description = "Draws it again."
rank = 10
rating = "safe"
is_preset = true

[tasks.edit]
price = 4

[[tasks.edit.routes]]
provider = "kiosk"
endpoint = "cartoon"
cost_usd_micros = 4000
sends = { picture = "image" }
"""


def test_preset_needs_no_words(tmp_path):
    write(tmp_path, EDIT)

    assert catalog.load(tmp_path).get("cartoon").is_preset


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EDIT.replace("is_preset = true", ""), "edit: kiosk is not sent prompt"),
        (EDIT.replace('"image"', '"prompt"'), "edit: kiosk is not sent image"),
        (EDIT + FILL, "a preset does nothing but edit"),
        (FOX.replace("rank = 10", "rank = 10\nis_preset = true"), "a preset does nothing but edit"),
    ],
)
def test_preset_is_an_edit_and_only_a_preset_has_no_words(tmp_path, text, expected):
    write(tmp_path, text)

    with pytest.raises(StartError) as refused:
        catalog.load(tmp_path)

    assert str(refused.value) == f"catalog fox.toml: {expected}"


TASK_WITHOUT_PRICE = """
[tasks.{task}]

[[tasks.{task}.routes]]
provider = "kiosk"
endpoint = "fox"
cost_usd_micros = 4000
sends = {{ seed = "seed", it = "{value}" }}
"""


NEEDED = [("blend", "images"), ("describe", "image"), ("enhance", "prompt")]


@pytest.mark.parametrize(("task", "value"), NEEDED)
def test_every_task_needs_a_price(tmp_path, task, value):
    write(tmp_path, FOX + TASK_WITHOUT_PRICE.format(task=task, value=value))

    with pytest.raises(StartError, match=rf"^catalog fox\.toml: tasks\.{task}\.price: "):
        catalog.load(tmp_path)


@pytest.mark.parametrize(("task", "value"), NEEDED)
def test_what_a_task_is_about_must_be_sent(tmp_path, task, value):
    priced = TASK_WITHOUT_PRICE.format(task=task, value=value).replace(
        "]\n\n", "]\nprice = 3\n\n", 1
    )
    write(tmp_path, FOX + priced)
    assert catalog.load(tmp_path).get("fox").tasks[task].price == 3

    write(tmp_path, FOX + priced.replace(f'"{value}"', '"seed"'))
    with pytest.raises(StartError) as refused:
        catalog.load(tmp_path)

    assert str(refused.value) == f"catalog fox.toml: {task}: kiosk is not sent {value}"


ROUTE = Route.model_validate(
    {
        "provider": "stall",
        "endpoint": "fox",
        "cost_usd_micros": 4000,
        "max_count": 2,
        "sends": {"p": "prompt", "shape": "aspect_ratio", "k": "count", "times": "scale"},
        "names": {"aspect_ratio": {"1:1": "square"}, "scale": {"2.0": 1}},
    }
)


@pytest.mark.parametrize(
    ("inputs", "is_served"),
    [
        ({}, True),
        ({"count": 2, "aspect_ratio": "1:1", "insists": ["scale"], "scale": 2.0}, True),
        ({"count": 3}, False),
        ({"aspect_ratio": "3:2"}, False),
        ({"scale": 3.0}, False),
        ({"seed": 7}, True),
        ({"seed": 7, "insists": ["seed"]}, False),
        ({"steps": 4, "insists": []}, True),
    ],
)
def test_route_serves_what_its_endpoint_can_be_told(inputs, is_served):
    assert ROUTE.serves(inputs) is is_served
