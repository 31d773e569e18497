"""APIs that answer the paid request with the pictures: one adapter, and a table for each company.

What came is kept before anything else happens, so that the handle names pictures instead of a run.
A process that dies while it waits for the answer has lost it: none of these companies lists runs.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog

from bot.errors import (
    BadKey,
    Moderated,
    OutOfFunds,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    ProviderRejected,
    SubmitUncertain,
)
from bot.providers._at_once_answers import (
    Made,
    Picture,
    fields_of,
    number_of,
    seed_of,
    shares_of,
    types_in,
)
from bot.providers._at_once_pictures import Courier, marker_of
from bot.providers._at_once_wire import LIMIT_BYTES, Manners, client_for
from bot.providers._http import Bounds, download, post_for_answer, refusal_of
from bot.providers._protocol import Handle, Inputs, Output, Progress, Setup

log = structlog.get_logger()

PATIENCE_S = 90.0
"""How long an answer may take by default: a picture, and sometimes the model's start before it."""

FILTERED = "its safety filter refused the words or the picture"
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|data:)\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    """One paid request: its path below the base URL, its JSON, and who reads its answer.

    `read` may raise ProviderRejected and SubmitUncertain, and nothing else.
    """

    path: str
    body: Mapping[str, Any]
    read: Callable[[httpx.Response], Made]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Check:
    """A free question that tells whether the key works."""

    path: str
    balance: str | None = None
    """The field of the answer that says how much money is left, if one does."""
    key_form: str = ".*"
    """A regular expression of the company's keys, where the question itself goes without one."""
    is_keyless: bool = False
    """Whether the question only shows that somebody answers, and goes without the key."""


@dataclass(frozen=True)
class Company:
    """What tells one company from another. `order` may raise ProviderDown for an odd endpoint."""

    name: str
    order: Callable[[str, Inputs], Order]
    check: Check
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    manners: Manners = field(default_factory=Manners)
    has_seeds: bool = True
    moderated: re.Pattern[str] | None = None
    """Found in the words, or in an error's type, of an order that a safety filter refused."""
    largest_picture_bytes: int | None = None
    """The largest picture that an order may bring along."""


