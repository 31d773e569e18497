"""Messages: what each one holds, and what a sent or edited body makes of it."""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox import layout
from bot.sandbox.clock import Clock, iso
from bot.sandbox.files import Files, NewFile, StoredFile
from bot.sandbox.places import User
from bot.sandbox.rules import ApiError, Upload, check_message
from bot.sandbox.wire import Json, user_json

SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SILENT, V2 = 1 << 2, 1 << 6, 1 << 7, 1 << 12, 1 << 15
CAN_BE_SENT = SUPPRESS_EMBEDS | EPHEMERAL | SILENT | V2
CAN_BE_EDITED = SUPPRESS_EMBEDS | V2

REPLY, CHAT_COMMAND, CONTEXT_COMMAND = 19, 20, 23
_USER = re.compile(r"<@!?(\d{15,20})>")
_ROLE = re.compile(r"<@&(\d{15,20})>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")


@dataclass
class Message:
    """One message; `visible_to` is the only person who sees it when it is ephemeral."""

    id: int
    channel_id: int
    author_id: int
    created_at: float
    type: int = 0
    content: str = ""
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    file_ids: list[int] = field(default_factory=list[int])
    flags: int = 0
    edited_at: float | None = None
    nonce: str | None = None
    visible_to: int | None = None
    is_dismissed: bool = False
    application_id: int | None = None
    metadata: Json | None = None
    reference: Json | None = None
    mentions: list[int] = field(default_factory=list[int])
    mention_roles: list[int] = field(default_factory=list[int])
    mention_everyone: bool = False
    late_edits: list[float] = field(default_factory=list[float])


@dataclass(frozen=True)
class Sending:
    """A body that wants to become or change a message, and what is true of its sender."""

    body: Json
    files: Sequence[NewFile] = ()
    file_limit_bytes: int = 10 * 1024 * 1024
    parses_everything: bool = True


