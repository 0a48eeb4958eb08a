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

    A world that sees only a part of what our own rounds wrote at the instant `sees_until` is a part of the `whole` one,
    and like it before that instant.

    `remembered` holds answers to questions already put to this very log: the evaluator stays naive, the tests finish.
    """

    ruleset: Ruleset
    log: tuple[Event, ...]
    now: int
    known_until: int = ALWAYS
    whole: "World | None" = None
    sees_until: int = ALWAYS
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

    def with_pending(self, rounds: list[dict[str, Any]]) -> "World":
        """This world with the values that rules want in the decision under way, round by round."""
        wanted = [
            Event(
                subject="",
                kind="decided",
                at=self.now,
                seen_at=self.now,
                by="ourselves",
                source=SOURCE_OF_ENGINE,
                key=f"~{number}",
                sequence=(1 << 62) + number,
                data={"facts": facts},
            )
            for number, facts in enumerate(rounds)
        ]
        return World(self.ruleset, (*self.log, *wanted), self.now, self.known_until)


def once(
    when: int,
) -> Callable[[Callable[Concatenate[World, P], R]], Callable[Concatenate[World, P], R]]:
    """Answer the same question to the same log once. The argument at place `when` is the instant asked about."""

    def wrap(question: Callable[Concatenate[World, P], R]) -> Callable[Concatenate[World, P], R]:
        def asked(world: World, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if world.whole is not None and int(str(args[when])) < world.sees_until:
                world = world.whole
            answer: R = remember(world, question, args, kwargs)
            return answer

        return asked

    return wrap


def listed(question: Callable[Concatenate[World, P], set[int]]) -> Callable[Concatenate[World, P], set[int]]:
    """Make a list of instants once for the whole log: it may hold more than a part of the log needs."""

    def asked(world: World, /, *args: P.args, **kwargs: P.kwargs) -> set[int]:
        found: set[int] = remember(world.whole or world, question, args, kwargs)
        return found

    return asked


def kept(question: Callable[Concatenate[World, P], R]) -> Callable[Concatenate[World, P], R]:
    """Answer the same question to the same part of the log once."""

    def asked(world: World, /, *args: P.args, **kwargs: P.kwargs) -> R:
        answer: R = remember(world, question, args, kwargs)
        return answer

    return asked


def remember(world: World, question: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The remembered answer; conditions are told apart by identity, which is quicker than comparing trees."""
    key = (question, *(arg if isinstance(arg, str | int | tuple) else id(arg) for arg in args))
    if key not in world.remembered:
        world.remembered[key] = (question(world, *args, **kwargs), args)
    return world.remembered[key][0]


@once(0)
def moments(world: World, t: int) -> tuple[World, ...]:
    """What was to be seen at an instant: with all that others told, then after each round of ours, the last one last.

    Events of one instant are all taken in before anything is asked; what our rules write is asked again.
    """
    ours = [event for event in world.log if event.kind == "decided" and event.at == t]
    if world.whole is not None:
        return (*moments(world.whole, t)[: len(ours)], world)
    told = [event for event in world.log if event.at < t or (event.at == t and event.kind != "decided")]
    earlier = [
        World(world.ruleset, (*told, *ours[:number]), world.now, world.known_until, world, t)
        for number in range(len(ours))
    ]
    return (*earlier, world)


def known_until(log: tuple[Event, ...], read_instant: Callable[[object], int]) -> int:
    """The smallest instant through which a source that tells its watermark is known; always without any watermark."""
    through: dict[str, int] = {}
    for event in log:
        if event.kind == "watermark":
            instant = read_instant(event.data["through"])
            through[event.source] = max(instant, through.get(event.source, instant))
    return min(through.values(), default=ALWAYS)
