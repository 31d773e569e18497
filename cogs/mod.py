"""Moderation: `/mod`, the buttons under reports and appeals, and the forms that they open."""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import discord
from discord import app_commands

from bot.errors import BadChoice, Untouchable
from bot.services import (
    LONGEST_REASON,
    MOST_POINTS,
    Complaint,
    Decision,
    Penalty,
    Takeaway,
    read_duration,
)
from cogs import _mod_texts as texts
from cogs._answers import is_hidden, job_number, origin_of, pressed_by, tell
from cogs._doors import check_button
from cogs._errors import report
from cogs._mod_buttons import ModButton
from cogs._mod_cards import queue_panel, record_panel
from cogs._mod_forms import answer_form, appeal_form, penalty_form, read_form, removal_form
from cogs._panels import PanelCog, add_panel

if TYPE_CHECKING:
    from cogs._client import ImageBot

Reason = app_commands.Range[str, 1, LONGEST_REASON]
Points = app_commands.Range[int, 1, MOST_POINTS]
Number = app_commands.Range[int, 1, 10]
Pressed = Callable[["discord.Interaction[ImageBot]", str, int], Coroutine[Any, Any, None]]
Filled = Callable[
    ["discord.Interaction[ImageBot]", str, tuple[int, int], Mapping[str, str]],
    Coroutine[Any, Any, None],
]

_ABOUT = {
    "user": "Whom it is about",
    "reason": "Why; the person reads it",
    "points": "How much it weighs; enough points suspend by themselves",
    "duration": "How long, as in 12h, 3d or 2w",
}
_C = TypeVar("_C", bound=Callable[..., Any])
_PAGE = re.compile(
    r"(?:rec:(?P<user>[0-9]{1,19}):(?P<page>[0-9]{1,6})|queue:(?P<queue>[0-9]{1,6})):.*"
)


def _describe(*names: str) -> Callable[[_C], _C]:
    """Describe options that mean the same in several commands."""
    return app_commands.describe(**{name: _ABOUT[name] for name in names})


