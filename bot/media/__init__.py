"""Pictures as files: checked before they are trusted, kept by their hash, marked as generated."""

from bot.media._check import PictureFacts
from bot.media._store import Media, Picture

__all__ = ["Media", "Picture", "PictureFacts"]
