"""What the bot does with an interaction: the first answer, then edits and followups by token."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.sandbox import layout
from bot.sandbox.files import NewFile
from bot.sandbox.interactions import DEFERRED_MESSAGE, WIRE_TYPE, Invocation
from bot.sandbox.messages import (
    CHAT_COMMAND,
    CONTEXT_COMMAND,
    EPHEMERAL,
    LOADING,
    REPLY,
    Message,
    Sending,
    unknown_message,
)
from bot.sandbox.rules import ApiError, check_choices, check_modal
from bot.sandbox.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.world import World

MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 6, 7, 8, 9
_COMMAND = frozenset({MESSAGE, DEFERRED_MESSAGE, MODAL})
_MESSAGE_TYPE = {
    "slash": CHAT_COMMAND,
    "user_menu": CONTEXT_COMMAND,
    "message_menu": CONTEXT_COMMAND,
}


class Answers:
    """The bot's side of interactions."""

    def __init__(self, world: "World") -> None:
        self._world = world

    # The first answer

    def give(self, invocation: Invocation, body: Json, files: Sequence[NewFile]) -> Json:
        """Take the first answer and return what `with_response` shows.

        Raises:
            ApiError: the type does not fit or its data breaks a rule; it may be tried again.
        """
        response_type = int(body.get("type") or 0)
        if response_type not in _legal_types(invocation):
            raise _invalid("type", "BASE_TYPE_CHOICES", "This response type is not valid here.")
        data: Json = body.get("data") or {}
        if response_type == MESSAGE:
            message = self._new_message(invocation, data, files)
        elif response_type == DEFERRED_MESSAGE:
            message = self._placeholder(invocation, data)
        elif response_type in {DEFERRED_UPDATE, UPDATE}:
            message = self._source(invocation)
            if response_type == UPDATE:
                self._world.edit(message, self._sending(invocation, data, files))
        else:
            message = None
            self._take_data(invocation, response_type, data)
        message_id = None if message is None else message.id
        self._world.interactions.answer(invocation, response_type, message_id=message_id)
        return self._receipt(invocation, response_type, message)

    def _new_message(self, invocation: Invocation, data: Json, files: Sequence[NewFile]) -> Message:
        draft = self._draft(invocation)
        if int(data.get("flags") or 0) & EPHEMERAL:
            draft.visible_to = invocation.user_id
        return self._world.post(draft, self._sending(invocation, data, files))

    def _placeholder(self, invocation: Invocation, data: Json) -> Message:
        flags = int(data.get("flags") or 0)
        if flags & ~EPHEMERAL:
            raise _invalid("flags", "INVALID_FLAGS", "Only the ephemeral flag can be set here.")
        draft = self._draft(invocation)
        draft.flags = flags | LOADING
        if flags & EPHEMERAL:
            draft.visible_to = invocation.user_id
        return self._world.put(draft)

    def _draft(self, invocation: Invocation) -> Message:
        draft = self._world.new_message(
            invocation.channel_id,
            self._world.bot.id,
            type=_MESSAGE_TYPE.get(invocation.kind, 0),
            application_id=self._world.application_id,
            metadata=invocation.metadata,
        )
        if draft.type == 0 and invocation.source_message_id is not None:
            draft.type = REPLY
            draft.reference = self._reference(invocation, invocation.source_message_id)
        return draft

    @staticmethod
    def _reference(invocation: Invocation, message_id: int) -> Json:
        reference: Json = {
            "type": 0,
            "channel_id": str(invocation.channel_id),
            "message_id": str(message_id),
        }
        if invocation.guild_id is not None:
            reference["guild_id"] = str(invocation.guild_id)
        return reference

    def _source(self, invocation: Invocation) -> Message:
        source = self._world.messages.find(invocation.source_message_id or 0)
        if source is None:
            raise unknown_message()
        return source

    @staticmethod
    def _take_data(invocation: Invocation, response_type: int, data: Json) -> None:
        if response_type == CHOICES:
            choices: list[Json] = data.get("choices") or []
            check_choices(choices)
            invocation.choices = choices
        else:
            check_modal(data)
            layout.complete(data["components"])
            invocation.modal = data

    def _receipt(self, invocation: Invocation, response_type: int, message: Message | None) -> Json:
        described: Json = {"id": str(invocation.id), "type": WIRE_TYPE[invocation.kind]}
        receipt: Json = {"interaction": described}
        if message is not None:
            described |= {
                "response_message_id": str(message.id),
                "response_message_loading": bool(message.flags & LOADING),
                "response_message_ephemeral": message.visible_to is not None,
            }
        if message is not None and response_type in {MESSAGE, UPDATE}:
            shown = self._world.messages.wire(message)
            receipt["resource"] = {"type": response_type, "message": shown}
        return receipt

    # Later, by token

    def original(self, invocation: Invocation) -> Message:
        """Return what `@original` means.

        Raises:
            ApiError: 404/10008, the answer was no message or is gone.
        """
        message = self._world.messages.find(invocation.message_id or 0)
        if message is None:
            raise unknown_message()
        return message

    def message(self, invocation: Invocation, message_id: int) -> Message:
        """Return one of the messages this token may touch: its answer, followups, its source.

        Raises:
            ApiError: 404/10008.
        """
        mine = {invocation.message_id, invocation.source_message_id, *invocation.followup_ids}
        message = self._world.messages.find(message_id)
        if message is None or message_id not in mine:
            raise unknown_message()
        return message

    def edit(
        self, invocation: Invocation, message: Message, body: Json, files: Sequence[NewFile]
    ) -> Json:
        """Change one of the token's messages; the first edit fills a placeholder."""
        self._world.edit(message, self._sending(invocation, body, files))
        if message.id == invocation.message_id:
            self._world.interactions.fill(invocation)
        return self._world.messages.wire(message)

    def follow_up(self, invocation: Invocation, body: Json, files: Sequence[NewFile]) -> Json:
        """Send another message; the first one after a deferral fills the placeholder."""
        if invocation.state == "deferred":
            return self.edit(invocation, self.original(invocation), body, files)
        draft = self._draft(invocation)
        if invocation.message_id is not None:
            draft.type = REPLY
            draft.reference = self._reference(invocation, invocation.message_id)
            original_id = str(invocation.message_id)
            draft.metadata = invocation.metadata | {"original_response_message_id": original_id}
        if int(body.get("flags") or 0) & EPHEMERAL:
            draft.visible_to = invocation.user_id
        message = self._world.post(draft, self._sending(invocation, body, files))
        invocation.followup_ids.append(message.id)
        return self._world.messages.wire(message)

    def delete(self, invocation: Invocation, message: Message) -> None:
        """Delete one of the token's messages."""
        self._world.delete_message(message.id)
        if message.id == invocation.message_id:
            self._world.interactions.fill(invocation)

    @staticmethod
    def _sending(invocation: Invocation, body: Json, files: Sequence[NewFile]) -> Sending:
        return Sending(body, files, invocation.file_limit_bytes, parses_everything=False)


def _legal_types(invocation: Invocation) -> frozenset[int]:
    """Return the callback types an interaction may be answered with."""
    updates = frozenset({DEFERRED_UPDATE, UPDATE})
    if invocation.kind == "autocomplete":
        return frozenset({CHOICES})
    if invocation.kind == "component":
        return _COMMAND | updates
    if invocation.kind == "modal":
        answers = _COMMAND - {MODAL}
        return answers if invocation.source_message_id is None else answers | updates
    return _COMMAND


def _invalid(field: str, code: str, message: str) -> ApiError:
    errors = {field: {"_errors": [{"code": code, "message": message}]}}
    return ApiError(400, 50035, "Invalid Form Body", errors=errors)
