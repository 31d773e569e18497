"""Writes `docs/models.md` from the catalog: `python -m tests.models_page`."""

from collections.abc import Iterator
from pathlib import Path

from bot import catalog
from bot.catalog import Model, Offer, Task

PAGE = Path(__file__).parents[1] / "docs" / "models.md"

_HEAD = """# Models

Written from `bot/catalog` by `python -m tests.models_page`; a test fails when it is out of date.
One file there is one model, and one new file adds one. Prices are in credits; 1000 credits are
worth 1 USD of the provider's list price.
"""

_TASKS: dict[Task, str] = {
    "imagine": "Pictures from words: `/imagine`",
    "vary": "Variations: `/imagine` with `image`, V1-V4, Vary",
    "edit": "Changed as you say: `/edit`",
    "fill": "Painted anew in part: `/edit` with `mask`, Zoom out, pan, Make square",
    "upscale": "Larger: `/upscale`, Upscale",
    "cutout": "Without background: `/edit` with the preset Remove background",
}


def page() -> str:
    """Return the page as it should be."""
    return "\n".join([_HEAD, *(line for task in _TASKS for line in _section(task))]) + "\n"


def _section(task: Task) -> Iterator[str]:
    yield f"## {_TASKS[task]}\n"
    yield "| model | price | what may be set | served by | |"
    yield "| --- | --- | --- | --- | --- |"
    for model in catalog.load().offering(task):
        yield _row(model, model.tasks[task])
    yield ""


def _row(model: Model, offer: Offer) -> str:
    providers = ", ".join(dict.fromkeys(route.provider for route in offer.routes))
    settings = ", ".join(_settings(offer)) or "nothing"
    price = f"{offer.price} a {offer.unit}"
    cells = (f"**{model.title}** `{model.name}`", price, settings, providers, model.description)
    return f"| {' | '.join(cells)} |"


def _settings(offer: Offer) -> Iterator[str]:
    if offer.max_count > 1:
        yield f"count to {offer.max_count}"
    for name in offer.takes.names():
        limits = getattr(offer.takes, name)
        words = name.replace("_", " ")
        yield words if limits is True else f"{words} {limits.low:g}-{limits.high:g}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
