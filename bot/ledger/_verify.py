"""Proof: recompute everything from the entries, and hold each entry to its verb's rule."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import FINAL_STATUSES, accounts, jobs, ledger_entries, purses

_RESOLVED = ":resolved"
_OWN = ("earned", "granted")
_SQLITE_TRIGGERS = ("ledger_entries_no_update", "ledger_entries_no_delete")
_POSTGRESQL_TRIGGERS = ("ledger_entries_immutable",)

_held = (
    sa.select(
        ledger_entries.c.key,
        ledger_entries.c.job_id,
        sa.func.sum(ledger_entries.c.amount).label("amount"),
    )
    .where(ledger_entries.c.kind == "hold")
    .group_by(ledger_entries.c.key, ledger_entries.c.job_id)
    .subquery("held")
)
_resolution = ledger_entries.alias("resolution")
_resolved_key = _held.c.key + _RESOLVED


async def verify(conn: AsyncConnection) -> list[str]:
    """Recompute everything from the entries; return what is wrong, one line each.

    Found are: a purse that is not what its entries make it, or is below zero; a sum that is not
    zero; an entry without its purse, without its fellow parts, or between purses that its verb
    never moves between; a hold that was resolved with another sum, from or to another purse, by
    nothing, or not when its job was over; and entries that nothing protects from being changed.
    """
    return [
        *await _verify_balances(conn),
        *await _verify_rules(conn),
        *await _verify_parts(conn),
        *await _verify_holds(conn),
        *await _verify_resolutions(conn),
        *await _verify_jobs(conn),
        *await _verify_protection(conn),
    ]


async def _verify_balances(conn: AsyncConnection) -> list[str]:
    incoming = _sum_by(ledger_entries.c.credit_purse_id, "incoming")
    outgoing = _sum_by(ledger_entries.c.debit_purse_id, "outgoing")
    computed = sa.func.coalesce(incoming.c.total, 0) - sa.func.coalesce(outgoing.c.total, 0)
    rows = await conn.execute(
        sa.select(purses.c.id, purses.c.kind, purses.c.balance, computed.label("computed"))
        .outerjoin(incoming, incoming.c.purse_id == purses.c.id)
        .outerjoin(outgoing, outgoing.c.purse_id == purses.c.id)
        .order_by(purses.c.id)
    )
    wrong: list[str] = []
    total = 0
    for row in rows:
        total += row.balance
        if row.balance != row.computed:
            wrong.append(
                f"purse {row.id} ({row.kind}) says {row.balance}, its entries {row.computed}"
            )
        if row.balance < 0 and row.kind != "bank":
            wrong.append(f"purse {row.id} ({row.kind}) is below zero: {row.balance}")
    if total != 0:
        wrong.append(f"all balances together are {total}, not 0")
    return wrong


async def _verify_rules(conn: AsyncConnection) -> list[str]:
    """Find entries that no verb writes: whose purses are not there, or not of its kinds."""
    debit, credit = purses.alias("debit"), purses.alias("credit")
    giver, taker = accounts.alias("giver"), accounts.alias("taker")
    is_one_person = debit.c.account_id == credit.c.account_id
    is_one_server = giver.c.server_id == taker.c.server_id
    kind, left, reached = ledger_entries.c.kind, debit.c.kind, credit.c.kind
    is_legal = sa.or_(
        sa.and_(kind == "grant", left == "bank", reached == "funds"),
        sa.and_(kind == "grant", left == "funds", reached.in_(_OWN), is_one_server),
        sa.and_(kind == "adjust", left == "funds", reached == "granted", is_one_server),
        sa.and_(kind == "adjust", left.in_(_OWN), reached == "funds", is_one_server),
        sa.and_(kind == "hold", left.in_(_OWN), reached == "held", is_one_person),
        sa.and_(kind == "release", left == "held", reached.in_(_OWN), is_one_person),
        sa.and_(kind == "capture", left == "held", reached == "funds", is_one_server),
        sa.and_(kind == "transfer", left.in_(_OWN), left == reached, is_one_server, ~is_one_person),
    )
    rows = await conn.execute(
        sa.select(
            ledger_entries.c.id,
            ledger_entries.c.key,
            ledger_entries.c.kind,
            ledger_entries.c.debit_purse_id,
            ledger_entries.c.credit_purse_id,
            left.label("left"),
            reached.label("reached"),
        )
        .outerjoin(debit, debit.c.id == ledger_entries.c.debit_purse_id)
        .outerjoin(credit, credit.c.id == ledger_entries.c.credit_purse_id)
        .outerjoin(giver, giver.c.id == debit.c.account_id)
        .outerjoin(taker, taker.c.id == credit.c.account_id)
        .where(~sa.func.coalesce(is_legal, sa.false()))
        .order_by(ledger_entries.c.id)
    )
    return [
        f"entry {row.id} ({row.key}) is no {row.kind}: from purse {row.debit_purse_id} "
        f"({row.left or 'missing'}) to purse {row.credit_purse_id} ({row.reached or 'missing'})"
        for row in rows
    ]


async def _verify_parts(conn: AsyncConnection) -> list[str]:
    """Find writes that are not whole, or were written twice."""
    there, last = sa.func.count(), sa.func.max(ledger_entries.c.part)
    rows = await conn.execute(
        sa.select(ledger_entries.c.key, there.label("there"), (last + 1).label("whole"))
        .group_by(ledger_entries.c.key)
        .having(there != last + 1)
        .order_by(ledger_entries.c.key)
    )
    return [f"{row.key} has {row.there} entries where {row.whole} were written" for row in rows]


async def _verify_holds(conn: AsyncConnection) -> list[str]:
    """Compare each hold with its resolution; an open hold is fine."""
    resolved = sa.func.sum(_resolution.c.amount)
    rows = await conn.execute(
        sa.select(_held.c.key, _held.c.amount, resolved.label("resolved"))
        .join(_resolution, _resolution.c.key == _resolved_key)
        .group_by(_held.c.key, _held.c.amount)
        .having(resolved != _held.c.amount)
        .order_by(_held.c.key)
    )
    wrong = [f"hold {row.key} of {row.amount} was resolved with {row.resolved}" for row in rows]
    strays = await conn.scalars(
        sa.select(_resolution.c.key)
        .distinct()
        .where(
            _resolution.c.kind.in_(("capture", "release")),
            _resolution.c.key.not_in(sa.select(_resolved_key)),
        )
        .order_by(_resolution.c.key)
    )
    return wrong + [f"{key} resolves no hold" for key in strays]


async def _verify_resolutions(conn: AsyncConnection) -> list[str]:
    """Compare where each resolution takes from and gives back to with where its hold did."""
    hold = ledger_entries.alias("hold")
    # The hold's key from the resolution's, not the other way round: the index finds it so.
    hold_key = sa.func.replace(_resolution.c.key, _RESOLVED, "")
    is_its = sa.and_(
        hold.c.kind == "hold",
        hold.c.key == hold_key,
        _resolution.c.kind.in_(("capture", "release")),
    )
    elsewhere = await conn.scalars(
        sa.select(hold.c.key)
        .distinct()
        .join(_resolution, is_its)
        .where(_resolution.c.debit_purse_id != hold.c.credit_purse_id)
        .order_by(hold.c.key)
    )
    is_giver = hold.c.debit_purse_id == _resolution.c.credit_purse_id
    gave = (
        sa.select(sa.func.sum(sa.case((is_giver, hold.c.amount), else_=0)))
        .where(is_its)
        .correlate(_resolution)
        .scalar_subquery()
    )
    too_much = await conn.execute(
        sa.select(_resolution.c.key, _resolution.c.credit_purse_id, _resolution.c.amount)
        .where(_resolution.c.kind == "release", _resolution.c.amount > gave)
        .order_by(_resolution.c.id)
    )
    return [
        *(f"hold {key} was resolved from another purse" for key in elsewhere),
        *(
            f"{row.key} gives {row.amount} back to purse {row.credit_purse_id}, which gave less"
            for row in too_much
        ),
    ]


async def _verify_jobs(conn: AsyncConnection) -> list[str]:
    """Compare holds with their jobs: resolved when the job is over, and not before."""
    is_resolved = sa.exists().where(_resolution.c.key == _resolved_key)
    is_over = jobs.c.status.in_(FINAL_STATUSES)
    rows = await conn.execute(
        sa.select(jobs.c.id, jobs.c.status, _held.c.key, is_over.label("is_over"))
        .join(_held, _held.c.job_id == jobs.c.id)
        .where(is_over != is_resolved)
        .order_by(jobs.c.id)
    )
    return [
        f"job {row.id} is {row.status}, but hold {row.key} is "
        f"{'open' if row.is_over else 'resolved'}"
        for row in rows
    ]


async def _verify_protection(conn: AsyncConnection) -> list[str]:
    """Find the triggers missing that keep written entries from being changed."""
    if conn.dialect.name == "sqlite":
        expected = _SQLITE_TRIGGERS
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        expected = _POSTGRESQL_TRIGGERS
        query = (
            "SELECT tgname FROM pg_trigger "
            "WHERE tgrelid = 'ledger_entries'::regclass AND tgenabled IN ('O', 'A')"
        )
    there = set(await conn.scalars(sa.text(query)))
    return [
        f"entries can be changed: trigger {name} is missing"
        for name in expected
        if name not in there
    ]


def _sum_by(column: sa.Column[int], name: str) -> sa.Subquery:
    return (
        sa.select(column.label("purse_id"), sa.func.sum(ledger_entries.c.amount).label("total"))
        .group_by(column)
        .subquery(name)
    )
