"""fal.ai: runs in its queue. The shapes and traps met here are those of fal-client 1.0.3."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import fal_client.client
import httpx
from fal_client import AsyncClient, Completed, FalClientHTTPError

from bot.config import Settings
from bot.errors import (
    EndpointGone,
    ProviderBusy,
    ProviderDown,
    ProviderRejected,
    SubmitUncertain,
)
from bot.providers._fal_failures import tells_failure
from bot.providers._fal_pictures import take_pictures
from bot.providers._fal_progress import Teller
from bot.providers._fal_queue import UNREADABLE, Queue, Run
from bot.providers._http import mime_of, post_once, refusal_of
from bot.providers._protocol import Handle, Inputs, Output, Progress, Setup

KEY_ENV = "FAL_KEY"
_TOKEN_PATH = "/storage/auth/token?storage_type=fal-cdn-v3"  # noqa: S105 - an address
_LONGEST_UPLOAD_S = 60.0
"""For the token, a few megabytes, and what fal-client repeats by itself."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def connect(setup: Setup) -> "Fal":
    """Set up the adapter for an account; no request is made, and no loop need be running."""
    _aim_uploads(setup.settings)
    return Fal(setup)


def _aim_uploads(settings: Settings) -> None:
    """Tell fal-client where pictures are uploaded to, which it takes from its own globals."""
    fal_client.client.REST_URL = settings.fal_rest_url.rstrip("/")
    fal_client.client.CDN_URL = settings.fal_cdn_url.rstrip("/")


class Fal:
    """fal.ai's queue. Source: fal.ai/docs/documentation/model-apis/inference/queue."""

    def __init__(self, setup: Setup) -> None:
        assert setup.key is not None
        settings = setup.settings
        self._http = setup.http
        self._read_picture = setup.read_picture
        self._headers = {"Authorization": f"Key {setup.key}"}
        self._token_url = settings.fal_rest_url.rstrip("/") + _TOKEN_PATH
        self._is_http_fine = settings.fal_queue_url.startswith("http://")
        self._queue = Queue(setup.http, url=settings.fal_queue_url, key=setup.key)
        # With a key at hand it looks for no other credentials.
        self._client = AsyncClient(key=setup.key, default_timeout=_LONGEST_UPLOAD_S)

    async def check(self) -> None:
        """Ask for what every upload needs first: a token of the file store. It costs nothing.

        Raises:
            BadKey, OutOfFunds: fal.ai will not serve this account.
            ProviderDown: it gave no token.
        """
        try:
            await post_once(self._http, self._token_url, {}, headers=self._headers)
        except (EndpointGone, ProviderBusy, ProviderRejected, SubmitUncertain) as error:
            raise ProviderDown(str(error)) from None

    async def upload(self, sha256: str) -> str:
        """Put a picture into fal's file store; return its address, which needs no key.

        Raises:
            ProviderBusy, ProviderDown, OutOfFunds, BadKey: it is not there.
            FileNotFoundError: it is not kept any more.
        """
        data = await self._read_picture(sha256)
        try:
            async with asyncio.timeout(_LONGEST_UPLOAD_S):
                # Without a fallback of its own, fal-client would send the key to the store's host.
                address = await self._client.upload(
                    data, mime_of(data), fallback_repository="fal_v3"
                )
        except (FalClientHTTPError, httpx.HTTPStatusError) as error:
            failure = refusal_of(error.response)
        except (TimeoutError, httpx.HTTPError, *UNREADABLE) as error:
            failure = ProviderDown(f"the picture could not be uploaded ({type(error).__name__})")
        else:
            if isinstance(cast("object", address), str) and address:
                return address
            failure = ProviderDown("the file store gave no address")
        # Raised out here because these errors hold the request, and the request holds the key.
        raise failure

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:  # noqa: ARG002 - fal's runs have no names
        """Buy one run; `post_once` lists the errors."""
        # Not fal_client's submit: it sends this POST again, up to ten times, when the answer is
        # lost (1.0.3, _async_maybe_retry_request), and every copy that arrived is another run.
        url = f"{self._queue.url}/{endpoint}"
        answer = await post_once(self._http, url, inputs, headers=self._headers)
        request_id = answer.get("request_id")
        if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
            raise SubmitUncertain("fal.ai named no run")
        return {"endpoint": endpoint, "request_id": request_id}

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:  # noqa: ARG002 - nothing to find it by
        """Give up: fal.ai has neither names nor a list of runs.

        Raises:
            SubmitUncertain: always.
        """
        raise SubmitUncertain("fal.ai cannot tell what became of the request")

    async def follow(self, handle: Handle) -> AsyncGenerator[Progress]:
        """Yield each change of the run until it is over; asking again resumes where it stands.

        Raises:
            ProviderRejected: it ended without pictures; `Moderated`, by a safety filter.
            ProviderLost: it could not be reached.
        """
        run, teller = self._run(handle), Teller()
        async with aclosing(run.watch()) as states:
            async for status in states:
                if isinstance(status, Completed) and tells_failure(status):
                    # A failed run is over like any other; what failed stands in its result.
                    await run.result(status)
                progress = teller.news(status)
                if progress is not None:
                    yield progress

    async def fetch(self, handle: Handle) -> list[Output]:
        """Download every picture of a run that is over, or return the words it gave instead.

        Raises:
            ProviderRejected: it failed; whether it did may show only here.
            ProviderLost: result or pictures could not be reached just now.
        """
        answer = await self._run(handle).result()
        if isinstance(answer.get("output"), str):
            return [Output(b"", text=answer["output"])]
        return await take_pictures(self._http, answer, is_http_fine=self._is_http_fine)

    async def cancel(self, handle: Handle) -> None:
        """Ask for the run's end; one that is running may finish all the same.

        Raises:
            ProviderLost: the question did not arrive.
        """
        await self._run(handle).cancel()

    def _run(self, handle: Handle) -> Run:
        return self._queue.run(handle["endpoint"], handle["request_id"])
