"""What CivitAI is sent to buy a run: a workflow of one step, its name, and what it may cost."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from bot.errors import Moderated, ProviderRejected
from bot.providers._civitai_wire import object_in
from bot.providers._protocol import Handle, Inputs

_NOT_TAKEN = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_KEY = 60
_SEEDS = 2**32
_REFUSED = "refused_picture"


def name_for(endpoint: str, inputs: Inputs, *, key: str) -> str:
    """Return what a run is called at CivitAI, in the few letters that it takes.

    The same name is answered with the first run that had it, even years later; and the key of an
    attempt is unique to one database only. So the order itself is part of the name.
    """
    content = json.dumps([key, endpoint, dict(inputs)], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return f"{_NOT_TAKEN.sub('-', key)[:_LONGEST_KEY]}-{digest[:32]}"


def order_for(endpoint: str, inputs: Inputs, *, seed_from: str) -> dict[str, Any]:
    """Put the inputs of one step into a workflow that cannot cost more than the step."""
    given = {name: value for name, value in inputs.items() if name != "allow_mature"}
    if endpoint == "textToImage" and "seed" not in given:
        # Required there, and equal orders with equal seeds are answered from a cache.
        digest = hashlib.sha256(seed_from.encode()).digest()
        given["seed"] = int.from_bytes(digest[:8]) % _SEEDS
    may_be_mature = is_mature(inputs)
    return {
        "steps": [{"$type": endpoint, "name": "picture", "input": given}],
        "currencies": ["yellow"] if may_be_mature else ["blue", "green", "yellow"],
        "allowMatureContent": may_be_mature,
        "upgradeMode": "manual",
        "tips": {"civitai": 0, "creators": 0},
    }


def is_mature(inputs: Inputs) -> bool:
    """Whether the pictures may be mature: only when somebody said so."""
    return inputs.get("allow_mature") is True


def handle_for(workflow_id: object, inputs: Inputs) -> Handle:
    """Return what finds a workflow again, asked about as it was ordered."""
    return {"workflow_id": workflow_id, "is_mature": is_mature(inputs)}


def tags_of(workflow: Mapping[str, Any]) -> list[object]:
    """Return the tags that a workflow carries."""
    tags = workflow.get("tags")
    return cast("list[object]", tags) if isinstance(tags, list) else []


def refused_picture(reason: str, *, is_moderated: bool = False) -> dict[str, Any]:
    """Return what stands for a picture that CivitAI does not take."""
    return {_REFUSED: reason, "is_moderated": is_moderated}


def check_pictures(inputs: Inputs) -> None:
    """Refuse an order that holds a refused picture.

    Raises:
        ProviderRejected: it does; `Moderated`, when a safety filter refused the picture.
    """
    for value in _values_in(inputs):
        marker = object_in(value)
        if _REFUSED in marker:
            kind = Moderated if marker.get("is_moderated") is True else ProviderRejected
            raise kind(str(marker[_REFUSED]))


def _values_in(inputs: Inputs) -> Iterator[object]:
    """Yield every input, and each of those that are lists."""
    for value in inputs.values():
        yield value
        if isinstance(value, list):
            yield from cast("list[object]", value)
