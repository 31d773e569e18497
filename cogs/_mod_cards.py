"""Reports, appeals and notices as messages. Every clickable item is a `DynamicItem`."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import discord
from discord import ui

from bot.services import (
    AppealCard,
    AppealOutcome,
    DocketPage,
    FeedPost,
    Post,
    RecordPage,
    ReportCard,
    ReportOutcome,
    SanctionNotice,
    Showing,
)
from cogs import _mod_texts as texts
from cogs._cards import ACCENT, ACCENT_DONE, ACCENT_FAILED, compact, result
from cogs._mod_buttons import FOR_REPORTS, ModButton
from cogs._panels import PanelItem

Drawn = tuple[ui.LayoutView, list[discord.File]]


def record_panel(page: RecordPage) -> ui.LayoutView:
    """Return a page of somebody's history."""
    items: list[ui.Item[Any]] = [ui.TextDisplay(texts.record_page(page))]
    if page.pages > 1:
        items.append(_turns(f"rec:{page.user_id}", page.page, page.pages, texts.NEWER, texts.OLDER))
    return _layout(ACCENT, items)


def queue_panel(page: DocketPage) -> ui.LayoutView:
    """Return a page of what waits for a decision, each with its buttons."""
    items: list[ui.Item[Any]] = [ui.TextDisplay(texts.queue_head(page))]
    for card in page.cards:
        if isinstance(card, ReportCard):
            items += [ui.TextDisplay(texts.queue_report(card)), *_case_rows(card)]
        else:
            items += [ui.TextDisplay(texts.queue_appeal(card)), _appeal_row(card)]
    if page.pages > 1:
        items.append(_turns("queue", page.page, page.pages, texts.BEFORE, texts.NEXT))
    return _layout(ACCENT, items)


def _report(card: ReportCard) -> Drawn:
    items: list[ui.Item[Any]] = [
        ui.TextDisplay(texts.report_head(card)),
        ui.TextDisplay(texts.report_words(card)),
    ]
    files: list[discord.File] = []
    if card.picture is not None:
        # Staff look at it when they want to, not whenever they pass by.
        files = [
            discord.File(
                io.BytesIO(card.picture.data),
                filename=card.picture.name,
                spoiler=True,
                description="The reported picture",
            )
        ]
        gallery = ui.MediaGallery[ui.LayoutView]()
        gallery.add_item(media=files[0], description="The reported picture", spoiler=True)
        items.append(gallery)
    elif card.view.answer is None:
        items.append(ui.TextDisplay(texts.NOT_SHOWN))
    items.append(ui.TextDisplay(texts.report_lines(card)))
    items.append(ui.TextDisplay(texts.record(card.view.user_id, card.record)))
    if card.is_open:
        return _layout(ACCENT_FAILED, [*items, *_case_rows(card)]), files
    items.append(ui.TextDisplay(texts.report_outcome(card)))
    items.append(_row(ModButton.make("history", card.id)))
    return _layout(ACCENT_DONE, items), files


def _case_rows(card: ReportCard) -> list[ui.ActionRow[Any]]:
    return [
        _row(*(ModButton.make(action, card.id) for action in FOR_REPORTS)),
        _row(ModButton.make("history", card.id)),
    ]


def _appeal(card: AppealCard) -> Drawn:
    items: list[ui.Item[Any]] = [ui.TextDisplay(texts.appeal(card))]
    if card.is_open:
        items.append(_appeal_row(card))
    return _layout(ACCENT_FAILED if card.is_open else ACCENT_DONE, items), []


def _appeal_row(card: AppealCard) -> ui.ActionRow[Any]:
    return _row(*(ModButton.make(action, card.sanction.id) for action in ("grant", "deny")))


def _notice(told: SanctionNotice) -> Drawn:
    items: list[ui.Item[Any]] = [ui.TextDisplay(texts.notice(told))]
    if not told.is_lifted:
        ack = ["ack"] if told.sanction.kind == "warn" else []
        actions = (*ack, "appeal")
        items.append(_row(*(ModButton.make(action, told.sanction.id) for action in actions)))
    return _layout(ACCENT_DONE if told.is_lifted else ACCENT_FAILED, items), []


def _reporter(told: ReportOutcome) -> Drawn:
    return _layout(ACCENT_DONE, [ui.TextDisplay(texts.reporter(told))]), []


def _appellant(told: AppealOutcome) -> Drawn:
    is_granted = told.card.status == "granted"
    colour = ACCENT_DONE if is_granted else ACCENT_FAILED
    return _layout(colour, [ui.TextDisplay(texts.appellant(told.card))]), []


def _feed(post: FeedPost) -> Drawn:
    return compact(post.view, post.files)


def _showing(post: Showing) -> Drawn:
    return result(post.view, post.files)


MOD_DRAWINGS: Mapping[type[Post], Callable[[Any], Drawn]] = {
    AppealCard: _appeal,
    AppealOutcome: _appellant,
    FeedPost: _feed,
    ReportCard: _report,
    ReportOutcome: _reporter,
    SanctionNotice: _notice,
    Showing: _showing,
}
"""How each post of moderation is drawn."""


def _turns(what: str, page: int, pages: int, back: str, on: str) -> ui.ActionRow[Any]:
    """Return the buttons to the neighbouring pages."""
    return _row(
        PanelItem.button(f"v1:modpage:{what}:{max(page - 1, 0)}:b", back, is_enabled=page > 0),
        PanelItem.button(f"v1:modpage:{what}:{page + 1}:f", on, is_enabled=page + 1 < pages),
    )


def _row(*items: ModButton | PanelItem) -> ui.ActionRow[Any]:
    row = ui.ActionRow[Any]()
    for item in items:
        row.add_item(item)
    return row


def _layout(colour: discord.Colour, items: list[ui.Item[Any]]) -> ui.LayoutView:
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.Container(*items, accent_colour=colour))
    return layout
