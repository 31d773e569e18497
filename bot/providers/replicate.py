"""Replicate: official models, versions of community models, and deployments of one's own.

An endpoint is one of

* `owner/name`: an official model, which Replicate keeps warm;
* `owner/name:<64 hex digits>`: one version of a community model;
* `owner/name:latest`: its newest version, asked for before the order and remembered for an hour;
* `deployment:owner/name`.

What a run cost is not told: `metrics.predict_time` is seconds on hardware that is not named, so
outputs say nothing of it.
"""

import asyncio
import io
import json
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from bot.errors import (
    EndpointGone,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    ProviderLost,
    SubmitUncertain,
)
from bot.providers._http import mime_of, post_once
from bot.providers._protocol import Handle, Inputs, Output, Progress, Setup
from bot.providers._replicate_failures import ENDED_BADLY, failure_of, reworded
from bot.providers._replicate_pictures import take_pictures
from bot.providers._replicate_progress import Teller

KEY_ENV = "REPLICATE_API_TOKEN"

VERSION_LASTS_S = 3600.0
LONGEST_UPLOAD_S = 60.0

_NAME = r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*"
_ENDPOINT = re.compile(
    rf"(?P<deployment>deployment:)?(?P<name>{_NAME})(?(deployment)|(?::(?P<version>latest|[0-9a-f]{{64}}))?)"
)
_VERSION = re.compile(r"[0-9a-f]{64}")
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class Pace:
    """How far apart two looks at a run are: the longer it took so far, the less one more is.

    `most_per_s` is for all followers together; Replicate answers twice as many for one account.
    """

    quickest_s: float = 0.5
    slowest_s: float = 3.0
    per_waited: float = 0.05
    most_per_s: float = 25.0

    def pause_s(self, *, waited_s: float, followers: int) -> float:
        """Return the pause after a look at one of `followers` runs that took `waited_s` so far."""
        pause_s = min(self.slowest_s, max(self.quickest_s, waited_s * self.per_waited))
        return max(pause_s, followers / self.most_per_s)


def connect(setup: Setup, *, pace: Pace | None = None) -> "Replicate":
    """Set up the adapter for an account; no request is made, and no loop need be running."""
    return Replicate(setup, pace=pace or Pace())


