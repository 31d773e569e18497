"""The catalog: what a model file must say, and finding models."""

import re
from pathlib import Path

import pytest

from bot import catalog
from bot.catalog import PIXELS_PER_MEGAPIXEL
from bot.config import StartError
from bot.errors import UnknownModel

FOX = """
name = "fox"
title = "Fox"
description = "Draws foxes."
rank = 10
rating = "safe"

[tasks.imagine]
price = 12
max_count = 4
max_prompt = 500
takes = { seed = true, steps = [2, 8], guidance = [1, 3.5] }
quality_steps = { draft = 2, high = 8 }

[tasks.imagine.sizes]
"1:1" = [1024, 1024]
"3:2" = [1216, 832]

[[tasks.imagine.routes]]
provider = "kiosk"
endpoint = "fox/v1"
cost_usd_micros = 3000
sends = { prompt = "prompt", s = "seed", n = "steps", g = "guidance", size = "size", k = "count" }
fixed = { safe = true }
"""

VARY = """
[tasks.vary]
price = 7
unit = "megapixel"
max_pixels = 1_000_000
takes = { strength = [0.1, 0.9] }
presets = { normal = { strength = 0.5 }, subtle = { strength = 0.2 }, strong = { strength = 0.8 } }

[[tasks.vary.routes]]
provider = "kiosk"
endpoint = "fox/vary"
cost_usd_micros = 7000
sends = { prompt = "prompt", picture = "image", strength = "strength" }
"""

FILL = """
[tasks.fill]
price = 7

[[tasks.fill.routes]]
provider = "kiosk"
endpoint = "fox/fill"
cost_usd_micros = 7000
sends = { prompt = "prompt", picture = "image", mask = "mask" }
"""

UPSCALE = """
[tasks.upscale]
price = 7
takes = { scale = [1, 4] }
presets = { creative = { creativity = 0.6 }, subtle = { creativity = 0.1 } }

[[tasks.upscale.routes]]
provider = "kiosk"
endpoint = "fox/larger"
cost_usd_micros = 7000
sends = { picture = "image", scale = "scale", creativity = "creativity" }
"""

ALL_OF_FOX = FOX + VARY + FILL + UPSCALE


def write(folder: Path, text: str = FOX, *, name: str = "fox") -> None:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def changed(old: str, new: str = "") -> str:
    """Return the whole fox with its first `old` replaced."""
    assert old in ALL_OF_FOX, old
    return ALL_OF_FOX.replace(old, new, 1)


def fox_named(name: str, *, title: str = "Fox", rank: int = 10, more: str = "") -> str:
    return (
        FOX.replace('name = "fox"', f'name = "{name}"')
        .replace('title = "Fox"', f'title = "{title}"')
        .replace("rank = 10", f"rank = {rank}")
    ) + more


def test_our_own_files_load():
    models = catalog.load().all()

    assert models
    assert len(models) == len(list(Path(catalog.__file__).parent.glob("*.toml")))


def test_new_model_is_one_new_file(tmp_path):
    write(tmp_path)
    before = catalog.load(tmp_path).all()
    write(tmp_path, fox_named("wolf"), name="wolf")

    after = catalog.load(tmp_path).all()

    assert [model.name for model in before] == ["fox"]
    assert [model.name for model in after] == ["fox", "wolf"]


def test_model_is_what_its_file_says(tmp_path):
    write(tmp_path, ALL_OF_FOX)

    model = catalog.load(tmp_path).get("fox")

    assert list(model.tasks) == ["imagine", "vary", "fill", "upscale"]
    offer = model.tasks["imagine"]
    assert (offer.price, offer.max_count, offer.max_prompt) == (12, 4, 500)
    assert set(offer.takes.names()) == {"seed", "steps", "guidance"}
    assert (offer.takes.steps, offer.takes.guidance) == ((2, 8), (1, 3.5))
    assert offer.quality_steps == {"draft": 2, "high": 8}
    assert (offer.sizes["3:2"].width, offer.sizes["3:2"].height) == (1216, 832)
    [route] = offer.routes
    assert (route.provider, route.endpoint, route.cost_usd_micros) == ("kiosk", "fox/v1", 3000)
    assert (route.sends["n"], route.fixed) == ("steps", {"safe": True})


