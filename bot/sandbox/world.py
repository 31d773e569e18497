"""The state of a loopback Discord and everything that may change it; no HTTP here."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from bot.sandbox import seed
from bot.sandbox.changes import Change, Changes
from bot.sandbox.clock import Clock
from bot.sandbox.commands import Commands
from bot.sandbox.faults import Faults
from bot.sandbox.files import Files
from bot.sandbox.gateway import Gateway
from bot.sandbox.interactions import Interactions, Invocation
from bot.sandbox.messages import Message, Messages, Sending
from bot.sandbox.people import Person
from bot.sandbox.permissions import Permission, permissions_in
from bot.sandbox.places import (
    DM,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    Guild,
    Member,
    Overwrite,
    Role,
    User,
)
from bot.sandbox.ratelimits import RateLimits
from bot.sandbox.requests import RequestLog, RequestRecord, Stats
from bot.sandbox.rules import ApiError
from bot.sandbox.snapshot import load, save
from bot.sandbox.wire import Json, channel_json, member_json

__all__ = ["Channel", "Guild", "Member", "Overwrite", "Role", "User", "World"]

T = TypeVar("T")
FILE_LIMIT_BYTES = 10 * 1024 * 1024
_NONCE_S = 300.0
_INVALID = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}


class World:
    """One loopback Discord with one application in it.

    `token` is what the bot must log in with. `privileged_intents` are those that its owner
    switched on (none by default).
    """

    def __init__(self, token: str, *, privileged_intents: int = 0) -> None:
        self.token = token
        self.privileged_intents = privileged_intents
        self.application_id = seed.APPLICATION_ID
        self.owner_id = seed.OLGA_ID
        self.file_limit_bytes = FILE_LIMIT_BYTES
        self.clock = Clock()
        self.changes = Changes()
        self.users = seed.first_users()
        guild = seed.first_guild()
        self.guilds = {guild.id: guild}
        self.channels = seed.first_channels()
        self.files = Files()
        self.messages = Messages(self.clock, self.files, self.users)
        self.commands = Commands(self.clock, self.application_id, self._commands_changed)
        self.interactions = Interactions(self.clock, self._interaction_changed, self.wait_for)
        self.gateway = Gateway(self)
        self.faults = Faults()
        self.rate_limits = RateLimits(self.clock.now)
        self.stats = Stats()
        self.requests = RequestLog()
        self.on_request: list[Callable[[RequestRecord], None]] = []

    # Watching

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call `callback` with every change a page would show; the answer ends that."""
        return self.changes.subscribe(callback)

    async def wait_for(self, predicate: Callable[[], T], timeout_s: float = 10.0) -> T:
        """Return the first true answer of `predicate`, asked at every change.

        Raises:
            TimeoutError: it stayed false for `timeout_s` seconds of real time.
        """
        return await self.changes.wait_for(predicate, timeout_s)

    def advance(self, seconds: float) -> None:
        """Move the world's clock (back with a negative number) and apply what that expires."""
        self.clock.advance(seconds)
        self.interactions.expire()
        self.changes.wake()

    def record(self, record: RequestRecord) -> None:
        """Keep a request of the bot and tell who listens."""
        self.requests.append(record)
        self.stats.requests += 1
        self.stats.too_many_requests += record.status == HTTPStatus.TOO_MANY_REQUESTS
        self.stats.invalid_requests += record.status in _INVALID
        for callback in self.on_request:
            callback(record)
        self.changes.wake()

    # Looking

    @property
    def bot(self) -> User:
        """The application's own user."""
        return self.users[self.application_id]

    def bot_is_in(self, guild_id: int | None) -> bool:
        """Tell whether the bot is in a guild; None, its DMs, it always is."""
        return guild_id is None or self.bot.id in self.guilds[guild_id].members

    def person(self, name: str) -> Person:
        """Return one of the people by name, in any case.

        Raises:
            KeyError: nobody is called so.
        """
        for user in self.users.values():
            if user.name.lower() == name.lower() and not user.is_bot:
                return Person(self, user)
        raise KeyError(name)

    def channel(self, channel_id: int) -> Channel:
        """Return a channel.

        Raises:
            ApiError: 404/10003, there is none.
        """
        if channel_id not in self.channels:
            raise ApiError(404, 10003, "Unknown Channel")
        return self.channels[channel_id]

    def permissions(self, channel: Channel, user_id: int) -> int:
        """Return a user's permission bits in a channel; a thread's are its parent's."""
        place = self._with_permissions(channel)
        if place.guild_id is None:
            return permissions_in(None, place, user_id)
        return int(permissions_in(self.guilds[place.guild_id], place, user_id))

    def may(self, channel: Channel, user_id: int, permission: Permission) -> bool:
        """Tell whether a user may do something in a channel; in a DM its two people may."""
        if channel.guild_id is None:
            return user_id in {channel.recipient_id, self.bot.id}
        if user_id not in self.guilds[channel.guild_id].members:
            return False
        return bool(self.permissions(channel, user_id) & permission)

    @staticmethod
    def permission_to_send(channel: Channel) -> Permission:
        """Return the permission that writing in a channel needs: threads have their own."""
        return (
            Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
        )

    def is_nsfw(self, channel: Channel) -> bool:
        """Tell whether a channel is age-restricted; a thread answers for its parent."""
        return self._with_permissions(channel).nsfw

    def sees(self, user_id: int, message: Message) -> bool:
        """Tell whether a user sees a message: ephemeral ones only their person, not dismissed."""
        if message.visible_to is not None:
            return message.visible_to == user_id and not message.is_dismissed
        channel = self.channels.get(message.channel_id)
        return channel is not None and self.may(channel, user_id, Permission.VIEW_CHANNEL)

    def channels_of(self, user_id: int) -> list[Channel]:
        """Return every channel and DM a user sees, guilds first, by position."""
        seen = [
            channel
            for channel in self.channels.values()
            if self.may(channel, user_id, Permission.VIEW_CHANNEL)
        ]
        return sorted(seen, key=lambda channel: (channel.type == DM, channel.position))

    # Messages

    def post(self, draft: Message, sending: Sending) -> Message:
        """Create a message, or return the first one of the same enforced nonce.

        Raises:
            ApiError: the body breaks a rule; nothing was created.
        """
        if sending.body.get("enforce_nonce") and (first := self._same_nonce(draft)):
            return first
        return self._message_arrived(self.messages.create(draft, sending))

    def put(self, message: Message) -> Message:
        """Add a message as it is, unchecked: the placeholder of a deferral."""
        self.messages.add(message)
        return self._message_arrived(message)

    def edit(self, message: Message, sending: Sending) -> None:
        """Change a message.

        Raises:
            ApiError: the body breaks a rule; the message is as it was.
        """
        self.messages.edit(message, sending)
        self._message_changed("message_update", "MESSAGE_UPDATE", message)

    def delete_message(self, message_id: int) -> None:
        """Delete a message, whoever wrote it."""
        message = self.messages.find(message_id)
        if message is None:
            raise KeyError(message_id)
        self.messages.remove(message)
        ids = {"channel_id": str(message.channel_id), "id": str(message.id)}
        self._message_gone(message)
        if message.visible_to is None:
            place = self.channels[message.channel_id]
            self.gateway.dispatch("MESSAGE_DELETE", ids, channel=place)

    def dismiss(self, message: Message) -> None:
        """Hide an ephemeral message from its person; the bot's token still reaches it."""
        message.is_dismissed = True
        self._message_gone(message)

    def new_message(self, channel_id: int, author_id: int, **fields: Any) -> Message:  # noqa: ANN401
        """Draft a message of now, with an id of its own."""
        return Message(
            id=self.clock.snowflake(),
            channel_id=channel_id,
            author_id=author_id,
            created_at=self.clock.now(),
            **fields,
        )

    # Places

    def add_user(self, name: str) -> User:
        """Add an account that is nowhere a member."""
        user = User(self.clock.snowflake(), name)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, *, guild_id: int | None = None, with_bot: bool = True) -> Guild:
        """Add a guild of Olga's with one channel, #general, and tell the bot it joined."""
        guild = Guild(guild_id or self.clock.snowflake(), name, self.owner_id)
        guild.roles[guild.id] = Role(guild.id, "@everyone", int(seed.EVERYONE))
        guild.members[self.owner_id] = Member(self.owner_id, joined_at=self.clock.now())
        self.guilds[guild.id] = guild
        self.add_channel("general", guild_id=guild.id)
        if with_bot:
            guild.members[self.bot.id] = Member(self.bot.id, joined_at=self.clock.now())
            self.gateway.guild_arrived(guild)
        return guild

    def remove_guild(self, guild_id: int) -> None:
        """Take the bot out of a guild."""
        self.gateway.dispatch("GUILD_DELETE", {"id": str(guild_id)}, guild=self.guilds[guild_id])
        self.guilds[guild_id].members.pop(self.bot.id, None)
        self.changes.wake()

    def add_channel(
        self,
        name: str,
        *,
        guild_id: int = seed.GUILD_ID,
        nsfw: bool = False,
        overwrites: Sequence[Overwrite] = (),
    ) -> Channel:
        """Add a text channel at the end of a guild's list."""
        position = sum(channel.guild_id == guild_id for channel in self.channels.values())
        channel = Channel(self.clock.snowflake(), name, TEXT, guild_id, nsfw, position=position)
        channel.overwrites = {overwrite.target_id: overwrite for overwrite in overwrites}
        return self._channel_arrived(channel, "CHANNEL_CREATE")

    def add_thread(self, name: str, *, parent_id: int, owner_id: int | None = None) -> Channel:
        """Add a public thread below a channel."""
        parent = self.channels[parent_id]
        thread = Channel(self.clock.snowflake(), name, PUBLIC_THREAD, parent.guild_id)
        thread.parent_id = parent_id
        thread.owner_id = owner_id or self.owner_id
        return self._channel_arrived(thread, "THREAD_CREATE")

    def change_channel(self, channel: Channel) -> None:
        """Tell everyone that fields of a channel were changed."""
        shown = channel_json(channel, self.users)
        self.changes.publish(
            {"type": "channel_update", "channel_id": shown["id"], "channel": shown}
        )
        event = "THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE"
        self.gateway.dispatch(event, shown, channel=channel)

    def delete_channel(self, channel_id: int) -> None:
        """Delete a channel with its messages and threads."""
        for child in [c for c in self.channels.values() if c.parent_id == channel_id]:
            self.delete_channel(child.id)
        channel = self.channels.pop(channel_id)
        for message in self.messages.in_channel(channel_id):
            self.messages.remove(message)
        event = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        self.gateway.dispatch(event, channel_json(channel, self.users), channel=channel)
        self.changes.publish({"type": "channel_delete", "channel_id": str(channel_id)})

    def add_member(
        self, name: str, *, guild_id: int = seed.GUILD_ID, role_ids: Sequence[int] = ()
    ) -> Person:
        """Let someone join a guild, by name: a new account, or one that exists."""
        known = (user for user in self.users.values() if user.name.lower() == name.lower())
        user = next(known, None) or self.add_user(name)
        guild = self.guilds[guild_id]
        member = Member(user.id, set(role_ids), joined_at=self.clock.now())
        guild.members[user.id] = member
        shown = member_json(member, user=user) | {"guild_id": str(guild_id)}
        self.gateway.dispatch("GUILD_MEMBER_ADD", shown, guild=guild)
        self.changes.publish({"type": "member_add", "user_id": str(user.id)})
        return Person(self, user)

    def open_dm(self, user_id: int) -> Channel:
        """Return the DM of a person with the bot, made when there is none yet."""
        for channel in self.channels.values():
            if channel.type == DM and channel.recipient_id == user_id:
                return channel
        name = self.users[user_id].name
        channel = Channel(self.clock.snowflake(), name, DM, recipient_id=user_id)
        return self._channel_arrived(channel, "CHANNEL_CREATE")

    # Keeping

    def save(self, folder: Path) -> None:
        """Write everything that a restart must keep; see `snapshot`."""
        save(self, folder)

    @classmethod
    def load(cls, folder: Path, *, token: str) -> "World":
        """Return the world that `save` wrote, or a new one when there is none."""
        world = cls(token)
        load(world, folder)
        return world

    # Inside

    def _with_permissions(self, channel: Channel) -> Channel:
        if channel.is_thread and channel.parent_id in self.channels:
            return self.channels[channel.parent_id]
        return channel

    def _same_nonce(self, draft: Message) -> Message | None:
        for message in reversed(self.messages.in_channel(draft.channel_id)):
            if self.clock.now() - message.created_at > _NONCE_S:
                return None
            if message.nonce == draft.nonce and message.author_id == draft.author_id:
                return message
        return None

    def _message_arrived(self, message: Message) -> Message:
        self.channels[message.channel_id].last_message_id = message.id
        self._message_changed("message_create", "MESSAGE_CREATE", message)
        return message

    def _message_changed(self, kind: str, event: str, message: Message) -> None:
        shown = self.messages.wire(message)
        self.changes.publish(
            {
                "type": kind,
                "channel_id": shown["channel_id"],
                "message_id": shown["id"],
                "message": shown,
                "visible_to": _text_or_none(message.visible_to),
            }
        )
        if message.visible_to is None:
            self.gateway.dispatch_message(event, message, shown)

    def _message_gone(self, message: Message) -> None:
        self.changes.publish(
            {
                "type": "message_delete",
                "channel_id": str(message.channel_id),
                "message_id": str(message.id),
                "visible_to": _text_or_none(message.visible_to),
            }
        )

    def _channel_arrived(self, channel: Channel, event: str) -> Channel:
        self.channels[channel.id] = channel
        shown: Json = channel_json(channel, self.users)
        self.changes.publish(
            {"type": "channel_create", "channel_id": shown["id"], "channel": shown}
        )
        self.gateway.dispatch(event, shown | {"newly_created": True}, channel=channel)
        return channel

    def _interaction_changed(self, invocation: Invocation) -> None:
        self.changes.publish({"type": "interaction", **invocation.wire()})

    def _commands_changed(self) -> None:
        self.changes.publish({"type": "commands_update"})


def _text_or_none(snowflake: int | None) -> str | None:
    return None if snowflake is None else str(snowflake)
