"""What is said of LoRAs: strangers' words are harmless and fit into Discord's lists."""

import pytest

from bot.errors import UnfitLora
from bot.loras import FoundResource
from bot.services import Lora
from cogs import _lora_texts as texts
from cogs._refusals import refusal

AIR = "urn:air:flux1:lora:civitai:1@2"
RUDE = "@everyone <@1> **x** `y` ||z|| [a](https://evil.example)"


def lora(**changes) -> Lora:
    usual = {
        "air": AIR,
        "kind": "LORA",
        "name": "Lighthouse",
        "version_name": "v1",
        "base_model": "Flux.1 D",
        "trained_words": ("lghths",),
        "creator": "acme",
        "preview_url": None,
        "is_nsfw": False,
        "downloads": 1234,
    }
    return Lora(FoundResource(**{**usual, **changes}), models=())


def every_word(text: str) -> dict[str, object]:
    words = dict.fromkeys(("name", "version_name", "base_model", "creator"), text)
    return {**words, "trained_words": (text,) * 20}


@pytest.mark.parametrize("text", ["", "x" * 5000, RUDE * 100])
def test_lists_take_whatever_a_lora_is_called(text):
    one = lora(**every_word(text))

    choice, option = texts.lora_choice(one), texts.lora_option(one, is_chosen=True)

    assert 1 <= len(choice.name) <= 100
    assert len(str(choice.value)) <= 100
    assert 1 <= len(option.label) <= 100
    assert 1 <= len(option.description or "") <= 100
    assert option.value == "2"
    assert len(texts.lora_sheet(one)) < 3000
    assert len(texts.preview_alt_text(one)) <= 1000


def test_choice_keeps_the_base_model_of_a_long_name():
    assert texts.lora_choice(lora(name="x" * 200)).name.endswith("x · Flux.1 D")


def test_sheet_formats_nothing_of_a_strangers_words():
    sheet = texts.lora_sheet(lora(**every_word(RUDE)))

    for trick in ("<@", " @everyone", "**x**", "`y`", "||z", "https://", "[a]"):
        assert trick not in sheet
    assert sheet.count("```") == 2
    assert AIR in sheet


def test_name_of_several_lines_stays_in_one():
    sheet = texts.lora_sheet(lora(name="a\n# b\n-# c"))

    assert sheet.splitlines()[0] == r"## a \# b -\# c"


def test_search_that_found_nothing_quotes_its_words_plainly():
    assert "<@1>" not in texts.no_loras(RUDE)


@pytest.mark.parametrize(
    ("title", "names", "expected"),
    [
        ("FLUX LoRA", ("SDXL", "Pony XL"), "not for FLUX LoRA. Choose SDXL or Pony XL,"),
        ("FLUX LoRA", (), "not for FLUX LoRA. No model here"),
        (None, (), "made for Pony. No model here can use it"),
    ],
)
def test_unfit_lora_says_what_to_do(title, names, expected):
    assert expected in refusal(UnfitLora(name="Pony", model_title=title, names=names))
