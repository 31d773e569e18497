"""What a workflow at CivitAI gave: its blobs, told apart by what may be shown, and downloaded."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from bot.errors import ProviderLost
from bot.providers._civitai_failures import is_blocked
from bot.providers._civitai_wire import (
    BLOBS,
    LARGEST,
    Wire,
    is_id,
    number_in,
    object_in,
    object_of_run,
    objects_in,
    steps_of,
)
from bot.providers._http import download
from bot.providers._protocol import Output

LIMIT_BYTES = 30 * 1024 * 1024
USD_MICROS_PER_BUZZ = 1000
_SAFE_LEVELS = {"pg", "pg13"}
_MATURE_LEVELS = {"r", "x", "xxx"}
_SINGLE = ("blob", "image")
_IS_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.GONE}


async def take_pictures(wire: Wire, workflow: Mapping[str, Any]) -> list[Output]:
    """Return every picture of a workflow that is over; they are downloaded all at once.

    One that the filter kept is not fetched, and one that cannot be had is empty.

    Raises:
        ProviderLost: one could not be reached just now.
    """
    blobs = _blobs_of(workflow)
    seed = _seed_of(workflow) if len(blobs) == 1 else None
    costs = _shares_of(workflow, len(blobs))
    tasks = (_take(wire, blob, seed, cost) for blob, cost in zip(blobs, costs, strict=True))
    # All are awaited before the first failure is raised, so that none runs on unheard.
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    outputs: list[Output] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        outputs.append(outcome)
    return outputs


def _blobs_of(workflow: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the blobs of pictures: a list, or one where a step makes one."""
    blobs: list[Mapping[str, Any]] = []
    for step in steps_of(workflow):
        output = object_in(step.get("output"))
        blobs += objects_in(output.get("images"))
        blobs += [blob for name in _SINGLE if (blob := object_in(output.get(name)))]
    return blobs


def _seed_of(workflow: Mapping[str, Any]) -> int | None:
    """Return the seed of a workflow; which of several pictures had which is not documented."""
    seeds = [object_in(step.get("input")).get("seed") for step in steps_of(workflow)]
    return next((seed for seed in seeds if _is_seed(seed)), None)


def _is_seed(value: object) -> bool:
    """Whether a value is a seed that fits in a row of ours."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST


def _shares_of(workflow: Mapping[str, Any], count: int) -> Sequence[int | None]:
    """Split what the workflow cost evenly, in 1e-6 USD; the shares add up to the whole."""
    total = number_in(object_in(workflow.get("cost")).get("total"))
    if total is None or total < 0:
        return [None] * count
    micros = round(total * USD_MICROS_PER_BUZZ)
    return [micros * (n + 1) // count - micros * n // count for n in range(count)]


async def _take(wire: Wire, blob: Mapping[str, Any], seed: int | None, cost: int | None) -> Output:
    is_nsfw = _rating_of(blob)
    is_available = blob.get("available") is True
    if is_blocked(blob) or (is_nsfw and not is_available):
        # Without a reason too: what `hideMatureContent` hides is just not available.
        return _withheld(is_nsfw=is_nsfw, seed=seed, cost=cost)
    if not is_available:
        return Output(b"", seed=seed, is_nsfw=is_nsfw, cost_usd_micros=cost)
    data = await _download(wire, blob.get("url"))
    if not data:
        fresh = await _refreshed(wire, blob.get("id"))
        if is_blocked(fresh):
            return _withheld(is_nsfw=is_nsfw, seed=seed, cost=cost)
        data = await _download(wire, fresh.get("url"))
    return Output(data, seed=seed, is_nsfw=is_nsfw, cost_usd_micros=cost)


def _withheld(*, is_nsfw: bool | None, seed: int | None, cost: int | None) -> Output:
    return Output(b"", seed=seed, is_nsfw=is_nsfw, is_withheld=True, cost_usd_micros=cost)


def _rating_of(blob: Mapping[str, Any]) -> bool | None:
    """Read a blob's level; `na`, none, and a level nobody has heard of say nothing."""
    level = str(blob.get("nsfwLevel")).lower()
    if level in _SAFE_LEVELS:
        return False
    return True if level in _MATURE_LEVELS else None


async def _download(wire: Wire, url: object) -> bytes:
    """Fetch a file by its signed address, without our key; nothing when it is gone or expired."""
    if not wire.is_address(url):
        return b""
    return await download(wire.http, str(url), limit_bytes=LIMIT_BYTES)


async def _refreshed(wire: Wire, blob_id: object) -> Mapping[str, Any]:
    """Ask for a blob with an address that has not expired; {} when there is none to have.

    Raises:
        ProviderLost: CivitAI could not be asked just now.
    """
    if not is_id(blob_id):
        return {}
    path = f"{BLOBS}/{quote(str(blob_id), safe='')}/refresh"
    response = await wire.ask_of_run("POST", path)
    if response.status_code in _IS_GONE:
        return {}
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        raise ProviderLost("CivitAI refuses the key just now")
    return object_of_run(response)
