"""What hangs on an interpretation: the same sample cases in the reading chosen and in each that was not.

Sample cases are the timelines of the scenario tests that cite the interpretation, else of all tests of the ruleset; and
where these show no difference, cases that are made for it: of every plan and severity, answered and resolved late.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from casewarden.decide import Compiled, compile_ruleset
from casewarden.decide.binding import binds
from casewarden.decide.work_order import standing
from casewarden.model.decision import Decision
from casewarden.model.subject import Subject
from casewarden.ruleset.syntax import Cited, Interpretation, Ruleset
from casewarden.scenario.made_cases import made_cases
from casewarden.scenario.outcome import CaseOutcome, Difference, differences
from casewarden.scenario.play import play
from casewarden.scenario.scenario import Scenario, ScenarioFile
from casewarden.worktime.zones import Zone, zone


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
                    found = tuple(differences(_outcome(chosen, case, local), _outcome(other, case, local), local))
                    if found:
                        place = None if case.place.file == ruleset.name else str(case.place)
                        samples.append(Sample(case.name, place, found))
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


def _outcome(compiled: Compiled, scenario: Scenario, local: Zone) -> CaseOutcome:
    outcome = CaseOutcome()
    first = scenario.timeline[0]
    opened_at = first.at if first.happened_at is None else first.happened_at
    if scenario.about == "case" and opened_at is not None:
        outcome.bound = binds(compiled.ruleset, opened_at)
    steps = tuple(replace(step, expect=None) for step in scenario.timeline)

    def watch(asked: Compiled, subject: Subject, decision: Decision) -> None:
        if outcome.last is None:
            outcome.place = standing(asked, subject, decision.at)
        outcome.take(decision)

    play(compiled, replace(scenario, timeline=steps), local, watch)
    return outcome


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
