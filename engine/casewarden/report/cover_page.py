"""Clause coverage as one page, for people of legal and support to review and to print."""

from typing import Final

import casewarden
from casewarden.report.cover import STATUS_WORDS, counts, headline, proof_words, proven_word
from casewarden.report.markup import Markup, el, join
from casewarden.report.page import card, page, section, table, tile
from casewarden.ruleset.clause_list import STATUSES, Standing, Status
from casewarden.ruleset.policy_text import place_text
from casewarden.ruleset.syntax import Interpretation
from casewarden.scenario.cover import ClauseCover, Cover

_PRINT: Final = (
    ".clause{break-inside:avoid}.clause h3 .tag{margin-left:10px}.clause p{margin:0 0 6px}.clause ul{margin:0 0 8px;"
    "padding-left:20px}.clause li{overflow-wrap:anywhere}.clause dt{font-size:13px;color:var(--soft);margin-top:8px}"
    ".clause dd{margin:0}.bad{color:var(--missed)}a{color:inherit}"
    "@media print{main{max-width:none;padding:0}.card{border-color:#bbb}details>*{display:block}}"
)


def cover_page(found: Cover) -> str:
    """The whole page."""
    policy = "" if found.policy is None else f", compared with the text {found.policy}"
    return page(
        f"What {found.ruleset} enforces",
        el("style", Markup(_PRINT)),
        el("h1", f"What {found.ruleset} enforces, clause by clause"),
        el("p", f"{headline(found)} Read from the list of clauses, the ruleset and its tests{policy}.", class_="lead"),
        _tiles(found),
        _problems(found),
        _overview(found),
        section("Clauses", "", *(_clause(one) for one in found.clauses)),
        _readings(found),
        _words(found),
        el("footer", f"Casewarden {casewarden.__version__}, ruleset {found.ruleset}"),
    )


def _tiles(found: Cover) -> Markup:
    sums = counts(found)
    tiles = [tile(f"{sums[status.value]:,}", words) for status, words in STATUS_WORDS.items()]
    if sums["proven"] >= 0:
        tiles.append(tile(f"{sums['proven']:,}", "proven by a failing test"))
    tiles.append(tile(f"{len(found.all_problems):,}", "problems"))
    return el("div", *tiles, class_="tiles")


def _problems(found: Cover) -> Markup:
    problems = found.all_problems
    if not problems:
        return join("")
    rows = [[str(problem.place), problem.text] for problem in problems]
    return section("Problems", "What is missing or wrong, and where.", card(table([("place", ""), ("", "text")], rows)))


def _overview(found: Cover) -> Markup:
    headings = [
        ("clause", ""),
        ("place", ""),
        ("summary", "text"),
        ("status", ""),
        ("elements", "num"),
        ("tests", "num"),
    ]
    is_proven = counts(found)["proven"] >= 0
    if is_proven:
        headings.append(("proven", ""))
    rows: list[list[str]] = []
    for one in found.clauses:
        clause = one.clause
        row = [
            el("a", clause.id, href=f"#{_anchor(clause.id)}"),
            clause.place or "?",
            clause.summary or "?",
            _status(one),
            f"{len(one.elements)}",
            f"{len(one.tests)}",
        ]
        rows.append([*row, proven_word(one)] if is_proven else row)
    return section("Overview", "", card(table(headings, rows)))


def _status(one: ClauseCover) -> str:
    return "?" if one.clause.status is None else STATUS_WORDS[one.clause.status]


def _anchor(clause: str) -> str:
    return f"clause-{clause}"


def _clause(one: ClauseCover) -> Markup:
    clause = one.clause
    parts = [
        el("h3", clause.id, el("span", clause.place or "?", class_="tag"), el("span", _status(one), class_="tag")),
        el("p", clause.summary or "?"),
        el("p", f"Reason: {clause.reason}") if clause.reason else None,
    ]
    parts += [el("p", problem.text, class_="bad") for problem in one.problems]
    parts += [el("p", note) for note in one.notes]
    tests = [
        [test.name, ", ".join(test.exercises) or "nothing of it", "passes" if test.passed else "fails"]
        for test in one.tests
    ]
    parts += [
        _listed(
            "Enforced by",
            [f"{element.kind} {element.name}".strip() + f" ({element.place})" for element in one.elements],
        ),
        _listed("Shown by tests", [f"{name}: {word}, exercises {what}" for name, what, word in tests]),
        _listed("Readings chosen", [_chosen(reading) for reading in one.interpretations]),
        _listed("Proof", [proof_words(proof) for proof in one.proofs or ()]),
        _text(one),
    ]
    return el("div", *parts, class_="card clause", id=_anchor(clause.id))


def _listed(title: str, items: list[str]) -> Markup | None:
    if not items:
        return None
    return el("dl", el("dt", title), el("dd", el("ul", *(el("li", item) for item in items))))


def _chosen(reading: Interpretation) -> str:
    word = "open question" if reading.is_open else reading.reading
    others = f" Not chosen: {', '.join(reading.others)}." if reading.others else ""
    return f"{reading.name}: {word}. Decided by {reading.by} on {reading.decided}, because {reading.reason}.{others}"


def _text(one: ClauseCover) -> Markup | None:
    found = one.text
    if found is None:
        return None
    now = place_text(found.now or ())
    said = {
        Standing.SAME: "The text is the one that was reviewed.",
        Standing.MOVED: f"The text is the one that was reviewed, now at {now}.",
        Standing.CHANGED: "The text is no longer the one that was reviewed.",
        Standing.MISSING: "The text is no longer there.",
    }[found.standing]
    return el("p", said, class_="aside")


def _readings(found: Cover) -> Markup:
    cited: dict[str, tuple[Interpretation, list[str]]] = {}
    for one in found.clauses:
        for reading in one.interpretations:
            cited.setdefault(reading.name, (reading, []))[1].append(one.clause.id)
    if not cited:
        return join("")
    headings = [("id", ""), ("reading", "text"), ("by", ""), ("decided", ""), ("reason", "text"), ("clauses", "text")]
    rows = [
        [name, one.reading, one.by, one.decided.isoformat(), one.reason, ", ".join(clauses)]
        for name, (one, clauses) in cited.items()
    ]
    aside = "Where the policy can be read in several ways, the one that was chosen."
    return section("Interpretations", aside, card(table(headings, rows)))


def _words(found: Cover) -> Markup:
    used = [status for status in Status if any(one.clause.status is status for one in found.clauses)]
    rows = [[STATUS_WORDS[status], STATUSES[status.value]] for status in used]
    return section("What the words mean", "", card(table([("status", ""), ("", "text")], rows))) if rows else join("")
