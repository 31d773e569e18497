"""What a person does in Discord's client, and what that person sees."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.sandbox import layout
from bot.sandbox.commands import MESSAGE_MENU, USER_MENU
from bot.sandbox.composer import (
    CHANNEL,
    SNOWFLAKES,
    ClientRefused,
    check_options,
    fill_options,
    nest,
)
from bot.sandbox.events import interaction_event, metadata, resolve
from bot.sandbox.files import NewFile, StoredFile
from bot.sandbox.forms import Filled, ModalForm, check_selection, component_to_use
from bot.sandbox.interactions import Invocation, Kind, new_token
from bot.sandbox.messages import Message, Sending
from bot.sandbox.offers import menu_named, offered, slash_named
from bot.sandbox.permissions import Permission
from bot.sandbox.places import DM, Channel, User
from bot.sandbox.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.world import World

NamedFile = tuple[str, bytes]
Id = int | str


class Person:
    """One user at a client. Ids are taken as numbers or as the wire's strings.

    What the client would not send raises `ClientRefused`, and nothing reaches the bot;
    `force=True` skips these checks, as a forged client would. `deliver_twice=True` sends the
    same event a second time. Methods return when the event is sent, not when it is answered.
    """

    def __init__(self, world: "World", user: User) -> None:
        self._world = world
        self._user = user

    @property
    def user_id(self) -> int:
        """The account's id."""
        return self._user.id

    @property
    def name(self) -> str:
        """The name others see."""
        return self._user.name

    def channels(self) -> list[Channel]:
        """Return the channels and DMs this person sees."""
        return self._world.channels_of(self.user_id)

    def messages(self, channel_id: Id) -> list[Json]:
        """Return what this person sees in a channel, wire shape, oldest first."""
        return [
            self._world.messages.wire(message)
            for message in self._world.messages.in_channel(int(channel_id))
            if self._world.sees(self.user_id, message)
        ]

    def commands(self, channel_id: Id) -> list[Json]:
        """Return the commands the client offers in a channel."""
        return offered(self._world, self._channel(channel_id), self.user_id)

    async def slash(
        self,
        channel_id: Id,
        path: str,
        options: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, NamedFile] | None = None,
        force: bool = False,
        deliver_twice: bool = False,
    ) -> Invocation:
        """Run a slash command; `path` is "group sub", `files` go by option name."""
        channel = self._channel(channel_id)
        every = list(self._world.commands.seen_in(channel.guild_id))
        command, way, declared = slash_named(every if force else self.commands(channel.id), path)
        given, attached = dict(options or {}), dict(files or {})
        if not force:
            check_options(declared, given, attached)
            self._check_files(attached.values())
            self._check_ids(declared, given, channel)
        stored = {name: self._upload(channel, file) for name, file in attached.items()}
        filled = fill_options(declared, given | {name: file.id for name, file in stored.items()})
        data = _command_data(command) | {
            "options": nest(way, filled),
            "resolved": resolve(
                self._world, channel, ids=_ids_in(filled), files=list(stored.values())
            ),
        }
        invocation = self._invocation("slash", channel, path)
        return self._send(invocation, data, deliver_twice=deliver_twice)

    async def autocomplete(
        self, channel_id: Id, path: str, options: Mapping[str, Any], focused: str
    ) -> list[Json]:
        """Ask for choices for the option being typed; others may be missing or half-typed.

        Raises:
            DidNotRespond: there was no answer within three seconds.
        """
        channel = self._channel(channel_id)
        command, way, declared = slash_named(self.commands(channel.id), path)
        if not any(o["name"] == focused and o.get("autocomplete") for o in declared):
            raise ClientRefused(f"{focused} has no suggestions")
        filled = fill_options(declared, {focused: "", **options})
        for option in filled:
            if option["name"] == focused:
                option["focused"] = True
        data = _command_data(command) | {
            "options": nest(way, filled),
            "resolved": resolve(self._world, channel, ids=_ids_in(filled)),
        }
        invocation = self._send(self._invocation("autocomplete", channel, path), data)
        await invocation.answered()
        return invocation.choices or []

    async def menu(
        self,
        channel_id: Id,
        name: str,
        *,
        message_id: Id | None = None,
        user_id: Id | None = None,
        deliver_twice: bool = False,
    ) -> Invocation:
        """Use the context menu of a message or of a user."""
        channel, world = self._channel(channel_id), self._world
        kind: Kind = "user_menu" if message_id is None else "message_menu"
        wire_type = USER_MENU if message_id is None else MESSAGE_MENU
        command = menu_named(world, channel, self.user_id, name=name, kind=wire_type)
        if message_id is not None:
            target = self._visible(message_id).id
            shown = [world.messages.wire(self._visible(message_id))]
            resolved = resolve(world, channel, messages=shown)
        else:
            target = int(user_id or 0)
            if target not in world.users:
                raise ClientRefused("There is no such user")
            resolved = resolve(world, channel, ids=[target])
        data = _command_data(command) | {"target_id": str(target), "resolved": resolved}
        invocation = self._invocation(kind, channel, name)
        return self._send(invocation, data, deliver_twice=deliver_twice)

    async def press(
        self, message_id: Id, custom_id: str, *, force: bool = False, deliver_twice: bool = False
    ) -> Invocation:
        """Press a button of a message this person sees."""
        message = self._visible(message_id)
        if not force:
            button = component_to_use(self._world.messages.wire(message), custom_id)
            if button["type"] != layout.BUTTON:
                raise ClientRefused(f"{custom_id} is no button")
        data: Json = {"custom_id": custom_id, "component_type": layout.BUTTON}
        invocation = self._invocation(
            "component", self._channel(message.channel_id), custom_id, source_id=message.id
        )
        return self._send(invocation, data, deliver_twice=deliver_twice)

    async def select(
        self,
        message_id: Id,
        custom_id: str,
        values: Sequence[str],
        *,
        force: bool = False,
        deliver_twice: bool = False,
    ) -> Invocation:
        """Choose in a select of a message: option values, or ids of users, roles, channels."""
        message = self._visible(message_id)
        shown = self._world.messages.wire(message)
        menu = layout.find(shown["components"], custom_id)
        if not force:
            menu = component_to_use(shown, custom_id)
            check_selection(menu, values)
        channel = self._channel(message.channel_id)
        chosen = [str(value) for value in values]
        kind = layout.STRING_SELECT if menu is None else menu["type"]
        data: Json = {"custom_id": custom_id, "component_type": kind, "values": chosen}
        if kind != layout.STRING_SELECT:
            data["resolved"] = resolve(self._world, channel, ids=[int(value) for value in chosen])
        invocation = self._invocation("component", channel, custom_id, source_id=message.id)
        return self._send(invocation, data, deliver_twice=deliver_twice)

    async def submit(
        self,
        invocation: Invocation,
        values: Mapping[str, Filled],
        *,
        files: Mapping[str, Sequence[NamedFile]] | None = None,
        force: bool = False,
        deliver_twice: bool = False,
    ) -> Invocation:
        """Fill in and send the modal that answered an invocation of this person."""
        if invocation.modal is None or invocation.user_id != self.user_id:
            raise ClientRefused("There is no open form")
        channel = self._channel(invocation.channel_id)
        form, attached = ModalForm(invocation.modal), dict(files or {})
        if not force:
            form.check(values, {custom_id: len(some) for custom_id, some in attached.items()})
            self._check_files(file for some in attached.values() for file in some)
        stored = {
            custom_id: [self._upload(channel, file) for file in some]
            for custom_id, some in attached.items()
        }
        every_file = [file for some in stored.values() for file in some]
        file_ids = {name: [str(file.id) for file in some] for name, some in stored.items()}
        chosen = form.chosen_ids(values)
        data: Json = {
            "custom_id": invocation.modal["custom_id"],
            "components": form.send(values, file_ids),
            "resolved": resolve(self._world, channel, ids=chosen, files=every_file),
        }
        submission = self._invocation(
            "modal", channel, data["custom_id"], source_id=invocation.source_message_id
        )
        return self._send(submission, data, opener=invocation, deliver_twice=deliver_twice)

    async def say(
        self, channel_id: Id, content: str, *, files: Sequence[NamedFile] = ()
    ) -> Message:
        """Post an ordinary message.

        Raises:
            ClientRefused: no permission to write here.
            ApiError: the message is too long, or empty.
        """
        channel = self._channel(channel_id)
        if not self._may(channel, self._world.permission_to_send(channel)):
            raise ClientRefused("You do not have permission to send messages in this channel")
        self._check_files(files)
        draft = self._world.new_message(channel.id, self.user_id)
        return self._world.post(
            draft, Sending({"content": content}, [NewFile(*file) for file in files])
        )

    async def delete_message(self, message_id: Id) -> None:
        """Delete an own message, or anybody's with MANAGE_MESSAGES."""
        message = self._visible(message_id)
        channel = self._world.channels[message.channel_id]
        if message.visible_to is not None:
            raise ClientRefused("This message can only be dismissed")
        is_staff = channel.type != DM and self._may(channel, Permission.MANAGE_MESSAGES)
        if message.author_id != self.user_id and not is_staff:
            raise ClientRefused("You do not have permission to delete this message")
        self._world.delete_message(message.id)

    def dismiss(self, message_id: Id) -> None:
        """Take an ephemeral message off the screen."""
        message = self._visible(message_id)
        if message.visible_to is None:
            raise ClientRefused("Only a message that only you see can be dismissed")
        self._world.dismiss(message)

    def close_dms(self) -> None:
        """Take no direct messages from applications any more."""
        self._user.takes_dms = False

    def _may(self, channel: Channel, permission: Permission) -> bool:
        return self._world.may(channel, self.user_id, permission)

    def _channel(self, channel_id: Id) -> Channel:
        channel = self._world.channels.get(int(channel_id))
        if channel is None or not self._may(channel, Permission.VIEW_CHANNEL):
            raise ClientRefused("There is no such channel")
        return channel

    def _visible(self, message_id: Id) -> Message:
        message = self._world.messages.find(int(message_id))
        if message is None or not self._world.sees(self.user_id, message):
            raise ClientRefused("There is no such message")
        return message

    def _check_files(self, files: Iterable[NamedFile]) -> None:
        for filename, body in files:
            if len(body) > self._world.file_limit_bytes:
                raise ClientRefused(f"{filename} is too large")

    def _check_ids(
        self, declared: Sequence[Json], given: Mapping[str, Any], channel: Channel
    ) -> None:
        for option in declared:
            name, kinds = option["name"], option.get("channel_types")
            if option["type"] not in SNOWFLAKES or name not in given:
                continue
            resolved = resolve(self._world, channel, ids=[int(given[name])])
            found = [entry for part in resolved.values() for entry in part.values()]
            is_channel = option["type"] == CHANNEL
            if not found or (is_channel and kinds and found[0]["type"] not in kinds):
                raise ClientRefused(f"{name}: Choose one that is listed")

    def _upload(self, channel: Channel, file: NamedFile) -> StoredFile:
        file_id = self._world.clock.snowflake()
        return self._world.files.keep(
            NewFile(*file), file_id=file_id, channel_id=channel.id, ephemeral=True
        )

    def _invocation(
        self, kind: Kind, channel: Channel, name: str, *, source_id: int | None = None
    ) -> Invocation:
        invocation_id = self._world.clock.snowflake()
        return Invocation(
            id=invocation_id,
            token=new_token(invocation_id),
            kind=kind,
            user_id=self.user_id,
            channel_id=channel.id,
            created_at=self._world.clock.now(),
            guild_id=channel.guild_id,
            name=name,
            source_message_id=source_id,
            file_limit_bytes=self._world.file_limit_bytes,
        )

    def _send(
        self,
        invocation: Invocation,
        data: Json,
        *,
        opener: Invocation | None = None,
        deliver_twice: bool = False,
    ) -> Invocation:
        """Start the interaction's three seconds and hand its event to the gateway."""
        world = self._world
        invocation.metadata = metadata(world, invocation, opener=opener)
        source = world.messages.find(invocation.source_message_id or 0)
        shown = None if source is None else world.messages.wire(source)
        event = interaction_event(world, invocation, data, message=shown)
        world.interactions.open(invocation)
        for _ in range(2 if deliver_twice else 1):
            world.gateway.dispatch_interaction(invocation, event)
        return invocation


def _command_data(command: Json) -> Json:
    data: Json = {key: command[key] for key in ("id", "name", "type")}
    return data | {"guild_id": command["guild_id"]} if "guild_id" in command else data


def _ids_in(filled: Sequence[Json]) -> list[int]:
    """Return the ids of users, roles and channels; a forged client may send anything there."""
    values = [str(option["value"]) for option in filled if option["type"] in SNOWFLAKES]
    return [int(value) for value in values if value.isdecimal()]
