"""Storing: what became of each output of a run, and what the run really cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.catalog import Rating
from bot.errors import BadPicture
from bot.media import Media
from bot.providers import Output
from bot.services.ratings import is_for_adults

log = structlog.get_logger()


@dataclass(frozen=True)
class Kept:
    """The facts of the picture that an output is, or why there is none."""

    facts: dict[str, Any] | None = None
    is_withheld: bool = False


@dataclass(frozen=True)
class Ways:
    """What an output counts as: by how its route is rated, and by what it was made from."""

    rating: Rating
    is_of_adults: bool = False


async def keep(media: Media, output: Output, ways: Ways, *, job_id: int) -> Kept:
    """Check, mark and store one output."""
    if not output.data:
        return Kept(is_withheld=output.is_withheld)
    try:
        facts = await media.store(await media.tag(output.data))
    except BadPicture as error:
        log.warning("provider sent no picture", job_id=job_id, reason=error.reason)
        return Kept()
    if facts.is_black:
        # What a safety filter leaves of a picture, whether or not its flag came along.
        return Kept(is_withheld=True)
    return Kept(
        {
            "sha256": facts.sha256,
            "mime": facts.mime,
            "width": facts.width,
            "height": facts.height,
            "size_bytes": facts.size_bytes,
            "seed": output.seed,
            "is_nsfw": _flag_of(output, ways),
        }
    )


def _flag_of(output: Output, ways: Ways) -> bool | None:
    """Return what is kept of whether a picture is for adults; None leaves it to its model.

    What comes of a picture for adults is one, whoever had no eyes for it.
    """
    if ways.is_of_adults:
        return True
    return is_for_adults(flag=output.is_nsfw, rating=ways.rating) or output.is_nsfw


def real_cost(outputs: Sequence[Output]) -> int | None:
    """Return what a run cost in 1e-6 USD, where the provider told it of every picture."""
    costs = [output.cost_usd_micros for output in outputs]
    told = [cost for cost in costs if cost is not None]
    return sum(told) if told and len(told) == len(costs) else None
