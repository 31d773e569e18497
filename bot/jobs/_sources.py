"""Sources: the pictures that a job starts from, and what is known of them by their hash."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import jobs, pictures

OF_AI = "is_of_ai"
"""The mark among the inputs of a job that starts from what a trained model drew."""

HELD = "held:"
"""How the marks begin that say what a job's words hold, with those behind its pictures. By itself
it says that this was looked for. They are numbers to JSON, so that they outlive the words."""

MOST_BLENDED = 5
GENERATIONS = 10
"""How far back it is looked what a picture was made from, among jobs without marks."""

MOST_WORDS = 40
"""How many prompts of such jobs are looked at."""

MOST_SHOWINGS = 200
"""How many jobs are looked at that made, or showed again, the pictures of one generation."""
_SOURCE_PATHS = (
    ("image", "sha256"),
    ("mask", "sha256"),
    *(("images", number, "sha256") for number in range(MOST_BLENDED)),
)


@dataclass(frozen=True)
class Made:
    """A picture as one of our jobs made it; `is_of_ai` says that it started from an AI's work.

    `is_removed` says that moderators took that job's pictures away.
    """

    model: str
    is_nsfw: bool | None
    is_of_ai: bool
    is_removed: bool = False


@dataclass(frozen=True)
class Behind:
    """What some pictures were made from: what is marked as held, and the words without marks."""

    held: frozenset[str]
    words: tuple[str, ...]


def sources_in(inputs: Mapping[str, Any]) -> frozenset[str]:
    """Return the hashes of the pictures that a job starts from, and those they are known by."""
    found = [inputs["image"]] if "image" in inputs else []
    pictures_in = (*found, *inputs.get("images", ()))
    hashes = (one.get(name) for one in pictures_in for name in ("sha256", "known_as"))
    return frozenset(sha256 for sha256 in hashes if sha256)


async def made_as(conn: AsyncConnection, hashes: Collection[str]) -> list[Made]:
    """Return what our jobs made that lies under some hashes; people's own pictures are not in it.

    Each thing that is known comes once, however often the same picture was shown again.
    """
    if not hashes:
        return []
    is_of_ai = jobs.c.inputs[OF_AI].as_string().is_not(None)
    found = await conn.execute(
        sa.select(jobs.c.model, pictures.c.is_nsfw, is_of_ai, jobs.c.is_removed)
        .distinct()
        .join(jobs, jobs.c.id == pictures.c.job_id)
        .where(pictures.c.sha256.in_(hashes))
    )
    return [Made(model, is_nsfw, bool(marked), gone) for model, is_nsfw, marked, gone in found]


def with_held(inputs: dict[str, Any], held: Collection[str]) -> dict[str, Any]:
    """Return a job's inputs with what its words hold, for the jobs that start from its pictures."""
    if not held and not sources_in(inputs):
        return inputs
    return {**inputs, HELD: True, **{f"{HELD}{one}": True for one in sorted(held)}}


def held_in(inputs: Mapping[str, Any]) -> frozenset[str] | None:
    """Return what a job's words are marked to hold; None when it has no marks."""
    if HELD not in inputs:
        return None
    return frozenset(name.removeprefix(HELD) for name in inputs if name.startswith(HELD)) - {""}


async def read_behind(conn: AsyncConnection, hashes: Collection[str]) -> Behind:
    """Return what led to some pictures: marks, and prompts without, of the last change first."""
    words: dict[str, None] = {}
    held: set[str] = set()
    seen: set[str] = set()
    new = set(hashes)
    for _ in range(GENERATIONS):
        if not new:
            break
        seen |= new
        made = sa.select(jobs.c.inputs).join(pictures, pictures.c.job_id == jobs.c.id)
        latest = made.where(pictures.c.sha256.in_(new)).order_by(jobs.c.id.desc())
        found = list(await conn.scalars(latest.limit(MOST_SHOWINGS)))
        held.update(*filter(None, map(held_in, found)))
        unmarked = [inputs for inputs in found if HELD not in inputs]
        words |= dict.fromkeys(inputs["prompt"] for inputs in unmarked if inputs.get("prompt"))
        new = {sha256 for inputs in unmarked for sha256 in sources_in(inputs)} - seen
    return Behind(frozenset(held), tuple(words)[:MOST_WORDS])


async def used_since(
    conn: AsyncConnection, moment: datetime, *, server_ids: Collection[int] = (), but: bool = False
) -> frozenset[str]:
    """Return the hashes of what jobs made or start from that are under way or ended after a moment.

    Only those of some servers; `but` turns that round, to all others.
    """
    is_there = jobs.c.server_id.not_in(server_ids) if but else jobs.c.server_id.in_(server_ids)
    is_late = jobs.c.finished_at.is_(None) | (jobs.c.finished_at >= moment)
    made = sa.select(pictures.c.sha256).join(jobs, jobs.c.id == pictures.c.job_id)
    found = set(await conn.scalars(made.where(is_there, is_late).distinct()))
    used = (jobs.c.inputs[path].as_string() for path in _SOURCE_PATHS)
    for row in await conn.execute(sa.select(*used).where(is_there, is_late)):
        found.update(sha256 for sha256 in row if sha256 is not None)
    return frozenset(found)
