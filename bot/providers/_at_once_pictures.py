"""Pictures that travel inside an order, and the small markers that stand for them until then.

The inputs of an attempt are stored, so they hold a marker; the picture itself is put in its place
when the order is sent.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any, cast

from bot.errors import ProviderRejected
from bot.providers._http import mime_of
from bot.providers._protocol import Inputs, ReadPicture

_SHA256 = re.compile(r"[0-9a-f]{64}")


def marker_of(sha256: str) -> Mapping[str, str]:
    """Return what stands for a picture in inputs."""
    return {"picture": sha256}


class Courier:
    """Puts pictures where their markers are, as data URIs of at most `limit_bytes` decoded."""

    def __init__(self, read_picture: ReadPicture, *, limit_bytes: int | None) -> None:
        self._read_picture = read_picture
        self._limit_bytes = limit_bytes

    async def load(self, inputs: Inputs) -> dict[str, Any]:
        """Return the inputs with their pictures.

        Raises:
            ProviderRejected: one is gone or too large; nothing was sent.
        """
        return {name: await self._loaded(value) for name, value in inputs.items()}

    async def _loaded(self, value: object) -> object:
        if isinstance(value, list):
            return [await self._loaded(item) for item in cast("list[object]", value)]
        sha256 = _marked(value)
        if sha256 is None:
            return value
        try:
            data = await self._read_picture(sha256)
        except FileNotFoundError:
            raise ProviderRejected("a picture that it starts from is gone") from None
        if self._limit_bytes is not None and len(data) > self._limit_bytes:
            raise ProviderRejected(f"a picture may have {self._limit_bytes // 1024**2} MiB there")
        return f"data:{mime_of(data)};base64,{base64.b64encode(data).decode()}"


def _marked(value: object) -> str | None:
    """Return the hash in a marker; None for every other input."""
    if not isinstance(value, dict) or cast("dict[str, object]", value).keys() != {"picture"}:
        return None
    sha256 = str(cast("dict[str, object]", value)["picture"])
    return sha256 if _SHA256.fullmatch(sha256) else None
