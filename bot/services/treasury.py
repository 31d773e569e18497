"""The treasury as staff see it: what is in it, what flows through it, and how long it lasts."""

from dataclasses import dataclass
from datetime import datetime

from bot import ledger
from bot.services.accounts import Accounts
from bot.services.days import PACE_OVER, month_start, next_month
from bot.services.requests import Origin
from bot.services.resources import Resources
from bot.services.staff_credits import check_staff
from bot.services.stipends import Stipends


@dataclass(frozen=True)
class TreasurySheet:
    """A server's treasury; amounts are credits, `given` and `captured` those of this month (UTC).

    `a_day` is how much less there is each day at the pace of the last seven, and `lasts_days` how
    long the balance lasts at it; None when it does not shrink.
    """

    balance: int
    given: int
    captured: int
    held: int
    a_day: int
    lasts_days: int | None
    filled_at: datetime
    filled_with: int
    stipends_a_month: int


class Treasury:
    """Looks into servers' treasuries."""

    def __init__(self, resources: Resources, *, accounts: Accounts, stipends: Stipends) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._accounts = accounts
        self._stipends = stipends

    async def look(self, origin: Origin) -> TreasurySheet:
        """Return how the treasury of the server is.

        Raises:
            NotPermitted, ServerNotAllowed: nothing was looked at.
        """
        check_staff(origin)
        now, server_id = self._clock(), origin.server_id
        async with self._db.write() as conn:
            await self._accounts.admit_server(conn, server_id)
        async with self._db.read() as conn:
            balance = await ledger.read_treasury(conn, server_id)
            began = await ledger.last_before(conn, month_start(now))
            month = await ledger.treasury_flow(conn, server_id, after=began)
            began = await ledger.last_before(conn, now - PACE_OVER)
            week = await ledger.treasury_flow(conn, server_id, after=began)
            a_day = max(0, round((week.given - week.captured) / PACE_OVER.days))
            sheets = await self._stipends.sheets(conn, server_id)
            return TreasurySheet(
                balance=balance,
                given=month.given,
                captured=month.captured,
                held=await ledger.held_in(conn, server_id),
                a_day=a_day,
                lasts_days=balance // a_day if a_day else None,
                filled_at=next_month(now),
                filled_with=await self._accounts.monthly_share(conn),
                stipends_a_month=sum(sheet.monthly for sheet in sheets),
            )
