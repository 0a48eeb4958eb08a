"""Lines on two logarithmic axes as a small SVG that stands by itself, on light and on dark pages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.report.markup import el
from casewarden.report.plots import Box

COLOURS: Final = ("#2f6fb3", "#c4622d", "#4a8f4a")
GREY: Final = "#888"


@dataclass(frozen=True)
class Line:
    """What it shows, and its points."""

    name: str
    points: Sequence[tuple[float, float]]


def plot(across: str, up: str, lines: Sequence[Line]) -> str:
    """The picture; `across` and `up` say what the axes count."""
    box = Box(620, 330, left=64, top=30 + 18 * len(lines), bottom=46)
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    low_x, high_x = _powers(xs)
    low_y, high_y = _powers(ys)

    def at_x(value: float) -> float:
        return round(box.left + (math.log10(value) - low_x) / (high_x - low_x) * box.inner_width, 1)

    def at_y(value: float) -> float:
        return round(box.floor - (math.log10(value) - low_y) / (high_y - low_y) * box.inner_height, 1)

    parts = []
    for power in range(low_x, high_x + 1):
        x = at_x(10**power)
        parts.append(el("line", x1=x, x2=x, y1=box.top, y2=box.floor, stroke=GREY, stroke_opacity=0.3))
        parts.append(el("text", f"{10**power:,}", x=x, y=box.floor + 17, text_anchor="middle"))
    right = box.width - box.right
    for power in range(low_y, high_y + 1):
        y = at_y(10**power)
        parts.append(el("line", x1=box.left, x2=right, y1=y, y2=y, stroke=GREY, stroke_opacity=0.3))
        parts.append(el("text", f"{10**power:,}", x=box.left - 8, y=y + 4, text_anchor="end"))
    parts.append(el("text", across, x=box.left + box.inner_width / 2, y=box.height - 8, text_anchor="middle"))
    parts.append(el("text", up, x=8, y=16))
    for number, (line, colour) in enumerate(zip(lines, COLOURS, strict=False)):
        places = [(at_x(x), at_y(y)) for x, y in line.points]
        told = " ".join(f"{x},{y}" for x, y in places)
        parts.append(el("polyline", points=told, fill="none", stroke=colour, stroke_width=2))
        for (x, y), (count, value) in zip(places, line.points, strict=True):
            title = el("title", f"{line.name}: {value:,.0f} at {count:,}")
            parts.append(el("circle", title, cx=x, cy=y, r=3.5, fill=colour))
        parts.append(el("text", line.name, x=box.left, y=36 + 18 * number, fill=colour))
    label = f"{', '.join(line.name for line in lines)}, by {across}"
    picture = el(
        "svg",
        el("title", label),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {box.width:g} {box.height:g}",
        font_family="sans-serif",
        font_size="12",
        fill=GREY,
    )
    return f"{picture}\n"


def _powers(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around all of them, two different ones."""
    low = math.floor(math.log10(min(values)))
    return low, max(low + 1, math.ceil(math.log10(max(values))))