class Mod(PanelCog):
    """What staff do about people and pictures, and what those answer."""

    def __init__(self, client: "ImageBot") -> None:
        services = client.services
        self._appeals = services.appeals
        self._docket = services.docket
        self._moderation = services.moderation
        self._removal = services.removal
        self._reports = services.reports
        self._presses: Mapping[str, Pressed] = {
            "remove": self._press_removal,
            "dismiss": self._press_dismiss,
            "warn": self._press_penalty,
            "suspend": self._press_penalty,
            "ban": self._press_penalty,
            "history": self._press_history,
            "ack": self._press_ack,
            "appeal": self._press_appeal,
            "grant": self._press_answer,
            "deny": self._press_answer,
        }
        self._forms: Mapping[str, Filled] = {
            "report": self._send_report,
            "remove": self._send_removal,
            "warn": self._send_penalty,
            "suspend": self._send_penalty,
            "ban": self._send_penalty,
            "appeal": self._send_appeal,
            "grant": self._send_answer,
            "deny": self._send_answer,
        }

    mod = app_commands.Group(
        name="mod",
        description="Moderate people and their pictures",
        guild_only=True,
        default_permissions=discord.Permissions(moderate_members=True),
    )

    @mod.command()
    @_describe("user", "reason", "points")
    async def warn(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        reason: Reason,
        points: Points = 1,
    ) -> None:
        """Warn somebody, who must say that they read it before they make anything."""
        await self._punish(interaction, user, Penalty("warn", user.id, reason, points=points))

    @mod.command()
    @_describe("user", "reason", "duration")
    async def suspend(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        duration: str,
        reason: Reason,
    ) -> None:
        """Keep somebody from making anything for a while."""
        penalty = Penalty("suspend", user.id, reason, duration=read_duration(duration))
        await self._punish(interaction, user, penalty)

    @mod.command()
    @_describe("user", "reason", "duration")
    async def ban(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        reason: Reason,
        duration: str = "",
    ) -> None:
        """Keep somebody from making anything, for good or for a while."""
        length = read_duration(duration) if duration else None
        await self._punish(interaction, user, Penalty("ban", user.id, reason, duration=length))

    @mod.command()
    @_describe("user", "reason")
    async def unban(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        reason: Reason = "",
    ) -> None:
        """End somebody's ban or suspension."""
        await self._moderation.lift(origin_of(interaction), user.id, reason)
        await tell(interaction, texts.lifted(user.id))

    @mod.command()
    @app_commands.describe(user="Whom it is about", words="What staff should know; they do not")
    async def note(
        self, interaction: "discord.Interaction[ImageBot]", user: discord.User, words: Reason
    ) -> None:
        """Write something into somebody's history, for staff alone."""
        await self._punish(interaction, user, Penalty("note", user.id, words))

    @mod.command()
    @app_commands.describe(user="Whom it is about")
    async def history(
        self, interaction: "discord.Interaction[ImageBot]", user: discord.User
    ) -> None:
        """Show what is known of somebody, and what was done about them."""
        await self.show_history(interaction, user.id)

    @mod.command()
    @app_commands.describe(
        job_id="The number under the picture, as in #12",
        number="Which of its pictures; all without it",
        refund="Give the credits back",
        reason="Why",
    )
    async def remove(
        self,
        interaction: "discord.Interaction[ImageBot]",
        job_id: str,
        number: Number | None = None,
        refund: bool = False,  # noqa: FBT001, FBT002 - an option of the command
        reason: Reason = "",
    ) -> None:
        """Take a picture away, wherever it is shown."""
        takeaway = Takeaway(job_number(job_id), number, reason, refunds=refund)
        taken = await self._removal.remove(origin_of(interaction), takeaway)
        await tell(interaction, texts.taken(taken))

    @mod.command()
    async def queue(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Show the reports and appeals that wait for a decision, the oldest first."""
        page = await self._docket.page(origin_of(interaction))
        await interaction.response.send_message(view=queue_panel(page), ephemeral=True)

    @suspend.autocomplete("duration")
    @ban.autocomplete("duration")
    async def _complete_duration(
        self, _interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        known = [one for one in texts.DURATIONS if one.startswith(typed.strip().casefold())]
        return [app_commands.Choice(name=one, value=one) for one in known]

    async def show_history(
        self, interaction: "discord.Interaction[ImageBot]", user_id: int
    ) -> None:
        """Answer with the first page of somebody's history."""
        page = await self._moderation.record(origin_of(interaction), user_id)
        await interaction.response.send_message(view=record_panel(page), ephemeral=True)

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Turn to another page of a history or of the queue."""
        del values
        origin = origin_of(interaction)
        match = _PAGE.fullmatch(what)
        if match is None:
            raise BadChoice(name="page")
        if match["queue"] is not None:
            page = await self._docket.page(origin, int(match["queue"]))
            await interaction.response.edit_message(view=queue_panel(page))
        else:
            record = await self._moderation.record(origin, int(match["user"]), int(match["page"]))
            await interaction.response.edit_message(view=record_panel(record))

    async def press(
        self, interaction: "discord.Interaction[ImageBot]", action: str, about_id: int
    ) -> None:
        """Do what a button says."""
        await self._presses[action](interaction, action, about_id)

    @PanelCog.listener()
    async def on_interaction(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Take forms that were sent, also those that an earlier process opened."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        sent = read_form(interaction)
        if sent is None:
            return
        action, about_id, number, fields = sent
        try:
            if action not in self._forms:
                raise BadChoice(name="form")  # noqa: TRY301 - told like all else
            await check_button(interaction, action)
            await self._forms[action](interaction, action, (about_id, number), fields)
        except Exception as error:  # noqa: BLE001 - handed to the one place that knows the words
            await report(interaction, error)

    async def _punish(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        penalty: Penalty,
    ) -> None:
        if user.bot:
            raise Untouchable(why="bot")
        done = await self._moderation.punish(origin_of(interaction), penalty)
        await tell(interaction, texts.punished(done))

    async def _press_dismiss(
        self, interaction: "discord.Interaction[ImageBot]", _action: str, report_id: int
    ) -> None:
        await self._decide(interaction, report_id, Decision("dismiss"))

    async def _press_removal(
        self, interaction: "discord.Interaction[ImageBot]", _action: str, report_id: int
    ) -> None:
        await self._reports.check_open(origin_of(interaction), report_id)
        await interaction.response.send_modal(removal_form(report_id, interaction.user.id))

    async def _press_penalty(
        self, interaction: "discord.Interaction[ImageBot]", action: str, report_id: int
    ) -> None:
        await self._reports.check_open(origin_of(interaction), report_id)
        form = penalty_form(action, report_id, interaction.user.id)
        await interaction.response.send_modal(form)

    async def _press_history(
        self, interaction: "discord.Interaction[ImageBot]", _action: str, report_id: int
    ) -> None:
        user_id = await self._reports.owner_of(origin_of(interaction), report_id)
        await self.show_history(interaction, user_id)

    async def _press_ack(
        self, interaction: "discord.Interaction[ImageBot]", _action: str, sanction_id: int
    ) -> None:
        await self._moderation.acknowledge(interaction.user.id, sanction_id)
        if is_hidden(interaction) and interaction.message is not None:
            await interaction.response.edit_message(content=texts.THANKS, view=None)
        else:
            await tell(interaction, texts.THANKS)

    async def _press_appeal(
        self, interaction: "discord.Interaction[ImageBot]", _action: str, sanction_id: int
    ) -> None:
        await self._appeals.check_new(interaction.user.id, sanction_id)
        await interaction.response.send_modal(appeal_form(sanction_id, interaction.user.id))

    async def _press_answer(
        self, interaction: "discord.Interaction[ImageBot]", action: str, sanction_id: int
    ) -> None:
        await self._appeals.check_open(origin_of(interaction), sanction_id)
        form = answer_form(action, sanction_id, interaction.user.id)
        await interaction.response.send_modal(form)

    async def _send_report(
        self,
        interaction: "discord.Interaction[ImageBot]",
        _action: str,
        about: tuple[int, int],
        fields: Mapping[str, str],
    ) -> None:
        job_id, number = about
        complaint = Complaint(job_id, number, fields.get("reason", ""), fields.get("note", ""))
        await self._reports.file(await pressed_by(interaction, job_id), complaint)
        await tell(interaction, texts.REPORTED)

    async def _send_removal(
        self,
        interaction: "discord.Interaction[ImageBot]",
        _action: str,
        about: tuple[int, int],
        fields: Mapping[str, str],
    ) -> None:
        reason = fields.get("reason", "").strip()[:LONGEST_REASON]
        refunds = fields.get("picture") == "refund"
        await self._decide(interaction, about[0], Decision("remove", reason, refunds=refunds))

    async def _send_penalty(
        self,
        interaction: "discord.Interaction[ImageBot]",
        action: str,
        about: tuple[int, int],
        fields: Mapping[str, str],
    ) -> None:
        reason, typed = (fields.get(name, "").strip() for name in ("reason", "duration"))
        picture = fields.get("picture", "keep")
        if not reason:
            # No form of ours is sent without.
            raise BadChoice(name="reason")
        kind: Literal["warn", "suspend", "ban"] = (
            "warn" if action == "warn" else "suspend" if action == "suspend" else "ban"
        )
        # A suspension without an end would be a ban.
        needs = kind == "suspend" or (kind == "ban" and typed)
        decision = Decision(
            kind,
            reason=reason[:LONGEST_REASON],
            duration=read_duration(typed) if needs else None,
            removes=picture != "keep",
            refunds=picture == "refund",
        )
        await self._decide(interaction, about[0], decision)

    async def _decide(
        self, interaction: "discord.Interaction[ImageBot]", report_id: int, decision: Decision
    ) -> None:
        done = await self._reports.decide(origin_of(interaction), report_id, decision)
        await tell(interaction, texts.decided(done))

    async def _send_appeal(
        self,
        interaction: "discord.Interaction[ImageBot]",
        _action: str,
        about: tuple[int, int],
        fields: Mapping[str, str],
    ) -> None:
        await self._appeals.file(interaction.user.id, about[0], fields.get("words", ""))
        await tell(interaction, texts.APPEALED)

    async def _send_answer(
        self,
        interaction: "discord.Interaction[ImageBot]",
        action: str,
        about: tuple[int, int],
        fields: Mapping[str, str],
    ) -> None:
        is_granted, words = action == "grant", fields.get("words", "")
        origin = origin_of(interaction)
        await self._appeals.decide(origin, about[0], is_granted=is_granted, outcome=words)
        await tell(interaction, texts.GRANTED if is_granted else texts.DENIED)


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    client.add_dynamic_items(ModButton)
    await add_panel(client, Mod(client))
