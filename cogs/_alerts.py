"""Every sentence that the host is told unasked: what only they can mend."""

from bot.services import (
    BudgetAlert,
    Drift,
    DriftAlert,
    HostAlert,
    LedgerAlert,
    ProviderAlert,
)
from cogs._texts import ago, credit_count, fitted, per_unit, plain, usd

FAULTS_SHOWN = 5


def alert(told: HostAlert) -> str:
    """Return what the host is told."""
    if isinstance(told, LedgerAlert):
        return _ledger(told)
    if isinstance(told, BudgetAlert):
        return _budget(told)
    if isinstance(told, DriftAlert):
        return _drifts(told)
    return _provider(told)


def _ledger(told: LedgerAlert) -> str:
    first = "\n".join(f"- {plain(line, 200)}" for line in told.wrong[:FAULTS_SHOWN])
    return (
        f"**The ledger does not verify**: {len(told.wrong):,} found.\n{first}\n"
        "`python main.py ledger verify` lists everything; keep the database as it is until "
        "you know why.\n-# You are told once a day."
    )


def _provider(told: ProviderAlert) -> str:
    if told.cap_usd_micros is not None:
        return (
            f"**{told.provider}** has reached your cap of {usd(told.cap_usd_micros)}, so it "
            "serves nobody until the next month. `/owner provider cap` changes it.\n"
            "-# You are told once a day."
        )
    what = "has no funds left" if told.is_out_of_funds else "refuses the key"
    return (
        f"**{told.provider}** {what}, so it serves nobody until you mend that. "
        f"It said: {plain(told.reason, 300)}\n-# You are told once a day."
    )


def _budget(told: BudgetAlert) -> str:
    used = usd(told.committed_usd_micros).removesuffix(" USD")
    amounts = f"{used} of {usd(told.budget_usd_micros)} are spent or promised"
    if told.percent < 100:  # noqa: PLR2004 - percent
        return (
            f"**{told.percent} % of this month's budget are used**: {amounts}. It starts anew "
            f"{ago(told.resets_at)}; `/owner budget` shows more and changes it.\n"
            "-# You are told once a month."
        )
    return (
        f"**This month's budget is used up**: {amounts}, and requests that cost more than what is "
        f"left are refused. It starts anew {ago(told.resets_at)}; `/owner budget` raises it.\n"
        "-# You are told once a month."
    )


def _drifts(told: DriftAlert) -> str:
    lines = [drift_line(drift) for drift in told.drifts]
    first = "**Some things cost something else than the catalog says**"
    last = "-# You are told once a week about each."
    return f"{fitted([first, *lines], 1900)}\n{last}"


def drift_line(drift: Drift) -> str:
    """Return what a route really costs, and what could be done about it."""
    expected = usd(drift.expected_usd_micros).removesuffix(" USD")
    line = (
        f"- **{drift.title}**, `{drift.task}` by {drift.provider}: "
        f"{usd(drift.real_usd_micros)} {per_unit(drift.task, drift.unit)} over the last "
        f"{drift.runs} runs, {expected} in the catalog."
    )
    if drift.covering == drift.price:
        return f"{line} The price of {credit_count(drift.price)} covers it."
    return (
        f"{line} {credit_count(drift.covering)} would cover it, people pay {drift.price:,}: "
        f"`/owner price model:{drift.model} task:{drift.task} credits:{drift.covering}`"
    )
