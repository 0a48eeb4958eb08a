"""What hangs on an interpretation: the same sample cases in the reading chosen and in each that was not.

Sample cases are the timelines of the scenario tests that cite the interpretation, else of all tests of the ruleset; and
where these show no difference, cases that are made for it: of every plan and severity, answered and resolved late.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final

from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.decision import ClockInstance, ClockState, Decision, PlannedAction
from casewarden.model.subject import Subject
from casewarden.ruleset.syntax import Cited, Interpretation, Ruleset
from casewarden.scenario.made_cases import made_cases
from casewarden.scenario.play import play
from casewarden.scenario.scenario import Scenario, ScenarioFile
from casewarden.scenario.times import shown
from casewarden.worktime.zones import Zone, zone

_DERIVED: Final = ("case.scope", "case.excluded_as", "case.intake", "case.commitment", "case.plan")
_STATES: Final = {ClockState.NOT_APPLICABLE: "not applicable"}
_CONTENT: Final = ("message", "kind", "who", "reason", "level")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that comes out otherwise: what it is, and its value in either reading, in words."""

    what: str
    chosen: str
    other: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.chosen} or {self.other}{self.unit}"


@dataclass(frozen=True, slots=True)
class Sample:
    """A case that comes out otherwise."""

    name: str
    place: str | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Divergence:
    """One reading that was not chosen against the one that was; `played` counts the cases that were compared."""

    interpretation: Interpretation
    reading: str
    clauses: tuple[str, ...]
    played: int
    samples: tuple[Sample, ...]


@dataclass(slots=True)
class _Seen:
    """What came of one case at its end, in one reading."""

    zone: Zone
    last: Decision | None = None
    first_due: dict[tuple[str, int], int] = field(default_factory=dict)
    actions: dict[str, tuple[int, PlannedAction]] = field(default_factory=dict)
    credits: dict[str, tuple[str, int, str]] = field(default_factory=dict)

    def watch(self, compiled: Compiled, subject: Subject, decision: Decision) -> None:  # noqa: ARG002
        """Take note of one decision."""
        self.last = decision
        for clock in decision.clocks:
            if clock.due is not None:
                self.first_due.setdefault((clock.clock, clock.number), clock.due)
        for action in decision.actions:
            self.actions.setdefault(action.key, (decision.at, action))
        self.credits = {key: entry for key, entry in self.credits.items() if entry[2] != "accruing"}
        for posted in decision.ledger:
            if posted.state in ("accruing", "posted"):
                self.credits[posted.key] = (posted.name, posted.amount, posted.state)


def diverge(
    ruleset: Ruleset, other_rulesets: Mapping[tuple[str, str], Ruleset], files: Sequence[ScenarioFile]
) -> Iterator[Divergence]:
    """Compare every reading that was not chosen with the ruleset as it is, in the order of the file.

    `other_rulesets` holds the ruleset under each of them, by interpretation and name.
    """
    chosen = compile_ruleset(ruleset)
    cited = _cited(ruleset)
    for interpretation in ruleset.interpretations.values():
        for name in interpretation.others:
            other = compile_ruleset(other_rulesets[interpretation.name, name])
            played, samples = 0, []
            for cases in _samples(ruleset, interpretation.name, files):
                for case, local in cases:
                    played += 1
                    differences = tuple(_differences(_seen(chosen, case, local), _seen(other, case, local)))
                    if differences:
                        place = None if case.place.file == ruleset.name else str(case.place)
                        samples.append(Sample(case.name, place, differences))
                if samples:
                    break
            clauses = tuple(sorted(cited.get(interpretation.name, ())))
            yield Divergence(interpretation, name, clauses, played, tuple(samples))


def _samples(ruleset: Ruleset, name: str, files: Sequence[ScenarioFile]) -> Iterator[Iterable[tuple[Scenario, Zone]]]:
    """Sample cases, the most telling first: later ones are only looked at where earlier ones show no difference."""
    tests = [(scenario, zone(file.zone)) for file in files for scenario in file.scenarios]
    plain = _once((scenario, local) for scenario, local in tests if set(scenario.reading) <= {name})
    yield [one for one in plain if name in one[0].interpretations]
    yield [one for one in plain if name not in one[0].interpretations]
    yield made_cases(ruleset)


def _once(cases: Iterable[tuple[Scenario, Zone]]) -> list[tuple[Scenario, Zone]]:
    """Each timeline once: tests of two readings often share what happens, and differ in when they look."""
    found: dict[str, tuple[Scenario, Zone]] = {}
    for scenario, local in cases:
        steps = [
            (step.at, str(step.advance), step.happened_at, [(e.kind, e.by, e.who, dict(e.data)) for e in step.entries])
            for step in scenario.timeline
            if step.entries or step.advance is not None
        ]
        found.setdefault(repr((scenario.about, dict(scenario.given), scenario.live_from, steps)), (scenario, local))
    return list(found.values())


