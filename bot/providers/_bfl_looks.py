"""How Black Forest Labs is asked about a run: where, how often, and with whom the key is shared."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import httpx
import structlog

from bot.errors import (
    BadKey,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    ProviderLost,
    SubmitUncertain,
)
from bot.providers._bfl_states import Stage, State, cost_in, failure_of, state_in
from bot.providers._http import refusal_of
from bot.providers._protocol import Handle

log = structlog.get_logger()

_LONGEST_ID = 200
_LONGEST_ADDRESS = 2000
_DOMAIN = b".bfl.ai"
_UNCARRIED = (UnicodeEncodeError, httpx.LocalProtocolError)
_UNHEARD = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)


@dataclass(frozen=True)
class Pace:
    """How often a run is asked about, in seconds: ever less, the longer it takes.

    For `unknown_s` after the order a run may be unknown where it is asked about: the paid answer
    may come before every cluster has heard of it.
    """

    quickest_s: float = 0.5
    slowest_s: float = 3.0
    per_waited: float = 0.1
    unknown_s: float = 20.0

    def pause_s(self, waited_s: float) -> float:
        """Return how long to wait until the next look."""
        return min(self.slowest_s, max(self.quickest_s, waited_s * self.per_waited))


class Looks:
    """Every request that only reads."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str, key: str, pace: Pace) -> None:
        self._http = http
        self._base_url = base_url
        self._key = key
        self.pace = pace

    def handle_from(self, answer: Mapping[str, Any]) -> Handle:
        """Make the handle of the run that a paid answer names.

        Raises:
            SubmitUncertain: it names none.
        """
        run_id, polling_url = answer.get("id"), answer.get("polling_url")
        if not isinstance(run_id, str) or len(run_id) > _LONGEST_ID:
            run_id = ""
        if not self._may_have_key(polling_url):
            log.warning("Black Forest Labs named no address of its own for a run")
            polling_url = None
        if not run_id and polling_url is None:
            raise SubmitUncertain("Black Forest Labs named no run")
        return {
            "id": run_id,
            "polling_url": polling_url,
            "cost_usd_micros": cost_in(answer),
            "submitted_at": int(time.time()),
        }

    async def state(self, handle: Handle) -> State:
        """Ask once how a run is.

        Raises:
            ProviderRejected: it failed, or is not known any more.
            ProviderLost: that could not be learnt just now.
        """
        state = self._state_in(await self._answer(self._address_of(handle)))
        is_new = time.time() - handle["submitted_at"] < self.pace.unknown_s
        if state.stage is Stage.UNKNOWN and is_new:
            return State(Stage.UNDER_WAY)
        failure = failure_of(state)
        if failure is not None:
            raise failure
        return state

    async def account(self) -> Mapping[str, Any]:
        """Ask for the balance.

        Raises:
            BadKey, OutOfFunds: the key is refused.
            ProviderDown: nobody answered.
        """
        failure: ProviderError
        try:
            response = await self._get(f"{self._base_url}/v1/credits")
        except _UNCARRIED:
            failure = BadKey("the key holds characters that no header can carry")
        except _UNHEARD as error:
            failure = ProviderDown(f"the provider could not be reached ({type(error).__name__})")
        else:
            account = self._object_in(response)
            if response.is_success and account is not None:
                return account
            failure = refusal_of(response)
            if isinstance(failure, ProviderBusy):
                failure = ProviderDown(str(failure))
        # Raised out here because httpx's errors hold the request, and the request holds the key.
        raise failure

    async def _answer(self, url: str) -> httpx.Response:
        try:
            return await self._get(url)
        except _UNHEARD as error:
            kind = type(error).__name__
        # Raised out here because httpx's errors hold the request, and the request holds the key.
        raise ProviderLost(f"Black Forest Labs could not be reached ({kind})")

    async def _get(self, url: str) -> httpx.Response:
        return await self._http.get(url, headers={"x-key": self._key}, follow_redirects=False)

    def _address_of(self, handle: Handle) -> str:
        """Return where a run is asked about.

        The address that came with the paid answer leads to the cluster that works on the run. Our
        own asks whichever answers, and that one may not have heard of it.
        """
        polling_url = handle["polling_url"]
        # Checked again, since the base address may have been changed meanwhile.
        if self._may_have_key(polling_url):
            return str(polling_url)
        return f"{self._base_url}/v1/get_result?{httpx.QueryParams({'id': handle['id']})}"

    def _may_have_key(self, url: object) -> bool:
        """Whether an address that came with an answer is one to send the key to."""
        if not isinstance(url, str) or len(url) > _LONGEST_ADDRESS or self._key in url:
            return False
        try:
            there, base = httpx.URL(url), httpx.URL(self._base_url)
        except httpx.InvalidURL:
            return False
        if there.userinfo:
            return False
        return _origin(there) == _origin(base) or (_is_of_bfl(there) and _is_of_bfl(base))

    def _state_in(self, response: httpx.Response) -> State:
        """Read the answer to a look; 202 and 404 speak for themselves.

        Raises:
            ProviderLost: it says nothing about the run.
        """
        answer = self._object_in(response)
        if response.status_code == HTTPStatus.ACCEPTED:
            return state_in(answer or {})
        if response.status_code == HTTPStatus.NOT_FOUND and answer is not None:
            return State(Stage.UNKNOWN)
        if response.status_code == HTTPStatus.OK and answer is not None:
            return state_in(answer)
        raise ProviderLost(f"Black Forest Labs answered {response.status_code} about the run")

    def _object_in(self, response: httpx.Response) -> Mapping[str, Any] | None:
        """Return the JSON object of an answer, without our key should it quote that."""
        try:
            payload: object = json.loads(response.text.replace(self._key, "[hidden]"))
        except (ValueError, RecursionError):
            return None
        return cast("dict[str, Any]", payload) if isinstance(payload, dict) else None


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    # Not `host`, which decodes international names and raises when one is malformed.
    return url.scheme, url.raw_host, url.port


def _is_of_bfl(url: httpx.URL) -> bool:
    return url.scheme == "https" and url.raw_host.endswith(_DOMAIN) and url.port is None
