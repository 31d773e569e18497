"""What Discord refuses in a body, as pure functions over the wire's JSON.

Source: discord.com/developers/docs, resources/message and components/reference.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from bot.sandbox._body import ApiError, Part
from bot.sandbox._commands import check_choices, check_commands
from bot.sandbox._components import (
    MAX_ALT_TEXT,
    check_classic,
    check_fields,
    check_layout,
    check_url,
)

__all__ = [
    "COMPONENTS_V2",
    "ApiError",
    "Upload",
    "check_choices",
    "check_commands",
    "check_message",
    "check_modal",
]

COMPONENTS_V2 = 1 << 15
MAX_REQUEST_BYTES = 25 * 1024 * 1024
MAX_FILES = 10
MAX_EMBED_CHARACTERS = 6000

_FORWARD = 1
_LEGACY = ("content", "embeds", "poll", "sticker_ids")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-]+")
_STORED = re.compile(r"/attachments/\d+/(?P<id>\d+)/(?P<name>[^/?]+)")
_SHOWABLE = (".png", ".jpg", ".jpeg", ".webp", ".gif")


@dataclass(frozen=True)
class Upload:
    """One file of a request; `filename` is what the sender called it."""

    filename: str
    size_bytes: int
    content_type: str | None

    @property
    def stored_name(self) -> str:
        """The name Discord gives it, the only one that `attachment://` finds."""
        return _UNSAFE.sub("_", self.filename) or "unknown"


def check_message(
    body: Mapping[str, Any],
    *,
    uploads: Sequence[Upload],
    previous: Mapping[str, Any] | None,
    file_limit_bytes: int,
) -> None:
    """Check a message to be sent, or an edit of `previous`, a message in its wire shape.

    Raises:
        ApiError: 413/40005 or 400/50045 for sizes, 400/50035 for the body, 400/50006 when
            nothing would be left to show.
    """
    _check_sizes(uploads, file_limit_bytes)
    message = Part(body)
    message.text("content", high=2000)
    _check_nonce(message)
    _check_embeds(message)
    _check_poll(message)
    after = {**(previous or {}), **body}
    is_layout = _check_flags(message, previous)
    if is_layout:
        _check_no_legacy(message, after)
        check_layout(message)
    else:
        check_classic(message)
    _check_files(message, uploads, previous or {})
    message.refuse()
    _check_not_empty(after, uploads, is_layout=is_layout)


def check_modal(data: Mapping[str, Any]) -> None:
    """Check a form that is to be opened.

    Raises:
        ApiError: 400/50035.
    """
    modal = Part(data)
    modal.text("title", low=1, high=45)
    modal.text("custom_id", low=1, high=100)
    check_fields(modal)
    modal.refuse()


def _check_sizes(uploads: Sequence[Upload], file_limit_bytes: int) -> None:
    if any(upload.size_bytes > file_limit_bytes for upload in uploads):
        raise ApiError(413, 40005, "Request entity too large")
    if sum(upload.size_bytes for upload in uploads) > MAX_REQUEST_BYTES:
        raise ApiError(400, 50045, "File uploaded exceeds the maximum size")


def _check_nonce(message: Part) -> None:
    # A number is taken too, and is short enough by nature.
    if not isinstance(message.value.get("nonce"), int):
        message.text("nonce", high=25)


def _check_embeds(message: Part) -> None:
    embeds = message.parts("embeds", high=10)
    if sum(_check_embed(embed) for embed in embeds) > MAX_EMBED_CHARACTERS:
        words = f"Embed size exceeds maximum size of {MAX_EMBED_CHARACTERS}"
        message.note("MAX_EMBED_SIZE_EXCEEDED", words, at="embeds")


def _check_embed(embed: Part) -> int:
    """Check one embed and count the characters that share the common limit."""
    texts = [
        embed.text("title", high=256),
        embed.text("description", high=4096),
        embed.part("footer").text("text", high=2048),
        embed.part("author").text("name", high=256),
    ]
    for row in embed.parts("fields", high=25):
        texts += [row.text("name", low=1, high=256), row.text("value", low=1, high=1024)]
    check_url(embed, "url", {"http", "https"})
    for owner, key in _pictures(embed):
        check_url(owner, key, {"http", "https", "attachment"})
        _check_showable(owner, key)
    return sum(map(len, texts))


def _pictures(embed: Part) -> Iterator[tuple[Part, str]]:
    yield from ((embed.part(key), "url") for key in ("image", "thumbnail"))
    yield from ((embed.part(key), "icon_url") for key in ("author", "footer"))


def _check_showable(owner: Part, key: str) -> None:
    url = str(owner.value.get(key, "")).lower()
    if url.startswith("attachment://") and not url.endswith(_SHOWABLE):
        owner.note("BASE_TYPE_CHOICES", f"Value must end in one of {_SHOWABLE}.", at=key)


def _check_poll(message: Part) -> None:
    if not message.has("poll"):
        return
    poll = message.part("poll")
    poll.part("question").text("text", low=1, high=300)
    for answer in poll.parts("answers", low=1, high=10):
        answer.part("poll_media").text("text", high=55)
    poll.whole("duration", low=1, high=32 * 24, default=24)


def _check_flags(message: Part, previous: Mapping[str, Any] | None) -> bool:
    """Tell whether the message is one of Components V2 from now on."""
    was_layout = bool((previous or {}).get("flags", 0) & COMPONENTS_V2)
    flags = message.whole("flags", low=0, high=2**53, default=COMPONENTS_V2 * was_layout)
    is_layout = bool(flags & COMPONENTS_V2)
    if was_layout and not is_layout:
        words = "The IS_COMPONENTS_V2 flag cannot be removed"
        message.note("MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", words, at="flags")
    return was_layout or is_layout


def _check_no_legacy(message: Part, after: Mapping[str, Any]) -> None:
    for key in _LEGACY:
        if after.get(key):
            words = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            message.note("MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", words, at=key)


def _check_files(message: Part, uploads: Sequence[Upload], previous: Mapping[str, Any]) -> None:
    described = message.parts("attachments", high=MAX_FILES)
    for attachment in described:
        attachment.text("description", high=MAX_ALT_TEXT)
    kept = _stored_in(previous)
    if message.has("attachments"):
        named = {str(attachment.value.get("id")) for attachment in described}
        kept = {file_id: name for file_id, name in kept.items() if file_id in named}
    if len(described) <= MAX_FILES < len(kept) + len(uploads):
        words = f"Must be {MAX_FILES} or fewer in length."
        message.note("BASE_TYPE_MAX_LENGTH", words, at="attachments")
    _check_references(message, {*kept.values(), *(upload.stored_name for upload in uploads)})


def _stored_in(message: Mapping[str, Any]) -> dict[str, str]:
    """Find a message's files by id, also those that only a component or an embed shows."""
    urls = [str(part.value.get("url", "")) for part in Part(message).below()]
    found = [match for url in urls if (match := _STORED.search(url))]
    return {match["id"]: unquote(match["name"]) for match in found}


def _check_references(message: Part, names: set[str]) -> None:
    for part in message.below():
        for key in ("url", "icon_url"):
            url = str(part.value.get(key, ""))
            if url.startswith("attachment://") and url.removeprefix("attachment://") not in names:
                words = f'The referenced attachment ("{url}") was not found'
                part.note("UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", words, at=key)


def _check_not_empty(
    after: Mapping[str, Any], uploads: Sequence[Upload], *, is_layout: bool
) -> None:
    shown = [after.get("components")]
    if not is_layout:
        shown += [uploads, str(after.get("content") or "").strip()]
        shown += [after.get(key) for key in ("attachments", "embeds", "poll", "sticker_ids")]
    is_forward = Part(after).part("message_reference").value.get("type") == _FORWARD
    if not (is_forward or any(shown)):
        raise ApiError(400, 50006, "Cannot send an empty message")
