"""Posts: our messages that are about no job's outcome, drawn."""

from collections.abc import Callable, Mapping
from typing import Any

import discord
from discord import ui

from bot.services import Gift, Post, StaffAction
from cogs._credit_texts import gift_news
from cogs._mod_cards import MOD_DRAWINGS
from cogs._staff_texts import deed

Drawn = tuple[ui.LayoutView, list[discord.File]]


def draw_post(post: Post) -> Drawn:
    """Return a post as a message, and what to upload with it; both are single-use."""
    return _DRAWINGS[type(post)](post)


def _deed(action: StaffAction) -> Drawn:
    return _said(deed(action))


def _gift(gift: Gift) -> Drawn:
    return _said(gift_news(gift))


def _said(words: str) -> Drawn:
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.TextDisplay(words))
    return layout, []


_DRAWINGS: Mapping[type[Post], Callable[[Any], Drawn]] = {
    **MOD_DRAWINGS,
    Gift: _gift,
    StaffAction: _deed,
}
