"""Mistakes in what is done and in tables: actions and rules left out, outcomes of neighbouring cells exchanged."""

from collections.abc import Iterator
from itertools import pairwise

from casewarden.ruleset.document import Document
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.variation import Edit, Steps
from casewarden.scenario.mutation.conditions import rows
from casewarden.scenario.mutation.mutant import Mutant, brief, dropped, element_of, elements


def of_tables(document: Document) -> Iterator[Mutant]:
    """All of them."""
    for steps, key, node in elements(document, "rules"):
        then = node.get("then")
        if isinstance(then, Seq) and len(then.items) > 1:
            for number, action in enumerate(then.items):
                yield dropped((*steps, "then", str(number)), action.place, f"the action `{brief(action)}`")
        else:
            yield dropped(steps, key.place, f"the rule `{key.text}`, with its only action,")
    yield from _rows(document)
    for section in ("clocks", "quotas"):
        for steps, _, node in elements(document, section):
            for table in ("targets_by_severity", "targets_by_plan", "allowed"):
                yield from _cells((*steps, table), node.get(table))


def _rows(document: Document) -> Iterator[Mutant]:
    """Neighbouring rows of the severity table with each other's severity."""
    found = list(rows(document))
    for (steps, row), (following, other) in pairwise(found):
        mine, theirs = row.get("gives"), other.get("gives")
        if isinstance(mine, Scalar) and isinstance(theirs, Scalar) and mine.text != theirs.text:
            yield _swapped((*steps, "gives"), mine, (*following, "gives"), theirs)


def _cells(steps: Steps, table: Node | None) -> Iterator[Mutant]:
    """Neighbouring cells with each other's outcome, in each row and between rows."""
    if not isinstance(table, Map):
        return
    entries = list(table)
    for key, value in entries:
        if isinstance(value, Map):
            yield from _cells((*steps, key.text), value)
    for (key, value), (other, theirs) in pairwise(entries):
        if brief(value) != brief(theirs):
            yield _swapped((*steps, key.text), value, (*steps, other.text), theirs)


def _swapped(one: Steps, value: Node, other: Steps, theirs: Node) -> Mutant:
    where = "/".join(one)
    names = f"`{one[-1]}` and `{other[-1]}`"
    if one[-1] == "gives":
        names = f"the rows {int(one[-2]) + 1} and {int(other[-2]) + 1}"
    change = f"{names} have exchanged `{brief(value)}` and `{brief(theirs)}`"
    return Mutant(
        f"{where}: swapped with {'/'.join(other)}",
        element_of(one),
        value.place,
        change,
        (Edit(one, theirs), Edit(other, value)),
    )
