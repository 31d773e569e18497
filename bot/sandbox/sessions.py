"""Gateway sessions: what each one may hear, and what it must hear again after a resume."""

import json
import secrets
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web

from bot.sandbox.places import Channel, Guild
from bot.sandbox.wire import Json

KEPT_FRAMES = 1000
RESUMABLE_S = 180.0

GUILDS, GUILD_MEMBERS, GUILD_MESSAGES = 1 << 0, 1 << 1, 1 << 9
PRESENCES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 8, 1 << 12, 1 << 15
PRIVILEGED = GUILD_MEMBERS | PRESENCES | MESSAGE_CONTENT

_MESSAGES = frozenset({"MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"})
_UNASKED = frozenset({"INTERACTION_CREATE", "READY", "RESUMED"})


@dataclass
class Session:
    """One identified connection, alive beyond its sockets."""

    intents: int
    shard_id: int
    shard_count: int
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    frames: deque[tuple[int, str]] = field(
        default_factory=lambda: deque[tuple[int, str]](maxlen=KEPT_FRAMES)
    )
    socket: web.WebSocketResponse | None = None
    closed_at: float | None = None
    is_over: bool = False

    def lose_socket(self, now: float) -> None:
        """Go on without a socket; the time to resume runs from `now`."""
        if self.socket is not None:
            self.socket, self.closed_at = None, now

    def is_past_resuming(self, now: float) -> bool:
        """Tell whether the session was invalidated, or without a socket for too long."""
        return self.is_over or (self.closed_at is not None and now - self.closed_at > RESUMABLE_S)

    def serves(self, guild_id: int | None) -> bool:
        """Tell whether a guild's events belong here; those of no guild belong to shard 0."""
        if guild_id is None:
            return self.shard_id == 0
        return (guild_id >> 22) % self.shard_count == self.shard_id

    def hears(self, event: str, guild_id: int | None) -> bool:
        """Tell whether the intents let an event through."""
        if event in _UNASKED:
            return True
        if event in _MESSAGES:
            return bool(self.intents & (GUILD_MESSAGES if guild_id else DIRECT_MESSAGES))
        if event == "GUILD_MEMBER_ADD":
            return bool(self.intents & GUILD_MEMBERS)
        return bool(self.intents & GUILDS) or guild_id is None

    def add(self, event: str, data: Json) -> str:
        """Number an event, keep it for a resume, return its frame."""
        self.sequence += 1
        frame = json.dumps({"op": 0, "t": event, "s": self.sequence, "d": data})
        self.frames.append((self.sequence, frame))
        return frame

    def missed_since(self, sequence: int) -> list[str] | None:
        """Return the frames after `sequence`, None when some are no longer kept."""
        if sequence > self.sequence:
            return None
        oldest = self.frames[0][0] if self.frames else self.sequence + 1
        if sequence < oldest - 1:
            return None
        return [frame for number, frame in self.frames if number > sequence]


def guild_of(channel: Channel | None, guild: Guild | None) -> int | None:
    """Return the guild an event belongs to, None for DMs and the application itself."""
    if guild is not None:
        return guild.id
    return None if channel is None else channel.guild_id
