"""Draws a picture from words, the same one every time: no model, no network, only Pillow.

`_words` reads the prompt, `_palette` chooses the colours, `_scene` puts the layers in order, and
one module a kind of thing paints them; `_finish` decides what it looks painted with.
"""

from bot.providers._canvas._scene import draw

__all__ = ["draw"]