class Replicate:
    """Replicate's predictions. Source: replicate.com/docs/reference/http."""

    def __init__(self, setup: Setup, *, pace: Pace) -> None:
        assert setup.key is not None
        url = setup.settings.replicate_base_url
        self._http = setup.http
        self._read_picture = setup.read_picture
        self._is_http_fine = url.startswith("http://")
        # Only here, where there is a key: the package takes long to import, and 10 MB.
        from bot.providers._replicate_api import Api  # noqa: PLC0415

        self._api = Api(setup.http, url=url, key=setup.key)
        self._pace = pace
        self._followers = 0
        self._versions: dict[str, tuple[str, float]] = {}
        """The newest version of a model, and until when we take it for that."""

    async def check(self) -> None:
        """Ask whose key it is. That costs nothing, and says nothing of the account's balance.

        Raises:
            BadKey: Replicate knows no such key.
            ProviderDown: it did not answer.
        """
        try:
            await self._api.demand(self._api.client.accounts.async_current())
        except (ProviderBusy, EndpointGone) as error:
            raise ProviderDown(str(error)) from None

    async def upload(self, sha256: str) -> str:
        """Put a picture into Replicate's file store for a day; return its address.

        Raises:
            ProviderBusy, ProviderDown, OutOfFunds, BadKey: it is not there.
            FileNotFoundError: it is not kept any more.
        """
        data = await self._read_picture(sha256)
        mime = mime_of(data)
        name = f"picture.{mime.rpartition('/')[2]}"
        upload = self._api.client.files.async_create(
            io.BytesIO(data), filename=name, content_type=mime
        )
        try:
            file = await self._api.demand(upload, patience_s=LONGEST_UPLOAD_S)
        except EndpointGone as gone:
            # The store's, not the model's.
            raise ProviderDown(str(gone)) from None
        address = _fields_in(file.get("urls")).get("get")
        if not isinstance(address, str) or not address:
            raise ProviderDown("the file store gave no address")
        return address

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:  # noqa: ARG002 - Replicate's runs have no names
        """Buy one run; `post_once` lists the errors."""
        path, order = await self._order(endpoint, inputs)
        # Not the package's create: it waits without end, and where it cannot read the answer (a
        # version that is null) the run is bought and its id is thrown away.
        try:
            answer = await post_once(
                self._http, f"{self._api.url}{path}", order, headers=self._api.headers
            )
        except ProviderError as error:
            failure = reworded(error)
        else:
            return _handle(answer.get("id"))
        if isinstance(failure, EndpointGone) and self._versions.pop(endpoint, None):
            # Only the version that we took for the newest is gone; the next order asks anew.
            failure = ProviderDown(str(failure))
        raise failure

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:  # noqa: ARG002 - found by its inputs
        """Find the one run among the newest that has these very inputs, with a seed among them.

        Raises:
            SubmitUncertain: there is none, which proves nothing, or there are several.
            ProviderLost: Replicate could not be asked.
        """
        if inputs.get("seed") is not None:
            wanted = json.loads(json.dumps(dict(inputs)))
            runs = await self._api.newest_runs()
            ours = [run for run in runs if _is_order(run, endpoint, wanted)]
            if len(ours) == 1:
                return _handle(ours[0].get("id"))
        raise SubmitUncertain("Replicate cannot tell what became of the request")

    async def follow(self, handle: Handle) -> AsyncGenerator[Progress]:
        """Yield each change of the run until it is over; asking again resumes where it stands.

        Raises:
            ProviderRejected: it ended without pictures: `Moderated`, by a safety filter;
                `ProviderFailed`, by trouble on their side.
            ProviderLost: it could not be reached.
        """
        clock = asyncio.get_running_loop().time
        begun_at, teller = clock(), Teller()
        self._followers += 1
        try:
            while True:
                looked_at = clock()
                run = await self._api.look(handle["run_id"])
                if run["status"] in ENDED_BADLY:
                    raise failure_of(run)
                waited_s = clock() - begun_at
                if (progress := teller.news(run, waited_s=waited_s)) is not None:
                    yield progress
                if run["status"] == "succeeded":
                    return
                pause_s = self._pace.pause_s(waited_s=waited_s, followers=self._followers)
                await asyncio.sleep(max(0.0, looked_at + pause_s - clock()))
        finally:
            self._followers -= 1

    async def fetch(self, handle: Handle) -> list[Output]:
        """Download what a run that is over gave; nothing is left of it an hour after its end.

        Raises:
            ProviderRejected: it failed, or was cancelled.
            ProviderLost: run or pictures could not be reached just now.
        """
        run = await self._api.look(handle["run_id"])
        if run["status"] in ENDED_BADLY:
            raise failure_of(run)
        if run["status"] != "succeeded":
            raise ProviderLost("the run is not over yet")
        return await take_pictures(self._http, run, is_http_fine=self._is_http_fine)

    async def cancel(self, handle: Handle) -> None:
        """Ask for the run's end; what it has computed by then is billed.

        Raises:
            ProviderLost: the question did not arrive.
        """
        await self._api.cancel(handle["run_id"])

    async def _order(self, endpoint: str, inputs: Inputs) -> tuple[str, dict[str, Any]]:
        """Return the path and the body of an order.

        Raises:
            EndpointGone: there is no such endpoint, or the model has no version.
            ProviderBusy, ProviderDown, OutOfFunds, BadKey: its version could not be learnt.
        """
        parts = _ENDPOINT.fullmatch(endpoint)
        if parts is None:
            raise EndpointGone("the catalog names no model of Replicate")
        name, version, order = parts["name"], parts["version"], {"input": dict(inputs)}
        if parts["deployment"]:
            return f"/v1/deployments/{name}/predictions", order
        if version is None:
            return f"/v1/models/{name}/predictions", order
        if version == "latest":
            version = await self._newest_version(name, endpoint)
        return "/v1/predictions", {"version": version, **order}

    async def _newest_version(self, name: str, endpoint: str) -> str:
        now = asyncio.get_running_loop().time()
        version, lasts_until = self._versions.get(endpoint, ("", 0.0))
        if now < lasts_until:
            return version
        model = await self._api.demand(self._api.client.models.async_get(name))
        version = _fields_in(model.get("latest_version")).get("id")
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            raise EndpointGone("Replicate names no version of this model")
        self._versions[endpoint] = version, now + VERSION_LASTS_S
        return version


def _handle(run_id: object) -> Handle:
    """Return what finds a run again.

    Raises:
        SubmitUncertain: that is no id; asked about, it would change an address.
    """
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise SubmitUncertain("Replicate named no run")
    return {"run_id": run_id}


def _is_order(run: Mapping[str, Any], endpoint: str, inputs: Inputs) -> bool:
    """Whether a run was ordered at this endpoint, with exactly these inputs, by a program."""
    if run.get("source") != "api" or run.get("input") != inputs:
        return False
    parts = _ENDPOINT.fullmatch(endpoint)
    if parts is None:
        return False
    if parts["deployment"]:
        return run.get("deployment") in {parts["name"], parts["name"].partition("/")[2]}
    return run.get("model") == parts["name"]


def _fields_in(value: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
