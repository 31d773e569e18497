"""Each company's own way of calling a picture one for adults keeps it from where it may not appear.

The real adapters over real sockets; the process dies between the download and the delivery, and the
channel, where it might have been shown, stops being age-restricted meanwhile.
"""

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import pytest

import bot.providers
from bot.catalog import Model
from bot.errors import AdultsOnly
from bot.health import Health
from tests.standins import civitai_runs, fal_runs, replicate_runs
from tests.standins.bfl import PENDING
from tests.unit.services.adults import close_place, open_place, shown_of
from tests.unit.services.presses import refused

PROVIDERS = sorted(
    module.name
    for module in pkgutil.iter_modules(bot.providers.__path__)
    if not module.name.startswith("_")
)

Flag = Callable[[Any], None]


def _moderated(company: Any) -> None:
    company.script = [PENDING, {"status": "Content Moderated", "details": None}]


FLAGGED: Mapping[str, Flag] = {
    "bfl": _moderated,
    "civitai": lambda it: it.outcomes.append(civitai_runs.Outcome(blobs=[{"nsfwLevel": "x"}] * 2)),
    "deepinfra": lambda it: it.extra.update(nsfw_content_detected=[True]),
    "fal": lambda it: it.outcomes.append(fal_runs.Outcome(flags=[True, True])),
    "huggingface": lambda it: it.extra.update(has_nsfw_concepts=[True, True]),
    "replicate": lambda it: it.outcomes.append(replicate_runs.Outcome(unsafe=[0])),
}
"""How those flag that do."""

UNFLAGGED = ("comfyui", "getimg", "segmind", "together")
"""They say nothing of their pictures, which are what their model is rated."""

HARMLESS = ("painter",)
"""It has nothing of the kind to draw."""

_VALUES = {
    "prompt": "prompt",
    "seed": "seed",
    "width": "width",
    "height": "height",
    "image_size": "size",
    "aspect_ratio": "aspect_ratio",
}


def served(name: str, company: Any, *, rating: str) -> Model:
    """Return a model that a company serves just as its stand-in likes it."""
    inputs = company.inputs
    width, height = company.sizes[0]
    route = {
        "provider": name,
        "endpoint": company.endpoint,
        "cost_usd_micros": 1000,
        "sends": {key: _VALUES[key] for key in inputs if key in _VALUES},
        "fixed": {key: value for key, value in inputs.items() if key not in _VALUES},
    }
    offer = {"price": 3, "sizes": {"4:5": [width, height]}, "routes": [route]}
    if "seed" in route["sends"].values():
        offer["takes"] = {"seed": True}
    about = {"name": "sold", "title": "Sold", "description": "Sold by a company.", "rank": 1}
    return Model.model_validate({**about, "rating": rating, "tasks": {"imagine": offer}})


def test_every_provider_is_looked_at():
    assert sorted([*FLAGGED, *UNFLAGGED, *HARMLESS]) == PROVIDERS


@pytest.mark.parametrize("name", [*FLAGGED, *UNFLAGGED])
async def test_what_a_company_made_for_adults_never_reaches_another_place(studio, name):
    async with import_module(f"tests.standins.{name}").open_stand_in() as company:
        studio.resources.routing.__init__({name: company.connect()}, Health())
        studio.learn(served(name, company, rating="safe" if name in FLAGGED else "nsfw"))
        FLAGGED.get(name, lambda _: None)(company)
        origin = open_place(studio)
        gate = studio.delivery.script.gate("deliver")
        job_id = await studio.accepted(count=1, model="sold", origin=origin())
        studio.begin(job_id)
        await gate.reached()
        close_place(studio)

        job = await studio.crash_and_render(job_id)

        assert (job.status, job.failure) == ("failed", "withheld"), job.failure_text
        assert shown_of(studio, job_id) == []
        assert job.withheld + job.hidden == 1
        assert await studio.funds() == (100, 0)
        assert company.paid_posts == company.posts_per_run
        await check_other_ways(studio, job_id, is_stored=name in UNFLAGGED)


async def check_other_ways(studio, job_id: int, *, is_stored: bool) -> None:
    """It comes where it may appear, if the company gave it at all, and no other way."""
    work = studio.services.work
    there = open_place(studio)()
    view = await work.find_shown(there, job_id)
    assert len(await work.files_of(view, limit_bytes=10**7, origin=there)) == is_stored
    if is_stored:
        with pytest.raises(AdultsOnly):
            await work.find_shown(studio.origin(), job_id)
        await refused(studio, studio.imagine(model="sold", count=1), AdultsOnly)
