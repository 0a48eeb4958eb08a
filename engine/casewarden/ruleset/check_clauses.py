"""Clauses and open questions: what is cited exists, what is open is enforced nowhere, what is enforced is cited."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casewarden.ruleset.beside import normal, read_beside, refuse_outside
from casewarden.ruleset.document import Document, Read
from casewarden.ruleset.forms import Citation, Context, as_map, as_text, check_keys, one_of
from casewarden.ruleset.nodes import Map, Node, Scalar, read_yaml

_KEYS: Final = ("place", "summary", "status", "hash")
_STATUS: Final = ("enforced", "human_task", "open_question", "out_of_scope")
_HASH: Final = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class ClauseEntry:
    """One clause of the clause file."""

    key: Scalar
    status: str | None


def read_clauses(context: Context, document: Document, path: Path, read: Read | None) -> dict[str, ClauseEntry] | None:
    """The clause file that the main file names; None where it names none, or it cannot be opened."""
    node = document.main.get("clauses")
    if not isinstance(node, Scalar) or not node.text or read is None:
        return None
    target = normal(path.parent / node.text)
    if refuse_outside(node, target, path.parent, context.diagnostics):
        return None
    try:
        data = read(target)
    except FileNotFoundError:
        message, fix = f"there is no clause file `{node.text}`", "write it, or take the key away"
        context.error("CW709", node, message, f"{fix}; its path counts from this file")
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        context.error("CW709", node, f"the clause file `{node.text}` cannot be opened: {reason}")
        return None
    shown = read_beside(document.main.place.file, node.text)
    top = read_yaml(data, shown, context.diagnostics)
    if top is None:
        return None
    entries = as_map(context, top, "a clause file", "X-1: {place: L12, summary: ..., status: enforced, hash: 0123abcd}")
    return None if entries is None else {key.text: _entry(context, key, value) for key, value in entries}


def _entry(context: Context, key: Scalar, node: Node) -> ClauseEntry:
    what = f"the clause `{key.text}`"
    entries = as_map(context, node, what)
    if entries is None:
        return ClauseEntry(key, None)
    check_keys(context, entries, what, (*_KEYS, "reason"), _KEYS)
    for word in ("place", "summary", "reason"):
        said = entries.get(word)
        if said is not None:
            as_text(context, said, f"`{word}`")
    digest, status = entries.get("hash"), entries.get("status")
    text = None if digest is None else as_text(context, digest, "`hash`")
    if text is not None and digest is not None and not _HASH.fullmatch(text):
        context.error("CW702", digest, f"`{text}` is no hash", "write 8 to 64 hexadecimal digits")
    return ClauseEntry(key, None if status is None else one_of(context, status, "`status`", _STATUS))


def check_citations(context: Context, document: Document, clauses: Mapping[str, ClauseEntry] | None) -> None:
    """Open questions are told and enforced nowhere; every clause that is enforced is cited somewhere."""
    open_ids = {
        key.text
        for key, node in document.elements("interpretations")
        if isinstance(node, Map) and isinstance(reading := node.get("reading"), Scalar) and reading.text == "open"
    }
    left_open: dict[str, Citation] = {}
    enforcing: list[Citation] = []
    for citation in context.citations:
        questions = [name for name in citation.interpretations if name in open_ids]
        if questions:
            _tell_open(context, citation, questions)
            left_open.update((clause.text, citation) for clause in citation.clauses)
        else:
            enforcing.append(citation)
    for citation in enforcing:
        for clause in citation.clauses:
            _check_enforced(context, clause, left_open.get(clause.text), (clauses or {}).get(clause.text))
    if not context.diagnostics.has_errors:  # what could not be read may cite them
        _check_uncited(context, clauses)


def _tell_open(context: Context, citation: Citation, questions: list[str]) -> None:
    named = " and ".join(f"`{name}`" for name in questions)
    context.diagnostics.note(
        "CW705",
        citation.key,
        f"`{citation.key.text}` rests on {named}, which is open, and is not enforced",
        "decide the reading, or leave it listed as an open question",
    )


def _check_enforced(context: Context, clause: Scalar, left_open: Citation | None, entry: ClauseEntry | None) -> None:
    if left_open is not None:
        context.diagnostics.error(
            "CW706",
            clause,
            f"`{clause.text}` is enforced here, and `{left_open.key.text}` leaves its reading open",
            "decide the reading, or cite the open interpretation here too",
            [(left_open.key, "left open here")],
        )
    elif entry is not None and entry.status == "open_question":
        context.diagnostics.error(
            "CW706",
            clause,
            f"`{clause.text}` is enforced here, and the clause file lists it as an open question",
            "say `status: enforced` there, or do not enforce it here",
            [(entry.key, "listed as open here")],
        )


def _check_uncited(context: Context, clauses: Mapping[str, ClauseEntry] | None) -> None:
    cited = {clause.text for citation in context.citations for clause in citation.clauses}
    for name, entry in (clauses or {}).items():
        if entry.status == "enforced" and name not in cited:
            context.diagnostics.warning(
                "CW707",
                entry.key,
                f"nothing cites `{name}`, which is listed as enforced",
                "cite it where it is enforced",
            )
