"""A job as a Components V2 message.

Every clickable item is a `JobButton`. That is a rule, not a taste: one plain button in such a
view would unregister the dynamic class for the whole bot.
"""

import io
from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.services import FOLLOWUPS, JobView, PictureFile
from cogs import _texts as texts
from cogs._buttons import JobButton, Look

ACCENT = discord.Colour(0x8B7CF6)
ACCENT_DONE = discord.Colour(0x4CAF7A)
ACCENT_FAILED = discord.Colour(0xD9A441)

_STARTS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"RIFF": "webp"}


def draw(view: JobView, files: Sequence[PictureFile]) -> tuple[ui.LayoutView, list[discord.File]]:
    """Return a job as it stands, and what to upload with it."""
    if files or (view.answer is not None and view.failure is None):
        return result(view, files)
    preview = _preview(view)
    return card(view, preview), [preview] if preview else []


def card(view: JobView, preview: discord.File | None = None) -> ui.LayoutView:
    """Return a job's card while nothing has come of it yet, or nothing ever will.

    `preview` is what the picture looks like by now; it is uploaded with the card.
    """
    if view.failure is not None:
        return _failure_card(view)
    bringing = texts.bringing(view)
    if bringing is not None:
        return _layout(ACCENT, ui.TextDisplay(bringing))
    container: list[ui.Item[Any]] = [
        ui.TextDisplay(texts.headline(view)),
        ui.TextDisplay(texts.progress(view)),
    ]
    if preview is not None:
        gallery = ui.MediaGallery[ui.LayoutView]()
        gallery.add_item(media=preview, description=texts.PREVIEW, spoiler=view.is_spoiler)
        container.append(gallery)
    container.append(ui.TextDisplay(texts.plan(view)))
    if not view.is_cancel_requested:
        container.append(_row(JobButton.make("cancel", view.id)))
    return _layout(ACCENT, *container)


def result(
    view: JobView, files: Sequence[PictureFile], *, has_buttons: bool = True
) -> tuple[ui.LayoutView, list[discord.File]]:
    """Return a finished job and what to upload with it: pictures, facts, what can be done next.

    Both are single-use, so they are made anew for every try.
    """
    attachments = [_attachment(view, file) for file in files]
    is_words = view.answer is not None
    container = _told(view, attachments) if is_words else _shown(view, attachments)
    container.append(ui.TextDisplay(texts.facts(view, shown=1 if is_words else len(files))))
    hidden = view.adults.difference(file.number for file in files)
    if hidden:
        container.append(ui.TextDisplay(texts.hidden(view, len(hidden))))
    rows = _result_rows(view, [file.number for file in files]) if has_buttons else []
    if rows:
        container += [*rows, ui.TextDisplay(f"-# {texts.prices(view)}")]
    container.append(ui.TextDisplay(f"-# {view.label}"))
    return _layout(ACCENT_DONE, *container), attachments


def compact(
    view: JobView, files: Sequence[PictureFile]
) -> tuple[ui.LayoutView, list[discord.File]]:
    """Return finished pictures as they stand elsewhere: who made them with what, and where."""
    attachments = [_attachment(view, file) for file in files]
    container = _shown(view, attachments)
    container.append(ui.TextDisplay(texts.elsewhere(view)))
    number = files[0].number if len(view.pictures) == 1 else 0
    container.append(_row(JobButton.make("report", view.id, number)))
    container.append(ui.TextDisplay(f"-# {view.label}"))
    return _layout(ACCENT_DONE, *container), attachments


def choice(view: JobView, action: str) -> ui.LayoutView:
    """Return the question which of a job's pictures an action is meant for."""
    looks = [(picture.number, Look(str(picture.number))) for picture in view.pictures]
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.TextDisplay(texts.WHICH_PICTURE))
    buttons = (JobButton.make(action, view.id, number, look=look) for number, look in looks)
    layout.add_item(_row(*buttons))
    return layout


def _shown(view: JobView, attachments: Sequence[discord.File]) -> list[ui.Item[Any]]:
    """Return the pictures of a job."""
    gallery = ui.MediaGallery[ui.LayoutView]()
    for attachment in attachments:
        description = attachment.description
        gallery.add_item(media=attachment, description=description, spoiler=view.is_spoiler)
    return [ui.TextDisplay(texts.headline(view)), gallery]


