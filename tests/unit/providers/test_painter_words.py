"""The painter in words: it says what can be measured, and adds to what somebody says."""

import io
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageDraw

from bot.config import Settings
from bot.errors import ProviderRejected
from bot.providers import Output, Setup
from bot.providers._canvas import _enhance as lists
from bot.providers._canvas import draw
from bot.providers._canvas._describe import describe
from bot.providers._canvas._enhance import LONGEST, enhance
from bot.providers._canvas._words import read
from bot.providers.painter import connect
from tests.standins import Shelf

PROMPTS = (
    "a fox",
    "A castle in winter.",
    "city at night, neon lights",
    "a portrait of a woman at dawn, oil painting",
    "a lake in the mist, watercolour",
    "stormy sea with a boat",
    "ein Hund im Park",
    "東京の猫",
    "qwertz",
    "a pastel abstract pattern,",
    "ink drawing of a mountain village at sunset!",
)


def _file(image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _plain(colour, size=(200, 200), mode="RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def _with_spot(box, colour="white", ground="black") -> bytes:
    picture = _plain(ground)
    ImageDraw.Draw(picture).rectangle(box, fill=colour)
    return _file(picture)


def _said_of(picture: Image.Image) -> str:
    return describe(image=_file(picture))


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
async def painter(shelf):
    async with httpx.AsyncClient() as http:
        yield connect(Setup(Settings(painter_seconds=0), http, shelf.read, shelf.take))


async def test_words_come_out_of_a_run_instead_of_a_picture(painter, shelf):
    picture = _file(_plain("red"))
    image = await painter.upload(shelf.keep(picture))
    described = await painter.submit("describe", {"image": image}, key="a")
    enhanced = await painter.submit("enhance", {"prompt": "a fox"}, key="b")

    percents = [change.percent async for change in painter.follow(described)]

    assert percents[-1] == 100
    assert await painter.fetch(described) == [Output(b"", text=describe(image=picture))]
    assert await painter.fetch(enhanced) == [Output(b"", text=enhance(prompt="a fox"))]


@pytest.mark.parametrize("prompt", [p for p in PROMPTS if p.isascii()])
def test_description_is_honest_and_short_and_names_no_thing(prompt):
    """It cannot know what is shown, so no word of it may be a thing that could be drawn."""
    said = describe(image=draw(prompt, "", 3, 256, 256))

    assert said.startswith("The offline painter only measures pictures and cannot see")
    assert read(said, "").things == ()
    assert said.count(". ") == 2
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#d02020", "red"),
        ("#f08020", "orange"),
        ("#f0d040", "yellow"),
        ("#30a040", "green"),
        ("#209898", "teal"),
        ("#2040c0", "blue"),
        ("#8030b0", "purple"),
        ("#f080b0", "pink"),
        ("#f0a0a0", "pink"),
        ("#6a4020", "brown"),
        ("#101010", "black"),
        ("#808284", "grey"),
        ("#fafafa", "white"),
    ],
)
def test_colour_is_called_by_its_name(colour, name):
    assert f", all {name}." in _said_of(_plain(colour))


def test_colours_are_named_by_how_much_there_is_of_them():
    picture = _plain("#2040c0", (200, 100))
    picture.paste((240, 208, 64), (0, 0, 70, 100))
    picture.paste((208, 32, 32), (180, 0, 200, 100))

    assert ", mostly blue and yellow, with some red." in _said_of(picture)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((300, 300), "A square picture of 300 × 300 pixels,"),
        ((320, 180), "A wide picture of 320 × 180 pixels, about 16:9,"),
        ((200, 300), "A tall picture of 200 × 300 pixels, about 2:3,"),
        ((2000, 1), "A wide picture of 2000 × 1 pixels, all"),
        ((1, 1), "A square picture of 1 × 1 pixels,"),
    ],
)
def test_shape_and_size_are_told(size, words):
    assert words in _said_of(_plain("red", size))


@pytest.mark.parametrize(
    ("grey", "words"),
    [
        (10, "very dark"),
        (70, "It is dark"),
        (128, "of medium light"),
        (190, "It is bright"),
        (250, "very bright"),
    ],
)
def test_light_of_a_plain_picture_is_told_and_that_nothing_stands_out(grey, words):
    said = _said_of(_plain((grey, grey, grey)))

    assert words in said
    assert "hardly any contrast, and calm" in said
    assert "lighter" not in said
    assert said.endswith("nothing stands out.")


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((80, 80, 120, 120), "its weight lies in the middle"),
        ((0, 0, 40, 40), "its weight lies towards the top left"),
        ((160, 160, 199, 199), "its weight lies towards the bottom right"),
        ((80, 160, 120, 199), "its weight lies towards the bottom."),
        ((0, 80, 40, 120), "its weight lies towards the left"),
    ],
)
def test_place_of_what_stands_out_is_told(box, words):
    assert words in describe(image=_with_spot(box))


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0, 0, 199, 99), "strong contrast, lighter at the top"),
        ((0, 100, 199, 199), "lighter at the bottom"),
        ((0, 0, 99, 199), "lighter on the left"),
        ((100, 0, 199, 199), "lighter on the right"),
    ],
)
def test_lighter_side_is_told(box, words):
    assert words in describe(image=_with_spot(box))


