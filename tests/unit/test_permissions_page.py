"""The page of permissions says what the table says, and the table speaks of everything there is."""

import asyncio

from cogs._buttons import LOOKS
from cogs._mod_buttons import LABELS
from cogs._panels import PANELS
from cogs._permissions import BUTTONS, COMMANDS, of_command
from tests.permissions_page import PAGE, page
from tests.readme_page import read_tree


async def test_page_of_permissions_is_up_to_date():
    text = PAGE.read_text(encoding="utf-8")

    assert await asyncio.to_thread(page) == text, "run python -m tests.permissions_page"


async def test_every_command_is_in_the_table_and_nothing_else():
    there = {one.qualified_name for one in await asyncio.to_thread(read_tree)}

    assert [name for name in there if of_command(name) is None] == []
    for name in COMMANDS:
        assert any(one == name or one.startswith(f"{name} ") for one in there), name


def test_every_button_is_in_the_table():
    panels = {f"panel {name}" for name in PANELS}

    assert {*LOOKS, *LABELS, *panels} <= {*BUTTONS}
