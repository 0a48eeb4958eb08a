"""What a connector may be asked in a second, and when it is left alone because it fails."""

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

SECOND: Final = 1_000_000
FAILURES: Final = 5
MOST_UNDERWAY: Final = 100
"""Attempts that a connector is given and has not answered: more wait in the outbox, where they are asked again."""
_FIRST_REST: Final = 10 * SECOND
_LONGEST_REST: Final = 600 * SECOND

State = Literal["closed", "half_open", "open"]


class _Rest(NamedTuple):
    """A span in which the connector is left alone; where the clock is put back before its beginning, it is over."""

    begun: int = 0
    length: int = 0

    @property
    def end(self) -> int:
        """The first instant after it."""
        return self.begun + self.length

    def lasts(self, now: int) -> bool:
        """Whether an instant lies in it."""
        return self.begun <= now < self.end


_NONE: Final = _Rest()


@dataclass(slots=True)
class Budget:
    """A bucket of `rate` attempts a second, and a circuit breaker; instants are microseconds.

    After five failures in a row the connector rests ten seconds, then one attempt is let through; each that fails
    doubles the rest, up to ten minutes. Where the other end says how long to wait, all wait.
    """

    rate: float
    _tokens: float = field(init=False)
    _filled_at: int | None = None
    _failures: int = 0
    _rest: _Rest = _NONE
    _asked: _Rest = _NONE
    _trying: bool = False
    _underway: int = 0

    def __post_init__(self) -> None:
        self._tokens = max(1.0, self.rate)

    def limit(self, rate: float) -> None:
        """Let it be so many attempts a second from now on."""
        self.rate = rate

    def state(self, now: int) -> State:
        """Closed: all is well; open: it rests; half open: one attempt may try."""
        if self._failures < FAILURES:
            return "closed"
        return "open" if self._rest.lasts(now) else "half_open"

    def take(self, now: int) -> bool:
        """Take one attempt out of the budget; False where it is used up, or the connector rests or does not answer."""
        state = self.state(now)
        if state == "open" or (state == "half_open" and self._trying) or self._underway >= MOST_UNDERWAY:
            return False
        if self._asked.lasts(now):
            return False
        if self._filled_at is not None:
            gained = max(0, now - self._filled_at) / SECOND * self.rate
            self._tokens = min(max(1.0, self.rate), self._tokens + gained)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        self._underway += 1
        self._trying = state == "half_open"
        return True

    def next_at(self, now: int) -> int:
        """When it is worth asking again."""
        rests = [rest.end for rest in (self._rest, self._asked) if rest.lasts(now)]
        if rests:
            return max(rests)
        if self._underway >= MOST_UNDERWAY or (self._trying and self.state(now) == "half_open"):
            return now + SECOND
        missing = max(0.0, 1 - self._tokens)
        return now + int(missing / self.rate * SECOND) + 1

    def came_back(self) -> None:
        """An attempt is over, whatever came of it."""
        self._underway = max(0, self._underway - 1)

    def succeeded(self) -> None:
        """The other end answered."""
        self._failures, self._trying, self._rest = 0, False, _NONE

    def failed(self, now: int) -> None:
        """The other end did not answer, or said that it cannot now."""
        self._failures += 1
        self._trying = False
        if self._failures >= FAILURES:
            self._rest = _Rest(now, min(_LONGEST_REST, _FIRST_REST << min(10, self._failures - FAILURES)))

    def rest(self, now: int, seconds: float) -> None:
        """The other end asked to be left alone for so long."""
        self._asked = _Rest(now, int(seconds * SECOND))
