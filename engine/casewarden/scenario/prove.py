"""Proof that a clause is enforced: each element that cites it is deleted, and then one of the tests that cite it fails.

An element that can be deleted in several ways (the rows of a table, the settings of the defaults) is proven by one of
them. Where the checker refuses the ruleset however the element is deleted, that refusal is the proof, and is told as
such. Elements are independent of each other, so they are shared out among processes; the result is the same.
"""

import gc
import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Final

from casewarden.ruleset.deletion import deletions
from casewarden.ruleset.diagnostics import Diagnostic
from casewarden.ruleset.elements import Element
from casewarden.ruleset.pruning import Pruned, pruned
from casewarden.scenario.mismatch import Mismatch
from casewarden.scenario.read_scenario import load_scenarios
from casewarden.scenario.scenario import ScenarioFile
from casewarden.scenario.variation import Base, RefusedError, Trial, Variation, trials

ONE_CORE: Final = 24
"""With fewer elements than this a second process costs more than it brings."""


class By(StrEnum):
    """What noticed that an element was gone; NOTHING: the element is not needed for what the tests expect."""

    TEST = "test"
    CHECKER = "checker"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Proof:
    """What noticed, for one clause, that one element was gone.

    `test` is the name of the first test that failed and `said` what it said first; of a refusal, what the checker
    said. `with_it` are the places (`rules/warn/then/0`) that had to go along.
    """

    clause: str
    element: str
    by: By
    test: str | None = None
    said: str | None = None
    with_it: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """An element, and for each clause to be proven with it the tests that cite the clause: (file, test) by number."""

    element: Element
    tests: tuple[tuple[str, tuple[tuple[int, str], ...]], ...]


class Prover:
    """Answers questions about one ruleset; one in each process."""

    current: ClassVar["Prover | None"] = None

    def __init__(self, base: Base, files: Sequence[ScenarioFile]) -> None:
        self._base = base
        self._trials = {(number, one.scenario.name): one for number, file in enumerate(files) for one in trials([file])}

    def answer(self, question: Question) -> tuple[Proof, ...]:
        """A proof for each clause of the question, in its order."""
        found: dict[str, Proof] = {}
        refused: Diagnostic | None = None
        ways = 0
        for edits in deletions(self._base.document, question.element):
            left = [(clause, tests) for clause, tests in question.tests if clause not in found]
            if not left:
                break
            way = pruned(self._base.document, self._base.path, edits)
            if way.refused is not None:
                refused = way.refused
                continue
            ways += 1
            found.update(self._try(question.element, way, left))
        return tuple(
            found.get(clause) or _otherwise(question.element, clause, ways, refused) for clause, _ in question.tests
        )

    def _try(
        self, element: Element, way: Pruned, wanted: Iterable[tuple[str, tuple[tuple[int, str], ...]]]
    ) -> dict[str, Proof]:
        """The clauses of which a test fails once the element is gone in this way."""
        variation = Variation(self._base, way.edits)
        with_it = tuple("/".join(steps) for steps in way.with_it)
        said: dict[tuple[int, str], Mismatch | None] = {}
        found: dict[str, Proof] = {}
        for clause, tests in wanted:
            for test in tests:
                if test not in said:
                    said[test] = _first_failure(variation, self._trials[test])
                mismatch = said[test]
                if mismatch is not None:
                    found[clause] = Proof(clause, element.id, By.TEST, test[1], _words(mismatch), with_it)
                    break
        return found


def _first_failure(variation: Variation, test: Trial) -> Mismatch | None:
    try:
        outcome = variation.play(test)
    except RefusedError:  # in the reading that this test asks for; another test may tell more
        return None
    return outcome.mismatches[0] if outcome.mismatches else None


def _words(mismatch: Mismatch) -> str:
    return f"{mismatch.what} at {mismatch.time}: expected {mismatch.expected}, found {mismatch.actual}"


def _otherwise(element: Element, clause: str, ways: int, refused: Diagnostic | None) -> Proof:
    if ways == 0 and refused is not None:
        return Proof(clause, element.id, By.CHECKER, None, f"{refused.place}: {refused.message}")
    return Proof(clause, element.id, By.NOTHING)


def prove(
    base: Base, files: Sequence[ScenarioFile], questions: Sequence[Question], jobs: int = 1
) -> tuple[tuple[Proof, ...], ...]:
    """The proofs that answer each question, in their order, whatever the number of processes."""
    if jobs == 1 or len(questions) < ONE_CORE:
        prover = Prover(base, files)
        return tuple(prover.answer(question) for question in questions)
    context = multiprocessing.get_context("spawn")
    begin = (str(base.path), [str(file.path) for file in files])
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=begin) as pool:
        return tuple(pool.map(_answer, questions, chunksize=4))


def _begin(ruleset: str, files: list[str]) -> None:
    base, _ = Base.open(Path(ruleset))
    read = [load_scenarios(Path(file))[0] for file in files]
    if base is None or None in read:
        raise RuntimeError(f"{ruleset} or its tests changed while clauses were being proven")
    gc.set_threshold(50_000, 20, 20)  # as in the process that began it
    Prover.current = Prover(base, [file for file in read if file is not None])


def _answer(question: Question) -> tuple[Proof, ...]:
    assert Prover.current is not None
    return Prover.current.answer(question)
