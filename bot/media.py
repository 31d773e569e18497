"""TEMPORARY, by the founder, so that others can run: the painter's author REPLACES this whole file."""
import hashlib, io, asyncio
from dataclasses import dataclass
from pathlib import Path
from PIL import Image
@dataclass(frozen=True)
class Picture:
    sha256: str; mime: str; width: int; height: int; size_bytes: int
class Media:
    def __init__(self, folder: Path) -> None:
        self._folder = folder; folder.mkdir(parents=True, exist_ok=True)
    async def store(self, data: bytes) -> Picture:
        sha = hashlib.sha256(data).hexdigest(); (self._folder/sha).write_bytes(data)
        im = Image.open(io.BytesIO(data))
        return Picture(sha, Image.MIME[im.format], im.width, im.height, len(data))
    async def read(self, sha256: str) -> bytes: return (self._folder/sha256).read_bytes()
    async def fit(self, data: bytes, limit_bytes: int) -> bytes: return data
    def mime_of(self, data: bytes) -> str: return "image/png"
