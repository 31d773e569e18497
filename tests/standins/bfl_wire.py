"""What Black Forest Labs takes: the fields of its orders, and how it refuses what it does not take.

Facts of its OpenAPI document of April 2026. The real one lets fields pass that it does not know;
here they are refused, since an input that is ignored is one that got lost.
"""

import base64
import io
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from PIL import Image

_MORE = [f"input_image_{number}" for number in range(2, 9)]
PICTURES = ("image", "mask", "image_prompt", "input_image", *_MORE)

Schema = Mapping[str, Any]


def _number(low: float, high: float, *, kind: str = "integer", step: int | None = None) -> Schema:
    schema = {"type": kind, "minimum": low, "maximum": high}
    return schema if step is None else {**schema, "multipleOf": step}


def _order(*required: str, **fields: Schema) -> Schema:
    return {
        "type": "object",
        "required": required,
        "properties": {**_EVERYWHERE, **fields},
        "additionalProperties": False,
    }


_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_EVERYWHERE: Mapping[str, Schema] = {
    "seed": {"type": "integer"},
    "output_format": {"enum": ["jpeg", "png", "webp"]},
    "webhook_url": _TEXT,
}
_FLUX_1 = {"prompt": _TEXT, "prompt_upsampling": _FLAG, "safety_tolerance": _number(0, 6)}
_SIDE = _number(256, 1440, step=32)
_PRO = {**_FLUX_1, "width": _SIDE, "height": _SIDE, "image_prompt": _TEXT}
_KONTEXT = _order(
    "prompt",
    **_FLUX_1,
    aspect_ratio=_TEXT,
    input_image=_TEXT,
    input_image_2=_TEXT,
)
_FLUX_2 = _order(
    "prompt",
    prompt=_TEXT,
    width=_number(64, 4096),
    height=_number(64, 4096),
    safety_tolerance=_number(0, 5),
    **{name: _TEXT for name in PICTURES if name.startswith("input_image")},
)
ORDERS: Mapping[str, Schema] = {
    "flux-pro-1.1": _order(**_PRO),
    "flux-dev": _order(**_PRO, steps=_number(1, 50), guidance=_number(1.5, 5, kind="number")),
    "flux-pro-1.0-fill": _order(
        "image",
        **_FLUX_1,
        image=_TEXT,
        mask=_TEXT,
        steps=_number(15, 50),
        guidance=_number(1.5, 100, kind="number"),
    ),
    "flux-kontext-pro": _KONTEXT,
    "flux-kontext-max": _KONTEXT,
    "flux-2-pro": _FLUX_2,
    "flux-2-max": _FLUX_2,
}


def faults_in(endpoint: str, order: object) -> list[dict[str, Any]]:
    """Return what is wrong with an order, in FastAPI's shape; nothing when it is fine."""
    faults = [
        _fault(error.message, *error.path)
        for error in Draft202012Validator(ORDERS[endpoint]).iter_errors(order)
    ]
    if faults or not isinstance(order, dict):
        return faults
    return [
        _fault("Invalid base64 image", name)
        for name in PICTURES
        if name in order and picture_in(order[name]) is None
    ]


def _fault(message: str, *path: Any) -> dict[str, Any]:
    return {"loc": ["body", *path], "msg": message, "type": "value_error"}


def picture_in(text: str) -> Image.Image | None:
    """Open a picture that travels inside an order."""
    try:
        return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))
    except (ValueError, OSError):
        return None


def size_for(order: Mapping[str, Any]) -> tuple[int, int]:
    """Return width and height of what an order gives."""
    source = next((order[name] for name in ("input_image", "image") if name in order), None)
    picture = picture_in(source) if source else None
    if picture is not None:
        return picture.size
    return order.get("width", 1024), order.get("height", 768)