class Messages:
    """Every message of the world, in the order they came."""

    def __init__(self, clock: Clock, files: Files, users: Mapping[int, User]) -> None:
        self._clock = clock
        self._files = files
        self._users = users
        self._by_id: dict[int, Message] = {}

    def find(self, message_id: int) -> Message | None:
        """Return a message, None when it is gone or never was."""
        return self._by_id.get(message_id)

    def add(self, message: Message) -> None:
        """Take a message as it is."""
        self._by_id[message.id] = message

    def all(self) -> list[Message]:
        """Return every message, oldest first."""
        return list(self._by_id.values())

    def in_channel(self, channel_id: int) -> list[Message]:
        """Return a channel's messages, oldest first."""
        return [message for message in self._by_id.values() if message.channel_id == channel_id]

    def remove(self, message: Message) -> None:
        """Forget a message and its files."""
        del self._by_id[message.id]
        for file_id in message.file_ids:
            self._files.remove(file_id)

    def create(self, draft: Message, sending: Sending) -> Message:
        """Check a new message by every rule and keep it.

        Raises:
            ApiError: the body breaks a rule; nothing was kept.
        """
        self._check(sending, previous=None)
        draft.flags |= int(sending.body.get("flags") or 0) & CAN_BE_SENT
        self._fill(draft, sending, self._store(sending, draft))
        self.add(draft)
        return draft

    def edit(self, message: Message, sending: Sending) -> None:
        """Check an edit by every rule and apply it.

        Raises:
            ApiError: the body breaks a rule; the message is as it was.
        """
        self._check(sending, previous=self._before_edit(message))
        # Filling a placeholder is its first appearance, not an edit.
        edited_at = None if message.flags & LOADING else self._clock.now()
        changed = replace(message, edited_at=edited_at)
        stored = self._store(sending, message)
        self._set_flags(changed, sending.body)
        self._fill(changed, sending, stored)
        dropped = set(message.file_ids) - set(changed.file_ids)
        vars(message).update(vars(changed))
        for file_id in dropped:
            self._files.remove(file_id)

    def wire(self, message: Message) -> Json:
        """Show a message as the wire does."""
        files = self._files_of(message)
        shown = layout.shown_urls(message.components, message.embeds)
        # A file that a component or an embed shows is not among the attachments.
        attached = [self._files.wire(file) for file in files if self._files.url(file) not in shown]
        return self._head(message) | {
            "content": message.content,
            "embeds": copy.deepcopy(message.embeds),
            "components": copy.deepcopy(message.components),
            "attachments": attached,
            "mentions": [user_json(self._users[user_id]) for user_id in message.mentions],
            "mention_roles": [str(role_id) for role_id in message.mention_roles],
            "mention_everyone": message.mention_everyone,
        }

    def _head(self, message: Message) -> Json:
        head: Json = {
            "id": str(message.id),
            "type": message.type,
            "channel_id": str(message.channel_id),
            "author": user_json(self._users[message.author_id]),
            "timestamp": iso(message.created_at),
            "edited_timestamp": None if message.edited_at is None else iso(message.edited_at),
            "flags": message.flags,
            "pinned": False,
            "tts": False,
        }
        if message.nonce is not None:
            head["nonce"] = message.nonce
        if message.application_id is not None:
            head["application_id"] = str(message.application_id)
        if message.metadata is not None:
            head |= {"webhook_id": str(message.application_id)}
            head["interaction_metadata"] = copy.deepcopy(message.metadata)
        if message.reference is not None:
            head["message_reference"] = message.reference
        return head

    def _check(self, sending: Sending, *, previous: Json | None) -> None:
        uploads = [Upload(file.safe_name, len(file.body), None) for file in sending.files]
        check_message(
            sending.body,
            uploads=uploads,
            previous=previous,
            file_limit_bytes=sending.file_limit_bytes,
        )

    def _before_edit(self, message: Message) -> Json:
        every_file = [self._files.wire(file) for file in self._files_of(message)]
        return self.wire(message) | {"attachments": every_file}

    def _files_of(self, message: Message) -> list[StoredFile]:
        found = (self._files.find(file_id) for file_id in message.file_ids)
        return [file for file in found if file is not None]

    def _store(self, sending: Sending, message: Message) -> list[StoredFile]:
        """Store the uploads with the alt texts that the body gives them by index."""
        described = {
            str(entry.get("id")): entry.get("description")
            for entry in sending.body.get("attachments") or ()
        }
        return [
            self._files.keep(
                replace(file, description=described.get(str(index))),
                file_id=self._clock.snowflake(),
                channel_id=message.channel_id,
                ephemeral=message.visible_to is not None,
            )
            for index, file in enumerate(sending.files)
        ]

    @staticmethod
    def _set_flags(message: Message, body: Json) -> None:
        message.flags &= ~LOADING
        if body.get("flags") is None:
            return
        wanted = int(body["flags"]) & CAN_BE_EDITED
        # Components V2 stays once it is there; the other flags follow the edit.
        message.flags = (message.flags & ~(CAN_BE_EDITED & ~V2)) | wanted

    def _fill(self, message: Message, sending: Sending, stored: list[StoredFile]) -> None:
        body = sending.body
        message.file_ids = self._kept(message, body) + [file.id for file in stored]
        if "content" in body:
            message.content = body["content"] or ""
        if "embeds" in body:
            message.embeds = [{"type": "rich"} | embed for embed in body["embeds"] or ()]
        if "components" in body:
            message.components = copy.deepcopy(body["components"] or [])
        layout.complete(message.components)
        self._place_files(message)
        _find_mentions(message, sending, self._users)

    @staticmethod
    def _kept(message: Message, body: Json) -> list[int]:
        """Return the files that stay: all, or those that `attachments` names."""
        if body.get("attachments") is None:
            return list(message.file_ids)
        named = {int(entry["id"]) for entry in body["attachments"]}
        return [file_id for file_id in message.file_ids if file_id in named]

    def _place_files(self, message: Message) -> None:
        files = self._files_of(message)
        by_reference = {f"attachment://{file.filename}": file for file in files}
        by_reference |= {self._files.url(file): file for file in files}

        def unfurl(url: str) -> Json:
            if url in by_reference:
                return self._files.media(by_reference[url])
            return {"url": url, "proxy_url": url, "placeholder": "", "loading_state": 2}

        layout.place_media(message.components, unfurl)
        for holder, key in layout.embed_slots(message.embeds):
            if holder[key] in by_reference:
                file = by_reference[holder[key]]
                url = self._files.url(file)
                holder |= {key: url, f"proxy_{key}": url}
                if file.width is not None and key == "url":
                    holder |= {"width": file.width, "height": file.height}


def _find_mentions(message: Message, sending: Sending, users: Mapping[int, User]) -> None:
    """Work out who is mentioned: by the text, limited to what the sender allowed."""
    text = f"{message.content}\n{layout.texts(message.components)}"
    default = ["users", "roles", "everyone"] if sending.parses_everything else ["users"]
    allowed: Mapping[str, Any] = sending.body.get("allowed_mentions") or {"parse": default}
    parse = allowed.get("parse") or ()
    named_users = {int(user_id) for user_id in allowed.get("users") or ()}
    named_roles = {int(role_id) for role_id in allowed.get("roles") or ()}
    in_text = dict.fromkeys(int(user_id) for user_id in _USER.findall(text))
    message.mentions = [
        user_id
        for user_id in in_text
        if user_id in users and ("users" in parse or user_id in named_users)
    ]
    roles = dict.fromkeys(int(role_id) for role_id in _ROLE.findall(text))
    message.mention_roles = [role for role in roles if "roles" in parse or role in named_roles]
    message.mention_everyone = "everyone" in parse and _EVERYONE.search(text) is not None


def unknown_message() -> ApiError:
    """Return the refusal for a message that is not there, or not for this asker."""
    return ApiError(404, 10008, "Unknown Message")
