"""The catalog: presets apart from the models, and what LoRAs a model was made for."""

import pytest

from bot import catalog
from bot.config import StartError
from tests.unit.test_catalog import FOX, write

PRESET = """
name = "cartoon"
title = "Cartoon style"
description = "Draws it again."
rank = 1
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


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("", ["cartoon"]), ("STYLE cart", ["cartoon"]), ("fox", [])],
)
def test_presets_are_found_apart_from_the_models(tmp_path, typed, expected):
    write(tmp_path, PRESET, name="cartoon")
    write(tmp_path)

    found = catalog.load(tmp_path)

    assert [model.name for model in found.presets(typed)] == expected
    assert found.offering("edit") == found.search("", "edit") == []
    assert found.get("cartoon").is_preset


def test_bases_of_loras_are_as_many_as_a_search_asks_for_at_most(tmp_path):
    most = [f"Base {number}" for number in range(25)]
    write(tmp_path, FOX.replace("rank = 10", f"rank = 10\nlora_bases = {most}"))
    assert catalog.load(tmp_path).get("fox").lora_bases == tuple(most)

    write(tmp_path, FOX.replace("rank = 10", f"rank = 10\nlora_bases = {[*most, 'one more']}"))
    with pytest.raises(StartError, match=r"fox.toml: lora_bases"):
        catalog.load(tmp_path)
