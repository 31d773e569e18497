"""Whether a picture may appear: by its flag, its model's rating and the place."""

import pytest

from bot.catalog import Catalog
from bot.jobs import Picture
from bot.services.ratings import adults_among, may_show
from tests.unit.services.studio import model

NOT_FOR_ADULTS, FOR_ADULTS = False, True


@pytest.mark.parametrize(
    ("flag", "rating", "place", "expected"),
    [
        (True, "safe", NOT_FOR_ADULTS, False),
        (True, "nsfw", NOT_FOR_ADULTS, False),
        (True, "safe", FOR_ADULTS, True),
        (True, "nsfw", FOR_ADULTS, True),
        (False, "safe", NOT_FOR_ADULTS, True),
        (False, "nsfw", NOT_FOR_ADULTS, True),
        (False, "safe", FOR_ADULTS, True),
        (False, "nsfw", FOR_ADULTS, True),
        (None, "safe", NOT_FOR_ADULTS, True),
        (None, "nsfw", NOT_FOR_ADULTS, False),
        (None, "safe", FOR_ADULTS, True),
        (None, "nsfw", FOR_ADULTS, True),
    ],
)
def test_picture_may_appear(flag, rating, place, expected):
    assert may_show(flag=flag, rating=rating, allows_nsfw=place) is expected


@pytest.mark.parametrize(("name", "expected"), [("tame", {1}), ("wild", {1, 3}), ("gone", {1, 3})])
def test_unflagged_pictures_of_a_model_are_as_it_is_rated_and_never_safe_when_it_is_gone(
    name, expected
):
    catalog = Catalog([model(name="tame"), model(name="wild", rating="nsfw")])
    made = [_picture(number, flag) for number, flag in enumerate((True, False, None), start=1)]

    assert adults_among(catalog, name, made) == expected


def _picture(number, flag):
    return Picture(
        number=number,
        sha256="0" * 64,
        mime="image/png",
        width=48,
        height=32,
        size_bytes=100,
        seed=None,
        is_nsfw=flag,
    )
