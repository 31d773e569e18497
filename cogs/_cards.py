"""A job as a Components V2 message.

Every clickable item is a `JobButton`. That is a rule, not a taste: one plain button in such a
view would unregister the dynamic class for the whole bot.
"""

import io
from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.services import JobView, PictureFile
from cogs import _texts as texts
from cogs._buttons import JobButton

ACCENT = discord.Colour(0x8B7CF6)
ACCENT_DONE = discord.Colour(0x4CAF7A)
ACCENT_FAILED = discord.Colour(0xD9A441)


def card(view: JobView) -> ui.LayoutView:
    """Return a job's card while nothing has come of it yet, or nothing ever will."""
    if view.failure is not None:
        return _failure_card(view)
    if view.action == "pick":
        number, parent = view.parent_picture, view.parent_id
        line = texts.PICKED_WAIT.format(number=number, parent_id=parent)
        return _layout(ACCENT, ui.TextDisplay(line))
    container: list[ui.Item[Any]] = [
        ui.TextDisplay(texts.headline(view)),
        ui.TextDisplay(texts.progress(view)),
        ui.TextDisplay(texts.plan(view)),
    ]
    if not view.is_cancel_requested:
        container.append(_row(JobButton.cancel(view.id)))
    return _layout(ACCENT, *container)


def result(view: JobView, files: Sequence[PictureFile]) -> tuple[ui.LayoutView, list[discord.File]]:
    """Return a finished job and what to upload with it: pictures, facts, what can be done next.

    Both are single-use, so they are made anew for every try.
    """
    attachments = [_attachment(view, file) for file in files]
    gallery = ui.MediaGallery[ui.LayoutView]()
    for attachment in attachments:
        gallery.add_item(media=attachment, description=attachment.description)
    container: list[ui.Item[Any]] = [
        ui.TextDisplay(texts.headline(view)),
        gallery,
        ui.TextDisplay(texts.facts(view, shown=len(files))),
    ]
    buttons = _result_buttons(view, [file.number for file in files])
    if buttons:
        container += [_row(*buttons), ui.TextDisplay(f"-# {texts.prices(view)}")]
    container.append(ui.TextDisplay(f"-# {view.label}"))
    return _layout(ACCENT_DONE, *container), attachments


def _attachment(view: JobView, file: PictureFile) -> discord.File:
    description = texts.alt_text(view, file.number)
    return discord.File(io.BytesIO(file.data), filename=file.name, description=description)


def _failure_card(view: JobView) -> ui.LayoutView:
    container: list[ui.Item[Any]] = [
        ui.TextDisplay(texts.headline(view)),
        ui.TextDisplay(texts.failure(view)),
        ui.TextDisplay(texts.plan(view)),
    ]
    if view.retry_price is not None:
        container.append(_row(JobButton.retry(view.id)))
        container.append(ui.TextDisplay(f"-# Retry {view.retry_price}"))
    return _layout(ACCENT_FAILED, *container)


def _result_buttons(view: JobView, numbers: Sequence[int]) -> list[JobButton]:
    buttons: list[JobButton] = []
    if len(view.pictures) > 1:
        buttons += [JobButton.pick(view.id, number) for number in numbers]
    if view.reroll_price is not None and view.action != "pick":
        buttons.append(JobButton.reroll(view.id))
    return buttons


def _row(*buttons: JobButton) -> ui.ActionRow[Any]:
    row = ui.ActionRow[Any]()
    for button in buttons:
        row.add_item(button)
    return row


def _layout(colour: discord.Colour, *items: ui.Item[Any]) -> ui.LayoutView:
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.Container(*items, accent_colour=colour))
    return layout
