"""What a wish comes down to, and every reason to refuse it."""

import pytest

from bot.errors import BadPrompt, NoRoute, OutOfRange, UnknownModel, UnsupportedInput
from bot.services import ImageWish
from bot.services.making import MAX_SEED
from tests.unit.services.studio import COST_USD_MICROS


def quote(studio, prompt="a fox", model="fox", **wish):
    return studio.services.making.quote(ImageWish(prompt, model, **wish))


def test_price_is_that_of_every_picture_together(studio):
    quoted = quote(studio, count=4)

    assert (quoted.count, quoted.price) == (4, 12)
    assert quoted.cost_usd_micros == 4 * COST_USD_MICROS
    assert quoted.model.name == "fox"


def test_wish_is_completed_with_the_models_defaults(studio):
    quoted = quote(studio, "  a fox\n")

    assert quoted.count == 1
    assert quoted.inputs["prompt"] == "a fox"
    assert quoted.inputs["aspect_ratio"] == "1:1"
    assert 0 <= quoted.inputs["seed"] <= MAX_SEED
    assert "negative_prompt" not in quoted.inputs


def test_wish_is_kept_as_it_was_said(studio):
    quoted = quote(studio, aspect_ratio="3:2", negative_prompt=" dogs ", seed=0)

    assert quoted.inputs == {
        "prompt": "a fox",
        "aspect_ratio": "3:2",
        "negative_prompt": "dogs",
        "seed": 0,
    }


def test_seeds_that_nobody_chose_differ(studio):
    assert len({quote(studio).inputs["seed"] for _ in range(20)}) > 10


def test_blank_negative_prompt_is_none(studio):
    assert "negative_prompt" not in quote(studio, model="plain", negative_prompt="  ").inputs


def test_auto_is_the_best_model_that_somebody_serves(studio):
    assert quote(studio, model="auto").model.name == "fox"


@pytest.mark.parametrize(("prompt", "length"), [("", 0), (" \n\t", 0), ("x" * 101, 101)])
def test_prompt_that_is_empty_or_too_long_is_refused(studio, prompt, length):
    with pytest.raises(BadPrompt) as refused:
        quote(studio, prompt)

    assert (refused.value.length, refused.value.limit) == (length, 100)


def test_prompt_of_exactly_the_limit_is_taken(studio):
    assert quote(studio, "x" * 100).inputs["prompt"] == "x" * 100


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"count": 0}, ("count", 0, 1, 4)),
        ({"count": -1}, ("count", -1, 1, 4)),
        ({"count": 5}, ("count", 5, 1, 4)),
        ({"count": 2, "model": "plain"}, ("count", 2, 1, 1)),
        ({"seed": -1}, ("seed", -1, 0, MAX_SEED)),
        ({"seed": MAX_SEED + 1}, ("seed", MAX_SEED + 1, 0, MAX_SEED)),
    ],
)
def test_number_out_of_range_is_refused(studio, wish, expected):
    with pytest.raises(OutOfRange) as refused:
        quote(studio, **wish)

    error = refused.value
    assert (error.name, error.value, error.low, error.high) == expected


def test_unknown_model_is_refused(studio):
    with pytest.raises(UnknownModel) as refused:
        quote(studio, model="wolf")

    assert refused.value.name == "wolf"


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ({"aspect_ratio": "7:1"}, "aspect ratio 7:1"),
        ({"model": "plain", "negative_prompt": "dogs"}, "negative prompt"),
        ({"model": "plain", "seed": 7}, "seed"),
    ],
)
def test_input_that_the_model_does_not_take_is_refused_not_dropped(studio, wish, name):
    with pytest.raises(UnsupportedInput) as refused:
        quote(studio, **wish)

    assert refused.value.name == name


def test_model_that_nobody_serves_is_refused(studio):
    with pytest.raises(NoRoute) as refused:
        quote(studio, model="orphan")

    assert refused.value.model_title == "Orphan"


def test_auto_is_refused_when_nobody_serves_anything(studio):
    studio.resources.routing._providers.clear()

    with pytest.raises(NoRoute):
        quote(studio, model="auto")


async def test_quoting_writes_nothing(studio):
    before = await studio.rows()

    quote(studio, count=4)

    assert await studio.rows() == before


def test_models_offered_are_those_that_match_and_are_served(studio):
    making = studio.services.making

    assert [model.name for model in making.models("", limit=25)] == [
        "fox",
        "plain",
        "twice",
        "free",
    ]
    assert [model.name for model in making.models("pl", limit=25)] == ["plain"]
    assert [model.name for model in making.models("", limit=2)] == ["fox", "plain"]
