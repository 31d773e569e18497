"""The gateway: identifying, resuming, dispatching, and what a test may do to its sockets."""

import asyncio
import contextlib
import json
import secrets
from collections import deque
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, WSMsgType, web

from bot.sandbox.clock import iso
from bot.sandbox.interactions import Invocation
from bot.sandbox.messages import Message
from bot.sandbox.places import Channel, Guild
from bot.sandbox.sessions import (
    GUILD_MEMBERS,
    GUILDS,
    MESSAGE_CONTENT,
    PRIVILEGED,
    Session,
    guild_of,
)
from bot.sandbox.wire import Json, guild_json, member_json, user_json

if TYPE_CHECKING:
    from bot.sandbox.world import World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11

HEARTBEAT_MS = 41_250
SENDS_PER_MINUTE = 120
IDENTIFIES_PER_DAY = 1000
MINUTE_S, DAY_S = 60.0, 86_400.0
ALL_INTENTS = (1 << 26) - 1


class Refused(Exception):
    """The connection ends with a closing code of the gateway."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Gateway:
    """Every session of the application, and the sockets they use now."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.url = ""
        self.sessions: dict[str, Session] = {}
        self._sockets: dict[web.WebSocketResponse, web.Request] = {}
        self._outbox: dict[web.WebSocketResponse, asyncio.Queue[str]] = {}
        self._identified_at: deque[float] = deque(maxlen=IDENTIFIES_PER_DAY)

    # What the world tells the bot

    def dispatch(
        self,
        event: str,
        data: Json,
        *,
        channel: Channel | None = None,
        guild: Guild | None = None,
    ) -> None:
        """Send an event to every session of its shard whose intents ask for it."""
        guild_id = guild_of(channel, guild)
        if not self._world.bot_is_in(guild_id):
            return
        for session in tuple(self.sessions.values()):
            if session.serves(guild_id) and session.hears(event, guild_id):
                self._send_event(session, event, data)

    def dispatch_message(self, event: str, message: Message, shown: Json) -> None:
        """Send a message event; without the intent the words of strangers are blank."""
        channel = self._world.channels[message.channel_id]
        if not self._world.bot_is_in(channel.guild_id):
            return
        data = dict(shown)
        if channel.guild_id is not None:
            guild = self._world.guilds[channel.guild_id]
            data["guild_id"] = str(guild.id)
            if member := guild.members.get(message.author_id):
                data["member"] = member_json(member, user=None)
        for session in tuple(self.sessions.values()):
            if session.serves(channel.guild_id) and session.hears(event, channel.guild_id):
                hidden = self._hides_words(session, channel, message)
                self._send_event(session, event, data | _BLANK if hidden else data)

    def dispatch_interaction(self, invocation: Invocation, event: Json) -> None:
        """Send INTERACTION_CREATE to every session of the guild's shard."""
        self.dispatch(
            "INTERACTION_CREATE", event, channel=self._world.channels[invocation.channel_id]
        )

    def guild_arrived(self, guild: Guild) -> None:
        """Tell the bot of a guild it newly joined: GUILD_CREATE without `unavailable`."""
        for session in tuple(self.sessions.values()):
            if session.serves(guild.id) and session.hears("GUILD_CREATE", guild.id):
                shown = self._guild_for(session, guild)
                del shown["unavailable"]
                self._send_event(session, "GUILD_CREATE", shown)

    def _hides_words(self, session: Session, channel: Channel, message: Message) -> bool:
        bot_id = self._world.bot.id
        is_addressed = message.author_id == bot_id or bot_id in message.mentions
        return not (session.intents & MESSAGE_CONTENT or channel.guild_id is None or is_addressed)

    # What a test or a tired server does

    @property
    def connected(self) -> int:
        """Return how many sessions have a live socket."""
        return sum(session.socket is not None for session in self.sessions.values())

    async def drop(self, *, code: int | None = None) -> None:
        """Lose every socket, without a word or with a closing code; sessions stay resumable."""
        for session in self.sessions.values():
            session.lose_socket(self._world.clock.now())
        for socket, request in tuple(self._sockets.items()):
            if code is not None:
                await socket.close(code=code)
            elif request.transport is not None:
                request.transport.abort()

    def reconnect(self) -> None:
        """Ask every client to reconnect and resume (op 7)."""
        self._send_to_all({"op": RECONNECT, "d": None})

    def beat_now(self) -> None:
        """Ask every client for a heartbeat (op 1)."""
        self._send_to_all({"op": HEARTBEAT, "d": None})

    def invalidate(self, *, resumable: bool) -> None:
        """Tell every client that its session is invalid (op 9)."""
        if not resumable:
            for session in self.sessions.values():
                session.is_over = True
        self._send_to_all({"op": INVALID_SESSION, "d": resumable})

    def limits(self) -> Json:
        """Return the `session_start_limit` of `GET /gateway/bot`."""
        now = self._world.clock.now()
        used = sum(now - at < DAY_S for at in self._identified_at)
        return {
            "total": IDENTIFIES_PER_DAY,
            "remaining": IDENTIFIES_PER_DAY - used,
            "reset_after": int(DAY_S * 1000) if used else 0,
            "max_concurrency": 1,
        }

    # One connection

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one socket until it closes."""
        socket = web.WebSocketResponse(max_msg_size=16 * 1024)
        await socket.prepare(request)
        self._sockets[socket] = request
        outbox: asyncio.Queue[str] = asyncio.Queue()
        self._outbox[socket] = outbox
        writer = asyncio.create_task(_write(socket, outbox))
        try:
            await self._converse(socket)
        except Refused as refusal:
            await socket.close(code=refusal.code, message=refusal.reason.encode())
        finally:
            del self._sockets[socket]
            del self._outbox[socket]
            self._detach(socket)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    async def close(self) -> None:
        """Close every socket as a server that goes away."""
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def _converse(self, socket: web.WebSocketResponse) -> None:
        self._put(socket, {"op": HELLO, "d": {"heartbeat_interval": HEARTBEAT_MS}})
        session: Session | None = None
        sent_at: deque[float] = deque(maxlen=SENDS_PER_MINUTE + 1)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                raise Refused(4002, "Error while decoding payload.")
            _count_send(sent_at, self._world.clock.now())
            session = self._hear(socket, session, _decode(message.data))

    def _hear(
        self, socket: web.WebSocketResponse, session: Session | None, frame: Json
    ) -> Session | None:
        operation, data = frame["op"], frame.get("d")
        if operation == HEARTBEAT:
            self._put(socket, {"op": HEARTBEAT_ACK})
            self._world.stats.heartbeats += 1
            self._world.changes.wake()
        elif operation == IDENTIFY:
            if session is not None:
                raise Refused(4005, "Already authenticated.")
            return self._identify(socket, data or {})
        elif operation == RESUME:
            return self._resume(socket, data or {})
        elif session is None:
            raise Refused(4003, "Not authenticated.")
        elif operation == REQUEST_MEMBERS:
            self._send_members(session, data or {})
        elif operation not in {PRESENCE, VOICE}:
            raise Refused(4001, "Unknown opcode.")
        return session

    def _identify(self, socket: web.WebSocketResponse, data: Json) -> Session:
        self._check_token(data)
        shard_id, shard_count = data.get("shard") or (0, 1)
        intents = data.get("intents")
        if not 0 <= shard_id < shard_count:
            raise Refused(4010, "Invalid shard.")
        if not isinstance(intents, int) or intents & ~ALL_INTENTS:
            raise Refused(4013, "Invalid intent(s).")
        if intents & PRIVILEGED & ~self._world.privileged_intents:
            raise Refused(4014, "Disallowed intent(s).")
        self._forget_old()
        session = Session(intents, shard_id, shard_count, socket=socket)
        self.sessions[session.id] = session
        self._identified_at.append(self._world.clock.now())
        self._world.stats.identifies += 1
        self._greet(session)
        self._world.changes.wake()
        return session

    def _greet(self, session: Session) -> None:
        bot = self._world.bot
        guilds = [
            guild
            for guild in self._world.guilds.values()
            if session.serves(guild.id) and self._world.bot_is_in(guild.id)
        ]
        ready: Json = {
            "v": 10,
            "user": user_json(bot) | {"verified": True, "mfa_enabled": True, "email": None},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": [session.shard_id, session.shard_count],
            "application": {"id": str(self._world.application_id), "flags": 0},
            "private_channels": [],
            "_trace": [json.dumps(["sandbox", {"micros": 0}])],
        }
        self._send_event(session, "READY", ready)
        if session.intents & GUILDS:
            for guild in guilds:
                self._send_event(session, "GUILD_CREATE", self._guild_for(session, guild))

    def _guild_for(self, session: Session, guild: Guild) -> Json:
        bot_id = self._world.bot.id
        everyone = session.intents & GUILD_MEMBERS
        members = list(guild.members) if everyone else [bot_id]
        channels = [c for c in self._world.channels.values() if c.guild_id == guild.id]
        shown = guild_json(guild, channels=channels, users=self._world.users, member_ids=members)
        return shown | {"joined_at": iso(guild.members[bot_id].joined_at)}

    def _resume(self, socket: web.WebSocketResponse, data: Json) -> Session | None:
        self._check_token(data)
        session = self.sessions.get(str(data.get("session_id")))
        missed = None if session is None else self._missed(session, data.get("seq"))
        if session is None or missed is None:
            self._put(socket, {"op": INVALID_SESSION, "d": False})
            return None
        session.socket, session.closed_at = socket, None
        for frame in missed:
            self._outbox[socket].put_nowait(frame)
        self._send_event(session, "RESUMED", {"_trace": []})
        self._world.stats.resumes += 1
        self._world.changes.wake()
        return session

    def _forget_old(self) -> None:
        now = self._world.clock.now()
        for session in tuple(self.sessions.values()):
            if session.is_past_resuming(now):
                del self.sessions[session.id]

    def _missed(self, session: Session, sequence: object) -> list[str] | None:
        if session.is_past_resuming(self._world.clock.now()):
            return None
        return session.missed_since(sequence) if isinstance(sequence, int) else None

    def _check_token(self, data: Json) -> None:
        token = str(data.get("token", ""))
        if not secrets.compare_digest(token.encode(), self._world.token.encode()):
            raise Refused(4004, "Authentication failed.")

    def _send_members(self, session: Session, data: Json) -> None:
        guild = self._world.guilds[int(data["guild_id"])]
        wanted = data.get("user_ids")
        start = str(data.get("query") or "").lower()
        ids = {int(user_id) for user_id in wanted} if wanted else set(guild.members)
        members = [
            member_json(guild.members[user_id], user=self._world.users[user_id])
            for user_id in sorted(ids & set(guild.members))
            if self._world.users[user_id].name.lower().startswith(start)
        ]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": members[: data.get("limit") or None],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [str(user_id) for user_id in ids - set(guild.members)],
        }
        if "nonce" in data:
            chunk["nonce"] = data["nonce"]
        self._send_event(session, "GUILD_MEMBERS_CHUNK", chunk)

    # Sending

    def _send_event(self, session: Session, event: str, data: Json) -> None:
        frame = session.add(event, data)
        if session.socket is not None and session.socket in self._outbox:
            self._outbox[session.socket].put_nowait(frame)

    def _send_to_all(self, frame: Json) -> None:
        for socket in self._outbox:
            self._put(socket, frame)

    def _put(self, socket: web.WebSocketResponse, frame: Json) -> None:
        self._outbox[socket].put_nowait(json.dumps(frame))

    def _detach(self, socket: web.WebSocketResponse) -> None:
        for session in tuple(self.sessions.values()):
            if session.socket is not socket:
                continue
            session.lose_socket(self._world.clock.now())
            # Only a client that said goodbye properly gives its session up.
            if socket.close_code in {WSCloseCode.OK, WSCloseCode.GOING_AWAY}:
                del self.sessions[session.id]
        self._world.changes.wake()


_BLANK: Json = {"content": "", "embeds": [], "components": [], "attachments": []}


def _decode(text: str) -> Json:
    try:
        frame = json.loads(text)
        operation = frame["op"]
    except (ValueError, KeyError, TypeError):
        raise Refused(4002, "Error while decoding payload.") from None
    if not isinstance(operation, int):
        raise Refused(4001, "Unknown opcode.")
    return frame


def _count_send(sent_at: deque[float], now: float) -> None:
    sent_at.append(now)
    if len(sent_at) > SENDS_PER_MINUTE and now - sent_at[0] < MINUTE_S:
        raise Refused(4008, "Rate limited.")


async def _write(socket: web.WebSocketResponse, outbox: asyncio.Queue[str]) -> None:
    """Send frames in order; a socket that went away loses the rest, a resume replays it."""
    while True:
        try:
            await socket.send_str(await outbox.get())
        except (ConnectionError, RuntimeError):
            return
