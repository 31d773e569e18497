"""The catalog: what a model file must say, and finding models."""

from pathlib import Path

import pytest

from bot import catalog
from bot.config import StartError
from bot.errors import UnknownModel

FOX = """
name = "fox"
title = "Fox"
description = "Draws foxes."
label = "AI-generated"
price = 12
rank = 10
max_count = 4
max_prompt = 500
takes = ["seed"]

[sizes]
"1:1" = [1024, 1024]
"3:2" = [1216, 832]

[[routes]]
provider = "kiosk"
endpoint = "fox/v1"
cost_usd_micros = 3000
"""


def write(folder: Path, text: str = FOX, *, name: str = "fox") -> None:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def fox_named(name: str, *, title: str = "Fox", rank: int = 10) -> str:
    return (
        FOX.replace('name = "fox"', f'name = "{name}"')
        .replace('title = "Fox"', f'title = "{title}"')
        .replace("rank = 10", f"rank = {rank}")
    )


def test_our_own_files_load():
    models = catalog.load().all()

    assert models
    assert all(model.routes for model in models)
    assert all(model.default_ratio in model.sizes for model in models)


def test_new_model_is_one_new_file(tmp_path):
    write(tmp_path)
    before = catalog.load(tmp_path).all()
    write(tmp_path, fox_named("wolf"), name="wolf")

    after = catalog.load(tmp_path).all()

    assert [model.name for model in before] == ["fox"]
    assert [model.name for model in after] == ["fox", "wolf"]


def test_model_is_what_its_file_says(tmp_path):
    write(tmp_path)

    model = catalog.load(tmp_path).get("fox")

    assert (model.price, model.max_count, model.max_prompt) == (12, 4, 500)
    assert model.takes == {"seed"}
    assert model.default_ratio == "1:1"
    assert (model.sizes["3:2"].width, model.sizes["3:2"].height) == (1216, 832)
    [route] = model.routes
    assert (route.provider, route.endpoint, route.cost_usd_micros) == ("kiosk", "fox/v1", 3000)


def without(key: str) -> str:
    return "".join(line for line in FOX.splitlines(keepends=True) if not line.startswith(key))


REFUSED = {
    "no price": (without("price"), "price"),
    "no cost": (without("cost_usd_micros"), "routes.0.cost_usd_micros"),
    "no title": (without("title"), "title"),
    "unknown key": (FOX.replace("rank = 10", "rank = 10\nprise = 3"), "prise"),
    "unknown key in a route": (FOX + "cost = 3\n", "routes.0.cost"),
    "unknown input": (FOX.replace('"seed"', '"sead"'), "takes"),
    "price that is no whole number": (FOX.replace("price = 12", "price = 1.5"), "price"),
    "negative price": (FOX.replace("price = 12", "price = -1"), "price"),
    "too many pictures": (FOX.replace("max_count = 4", "max_count = 5"), "max_count"),
    "size of one number": (FOX.replace("[1216, 832]", "[1216]"), "sizes.3:2"),
    "name with a space": (fox_named("a fox"), "name"),
    "no sizes": (FOX.replace('"1:1" = [1024, 1024]\n"3:2" = [1216, 832]\n', ""), "sizes"),
    "no routes": (FOX[: FOX.index("[[routes]]")], "routes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_malformed_file_stops_the_start_and_names_file_and_field(tmp_path, name):
    text, field = REFUSED[name]
    write(tmp_path, text)

    with pytest.raises(StartError) as refused:
        catalog.load(tmp_path)

    line = str(refused.value)
    assert line.startswith(f"catalog fox.toml: {field}")
    assert "\n" not in line


def test_file_that_is_not_toml_stops_the_start_and_says_where(tmp_path):
    write(tmp_path, FOX + "price = = 3")

    with pytest.raises(StartError, match=r"^catalog fox\.toml: .* \(at line \d+, column \d+\)$"):
        catalog.load(tmp_path)


def test_models_come_by_rank_then_name(tmp_path):
    for name, rank in (("zebra", 1), ("bear", 5), ("ant", 5)):
        write(tmp_path, fox_named(name, rank=rank), name=name)

    assert [model.name for model in catalog.load(tmp_path).all()] == ["zebra", "ant", "bear"]


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

    found = catalog.load(tmp_path).search(typed)

    assert [model.name for model in found] == expected
