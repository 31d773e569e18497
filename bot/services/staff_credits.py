"""What staff do to somebody's credits and limits; every act is written with before and after."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ledger
from bot.db.tables import accounts, staff_actions
from bot.errors import (
    AdministratorsOnly,
    BadAmount,
    NotPermitted,
    OutOfRange,
    OwnCredits,
    TooMuchTaken,
    UnknownTier,
)
from bot.policy import MOST, Tier
from bot.services.accounts import Accounts, is_frozen
from bot.services.members import member_roles
from bot.services.outside import Outside
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.servers import Servers
from bot.services.staff import Deed, StaffLog

NO_LIMIT = 0
"""How staff say that there is no limit, where there need be none."""

MAY_BE_UNLIMITED = ("credits_per_day", "largest_count", "largest_megapixels")


@dataclass(frozen=True)
class Change:
    """What a moderator changed: what could be spent before and after."""

    before: int
    after: int


class StaffCredits:
    """Changes one server's people for its staff.

    Moderators change nobody to their own advantage: their own credits are for administrators.
    """

    def __init__(
        self,
        resources: Resources,
        *,
        accounts: Accounts,
        outside: Outside,
        servers: Servers,
        staff: StaffLog,
    ) -> None:
        self._db = resources.db
        self._accounts = accounts
        self._outside = outside
        self._servers = servers
        self._staff = staff

    async def change(self, origin: Origin, *, target_id: int, delta: int, reason: str) -> Change:
        """Add to a member's credits, or take from anybody's who has an account.

        The same interaction again changes nothing twice.

        Raises:
            NotPermitted, OwnCredits, NotAMember, DiscordSilent, BadAmount, TooMuchTaken,
            TreasuryEmpty: nothing was written.
        """
        check_staff(origin)
        if not 0 < abs(delta) <= ledger.MAX_AMOUNT:
            raise BadAmount(high=ledger.MAX_AMOUNT)
        await self._check_target(origin, target_id, must_be_member=delta > 0)
        action = "credits add" if delta > 0 else "credits remove"
        async with self._db.write() as conn:
            account_id = await self._account(conn, origin, target_id)
            # Read first: it locks the purses, so that a repeat in another process has to wait.
            before = (await ledger.read_funds(conn, account_id)).available
            known = await _known_change(conn, origin)
            if known is not None:
                return known
            deed = Deed(action, target_id=target_id, before=before, reason=reason)
            changed = await self._adjust(conn, origin, account_id, deed, delta)
        self._staff.nudge()
        return changed

    async def set_to(self, origin: Origin, *, target_id: int, amount: int, reason: str) -> Change:
        """Give somebody exactly so many credits to spend; what is held for jobs stays held.

        Raises:
            NotPermitted, OwnCredits, NotAMember, DiscordSilent, OutOfRange, BadAmount,
            TreasuryEmpty: nothing was written.
        """
        check_staff(origin)
        if not 0 <= amount <= ledger.MAX_AMOUNT:
            raise OutOfRange(name="amount", value=amount, low=0, high=ledger.MAX_AMOUNT)
        await self._check_target(origin, target_id, must_be_member=False)
        async with self._db.write() as conn:
            account_id = await self._account(conn, origin, target_id)
            before = (await ledger.read_funds(conn, account_id)).available
            known = await _known_change(conn, origin)
            if known is not None or amount == before:
                return known or Change(before=before, after=before)
            deed = Deed("credits set", target_id=target_id, before=before, reason=reason)
            changed = await self._adjust(conn, origin, account_id, deed, amount - before)
        self._staff.nudge()
        return changed

    async def freeze(self, origin: Origin, *, target_id: int, is_frozen: bool, reason: str) -> bool:
        """Freeze somebody's credits, or free them again; return whether that changed anything.

        Jobs that were accepted before go on, and are paid for.

        Raises:
            NotPermitted, OwnCredits, NotAMember, DiscordSilent: nothing was written.
        """
        check_staff(origin)
        await self._check_target(origin, target_id, must_be_member=False)
        async with self._db.write() as conn:
            account_id = await self._account(conn, origin, target_id)
            is_other = (accounts.c.id == account_id) & (accounts.c.is_frozen != is_frozen)
            changed = await conn.execute(
                accounts.update().where(is_other).values(is_frozen=is_frozen)
            )
            if not changed.rowcount:
                return False
            words = ("free", "frozen") if is_frozen else ("frozen", "free")
            action = "credits freeze" if is_frozen else "credits unfreeze"
            deed = Deed(action, target_id, before=words[0], after=words[1], reason=reason)
            await self._staff.write(conn, origin, deed)
        self._staff.nudge()
        return True

    async def is_frozen(self, origin: Origin, target_id: int) -> bool:
        """Whether somebody's credits are frozen here."""
        async with self._db.read() as conn:
            account_id = await ledger.find_account(
                conn, server_id=origin.server_id, user_id=target_id
            )
            return account_id is not None and await is_frozen(conn, account_id)

    def tiers(self, origin: Origin) -> Mapping[int, Tier]:
        """Return the limits of each role that has its own.

        Raises:
            AdministratorsOnly: somebody else asks.
        """
        check_administrator(origin)
        return self._servers.tiers_of(origin.server_id)

    async def set_tier(self, origin: Origin, role_id: int, changes: Mapping[str, object]) -> Tier:
        """Change limits of a role, from what they are or the usual ones; return all of them.

        `changes` are those of `Tier`; `NO_LIMIT` lifts one that need not be.

        Raises:
            AdministratorsOnly, OutOfRange, BadChoice: nothing was written.
        """
        check_administrator(origin)
        present = self._servers.tiers_of(origin.server_id).get(role_id, Tier())
        tier = replace(present, **_limits(changes)).check()
        await self._write_tier(origin, role_id, tier)
        return tier

    async def remove_tier(self, origin: Origin, role_id: int) -> None:
        """Take a role's own limits away; those of everybody count again.

        Raises:
            AdministratorsOnly, UnknownTier: nothing was written.
        """
        check_administrator(origin)
        if role_id not in self._servers.tiers_of(origin.server_id):
            raise UnknownTier
        await self._write_tier(origin, role_id, None)

    async def _write_tier(self, origin: Origin, role_id: int, tier: Tier | None) -> None:
        async with self._db.write() as conn:
            await self._accounts.check_allowed(conn, origin.server_id)
            before = await self._servers.write_tier(conn, origin.server_id, role_id, tier)
            if before != tier:
                deed = Deed(
                    "tier remove" if tier is None else "tier set",
                    before=_tier_words(before),
                    after=_tier_words(tier),
                    reason=f"for <@&{role_id}>",
                )
                await self._staff.write(conn, origin, deed)
        await self._servers.refresh()
        self._staff.nudge()

    async def _check_target(self, origin: Origin, target_id: int, *, must_be_member: bool) -> None:
        """Refuse who must not be changed; outside any transaction, because Discord is asked."""
        if target_id == origin.user_id and not origin.is_admin:
            raise OwnCredits
        async with self._db.read() as conn:
            known = await ledger.find_account(conn, server_id=origin.server_id, user_id=target_id)
        # Who has left can still be frozen, and is asked for nobody's sake.
        if must_be_member or known is None:
            await member_roles(self._outside, origin.server_id, target_id)

    async def _account(self, conn: AsyncConnection, origin: Origin, target_id: int) -> int:
        return await self._accounts.admit(conn, server_id=origin.server_id, user_id=target_id)

    async def _adjust(
        self, conn: AsyncConnection, origin: Origin, account_id: int, deed: Deed, delta: int
    ) -> Change:
        before = int(str(deed.before))
        if before + delta < 0:
            raise TooMuchTaken(available=before)
        if abs(delta) > ledger.MAX_AMOUNT:
            raise BadAmount(high=ledger.MAX_AMOUNT)
        key = f"staff:{origin.interaction_id}"
        await ledger.adjust(conn, key=key, account_id=account_id, delta=delta)
        after = before + delta
        await self._staff.write(conn, origin, replace(deed, after=after))
        return Change(before=before, after=after)


