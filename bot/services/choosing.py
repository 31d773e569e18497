"""Choosing: which model `auto` means for a wish."""

import re
from collections.abc import Sequence

from bot.catalog import Model
from bot.services.requests import ImageWish

_LETTERS = re.compile(
    r"[\"“„«][^\"”“»]{1,60}[\"”“»]|\b(text|letters|lettering|caption|typography|logo|sign|poster|title)"
    r"\b.{0,20}\b(says?|saying|reads?|reading|with the words?)\b",
    re.IGNORECASE,
)
"""Words that shall be read in the picture: quoted ones, or a sign that says something."""


LONG_PROMPT = 600
"""Characters; the quickest models read little more than that."""


def choose(models: Sequence[Model], wish: ImageWish) -> Model | None:
    """Return the model that suits a wish best: by quality, letters, length, then rank.

    When none takes it at all, the preferred one, which says what is wrong; None of no models.
    """
    able = [model for model in models if _can_take(model, wish)] or models
    # Who asks for an AI's picture gets none of the painter's because a company is down.
    real = [model for model in able if not model.is_fallback]
    return min(real or able, key=lambda model: _unfitness(model, wish), default=None)


def _can_take(model: Model, wish: ImageWish) -> bool:
    offer = model.tasks[wish.task]
    is_long = len(wish.prompt.strip()) > offer.max_prompt
    return not is_long and wish.count <= offer.max_count and (offer.takes.loras or not wish.lora)


def _unfitness(model: Model, wish: ImageWish) -> tuple[bool, bool, int]:
    """Return what counts against a model for a wish, the weightiest first; the least is best."""
    wants_letters = wish.task == "imagine" and bool(_LETTERS.search(wish.prompt))
    is_long = len(wish.prompt) > LONG_PROMPT
    quality = wish.quality or ("standard" if is_long else None)
    return (
        quality not in (None, model.quality),
        wants_letters and not model.writes,
        model.rank,
    )
