"""Workflow templates for ComfyUI: graphs that we or the owner vetted, with named places to fill.

A template is two files. `<name>.json` is the graph as ComfyUI's editor exports it for the API;
`<name>.toml` says which node saves the pictures (`output`), where each input goes (`node.input`,
a list of those, or `{ into, times }` for a number that is multiplied first), which inputs every
order must bring (`required`), and where a file name goes that is new for each run (`file_name`:
without it a repeat of the very same order is answered from ComfyUI's cache and saves nothing).
What an order leaves out stays as the graph has it; only `seed` is then chosen anew.
"""

import copy
import json
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.config import StartError
from bot.errors import ProviderRejected

log = structlog.get_logger()

OURS = Path(__file__).parent / "workflows"
_SLOW = re.compile(
    r"KSampler(Advanced)?|SamplerCustom(Advanced)?|ImageUpscaleWithModel|UltimateSDUpscale.*"
)
_SLOW_WEIGHT = 90
_LINK_LENGTH = 2
_STRICT = ConfigDict(extra="forbid", frozen=True)

Graph = dict[str, dict[str, Any]]


class _Into(BaseModel):
    model_config = _STRICT

    into: str | list[str]
    times: float = Field(default=1.0, allow_inf_nan=False)


class _Sheet(BaseModel):
    """A template's TOML file."""

    model_config = _STRICT

    output: str
    file_name: str | None = None
    required: list[str] = []
    inputs: dict[str, str | list[str] | _Into] = Field(min_length=1)


class _Node(BaseModel):
    class_type: str = Field(min_length=1)
    inputs: dict[str, Any]


_NODES = TypeAdapter(dict[str, _Node])


@dataclass(frozen=True)
class _Place:
    """One input of one node that an order may fill; `literal` is what the graph has there."""

    node: str
    name: str
    literal: str | float | bool
    times: float = 1.0

    def fitting(self, value: object) -> object:
        """Return a value as the node takes it, of the type that the graph has there.

        Raises:
            ValueError: it is of another type.
        """
        if isinstance(self.literal, bool | str):
            if isinstance(value, type(self.literal)):
                return value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(value)
        raise ValueError(f"{type(value).__name__} instead of {type(self.literal).__name__}")

    def _number(self, value: float) -> float:
        # Whole numbers are not multiplied by 1.0: a seed of 64 bits does not fit into a float.
        scaled = value if self.times == 1 else value * self.times
        if not math.isfinite(scaled):
            raise ValueError("not a number")
        if isinstance(self.literal, float):
            return float(scaled)
        if self.times == 1 and scaled != int(scaled):
            raise ValueError("a fraction instead of a whole number")
        return round(scaled)


@dataclass(frozen=True)
class Workflow:
    """One template."""

    name: str
    output: str
    """The node whose pictures are the result."""
    graph: Mapping[str, Any]
    places: Mapping[str, Sequence[_Place]]
    required: Sequence[str]
    file_name: _Place | None

    @property
    def weights(self) -> dict[str, int]:
        """How much of a run each node is, roughly: sampling and enlarging are nearly all."""
        return {
            node: _SLOW_WEIGHT if _SLOW.fullmatch(body["class_type"]) else 1
            for node, body in self.graph.items()
        }

    @property
    def takes_seed(self) -> bool:
        """Whether its runs depend on a seed."""
        return "seed" in self.places

    def filled(self, inputs: Mapping[str, object], *, file_name: str) -> Graph:
        """Return the graph with an order's inputs in their places, and nothing else changed.

        Raises:
            ProviderRejected: it takes other inputs; the log says which.
        """
        self._check_names(inputs)
        graph = cast("Graph", copy.deepcopy(dict(self.graph)))
        for name, value in inputs.items():
            for place in self.places[name]:
                try:
                    graph[place.node]["inputs"][place.name] = place.fitting(value)
                except (ValueError, OverflowError) as error:
                    raise self._refused(f"{name} is {error}") from None
        if self.file_name is not None:
            graph[self.file_name.node]["inputs"][self.file_name.name] = file_name
        return graph

    def _check_names(self, inputs: Mapping[str, object]) -> None:
        if unknown := sorted(inputs.keys() - self.places.keys()):
            raise self._refused(f"it takes no {unknown[0]}")
        if missing := sorted(set(self.required) - inputs.keys()):
            raise self._refused(f"it needs {missing[0]}")

    def _refused(self, reason: str) -> ProviderRejected:
        # The catalog's route and the template do not fit together, which only the owner can mend.
        log.error("a catalog route does not fit its workflow", workflow=self.name, reason=reason)
        return ProviderRejected(f"the workflow cannot be filled: {reason}")


