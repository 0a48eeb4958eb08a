"""Rules: when they fire, how often, and what they do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from casewarden.ruleset.syntax.actions import Action
from casewarden.ruleset.syntax.cited import Cited
from casewarden.ruleset.terms import Condition, Duration, Path


class CatchUp(StrEnum):
    """What becomes of repetitions that fell due while nobody was awake."""

    NONE = "none"
    LATEST = "latest"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Repeat:
    """Fire again every span while the condition stays true."""

    every: Duration
    first: Literal["at_once", "after_interval"]
    reset_by: str | None = None
    start: Path | None = None
    catch_up: CatchUp = CatchUp.LATEST


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many firings in the case's life, or in the last `per`."""

    times: int
    per: Duration | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """When a condition turns true, or for each event, do these actions in order."""

    name: str
    cited: Cited
    then: tuple[Action, ...]
    when: Condition | None = None
    each: str | None = None
    about: str = "case"
    priority: int = 0
    repeat: Repeat | None = None
    limit: Limit | None = None
    over_person: bool = False
    even_if_over: bool = False
    deliver_in: str | None = None
    if_unsupported: tuple[Action, ...] = ()
