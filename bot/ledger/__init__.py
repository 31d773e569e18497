"""Money: double entry, whole credits, rows that are never changed.

Every entry moves a positive amount from one purse to another; the balance kept beside each
purse can be recomputed, and the sum of all balances is zero at all times. Every function runs
in the caller's transaction and never commits. Every write carries an idempotency key: the same
key with the same content does nothing, with other content it raises `LedgerConflict`.

Purses: a person has `earned` (spent first), `granted` and `held`; a server's treasury has
`funds`; the host has `bank`, the only purse that may be negative, because it is where credits
come from.
"""

from bot.ledger._book import MAX_AMOUNT
from bot.ledger._export import Line, read_lines
from bot.ledger._spending import Flow, held_in, last_before, spent_after, treasury_flow
from bot.ledger._verbs import (
    Funds,
    adjust,
    capture,
    find_account,
    fund,
    grant,
    hold,
    is_written,
    open_account,
    read_funds,
    read_treasury,
    release,
    transfer,
)
from bot.ledger._verify import verify

__all__ = [
    "MAX_AMOUNT",
    "Flow",
    "Funds",
    "Line",
    "adjust",
    "capture",
    "find_account",
    "fund",
    "grant",
    "held_in",
    "hold",
    "is_written",
    "last_before",
    "open_account",
    "read_funds",
    "read_lines",
    "read_treasury",
    "release",
    "spent_after",
    "transfer",
    "treasury_flow",
    "verify",
]