def _told(view: JobView, attachments: Sequence[discord.File]) -> list[ui.Item[Any]]:
    """Return the words of a job, below the picture that they describe if there is one."""
    headline: ui.Item[Any] = ui.TextDisplay(texts.headline(view))
    for described in attachments:
        # Not beside the words: on a phone those would be a narrow column.
        thumbnail = ui.Thumbnail[ui.LayoutView](
            described, description=described.description, spoiler=view.is_spoiler
        )
        headline = ui.Section[ui.LayoutView](headline, accessory=thumbnail)
    return [headline, ui.TextDisplay(texts.answer(view))]


def _preview(view: JobView) -> discord.File | None:
    if view.preview is None or view.failure is not None:
        return None
    extension = next(
        (ext for start, ext in _STARTS.items() if view.preview.startswith(start)), None
    )
    if extension is None:
        return None
    # A name of its own each time, or the page shows the one it remembers.
    name = f"preview-{view.id}-{view.percent or 0}.{extension}"
    return discord.File(io.BytesIO(view.preview), filename=name, description=texts.PREVIEW)


def _attachment(view: JobView, file: PictureFile) -> discord.File:
    description = texts.alt_text(view, file.number)
    return discord.File(io.BytesIO(file.data), filename=file.name, description=description)


def _failure_card(view: JobView) -> ui.LayoutView:
    container: list[ui.Item[Any]] = [
        ui.TextDisplay(texts.headline(view)),
        ui.TextDisplay(texts.failure(view)),
        ui.TextDisplay(texts.plan(view)),
    ]
    if "retry" in view.prices:
        container.append(_row(*_offered(view, "retry", "elsewhere")))
        container.append(ui.TextDisplay(f"-# {texts.prices(view)}"))
    return _layout(ACCENT_FAILED, *container)


def _result_rows(view: JobView, numbers: Sequence[int]) -> list[ui.ActionRow[Any]]:
    """Return the buttons that somebody can serve, in rows that mean something."""
    if view.answer is not None:
        return _rows(_offered(view, "draw", "reroll"), _always(view)[1:])
    if view.is_compact:
        return _compact_rows(view, numbers)
    if len(view.pictures) > 1:
        picks = [JobButton.make("pick", view.id, number) for number in numbers]
        varies = [JobButton.make("vary", view.id, number) for number in numbers]
        return _rows(
            picks + _offered(view, "reroll"),
            (varies if "vary" in view.prices else []) + _offered(view, "remix"),
            _offered(view, "final"),
            _always(view),
        )
    return _rows(
        _offered(view, "up_subtle", "up_creative", "vary_subtle", "vary_strong"),
        _offered(view, "zoom_out", "pan_left", "pan_right", "pan_up", "pan_down"),
        _offered(view, "square", "reroll", "remix", "final"),
        _always(view),
    )


def _compact_rows(view: JobView, numbers: Sequence[int]) -> list[ui.ActionRow[Any]]:
    """Return one row; whatever else can be done is in the menu of the message."""
    picks = [JobButton.make("pick", view.id, number) for number in numbers]
    return _rows((picks if len(numbers) > 1 else []) + _offered(view, "up_subtle", "reroll"))


def _always(view: JobView) -> list[JobButton]:
    number = view.pictures[0].number if len(view.pictures) == 1 else 0
    return [
        JobButton.make("favourite", view.id, number),
        *(JobButton.make(action, view.id) for action in ("info", "send", "delete")),
        JobButton.make("report", view.id, number),
    ]


def _offered(view: JobView, *actions: str) -> list[JobButton]:
    return [
        JobButton.make(action, view.id, view.pictures[0].number if action in FOLLOWUPS else 0)
        for action in actions
        if action in view.prices
    ]


def _rows(*rows: Sequence[JobButton]) -> list[ui.ActionRow[Any]]:
    return [_row(*buttons) for buttons in rows if buttons]


def _row(*buttons: JobButton) -> ui.ActionRow[Any]:
    row = ui.ActionRow[Any]()
    for button in buttons:
        row.add_item(button)
    return row


def _layout(colour: discord.Colour, *items: ui.Item[Any]) -> ui.LayoutView:
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.Container(*items, accent_colour=colour))
    return layout
