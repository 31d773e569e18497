"""Black Forest Labs: the makers of FLUX, asked directly.

An endpoint is the path beneath `/v1/`: `flux-pro-1.1`, `flux-kontext-pro`, `flux-2-pro`. Each run
gives one picture. Pictures to start from travel inside the order as base64. There is no list of
runs and no way to stop one. Source: the API's OpenAPI document and docs.bfl.ai, 2026.
"""

import asyncio
import base64
from collections.abc import AsyncGenerator
from typing import cast

import structlog

from bot.errors import OutOfFunds, ProviderLost, ProviderRejected, SubmitUncertain
from bot.providers._bfl_looks import Looks, Pace
from bot.providers._bfl_states import OVER, Stage, Teller, credits_in
from bot.providers._http import download, post_once
from bot.providers._protocol import Handle, Inputs, Output, Progress, Setup

log = structlog.get_logger()

KEY_ENV = "BFL_API_KEY"
LIMIT_BYTES = 30 * 1024 * 1024
PACE = Pace()
_MARK = "picture"


def connect(setup: Setup, *, pace: Pace = PACE) -> "Bfl":
    """Set up the adapter for an account; no request is made."""
    return Bfl(setup, pace=pace)


class Bfl:
    """The API of Black Forest Labs, global or regional."""

    def __init__(self, setup: Setup, *, pace: Pace) -> None:
        assert setup.key is not None
        self._http = setup.http
        self._read_picture = setup.read_picture
        self._base_url = setup.settings.bfl_base_url.rstrip("/")
        self._headers = {"x-key": setup.key}
        self._looks = Looks(setup.http, base_url=self._base_url, key=setup.key, pace=pace)

    async def check(self) -> None:
        """Ask for the balance, which is free.

        Raises:
            BadKey: the key is refused.
            OutOfFunds: nothing is left.
            ProviderDown: nobody answered.
        """
        left = credits_in(await self._looks.account())
        if left is not None and left <= 0:
            raise OutOfFunds("the balance is used up")

    async def upload(self, sha256: str) -> dict[str, str]:
        """Return a mark that stands for a picture until the order is sent.

        Raises:
            FileNotFoundError: it is not kept any more.
        """
        await self._read_picture(sha256)
        return {_MARK: sha256}

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:  # noqa: ARG002 - its runs have no names
        """Buy one run; `post_once` lists the errors."""
        order = {name: await self._inlined(value) for name, value in inputs.items()}
        url = f"{self._base_url}/v1/{endpoint}"
        answer = await post_once(self._http, url, order, headers=self._headers)
        return self._looks.handle_from(answer)

    async def _inlined(self, value: object) -> object:
        """Replace the mark of a picture by its base64; anything else stays what it is."""
        sha256 = _marked_in(value)
        if sha256 is None:
            return value
        try:
            data = await self._read_picture(sha256)
        except FileNotFoundError:
            raise ProviderRejected("the picture to start from is not kept any more") from None
        return base64.b64encode(data).decode()

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:  # noqa: ARG002 - nothing to find it by
        """Give up: Black Forest Labs has neither names nor a list of runs.

        Raises:
            SubmitUncertain: always.
        """
        raise SubmitUncertain("Black Forest Labs cannot tell what became of the request")

    async def follow(self, handle: Handle) -> AsyncGenerator[Progress]:
        """Yield each change of the run until it is over; asking again resumes where it stands.

        Raises:
            ProviderRejected: it failed; `Moderated`, by the safety filter before any work.
            ProviderLost: it could not be reached.
        """
        clock = asyncio.get_running_loop().time
        begun_at, teller = clock(), Teller()
        while True:
            state = await self._looks.state(handle)
            progress = teller.news(state)
            if progress is not None:
                yield progress
            if state.stage in OVER:
                return
            await asyncio.sleep(self._looks.pace.pause_s(clock() - begun_at))

    async def fetch(self, handle: Handle) -> list[Output]:
        """Download the picture of a run that is over; its address is good for ten minutes.

        One that the filter withheld after the work may cost all the same, so it is an output.

        Raises:
            ProviderRejected: the run failed.
            ProviderLost: result or picture could not be reached just now.
        """
        state = await self._looks.state(handle)
        cost = handle["cost_usd_micros"]
        if state.stage is Stage.WITHHELD:
            return [Output(b"", is_withheld=True, cost_usd_micros=cost)]
        if state.stage is not Stage.READY:
            raise ProviderLost("the run is not over yet")
        data = await self._sample(state.sample_url)
        return [Output(data, seed=state.seed, cost_usd_micros=cost)]

    async def _sample(self, url: str) -> bytes:
        """Download a picture, without the key: it lies with a store of files, not with the API."""
        is_http_fine = self._base_url.startswith("http://")
        if url.startswith("https://") or (is_http_fine and url.startswith("http://")):
            return await download(self._http, url, limit_bytes=LIMIT_BYTES)
        log.warning("a picture came in a form we do not take", length=len(url))
        return b""

    async def cancel(self, handle: Handle) -> None:
        """Do nothing: there is no way to stop a run, so it finishes and costs what it costs."""


def _marked_in(value: object) -> str | None:
    """Return the hash of the picture that a value stands for, if it is such a mark."""
    mark = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    sha256 = mark.get(_MARK)
    return sha256 if isinstance(sha256, str) else None
