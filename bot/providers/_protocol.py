"""What an adapter is: one file with `KEY_ENV`, `connect(...)` and a class that is a `Provider`.

Adapters never see the database or Discord. They translate every foreign failure into one of
the `ProviderError` classes of `bot.errors`, and nothing else comes out of them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

# For their names only: the painting process, which comes through here, needs neither.
if TYPE_CHECKING:
    import httpx

    from bot.config import Settings

Inputs = Mapping[str, Any]
"""The arguments of one run, named as the endpoint names them; JSON values only."""

Handle = Mapping[str, Any]
"""JSON that finds a run again after a restart. Stored in the attempt; never holds a key."""


ReadPicture = Callable[[str], Awaitable[bytes]]
"""Gives the bytes of a picture that is kept, by its hash; FileNotFoundError when it is not."""

KeepBytes = Callable[[bytes], Awaitable[str]]
"""Keeps bytes as they are, whatever they are; returns the hash that `ReadPicture` takes."""


@dataclass(frozen=True)
class Setup:
    """What `connect` gets: settings (base URLs), the shared HTTP client, and the key, if any.

    `keep_bytes` is for APIs that answer the paid request with the picture itself: kept first, it
    is found again by the handle, even by another process.
    """

    settings: "Settings"
    http: "httpx.AsyncClient"
    read_picture: ReadPicture
    keep_bytes: KeepBytes
    key: str | None = None


@dataclass(frozen=True)
class Progress:
    """One change of a run. `percent` is 0-100, `position` counts runs ahead of ours.

    `preview` is a small JPEG, PNG or WebP of what the picture looks like by now.
    """

    position: int | None = None
    percent: int | None = None
    log_line: str | None = None
    preview: bytes | None = None


@dataclass(frozen=True)
class Output:
    """One finished picture as the provider sent it, or the `text` that was asked for instead.

    `is_nsfw` is None when the provider did not say.

    `data` is empty when there is none to have: the provider's safety filter withheld it
    (`is_withheld`), or its file is gone or larger than we take. `cost_usd_micros` is what this
    picture really cost in 1e-6 USD, where the provider tells.
    """

    data: bytes
    seed: int | None = None
    is_nsfw: bool | None = None
    is_withheld: bool = False
    cost_usd_micros: int | None = None
    text: str | None = None


class Provider(Protocol):
    """One company's API, or our own painter."""

    async def check(self) -> None:
        """Ask whether the key works, without spending anything.

        Raises:
            BadKey, OutOfFunds: it does not.
            ProviderDown: nobody answered.
        """
        ...

    async def upload(self, sha256: str) -> Any:  # noqa: ANN401 - whatever this API takes as a picture
        """Bring a picture that is kept to the provider; return what stands for it in `inputs`.

        Happens before the run is bought: nothing is spent, and it may be repeated.

        Raises:
            ProviderBusy, ProviderDown, OutOfFunds, BadKey: it is not there.
        """
        ...

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Buy one run. The paid request leaves this process at most once.

        `key` is unique to the attempt, for providers that can name runs by it.

        Raises:
            ProviderBusy, ProviderDown, OutOfFunds, BadKey: surely not accepted.
            ProviderRejected: answered with a final no; nothing is running.
            SubmitUncertain: perhaps accepted.
        """
        ...

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Find the run of an attempt whose handle was lost in a crash, or prove it absent.

        Raises:
            SubmitUncertain: this provider cannot tell. Never submit again.
            ProviderDown: the run surely does not exist.
            ProviderLost: could not ask just now.
        """
        ...

    def follow(self, handle: Handle) -> AsyncIterator[Progress]:
        """Yield each change until the run is over; asking again resumes where it stands.

        Raises:
            ProviderRejected: the run ended without pictures; `Moderated`, by a safety filter.
            ProviderLost: the run could not be reached.
        """
        ...

    async def fetch(self, handle: Handle) -> list[Output]:
        """Download every picture of a run that is over, at once: provider URLs expire.

        Raises:
            ProviderRejected: the run ended without pictures.
            ProviderLost: the pictures could not be reached just now.
        """
        ...

    async def cancel(self, handle: Handle) -> None:
        """Ask the provider to stop; it may finish all the same, and being too late is no error."""
        ...
