"""Replicate's API as we ask it: by its own package, over our client, read as it was answered.

The package's types reject what the API gives (a run that is `aborted`, a version that is null, a
file without an etag) and drop what we need (`source`, `data_removed`, Retry-After). So the package
asks, and the answer itself is read. These traps are those of replicate 1.0.7.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, cast

import httpx
import structlog
from replicate.client import Client
from replicate.exceptions import ReplicateError

from bot.errors import BadKey, ProviderDown, ProviderLost, ProviderRejected
from bot.providers._http import refusal_of
from bot.providers._replicate_failures import reworded

log = structlog.get_logger()

MOST_PAGES = 2
"""How much of the list of our runs is read, newest first, about a hundred to a page."""

_UNREADABLE = (
    AttributeError,
    httpx.InvalidURL,
    KeyError,
    RecursionError,
    ReplicateError,
    TypeError,
    ValueError,
)
"""What the package raises for refusals, and for answers in a shape it does not expect."""

_answers: ContextVar[list[httpx.Response]] = ContextVar("answers of Replicate")


class Shared(httpx.AsyncBaseTransport):
    """Sends through the client that all providers share; the package's own pool nobody closes."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on; its body is streamed."""
        return await self._http.send(request, stream=True, follow_redirects=False)


class Api:
    """The account's side of the API: runs, models, files. Nothing here buys."""

    def __init__(self, http: httpx.AsyncClient, *, url: str, key: str) -> None:
        # The package adds the version of the API to every path by itself.
        self.url = url.rstrip("/").removesuffix("/v1")
        self.headers: Mapping[str, str] = {"Authorization": f"Bearer {key}"}
        self._patience_s = http.timeout.read
        # With address and key given, it looks for neither in the environment.
        self.client = Client(
            base_url=self.url,
            timeout=http.timeout,
            headers=dict(self.headers),
            transport=Shared(http),
            event_hooks={"response": [_note]},
        )

    async def ask(
        self, question: Awaitable[object], *, patience_s: float | None = None
    ) -> httpx.Response:
        """Wait for what comes back of a question of the package's, be it a refusal.

        The package asks up to ten times, as late as a Retry-After says; no longer than patience.

        Raises:
            BadKey: the key is one that cannot be sent.
            ProviderLost: no answer in time.
        """
        answers: list[httpx.Response] = []
        token = _answers.set(answers)
        failure: BadKey | ProviderLost = ProviderLost("Replicate gave no answer")
        try:
            async with asyncio.timeout(patience_s or self._patience_s):
                await question
        except TimeoutError:
            failure = ProviderLost("Replicate did not answer in time")
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            failure = BadKey("the key holds characters that no header can carry")
        except httpx.HTTPError as error:
            failure = ProviderLost(f"Replicate could not be reached ({type(error).__name__})")
        except _UNREADABLE as error:
            # What the package makes of an answer does not matter: we have the answer.
            log.debug("the package could not read an answer", kind=type(error).__name__)
        finally:
            _answers.reset(token)
        if answers:
            return answers[-1]
        # Raised out here because httpx's errors hold the request, and the request holds the key.
        raise failure

    async def demand(
        self, question: Awaitable[object], *, patience_s: float | None = None
    ) -> dict[str, Any]:
        """Return the JSON object that must come before anything can be bought.

        Raises:
            ProviderBusy, ProviderDown, OutOfFunds, BadKey: it did not.
        """
        try:
            response = await self.ask(question, patience_s=patience_s)
        except ProviderLost as lost:
            raise ProviderDown(str(lost)) from None
        if not response.is_success:
            raise reworded(refusal_of(response))
        answer = _object_in(response)
        if answer is None:
            raise ProviderDown("Replicate answered in a shape we do not know")
        return answer

    async def look(self, run_id: str) -> dict[str, Any]:
        """Return a run as it is now; its `status` is a text.

        Raises:
            ProviderRejected: Replicate does not know it.
            ProviderLost: it could not be asked about.
        """
        response = await self._reach(self.client.predictions.async_get(run_id))
        run = _object_in(response)
        # A gateway's page is a 404 as well, and says nothing about the run.
        if response.status_code == HTTPStatus.NOT_FOUND and run is not None and "detail" in run:
            raise ProviderRejected("Replicate does not know this run any more")
        if not response.is_success:
            raise ProviderLost(f"Replicate answered {response.status_code}")
        if run is None or not isinstance(run.get("status"), str):
            raise ProviderLost("Replicate answered in a shape we do not know")
        return run

    async def newest_runs(self) -> list[dict[str, Any]]:
        """Return the account's newest runs.

        Raises:
            ProviderLost: they could not be asked for.
        """
        runs: list[dict[str, Any]] = []
        cursor: str | None = "/v1/predictions"
        for _ in range(MOST_PAGES):
            if cursor is None:
                break
            response = await self._reach(self.client.predictions.async_list(cursor))
            page = _object_in(response)
            if not response.is_success or page is None:
                raise ProviderLost(f"Replicate gave no list of runs ({response.status_code})")
            runs += _objects_in(page.get("results"))
            cursor = _cursor_in(page)
        return runs

    async def cancel(self, run_id: str) -> None:
        """Ask for a run's end; one that is over or unknown needs none.

        Raises:
            ProviderLost: the question did not arrive.
        """
        response = await self._reach(self.client.predictions.async_cancel(run_id))
        is_too_late = response.is_client_error and response.status_code not in _NOT_HEARD
        if not response.is_success and not is_too_late:
            raise ProviderLost(f"Replicate answered {response.status_code}")

    async def _reach(self, question: Awaitable[object]) -> httpx.Response:
        """Ask about what is bought already: a bad key loses the way to it, not the run."""
        try:
            return await self.ask(question)
        except BadKey as bad:
            raise ProviderLost(str(bad)) from None


_NOT_HEARD = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
}


async def _note(response: httpx.Response) -> None:
    """Keep an answer for whoever asked, before the package reads it in its own way."""
    await response.aread()
    _answers.get().append(response)


def _object_in(response: httpx.Response) -> dict[str, Any] | None:
    try:
        payload = response.json()
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", payload) if isinstance(payload, dict) else None


def _objects_in(value: object) -> list[dict[str, Any]]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def _cursor_in(page: Mapping[str, Any]) -> str | None:
    """Return where the list goes on, at the address that we ask: the key goes along."""
    following = page.get("next")
    if not isinstance(following, str):
        return None
    try:
        query = httpx.URL(following).query.decode()
    except (httpx.InvalidURL, ValueError):
        return None
    return f"/v1/predictions?{query}" if query else None
