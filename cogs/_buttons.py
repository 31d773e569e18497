"""The buttons under a job.

They never die: `custom_id` says which job, the database says all else.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ButtonStyle, ui

from cogs._clicks import Click

if TYPE_CHECKING:
    from cogs._client import ImageBot


@dataclass(frozen=True)
class Look:
    """What a button shows; `{number}` becomes the picture's."""

    label: str | None = None
    emoji: str | None = None
    style: ButtonStyle = ButtonStyle.secondary


LOOKS: Mapping[str, Look] = {
    "cancel": Look("Cancel", style=ButtonStyle.danger),
    "retry": Look("Retry", "🔁"),
    "elsewhere": Look("Retry elsewhere", "🔀"),
    "pick": Look("U{number}"),
    "vary": Look("V{number}"),
    "reroll": Look("Reroll", "🔄"),
    "remix": Look("Remix", "✏️"),
    "final": Look("Render final", "✨"),
    "draw": Look("Imagine this", "🎨"),
    "up_subtle": Look("Upscale (subtle)"),
    "up_creative": Look("Upscale (creative)"),
    "vary_subtle": Look("Vary (subtle)"),
    "vary_strong": Look("Vary (strong)"),
    "zoom_out": Look("Zoom out", "🔍"),
    "pan_left": Look(emoji="⬅️"),
    "pan_right": Look(emoji="➡️"),
    "pan_up": Look(emoji="⬆️"),
    "pan_down": Look(emoji="⬇️"),
    "square": Look("Make square", "🔳"),
    "favourite": Look(emoji="❤️"),
    "info": Look(emoji="ℹ️"),
    "send": Look(emoji="✉️"),
    "delete": Look(emoji="🗑️"),
    "report": Look(emoji="🚩"),
}


_CUSTOM_ID = re.compile(
    rf"v1:(?P<action>{'|'.join(LOOKS)}):(?P<job_id>[0-9]{{1,18}}):(?P<number>[0-4])"
)


def job_of(message: discord.Message, client: discord.Client) -> int | None:
    """Return the job that a message of ours is about, by the buttons under it."""
    if client.user is None or message.author.id != client.user.id:
        return None
    for part in walk(message.components):
        match = _CUSTOM_ID.fullmatch(getattr(part, "custom_id", None) or "")
        if match is not None:
            return int(match["job_id"])
    return None


def walk(components: Iterable[object]) -> Iterator[object]:
    """Yield every component of a message, those inside of others too."""
    for component in components:
        yield component
        yield from walk(getattr(component, "children", ()))


class JobButton(
    Click,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=_CUSTOM_ID,
):
    """One action on one job; `number` is the picture, or 0 for the whole job."""

    @classmethod
    def make(cls, action: str, job_id: int, number: int = 0, *, look: Look | None = None) -> Self:
        """Make the button of an action, looking as usual or as a place wants it."""
        look = look or LOOKS[action]
        return cls(
            ui.Button(
                custom_id=f"v1:{action}:{job_id}:{number}",
                label=look.label and look.label.format(number=number),
                emoji=look.emoji,
                style=look.style,
            )
        )

    @property
    def door(self) -> str:
        """The action."""
        return self.custom_id.split(":")[1]

    async def clicked(self, interaction: "discord.Interaction[Any]") -> None:
        """Do what the button says."""
        match = _CUSTOM_ID.fullmatch(self.custom_id)
        assert match is not None, self.custom_id
        client: ImageBot = interaction.client
        await client.press(interaction, match["action"], int(match["job_id"]), int(match["number"]))


class AskButton(
    Click,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"v1:(?P<verdict>yes|no):(?P<ask_id>[0-9]{1,18})",
):
    """The answer to a question that was asked before paying."""

    @classmethod
    def make(cls, verdict: str, ask_id: int, label: str) -> Self:
        """Make the button that says `yes` or `no` to an ask."""
        style = ButtonStyle.primary if verdict == "yes" else ButtonStyle.secondary
        return cls(ui.Button(custom_id=f"v1:{verdict}:{ask_id}", label=label, style=style))

    @property
    def door(self) -> str:
        """The verdict."""
        return self.custom_id.split(":")[1]

    async def clicked(self, interaction: "discord.Interaction[Any]") -> None:
        """Do what was asked about, or nothing."""
        _, verdict, ask_id = self.custom_id.split(":")
        client: ImageBot = interaction.client
        await client.answer_ask(interaction, verdict, int(ask_id))
