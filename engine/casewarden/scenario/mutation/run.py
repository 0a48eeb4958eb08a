"""Mutants met by tests: each until the first test fails, shared out among processes; the result is the same."""

import gc
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Final

from casewarden.scenario.mutation.mutant import Mutant
from casewarden.scenario.mutation.study import exercising, in_order, mutants_of, study
from casewarden.scenario.read_scenario import load_scenarios
from casewarden.scenario.scenario import ScenarioFile
from casewarden.scenario.variation import Base, RefusedError, Trial, Variation, trials

ONE_PROCESS: Final = 24
"""With fewer mutants than this a second process costs more than it brings."""


class Fate(StrEnum):
    """What became of a mutant: refused ones are no rulesets and do not count, accepted ones have a reason."""

    KILLED = "killed"
    SURVIVED = "survived"
    REFUSED = "refused"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mutant; `by` is the test that failed first, or the reason for which it is accepted."""

    mutant: Mutant
    fate: Fate
    by: str | None
    exercised_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All mutants of one ruleset, by their place.

    `failing` are tests that fail without any mutant, `stale` the accepted ids that no surviving mutant has; `left_out`
    counts those beyond the limit.
    """

    ruleset: Path
    verdicts: tuple[Verdict, ...]
    failing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    left_out: int = 0

    def of(self, fate: Fate) -> list[Verdict]:
        """Those with one fate."""
        return [one for one in self.verdicts if one.fate is fate]

    @property
    def counted(self) -> int:
        """How many there are that tests could have killed."""
        return len(self.of(Fate.KILLED)) + len(self.of(Fate.SURVIVED))

    @property
    def score(self) -> float:
        """The share that was killed, in percent; 100 where there was none."""
        return 100.0 * len(self.of(Fate.KILLED)) / self.counted if self.counted else 100.0


@dataclass(frozen=True, slots=True)
class _Task:
    mutant: Mutant
    order: tuple[int, ...]


def mutate(base: Base, files: Sequence[ScenarioFile], limit: int | None = None, jobs: int = 1) -> Report:
    """Try the mutants of a ruleset on all its tests; with a `limit` that many, evenly spread over the file."""
    tests = trials(files)
    studied = study(tests)
    failing = tuple(one.name for one in studied if not one.passed)
    if failing:
        return Report(base.path, (), failing)
    ruleset, _ = base.load(())
    assert ruleset is not None
    every = mutants_of(base, ruleset, studied)
    chosen = _spread(every, limit)
    tasks = [_Task(mutant, tuple(in_order(studied, mutant))) for mutant in chosen]
    accepted = {id_: reason for file in files for id_, reason in file.accepted_mutants.items()}
    verdicts = tuple(
        _verdict(task.mutant, fate, by, tuple(one.name for one in exercising(studied, task.mutant)), accepted)
        for task, (fate, by) in zip(tasks, _fates(base, files, tests, tasks, jobs), strict=True)
    )
    living = {one.mutant.id for one in verdicts if one.fate is Fate.ACCEPTED} | {one.id for one in every} - {
        one.id for one in chosen
    }
    stale = tuple(id_ for id_ in accepted if id_ not in living)
    return Report(base.path, verdicts, (), stale, len(every) - len(chosen))


def _verdict(
    mutant: Mutant, fate: Fate, by: str | None, exercised_by: tuple[str, ...], accepted: Mapping[str, str]
) -> Verdict:
    if fate is Fate.SURVIVED and mutant.id in accepted:
        return Verdict(mutant, Fate.ACCEPTED, accepted[mutant.id], exercised_by)
    return Verdict(mutant, fate, by, exercised_by)


def _spread(every: list[Mutant], limit: int | None) -> list[Mutant]:
    if limit is None or limit >= len(every):
        return every
    return [every[number * len(every) // limit] for number in range(limit)]


def _fates(
    base: Base, files: Sequence[ScenarioFile], tests: Sequence[Trial], tasks: Sequence[_Task], jobs: int
) -> Iterator[tuple[Fate, str | None]]:
    if jobs == 1 or len(tasks) < ONE_PROCESS:
        hunter = Hunter(base, tests)
        yield from map(hunter.fate, tasks)
        return
    context = multiprocessing.get_context("spawn")
    begin = (str(base.path), [str(file.path) for file in files])
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=begin) as pool:
        yield from pool.map(_fate, tasks, chunksize=4)


class Hunter:
    """Meets mutants of one ruleset with its tests; one in each process."""

    current: ClassVar["Hunter | None"] = None

    def __init__(self, base: Base, tests: Sequence[Trial]) -> None:
        self._base = base
        self._tests = tests

    def fate(self, task: _Task) -> tuple[Fate, str | None]:
        """What becomes of a mutant, and the first test that fails on it."""
        variation = Variation(self._base, task.mutant.edits)
        try:
            variation.compiled()
        except RefusedError:
            return Fate.REFUSED, None
        for number in task.order:
            trial = self._tests[number]
            try:
                outcome = variation.play(trial)
            except RefusedError:  # only in the reading that this test asks for
                continue
            if not outcome.passed:
                return Fate.KILLED, trial.scenario.name
        return Fate.SURVIVED, None


def _begin(ruleset: str, files: list[str]) -> None:
    base, _ = Base.open(Path(ruleset))
    read = [load_scenarios(Path(file))[0] for file in files]
    if base is None or None in read:
        raise RuntimeError(f"{ruleset} or its tests changed while mutants were being tried")
    gc.set_threshold(50_000, 20, 20)
    Hunter.current = Hunter(base, trials(file for file in read if file is not None))


def _fate(task: _Task) -> tuple[Fate, str | None]:
    assert Hunter.current is not None
    return Hunter.current.fate(task)
