"""The table of leaves in docs/language.md, cell by cell: what each means, when it is unknown, when it may change."""

import re
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from casewarden.decide import Compiled
from support.leaf_looks import CELLS, FIELDS, LOOKS, ROWS, SECTIONS, Cell, Look
from support.small import rule, ruleset, truth, wake

LANGUAGE = Path(__file__).parents[2] / "docs" / "language.md"


def compiled(look: Look) -> Compiled:
    """A ruleset with the condition as its only rule, and what the condition speaks of besides it."""
    sections = FIELDS
    parts = re.split(r"^(?=\w)", SECTIONS.lstrip("\n"), flags=re.MULTILINE)
    for part in filter(str.strip, parts):
        head, _, body = part.partition("\n")
        names = set(re.findall(r"(?:clock|quota|channel|guard)\.(\w+)|(?:due|started|stopped): (\w+)", look.condition))
        wanted = {name for pair in names for name in pair if name}
        if head == "plans:":
            sections += part
        elif head == "interpretations:":
            sections += part if "later" in wanted else ""
        else:
            kept = [element for element in re.split(r"^(?=  \w)", body, flags=re.MULTILINE)
                    if element.strip() and element.strip().partition(":")[0] in wanted]  # fmt: skip
            sections += f"{head}\n{''.join(kept)}" if kept else ""
    return ruleset(sections + rule("probe", f"when: {look.condition}\nthen: [note: hello]"))


def looks(cell: Cell) -> list[ParameterSet]:
    """The looks at one column, named by row, number, condition and instant."""
    chosen = [look for look in LOOKS if look.cell == cell]
    return [
        pytest.param(look, id=f"{look.row}-{number}-{look.condition}-{look.now}") for number, look in enumerate(chosen)
    ]


@pytest.mark.parametrize("look", looks("means"))
def test_a_leaf_means(look: Look) -> None:
    assert truth(compiled(look), look.log, look.now) is look.says


@pytest.mark.parametrize("look", looks("unknown"))
def test_a_leaf_is_unknown_when(look: Look) -> None:
    assert truth(compiled(look), look.log, look.now) is look.says


@pytest.mark.states("R1")
@pytest.mark.parametrize("look", looks("wakes"))
def test_a_leaf_wakes_at(look: Look) -> None:
    assert wake(compiled(look), look.log, look.now) == look.wakes


def table() -> list[str]:
    """The first column of the table in docs/language.md."""
    lines = LANGUAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index("| leaf | on | means | unknown when | next wake-up |")
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(line.removeprefix("| ").split(" | ")[0])
    return rows


def test_every_row_of_the_table_is_covered_and_no_other() -> None:
    found = {row: [name for name, begins in ROWS.items() if row.startswith(begins)] for row in table()}
    assert all(len(names) == 1 for names in found.values()), found
    assert len(found) == len(ROWS)


def test_every_cell_of_every_row_has_a_test() -> None:
    assert {(look.row, look.cell) for look in LOOKS} == {(row, cell) for row in ROWS for cell in CELLS}


def test_every_row_is_shown_true_and_false_and_unknown_where_it_can_be() -> None:
    for row in ROWS:
        says = {look.says for look in LOOKS if look.row == row and look.cell != "wakes"}
        assert says == ({True, False} if row == "known" else {True, False, None}), row