def _seen(compiled: Compiled, scenario: Scenario, local: Zone) -> _Seen:
    seen = _Seen(local)
    steps = tuple(replace(step, expect=None) for step in scenario.timeline)
    play(compiled, replace(scenario, timeline=steps), local, seen.watch)
    return seen


def _cited(ruleset: Ruleset) -> dict[str, set[str]]:
    """The clauses of the elements that rest on each interpretation."""
    found: dict[str, set[str]] = {}
    for cited in _citing(ruleset):
        for name in cited.interpretations:
            found.setdefault(name, set()).update(cited.clauses)
    return found


def _citing(ruleset: Ruleset) -> Iterator[Cited]:
    """What every element cites; `severity` and `queue` are one element each."""
    for section in fields(ruleset):
        value = getattr(ruleset, section.name)
        for element in value.values() if isinstance(value, Mapping) else (value,):
            cited = getattr(element, "cited", None)
            if isinstance(cited, Cited):
                yield cited


def _differences(chosen: _Seen, other: _Seen) -> Iterator[Difference]:
    if chosen.last is None or other.last is None:
        return
    yield from _credits(chosen, other)
    yield from _clocks(chosen, other)
    if chosen.last.severity != other.last.severity:
        yield Difference("severity at the end", chosen.last.severity or "none", other.last.severity or "none")
    for path in _DERIVED:
        mine, theirs = chosen.last.derived.get(path), other.last.derived.get(path)
        if mine != theirs:
            yield Difference(f"`{path}` at the end", _word(mine), _word(theirs))
    yield from _actions(chosen, other)


def _word(value: object) -> str:
    match value:
        case None:
            return "unknown"
        case list():
            return ", ".join(str(item) for item in value) or "none"
        case _:
            return str(value)


def _credits(chosen: _Seen, other: _Seen) -> Iterator[Difference]:
    def sums(seen: _Seen) -> Counter[str]:
        total: Counter[str] = Counter()
        for name, days, _ in seen.credits.values():
            total[name] += days
        return total

    mine, theirs = sums(chosen), sums(other)
    for name in sorted(mine.keys() | theirs.keys()):
        if mine[name] != theirs[name]:
            yield Difference(f"credit `{name}`", str(mine[name]), str(theirs[name]), " days of credit")


def _clocks(chosen: _Seen, other: _Seen) -> Iterator[Difference]:
    assert chosen.last is not None
    assert other.last is not None
    mine = {(clock.clock, clock.number): clock for clock in chosen.last.clocks}
    theirs = {(clock.clock, clock.number): clock for clock in other.last.clocks}
    for key in dict.fromkeys((*mine, *theirs)):
        name = f"clock `{key[0]}`" if key[1] == 1 else f"clock `{key[0]}`, run {key[1]}"
        due, other_due = chosen.first_due.get(key), other.first_due.get(key)
        if due != other_due:
            yield Difference(
                f"{name} due", _due(mine.get(key), due, chosen.zone), _due(theirs.get(key), other_due, other.zone)
            )
        state, other_state = _state(mine.get(key)), _state(theirs.get(key))
        if state != other_state:
            yield Difference(name, state, other_state)


def _due(clock: ClockInstance | None, due: int | None, local: Zone) -> str:
    if due is not None:
        return shown(due, local)
    return "never" if clock is None or clock.target is None else f"no due time ({clock.target.replace('_', ' ')})"


def _state(clock: ClockInstance | None) -> str:
    return "not started" if clock is None else _STATES.get(clock.state, clock.state.value)


def _actions(chosen: _Seen, other: _Seen) -> Iterator[Difference]:
    mine, theirs = _by_what(chosen), _by_what(other)
    for what in dict.fromkeys((*mine, *theirs)):
        ats, other_ats = mine.get(what, []), theirs.get(what, [])
        if len(ats) != len(other_ats):
            yield Difference(what, _times(len(ats)), _times(len(other_ats)))
        elif ats != other_ats:
            at, other_at = next((a, b) for a, b in zip(ats, other_ats, strict=True) if a != b)
            yield Difference(f"{what} at", shown(at, chosen.zone), shown(other_at, other.zone))


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _by_what(seen: _Seen) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, action in seen.actions.values():
        detail = next((str(action.content[key]) for key in _CONTENT if action.content.get(key) is not None), "")
        what = f"rule `{action.rule}`: {action.kind}{' ' + detail if detail else ''}"
        found.setdefault(what, []).append(at if action.deliver_at is None else action.deliver_at)
    return found
