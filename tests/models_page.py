"""Writes `docs/models.md` from the catalog: `python -m tests.models_page`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bot import catalog
from bot.catalog import Model, Offer, Task

PAGE = Path(__file__).parents[1] / "docs" / "models.md"

_HEAD = """# Models

Written from `bot/catalog` by `python -m tests.models_page`; a test fails when it is out of date.
One file there is one model, and one new file adds one. Prices are in credits; 1000 credits are
worth 1 USD of the provider's list price.

A provider with an asterisk (\\*) neither filters nor flags what a model draws there (`rating =
"nsfw"`), so it is asked in age-restricted channels only.
"""

_TASKS: dict[Task, str] = {
    "imagine": "Pictures from words: `/imagine`",
    "vary": "Variations: `/imagine` with `image`, V1-V4, Vary",
    "edit": "Changed as you say: `/edit`",
    "fill": "Painted anew in part: `/edit` with `mask`, Zoom out, pan, Make square",
    "upscale": "Larger: `/upscale`, Upscale",
    "cutout": "Without background: `/edit` with the preset Remove background",
    "blend": "One picture of several: `/blend`",
    "describe": "Words for a picture: `/describe`",
    "enhance": "Better words for a picture: `/enhance`",
}
_PRESETS = "Ready-made changes: `/edit` with `preset`"


def page() -> str:
    """Return the page as it should be."""
    models = catalog.load()
    lines = [_HEAD]
    for task, title in _TASKS.items():
        offering = models.offering(task)
        lines += _section(title, task, [model for model in offering if not model.is_preset])
    presets = [model for model in models.all() if model.is_preset]
    return "\n".join([*lines, *_section(_PRESETS, "edit", presets)]) + "\n"


def _section(title: str, task: Task, models: Iterable[Model]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| model | price | what may be set | served by | |"
    yield "| --- | --- | --- | --- | --- |"
    for model in models:
        yield _row(model, model.tasks[task])
    yield ""


def _row(model: Model, offer: Offer) -> str:
    marked = (
        f"{route.provider}\\*" if route.rating == "nsfw" else route.provider
        for route in offer.routes
    )
    providers = ", ".join(dict.fromkeys(marked))
    settings = ", ".join(_settings(offer)) or "nothing"
    price = f"{offer.price} a {offer.unit}"
    cells = (f"**{model.title}** `{model.name}`", price, settings, providers, model.description)
    return f"| {' | '.join(cells)} |"


def _settings(offer: Offer) -> Iterator[str]:
    if offer.max_count > 1:
        yield f"count to {offer.max_count}"
    for name in offer.takes.names():
        limits = getattr(offer.takes, name)
        words = "LoRA" if name == "loras" else name.replace("_", " ")
        yield words if limits is True else f"{words} {limits.low:g}-{limits.high:g}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
