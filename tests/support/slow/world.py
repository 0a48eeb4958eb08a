"""One log seen at one instant, with what every question needs: the ruleset and how far absence is known."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from casewarden.model.event import SOURCE_OF_ENGINE, Event
from casewarden.ruleset.syntax import Ruleset

ALWAYS = 1 << 62  # absence is known however late one asks

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(eq=False)
class World:
    """`log` holds the events that happened up to `now`, in order. Absence is known up to `known_until`.

    `remembered` holds answers to questions already put to this very log: the evaluator stays naive, the tests finish.
    """

    ruleset: Ruleset
    log: tuple[Event, ...]
    now: int
    known_until: int = ALWAYS
    remembered: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    @property
    def instants(self) -> set[int]:
        """The instants of all events."""
        return {event.at for event in self.log}

    @property
    def horizon(self) -> int:
        """How far ahead what recurs for ever (opening hours) is listed."""
        return self.now + 5 * 86_400_000_000

    def opened_at(self) -> int | None:
        """The instant of the first opening."""
        return next((event.at for event in self.log if event.kind == "opened"), None)

    def with_pending(self, facts: dict[str, Any]) -> "World":
        """This world with values that rules want in the decision under way."""
        if not facts:
            return self
        wanted = Event(
            "",
            "decided",
            self.now,
            self.now,
            "ourselves",
            SOURCE_OF_ENGINE,
            "~",
            sequence=1 << 62,
            data={"facts": facts},
        )
        return World(self.ruleset, (*self.log, wanted), self.now, self.known_until)


def once(question: Callable[Concatenate[World, P], R]) -> Callable[Concatenate[World, P], R]:
    """Answer the same question to the same log once."""

    def asked(world: World, /, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (question, args, tuple(kwargs.items()))
        if key not in world.remembered:
            world.remembered[key] = question(world, *args, **kwargs)
        answer: R = world.remembered[key]
        return answer

    return asked


def known_until(log: tuple[Event, ...], read_instant: Callable[[object], int]) -> int:
    """The smallest instant through which a source that tells its watermark is known; always without any watermark."""
    through: dict[str, int] = {}
    for event in log:
        if event.kind == "watermark":
            instant = read_instant(event.data["through"])
            through[event.source] = max(instant, through.get(event.source, instant))
    return min(through.values(), default=ALWAYS)
