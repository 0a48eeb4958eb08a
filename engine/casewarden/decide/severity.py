"""The severity in force: set by hand, else the table's, else what holds until classified; and its history."""

from functools import lru_cache

from casewarden.decide.state import State, happens
from casewarden.decide.trilean import NEVER, Trilean, all_of
from casewarden.ruleset.syntax import Severity
from casewarden.ruleset.terms import Value

_KEPT = 1024


def _is_among(value: Value | None, values: frozenset[object]) -> Trilean:
    return None if value is None else value in values


class Classifier:
    """The decision table ready to be asked; rows are equality tests."""

    def __init__(self, severity: Severity, fresh: frozenset[str]) -> None:
        self.severity = severity
        self.rows = [([(path, frozenset(values)) for path, values in row.when], row.gives) for row in severity.table]
        self.rank = {level: rank for rank, level in enumerate(severity.levels)}
        self.paths = tuple(sorted({path for rows, _ in self.rows for path, _ in rows}))
        self.fresh = tuple(path for path in self.paths if path in fresh)
        self._truths = lru_cache(_KEPT)(self._look_up)

    def ask_rows(self, state: State, now: int) -> tuple[Trilean, ...]:
        """Return the truth of every row."""
        return self._truths(self._inputs(state, now))

    def _inputs(self, state: State, now: int) -> tuple[Value | None, ...]:
        return tuple([state.fact(path, now)[0] for path in self.paths])

    def _look_up(self, inputs: tuple[Value | None, ...]) -> tuple[Trilean, ...]:
        """Return the truth of every row for the values at the table's paths; most cases have values that others had."""
        known = dict(zip(self.paths, inputs, strict=True))
        return tuple(all_of([_is_among(known[path], values) for path, values in tests]) for tests, _ in self.rows)

    def step(self, state: State, now: int) -> int:
        """Classify at an instant; return when a fact of the table turns stale."""
        inputs = self._inputs(state, now)
        if inputs == state.classified_by:
            self._put(state, now)
            return self._stale(state, now)
        state.classified_by = inputs
        truths = self._truths(inputs)
        if True in truths:
            state.table, state.gap = self.rows[truths.index(True)][1], False
        elif None not in truths and self.rows:
            otherwise = self.severity.otherwise
            state.gap = otherwise == "person"
            if otherwise is not None and not state.gap:
                state.table = otherwise  # for a person to decide, the level stays as it was until then
        self._put(state, now)
        return self._stale(state, now)

    def _stale(self, state: State, now: int) -> int:
        return min([state.fact(path, now)[1] for path in self.fresh], default=NEVER)

    def _put(self, state: State, now: int) -> None:
        is_open = state.gap and state.hand is None
        if is_open and not state.gap_told:
            happens(state, "case_unclassified", now)
        state.gap_told = is_open
        determined = state.hand or state.table
        was_determined = bool(state.classified) and state.classified[-1][1]
        before = state.values.get("case.severity") if was_determined else None
        in_force = determined or self._provisional(state)
        if (determined is not None) is not was_determined:
            state.classified.append((now, not was_determined))
        if determined is not None and not was_determined:
            happens(state, "case_classified", now)
        elif determined is not None and before is not None and before != determined:
            self._moved(state, str(before), determined, now)
        if not state.severity_history or state.severity_history[-1][1] != in_force:
            state.severity_history.append((now, in_force))
        if in_force is None:
            state.values.pop("case.severity", None)
        else:
            state.values["case.severity"] = in_force

    def _provisional(self, state: State) -> str | None:
        word = self.severity.until_classified
        if word != "reported":
            return word
        reported = state.values.get("case.reported_severity")
        return str(reported) if reported is not None else None

    def _moved(self, state: State, before: str, after: str, now: int) -> None:
        raised = self.rank.get(after, 0) < self.rank.get(before, 0)
        happens(state, "severity_raised" if raised else "severity_lowered", now)

    def by(self, state: State) -> str | None:
        """Whence the severity in force comes: person, rule, table, reported, or None."""
        if state.hand is not None:
            return state.hand_by
        if state.table is not None:
            return "table"
        return "reported" if "case.severity" in state.values else None