def test_busy_picture_is_told_from_a_calm_one():
    noise = Image.effect_noise((96, 96), 90).convert("RGB")

    assert "very busy all over" in _said_of(noise)
    assert "calm" in describe(image=_with_spot((60, 60, 140, 140)))


def test_transparent_ground_is_told():
    figure = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(figure).ellipse((50, 50, 150, 150), fill="red")

    assert "on a transparent ground" in _said_of(figure)
    assert "transparent" not in _said_of(_plain("red"))


def test_file_that_is_no_picture_is_rejected():
    with pytest.raises(ProviderRejected, match="cannot be read"):
        describe(image=b"GIF89a")


@pytest.mark.parametrize("prompt", PROMPTS)
def test_enhanced_prompt_begins_with_the_words_and_asks_for_the_same_things(prompt):
    enhanced = enhance(prompt=prompt)

    before, after = read(prompt, ""), read(enhanced, "")
    assert enhanced.startswith(prompt)
    assert len(enhanced) > len(prompt) + 15
    assert "\n" not in enhanced
    assert after.things == before.things
    assert after.colours == before.colours
    assert after.season == before.season
    assert before.tone in {None, after.tone}
    assert before.finish in {None, after.finish}


@pytest.mark.parametrize(
    "words",
    [
        *(
            words
            for table in (lists._LIGHT, lists._VIEWPOINT, lists._TECHNIQUE)
            for each in table.values()
            for words in each
        ),
        *lists._ANY_LIGHT,
        *lists._ANY_TECHNIQUE,
    ],
)
def test_nothing_that_is_added_names_a_thing_or_another_hour(words):
    idea = read(words, "")

    assert idea.things == ()
    assert idea.tone is None
    assert idea.colours == ()
    assert idea.season is None


def test_what_is_added_fits_what_the_words_speak_of():
    castle, night, ink = (
        enhance(prompt=p) for p in ("a castle", "a lake at night", "an ink drawing of a fox")
    )

    assert any(each in castle for each in lists._VIEWPOINT["town"])
    assert any(each in night for each in lists._LIGHT["night"])
    assert any(each in ink for each in lists._TECHNIQUE["ink"])
    assert any(each in ink for each in lists._VIEWPOINT["figure"])


def test_what_somebody_has_chosen_is_not_chosen_again():
    enhanced = enhance(prompt="a close-up of a rose in soft moonlight")

    added = enhanced.removeprefix("a close-up of a rose in soft moonlight, ")
    assert added in lists._ANY_TECHNIQUE


@pytest.mark.parametrize("prompt", ["a lighthouse", "a split log", "delight"])
def test_word_that_only_sounds_like_light_is_none(prompt):
    added = enhance(prompt=prompt).removeprefix(f"{prompt}, ")

    assert added.startswith(lists._ANY_LIGHT)


def test_enhanced_prompt_is_as_good_as_it_gets():
    once = enhance(prompt="a fox")

    assert enhance(prompt=once) == once


def test_sentence_is_followed_by_a_sentence_and_flags_stay_at_the_end():
    sentence = enhance(prompt="A castle.")
    flagged = enhance(prompt="a lake --ar 3:2 --no rain")

    assert sentence.removeprefix("A castle. ")[0].isupper()
    assert sentence.endswith(".")
    assert flagged.startswith("a lake, ")
    assert flagged.endswith(" --ar 3:2 --no rain")
    assert flagged.count("--") == 2


def test_lines_become_one_paragraph():
    assert enhance(prompt="a fox\n  in\tthe snow\n").startswith("a fox in the snow, ")


def test_longest_prompt_stays_under_a_thousand_characters():
    assert max(len(enhance(prompt=f"{n:03}" + "w" * (LONGEST - 3))) for n in range(60)) < 1000


def test_same_words_are_enhanced_the_same_in_any_process():
    code = (
        "import sys; sys.path.insert(0, ''); from bot.providers._canvas._enhance import enhance\n"
        "print(enhance(prompt='a fox by a lake'))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        env={"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.strip() == enhance(prompt="a fox by a lake")


@pytest.mark.parametrize("prompt", ["", " \n", None, "w" * (LONGEST + 1), ["a"]])
async def test_prompt_that_cannot_be_enhanced_is_refused(painter, prompt):
    with pytest.raises(ProviderRejected, match="prompt"):
        await painter.submit("enhance", {"prompt": prompt}, key="a")
