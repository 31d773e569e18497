"""Payroll: granting the same amount to many people, each at most once whoever tries again."""

from typing import Literal

from bot import ledger
from bot.errors import TreasuryEmpty
from bot.services.accounts import Accounts, is_frozen
from bot.services.resources import Resources

Payment = Literal["paid", "known", "frozen", "unfunded"]
"""What came of one payment; `known` was paid before, `unfunded` may be tried again."""


class Payroll:
    """Pays people out of their server's treasury, one transaction for each of them."""

    def __init__(self, resources: Resources, accounts: Accounts) -> None:
        self._db = resources.db
        self._accounts = accounts

    async def pay(self, *, server_id: int, user_id: int, prefix: str, amount: int) -> Payment:
        """Grant once under the key `{prefix}:{account}`; cut off anywhere, it may be repeated.

        Raises:
            ServerNotAllowed: nothing was written.
        """
        async with self._db.write() as conn:
            account_id = await self._accounts.admit(conn, server_id=server_id, user_id=user_id)
            key = f"{prefix}:{account_id}"
            if await ledger.is_written(conn, key):
                return "known"
            if await is_frozen(conn, account_id):
                return "frozen"
            try:
                await ledger.grant(
                    conn, key=key, account_id=account_id, purse="granted", amount=amount
                )
            except TreasuryEmpty:
                return "unfunded"
        return "paid"
