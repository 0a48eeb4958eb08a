"""Plots as inline SVG: columns by month, lengths of time as a distribution, bars by rule. Real axes, no scripts.

Colours are classes (`c-met`, `c-missed`, ...) that the page's style sheet gives for light and dark; every mark says
what it is in its `<title>`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.report.markup import Markup, el, join
from casewarden.report.scales import length, ticks

STATES: Final = ("met", "missed", "running", "paused", "waiting", "cancelled", "not_applicable")
_QUARTER_US: Final = 15 * 60 * 1_000_000
_EDGES: Final = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
"""Edges of the bins of a distribution, in quarters of an hour; each is twice as wide as the one before."""


@dataclass(frozen=True, slots=True)
class Box:
    """The area of a plot within its picture."""

    width: float
    height: float
    left: float = 46
    right: float = 24
    top: float = 12
    bottom: float = 34

    @property
    def inner_width(self) -> float:
        """The width between the axes' ends."""
        return self.width - self.left - self.right

    @property
    def inner_height(self) -> float:
        """The height between the axes' ends."""
        return self.height - self.top - self.bottom

    @property
    def floor(self) -> float:
        """The y of the horizontal axis."""
        return self.height - self.bottom


def picture(box: Box, label: str, *children: str) -> Markup:
    """An SVG that scales with the page and says what it is to those who do not see it."""
    return el(
        "svg",
        el("title", label),
        *children,
        viewBox=f"0 0 {box.width:g} {box.height:g}",
        role="img",
        aria_label=label,
        style=f"max-width:{box.width:g}px",
    )


def by_month(counts: Mapping[tuple[str, str], int], months: Sequence[str], label: str) -> Markup:
    """Stacked columns: (month, state) to number of clock runs."""
    box = Box(max(440, 90 + 56 * len(months)), 236, top=18)
    top = max((sum(counts.get((month, state), 0) for state in STATES) for month in months), default=0)
    scale = _vertical(box, top)
    step = box.inner_width / max(1, len(months))
    wide = min(46, step * 0.62)
    columns: list[Markup] = []
    for place, month in enumerate(months):
        middle = box.left + step * (place + 0.5)
        columns += _column(
            [(state, counts.get((month, state), 0)) for state in STATES], middle - wide / 2, wide, scale, month
        )
        columns.append(el("text", _month_name(month), x=middle, y=box.floor + 16, class_="tick mid"))
    return picture(box, label, scale.axis(), *columns)


def distribution(counts: Mapping[tuple[str, int], int], label: str) -> Markup:
    """Lengths of time: (met or missed, quarters of an hour) to number. Bins double in width from 15 minutes on."""
    most = max((quarters for _, quarters in counts), default=0)
    bins = next((place for place, edge in enumerate(_EDGES) if edge > most), len(_EDGES) - 1)
    bins = max(bins, 4)
    stacks = [dict.fromkeys(("met", "missed"), 0) for _ in range(bins)]
    for (state, quarters), count in sorted(counts.items()):
        place = next((place for place in range(bins) if quarters < _EDGES[place + 1]), bins - 1)
        stacks[place][state] += count
    box = Box(max(440, 70 + 32 * bins), 250, top=42, bottom=48)
    scale = _vertical(box, max(sum(stack.values()) for stack in stacks))
    step = box.inner_width / bins
    parts: list[Markup] = [scale.axis()]
    for place, stack in enumerate(stacks):
        between = f"{_edge(place)} to {_edge(place + 1)}"
        parts += _column(list(stack.items()), box.left + step * place + 1, step - 2, scale, between)
    for place in range(0, bins + 1, 2):
        parts.append(el("text", _edge(place), x=box.left + step * place, y=box.floor + 16, class_="tick mid"))
    parts.append(el("text", "business hours from start to stop", x=box.left, y=box.height - 8, class_="tick"))
    parts += _quantiles(counts, box, step, bins)
    return picture(box, label, *parts)


def by_rule(counts: Mapping[tuple[str, str], int], kinds: Sequence[str], label: str) -> Markup:
    """Horizontal stacked bars: (rule, kind of action) to number; the most active rule first."""
    totals: dict[str, int] = {}
    for (rule, _), count in sorted(counts.items()):
        totals[rule] = totals.get(rule, 0) + count
    rules = sorted(totals, key=lambda rule: (-totals[rule], rule))
    gutter = min(330.0, 24 + 7.3 * max((len(rule) for rule in rules), default=10))
    box = Box(760, 34 + 30 * len(rules) + 22, left=gutter, right=56, top=6, bottom=26)
    marks = ticks(max(totals.values(), default=0))
    wide = box.inner_width / marks[-1]
    parts = [
        join(
            el("line", x1=box.left + mark * wide, x2=box.left + mark * wide, y1=box.top, y2=box.floor, class_="grid"),
            el("text", f"{mark:g}", x=box.left + mark * wide, y=box.floor + 16, class_="tick mid"),
        )
        for mark in marks
    ]
    for place, rule in enumerate(rules):
        y = box.top + 8 + 30 * place
        x = box.left
        parts.append(el("text", rule, x=box.left - 8, y=y + 14, class_="name end"))
        for kind in kinds:
            count = counts.get((rule, kind), 0)
            if count:
                title = el("title", f"{rule}: {count:,} x {kind}")
                colour = f"k{kinds.index(kind) % 8}"
                parts.append(el("rect", title, x=x, y=y, width=max(count * wide, 1), height=20, class_=colour))
                x += count * wide
        parts.append(el("text", f"{totals[rule]:,}", x=x + 6, y=y + 14, class_="value"))
    return picture(box, label, *parts)


