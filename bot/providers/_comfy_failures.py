"""What ComfyUI refuses and what fails there, in plain words: no tracebacks, paths or file names.

The details go into the log, for the owner of the machine.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import httpx
import structlog

from bot.errors import EndpointGone, ProviderError, ProviderFailed, ProviderRejected
from bot.providers._http import one_line

log = structlog.get_logger()

_PATH = re.compile(r"(?<![\w.])(?:[a-z]+://|[A-Za-z]:[\\/]|\\\\|~?/)[^\s'\",;)]*")
_LONGEST_WORDS = 160
_NO_MEMORY = ("outofmemory", "out of memory", "allocation on device")
_KINDS = {
    "unet_name": "diffusion model",
    "ckpt_name": "checkpoint",
    "clip_name": "text encoder",
    "clip_name1": "text encoder",
    "clip_name2": "text encoder",
    "clip_name3": "text encoder",
    "vae_name": "VAE",
    "lora_name": "LoRA",
    "control_net_name": "ControlNet",
    "style_model_name": "style model",
    "model_name": "upscale model",
    "image": "input picture",
}
"""What the choices of a loader's input are files of."""

_OF_AN_ORDER = {"image", "lora_name"}
"""Files that one order may name and another not: where one is missing, the workflow is fine."""


def mapping(value: object) -> Mapping[str, Any]:
    """Return a JSON object, an empty one for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """Return a JSON array, an empty one for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def json_of(response: httpx.Response) -> Mapping[str, Any] | None:
    """Return the JSON object that an answer holds; None when it holds none."""
    try:
        payload = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, Any]", payload) if isinstance(payload, dict) else None


def refusal_in(payload: Mapping[str, Any]) -> ProviderError | None:
    """Name the refusal of a workflow, if its nodes' errors tell of one.

    What the server lacks, it lacks for every order, so the endpoint counts as gone.
    """
    error, nodes = mapping(payload.get("error")), mapping(payload.get("node_errors"))
    if not error and not nodes:
        return None
    log_node_errors(payload)
    if error.get("type") == "missing_node_type":
        return EndpointGone("a node of this workflow is not installed at ComfyUI")
    return _worst(nodes) or ProviderRejected(f"ComfyUI: {_words(error.get('message'))}")


def log_node_errors(payload: Mapping[str, Any]) -> None:
    """Tell the owner what ComfyUI found wrong with a workflow."""
    found = list(_errors(mapping(payload.get("node_errors"))))
    for node, error in found:
        log.error(
            "ComfyUI refuses a workflow's node",
            node=node,
            error=str(error.get("type")),
            details=one_line(str(error.get("details"))),
        )
    general = mapping(payload.get("error"))
    if general and not found:
        log.error("ComfyUI refuses a workflow", details=one_line(str(general.get("details"))))


def _errors(nodes: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for body in nodes.values():
        for error in items(mapping(body).get("errors")):
            yield str(mapping(body).get("class_type")), mapping(error)


def _worst(nodes: Mapping[str, Any]) -> ProviderError | None:
    """Return what a missing file means, or else the first error there is."""
    found = list(_errors(nodes))
    for _, error in found:
        if error.get("type") == "value_not_in_list":
            name = mapping(error.get("extra_info")).get("input_name")
            kind = ProviderFailed if str(name) in _OF_AN_ORDER else EndpointGone
            return kind(f"ComfyUI lacks {_kind_of(name)}")
    for node, error in found:
        name = mapping(error.get("extra_info")).get("input_name")
        place = f"{node}, {name}" if isinstance(name, str) else node
        return ProviderRejected(f"ComfyUI: {_words(error.get('message'))} ({_words(place)})")
    return None


def _kind_of(name: object) -> str:
    kind = _KINDS.get(str(name))
    if kind is not None:
        return f"a file of this workflow: {kind}"
    return f"a choice of this workflow: {_words(name)}"


def failure_in(entry: Mapping[str, Any]) -> ProviderRejected:
    """Name why a run failed, by its entry in the history."""
    messages = items(mapping(entry.get("status")).get("messages"))
    for event in map(items, messages):
        if event[:1] == ["execution_interrupted"]:
            return ProviderRejected("cancelled")
        if event[:1] == ["execution_error"] and len(event) > 1:
            return _broken(mapping(event[1]))
    return ProviderFailed("the run failed at ComfyUI")


def _broken(error: Mapping[str, Any]) -> ProviderRejected:
    kind, message = str(error.get("exception_type", "")), str(error.get("exception_message", ""))
    node = _words(error.get("node_type"))
    log.error("a workflow failed at ComfyUI", node=node, error=kind, details=one_line(message))
    if any(sign in f"{kind} {message}".lower() for sign in _NO_MEMORY):
        return ProviderFailed("ComfyUI ran out of memory for a picture of this size")
    lines = message.strip().splitlines()
    return ProviderFailed(f"ComfyUI failed at {node}: {_words(lines[0] if lines else kind)}")


def _words(text: object) -> str:
    """Return foreign words fit for people: one short line without paths and addresses."""
    words = one_line(_PATH.sub("…", str(text)))
    return words[:_LONGEST_WORDS] or "no reason given"
