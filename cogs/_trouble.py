"""What Discord and the network say, turned into what it means for whoever wanted something."""

from collections.abc import Generator
from contextlib import contextmanager

import aiohttp
import discord

from bot.services import NotNow, TooLarge, Undeliverable

_TOKEN_EXPIRED = 50027
_REQUEST_TOO_LARGE = 50045
_OLD_EDITS = 30046
_UNAUTHORIZED = 401
_PAYLOAD_TOO_LARGE = 413
_TOO_MANY = 429
_SERVER_ERROR = 500


class Gone(Exception):
    """The message or channel aimed at is not there, or not for us."""


class Expired(Exception):
    """The interaction's token is over, whatever our clock says."""


@contextmanager
def translated() -> Generator[None]:
    """Turn what Discord and the network say into what it means for a delivery."""
    try:
        yield
    except discord.HTTPException as error:
        raise _meaning(error) from error
    except (aiohttp.ClientError, OSError, TimeoutError, discord.RateLimited) as error:
        raise NotNow(repr(error)) from error
    except RuntimeError as error:
        # The client was closed under us: "Session is closed".
        if "closed" not in str(error):
            raise
        raise NotNow(str(error)) from error


def _meaning(error: discord.HTTPException) -> Exception:
    """Return what a refusal means for a delivery."""
    if error.code == _TOKEN_EXPIRED:
        return Expired(str(error))
    if error.status >= _SERVER_ERROR or error.status == _TOO_MANY or error.code == _OLD_EDITS:
        return NotNow(str(error))
    if error.status == _PAYLOAD_TOO_LARGE or error.code == _REQUEST_TOO_LARGE:
        return TooLarge(str(error))
    if isinstance(error, discord.NotFound | discord.Forbidden) or error.status == _UNAUTHORIZED:
        return Gone(str(error))
    # What Discord will not show here, it must not be offered somewhere else.
    return Undeliverable(str(error))
