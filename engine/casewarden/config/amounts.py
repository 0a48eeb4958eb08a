"""The smallest texts of a configuration: lengths of time, rates, sizes, with their bounds; read and written."""

import re
from dataclasses import dataclass
from typing import Final

from casewarden.config import keys
from casewarden.ruleset.forms import Context, as_text
from casewarden.ruleset.nodes import Node

SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
UNITS: Final = {"week": 7 * DAY, "day": DAY, "hour": 3_600 * SECOND, "minute": 60 * SECOND, "second": SECOND}
PERS: Final = {"second": 1, "minute": 60, "hour": 3_600}
SIZES: Final = {"MB": 1_000_000, "kB": 1_000}
DIGITS: Final = 12
"""The most digits of an amount; what has more is beyond every bound."""

_FORM: Final = re.compile(rf"(?P<count>[0-9]{{1,{DIGITS}}}) (?P<unit>[a-z]+?)(?P<many>s?)")
_SHORT: Final = re.compile(rf"(?P<count>[0-9]{{1,{DIGITS}}}) ?(?P<unit>[smhdw])")
_RATE: Final = re.compile(rf"(?P<count>[0-9]{{1,{DIGITS}}}) per (?P<per>second|minute|hour)")
_SIZE: Final = re.compile(rf"(?P<count>[0-9]{{1,{DIGITS}}}) (?P<unit>kB|MB)")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that an amount may be, as number and as an author writes it."""

    low: int
    high: int
    least: str
    most: str


POLL: Final = Bounds(SECOND, DAY, "1 second", "1 day")
KEEP: Final = Bounds(DAY, 36_500 * DAY, "1 day", "36500 days")
BODY: Final = Bounds(1_000, 100_000_000, "1 kB", "100 MB")
FASTEST: Final = 1_000
"""The most attempts in a second."""
PARTITIONS: Final = (1, 4_096)
"""A case's slot is one of 4,096, so there are no more parts."""
CAP: Final = (1, 1_000_000)
PING_PONG: Final = (1, 1_000)
PORTS: Final = (0, 65_535)


def read_length(context: Context, node: Node, what: str, bounds: Bounds) -> int | None:
    """`10 seconds`, in microseconds."""
    text = as_text(context, node, what)
    if text is None:
        return None
    form = _FORM.fullmatch(text)
    unit = UNITS.get(form["unit"]) if form else None
    if form is None or unit is None:
        context.error("CW400", node, f"{what} is no length of time: `{text}`", _as_length(text, bounds))
        return None
    count = int(form["count"])
    if (count == 1) == bool(form["many"]):
        right = f"{count} {form['unit']}{'' if count == 1 else 's'}"
        context.error("CW404", node, f"`{text}` mixes singular and plural", f"write `{right}`")
        return None
    return _within(context, node, f"{what} is {text}", count * unit, bounds)


def read_kept(context: Context, node: Node, what: str) -> int | None:
    """A length of time in microseconds, or None: for ever, or what is no length and was told."""
    if as_text(context, node, what) in (None, keys.FOREVER):
        return None
    return read_length(context, node, what, KEEP)


def read_rate(context: Context, node: Node, what: str) -> float | None:
    """`10 per second`, as attempts in a second."""
    text = as_text(context, node, what)
    if text is None:
        return None
    form = _RATE.fullmatch(text)
    if form is None:
        context.error("CW925", node, f"{what} is no rate: `{text}`", "write for example `10 per second`")
        return None
    rate = int(form["count"]) / PERS[form["per"]]
    if 0 < rate <= FASTEST:
        return rate
    context.error("CW410", node, f"{what} is {text}", f"write a rate from 1 per hour to {FASTEST} per second")
    return None


def read_size(context: Context, node: Node, what: str) -> int | None:
    """`1 MB`, in bytes."""
    text = as_text(context, node, what)
    if text is None:
        return None
    form = _SIZE.fullmatch(text)
    if form is None:
        context.error("CW926", node, f"{what} is no size: `{text}`", "write for example `1 MB` or `500 kB`")
        return None
    return _within(context, node, f"{what} is {text}", int(form["count"]) * SIZES[form["unit"]], BODY)


def length_text(length: int | None) -> str:
    """A length as it is written, in the largest unit that is whole; for ever where there is none."""
    if length is None:
        return keys.FOREVER
    unit, size = next((unit, size) for unit, size in UNITS.items() if length % size == 0 and unit != "week")
    count = length // size
    return f"{count} {unit}{'' if count == 1 else 's'}"


def rate_text(rate: float) -> str:
    """A rate as it is written."""
    per, count = next(
        (per, round(rate * factor)) for per, factor in PERS.items() if abs(rate * factor - round(rate * factor)) < 1e-6
    )
    return f"{count} per {per}"


def size_text(size: int) -> str:
    """A size as it is written."""
    unit, factor = next((unit, factor) for unit, factor in SIZES.items() if size % factor == 0)
    return f"{size // factor} {unit}"


def _within(context: Context, node: Node, said: str, amount: int, bounds: Bounds) -> int | None:
    if bounds.low <= amount <= bounds.high:
        return amount
    context.error("CW410", node, said, f"write something from {bounds.least} to {bounds.most}")
    return None


def _as_length(text: str, bounds: Bounds) -> str:
    short = _SHORT.fullmatch(text)
    if short is None:
        return f"write a whole number and seconds, minutes, hours or days: `{bounds.least}`"
    unit = next(unit for unit in UNITS if unit.startswith(short["unit"]))
    count = int(short["count"])
    return f"write `{count} {unit}{'' if count == 1 else 's'}`"
