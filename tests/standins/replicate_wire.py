"""What travels between Replicate's stand-in and whoever asks it: places, refusals, the contract."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from aiohttp import web

from tests.standins import KEY
from tests.standins.answers import Answer

_PLACES = {
    ("GET", r"/v1/account"): "account",
    ("POST", r"/v1/files"): "upload",
    ("GET", r"/v1/models/[^/]+/[^/]+"): "model",
    ("POST", r"/v1/models/[^/]+/[^/]+/predictions"): "submit",
    ("POST", r"/v1/deployments/[^/]+/[^/]+/predictions"): "submit",
    ("POST", r"/v1/predictions"): "submit",
    ("GET", r"/v1/predictions"): "list",
    ("GET", r"/v1/predictions/[^/]+"): "look",
    ("POST", r"/v1/predictions/[^/]+/cancel"): "cancel",
    ("GET", r"/out/.+"): "file",
}


class Oddity(StrEnum):
    """What may become of a request besides a plain answer."""

    HANGING = "the answer never comes"
    HANG_UP = "the connection breaks"
    TRUNCATED = "half a file"
    IGNORED = "200, and nothing happens"


Fault = Oddity | Answer
FAULT = web.RequestKey("fault", object)


@dataclass(frozen=True)
class Seen:
    """One request, without its key. `port` is that of the API or of the files."""

    place: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    port: int
    has_key: bool


def place_of(request: web.Request) -> str:
    """Name what a request asks for."""
    for (method, path), place in _PLACES.items():
        if request.method == method and re.fullmatch(path, request.path):
            return place
    return "nowhere"


def has_key(request: web.Request) -> bool:
    return request.headers.get("Authorization") == f"Bearer {KEY}"


def problem(status: int, detail: str, **more: Any) -> web.Response:
    """Return a refusal as Replicate words them."""
    return web.json_response(
        {"detail": detail, "status": status, **more},
        status=status,
        content_type="application/problem+json",
    )


def unauthenticated() -> web.Response:
    detail = "You did not pass a valid authentication token"
    return problem(401, detail, title="Unauthenticated")


def unknown() -> web.Response:
    return problem(404, "The requested resource could not be found.")


def throttled(detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
    """Return a 429 as it comes to an account with little credit."""
    return Answer(429, json.dumps({"detail": detail, "status": 429, **more}), headers or {})


def _contracts() -> Path | None:
    folders = (folder / "shared/contracts/replicate" for folder in Path(__file__).parents)
    return next((folder for folder in folders if folder.exists()), None)


@cache
def _schemas() -> Mapping[str, Any]:
    """Return the schemas of the official description, where it is at hand."""
    folder = _contracts()
    if folder is None:
        return {}
    schemas = json.loads((folder / "openapi.json").read_text())["components"]["schemas"]
    # "hidden" is a text as well, so that it matches both arms of the official `oneOf`.
    schemas["schemas_prediction_response"]["properties"]["version"] = {"type": "string"}
    return _null_allowed(schemas)


def _null_allowed(schema: Any) -> Any:
    """Say `nullable`, of OpenAPI 3.0, in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_null_allowed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    rules = {name: _null_allowed(value) for name, value in schema.items()}
    if rules.pop("nullable", None) is True and isinstance(rules.get("type"), str):
        rules["type"] = [rules["type"], "null"]
    return rules


def breaches_of(name: str, body: Any) -> list[str]:
    """Hold a body to one of the official schemas; [] when it passes, or they are not at hand."""
    schema = _schemas().get(f"schemas_{name}")
    if schema is None:
        return []
    errors = jsonschema.Draft202012Validator(schema).iter_errors(body)
    return [f"{name}: {error.json_path}: {error.message}" for error in errors]


@cache
def _models() -> Mapping[str, Any]:
    folder = _contracts()
    if folder is None:
        return {}
    return json.loads((folder / "model-inputs.json").read_text())["models"]


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "file uri": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def faults_in(model: str, inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    """Hold inputs to the model's own, as Replicate does before it takes an order."""
    known = _models().get(model)
    if known is None:
        return []
    rules = known["inputs"]
    missing = [
        {"type": "required", "field": "input", "description": f"{name} is required"}
        for name, rule in rules.items()
        if rule.get("required") and name not in inputs
    ]
    return missing + [
        {"type": kind, "field": f"input.{name}", "description": f"input.{name} {words}"}
        for name, value in inputs.items()
        for kind, words in _faults_of(rules.get(name), value)
    ]


def _faults_of(rule: Mapping[str, Any] | None, value: Any) -> list[tuple[str, str]]:
    if rule is None:
        return [("additional_property_not_allowed", "is not allowed")]
    expected = _TYPES.get(str(rule.get("type")))
    is_bool = isinstance(value, bool) and rule.get("type") != "boolean"
    if expected and (not isinstance(value, expected) or is_bool):
        return [("invalid_type", f"must be of type {rule['type']}")]
    if "enum" in rule and value not in rule["enum"]:
        choices = ", ".join(json.dumps(choice) for choice in rule["enum"])
        return [("enum", f"must be one of the following: {choices}")]
    if not isinstance(value, int | float):
        return []
    low, high = rule.get("min", value), rule.get("max", value)
    too_low = [("number_gte", f"must be greater than or equal to {low}")] if value < low else []
    return too_low + ([("number_lte", f"must be less than or equal to {high}")] * (value > high))
