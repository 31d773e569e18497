"""Holding every request of the bot to Discord's own OpenAPI description, where that is at hand."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DESCRIPTION = Path(__file__).parents[2] / "shared" / "contracts" / "discord-openapi.json"

# Real and documented, but missing from the description.
UNDESCRIBED = frozenset({("GET", "/applications/{}/skus")})

_URI = "urn:discord"
_BRACES = re.compile(r"\{[^}]*\}")
_ID_LISTS = frozenset({"messages", "roles", "users"})
_TOLD = 5


class ContractViolation(AssertionError):
    """A request that Discord's description does not allow."""


class Recorded(Protocol):
    """A request as the world logs it; `route` is the template that `path` filled in."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def route(self) -> str: ...
    @property
    def body(self) -> Any: ...
    @property
    def files(self) -> list[str]: ...


def check_request(record: Recorded) -> None:
    """Check one request; without the description everything passes.

    Raises:
        ContractViolation: the route is unknown, or the body does not fit it.
    """
    contract = _contract()
    if contract is not None:
        contract.check(record)


class Contract:
    """One OpenAPI document and the validators compiled from it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry = Registry().with_resource(_URI, resource)
        self._document = document
        self._routes = {_BRACES.sub("{}", route): route for route in document["paths"]}
        self._validators: dict[str, Draft202012Validator] = {}
        self._fitting: set[str] = set()

    def check(self, record: Recorded) -> None:
        """Check one request as `check_request` does."""
        template = _BRACES.sub("{}", record.route)
        if (record.method, template) in UNDESCRIBED:
            return
        route = self._routes.get(template)
        operation = self._document["paths"].get(route, {}).get(record.method.lower())
        if operation is None:
            raise _violation(record, "no such route")
        request = operation.get("requestBody")
        if request is None:
            if record.body is not None or record.files:
                raise _violation(record, "this route takes no body")
            return
        self._check_body(record, request, f"/paths/{_escaped(route)}/{record.method.lower()}")

    def _check_body(self, record: Recorded, request: Mapping[str, Any], at: str) -> None:
        content = request["content"]
        if record.files and "multipart/form-data" not in content:
            raise _violation(record, "this route takes no files")
        if "application/json" not in content:
            return  # Form fields are no JSON, and the bot sends none.
        if record.body is None:
            if request.get("required"):
                raise _violation(record, "this route wants a body")
            return
        # What fitted once fits again: every new bot of a test sends the same commands.
        known = f"{at} {json.dumps(record.body)}"
        if known in self._fitting:
            return
        body = with_text_ids(record.body)
        schema = content["application/json"]["schema"]
        pointer = f"{at}/requestBody/content/application~1json/schema"
        errors = list(self._validator(self._chosen(record, schema, pointer)).iter_errors(body))
        if errors:
            raise _violation(record, *(_words(error) for error in errors[:_TOLD]))
        self._fitting.add(known)

    def _chosen(self, record: Recorded, schema: Mapping[str, Any], pointer: str) -> str:
        """Pick the branch of a union by the body's `type`; a body without one meets them all."""
        branches = [branch["$ref"].removeprefix("#") for branch in schema.get("anyOf", ())]
        types = {number: branch for branch in branches for number in self._types(branch)}
        if not types:
            return pointer
        wanted = record.body.get("type") if isinstance(record.body, dict) else None
        if wanted not in types:
            raise _violation(record, f"$.type: {wanted!r} is none of {sorted(types)}")
        return types[wanted]

    def _types(self, pointer: str) -> list[int]:
        name = pointer.rpartition("/")[2]
        properties = self._document["components"]["schemas"][name].get("properties", {})
        return properties.get("type", {}).get("enum", [])

    def _validator(self, pointer: str) -> Draft202012Validator:
        if pointer not in self._validators:
            schema = {"$ref": f"{_URI}#{quote(pointer, safe='/~')}"}
            self._validators[pointer] = Draft202012Validator(schema, registry=self._registry)
        return self._validators[pointer]


def with_text_ids(body: Any) -> Any:
    """Write ids as strings: Discord takes numbers too, its description does not say so."""
    if isinstance(body, list):
        return [with_text_ids(member) for member in body]
    if isinstance(body, dict):
        return dict(_members_with_text_ids(body))
    return body


def _members_with_text_ids(body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    # A component's own id is a number indeed; only components have a numeric type.
    is_component = type(body.get("type")) is int
    for key, value in body.items():
        is_id = key.endswith("_id") or (key == "id" and not is_component)
        if is_id and type(value) is int:
            yield key, str(value)
        elif key in _ID_LISTS and isinstance(value, list):
            yield key, [str(each) if type(each) is int else each for each in value]
        else:
            yield key, with_text_ids(value)


@cache
def _contract() -> Contract | None:
    if not DESCRIPTION.exists():
        return None
    return Contract(json.loads(DESCRIPTION.read_text(encoding="utf-8")))


def _violation(record: Recorded, *faults: str) -> ContractViolation:
    return ContractViolation("\n  ".join((f"{record.method} {record.path}", *faults)))


def _words(error: ValidationError) -> str:
    cause = _cause(error)
    return f"{cause.json_path}: {cause.message[:300]}"


def _cause(error: ValidationError) -> ValidationError:
    """Follow unions into the branch that was meant: the others' complaints are noise."""
    while error.context:
        others = {each.schema_path[0] for each in error.context if _is_other_branch(each)}
        meant = [each for each in error.context if each.schema_path[0] not in others]
        error = max(meant or error.context, key=lambda each: len(each.path))
    return error


def _is_other_branch(error: ValidationError) -> bool:
    is_other_shape = not error.path and error.validator == "type"
    return is_other_shape or (list(error.path) == ["type"] and error.validator in {"enum", "const"})


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