class AtOnce:
    """A company that answers an order with its pictures."""

    def __init__(
        self, company: Company, setup: Setup, *, base_url: str, patience_s: float = PATIENCE_S
    ) -> None:
        assert setup.key is not None
        self._company = company
        self._setup = setup
        self._key = setup.key
        self._base_url = base_url.rstrip("/")
        is_http_fine = base_url.startswith("http://")
        self._addresses = ("https://", "http://") if is_http_fine else "https://"
        self._patience_s = patience_s
        self._headers = {company.key_header: f"{company.key_prefix}{setup.key}"}
        self._courier = Courier(setup.read_picture, limit_bytes=company.largest_picture_bytes)
        self._client = client_for(setup.http, manners=company.manners, patience_s=patience_s)

    async def check(self) -> None:
        """Ask the company's free question.

        Raises:
            BadKey, OutOfFunds: the key does not work, or nothing is left.
            ProviderDown: nobody answered, or not as expected.
        """
        check = self._company.check
        if not re.fullmatch(check.key_form, self._key, re.DOTALL):
            raise BadKey(f"this is no key of {self._company.name}")
        response = await self._ask(check.path, {} if check.is_keyless else self._headers)
        if check.is_keyless and not response.is_server_error:
            return
        if not response.is_success:
            refusal = refusal_of(response)
            raise ProviderDown(str(refusal)) if isinstance(refusal, ProviderBusy) else refusal
        if check.balance is not None:
            left = number_of(fields_of(_json_of(response)).get(check.balance))
            if left is not None and left <= 0:
                raise OutOfFunds(f"no money is left at {self._company.name}")

    async def _ask(self, path: str, headers: Mapping[str, str]) -> httpx.Response:
        try:
            return await self._client.get(f"{self._base_url}{path}", headers=headers)
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            failure = BadKey("the key holds characters that no header can carry")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = ProviderDown(f"the provider could not be reached ({type(error).__name__})")
        # Raised out here because httpx's errors hold the request, and the request holds the key.
        raise failure

    async def upload(self, sha256: str) -> Mapping[str, str]:
        """Return a marker; the picture itself travels along with the order.

        Raises:
            FileNotFoundError: it is not kept any more.
        """
        await self._setup.read_picture(sha256)
        return marker_of(sha256)

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:  # noqa: ARG002 - these runs have no names
        """Buy one run and keep its pictures; `post_for_answer` lists the errors.

        Raises:
            Moderated: a safety filter refused it.
            SubmitUncertain: also for a success without any picture.
        """
        order = self._company.order(endpoint, await self._courier.load(inputs))
        made = order.read(await self._buy(order))
        if not any(picture.is_something for picture in made.pictures):
            raise SubmitUncertain(f"{self._company.name} sent no picture")
        seed = seed_of(inputs.get("seed")) if made.seed is None else made.seed
        return {
            "pictures": [await self._kept(picture) for picture in made.pictures],
            "seed": seed if self._company.has_seeds else None,
            "cost_usd_micros": made.cost_usd_micros,
        }

    async def _buy(self, order: Order) -> httpx.Response:
        refusals: list[httpx.Response] = []
        try:
            return await post_for_answer(
                self._client_for_one(refusals),
                f"{self._base_url}{order.path}",
                order.body,
                headers={**self._headers, **order.headers},
                bounds=Bounds(self._patience_s, LIMIT_BYTES),
            )
        except ProviderError as error:
            if not self._is_moderated(error, refusals):
                # A refusal may quote the picture we sent, or lead to somebody's dashboard.
                error.args = (_ADDRESS.sub("(link)", str(error)),)
                raise
        raise Moderated(FILTERED)

    def _client_for_one(self, refusals: list[httpx.Response]) -> httpx.AsyncClient:
        """Make a client for one order that notes its refusal; an error keeps only the words."""
        return client_for(
            self._setup.http,
            manners=self._company.manners,
            patience_s=self._patience_s,
            hear=refusals.append,
        )

    def _is_moderated(self, error: ProviderError, refusals: Sequence[httpx.Response]) -> bool:
        pattern = self._company.moderated
        if pattern is None or not isinstance(error, ProviderRejected):
            return False
        said = [str(error), *map(types_in, refusals)]
        return any(pattern.search(words) for words in said)

    async def _kept(self, picture: Picture) -> dict[str, Any]:
        facts: dict[str, Any] = {"is_nsfw": picture.is_nsfw}
        if picture.address:
            facts["url"] = picture.address
        elif picture.data:
            try:
                facts["sha256"] = await self._setup.keep_bytes(picture.data)
            except OSError:
                raise SubmitUncertain("the picture came, but could not be kept") from None
        return facts

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:  # noqa: ARG002 - nothing to find it by
        """Give up: what was answered is nowhere but in the answer.

        Raises:
            SubmitUncertain: always.
        """
        raise SubmitUncertain(f"{self._company.name} cannot tell what became of the request")

    async def follow(self, handle: Handle) -> AsyncGenerator[Progress]:  # noqa: ARG002 - there is no run
        """Say that the run is over, which it was before it had a handle."""
        yield Progress(percent=100)

    async def fetch(self, handle: Handle) -> list[Output]:
        """Read the pictures that were kept and download the others, all at once.

        Raises:
            ProviderLost: one could not be reached just now.
        """
        pictures = handle["pictures"]
        shares = shares_of(handle["cost_usd_micros"], len(pictures))
        tasks = (
            self._output(picture, seed=handle["seed"], cost_usd_micros=share)
            for picture, share in zip(pictures, shares, strict=True)
        )
        # All are awaited before the first failure is raised, so that none runs on unheard.
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        outputs: list[Output] = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            outputs.append(outcome)
        return outputs

    async def _output(
        self, picture: Mapping[str, Any], *, seed: int | None, cost_usd_micros: int | None
    ) -> Output:
        return Output(
            await self._data_of(picture),
            seed=seed,
            is_nsfw=picture["is_nsfw"],
            is_withheld=bool(picture["is_nsfw"]),
            cost_usd_micros=cost_usd_micros,
        )

    async def _data_of(self, picture: Mapping[str, Any]) -> bytes:
        if "url" in picture:
            if not picture["url"].startswith(self._addresses):
                log.warning("a picture's address is not https", provider=self._company.name)
                return b""
            return await download(self._setup.http, picture["url"], limit_bytes=LIMIT_BYTES)
        if "sha256" not in picture:
            return b""
        try:
            return await self._setup.read_picture(picture["sha256"])
        except FileNotFoundError:
            return b""

    async def cancel(self, handle: Handle) -> None:
        """Do nothing: there is a handle only when the run is over."""


def _json_of(response: httpx.Response) -> object:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
