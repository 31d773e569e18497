"""What a finished run at ComfyUI gave: downloaded, and rid of the graph that stands in it."""

import asyncio
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from bot.errors import ProviderFailed
from bot.providers._comfy_failures import items, mapping
from bot.providers._comfy_server import Server
from bot.providers._http import download, mime_of
from bot.providers._protocol import Output

LIMIT_BYTES = 100 * 1024 * 1024
"""Enlarged pictures are saved as PNG, which is large."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = {b"tEXt", b"iTXt", b"zTXt"}
_TELLING = {b"prompt", b"workflow", b"parameters"}
_CHUNK_EXTRA = 12


async def take_pictures(
    http: httpx.AsyncClient, server: Server, entry: Mapping[str, Any], handle: Mapping[str, Any]
) -> list[Output]:
    """Return every picture that a run's output node saved; one whose file is gone is empty.

    Raises:
        ProviderFailed: it saved none.
        ProviderLost: one could not be reached just now.
    """
    node = mapping(mapping(entry.get("outputs")).get(handle["output"]))
    addresses = [
        server.url("/view", **place) for place in map(_place_of, items(node.get("images"))) if place
    ]
    if not addresses:
        raise ProviderFailed("ComfyUI saved no picture")
    tasks = (download(http, address, limit_bytes=LIMIT_BYTES) for address in addresses)
    # All are awaited before the first failure is raised, so that none runs on unheard.
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    outputs: list[Output] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        outputs.append(Output(without_graph(outcome), seed=handle.get("seed")))
    return outputs


def _place_of(image: object) -> dict[str, str]:
    """Return where a file is, in the server's words; empty when it does not say."""
    place = {name: mapping(image).get(name, "") for name in ("filename", "subfolder", "type")}
    is_named = all(isinstance(part, str) for part in place.values()) and place["filename"]
    return place if is_named else {}


def without_graph(data: bytes) -> bytes:
    """Drop the texts that hold the graph, and so the prompt, from a PNG; pixels stay untouched.

    Any other file, and one that is not built as a PNG should be, is returned as it is.
    """
    if not data.startswith(_SIGNATURE):
        return data
    try:
        kept = b"".join(chunk for chunk in _chunks(data) if not _tells(chunk))
    except struct.error:
        return data
    return _SIGNATURE + kept


def _chunks(data: bytes) -> Iterator[bytes]:
    """Walk the chunks; whatever follows the last one comes along with it."""
    at = len(_SIGNATURE)
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = len(data) if name == b"IEND" else at + _CHUNK_EXTRA + length
        yield data[at:end]
        at = end


def _tells(chunk: bytes) -> bool:
    return chunk[4:8] in _TEXTS and chunk[8:].partition(b"\0")[0].lower() in _TELLING


def type_of(data: bytes) -> tuple[str, str]:
    """Tell a kept picture's file suffix and MIME type by its first bytes."""
    mime = mime_of(data)
    return mime.rpartition("/")[2], mime
