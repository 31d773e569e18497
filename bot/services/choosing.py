"""Choosing: which models `auto` means for a wish, and in which order."""

import re
from collections.abc import Iterable, Mapping

from bot.catalog import Model, Quality
from bot.services.requests import ImageWish

_LETTERS = re.compile(
    r"[\"“„«][^\"”“»]{1,60}[\"”“»]|\b(text|letters|lettering|caption|typography|logo|sign|poster|title)"
    r"\b.{0,20}\b(says?|saying|reads?|reading|with the words?)\b",
    re.IGNORECASE,
)
"""Words that shall be read in the picture: quoted ones, or a sign that says something."""

LONG_PROMPT = 600
"""Characters; the quickest models read little more than that."""


_STEPS: Mapping[Quality, int] = {"draft": 0, "standard": 1, "high": 2}


def by_fitness(models: Iterable[Model], wish: ImageWish) -> list[Model]:
    """Return models, the one that suits a wish best first: quality, letters, length, then rank."""
    return sorted(models, key=lambda model: _unfitness(model, wish))


def _unfitness(model: Model, wish: ImageWish) -> tuple[int, bool, int]:
    """Return what counts against a model for a wish, the weightiest first; the least is best."""
    wants_letters = wish.task == "imagine" and bool(_LETTERS.search(wish.prompt))
    is_long = len(wish.prompt) > LONG_PROMPT
    quality = wish.quality or ("standard" if is_long else None)
    return (
        abs(_STEPS[model.quality] - _STEPS[quality]) if quality else 0,
        wants_letters and not model.writes,
        model.rank,
    )
