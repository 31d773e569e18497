"""What a finished run at fal.ai gave: the pictures in its answer, downloaded or decoded."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Any, cast

import httpx
import structlog

from bot.providers._http import download
from bot.providers._protocol import Output

log = structlog.get_logger()

LIMIT_BYTES = 30 * 1024 * 1024
_ENCODED_LIMIT = LIMIT_BYTES * 4 // 3 + 4
_LARGEST_SEED = 2**63 - 1
_ADDRESSES = ("https://", "http://")


async def take_pictures(
    http: httpx.AsyncClient, answer: Mapping[str, Any], *, is_http_fine: bool
) -> list[Output]:
    """Return every picture of an answer, in its order; they are downloaded all at once.

    One that the safety filter blackened is not fetched, and one that cannot be had is empty.

    Raises:
        ProviderLost: one could not be reached just now.
    """

    async def take(number: int, source: str) -> Output:
        is_nsfw = _flag_of(answer, number)
        if is_nsfw:
            return Output(b"", seed=seed, is_nsfw=True, is_withheld=True)
        data = await _data_of(http, source, is_http_fine=is_http_fine)
        return Output(data, seed=seed, is_nsfw=is_nsfw)

    seed = _seed_of(answer)
    tasks = (take(number, source) for number, source in enumerate(_sources_in(answer)))
    # All are awaited before the first failure is raised, so that none runs on unheard.
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    outputs: list[Output] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        outputs.append(outcome)
    return outputs


def _sources_in(answer: Mapping[str, Any]) -> Sequence[str]:
    """Return what stands for each picture: an address, a data URI or bare base64."""
    images, image = answer.get("images"), answer.get("image")
    if isinstance(images, list):
        return [_source_in(item) for item in cast("list[object]", images)]
    return [_source_in(image)] if image is not None else []


def _source_in(item: object) -> str:
    if isinstance(item, dict):
        fields = cast("dict[str, object]", item)
        item = fields.get("url") or fields.get("content")
    return item if isinstance(item, str) else ""


def _flag_of(answer: Mapping[str, Any], number: int) -> bool | None:
    flags = answer.get("has_nsfw_concepts")
    if not isinstance(flags, list):
        return None
    flag = next(iter(cast("list[object]", flags)[number : number + 1]), None)
    return flag if isinstance(flag, bool) else None


def _seed_of(answer: Mapping[str, Any]) -> int | None:
    """Return the seed that all pictures share; one beyond 63 bits fits in no row of ours."""
    seed = answer.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool):
        return None
    return seed if 0 <= seed <= _LARGEST_SEED else None


async def _data_of(http: httpx.AsyncClient, source: str, *, is_http_fine: bool) -> bytes:
    if source.startswith(_ADDRESSES if is_http_fine else "https://"):
        return await download(http, source, limit_bytes=LIMIT_BYTES)
    if source.startswith("data:"):
        _, _, source = source.partition(";base64,")
    return _decoded(source)


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True) if len(text) <= _ENCODED_LIMIT else b""
    except ValueError:
        data = b""
    if not 0 < len(data) <= LIMIT_BYTES:
        # Without the text: it may be an address, or a picture.
        log.warning("a picture came in a form we do not take", length=len(text))
        return b""
    return data
