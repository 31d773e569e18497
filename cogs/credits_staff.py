"""`/credits`: what staff decide about credits and limits. Every answer is private."""

import io
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

import discord
from discord import app_commands, ui

from bot.errors import BadChoice, BadTarget, NotPermitted, UnknownStipend, UnknownTier
from bot.policy import MOST
from bot.services import USUAL_DAYS, Audited, AuditPage, Every, Tally
from cogs import _staff_texts as texts
from cogs._answers import is_staff, origin_of, tell
from cogs._cards import ACCENT
from cogs._panels import PanelCog, PanelItem, add_panel, panel, row

if TYPE_CHECKING:
    from cogs._client import ImageBot

_MOST_CREDITS = 1_000_000_000
Amount = app_commands.Range[int, 1, _MOST_CREDITS]
AmountOrNone = app_commands.Range[int, 0, _MOST_CREDITS]
Reason = app_commands.Range[str, 1, 300]
Days = app_commands.Range[int, 1, 366]
PerMinute = app_commands.Range[int, 1, MOST["requests_per_minute"]]
Slots = app_commands.Range[int, 1, MOST["slots"]]
CreditsPerDay = app_commands.Range[int, 0, MOST["credits_per_day"]]
LargestCount = app_commands.Range[int, 0, MOST["largest_count"]]
LargestMegapixels = app_commands.Range[int, 0, MOST["largest_megapixels"]]

PROGRESS_EVERY_S = 3.0
USUAL_PACES = (20, 100, 500)
MOST_CHOICES = 25
_AUDIT = re.compile(r"(?P<page>[0-9]{1,4}|csv):(?P<user>[0-9]{1,19}):(?P<days>[0-9]{1,3})")


