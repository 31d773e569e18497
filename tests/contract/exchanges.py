"""Both sides of an interaction in a test: a person starts it, the plain bot catches it."""

import discord

from bot.sandbox.interactions import Invocation
from bot.sandbox.people import Person
from bot.sandbox.seed import GENERAL_ID
from tests.worlds import PlainBot


async def started(
    bot: PlainBot, person: Person, **options: bool
) -> tuple[Invocation, discord.Interaction]:
    """Let a person run /go in #general."""
    invocation = await person.slash(GENERAL_ID, "go", **options)
    return invocation, await bot.next_interaction()


async def pressed(
    bot: PlainBot, person: Person, message_id: int
) -> tuple[Invocation, discord.Interaction]:
    """Let a person press the button of `with_button`."""
    invocation = await person.press(message_id, "again")
    return invocation, await bot.next_interaction()


def button_view() -> discord.ui.View:
    """Return a view with one button, "again"."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Again", custom_id="again"))
    return view


async def with_button(bot: PlainBot, person: Person) -> int:
    """Let the bot answer /go with a button; return the message's id."""
    invocation, interaction = await started(bot, person)
    await interaction.response.send_message("press", view=button_view())
    assert invocation.message_id is not None
    return invocation.message_id


def texts(person: Person) -> list[str]:
    """Return what a person reads in #general."""
    return [message["content"] for message in person.messages(GENERAL_ID)]


def code_of(caught) -> tuple[int, int]:
    """Return HTTP status and Discord's code of a caught refusal."""
    return caught.value.status, caught.value.code
