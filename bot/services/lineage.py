"""Lineage: what a job inherits from the pictures that it starts from, however it was made itself.

A tool that is no AI must not take an AI's mark from a picture by zooming out of it.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.catalog import Catalog
from bot.errors import UnknownModel
from bot.jobs import Job

MIXED_LABEL = "AI-generated, changed by the {title}"


async def with_lineage(
    conn: AsyncConnection, catalog: Catalog, inputs: dict[str, Any]
) -> dict[str, Any]:
    """Return a job's inputs, marked when one of its pictures comes from a trained model."""
    sources = await jobs.made_as(conn, jobs.sources_in(inputs))
    if any(one.is_of_ai or _is_ai(catalog, one.model) for one in sources):
        return {**inputs, jobs.OF_AI: True}
    return inputs


def label_of(catalog: Catalog, job: Job) -> str:
    """Return what stands under a job's pictures; a model that is gone counts as an AI."""
    try:
        model = catalog.get(job.model)
    except UnknownModel:
        return "AI-generated"
    if jobs.OF_AI in job.inputs and not model.is_ai:
        return MIXED_LABEL.format(title=model.title.lower())
    return model.label


def _is_ai(catalog: Catalog, name: str) -> bool:
    try:
        return catalog.get(name).is_ai
    except UnknownModel:
        return True
