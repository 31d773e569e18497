"""Attachments: their bytes, and what the wire says about them."""

import io
import mimetypes
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image, UnidentifiedImageError

_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-]+")


@dataclass(frozen=True)
class NewFile:
    """One file on its way in. `filename` is what the sender called it."""

    filename: str
    body: bytes
    description: str | None = None

    @property
    def safe_name(self) -> str:
        """The name Discord keeps: letters, digits, `_ - .`, the rest one underscore."""
        return _UNSAFE.sub("_", self.filename) or "unknown"


@dataclass
class StoredFile:
    """One attachment; its bytes are in memory until a snapshot wrote them to `path`."""

    id: int
    channel_id: int
    filename: str
    size_bytes: int
    content_type: str
    width: int | None = None
    height: int | None = None
    description: str | None = None
    ephemeral: bool = False
    body: bytes | None = None
    path: Path | None = None

    def read(self) -> bytes:
        """Return the bytes, from memory or from the snapshot's folder."""
        if self.body is not None:
            return self.body
        assert self.path is not None, self.id
        return self.path.read_bytes()


class Files:
    """Every attachment of the world by id, served under `base_url`."""

    def __init__(self) -> None:
        self.base_url = ""
        self._stored: dict[int, StoredFile] = {}

    def keep(self, file: NewFile, *, file_id: int, channel_id: int, ephemeral: bool) -> StoredFile:
        """Store one file and measure it when it is a picture."""
        content_type, size = _look_into(file)
        width, height = size or (None, None)
        stored = StoredFile(
            id=file_id,
            channel_id=channel_id,
            filename=file.safe_name,
            size_bytes=len(file.body),
            content_type=content_type,
            width=width,
            height=height,
            description=file.description,
            ephemeral=ephemeral,
            body=file.body,
        )
        self._stored[file_id] = stored
        return stored

    def add(self, file: StoredFile) -> None:
        """Take a file that a snapshot kept."""
        self._stored[file.id] = file

    def find(self, file_id: int) -> StoredFile | None:
        """Return a stored file, None when it is gone or never was."""
        return self._stored.get(file_id)

    def remove(self, file_id: int) -> None:
        """Forget a file and delete what a snapshot wrote of it."""
        file = self._stored.pop(file_id, None)
        if file is not None and file.path is not None:
            file.path.unlink(missing_ok=True)

    def all(self) -> list[StoredFile]:
        """Return every stored file."""
        return list(self._stored.values())

    def url(self, file: StoredFile) -> str:
        """Return where the bytes are served, on the same port also after a restart."""
        return f"{self.base_url}/attachments/{file.channel_id}/{file.id}/{quote(file.filename)}"

    def wire(self, file: StoredFile) -> dict[str, Any]:
        """Describe a file as an attachment object."""
        url = self.url(file)
        described: dict[str, Any] = {
            "id": str(file.id),
            "filename": file.filename,
            "size": file.size_bytes,
            "url": url,
            "proxy_url": url,
            "content_type": file.content_type,
            "content_scan_version": 0,
        }
        if file.width is not None:
            described |= {"width": file.width, "height": file.height}
        if file.description is not None:
            described["description"] = file.description
        if file.ephemeral:
            described["ephemeral"] = True
        return described

    def media(self, file: StoredFile) -> dict[str, Any]:
        """Describe a file as the media of a component that shows it, with its name and size."""
        url = self.url(file)
        return {
            "name": file.filename,
            "size": file.size_bytes,
            "id": str(file.id),
            "url": url,
            "proxy_url": url,
            "width": file.width,
            "height": file.height,
            "content_type": file.content_type,
            "placeholder": "",
            "placeholder_version": 1,
            "loading_state": 2,
            "flags": 0,
            "attachment_id": str(file.id),
        }


def _look_into(file: NewFile) -> tuple[str, tuple[int, int] | None]:
    """Tell a file's type from its bytes, not from what the sender claimed."""
    guessed = mimetypes.guess_type(file.safe_name)[0] or "application/octet-stream"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(file.body)) as picture:
                return Image.MIME.get(picture.format or "", guessed), picture.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return guessed, None
