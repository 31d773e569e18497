"""What travels between CivitAI's stand-in and whoever asks it: places, keys, faults, contracts."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.standins import KEY
from tests.standins.answers import Answer

_URI = "urn:civitai"
_SCHEMAS = "#/components/schemas/"
# Listed as required, but CivitAI's documents say that they have defaults.
_HAVE_DEFAULTS = {"vaeModel", "clipLModel", "t5XXLModel"}
_DISCRIMINATORS = 4
_FILES = 2


class Oddity(StrEnum):
    """What may become of a request besides a plain answer."""

    HANGING = "the answer never comes"
    HANG_UP = "the connection breaks"
    IGNORED = "204, and nothing happens"
    TRUNCATED = "half a file"


Fault = Oddity | Answer


@dataclass(frozen=True)
class Seen:
    """One request, without its key; `has_key` says whether the key was anywhere in it."""

    place: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    raw: str
    """The path and everything behind it, as it was sent."""
    has_key: bool

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def seen_of(request: web.Request, place: str) -> Seen:
    everything = f"{request.raw_path} {request.headers}"
    return Seen(
        place,
        request.method,
        request.raw_path.partition("?")[0],
        dict(request.query),
        {k: v for k, v in request.headers.items() if k != "Authorization"},
        await request.read(),
        request.raw_path,
        has_key=KEY in everything,
    )


def place_of(request: web.Request) -> str:
    """Name what a request to the orchestration API asks for."""
    parts = request.raw_path.partition("?")[0].strip("/").split("/")[2:]
    match (request.method, *parts):
        case ("POST", "workflows"):
            return "submit"
        case ("POST", "blobs"):
            return "upload"
        case (method, "workflows" | "blobs" as what, *rest):
            places = {
                ("GET", "workflows", 0): "list",
                ("GET", "workflows", 1): "look",
                ("PUT", "workflows", 1): "cancel",
                ("GET", "blobs", 1): "blob",
                ("POST", "blobs", _FILES): "refresh",
            }
            return places.get((method, what, len(rest)), "nowhere")
        case _:
            return "nowhere"


def refusal_of_key(request: web.Request) -> web.Response | None:
    """Refuse a key as CivitAI does."""
    if request.headers.get("Authorization") == f"Bearer {KEY}":
        return None
    return problem(401, title="Unauthorized")


def problem(status: int, **more: Any) -> web.Response:
    return web.json_response({"type": "about:blank", "status": status, **more}, status=status)


def as_response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, text=answer.text, headers=answer.headers)


def contracts() -> Path | None:
    """Return the folder with CivitAI's own word, where it is at hand."""
    folders = (folder / "shared/contracts/civitai" for folder in Path(__file__).parents)
    return next((path for path in folders if path.exists()), None)


@cache
def _contract() -> tuple[Mapping[str, Any], Registry] | None:
    folder = contracts()
    if folder is None:
        return None
    text = (folder / "orchestration-v2-consumers.openapi.json").read_text()
    document = json.loads(text)
    resource = Resource.from_contents(_relaxed(document), default_specification=DRAFT202012)
    return document["components"]["schemas"], Registry().with_resource(_URI, resource)


def _relaxed(document: Any) -> Any:
    """Drop what no validator can live with: closed parts of an `allOf`, and foreign patterns."""
    document = deepcopy(document)
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if node.get("additionalProperties") is False:
                del node["additionalProperties"]
            if isinstance(node.get("pattern"), str):
                del node["pattern"]
            if isinstance(node.get("required"), list):
                node["required"] = [n for n in node["required"] if n not in _HAVE_DEFAULTS]
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return document


def faults_in(value: Any, schema: str) -> dict[str, list[str]]:
    """Hold a value to a schema by its name: the faults by where they are; {} when it passes.

    Raises nothing without the contract, where everything passes.
    """
    contract = _contract()
    if contract is None:
        return {}
    validator = Draft202012Validator({"$ref": f"{_URI}{_SCHEMAS}{schema}"}, registry=contract[1])
    return {
        ".".join(map(str, error.absolute_path)): [error.message[:200]]
        for error in validator.iter_errors(value)
    }


def faults_in_order(order: Mapping[str, Any]) -> dict[str, list[str]]:
    """Hold an order to its schemas: the workflow's, its steps', and those of their engines."""
    if _contract() is None:
        return {}
    faults = {**faults_in(order, "WorkflowTemplate"), **_unknown(order, "WorkflowTemplate")}
    for number, step in enumerate(order.get("steps", ())):
        *_, schema = _chain("WorkflowStepTemplate", step)
        faults |= _at(f"steps[{number}]", faults_in(step, schema) | _unknown(step, schema))
        given = step.get("input", {})
        *_, schema = _chain(_input_of(schema), given)
        found = faults_in(given, schema) | _unknown(given, schema)
        faults |= _at(f"steps[{number}].input", found)
    return faults


def _at(place: str, faults: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {f"{place}.{name}": texts for name, texts in faults.items()}


def _schema(name: str) -> Mapping[str, Any]:
    contract = _contract()
    assert contract is not None
    return contract[0][name]


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and everything that it is made of."""
    yield schema
    for part in schema.get("allOf", ()):
        if "$ref" in part:
            yield from _parts(_schema(part["$ref"].removeprefix(_SCHEMAS)))
        else:
            yield from _parts(part)


def _chain(name: str, value: Mapping[str, Any]) -> Iterator[str]:
    """Yield the schemas that a value is held to, each more special than the one before."""
    yield name
    for _ in range(_DISCRIMINATORS):
        # The last part's, because a special schema repeats what it is special of.
        rules = [part["discriminator"] for part in _parts(_schema(name)) if "discriminator" in part]
        names = [rule["mapping"].get(value.get(rule["propertyName"])) for rule in rules]
        more = [n.removeprefix(_SCHEMAS) for n in names if n and n.removeprefix(_SCHEMAS) != name]
        fresh = [one for one in more if name in _ancestors(one)]
        if not fresh:
            return
        name = fresh[0]
        yield name


def _ancestors(name: str) -> set[str]:
    refs = {
        part["$ref"].removeprefix(_SCHEMAS)
        for part in _schema(name).get("allOf", ())
        if "$ref" in part
    }
    return refs | {older for ref in refs for older in _ancestors(ref)}


def _input_of(step_schema: str) -> str:
    refs = (
        part["properties"]["input"]["$ref"]
        for part in _parts(_schema(step_schema))
        if "input" in part.get("properties", {})
    )
    return next(refs).removeprefix(_SCHEMAS)


def _unknown(value: Mapping[str, Any], schema: str) -> dict[str, list[str]]:
    known = {name for part in _parts(_schema(schema)) for name in part.get("properties", {})}
    return {name: [f"unknown property {name!r}"] for name in value if name not in known}
