"""Writes `docs/providers.md` from the code: `python -m tests.providers_page`."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from bot import catalog, providers
from bot.catalog import Catalog
from bot.config import Settings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "providers.md"
SUITE = "tests/contract/test_providers.py"

_HEAD = f"""# Providers

Written from `bot/providers` and `bot/catalog` by `python -m tests.providers_page`; a test fails
when it is out of date. A provider is switched on by the variable in the second column, and by
nothing else.

Every provider passes the same suite, `{SUITE}`, over real sockets: each way
for the paid request to fail, counted; a handle that another process takes up; work that starts
from a picture; and a key that no error, log or handle shows. What is peculiar to one is tested in
the files beside it, and every request body in `tests/contract/test_catalog*.py`, against the
official schemas where there are any.

Of several routes of a model the first one serves whose provider has a key, is not disabled, is
below its cap and is not failing just now. `/owner provider prefer` changes the order.
"""


def page() -> str:
    """Return the page as it should be."""
    models = catalog.load()
    lines = [_HEAD, *_overview(models)]
    for found in providers.find_all():
        lines += _section(found.name, models)
    return "\n".join(lines) + "\n"


def _overview(models: Catalog) -> Iterator[str]:
    yield "| provider | switched on by | addresses | tasks | while it runs | tests of its own |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for found in providers.find_all():
        key = f"`{found.key_env}`" if found.key_env else "always there"
        tasks = list(dict.fromkeys(task for task, *_ in _routes(found.name, models)))
        cells = (
            f"**{found.name}**",
            key,
            ", ".join(f"`{name}`" for name in _addresses(found.name)) or "-",
            ", ".join(tasks) or "none in the catalog yet",
            _ways(found.name),
            ", ".join(f"`{path}`" for path in own_tests(found.name)) or "-",
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _section(name: str, models: Catalog) -> Iterator[str]:
    yield f"## {name}\n"
    doc = inspect.getdoc(import_module(f"bot.providers.{name}")) or ""
    yield f"{doc.splitlines()[0]}\n"
    routes = list(_routes(name, models))
    if not routes:
        return
    yield "| task | model | endpoint | costs the host | price in credits |"
    yield "| --- | --- | --- | --- | --- |"
    for task, model, endpoint, cost, price in routes:
        yield f"| {task} | {model} | `{endpoint}` | {cost} | {price} |"
    yield ""


def _routes(name: str, models: Catalog) -> Iterator[tuple[str, str, str, str, str]]:
    for model in models.all():
        for task, offer in model.tasks.items():
            for route in offer.routes:
                if route.provider == name:
                    cost = f"{route.cost_usd_micros / 1e6:.4g} USD a {route.unit or offer.unit}"
                    price = f"{offer.price} a {offer.unit}"
                    yield task, f"`{model.name}`", route.endpoint, cost, price


def _addresses(name: str) -> list[str]:
    """Return the settings that a provider's files read an address from."""
    files = [*(ROOT / "bot/providers").glob(f"_{name}*.py"), ROOT / f"bot/providers/{name}.py"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    read = set(re.findall(r"\b([a-z]+(?:_[a-z]+)*_url)\b", text))
    return sorted(field.upper() for field in Settings.model_fields if field in read)


def _ways(name: str) -> str:
    stand_in = import_module(f"tests.standins.{name}")
    if getattr(stand_in, "AT_ONCE", False):
        return "answers with the picture"
    stops = "cannot be stopped" if getattr(stand_in, "UNSTOPPABLE", False) else "can be stopped"
    return f"followed, {stops}"


def own_tests(name: str) -> list[str]:
    """Return the test files that are about one provider."""
    found = {*_tests(f"test_{name}"), *_tests(f"test_catalog_{name}")}
    if getattr(import_module(f"tests.standins.{name}"), "AT_ONCE", False):
        found |= set(_tests("test_at_once"))
    if name == "painter":
        found |= {
            str(path.relative_to(ROOT)) for path in (ROOT / "tests/unit").rglob("*painter*.py")
        }
    return sorted(found)


def _tests(stem: str) -> list[str]:
    paths = (ROOT / "tests/contract").glob(f"{stem}*.py")
    return [str(path.relative_to(ROOT)) for path in paths if re.match(rf"{stem}(_|\.)", path.name)]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
