"""The clause file of a ruleset: what the policy says clause by clause, where, and what becomes of it.

`check_clauses` reports what is wrong with the form of the file when the ruleset is checked; here it is read as far as
it can be, for tools that show it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.key import Keys, may, must
from casewarden.ruleset.nodes import Map, Node, Scalar, read_yaml
from casewarden.ruleset.policy_text import DIGITS, Lines, PolicyText, read_place

CLAUSE: Final = Keys(
    "A clause of the policy.",
    (
        must("place", "The lines of the policy's text where it stands, counted from 1: L16, L8-9 or L21, L36."),
        must("summary", "What it promises, in your own words."),
        must("status", "What becomes of it."),
        may("reason", "Why it is not enforced; only for clauses that are not."),
        must("hash", "The beginning of the SHA-256 of its text; `casewarden cover --update-hashes` writes it."),
    ),
)

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


class Status(StrEnum):
    """What becomes of a clause."""

    ENFORCED = "enforced"
    HUMAN_TASK = "human_task"
    OPEN_QUESTION = "open_question"
    OUT_OF_SCOPE = "out_of_scope"


STATUSES: Final[Mapping[str, str]] = {
    "enforced": "Elements of the ruleset cite it and do what it says; tests show it.",
    "human_task": "Only a person can do it; the reason says what the ruleset leaves to them.",
    "open_question": "Nobody has decided yet how it is to be read; nothing that rests on it acts.",
    "out_of_scope": "It is nothing that a support tool could observe or do.",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause; what is not there, or is written in a way that cannot be read, is None.

    `key` is where the clause file lists it, `hash_at` where its hash stands.
    """

    id: str
    key: Place
    place: str | None
    lines: tuple[Lines, ...] | None
    summary: str | None
    status: Status | None
    reason: str | None
    hash: str | None
    hash_at: Place | None


def read_clause_list(data: bytes | str, shown: str, diagnostics: Diagnostics) -> tuple[Clause, ...] | None:
    """All clauses in the order of the file; None where it is no mapping at all."""
    top = read_yaml(data, shown, diagnostics)
    return tuple(_clause(key, node) for key, node in top) if isinstance(top, Map) else None


def _clause(key: Scalar, node: Node) -> Clause:
    def said(word: str) -> Scalar | None:
        value = node.get(word) if isinstance(node, Map) else None
        return value if isinstance(value, Scalar) and value.text.strip() else None

    place, summary, status, reason, digest = map(said, ("place", "summary", "status", "reason", "hash"))
    known = status is not None and status.text in set(Status)
    return Clause(
        key.text,
        key.place,
        None if place is None else place.text,
        None if place is None else read_place(place.text),
        None if summary is None else summary.text,
        Status(status.text) if status is not None and known else None,
        None if reason is None else reason.text,
        None if digest is None else digest.text,
        None if digest is None else digest.place,
    )


class Standing(StrEnum):
    """How the text of a clause compares with what was reviewed."""

    SAME = "same"
    MOVED = "moved"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Found:
    """The comparison; `now` is where a moved text stands, `digest` the hash of what stands at the place, cut short."""

    standing: Standing
    now: tuple[Lines, ...] | None = None
    digest: str | None = None


def compare(clause: Clause, text: PolicyText) -> Found | None:
    """Compare a clause with the text; None where the clause says no place or no hash.

    MISSING: there is nothing at the place, and the reviewed text is nowhere else.
    """
    if clause.lines is None or clause.hash is None:
        return None
    digest = text.digest(clause.lines)
    cut = None if digest is None else digest[:DIGITS]
    if digest is not None and digest.startswith(clause.hash):
        return Found(Standing.SAME, None, cut)
    now = text.where(clause.lines, clause.hash)
    if now is not None:
        return Found(Standing.MOVED, now, cut)
    return Found(Standing.MISSING if digest is None else Standing.CHANGED, None, cut)


def with_hashes(source: str, clauses: tuple[Clause, ...], text: PolicyText) -> tuple[str, dict[str, str]]:
    """The clause file with the hash of every clause that changed, and those hashes by id; all else stays, byte by byte.

    A clause that moved keeps its hash, since what stands at its old place is another text: its place is to be
    corrected first. So does one at whose place there is nothing.
    """
    lines = _LINE.findall(source)
    fresh: dict[str, str] = {}
    for clause in sorted(clauses, key=lambda one: one.key, reverse=True):
        found = compare(clause, text)
        at = clause.hash_at
        if found is None or found.standing is not Standing.CHANGED or found.digest is None or at is None:
            continue
        line = lines[at.line - 1]
        written = line[at.column - 1 : at.end_column - 1]
        quote = written[0] if written[:1] in ("'", '"') else ""
        lines[at.line - 1] = f"{line[: at.column - 1]}{quote}{found.digest}{quote}{line[at.end_column - 1 :]}"
        fresh[clause.id] = found.digest
    return "".join(lines), {clause.id: fresh[clause.id] for clause in clauses if clause.id in fresh}
