"""What of a ruleset is enforced: all but what rests on a reading that is still open."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from casewarden.ruleset.syntax import Cited, Ruleset, TargetTable
from casewarden.ruleset.terms import Any, NoClock

OPEN_QUESTION = "open_question"


class _Element(Protocol):
    @property
    def cited(self) -> Cited: ...


E = TypeVar("E", bound=_Element)


def enforced(ruleset: Ruleset) -> Ruleset:
    """Return the ruleset without what rests on open readings; names that others refer to stay, and promise nothing.

    An open clock does not apply, an open guard allows, an open channel is unknown, an open table gives no severity.
    """
    if not any(reading.is_open for reading in ruleset.interpretations.values()):
        return ruleset
    never = TargetTable({None: {None: NoClock(OPEN_QUESTION)}})
    severity = ruleset.severity
    if severity is not None and ruleset.is_open(severity.cited):
        severity = replace(severity, table=(), otherwise=None)
    return replace(
        ruleset,
        severity=severity,
        rules=_closed(ruleset, ruleset.rules),
        credits=_closed(ruleset, ruleset.credits),
        quotas=_closed(ruleset, ruleset.quotas),
        scope=_closed(ruleset, ruleset.scope),
        intake=_closed(ruleset, ruleset.intake),
        clocks={
            name: replace(clock, targets=never) if ruleset.is_open(clock.cited) else clock
            for name, clock in ruleset.clocks.items()
        },
        guards={
            name: replace(guard, condition=Any(())) if ruleset.is_open(guard.cited) else guard
            for name, guard in ruleset.guards.items()
        },
        channels={
            name: replace(channel, included="unknown") if ruleset.is_open(channel.cited) else channel
            for name, channel in ruleset.channels.items()
        },
    )


def _closed(ruleset: Ruleset, elements: Mapping[str, E]) -> Mapping[str, E]:
    return {name: element for name, element in elements.items() if not ruleset.is_open(element.cited)}
