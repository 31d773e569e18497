"""Decisions: the rows that say what the host decided about providers, prices and the budget."""

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalog import Task
from bot.db import upsert
from bot.db.tables import notes, price_rules, provider_rules, staff_actions
from bot.routing import POLICIES, Policy, Rule, Rules
from bot.services.requests import Origin

log = structlog.get_logger()

_ORDER_NOTE = "routing"
_BUDGET_NOTE = "budget"


@dataclass(frozen=True)
class Order:
    """Who is asked first: the `preferred` provider, then the others as the policy says."""

    policy: Policy
    preferred: str | None


def policy_named(word: str | None) -> Policy | None:
    """Return the policy of this name, if there is one."""
    return next((policy for policy in POLICIES if policy == word), None)


async def read_rules(conn: AsyncConnection) -> Rules:
    """Return everything the host decided."""
    rule, price = provider_rules.c, price_rules.c
    by_provider = await conn.execute(sa.select(rule.provider, rule.is_enabled, rule.cap_usd_micros))
    by_model = await conn.execute(sa.select(price.model, price.task, price.price))
    order = await _read_order(conn)
    return Rules(
        providers={name: Rule(is_enabled, cap) for name, is_enabled, cap in by_provider},
        policy=order.policy,
        preferred=order.preferred,
        prices={(model, task): amount for model, task, amount in by_model},
        budget_usd_micros=await _read_budget(conn),
    )


async def write_rule(conn: AsyncConnection, provider: str, rule: Rule, *, now: datetime) -> None:
    """Write what counts for a provider from now on."""
    row = {
        "provider": provider,
        "is_enabled": rule.is_enabled,
        "cap_usd_micros": rule.cap_usd_micros,
        "updated_at": now,
    }
    await upsert(conn, provider_rules, row)


async def write_price(
    conn: AsyncConnection, model: str, task: Task, price: int | None, *, now: datetime
) -> None:
    """Write what a model takes for a task, in credits per unit; None goes back to the catalog's."""
    rule = price_rules.c
    if price is None:
        await conn.execute(price_rules.delete().where(rule.model == model, rule.task == task))
    else:
        row = {"model": model, "task": task, "price": price, "updated_at": now}
        await upsert(conn, price_rules, row)


async def write_order(conn: AsyncConnection, order: Order) -> None:
    """Write who is asked first."""
    value = json.dumps({"policy": order.policy, "preferred": order.preferred})
    await _write_note(conn, _ORDER_NOTE, value)


async def write_budget(conn: AsyncConnection, usd_micros: int | None) -> None:
    """Write what a month may cost, in 1e-6 USD; None goes back to the settings' word."""
    await _write_note(conn, _BUDGET_NOTE, None if usd_micros is None else str(usd_micros))


@dataclass(frozen=True)
class Decision:
    """What the host decided, as the books keep it; `subject` says what it is about."""

    action: str
    subject: str
    before: object
    after: object


async def write_decision(
    conn: AsyncConnection, origin: Origin, decision: Decision, *, now: datetime
) -> None:
    """Write who decided what; it concerns no person, so the target is nobody."""
    action, subject = decision.action, decision.subject
    log.info("host decided", action=action, subject=subject, user_id=origin.user_id)
    await conn.execute(
        staff_actions.insert().values(
            server_id=origin.server_id,
            staff_id=origin.user_id,
            target_id=0,
            action=action,
            before=str(decision.before),
            after=str(decision.after),
            reason=subject,
            created_at=now,
            # The host's affair, and of no server's moderators.
            is_posted=True,
        )
    )


async def _read_budget(conn: AsyncConnection) -> int | None:
    value = await _read_note(conn, _BUDGET_NOTE)
    return None if value is None else int(value)


async def _read_note(conn: AsyncConnection, name: str) -> str | None:
    return await conn.scalar(sa.select(notes.c.value).where(notes.c.name == name))


async def _write_note(conn: AsyncConnection, name: str, value: str | None) -> None:
    if value is None:
        await conn.execute(notes.delete().where(notes.c.name == name))
    else:
        await upsert(conn, notes, {"name": name, "value": value})


async def _read_order(conn: AsyncConnection) -> Order:
    value = await _read_note(conn, _ORDER_NOTE)
    noted: dict[str, str | None] = json.loads(value) if value else {}
    # A policy that this version does not know is as good as none.
    return Order(policy_named(noted.get("policy")) or "catalog", noted.get("preferred"))