def check_staff(origin: Origin) -> None:
    """Refuse everybody but a server's staff.

    Raises:
        NotPermitted: it is somebody else.
    """
    if not (origin.is_staff or origin.is_admin):
        raise NotPermitted


def check_administrator(origin: Origin) -> None:
    """Refuse everybody but a server's administrators.

    Raises:
        AdministratorsOnly: it is somebody else.
    """
    if not origin.is_admin:
        raise AdministratorsOnly


async def _known_change(conn: AsyncConnection, origin: Origin) -> Change | None:
    """Return what this very interaction changed before."""
    query = sa.select(staff_actions.c.before, staff_actions.c.after).where(
        staff_actions.c.server_id == origin.server_id,
        staff_actions.c.interaction_id == origin.interaction_id,
    )
    if not await ledger.is_written(conn, f"staff:{origin.interaction_id}"):
        return None
    before, after = (await conn.execute(query)).one()
    return Change(before=int(before), after=int(after))


def _limits(changes: Mapping[str, object]) -> dict[str, object]:
    """Return changes of a tier as it keeps them."""
    assert set(changes) <= {*MOST, "lane"}, changes
    return {
        name: None if value == NO_LIMIT and name in MAY_BE_UNLIMITED else value
        for name, value in changes.items()
    }


def _tier_words(tier: Tier | None) -> str:
    if tier is None:
        return ""
    parts = [f"{name.replace('_', ' ')} {value}" for name, value in tier.limits.items() if value]
    return ", ".join(parts)
