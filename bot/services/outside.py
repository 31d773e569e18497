"""The outside: what services ask of Discord beside showing jobs to those who asked for them."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Rank(IntEnum):
    """How high somebody stands in a server; whoever hosts the bot stands as high as its owner."""

    MEMBER = 0
    MODERATOR = 1
    ADMINISTRATOR = 2
    OWNER = 3


@dataclass(frozen=True)
class Post:
    """A message of ours that is about no job's outcome; each kind is drawn in `cogs/_posts.py`."""


@dataclass(frozen=True)
class Place:
    """A message of ours."""

    channel_id: int
    message_id: int


class Outside(Protocol):
    """Implemented where Discord is known.

    Everything here raises `NotNow` when Discord could not be reached, and `Undeliverable` when
    the place or the person is not there for us.
    """

    async def post(self, channel_id: int, post: Post, *, nonce: str) -> Place:
        """Post a message; the same nonce again within minutes gives the first one."""
        ...

    async def edit(self, place: Place, post: Post) -> None:
        """Put something else in a message's place."""
        ...

    async def remove(self, place: Place) -> None:
        """Delete a message; one that is gone already is no trouble."""
        ...

    async def tell(self, user_id: int, post: Post) -> None:
        """Send a direct message."""
        ...

    async def roles_of(self, server_id: int, user_id: int) -> frozenset[int] | None:
        """Return a member's roles, or None for somebody who is no member (any more)."""
        ...

    async def rank_of(self, server_id: int, user_id: int) -> Rank:
        """Return how high somebody stands: by their roles, or because the server is theirs."""
        ...

    async def allows_nsfw(self, channel_id: int) -> bool:
        """Whether a channel, or the channel that a thread belongs to, is age-restricted."""
        ...
