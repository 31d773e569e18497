"""CivitAI: workflows of one step in its orchestration API, version 2, paid in Buzz.

An endpoint is the `$type` of that step: `textToImage`, `imageGen`, `imageUpscaler` or
`imageBackgroundRemoval`. `inputs` are the step's input as it stands in CivitAI's OpenAPI document,
with LoRAs by their AIR (`loras` or `additionalNetworks`). The reserved name `allow_mature` is ours:
true for pictures that may be mature, which only yellow Buzz pays for.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from bot.errors import (
    BadKey,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    ProviderLost,
    ProviderRejected,
    SubmitUncertain,
)
from bot.providers._civitai_failures import (
    SAFETY,
    SUCCEEDED,
    cleaned,
    failure_in,
    is_blocked,
    refusal_in,
)
from bot.providers._civitai_orders import (
    check_pictures,
    handle_for,
    name_for,
    order_for,
    refused_picture,
    tags_of,
)
from bot.providers._civitai_pictures import take_pictures
from bot.providers._civitai_progress import Teller
from bot.providers._civitai_wire import (
    BLOBS,
    WORKFLOWS,
    Wire,
    is_id,
    json_of,
    object_in,
    object_of_run,
    objects_in,
    path_of,
    status_of,
)
from bot.providers._http import mime_of, post_once, refusal_of
from bot.providers._protocol import Handle, Inputs, Output, Progress, Setup

KEY_ENV = "CIVITAI_API_KEY"
_MOST_PAGES = 5
_PICTURE_REFUSED = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
_TOO_LATE = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}


@dataclass(frozen=True)
class Pace:
    """How far apart two looks at a run are: a share of what it took so far, within limits."""

    quickest_s: float = 0.5
    slowest_s: float = 3.0
    per_waited: float = 0.1

    def pause_s(self, waited_s: float) -> float:
        """Return how long to wait for the next look."""
        return min(self.slowest_s, max(self.quickest_s, waited_s * self.per_waited))


_USUAL_PACE = Pace()


def connect(setup: Setup, *, pace: Pace = _USUAL_PACE) -> "Civitai":
    """Set up the adapter for an account; no request is made."""
    return Civitai(setup, pace=pace)


class Civitai:
    """CivitAI's workflows. Source: its OpenAPI document of the consumer API, 2026-08."""

    def __init__(self, setup: Setup, *, pace: Pace) -> None:
        assert setup.key is not None
        settings = setup.settings
        self._read_picture = setup.read_picture
        self._pace = pace
        self._wire = Wire(setup.http, url=settings.civitai_orchestration_url, key=setup.key)
        self._site = Wire(setup.http, url=settings.civitai_base_url, key=setup.key)

    async def check(self) -> None:
        """Ask who we are. It costs nothing; how much Buzz is left cannot be asked with a key.

        Raises:
            BadKey: CivitAI knows no such key, or has banned its owner.
            OutOfFunds: it asks for money first.
            ProviderDown: it did not say.
        """
        response = await self._site.ask("GET", "api/v1/me")
        if not response.is_success:
            refusal = refusal_of(response)
            raise ProviderDown(str(refusal)) if isinstance(refusal, ProviderBusy) else refusal
        account = object_in(json_of(response))
        if "id" not in account:
            raise ProviderDown("CivitAI did not say whose key it is")
        if account.get("status") == "banned":
            raise BadKey("CivitAI has banned the account")

    async def upload(self, sha256: str) -> Any:  # noqa: ANN401 - an address, or a marker
        """Leave a picture that is kept at CivitAI; return the signed address it has there.

        A picture that CivitAI does not take is no failure of CivitAI's: a marker stands for it,
        and the order that holds it is refused before it is sent.

        Raises:
            ProviderBusy, ProviderDown, OutOfFunds, BadKey: it is not there.
        """
        data = await self._read_picture(sha256)
        headers = {"Content-Type": mime_of(data)}
        response = await self._wire.ask("POST", BLOBS, content=data, headers=headers)
        if response.status_code in _PICTURE_REFUSED:
            words = cleaned(str(refusal_of(response)))
            return refused_picture(f"CivitAI does not take the picture: {words}")
        if not response.is_success:
            raise refusal_of(response)
        blob = object_in(json_of(response))
        if is_blocked(blob):
            return refused_picture(SAFETY, is_moderated=True)
        address = blob.get("url")
        if not self._wire.is_address(address):
            raise ProviderDown("CivitAI gave the picture no address")
        return address

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Buy one run; `post_once` lists the errors."""
        check_pictures(inputs)
        name = name_for(endpoint, inputs, key=key)
        order = order_for(endpoint, inputs, seed_from=key)
        # The same order without a name might be answered with somebody else's pictures.
        order |= {"externalId": name, "tags": [name]}
        answer = await self._post(order, "wait=0")
        workflow_id = answer.get("id")
        if not is_id(workflow_id):
            raise SubmitUncertain("CivitAI named no run")
        return handle_for(workflow_id, inputs)

    async def _post(self, order: Mapping[str, Any], query: str) -> Mapping[str, Any]:
        hides = _flag(not order["allowMatureContent"])
        url = f"{self._wire.url}/{WORKFLOWS}?{query}&hideMatureContent={hides}"
        failure: ProviderError
        try:
            return await post_once(self._wire.http, url, order, headers=self._wire.headers)
        except (BadKey, ProviderRejected) as error:
            failure = refusal_in(error)
        raise failure

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Find the run that carries our tag.

        Raises:
            ProviderRejected: it holds a refused picture, and was never sent.
            SubmitUncertain: none is listed. The list is written after the run has been accepted,
                so that one which is missing may still appear.
            ProviderLost: CivitAI could not be asked just now.
        """
        check_pictures(inputs)
        name = name_for(endpoint, inputs, key=key)
        params = {"tags": name, "take": "100", "hideMatureContent": "true"}
        for _ in range(_MOST_PAGES):
            page = object_of_run(await self._wire.ask_of_run("GET", WORKFLOWS, params=params))
            for workflow in objects_in(page.get("items")):
                if name in tags_of(workflow) and is_id(workflow.get("id")):
                    return handle_for(workflow["id"], inputs)
            cursor = page.get("next")
            if not isinstance(cursor, str) or cursor in {"", params.get("cursor")}:
                break
            params["cursor"] = cursor
        raise SubmitUncertain("CivitAI lists no run of this name")

    async def follow(self, handle: Handle) -> AsyncGenerator[Progress]:
        """Yield each change of the run until it is over; asking again resumes where it stands.

        Raises:
            ProviderRejected: it ended without pictures; `Moderated`, by a safety filter.
            ProviderLost: it could not be reached.
        """
        clock = asyncio.get_running_loop().time
        begun_at, teller = clock(), Teller()
        while True:
            workflow = await self._look(handle)
            progress = teller.news(workflow)
            if progress is not None:
                yield progress
            if status_of(workflow) == SUCCEEDED:
                return
            await asyncio.sleep(self._pace.pause_s(clock() - begun_at))

    async def fetch(self, handle: Handle) -> list[Output]:
        """Download every picture of a run that is over.

        Raises:
            ProviderRejected: it ended without pictures; `Moderated`, by a safety filter.
            ProviderLost: the pictures could not be reached just now.
        """
        # Looked at once more, because the addresses of its pictures expire.
        workflow = await self._look(handle)
        if status_of(workflow) != SUCCEEDED:
            raise ProviderLost("the run is not over yet")
        return await take_pictures(self._wire, workflow)

    async def cancel(self, handle: Handle) -> None:
        """Ask for the run's end; one that is running may finish all the same.

        Raises:
            ProviderLost: the question did not arrive.
        """
        path = path_of(handle["workflow_id"])
        # Not DELETE, which would take the pictures of a run that is over with it.
        response = await self._wire.ask_of_run("PUT", path, json={"status": "canceled"})
        if not response.is_success and response.status_code not in _TOO_LATE:
            raise ProviderLost(f"CivitAI answered {response.status_code} when asked to stop")

    async def _look(self, handle: Handle) -> Mapping[str, Any]:
        params = {"wait": "0", "hideMatureContent": _flag(not handle["is_mature"])}
        workflow = await self._wire.look(handle["workflow_id"], params)
        failure = failure_in(workflow)
        if failure is not None:
            raise failure
        return workflow


def _flag(value: bool) -> str:  # noqa: FBT001 - its only argument
    return "true" if value else "false"