def test_what_a_file_leaves_out_is_modest(tmp_path):
    write(tmp_path, ALL_OF_FOX)

    model = catalog.load(tmp_path).get("fox")

    offer = model.tasks["fill"]
    assert (model.label, model.quality) == ("AI-generated", "standard")
    assert (offer.unit, offer.max_count, offer.max_prompt) == ("picture", 1, 4000)
    assert list(offer.takes.names()) == []
    assert (offer.max_pixels, offer.quality_steps, offer.presets) == (None, {}, {})


def test_first_size_is_the_default_and_without_sizes_there_is_none(tmp_path):
    write(tmp_path, ALL_OF_FOX)

    tasks = catalog.load(tmp_path).get("fox").tasks

    assert tasks["imagine"].default_ratio == "1:1"
    assert tasks["vary"].default_ratio is None


@pytest.mark.parametrize(
    ("pixels", "units"),
    [
        (1, 1),
        (PIXELS_PER_MEGAPIXEL, 1),
        (PIXELS_PER_MEGAPIXEL + 1, 2),
        (4 * PIXELS_PER_MEGAPIXEL, 4),
    ],
)
def test_every_begun_megapixel_is_a_unit_where_megapixels_are_priced(tmp_path, pixels, units):
    write(tmp_path, ALL_OF_FOX)

    tasks = catalog.load(tmp_path).get("fox").tasks

    assert tasks["vary"].price_of(pixels) == 7 * units
    assert tasks["imagine"].price_of(pixels) == 12


def test_route_may_be_billed_in_another_unit_than_the_offer_is_priced_in(tmp_path):
    per_picture = VARY.replace("cost_usd_micros = 7000", 'cost_usd_micros = 5000\nunit = "picture"')
    write(tmp_path, FOX + VARY + per_picture[per_picture.index("[[") :])

    offer = catalog.load(tmp_path).get("fox").tasks["vary"]

    costs = [offer.cost_of(route, 3 * PIXELS_PER_MEGAPIXEL) for route in offer.routes]
    assert costs == [21_000, 5000]


