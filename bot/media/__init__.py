"""Pictures as files: checked before they are trusted, kept by their hash, marked as generated."""

from bot.media._check import PictureFacts
from bot.media._frame import Framed
from bot.media._sizes import INTAKE_PIXELS, framed_size, shrunk_size
from bot.media._store import Media, Picture

__all__ = [
    "INTAKE_PIXELS",
    "Framed",
    "Media",
    "Picture",
    "PictureFacts",
    "framed_size",
    "shrunk_size",
]
