"""Clause coverage: what of a ruleset enforces each clause of the policy, which tests show it, and what is missing.

Everything is put together from the files: the list of clauses, the ruleset with its tests, the policy's text where it
is there. A problem is a sentence with its place; where there is none, the ruleset covers its policy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from casewarden.decide import Compiled, compile_ruleset
from casewarden.decide.leaves import LeafFunction
from casewarden.ruleset.clause_list import Clause, Found, Standing, Status, compare
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.elements import MUST_CITE, Element, citing_elements, uncited_elements
from casewarden.ruleset.policy_text import GRAMMAR, PolicyText, place_text
from casewarden.ruleset.syntax import Interpretation, Ruleset
from casewarden.ruleset.terms import Leaf
from casewarden.scenario.exercise import Exercise
from casewarden.scenario.play import play
from casewarden.scenario.prove import By, Proof, Question, prove
from casewarden.scenario.scenario import ScenarioFile
from casewarden.scenario.variation import Base, Trial, trials
from casewarden.worktime.zones import zone


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence about what is missing or wrong, and where."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Citing:
    """One test that cites a clause: whether it passed, and which of the clause's elements it exercises."""

    trial: Trial
    passed: bool
    exercises: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the test."""
        return self.trial.scenario.name


@dataclass(slots=True)
class ClauseCover:
    """One clause with all that has to do with it. `proofs` is None where nothing was to be proven."""

    clause: Clause
    elements: tuple[Element, ...]
    tests: tuple[Citing, ...]
    interpretations: tuple[Interpretation, ...]
    text: Found | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proofs: tuple[Proof, ...] | None = None

    @property
    def proven(self) -> bool | None:
        """Whether each of its elements is missed by a test, or by the checker, once it is gone."""
        if self.proofs is None:
            return None
        return bool(self.proofs) and all(proof.by is not By.NOTHING for proof in self.proofs)

    def tell(self, place: Place, text: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(place, text))


@dataclass(slots=True)
class Cover:
    """What is covered of one policy; `problems` are those that belong to no clause."""

    ruleset: str
    policy: str | None
    clauses: tuple[ClauseCover, ...]
    problems: list[Problem] = field(default_factory=list)

    @property
    def all_problems(self) -> list[Problem]:
        """Every problem, by its place."""
        found = [*self.problems, *(problem for clause in self.clauses for problem in clause.problems)]
        return sorted(dict.fromkeys(found), key=lambda problem: (problem.place, problem.text))


@dataclass(frozen=True, slots=True)
class Sources:
    """What was read: the ruleset as it was opened and checked, its clauses, its tests, the policy's text if any."""

    base: Base
    ruleset: Ruleset
    clauses: tuple[Clause, ...]
    files: tuple[ScenarioFile, ...]
    text: PolicyText | None


def cover(sources: Sources) -> Cover:
    """Put together what is covered, and tell what is not."""
    ruleset = sources.ruleset
    elements = citing_elements(sources.base.document)
    played = _Played(sources)
    found = Cover(ruleset.name, None if sources.text is None else sources.text.name, ())
    clauses = []
    for clause in sources.clauses:
        own = tuple(element for element in elements if clause.id in element.clauses)
        named = {name for element in own for name in element.interpretations}
        readings = tuple(
            reading
            for reading in ruleset.interpretations.values()
            if reading.name in named or clause.id in reading.supersedes
        )
        one = ClauseCover(clause, own, played.citing(clause.id, own), readings)
        _check_form(one)
        _check_status(one, ruleset)
        _check_tests(one)
        if sources.text is not None:
            _check_text(one, sources.text)
        clauses.append(one)
    found.clauses = tuple(clauses)
    known = {clause.id for clause in sources.clauses}
    found.problems += _uncited(sources, elements, known)
    found.problems += played.problems(known)
    return found


class _Played:
    """Every test that cites a clause, played once."""

    def __init__(self, sources: Sources) -> None:
        self._passed: dict[int, bool] = {}
        self._exercise: dict[int, Exercise] = {}
        self._trials = [trial for trial in trials(sources.files) if trial.scenario.clauses]
        compiled: dict[str, Compiled] = {}
        probes: dict[tuple[int, Leaf], LeafFunction] = {}
        for number, trial in enumerate(self._trials):
            ruleset = trial.file.ruleset_of(trial.scenario)
            ready = compiled.get(ruleset.digest)
            if ready is None:
                ready = compiled[ruleset.digest] = compile_ruleset(ruleset)
            exercise = self._exercise[number] = Exercise(ready, trial.scenario, probes)
            outcome = play(ready, trial.scenario, zone(trial.file.zone), exercise.watch)
            exercise.finish()
            self._passed[number] = outcome.passed

    def citing(self, clause: str, elements: Sequence[Element]) -> tuple[Citing, ...]:
        """The tests that cite a clause, and what they exercise of its elements."""
        return tuple(
            Citing(
                trial,
                self._passed[number],
                tuple(element.id for element in elements if self._exercise[number].covers(element)),
            )
            for number, trial in enumerate(self._trials)
            if clause in trial.scenario.clauses
        )

    def problems(self, known: Iterable[str]) -> list[Problem]:
        """Tests that cite what is not listed, and tests that do not hold."""
        found = []
        for number, trial in enumerate(self._trials):
            scenario = trial.scenario
            for clause in scenario.clauses:
                if clause not in known:
                    text = f"The test {scenario.name} cites {clause}, which the list of clauses does not have."
                    found.append(Problem(scenario.place, text))
            if not self._passed[number]:
                text = f"The test {scenario.name} fails, so it shows nothing; run `casewarden test` to see why."
                found.append(Problem(scenario.place, text))
        return found