def legend(entries: Sequence[tuple[str, str]]) -> Markup:
    """The colours in words: (class, word)."""
    return el(
        "p",
        *(el("span", el("i", class_=f"swatch {colour}"), word, class_="key") for colour, word in entries),
        class_="legend",
    )


@dataclass(frozen=True, slots=True)
class _Vertical:
    box: Box
    marks: tuple[float, ...]

    def y(self, value: float) -> float:
        return self.box.floor - value * self.box.inner_height / self.marks[-1]

    def axis(self) -> Markup:
        right = self.box.width - self.box.right
        lines = [
            join(
                el("line", x1=self.box.left, x2=right, y1=self.y(mark), y2=self.y(mark), class_="grid"),
                el("text", f"{mark:,.0f}", x=self.box.left - 7, y=self.y(mark) + 4, class_="tick end"),
            )
            for mark in self.marks
        ]
        base = el("line", x1=self.box.left, x2=right, y1=self.box.floor, y2=self.box.floor, class_="axis")
        return join(*lines, base)


def _vertical(box: Box, top: float) -> _Vertical:
    return _Vertical(box, tuple(ticks(top)))


def _column(stack: Sequence[tuple[str, int]], x: float, width: float, scale: _Vertical, what: str) -> list[Markup]:
    """One stacked column, the first of the stack at the bottom; a thin gap keeps neighbours apart."""
    total = sum(count for _, count in stack)
    parts: list[Markup] = []
    below = 0
    for state, count in stack:
        if not count:
            continue
        y = scale.y(below + count)
        tall = scale.y(below) - y
        share = f"{100 * count / total:.0f}%"
        title = el("title", f"{what}: {count:,} {state.replace('_', ' ')} ({share} of {total:,})")
        parts.append(el("rect", title, x=x, y=y, width=width, height=max(tall - 1, 0.6), rx=1.5, class_=f"c-{state}"))
        below += count
    if total:
        parts.append(el("text", f"{total:,}", x=x + width / 2, y=scale.y(total) - 4, class_="value mid"))
    return parts


def _quantiles(counts: Mapping[tuple[str, int], int], box: Box, step: float, bins: int) -> list[Markup]:
    """Lines at the median and at nine tenths."""
    total = sum(counts.values())
    parts: list[Markup] = []
    for share, word, drop in ((0.5, "half", 0), (0.9, "nine in ten", 12)):
        at = _quantile(counts, total, share)
        if at is None:
            continue
        x = min(box.left + step * _position(at, bins), box.width - box.right)
        title = el("title", f"{word} of the runs took at most {length(int(at * _QUARTER_US))}")
        parts.append(el("line", title, x1=x, x2=x, y1=12 + drop, y2=box.floor, class_="mark"))
        side = "end" if x > box.width * 0.6 else ""
        text = f"{word}: {length(int(at * _QUARTER_US))}"
        parts.append(el("text", text, x=x + (-5 if side else 5), y=20 + drop, class_=f"note {side}"))
    return parts


def _quantile(counts: Mapping[tuple[str, int], int], total: int, share: float) -> float | None:
    """The upper end of the quarter of an hour within which this share of the runs had stopped."""
    passed = 0
    for quarters, count in sorted((quarters, count) for (_, quarters), count in counts.items()):
        passed += count
        if passed >= share * total:
            return quarters + 1
    return None


def _position(quarters: float, bins: int) -> float:
    """Where a length lies on the axis of doubling bins, in bins."""
    if quarters <= 1:
        return quarters
    return min(1 + math.log2(quarters), bins)


def _edge(place: int) -> str:
    """The edge of a bin in as few letters as will do: `15m`, `1h`, `256h`."""
    quarters = _EDGES[place]
    if quarters == 0:
        return "0"
    return f"{quarters // 4}h" if quarters >= 4 else f"{quarters * 15}m"


def _month_name(month: str) -> str:
    year, _, number = month.partition("-")
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{names[int(number) - 1]} {year[2:]}" if number.isdigit() else "not started"
