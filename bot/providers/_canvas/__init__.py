"""Draws pictures from words and from other pictures, the same ones every time: only Pillow.

There is no model and no network. `_endpoints` lists what can be asked for. For a drawing, `_words`
reads the prompt, `_palette` chooses the colours, `_scene` puts the layers in order, and one module
a kind of thing paints them; `_finish` decides what it looks painted with. Work on a picture that
is there starts in the module named after it, from what `_subject` and `_above` find in it.
`_describe` and `_enhance` give words.
"""

from bot.providers._canvas._endpoints import ENDPOINTS, PICTURES
from bot.providers._canvas._scene import draw

__all__ = ["ENDPOINTS", "PICTURES", "draw"]
