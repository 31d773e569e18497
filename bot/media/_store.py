"""Keeps picture files in a folder, each under the hash of its bytes."""

import asyncio
import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bot.media import _check, _fit, _frame, _intake, _provenance, _shrink
from bot.media._check import PictureFacts
from bot.media._frame import Framed

_HASH = re.compile(r"[0-9a-f]{64}")
_DECODERS = 2
"""How many pictures are decoded at a time.

One of 40 million pixels takes 160 MB as a JPEG, 370 as a PNG, 680 as a WebP; a usual one 20.
"""


@dataclass(frozen=True)
class Picture(PictureFacts):
    """A picture that is kept."""

    sha256: str


class Media:
    """The folder of every input and output picture; several machines may share it.

    What takes processor time or touches the disk runs in a worker thread.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._decoders = asyncio.Semaphore(_DECODERS)
        self._sweeping = threading.Lock()

    async def check(self, data: bytes) -> PictureFacts:
        """Decode the first frame of a PNG, JPEG, WebP or GIF: 30 MB, 40 million pixels at most.

        Raises:
            BadPicture: another type, damaged, cut off or too large.
        """
        async with self._decoders:
            return await asyncio.to_thread(_check.check, data)

    async def store(self, data: bytes) -> Picture:
        """Check a picture and keep it; the same bytes again are the same file, made young again.

        When this returns, the file survives a crash of the machine.

        Raises:
            BadPicture: nothing was written.
        """
        facts = await self.check(data)
        sha256 = await asyncio.to_thread(self._keep, data)
        return Picture(**asdict(facts), sha256=sha256)

    async def keep(self, data: bytes) -> str:
        """Keep bytes unseen until `sweep`, safe from a crash as pictures are; return their hash."""
        return await asyncio.to_thread(self._keep, data)

    async def take_in(self, data: bytes) -> Picture:
        """Keep what can be seen of a picture that somebody gave us: upright sRGB, no metadata.

        All that is kept beside it is that a trained model made it.

        It is a JPEG when it was one, else a PNG; 4 megapixels at most. The same bytes again are
        the same file.

        Raises:
            BadPicture: another type, damaged, or too large, small or long; nothing was written.
        """
        async with self._decoders:
            taken = await asyncio.to_thread(_intake.take_in, data)
        return await self.store(_provenance.like(data, taken))

    async def take_mask(self, data: bytes, *, width: int, height: int) -> Picture:
        """Keep a mask for a picture of this size: a black and white PNG, white is painted anew.

        In a drawing of one colour that is what is transparent, in any other what is light.

        Raises:
            BadPicture: no picture that `take_in` takes, of another shape, or all black; nothing
                was written.
        """
        async with self._decoders:
            taken = await asyncio.to_thread(_intake.take_mask, data, width=width, height=height)
        return await self.store(taken)

    async def frame(self, data: bytes, kind: str) -> Framed:
        """Put a picture into the canvas that `framed_size` tells; see there for the kinds.

        Like every copy, it says that a trained model made it when the picture does.

        Raises:
            BadPicture: damaged, too large, or `square` already.
        """
        async with self._decoders:
            framed = await asyncio.to_thread(_frame.frame, data, kind)
        return Framed(_provenance.like(data, framed.image), framed.mask)

    async def shrink(self, data: bytes, max_pixels: int) -> bytes:
        """Give the same bytes when they are few enough pixels, else a picture of `shrunk_size`.

        Raises:
            BadPicture: damaged or too large to decode.
        """
        async with self._decoders:
            shrunk = await asyncio.to_thread(_shrink.shrink, data, max_pixels)
        return shrunk if shrunk is data else _provenance.like(data, shrunk)

    async def read(self, sha256: str) -> bytes:
        """Give the bytes back.

        Raises:
            FileNotFoundError: this picture is not kept, or not any more.
        """
        return await asyncio.to_thread(self._path(sha256).read_bytes)

    async def has(self, sha256: str) -> bool:
        """Whether a picture is kept."""
        return await asyncio.to_thread(self._path(sha256).exists)

    async def hash_of(self, data: bytes) -> str:
        """Name the hash that these very bytes would be kept under."""
        return (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()

    def mime_of(self, data: bytes) -> str:
        """Name the type by the first bytes, without decoding.

        Raises:
            BadPicture: not one of our types.
        """
        return _check.mime_of(data)

    async def fit(self, data: bytes, limit_bytes: int) -> bytes:
        """Give the same bytes when they fit, else a WebP that does: lossless, lossy, then smaller.

        Raises:
            PictureTooLarge: the file is signed with a C2PA manifest, or no picture is that small.
            BadPicture: it does not fit and cannot be decoded.
        """
        if len(data) <= limit_bytes:
            return data
        async with self._decoders:
            return await asyncio.to_thread(_fit.fit, data, limit_bytes)

    async def tag(self, data: bytes) -> bytes:
        """Mark a picture as made by a trained model, without touching its pixels.

        A signed file, and one that states its source already, come back as they are.

        Raises:
            BadPicture: not one of our types.
        """
        return await asyncio.to_thread(_provenance.tag, data)

    async def sweep(self, keep: AbstractSet[str], *, older_than: datetime) -> int:
        """Delete every picture that was last stored before a moment and is not in `keep`.

        Returns how many were deleted. Leftovers of crashed writes go too.
        """
        return await asyncio.to_thread(self._sweep, keep, older_than.timestamp())

    def _path(self, sha256: str) -> Path:
        if not _HASH.fullmatch(sha256):
            raise FileNotFoundError(f"no picture {sha256!r}")
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def _keep(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        # The sweep must not delete between our look and our touch.
        with self._sweeping:
            if path.exists():
                os.utime(path)
            else:
                _write(path, data)
        return sha256

    def _sweep(self, keep: AbstractSet[str], older_than: float) -> int:
        deleted = 0
        for path in self._folder.glob("*/*/*"):
            with self._sweeping:
                if path.name not in keep and path.stat().st_mtime < older_than:
                    path.unlink()
                    deleted += bool(_HASH.fullmatch(path.name))
        return deleted


def _write(path: Path, data: bytes) -> None:
    """Put a file in its place whole or not at all, and onto the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    for folder in (path.parent, *path.parents[1:3]):
        _sync(folder)


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