class CreditsStaff(PanelCog):
    """Commands for a server's staff about credits."""

    def __init__(self, client: "ImageBot") -> None:
        self._audit = client.services.credits_audit
        self._credits = client.services.staff_credits
        self._grants = client.services.role_grants
        self._stipends = client.services.stipends
        self._treasury = client.services.treasury
        self._upkeep = client.services.upkeep

    # The client hides the commands from others, but only the services' own checks count.
    staff = app_commands.Group(
        name="credits",
        description="Decide about credits and limits",
        guild_only=True,
        default_permissions=discord.Permissions(moderate_members=True),
    )
    stipend = app_commands.Group(
        name="stipend", description="Credits for a role, again and again", parent=staff
    )
    tier = app_commands.Group(name="tier", description="How much a role may do", parent=staff)

    @staff.command()
    @app_commands.describe(user="Who gets them", amount="How many credits", reason="Why")
    async def add(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        amount: Amount,
        reason: Reason,
    ) -> None:
        """Give somebody credits of the server's treasury."""
        await self._change(interaction, user, amount, reason)

    @staff.command()
    @app_commands.describe(user="Who loses them", amount="How many credits", reason="Why")
    async def remove(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        amount: Amount,
        reason: Reason,
    ) -> None:
        """Take credits back into the server's treasury."""
        await self._change(interaction, user, -amount, reason)

    @staff.command(name="set")
    @app_commands.describe(user="Whose credits", amount="What they can spend then", reason="Why")
    async def set_to(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        amount: AmountOrNone,
        reason: Reason,
    ) -> None:
        """Give somebody exactly so many credits to spend."""
        _check_person(user)
        changed = await self._credits.set_to(
            origin_of(interaction), target_id=user.id, amount=amount, reason=reason
        )
        await tell(interaction, texts.changed(user.id, changed, reason))

    @staff.command()
    @app_commands.describe(user="Whose credits", reason="Why")
    async def freeze(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        reason: Reason,
    ) -> None:
        """Let nobody spend, give or receive somebody's credits."""
        await self._freeze(interaction, user, reason, is_frozen=True)

    @staff.command()
    @app_commands.describe(user="Whose credits", reason="Why")
    async def unfreeze(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        reason: Reason,
    ) -> None:
        """Let somebody's credits be spent again."""
        await self._freeze(interaction, user, reason, is_frozen=False)

    @staff.command()
    @app_commands.describe(role="Who gets them", amount="Credits for each of them", reason="Why")
    async def grant(
        self,
        interaction: "discord.Interaction[ImageBot]",
        role: discord.Role,
        amount: Amount,
        reason: Reason,
    ) -> None:
        """Give everybody with a role the same, once."""
        origin = origin_of(interaction)
        if not is_staff(interaction):
            raise NotPermitted
        # Everybody is asked for, one after the other.
        await interaction.response.defer(ephemeral=True, thinking=True)
        tally = await self._grants.grant(
            origin, role_id=role.id, amount=amount, reason=reason, progress=_Teller(interaction)
        )
        await interaction.edit_original_response(content=texts.granted(tally))

    @staff.command()
    async def treasury(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Show what the server can give, and how long it lasts."""
        sheet = await self._treasury.look(origin_of(interaction))
        await tell(interaction, texts.treasury(sheet))

    @staff.command()
    @app_commands.describe(
        user="Whose credits; left out, what staff and the treasury did", days="How far back"
    )
    async def audit(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User | None = None,
        days: Days = USUAL_DAYS,
    ) -> None:
        """Look at everything that moved credits, and who did it."""
        audited = Audited(user.id if user else 0, days)
        page = await self._audit.page(origin_of(interaction), audited)
        layout = _audit_panel(page, origin_of(interaction).server_id)
        await interaction.response.send_message(view=layout, ephemeral=True)

    @stipend.command(name="add")
    @app_commands.describe(
        role="Who gets it", amount="Credits for each of them", every="How often (UTC)"
    )
    async def add_stipend(
        self,
        interaction: "discord.Interaction[ImageBot]",
        role: discord.Role,
        amount: Amount,
        every: Every,
    ) -> None:
        """Pay everybody with a role the same once a day, week or month."""
        stipend = await self._stipends.add(
            origin_of(interaction), role_id=role.id, amount=amount, every=every
        )
        await tell(interaction, texts.stipend_added(stipend))
        await self._upkeep.tick()

    @stipend.command(name="remove")
    @app_commands.describe(stipend="Which one")
    async def remove_stipend(
        self, interaction: "discord.Interaction[ImageBot]", stipend: str
    ) -> None:
        """Pay a stipend no more."""
        origin = origin_of(interaction)
        ended = await self._stipends.remove(origin, _number(stipend, UnknownStipend()))
        await tell(interaction, texts.stipend_removed(ended))

    @stipend.command(name="list")
    async def list_stipends(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Show what is paid, to whom, and when next."""
        await tell(interaction, texts.stipend_list(await self._stipends.of(origin_of(interaction))))

    @tier.command(name="set")
    @app_commands.describe(
        role="Whose limits; @everyone is allowed",
        requests_per_minute="20, 100, 500 or any other number",
        slots="Jobs that run at once; more wait in line",
        credits_per_day="Credits on one day (UTC); 0 is no limit",
        largest_count="Pictures in one request; 0 is no limit",
        largest_megapixels="Size of a picture, 1 is 1024 × 1024; 0 is no limit",
        lane="The best lane they may use",
    )
    @app_commands.rename(
        requests_per_minute="requests-per-minute",
        credits_per_day="credits-per-day",
        largest_count="largest-count",
        largest_megapixels="largest-megapixels",
    )
    async def set_tier(  # noqa: PLR0913 - Discord hands options over as arguments
        self,
        interaction: "discord.Interaction[ImageBot]",
        role: discord.Role,
        requests_per_minute: PerMinute | None = None,
        slots: Slots | None = None,
        credits_per_day: CreditsPerDay | None = None,
        largest_count: LargestCount | None = None,
        largest_megapixels: LargestMegapixels | None = None,
        lane: Literal["fast", "relax"] | None = None,
    ) -> None:
        """Give a role limits of its own; what you leave out stays as it is."""
        said = {
            "requests_per_minute": requests_per_minute,
            "slots": slots,
            "credits_per_day": credits_per_day,
            "largest_count": largest_count,
            "largest_megapixels": largest_megapixels,
            "lane": lane,
        }
        origin = origin_of(interaction)
        changes = {name: value for name, value in said.items() if value is not None}
        tier = await self._credits.set_tier(origin, role.id, changes)
        await tell(interaction, texts.tier_set(role.id, tier, origin.server_id))

    @tier.command(name="remove")
    @app_commands.describe(role="Whose limits")
    async def remove_tier(self, interaction: "discord.Interaction[ImageBot]", role: str) -> None:
        """Take a role's own limits away."""
        origin = origin_of(interaction)
        role_id = _number(role, UnknownTier())
        await self._credits.remove_tier(origin, role_id)
        await tell(interaction, texts.tier_removed(role_id, origin.server_id))

    @tier.command(name="list")
    async def list_tiers(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Show the limits of everybody and of each role that has its own."""
        origin = origin_of(interaction)
        await tell(interaction, texts.tier_list(self._credits.tiers(origin), origin.server_id))

    async def use(
        self, interaction: "discord.Interaction[ImageBot]", what: str, values: Sequence[str]
    ) -> None:
        """Turn to another page of the audit, or send it as a table."""
        del values
        match = _AUDIT.fullmatch(what)
        if match is None:
            raise BadChoice(name="page")
        origin = origin_of(interaction)
        audited = Audited(int(match["user"]), int(match["days"]))
        if match["page"] != "csv":
            page = await self._audit.page(origin, audited, int(match["page"]))
            await interaction.response.edit_message(view=_audit_panel(page, origin.server_id))
            return
        data = await self._audit.file(origin, audited)
        file = discord.File(io.BytesIO(data), f"credits-{audited.user_id or 'server'}.csv")
        await interaction.response.send_message(texts.ENTRIES_FILE, file=file, ephemeral=True)

    async def _change(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        delta: int,
        reason: str,
    ) -> None:
        _check_person(user)
        origin = origin_of(interaction)
        changed = await self._credits.change(origin, target_id=user.id, delta=delta, reason=reason)
        await tell(interaction, texts.changed(user.id, changed, reason))

    async def _freeze(
        self,
        interaction: "discord.Interaction[ImageBot]",
        user: discord.User,
        reason: str,
        *,
        is_frozen: bool,
    ) -> None:
        _check_person(user)
        is_new = await self._credits.freeze(
            origin_of(interaction), target_id=user.id, is_frozen=is_frozen, reason=reason
        )
        words = texts.frozen(user.id, is_frozen=is_frozen, is_new=is_new, reason=reason)
        await tell(interaction, words)

    @remove_stipend.autocomplete("stipend")
    async def _complete_stipend(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        if not is_staff(interaction):
            return []
        found = [
            texts.stipend_choice(stipend, _role_name(interaction.guild, stipend.role_id))
            for stipend in await self._stipends.names(origin_of(interaction))
        ]
        return _matching(found, typed)

    @remove_tier.autocomplete("role")
    async def _complete_role(
        self, interaction: "discord.Interaction[ImageBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        origin = origin_of(interaction)
        if not origin.is_admin:
            return []
        found = [
            app_commands.Choice(
                name=_role_name(interaction.guild, role_id)[:100], value=str(role_id)
            )
            for role_id in self._credits.tiers(origin)
        ]
        return _matching(found, typed)

    @set_tier.autocomplete("requests_per_minute")
    async def _complete_pace(
        self,
        _interaction: "discord.Interaction[ImageBot]",
        _typed: Any,  # noqa: ANN401 - what is typed of a number
    ) -> list[app_commands.Choice[int]]:
        return [app_commands.Choice(name=str(pace), value=pace) for pace in USUAL_PACES]


class _Teller:
    """Tells how far a grant has come, now and then."""

    def __init__(self, interaction: discord.Interaction[Any]) -> None:
        self._interaction = interaction
        self._told_at = time.monotonic()

    async def __call__(self, tally: Tally) -> None:
        if time.monotonic() - self._told_at < PROGRESS_EVERY_S:
            return
        self._told_at = time.monotonic()
        # Nobody may be looking any more; the money goes on all the same.
        with suppress(discord.HTTPException):
            await self._interaction.edit_original_response(content=texts.granting(tally))


def _check_person(user: discord.User | discord.Member) -> None:
    if user.bot:
        raise BadTarget


def _number(typed: str, refusal: Exception) -> int:
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 19):  # noqa: PLR2004 - the digits of an id
        raise refusal
    return int(typed)


def _role_name(guild: discord.Guild | None, role_id: int) -> str:
    role = guild.get_role(role_id) if guild else None
    return role.name if role else f"a role that is gone ({role_id})"


def _matching(
    found: Sequence[app_commands.Choice[str]], typed: str
) -> list[app_commands.Choice[str]]:
    sought = typed.strip().casefold()
    return [choice for choice in found if sought in choice.name.casefold()][:MOST_CHOICES]


def _audit_panel(page: AuditPage, server_id: int) -> ui.LayoutView:
    about = f"{page.audited.user_id}:{page.audited.days}"
    newer = f"v1:audit:{max(0, page.number - 1)}:{about}"
    older = f"v1:audit:{page.number + 1}:{about}"
    buttons = [
        PanelItem.button(newer, texts.NEWER, is_enabled=page.number > 0),
        PanelItem.button(older, texts.OLDER, is_enabled=page.has_older),
        PanelItem.button(f"v1:audit:csv:{about}", texts.AS_CSV),
    ]
    return panel(ui.TextDisplay(texts.audit(page, server_id)), row(*buttons), colour=ACCENT)


async def setup(client: "ImageBot") -> None:
    """Add the cog."""
    await add_panel(client, CreditsStaff(client))
