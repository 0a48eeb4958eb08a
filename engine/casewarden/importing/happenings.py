"""Entries of a test's timeline that make an event happen."""

from dataclasses import dataclass

from casewarden.importing.draft import Draft
from casewarden.importing.written import Data


@dataclass(frozen=True, slots=True)
class Happening:
    """How an event comes about: with the opening by somebody, or with an entry after it."""

    opened_by: str = "customer"
    entry: dict[str, Data] | None = None


def happens(draft: Draft, name: str) -> Happening | None:
    """What brings an event about; None where that is not known."""
    if name == "case_opened":
        return Happening()
    match draft.events.get(name):
        case {"kind": "opened", "by": str(by)}:
            return Happening(by)
        case dict(attributes) if attributes.get("kind") == "message":
            return Happening(entry=_message(attributes))
        case {"any": [first, *_]}:
            return happens(draft, str(first))
        case {"becomes": dict(condition)} if len(condition) == 1:
            return _turning(condition)
        case _:
            return None


def _message(attributes: dict[str, Data]) -> dict[str, Data]:
    said: dict[str, Data] = {"by": attributes.get("by", "agent"), "public": attributes.get("public", "yes")}
    match attributes.get("text"):
        case {"contains": str(text)}:
            said["text"] = text
        case {"matches": str(pattern)}:
            said["text"] = word_of(pattern)
        case _:
            pass
    return {"message": said}


def word_of(pattern: str) -> str:
    """The first word that a pattern made of words matches."""
    inside = pattern.partition("(?:^|\\W)(?:")[2].partition(")(?:\\W|$)")[0]
    word, at = "", 0
    while at < len(inside) and inside[at] != "|":
        at += inside[at] == "\\"
        word += inside[at : at + 1]
        at += 1
    return word


def _turning(condition: dict[str, Data]) -> Happening | None:
    ((path, test),) = condition.items()
    if not isinstance(test, str):
        return None
    if path == "case.status":
        return Happening(entry=status_step(test) or {"observed": {path: test}})
    return Happening(entry={"observed": {path: test}})


def status_step(status: str | None) -> dict[str, Data]:
    """The entry with which a case has a status; none for what it has from the beginning."""
    match status:
        case None | "new":
            return {}
        case "resolved" | "closed":
            return {status: {"by": "agent"}}
        case _:
            return {"observed": {"case.status": status}}
