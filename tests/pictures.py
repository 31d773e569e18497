"""Small pictures for tests."""

import io

from PIL import Image


def png(width: int, height: int, color: str = "teal") -> bytes:
    """Return a plain PNG."""
    body = io.BytesIO()
    Image.new("RGB", (width, height), color).save(body, "PNG")
    return body.getvalue()
