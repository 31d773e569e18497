"""The kiosk's adapter, written as a file of `bot/providers` is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx

from bot.errors import ProviderDown, ProviderLost, ProviderRejected, SubmitUncertain
from bot.providers._http import post_once, refusal_of
from bot.providers._protocol import Handle, Inputs, Output, Progress, ReadPicture, Setup

KEY_ENV = "KIOSK_KEY"
_LOOK_EVERY_S = 0.02


def connect(setup: Setup, *, base_url: str = "https://kiosk.example") -> "Kiosk":
    """Set up the adapter for an account."""
    assert setup.key is not None
    return Kiosk(setup.http, base_url=base_url, key=setup.key, read_picture=setup.read_picture)


class Kiosk:
    """The kiosk's queue of runs."""

    def __init__(
        self, http: httpx.AsyncClient, *, base_url: str, key: str, read_picture: ReadPicture
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._runs_url = f"{base_url}/runs"
        self._headers = {"Authorization": f"Key {key}"}
        self._read_picture = read_picture

    async def check(self) -> None:
        """Ask for the account.

        Raises:
            BadKey: the kiosk knows no such key.
            ProviderDown: the kiosk did not answer.
        """
        await self._ask("GET", "account")

    async def upload(self, sha256: str) -> str:
        """Leave a picture at the kiosk; return the name it goes by there.

        Raises:
            BadKey, ProviderDown: it is not there.
        """
        data = await self._read_picture(sha256)
        return (await self._ask("POST", "pictures", content=data)).json()["name"]

    async def _ask(self, method: str, path: str, content: bytes = b"") -> httpx.Response:
        url = f"{self._base_url}/{path}"
        try:
            response = await self._http.request(method, url, content=content, headers=self._headers)
        except httpx.TransportError as error:
            raise ProviderDown("the kiosk could not be reached") from error
        if not response.is_success:
            raise refusal_of(response)
        return response

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Buy one run; `post_once` lists the errors."""
        order = {"model": endpoint, "name": key, "inputs": dict(inputs)}
        answer = await post_once(self._http, self._runs_url, order, headers=self._headers)
        if not isinstance(answer.get("run_id"), str):
            raise SubmitUncertain("the kiosk named no run")
        return _handle(answer["run_id"], inputs)

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Find a run by the name we gave it.

        Raises:
            ProviderDown: the kiosk has no run of this name.
            ProviderLost: the kiosk could not be asked.
        """
        found = (await self._read(f"{self._runs_url}?name={key}"))["run_ids"]
        if not found:
            raise ProviderDown("the kiosk has no such run")
        return _handle(found[0], inputs)

    async def follow(self, handle: Handle) -> AsyncIterator[Progress]:
        """Ask every so often and yield what changed.

        Raises:
            ProviderRejected: the run was cancelled.
            ProviderLost: the kiosk could not be asked.
        """
        last: Progress | None = None
        while True:
            state = await self._read(f"{self._runs_url}/{handle['run_id']}")
            if state["status"] == "cancelled":
                raise ProviderRejected("cancelled")
            progress = Progress(position=state.get("position"), percent=state.get("percent"))
            if progress != last:
                yield progress
            if state["status"] == "done":
                return
            last = progress
            await asyncio.sleep(_LOOK_EVERY_S)

    async def fetch(self, handle: Handle) -> list[Output]:
        """Download every picture.

        Raises:
            ProviderRejected: the run was cancelled.
            ProviderLost: a picture could not be reached.
        """
        run_url = f"{self._runs_url}/{handle['run_id']}"
        state = await self._read(run_url)
        if state["status"] == "cancelled":
            raise ProviderRejected("cancelled")
        return [
            Output(data=(await self._get(f"{run_url}/files/{n}")).content, seed=handle["seed"] + n)
            for n in range(state["files"])
        ]

    async def cancel(self, handle: Handle) -> None:
        """Ask the kiosk to stop; a run that is over answers 409, which is fine."""
        try:
            await self._http.delete(f"{self._runs_url}/{handle['run_id']}", headers=self._headers)
        except httpx.TransportError as error:
            raise ProviderLost("the kiosk could not be reached") from error

    async def _read(self, url: str) -> dict[str, Any]:
        return (await self._get(url)).json()

    async def _get(self, url: str) -> httpx.Response:
        try:
            response = await self._http.get(url, headers=self._headers)
            return response.raise_for_status()
        except httpx.HTTPError as error:
            raise ProviderLost("the kiosk could not be reached") from error


def _handle(run_id: str, inputs: Inputs) -> Handle:
    return {"run_id": run_id, "seed": inputs["seed"]}
