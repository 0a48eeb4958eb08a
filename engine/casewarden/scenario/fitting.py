"""Tests of a ruleset played on a variation of it: what they expect of elements that the variation lacks has failed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.syntax import Ruleset
from casewarden.ruleset.terms import BUSINESS, ELAPSED, FactTest, InHours
from casewarden.scenario.mismatch import Mismatch
from casewarden.scenario.scenario import Expect, FactIs, Scenario, Step
from casewarden.scenario.times import shown
from casewarden.worktime.zones import Zone


@dataclass(frozen=True, slots=True)
class Fitted:
    """A test without what cannot be asked of the ruleset, and that as mismatches."""

    scenario: Scenario
    missing: tuple[Mismatch, ...]


def fitted(scenario: Scenario, ruleset: Ruleset, zone: Zone) -> Fitted:
    """The test as far as the ruleset can play it; a step that cannot be reached ends it."""
    steps: list[Step] = []
    missing: list[Mismatch] = []
    at = 0
    for step in scenario.timeline:
        at = at if step.at is None else step.at
        time = shown(at, zone)
        if step.advance is not None and not _has_calendar(ruleset, step.advance.calendar):
            missing.append(_lack(step.place, time, f"advance: {step.advance}", f"calendar {step.advance.calendar}"))
            break
        if step.expect is None:
            steps.append(step)
        else:
            missing.extend(_lacking(step.expect, ruleset, time))
            steps.append(replace(step, expect=_without(step.expect, ruleset)))
    return Fitted(replace(scenario, timeline=tuple(steps)), tuple(missing))


def _has_calendar(ruleset: Ruleset, name: str) -> bool:
    return name in (BUSINESS, ELAPSED) or name in ruleset.calendars


def _lacking(expect: Expect, ruleset: Ruleset, time: str) -> Iterator[Mismatch]:
    for fact in expect.facts:
        lacks = _fact_lacks(fact, ruleset)
        if lacks is not None:
            yield _lack(fact.place, time, fact.path, lacks)
    for clock in expect.clocks:
        if clock.clock not in ruleset.clocks:
            yield _lack(clock.place, time, f"clock {clock.clock}", f"clock {clock.clock}")
    for word, said in (("actions", expect.actions), ("withheld", expect.withheld)):
        for one in said:
            if one.rule is not None and one.rule not in ruleset.rules:
                yield _lack(one.place, time, word, f"rule {one.rule}")


def _without(expect: Expect, ruleset: Ruleset) -> Expect:
    rules = ruleset.rules
    return replace(
        expect,
        facts=tuple(fact for fact in expect.facts if _fact_lacks(fact, ruleset) is None),
        clocks=tuple(clock for clock in expect.clocks if clock.clock in ruleset.clocks),
        actions=tuple(action for action in expect.actions if action.rule is None or action.rule in rules),
        withheld=tuple(held for held in expect.withheld if held.rule is None or held.rule in rules),
    )


def _fact_lacks(fact: FactIs, ruleset: Ruleset) -> str | None:
    """What the ruleset would have to have for this to be asked of it."""
    root, _, rest = fact.path.partition(".")
    name = rest.partition(".")[0]
    sections = {
        "clock": ruleset.clocks,
        "quota": ruleset.quotas,
        "channel": ruleset.channels,
        "guard": ruleset.guards,
    }
    if root in sections and name not in sections[root]:
        return f"{root} {name}"
    leaf = fact.leaf
    if isinstance(leaf, FactTest) and isinstance(leaf.test, InHours) and not _has_calendar(ruleset, leaf.test.calendar):
        return f"calendar {leaf.test.calendar}"
    return None


def _lack(place: Place, time: str, what: str, lacks: str) -> Mismatch:
    return Mismatch(place, time, what, f"the {lacks}", f"there is no {lacks}")
