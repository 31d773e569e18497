"""Pages: turning through a long list, with nothing remembered but what the buttons say."""

import re
from typing import Any

from discord import ui

from bot.errors import BadChoice
from bot.services import HistoryPage, Looked, Turn
from cogs import _mine as texts
from cogs._cards import ACCENT
from cogs._panels import PanelItem, panel, row

LONGEST_QUERY = 32
"""Of the 100 characters of a `custom_id`, what is left for the words looked for: a character may
count as two."""

_TURN = re.compile(r"([no]):([0-9]{1,18}):([am]):(.*)", re.DOTALL)


def history_panel(page: HistoryPage) -> ui.LayoutView:
    """Return a page of the history, with buttons to its neighbours where there are any."""
    items: list[ui.Item[Any]] = [ui.TextDisplay(texts.history(page))]
    if page.has_newer or page.has_older:
        newest, oldest = page.lines[0].id, page.lines[-1].id
        newer = _turn_id(page.looked, Turn(newest, is_newer=True))
        older = _turn_id(page.looked, Turn(oldest, is_newer=False))
        items.append(
            row(
                PanelItem.button(newer, texts.NEWER, is_enabled=page.has_newer),
                PanelItem.button(older, texts.OLDER, is_enabled=page.has_older),
            )
        )
    return panel(*items, colour=ACCENT)


def read_turn(what: str) -> tuple[Looked, Turn]:
    """Return what a button turns to.

    Raises:
        BadChoice: nobody made such a button.
    """
    match = _TURN.fullmatch(what)
    if match is None:
        raise BadChoice(name="page")
    looked = Looked(match[4], is_favourite=match[3] == "m")
    return looked, Turn(int(match[2]), is_newer=match[1] == "n")


def _turn_id(looked: Looked, turn: Turn) -> str:
    way = "n" if turn.is_newer else "o"
    which = "m" if looked.is_favourite else "a"
    return f"v1:hist:{way}:{turn.job_id}:{which}:{looked.text}"
