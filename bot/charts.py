"""Charts: a program that draws one and ends. `python -m bot.charts` reads JSON and writes a PNG.

A process of its own, so that the drawing library costs the bot no memory while nobody asks. What
it reads is a `bot.services.charting.Chart`; errors go to stderr, with an exit code other than 0.
"""

# The library's types are only partly known.
# pyright: reportUnknownMemberType=false

import io
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

GROUND, INK, QUIET, RULE = "#2b2d31", "#f2f3f5", "#a9adb5", "#3f4249"
COLOURS = (
    "#8b7cf6",
    "#4caf7a",
    "#d9a441",
    "#4fa3e0",
    "#e07bb0",
    "#3fb8af",
    "#e0825a",
    "#a9c25d",
)
OTHERS = "#80848e"
DPI = 150
WIDTH_IN, HEIGHT_IN = 8.4, 5.1
"""Wide rather than tall, and in large letters: a chat shows it at half its size."""

TOP_IN, BARS_IN, NAMES_IN = 1.62, 1.85, 1.2
SIDE, GAP = 0.03, 0.05
"""Margins, as shares of the width."""

AXIS = 0.055
MOST_TICKS = 5
ROWS = 5
LEAST_CENTS = 0.1
"""Below this, cents do not tell the values of an axis apart."""

ROW_FITS = 21
"""Letters, with name and figure together."""

Spec = Mapping[str, Any]

_STRONG: Mapping[str, Any] = {"fontweight": "bold"}
_BOLD: Mapping[str, Any] = {"fontweight": "bold", "fontsize": 10.5}
_QUIET: Mapping[str, Any] = {"color": QUIET, "fontsize": 9, "va": "center"}


def draw(spec: Spec) -> bytes:
    """Return a chart as PNG bytes."""
    mpl.rcParams.update({"font.family": "DejaVu Sans", "text.color": INK})
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, facecolor=GROUND)
    _head(figure, spec)
    panels: Sequence[Spec] = spec["panels"]
    width = (1 - 2 * SIDE - GAP * (len(panels) - 1)) / len(panels)
    for number, panel in enumerate(panels):
        left = SIDE + (width + GAP) * number
        level = 1 - (TOP_IN + BARS_IN) / HEIGHT_IN
        bars = (left + AXIS, level, width - AXIS, BARS_IN / HEIGHT_IN)
        names = (left, 0.06 / HEIGHT_IN, width, NAMES_IN / HEIGHT_IN)
        figure.text(left, level + (BARS_IN + 0.2) / HEIGHT_IN, panel["title"], **_BOLD)
        _bars(figure.add_axes(bars), panel)
        _names(figure.add_axes(names), panel)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=GROUND)
    return out.getvalue()


def _head(figure: Figure, spec: Spec) -> None:
    """Write the title, and the figures that matter most."""
    figure.text(SIDE, 1 - 0.3 / HEIGHT_IN, spec["title"], fontsize=14, va="center", **_STRONG)
    tiles: Sequence[Sequence[str]] = spec["tiles"]
    width = (1 - 2 * SIDE) / len(tiles)
    for number, (value, words) in enumerate(tiles):
        left = SIDE + width * number
        figure.text(left, 1 - 0.72 / HEIGHT_IN, value, fontsize=14, va="center", **_STRONG)
        figure.text(left, 1 - 0.98 / HEIGHT_IN, words, fontsize=10, va="center", color=QUIET)


def _bars(axes: Axes, panel: Spec) -> None:
    """Draw one stack a bucket, the largest series at the bottom."""
    labels: Sequence[str] = panel["labels"]
    places = range(len(labels))
    floor = [0.0] * len(labels)
    for colour, series in zip(_colours(panel), panel["series"], strict=True):
        values: Sequence[float] = series["values"]
        axes.bar(places, values, bottom=floor, width=0.78, color=colour, linewidth=0)
        floor = [low + value for low, value in zip(floor, values, strict=True)]
    axes.set_facecolor(GROUND)
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set(visible=True, color=RULE)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    axes.tick_params(colors=QUIET, length=0, labelsize=9.5)
    every = -(-len(labels) // MOST_TICKS)
    # From the right, so that the present has its name.
    ticks = [place for place in places if (len(labels) - 1 - place) % every == 0]
    axes.set_xticks(ticks, [labels[place] for place in ticks])
    axes.set_xlim(-0.6, len(labels) - 0.4)
    top = max(floor) * 1.08 or 1
    axes.set_ylim(0, top)
    is_whole: bool = panel["is_whole"]
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=is_whole))
    axes.yaxis.set_major_formatter(
        FuncFormatter(_whole if is_whole else _fine if top < LEAST_CENTS else _cents)
    )
    if not panel["series"]:
        axes.set_yticks([])
        axes.text(0.5, 0.5, panel["empty"], transform=axes.transAxes, ha="center", **_QUIET)


def _names(axes: Axes, panel: Spec) -> None:
    """Write what each colour is, and what it came to, in two columns."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, ROWS)
    for number, (colour, series) in enumerate(zip(_colours(panel), panel["series"], strict=True)):
        left, level = 0.52 * (number // ROWS), ROWS - 0.5 - number % ROWS
        name = _fitted(series["name"], ROW_FITS - len(series["note"]))
        axes.plot([left + 0.02], [level], marker="s", markersize=7, color=colour, clip_on=False)
        axes.text(left + 0.05, level, name, fontsize=9, va="center")
        axes.text(left + 0.48, level, series["note"], ha="right", **_QUIET)


def _colours(panel: Spec) -> list[str]:
    count = len(panel["series"])
    named = list(COLOURS[:count])
    return [*named, *[OTHERS] * (count - len(named))]


def _fitted(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"


def _whole(value: float, _place: object) -> str:
    return f"{value:,.0f}"


def _cents(value: float, _place: object) -> str:
    return f"{value:,.2f}" if value else "0"


def _fine(value: float, _place: object) -> str:
    return f"{value:,.4f}" if value else "0"


def main() -> None:
    """Draw what is asked for on stdin."""
    sys.stdout.buffer.write(draw(json.load(sys.stdin)))


if __name__ == "__main__":
    main()
