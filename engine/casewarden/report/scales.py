"""Round numbers and round times for axes."""

import math
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_HOUR: Final = 3_600_000_000
_STEPS: Final = tuple(
    hours * _HOUR for hours in (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672, 1344, 2688, 5376, 10752)
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def ticks(top: float, most: int = 5) -> list[float]:
    """Round numbers from 0 to at least `top`, at most about `most` of them; whole ones for counts."""
    if top <= 0:
        return [0, 1]
    rough = top / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    step = max(1, step)
    return [step * place for place in range(math.ceil(top / step) + 1)]


def time_ticks(begin: int, end: int, zone: tzinfo, most: int = 9) -> list[tuple[int, str]]:
    """Round local times within [begin, end], each with its label; steps from a quarter of an hour to many weeks."""
    step = next((step for step in _STEPS if (end - begin) / step <= most), _STEPS[-1])
    start = local(begin, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    found: list[tuple[int, str]] = []
    place = 0
    while True:
        moment = (start + timedelta(microseconds=step * place)).replace(tzinfo=zone)
        at = (moment - _EPOCH) // timedelta(microseconds=1)
        place += 1
        if at > end:
            return found
        if at >= begin:
            whole_day = moment.hour == 0 and moment.minute == 0
            found.append((at, f"{moment:%a} {moment.day} {moment:%b}" if whole_day else f"{moment:%H:%M}"))


def local(at: int, zone: tzinfo) -> datetime:
    """An instant in microseconds as a local datetime."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone)


def when(at: int, zone: tzinfo) -> str:
    """An instant for people: `Fri 4 Mar 2016 16:40`; seconds only where there are some."""
    moment = local(at, zone)
    clock = f"{moment:%H:%M}" if moment.second == 0 else f"{moment:%H:%M:%S}"
    return f"{moment:%a} {moment.day} {moment:%b %Y} {clock}"


def length(us: int) -> str:
    """A length of time for people: `45 min`, `3 h 20 min`, `41 h`, `12 days`."""
    minutes = round(us / 60_000_000)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 10 and rest:
        return f"{hours} h {rest} min"
    return f"{round(minutes / 60)} h" if hours < 240 else f"{round(hours / 24)} days"
