"""Every statement of docs/semantics.md is shown by a test that names it, or says who else keeps it and why."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
SEMANTICS = TESTS.parent / "docs" / "semantics.md"

# What only the connector of a helpdesk can keep: what the helpdesk can do, and what its fields are.
EXEMPT = {
    "A3": "whether a ticket can be reopened is known to the helpdesk when the action goes out",
    "A7": "a field of a helpdesk is written by a connector",
}
CONNECTOR = "*(a helpdesk's"


def statements() -> dict[str, str]:
    """Each statement's id with its text."""
    found = re.split(r"^- \*\*([A-Z]\d+)\*\* ", SEMANTICS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def named() -> Iterator[tuple[str, str]]:
    """Each id that a test names, with the test's place."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.states":
                    for argument in mark.args:
                        yield ast.literal_eval(argument), f"{path.relative_to(TESTS)}:{mark.lineno}"


def test_ids_are_unique_and_count_up_in_each_section() -> None:
    ids = re.findall(r"^- \*\*([A-Z]\d+)\*\* ", SEMANTICS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections: dict[str, list[int]] = {}
    for one in ids:
        sections.setdefault(one[0], []).append(int(one[1:]))
    assert {
        letter: numbers for letter, numbers in sections.items() if numbers != list(range(1, len(numbers) + 1))
    } == {}


def test_every_statement_has_a_test_or_a_stated_exemption() -> None:
    shown = {one for one, _ in named()}
    assert sorted(set(statements()) - shown - set(EXEMPT)) == []


def test_no_test_names_a_statement_that_is_not_there() -> None:
    known = statements()
    assert [f"{place} names {one}" for one, place in named() if one not in known] == []


def test_exempt_is_what_the_page_leaves_to_helpdesks_and_nothing_that_is_shown() -> None:
    left = {one for one, text in statements().items() if CONNECTOR in " ".join(text.split("\n## ")[0].split())}
    assert left == set(EXEMPT)
    assert set(EXEMPT) & {one for one, _ in named()} == set()
