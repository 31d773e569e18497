"""Adds to the words of a prompt what they leave open: light, viewpoint and technique."""

import re
from collections.abc import Mapping, Sequence

from bot.providers._canvas._dice import Dice
from bot.providers._canvas._words import BEASTS, Idea, read

LONGEST = 800
"""The most characters of a prompt; what is added never brings it to 1000."""

_LIGHT: Mapping[str, Sequence[str]] = {
    "dawn": ("first light, low and cool", "long faint shadows and a pale shine in the air"),
    "day": ("clear light from high above", "crisp shadows under an open sky"),
    "sunset": ("low light from the side", "long shadows and shining edges"),
    "night": ("deep shadows with a few small lights", "cool light from behind, depths almost lost"),
    "storm": ("heavy light breaking through from one side", "low contrast and a brooding sky"),
    "neon": ("coloured light from two sides", "wet reflecting surfaces and hard highlights"),
    "pastel": ("even, shadowless light", "airy light and low contrast"),
    "mist": ("diffuse light, far things fading", "veiled light with hardly any shadows"),
}
_ANY_LIGHT = (
    "light falling from the left",
    "backlit, with shining edges",
    "even light and open shadows",
    "one strong light and deep shadows",
)
_VIEWPOINT: Mapping[str, Sequence[str]] = {
    "figure": (
        "seen at eye level, close by",
        "three-quarter view, the background out of focus",
        "seen from slightly below",
    ),
    "place": (
        "wide view with a clear foreground, middle and distance",
        "seen from high up",
        "a low horizon and much sky",
    ),
    "town": ("seen from the ground, looking up", "seen from across, in full", "strict perspective"),
    "other": (
        "centred composition with nothing else around it",
        "off-centre composition",
        "seen from close by",
    ),
}
_TECHNIQUE: Mapping[str, Sequence[str]] = {
    "watercolour": ("wet edges on rough paper", "transparent layers with bare paper showing"),
    "ink": ("confident lines of varying width", "cross-hatching and bare paper"),
    "neon": ("saturated colours against deep shade", "luminous outlines"),
    "oil": ("thick visible strokes", "layered paint on coarse canvas"),
    "smooth": ("clean edges and few colours", "sharp focus and fine detail"),
}
_ANY_TECHNIQUE = (
    "finely detailed, with a restrained set of colours",
    "sharp focus and natural colours",
    "rich in detail, harmonious colours",
    "clear forms and subtle gradations",
)
_FIGURES = BEASTS | {"portrait", "flower", "bird"}
_TOWNS = frozenset({"city", "house", "castle", "lighthouse"})
_PLACES = frozenset({"sea", "lake", "mountain", "hill", "forest", "meadow", "desert"})

# Who speaks of these has chosen.
_LIT = re.compile(
    r"\b(?:(?:sun|moon|star|back|candle|dim|well|un)?-?lit|(?!de)\w*light(?:s|ed|ing)?"
    r"|shadows?|glow\w*|illuminated)\b",
    re.IGNORECASE,
)
_VIEWED = re.compile(
    r"\b(?:views?|viewed|seen|close-?up|wide|angle|aerial|macro|overhead|composition|shot|perspective|horizon|foreground|background)\b",
    re.IGNORECASE,
)
_FLAGS = re.compile(r"\s--(?=[a-z])")


def enhance(*, prompt: str) -> str:
    """Return the prompt with at most three short additions, the same ones every time.

    What it says stays word for word, and in front; flags such as `--ar 3:2` stay at the end.
    """
    said = " ".join(prompt.split())
    flags = _FLAGS.search(f" {said}")
    words, rest = (said, "") if flags is None else (said[: flags.start()], said[flags.start() :])
    return f"{_joined(words.strip(), _additions(words))} {rest.strip()}".strip()


def _joined(words: str, additions: Sequence[str]) -> str:
    added = ", ".join(additions)
    if not words or not added:
        return words or added
    if words.endswith((".", "!", "?", "…", "。")):
        return f"{words} {added[0].upper()}{added[1:]}."
    return f"{words} {added}" if words.endswith((",", ";", ":")) else f"{words}, {added}"


def _additions(words: str) -> list[str]:
    """Choose light, viewpoint and technique by what the words speak of, unless they are said."""
    idea, dice = read(words, ""), Dice.thrown("enhance", words)
    chosen: list[str] = []
    if not _LIT.search(words):
        chosen.append(dice.child("light").choice(_LIGHT.get(idea.tone or "", _ANY_LIGHT)))
    if not _VIEWED.search(words):
        chosen.append(dice.child("viewpoint").choice(_VIEWPOINT[_kind(idea)]))
    technique = _TECHNIQUE.get(idea.finish or "", _ANY_TECHNIQUE)
    if not any(each in words for each in technique):
        chosen.append(dice.child("technique").choice(technique))
    return chosen


def _kind(idea: Idea) -> str:
    kinds = {"figure": _FIGURES, "town": _TOWNS, "place": _PLACES}
    return next((kind for kind, things in kinds.items() if idea.first(things)), "other")