def _check_form(one: ClauseCover) -> None:
    clause = one.clause
    for word, said in (
        ("place", clause.place),
        ("summary", clause.summary),
        ("status", clause.status),
        ("hash", clause.hash),
    ):
        if said is None:
            one.tell(clause.key, f"{clause.id} says no {word}, or none that can be read.")
    if clause.place is not None and clause.lines is None:
        one.tell(clause.key, f"The place of {clause.id}, `{clause.place}`, cannot be read; {GRAMMAR}.")


def _check_status(one: ClauseCover, ruleset: Ruleset) -> None:
    clause = one.clause
    if clause.status is Status.ENFORCED:
        if not one.elements:
            one.tell(clause.key, f"{clause.id} is listed as enforced, and no element of the ruleset cites it.")
        elif all(_is_open(element, ruleset) for element in one.elements):
            one.tell(clause.key, f"{clause.id} is listed as enforced, and all that cites it rests on an open question.")
        if not one.tests:
            one.tell(clause.key, f"{clause.id} is listed as enforced, and no test cites it.")
    elif clause.status is not None and clause.reason is None:
        one.tell(clause.key, f"{clause.id} is listed as {clause.status}, and no reason is given.")


def _is_open(element: Element, ruleset: Ruleset) -> bool:
    chosen = (ruleset.interpretations.get(name) for name in element.interpretations)
    return any(reading is not None and reading.is_open for reading in chosen)


def _check_tests(one: ClauseCover) -> None:
    if not one.elements:
        return
    names = " or ".join(element.id for element in one.elements)
    for test in one.tests:
        if not test.exercises:
            text = f"The test {test.name} cites {one.clause.id} and does not exercise {names}."
            one.tell(test.trial.scenario.place, text)
    if one.clause.status is not Status.ENFORCED or not one.tests:
        return
    for element in one.elements:
        if not any(element.id in test.exercises for test in one.tests):
            text = f"{element.id} cites {one.clause.id}, and no test that cites {one.clause.id} exercises it."
            one.tell(element.place, text)


def _check_text(one: ClauseCover, text: PolicyText) -> None:
    clause = one.clause
    one.text = found = compare(clause, text)
    if found is None:
        return
    match found.standing:
        case Standing.SAME:
            pass
        case Standing.MOVED:
            now = place_text(found.now or ())
            one.notes.append(
                f"The text of {clause.id} moved from {clause.place} to {now} of {text.name}; it is the same."
            )
        case Standing.CHANGED:
            one.tell(
                clause.hash_at or clause.key,
                f"The text of {clause.id} ({clause.place} of {text.name}) is not the one that was reviewed; review it,"
                " and write its hash with --update-hashes.",
            )
        case Standing.MISSING:
            one.tell(
                clause.key,
                f"There is no text at the place of {clause.id} ({clause.place} of {text.name}), and what was reviewed"
                " is nowhere else in it.",
            )


def _uncited(sources: Sources, elements: Iterable[Element], known: set[str]) -> list[Problem]:
    """Elements without a clause where one is needed, and clauses that are cited and not listed."""
    found = [
        Problem(element.place, f"{element.id} enforces something and cites no clause.")
        for element in uncited_elements(sources.base.document)
        if element.section in MUST_CITE
    ]
    for element in elements:
        for clause in element.clauses:
            if clause not in known:
                text = f"{element.id} cites {clause}, which the list of clauses does not have."
                found.append(Problem(element.place, text))
    return found


def add_proofs(found: Cover, sources: Sources, jobs: int = 1) -> None:
    """Delete each element of each enforced clause, and tell where no test that cites the clause notices."""
    numbers = {id(file): number for number, file in enumerate(sources.files)}
    wanted: dict[str, tuple[Element, dict[str, tuple[tuple[int, str], ...]]]] = {}
    enforced = [one for one in found.clauses if one.clause.status is Status.ENFORCED]
    for one in enforced:
        tests = tuple((numbers[id(test.trial.file)], test.name) for test in one.tests if test.passed)
        for element in one.elements:
            if not _is_open(element, sources.ruleset):
                wanted.setdefault(element.id, (element, {}))[1][one.clause.id] = tests
    questions = [Question(element, tuple(clauses.items())) for element, clauses in wanted.values()]
    proofs: dict[str, list[Proof]] = {}
    for answer in prove(sources.base, sources.files, questions, jobs):
        for proof in answer:
            proofs.setdefault(proof.clause, []).append(proof)
    places: Mapping[str, Place] = {name: element.place for name, (element, _) in wanted.items()}
    for one in enforced:
        one.proofs = tuple(proofs.get(one.clause.id, ()))
        for proof in one.proofs:
            is_exercised = any(proof.element in test.exercises for test in one.tests)  # else that is told already
            if proof.by is By.NOTHING and is_exercised:
                text = f"Without {proof.element} every test that cites {one.clause.id} still passes."
                one.tell(places[proof.element], text)
