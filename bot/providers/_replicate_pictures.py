"""What a finished run at Replicate gave: pictures, what its safety filter kept, seeds; or words.

Files are wiped an hour after the run's end; then its output is null.
"""

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import httpx
import structlog

from bot.providers._http import download
from bot.providers._protocol import Output
from bot.providers._replicate_progress import log_of

log = structlog.get_logger()

LIMIT_BYTES = 30 * 1024 * 1024
_ENCODED_LIMIT = LIMIT_BYTES * 4 // 3 + 4
_LARGEST_SEED = 2**63 - 1
_ADDRESSES = ("https://", "http://")

_SEED = re.compile(r"\busing seed:?\s*(\d{1,19})\b", re.IGNORECASE)
_UNSAFE = re.compile(r"NSFW content detected in image (\d{1,2})\b", re.IGNORECASE)
_CHECKED = re.compile(r"total safe images: \d+ out of \d+", re.IGNORECASE)


async def take_pictures(
    http: httpx.AsyncClient, run: Mapping[str, Any], *, is_http_fine: bool
) -> list[Output]:
    """Return every picture of a run, in its order; they are downloaded all at once.

    One that cannot be had is empty, and so is one that the safety filter left out. A language
    model's words are one output.

    Raises:
        ProviderLost: one could not be reached just now.
    """
    sources = _sources_in(run.get("output"))
    if (words := _words_in(sources)) is not None:
        return [Output(b"", text=words)]
    if not sources:
        log.warning("a run has no pictures", is_wiped=run.get("data_removed") is True)
    files = (_data_of(http, source, is_http_fine=is_http_fine) for source in sources)
    # All are awaited before the first failure is raised, so that none runs on unheard.
    outcomes = await asyncio.gather(*files, return_exceptions=True)
    found: list[bytes] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        found.append(outcome)
    return _outputs(run, found)


def _outputs(run: Mapping[str, Any], found: Sequence[bytes]) -> list[Output]:
    """Put what the run's log says beside its pictures.

    A filtered picture is missing from the output, and the log names its number among all.
    """
    unsafe = sorted({int(number) for number in _UNSAFE.findall(log_of(run))})
    asked = _inputs_of(run).get("num_outputs")
    left_out = asked - len(found) if isinstance(asked, int) else 0
    verdict = _verdict(run)
    outputs = [
        Output(data, seed=seed, is_nsfw=(number in unsafe and left_out <= 0) or verdict)
        for number, (data, seed) in enumerate(zip(found, _seeds_of(run, len(found)), strict=True))
    ]
    for number in unsafe[: max(0, left_out)]:
        outputs.insert(number, Output(b"", is_nsfw=True, is_withheld=True))
    return outputs


def _verdict(run: Mapping[str, Any]) -> bool | None:
    """Return what the model's own safety check said of the pictures that it let pass."""
    is_checked = not _inputs_of(run).get("disable_safety_checker")
    return False if is_checked and _CHECKED.search(log_of(run)) else None


def _inputs_of(run: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = run.get("input")
    return cast("dict[str, Any]", inputs) if isinstance(inputs, dict) else {}


def _seeds_of(run: Mapping[str, Any], count: int) -> Sequence[int | None]:
    """Return a seed for each picture: the log's, for it holds those nobody chose, or our own."""
    told = [int(seed) for seed in _SEED.findall(log_of(run))]
    if len(told) == count:
        return [_storable(seed) for seed in told]
    seed = told[0] if len(set(told)) == 1 else _inputs_of(run).get("seed")
    return [_storable(seed)] * count


def _storable(seed: object) -> int | None:
    """Return a seed that a row of ours can hold: one beyond 63 bits cannot."""
    if not isinstance(seed, int) or isinstance(seed, bool):
        return None
    return seed if 0 <= seed <= _LARGEST_SEED else None


def _sources_in(output: object) -> Sequence[str]:
    """Return what stands for each picture; some models give one address, some a list."""
    items = cast("list[object]", output) if isinstance(output, list) else [output]
    return [item if isinstance(item, str) else "" for item in items if item is not None]


def _words_in(sources: Sequence[str]) -> str | None:
    """Return what a language model said, token by token; None when files were given."""
    words = "".join(sources).strip()
    are_files = any(source.startswith((*_ADDRESSES, "data:")) for source in sources)
    return words if words and not are_files else None


async def _data_of(http: httpx.AsyncClient, source: str, *, is_http_fine: bool) -> bytes:
    # Not the package's FileOutput, which sends our key to the host of the file.
    if source.startswith(_ADDRESSES if is_http_fine else "https://"):
        return await download(http, source, limit_bytes=LIMIT_BYTES)
    if source.startswith("data:"):
        return _decoded(source.partition(";base64,")[2])
    # Without the text: it may hold somebody's words.
    log.warning("an output is no picture", length=len(source))
    return b""


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True) if len(text) <= _ENCODED_LIMIT else b""
    except ValueError:
        data = b""
    if not 0 < len(data) <= LIMIT_BYTES:
        log.warning("a picture came in a form we do not take", length=len(text))
        return b""
    return data
