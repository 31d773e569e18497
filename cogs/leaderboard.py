"""`/leaderboard`: who made, received and gave how much, page by page."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui

from bot.errors import BadChoice
from bot.services import Board
from cogs import _credit_texts as texts
from cogs._answers import origin_of
from cogs._cards import ACCENT
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

_BY = "by"
_PAGE = re.compile(r"([a-z]{1,20}):([0-9]{1,6})")
_CHOICES = [app_commands.Choice(name=title, value=by) for by, title in texts.BOARDS.items()]


class Leaderboard(PanelCog):
    """The panel of the leaderboard."""

    def __init__(self, client: "ImageBot") -> None:
        self._board = client.services.leaderboard

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(by="What counts")
    @app_commands.choices(by=_CHOICES)
    async def leaderboard(
        self, interaction: "discord.Interaction[ImageBot]", by: str = "pictures"
    ) -> None:
        """See who is ahead in this server; `/settings` takes you off it."""
        # A month of a large server takes its time.
        await interaction.response.defer(ephemeral=True, thinking=True)
        page = await self._board.page(origin_of(interaction), by)
        await interaction.edit_original_response(view=_panel(page, user_id=interaction.user.id))

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Turn to another page, or to another kind of board."""
        if what == _BY and len(values) == 1:
            by, number = values[0], 0
        else:
            match = _PAGE.fullmatch(what)
            if match is None:
                raise BadChoice(name="page")
            by, number = match[1], int(match[2])
        await interaction.response.defer()
        page = await self._board.page(origin_of(interaction), by, number)
        await interaction.edit_original_response(view=_panel(page, user_id=interaction.user.id))


def _panel(page: Board, *, user_id: int) -> ui.LayoutView:
    options = [
        discord.SelectOption(value=by, label=title, default=by == page.by)
        for by, title in texts.BOARDS.items()
    ]
    items: list[ui.Item[Any]] = [ui.TextDisplay(texts.board(page, user_id=user_id))]
    if page.count > 1:
        before, after = f"v1:board:{page.by}:{max(page.number - 1, 0)}", page.number + 1
        is_last = after == page.count
        items.append(
            row(
                PanelItem.button(before, texts.BEFORE, is_enabled=page.number > 0),
                PanelItem.button(
                    f"v1:board:{page.by}:{after}",
                    texts.AFTER,
                    is_enabled=not is_last,
                ),
            )
        )
    items.append(row(PanelItem.select(f"v1:board:{_BY}", options)))
    return panel(*items, colour=ACCENT)


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, Leaderboard(client))