IMAGINE = "tasks.imagine"
REFUSED = {
    "no title": (changed('title = "Fox"'), "title"),
    "no rank": (changed("rank = 10"), "rank"),
    "no rating": (changed('rating = "safe"'), "rating"),
    "no description": (changed('"Draws foxes."', '""'), "description"),
    "endless description": (changed("Draws foxes.", "x" * 201), "description"),
    "name with a space": (changed('name = "fox"', 'name = "a fox"'), "name"),
    "no tasks": (FOX[: FOX.index("[tasks")], "tasks"),
    "unknown task": (changed("[tasks.imagine]", "[tasks.imagined]"), "tasks.imagined"),
    "unknown key": (changed("rank = 10", "rank = 10\nprise = 3"), "prise"),
    "no price": (changed("price = 12"), f"{IMAGINE}.price"),
    "negative price": (changed("price = 12", "price = -1"), f"{IMAGINE}.price"),
    "price in parts": (changed("price = 12", "price = 1.5"), f"{IMAGINE}.price"),
    "unknown key of a task": (changed("price = 12", "price = 12\nprise = 3"), f"{IMAGINE}.prise"),
    "unknown unit": (changed("price = 12", 'price = 12\nunit = "second"'), f"{IMAGINE}.unit"),
    "too many pictures": (changed("max_count = 4", "max_count = 5"), f"{IMAGINE}.max_count"),
    "prompt beyond ours": (changed("_prompt = 500", "_prompt = 4001"), f"{IMAGINE}.max_prompt"),
    "tiny input pictures": (changed("1_000_000", "1_000"), "tasks.vary.max_pixels"),
    "unknown setting": (changed("seed = true", "sead = true"), f"{IMAGINE}.takes.sead"),
    "range of one number": (changed("[1, 3.5]", "[1]"), f"{IMAGINE}.takes.guidance"),
    "steps in parts": (changed("[2, 8]", "[2, 8.5]"), f"{IMAGINE}.takes.steps"),
    "unknown quality": (changed("high = 8", "hihg = 8"), f"{IMAGINE}.quality_steps.hihg"),
    "quality of too many steps": (changed("high = 8", "high = 9"), IMAGINE),
    "quality of too few steps": (changed("draft = 2", "draft = 1"), IMAGINE),
    "quality without steps": (changed("steps = [2, 8], "), IMAGINE),
    "unknown value in a preset": (changed("{ creativity", "{ creative"), "tasks.upscale.presets"),
    "unknown preset": (changed("creative = {", "creatve = {"), "tasks.upscale.presets.creatve"),
    "preset beyond the range": (changed("strength = 0.8", "strength = 1.8"), "tasks.vary"),
    "missing preset": (changed(", strong = { strength = 0.8 }"), "vary"),
    "range the wrong way round": (changed("[0.1, 0.9]", "[0.9, 0.1]"), "tasks.vary"),
    "no steps": (changed("[2, 8]", "[0, 8]"), f"{IMAGINE}.takes.steps"),
    "scale that is not taken": (changed("scale = [1, 4]", "scale = [3, 4]"), "upscale"),
    "ratio in words": (changed('"3:2"', '"wide"'), f"{IMAGINE}.sizes.wide"),
    "sizes of a picture task": (
        changed("unit = ", 'sizes = { "1:1" = [512, 512] }\nunit = '),
        "vary: sizes",
    ),
    "sent and fixed": (changed("{ safe", "{ k = 1, safe"), f"{IMAGINE}.routes.0"),
    "size that is not sent": (changed(' size = "size",'), "imagine: kiosk is not sent the size"),
    "no provider": (changed('"kiosk"', '""'), f"{IMAGINE}.routes.0.provider"),
    "size of one number": (changed("[1216, 832]", "[1216]"), f"{IMAGINE}.sizes.3:2"),
    "tiny size": (changed("[1216, 832]", "[1216, 63]"), f"{IMAGINE}.sizes.3:2"),
    "huge size": (changed("[1216, 832]", "[4097, 832]"), f"{IMAGINE}.sizes.3:2"),
    "no routes": (FOX[: FOX.index("[[")], f"{IMAGINE}.routes"),
    "no cost": (changed("cost_usd_micros = 3000"), f"{IMAGINE}.routes.0.cost_usd_micros"),
    "unknown key of a route": (changed("fixed", "fixd"), f"{IMAGINE}.routes.0.fixd"),
    "nothing sent": (changed(ALL_OF_FOX.partition("sends = ")[2].split("\n")[0], "{}"), IMAGINE),
    "unknown value sent": (
        changed('g = "guidance"', 'g = "gidance"'),
        f"{IMAGINE}.routes.0.sends.g",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_malformed_file_stops_the_start_and_names_file_and_field(tmp_path, name):
    text, field = REFUSED[name]
    write(tmp_path, text)

    with pytest.raises(StartError) as refused:
        catalog.load(tmp_path)

    assert re.match(rf"catalog fox\.toml: {re.escape(field)}([.: ]|$)", str(refused.value))
    assert "Value error" not in str(refused.value)
    assert "\n" not in str(refused.value)


UNSENT = {
    "no sizes": (
        '"1:1" = [1024, 1024]\n"3:2" = [1216, 832]\n',
        "imagine: sizes belong to imagine and blend",
    ),
    "prompt": ('{ prompt = "prompt", s ', "imagine: kiosk is not sent prompt"),
    "seed that is taken": (' s = "seed",', "imagine: no route is sent seed"),
    "steps that are taken": (' n = "steps",', "imagine: no route is sent steps"),
    "count of several": (', k = "count"', "imagine: kiosk is not sent count"),
    "picture to vary": (' picture = "image",', "vary: kiosk is not sent image"),
    "strength": (', strength = "strength"', "vary: no route is sent strength"),
    "mask": (', mask = "mask"', "fill: kiosk is not sent mask"),
    "scale": (' scale = "scale",', "upscale: no route is sent scale"),
    "preset's value": (', creativity = "creativity"', "upscale: kiosk is not sent creativity"),
}


@pytest.mark.parametrize("name", UNSENT)
def test_value_that_the_endpoint_would_never_see_stops_the_start(tmp_path, name):
    sent, expected = UNSENT[name]
    write(tmp_path, changed(sent, "{ s " if sent.startswith("{") else ""))

    with pytest.raises(StartError) as refused:
        catalog.load(tmp_path)

    line = str(refused.value)
    assert line.startswith("catalog fox.toml: ")
    assert line.endswith(expected)


def test_file_that_is_not_toml_stops_the_start_and_says_where(tmp_path):
    write(tmp_path, FOX + "price = = 3")

    with pytest.raises(StartError, match=r"^catalog fox\.toml: .* \(at line \d+, column \d+\)$"):
        catalog.load(tmp_path)


def test_file_that_is_not_text_stops_the_start(tmp_path):
    (tmp_path / "fox.toml").write_bytes(b"name = \xff")

    with pytest.raises(StartError, match=r"^catalog fox\.toml: "):
        catalog.load(tmp_path)


def test_two_models_of_one_name_stop_the_start(tmp_path):
    write(tmp_path)
    write(tmp_path, fox_named("fox", rank=11), name="wolf")

    with pytest.raises(StartError, match=r"^catalog: two models are named fox$"):
        catalog.load(tmp_path)


def test_models_come_by_rank_then_name(tmp_path):
    for name, rank in (("zebra", 1), ("bear", 5), ("ant", 5)):
        write(tmp_path, fox_named(name, rank=rank), name=name)

    assert [model.name for model in catalog.load(tmp_path).all()] == ["zebra", "ant", "bear"]


def test_models_for_a_task_are_those_that_offer_it(tmp_path):
    write(tmp_path, fox_named("wolf", rank=2, more=VARY), name="wolf")
    write(tmp_path, fox_named("bear", rank=1, more=VARY + FILL), name="bear")
    write(tmp_path)

    found = catalog.load(tmp_path)

    assert [model.name for model in found.offering("imagine")] == ["bear", "wolf", "fox"]
    assert [model.name for model in found.offering("vary")] == ["bear", "wolf"]
    assert [model.name for model in found.offering("fill")] == ["bear"]
    assert found.offering("cutout") == []


@pytest.mark.parametrize("name", ["fox", "FOX", " fox "])
def test_model_is_found_however_its_name_is_typed(tmp_path, name):
    write(tmp_path)

    assert catalog.load(tmp_path).get(name).name == "fox"


def test_unknown_model_is_named(tmp_path):
    write(tmp_path)

    with pytest.raises(UnknownModel) as refused:
        catalog.load(tmp_path).get("wolf")

    assert refused.value.name == "wolf"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["flux-dev", "flux-schnell", "sdxl"]),
        ("flux", ["flux-dev", "flux-schnell"]),
        ("FAST flux", ["flux-schnell"]),
        ("xl", ["sdxl"]),
        ("flux sdxl", []),
    ],
)
def test_search_finds_every_word_in_name_or_title(tmp_path, typed, expected):
    for name, title in (("flux-dev", "FLUX dev"), ("flux-schnell", "Fast FLUX"), ("sdxl", "SDXL")):
        write(tmp_path, fox_named(name, title=title), name=name)

    found = catalog.load(tmp_path).search(typed, "imagine")

    assert [model.name for model in found] == expected


def test_search_finds_no_model_for_another_task(tmp_path):
    write(tmp_path, fox_named("red-fox", more=VARY), name="red-fox")
    write(tmp_path)

    found = catalog.load(tmp_path).search("fox", "vary")

    assert [model.name for model in found] == ["red-fox"]
