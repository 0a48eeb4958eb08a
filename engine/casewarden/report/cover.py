"""Clause coverage as text for a terminal and as JSON."""

from typing import TYPE_CHECKING, Any, Final

from casewarden.report.terminal import json_text, visible
from casewarden.ruleset.clause_list import Status
from casewarden.ruleset.elements import Element
from casewarden.ruleset.policy_text import place_text
from casewarden.ruleset.syntax import Interpretation
from casewarden.scenario.cover import Citing, ClauseCover, Cover
from casewarden.scenario.prove import By, Proof

if TYPE_CHECKING:
    from rich.console import Console

STATUS_WORDS: Final = {
    Status.ENFORCED: "enforced",
    Status.HUMAN_TASK: "human task",
    Status.OPEN_QUESTION: "open question",
    Status.OUT_OF_SCOPE: "out of scope",
}


def counts(found: Cover) -> dict[str, int]:
    """How many clauses have each status, and how many of the enforced ones are proven (-1: none was to be)."""
    sums = {status.value: sum(one.clause.status is status for one in found.clauses) for status in Status}
    was_proven = any(one.proofs is not None for one in found.clauses)
    return {**sums, "proven": sum(one.proven is True for one in found.clauses) if was_proven else -1}


def headline(found: Cover) -> str:
    """One sentence that says how the ruleset stands."""
    sums = counts(found)
    parts = [f"{sums[status.value]} {words}" for status, words in STATUS_WORDS.items() if sums[status.value]]
    said = f"{len(found.clauses)} clauses: {', '.join(parts) or 'none'}"
    if sums["proven"] >= 0:
        said += f"; {sums['proven']} of the {sums['enforced']} enforced ones proven"
    problems = len(found.all_problems)
    return f"{said}. {'No problems' if not problems else f'{problems} problem' + ('s' if problems > 1 else '')}."


def proven_word(one: ClauseCover) -> str:
    """`yes`, `no`, or nothing where a clause was not to be proven."""
    return "" if one.proven is None else "yes" if one.proven else "no"


def proof_words(proof: Proof) -> str:
    """What noticed that an element was gone."""
    match proof.by:
        case By.TEST:
            return f"without {proof.element} the test {proof.test} fails: {proof.said}"
        case By.CHECKER:
            return f"without {proof.element} the ruleset is refused: {proof.said}"
        case By.NOTHING:
            return f"without {proof.element} nothing fails"


# -- text


def print_cover(console: "Console", found: Cover, *, verbose: bool = False) -> None:
    """Print a row for each clause, then the problems; with `verbose` also what was chosen and proven for each."""
    from rich.table import Table  # noqa: PLC0415  # heavy, and only for people
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=f"Clauses of {visible(found.ruleset)}", title_justify="left")
    headings = ["clause", "place", "status", "elements", "tests", "readings"]
    show_proven = counts(found)["proven"] >= 0
    for name in [*headings, "proven"] if show_proven else headings:
        table.add_column(name, no_wrap=name in ("clause", "proven"), overflow="fold")
    for one in found.clauses:
        clause = one.clause
        status = "?" if clause.status is None else STATUS_WORDS[clause.status]
        cells = [
            clause.id,
            clause.place or "?",
            status,
            "\n".join(element.id for element in one.elements) or "-",
            str(len(one.tests)),
            ", ".join(reading.name for reading in one.interpretations) or "-",
            *([proven_word(one)] if show_proven else []),
        ]
        style = "red" if one.problems else ""
        table.add_row(*(Text(visible_cell(cell), style=style) for cell in cells))
    console.print(table)
    for one in found.clauses if verbose else ():
        _print_details(console, one)
    for one in found.clauses:
        for note in one.notes:
            _line(console, f"note: {note}")
    for problem in found.all_problems:
        _line(console, f"{problem.place}: {problem.text}")
    _line(console, headline(found))


def visible_cell(text: str) -> str:
    """The text of a cell, lines kept."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _print_details(console: "Console", one: ClauseCover) -> None:
    _line(console, f"{one.clause.id}  {one.clause.summary or ''}")
    if one.clause.reason is not None:
        _line(console, f"  reason: {one.clause.reason}")
    for reading in one.interpretations:
        _line(console, f"  {reading.name}: {reading.reading} (by {reading.by}, {reading.decided}: {reading.reason})")
    for test in one.tests:
        _line(console, f"  test {test.name} exercises {', '.join(test.exercises) or 'nothing of it'}")
    for proof in one.proofs or ():
        _line(console, f"  {proof_words(proof)}")


def _line(console: "Console", text: str) -> None:
    console.print(visible(text), markup=False, highlight=False, soft_wrap=True)


# -- JSON


def render_json(found: Cover) -> str:
    """One object: `clauses` in the order of the list, `problems` (also those that belong to no clause), `counts`."""
    sums = counts(found)
    return json_text(
        {
            "ruleset": found.ruleset,
            "policy": found.policy,
            "counts": {name: number for name, number in sums.items() if number >= 0},
            "clauses": [_clause(one) for one in found.clauses],
            "problems": [{"place": str(problem.place), "text": problem.text} for problem in found.all_problems],
        }
    )


def _clause(one: ClauseCover) -> dict[str, Any]:
    clause = one.clause
    said: dict[str, Any] = {
        "id": clause.id,
        "place": clause.place,
        "summary": clause.summary,
        "status": None if clause.status is None else clause.status.value,
        "reason": clause.reason,
        "elements": [_element(element) for element in one.elements],
        "tests": [_test(test) for test in one.tests],
        "interpretations": [_interpretation(reading) for reading in one.interpretations],
        "text": None if one.text is None else one.text.standing.value,
        "notes": list(one.notes),
        "problems": [str(problem) for problem in one.problems],
    }
    if one.text is not None and one.text.now is not None:
        said["moved_to"] = place_text(one.text.now)
    if one.proofs is not None:
        said["proven"] = one.proven
        said["proofs"] = [_proof(proof) for proof in one.proofs]
    return said


def _element(element: Element) -> dict[str, Any]:
    return {"id": element.id, "kind": element.kind, "name": element.name, "place": str(element.place)}


def _test(test: Citing) -> dict[str, Any]:
    scenario = test.trial.scenario
    return {
        "name": test.name,
        "place": str(scenario.place),
        "passed": test.passed,
        "readings": dict(scenario.reading),
        "exercises": list(test.exercises),
    }


def _interpretation(reading: Interpretation) -> dict[str, Any]:
    return {
        "id": reading.name,
        "reading": reading.reading,
        "by": reading.by,
        "decided": reading.decided.isoformat(),
        "reason": reading.reason,
        "others": list(reading.others),
        "supersedes": list(reading.supersedes),
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "element": proof.element,
        "by": proof.by.value,
        "test": proof.test,
        "said": proof.said,
        "with_it": list(proof.with_it),
    }
