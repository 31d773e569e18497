"""How quickly 150 models are listed and looked through, beside a lookup and a scan of a list."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot import catalog
from bot.app import build_services
from bot.catalog import Model
from bot.db import Database
from cogs import _mine as texts
from tests.unit.services.studio import Studio

COUNT = 150
MAKERS = 10
ROUNDS = 200
_MODEL = """
name = "maker-{maker}-model-{number:03}"
title = "Maker {maker} Model {number:03}"
description = "One of many."
rank = {number}
rating = "safe"

[tasks.imagine]
price = 3
takes = {{ seed = true }}
sizes = {{ "1:1" = [1024, 1024] }}

[[tasks.imagine.routes]]
provider = "first"
endpoint = "model/{number}"
cost_usd_micros = 3000
sends = {{ prompt = "prompt", seed = "seed", size = "size" }}
"""


def write_models(folder: Path) -> None:
    """Write 150 models of ten makers."""
    for number in range(COUNT):
        text = _MODEL.format(maker=number % MAKERS, number=number)
        (folder / f"{number:03}.toml").write_text(text, encoding="utf-8")


async def measure_models() -> None:
    """Print what `/models` and the suggestions for `model` take with so many."""
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        models.mkdir()
        write_models(models)
        start = time.perf_counter()
        loaded = catalog.load(models)
        print(f"{COUNT} models loaded in {(time.perf_counter() - start) * 1000:.0f} ms")
        db = Database(f"sqlite+aiosqlite:///{folder}/atelier.sqlite")
        await db.migrate()
        try:
            studio = Studio(db, Path(folder))
            await _measure(studio, loaded)
        finally:
            await db.close()


async def _measure(studio: Studio, loaded: catalog.Catalog) -> None:
    services = build_services(
        replace(studio.resources, catalog=loaded), studio.delivery, studio.outside
    )
    by_name = {model.name: model for model in loaded.all()}
    plain = [(f"{model.name} {model.title.lower()}", model) for model in loaded.all()]
    name = loaded.all()[-1].name

    def listed() -> None:
        page = services.showroom.page("imagine", "", number=5, server_id=None)
        for model in page.models:
            texts.model_option(model, "imagine", is_chosen=False)

    lookup = _median_us(lambda: by_name[name])
    scan = _median_us(lambda: _scan(plain, "model 14"))
    for label, act in (
        ("/models: a page of the list", listed),
        (
            "model: suggestions for nothing typed",
            lambda: services.making.models("", server_id=None),
        ),
        (
            "model: suggestions for two words",
            lambda: services.making.models("model 14", server_id=None),
        ),
    ):
        took = _median_us(act)
        print(
            f"{label}: {took:7.1f} us, {took / scan:5.1f} times a plain scan ({scan:.1f} us), "
            f"{took / lookup:7.0f} times a dict lookup ({lookup:.2f} us)"
        )
    sheets: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        await services.showroom.sheet(studio.origin(), "imagine", name)
        sheets.append((time.perf_counter() - start) * 1e6)
    took = statistics.median(sheets)
    print(f"/models: a model's sheet: {took:7.0f} us, two questions to SQLite included")


def _scan(plain: list[tuple[str, Model]], typed: str) -> list[Model]:
    words = typed.split()
    return [model for text, model in plain if all(word in text for word in words)]


def _median_us(act: Callable[[], object]) -> float:
    """Return the median microseconds of one call, each sample being twenty calls."""
    samples: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(20):
            act()
        samples.append((time.perf_counter() - start) * 1e6 / 20)
    return statistics.median(samples)


if __name__ == "__main__":
    asyncio.run(measure_models())
