"""Every sentence of `/stats`, and what its chart shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.services import Chart, ChartPanel, Period, Report, Series, Trend
from cogs._texts import credit_count, plain, usd

ALT_TEXT_SHOWN = 1000
NOT_DRAWN = "-# The chart could not be drawn this time; the figures are complete."

_PERIODS: Mapping[Period, str] = {
    "day": "The last 24 hours",
    "week": "The last 7 days",
    "month": "The last 30 days",
    "year": "The last 12 months",
}
_BY_PROVIDER = "What it cost, in USD, by provider"
_BY_MODEL = "What was paid, in credits, by model"
_USD_MICROS = 1_000_000


def nothing(report: Report) -> str:
    """Return that there is nothing to show."""
    where = "anywhere" if report.is_everywhere else "here"
    return f"**{_PERIODS[report.period]}**\nNothing was made {where}."


def summary(report: Report) -> str:
    """Return a period in words."""
    where = "all servers" if report.is_everywhere else "this server"
    lines = [
        f"**{_PERIODS[report.period]}, {where}**",
        f"**{usd(report.spent_usd_micros)}** spent · "
        f"**{credit_count(report.captured_credits)}** paid · "
        f"**{report.jobs:,}** job{'' if report.jobs == 1 else 's'} · "
        f"{_share(report.failed, report.jobs)} failed · "
        f"{_share(report.rerouted, report.tried)} tried at several providers",
    ]
    if report.spent:
        told = [f"{plain(one.name, 30)} {usd(one.total)}" for one in report.spent]
        lines.append("-# By provider: " + " · ".join(told))
    if report.captured:
        told = [
            f"{plain(one.name, 60)} {credit_count(one.total)}, cost {usd(report.costs[one.name])}"
            for one in report.captured
        ]
        lines.append("-# By model: " + " · ".join(told))
    return "\n".join(lines)


def alt_text(report: Report) -> str:
    """Return the chart for those who do not see it."""
    parts = [
        f"{_PERIODS[report.period]}: {usd(report.spent_usd_micros)} spent, "
        f"{credit_count(report.captured_credits)} paid, {report.jobs:,} jobs.",
        _told(f"{_BY_PROVIDER}:", [f"{one.name} {usd(one.total)}" for one in report.spent]),
        _told(f"{_BY_MODEL}:", [f"{one.name} {one.total:,}" for one in report.captured]),
        _highest(report),
    ]
    return " ".join(part for part in parts if part)[:ALT_TEXT_SHOWN]


def chart(report: Report) -> Chart:
    """Return what is drawn."""
    labels = [_label(bucket, report.period) for bucket in report.buckets]
    return Chart(
        title=_PERIODS[report.period] + (", all servers" if report.is_everywhere else ""),
        tiles=(
            (usd(report.spent_usd_micros), "spent"),
            (f"{report.captured_credits:,}", "credits paid"),
            (f"{report.jobs:,}", "jobs"),
            (_share(report.failed, report.jobs), "failed"),
            (_share(report.rerouted, report.tried), "rerouted"),
        ),
        panels=(
            ChartPanel(
                title=_BY_PROVIDER,
                labels=labels,
                series=[
                    _series(one, usd(one.total).removesuffix(" USD"), _USD_MICROS)
                    for one in report.spent
                ],
                is_whole=False,
                empty="nothing was spent",
            ),
            ChartPanel(
                title=_BY_MODEL,
                labels=labels,
                series=[_series(one, f"{one.total:,}", 1) for one in report.captured],
                is_whole=True,
                empty="nothing was paid",
            ),
        ),
    )


def _series(trend: Trend, note: str, scale: int) -> Series:
    return Series(trend.name, note, [value / scale for value in trend.values])


def _label(bucket: datetime, period: Period) -> str:
    if period == "day":
        return f"{bucket:%H}:00"
    return f"{bucket:%b %Y}" if period == "year" else f"{bucket.day} {bucket:%b}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


def _told(words: str, parts: Sequence[str]) -> str:
    return f"{words} {', '.join(parts)}." if parts else ""


def _highest(report: Report) -> str:
    """Return when most was spent."""
    sums = [sum(values) for values in zip(*(one.values for one in report.spent), strict=True)]
    if not sums:
        return ""
    most = max(sums)
    when = _label(report.buckets[sums.index(most)], report.period)
    return f"Most was spent on {when}: {usd(most)}."
