"""How CivitAI is asked: the addresses, the key, and answers read with care.

The addresses are made here from our base and the run's id, never taken from an answer: the key
goes along to wherever they point.
"""

import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from bot.errors import BadKey, ProviderDown, ProviderLost, ProviderRejected

WORKFLOWS = "v2/consumer/workflows"
BLOBS = "v2/consumer/blobs"
LONGEST_ID = 200
LONGEST_URL = 4000
_DOTS = {".", ".."}


class Wire:
    """One of CivitAI's origins, asked with our key. Nothing that is sent here buys a run."""

    def __init__(self, http: httpx.AsyncClient, *, url: str, key: str) -> None:
        self.http = http
        self.url = url.rstrip("/")
        self.headers = {"Authorization": f"Bearer {key}"}

    def is_address(self, value: object) -> bool:
        """Whether a value is a file's address; without TLS only where the API itself is."""
        starts = ("https://", "http://") if self.url.startswith("http://") else ("https://",)
        return isinstance(value, str) and value.startswith(starts) and len(value) <= LONGEST_URL

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,  # noqa: ANN401 - whatever httpx takes
    ) -> httpx.Response:
        """Send one request and give whatever came back. Redirects are not followed.

        Raises:
            ProviderDown: no whole answer came.
            BadKey: no header can carry the key.
        """
        try:
            return await self.http.request(
                method,
                f"{self.url}/{path}",
                headers={**self.headers, **(headers or {})},
                follow_redirects=False,
                **more,
            )
        except (UnicodeEncodeError, httpx.LocalProtocolError):
            failure = BadKey("the key holds characters that no header can carry")
        except httpx.HTTPError as error:
            failure = ProviderDown(f"CivitAI could not be reached ({type(error).__name__})")
        except httpx.InvalidURL:
            failure = ProviderDown("CivitAI's address is malformed")
        # Raised out here because httpx's errors hold the request, and the request holds the key.
        raise failure

    async def ask_of_run(
        self,
        method: str,
        path: str,
        **more: Any,  # noqa: ANN401 - whatever httpx takes
    ) -> httpx.Response:
        """Send one request about an accepted run, whose every failure is passing.

        Raises:
            ProviderLost: no whole answer came.
        """
        try:
            return await self.ask(method, path, **more)
        except (BadKey, ProviderDown) as error:
            failure = ProviderLost(str(error))
        raise failure

    async def look(self, workflow_id: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """Return a workflow as it stands.

        Raises:
            ProviderRejected: CivitAI does not know it any more.
            ProviderLost: it could not be asked about just now.
        """
        response = await self.ask_of_run("GET", path_of(workflow_id), params=params)
        body = json_of(response)
        if response.status_code == HTTPStatus.NOT_FOUND and isinstance(body, dict):
            raise ProviderRejected("CivitAI does not know this run any more")
        return object_of_run(response)


def path_of(workflow_id: str) -> str:
    """Return where a workflow is; its id is any text."""
    return f"{WORKFLOWS}/{quote(workflow_id, safe='')}"


def is_id(value: object) -> bool:
    """Whether a value can be an id within an address of ours."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_ID
        and value.isprintable()
        and value not in _DOTS
    )


def object_of_run(response: httpx.Response) -> Mapping[str, Any]:
    """Return the JSON object that answers a question about a run.

    Raises:
        ProviderLost: there is none.
    """
    body = json_of(response)
    if response.is_success and isinstance(body, dict):
        return cast("dict[str, Any]", body)
    raise ProviderLost(f"CivitAI answered {response.status_code} about the run")


def json_of(response: httpx.Response) -> object:
    """Return what an answer holds; None when that is no JSON."""
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def object_in(value: object) -> Mapping[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def objects_in(value: object) -> list[Mapping[str, Any]]:
    """Return the JSON objects of what should be a list of them."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, Any]", item) for item in items if isinstance(item, dict)]


def number_in(value: object) -> float | None:
    """Return a finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < LARGEST and math.isfinite(value) else None


LARGEST = 2**63
"""Beyond it a number fits in no row of ours."""


def steps_of(workflow: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a workflow's steps; ours have one."""
    return objects_in(workflow.get("steps"))


def jobs_of(workflow: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a workflow's steps are made of."""
    return [job for step in steps_of(workflow) for job in objects_in(step.get("jobs"))]


def status_of(node: Mapping[str, Any]) -> str:
    """Return the status of a workflow, a step or a job; one nobody has heard of is passed on."""
    return str(node.get("status")).lower()
