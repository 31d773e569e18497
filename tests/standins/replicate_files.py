"""The files at Replicate's stand-in: what was uploaded, and what its runs made."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.standins.answers import hang_up
from tests.standins.replicate_wire import FAULT, Oddity, unknown


@dataclass(frozen=True)
class File:
    data: bytes
    content_type: str = "image/png"


class FileStore:
    """Uploads belong to the API's origin, files of runs to one of their own: `url`.

    `extra` changes the answers to uploads.
    """

    def __init__(self) -> None:
        self.url = ""
        self.extra: dict[str, Any] = {}
        self.uploads: dict[str, File] = {}
        self._made: dict[str, File] = {}

    def put(self, name: str, data: bytes, content_type: str = "image/png") -> str:
        """Keep a file of a run; return its address."""
        self._made[name] = File(data, content_type)
        return f"{self.url}/out/{name}"

    def picture(self, address: object) -> bytes | None:
        """Return the picture that a run starts from, where we have it."""
        if not isinstance(address, str):
            return None
        if address.startswith("data:"):
            return base64.b64decode(address.partition(";base64,")[2])
        file = self.uploads.get(address.rpartition("/")[2])
        return file.data if file else None

    async def take(self, request: web.Request, address: str) -> dict[str, Any]:
        """Keep an uploaded file; return what the API tells of it.

        Without `name` and `etag`, which the official description does not promise.
        """
        part = (await request.post())["content"]
        assert isinstance(part, web.FileField)
        file = File(part.file.read(), part.content_type)
        name = f"file{len(self.uploads) + 1}"
        self.uploads[name] = file
        return {
            "id": name,
            "content_type": file.content_type,
            "size": len(file.data),
            "checksums": {"sha256": hashlib.sha256(file.data).hexdigest()},
            "metadata": {},
            "created_at": "2026-09-01T10:00:00Z",
            "expires_at": "2026-09-02T10:00:00Z",
            "urls": {"get": f"{address}/{name}"},
        }

    async def give(self, request: web.Request) -> web.StreamResponse:
        """Serve a file of a run to whoever has its address."""
        file = self._made.get(request.path.removeprefix("/out/"))
        if file is None:
            return unknown()
        response = web.StreamResponse(headers={"Content-Type": file.content_type})
        response.content_length = len(file.data)
        await response.prepare(request)
        if request[FAULT] is Oddity.TRUNCATED:
            await response.write(file.data[: len(file.data) // 2])
            return hang_up(request)
        await response.write(file.data)
        return response