def load_workflows(own: Path | None) -> dict[str, Workflow]:
    """Read our templates and the owner's; of the same name, the owner's wins.

    Raises:
        StartError: a file is malformed; the line names it.
    """
    if own is not None and not own.is_dir():
        raise StartError(f"COMFYUI_WORKFLOWS: {own} is no folder")
    folders = [OURS] if own is None else [OURS, own]
    return {workflow.name: workflow for folder in folders for workflow in _load_folder(folder)}


def _load_folder(folder: Path) -> Iterable[Workflow]:
    names = {path.stem for path in folder.iterdir() if path.suffix in {".json", ".toml"}}
    return [_load(folder, name) for name in sorted(names)]


def _load(folder: Path, name: str) -> Workflow:
    graph_path, sheet_path = folder / f"{name}.json", folder / f"{name}.toml"
    graph = _read_graph(graph_path)
    sheet = _read_sheet(sheet_path)
    try:
        return _join(name, graph, sheet)
    except ValueError as error:
        raise StartError(f"workflow {sheet_path.name}: {error}") from None


def _read_graph(path: Path) -> Mapping[str, Any]:
    try:
        graph = json.loads(_text_of(path))
        if isinstance(graph, dict) and "nodes" in graph and "links" in graph:
            raise StartError(
                f"workflow {path.name}: this is the editor's own format; use Export (API)"
            )
        nodes = _NODES.validate_python(graph)
        _check_links(nodes)
    except ValidationError as error:
        raise StartError(f"workflow {path.name}: {_first(error)}") from None
    except (ValueError, RecursionError) as error:
        raise StartError(f"workflow {path.name}: {error}") from None
    return cast("Mapping[str, Any]", graph)


def _check_links(nodes: Mapping[str, _Node]) -> None:
    for node, body in nodes.items():
        for name, value in body.inputs.items():
            if _is_link(value) and value[0] not in nodes:
                raise ValueError(f"{node}.{name} is linked to {value[0]}, which is not there")


def _is_link(value: object) -> bool:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return len(items) == _LINK_LENGTH and isinstance(items[0], str) and isinstance(items[1], int)


def _read_sheet(path: Path) -> _Sheet:
    try:
        return _Sheet.model_validate(tomllib.loads(_text_of(path)))
    except ValidationError as error:
        raise StartError(f"workflow {path.name}: {_first(error)}") from None
    except ValueError as error:
        raise StartError(f"workflow {path.name}: {error}") from None


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise StartError(f"workflow {path.name}: {error.strerror}") from None


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return ": ".join([".".join(str(part) for part in first["loc"]), first["msg"]])


def _join(name: str, graph: Mapping[str, Any], sheet: _Sheet) -> Workflow:
    if sheet.output not in graph:
        raise ValueError(f"output: there is no node {sheet.output}")
    places = {name: _places(graph, name, target) for name, target in sheet.inputs.items()}
    if unknown := sorted(set(sheet.required) - places.keys()):
        raise ValueError(f"required: {unknown[0]} is not among the inputs")
    file_name = sheet.file_name and _place(graph, "file_name", sheet.file_name, times=1.0)
    if file_name and not isinstance(file_name.literal, str):
        raise ValueError("file_name: that input takes no text")
    return Workflow(
        name=name,
        output=sheet.output,
        graph=graph,
        places=places,
        required=sheet.required,
        file_name=file_name or None,
    )


def _places(
    graph: Mapping[str, Any], name: str, target: str | list[str] | _Into
) -> Sequence[_Place]:
    into, times = (target.into, target.times) if isinstance(target, _Into) else (target, 1.0)
    addresses = [into] if isinstance(into, str) else into
    return [_place(graph, name, address, times=times) for address in addresses]


def _place(graph: Mapping[str, Any], name: str, address: str, *, times: float) -> _Place:
    node, _, input_name = address.partition(".")
    inputs = cast("dict[str, object]", graph[node]["inputs"] if node in graph else {})
    if input_name not in inputs:
        raise ValueError(f"{name}: there is no {address} in the graph")
    literal = inputs[input_name]
    if not isinstance(literal, str | int | float):
        raise ValueError(f"{name}: {address} comes from another node")  # noqa: TRY004 - a bad file
    if times != 1 and isinstance(literal, str | bool):
        raise ValueError(f"{name}: {address} is no number")
    return _Place(node, input_name, literal, times)
