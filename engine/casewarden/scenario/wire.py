"""The JSON form of an event, in and out; the same shapes give `schemas/event.schema.json`."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final

from casewarden.model.event import ENGINE_KINDS, Event, Json
from casewarden.model.instants import iso
from casewarden.ruleset.catalogue import PLAN_CHANGES, QUOTA_STATES
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.scenario.instants import InstantError, read_instant
from casewarden.scenario.shapes import (
    ACTORS,
    BY_CLOCK,
    BY_QUOTA,
    BY_SEVERITY,
    DATA,
    INSTANT_PATTERN,
    NAME_PATTERN,
    PATH_PATTERN,
    PATHS_OF,
    READABLE_KINDS,
    SUBJECT_PATTERN,
    DataShape,
    Shape,
)

REQUIRED: Final = ("subject", "kind", "at", "by", "key")
KEYS: Final = (*REQUIRED, "seen_at", "source", "sequence", "who", "data")
DEFAULT_SOURCE: Final = "history"
MAX_NUMBER: Final = 2**53
_LOOKED_AT: Final = 100

_KINDS = tuple(sorted(READABLE_KINDS))
_SUBJECT = re.compile(SUBJECT_PATTERN)
_PATH = re.compile(PATH_PATTERN)
_NAME = re.compile(NAME_PATTERN)
_INSTANT = re.compile(INSTANT_PATTERN, re.ASCII)


class EventError(ValueError):
    """What is wrong with one event: a diagnostic code, a message and what would be right."""

    def __init__(self, code: str, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.fix = fix


def event_of(value: object) -> Event:
    """The event that a JSON value states; EventError says what is wrong with it.

    Left out are: `seen_at` (the same as `at`), `source` ("history"), `sequence` (0), `who` and `data` (nothing).
    """
    if not isinstance(value, dict):
        raise EventError("CW801", "an event is a JSON object", 'write {"subject": ..., "kind": ..., ...}')
    _check_keys(value, KEYS, REQUIRED, "an event")
    subject = _text(value, "subject")
    if not _SUBJECT.match(subject):
        raise EventError(
            "CW804", f"`subject` is a kind and an id, not `{subject[:60]}`", "write it like case:1042 or service:core"
        )
    kind = _choice(value, "kind", _KINDS, "CW805")
    at = _instant(value["at"], "at")
    data = value.get("data", {})
    if not isinstance(data, dict):
        raise EventError("CW804", "`data` is a JSON object", "write what the event says inside { }")
    if kind not in ENGINE_KINDS:
        _check_data(kind, data, of_linked=kind == "observed" and not subject.startswith(PATHS_OF))
    return Event(
        subject=subject,
        kind=kind,
        at=at,
        seen_at=_instant(value["seen_at"], "seen_at") if "seen_at" in value else at,
        by=_choice(value, "by", ACTORS, "CW804"),
        source=_text(value, "source") if "source" in value else DEFAULT_SOURCE,
        key=_text(value, "key"),
        sequence=_count(value.get("sequence", 0), "sequence"),
        who=_names(value.get("who", [])),
        data=data,
    )


def event_json(event: Event) -> dict[str, Json]:
    """The JSON form of an event; what has its default value is left out."""
    form: dict[str, Json] = {"subject": event.subject, "kind": event.kind, "at": iso(event.at)}
    if event.seen_at != event.at:
        form["seen_at"] = iso(event.seen_at)
    form["by"] = event.by
    if event.who:
        form["who"] = list(event.who)
    if event.source != DEFAULT_SOURCE:
        form["source"] = event.source
    form["key"] = event.key
    if event.sequence:
        form["sequence"] = event.sequence
    if event.data:
        form["data"] = dict(event.data)
    return form


def _check_keys(value: Mapping[str, Any], known: Iterable[str], required: Iterable[str], what: str) -> None:
    for key in required:
        if key not in value:
            near = did_you_mean(key, islice((other for other in value if other not in known), _LOOKED_AT))
            fix = f"`{near}` may be meant for it" if near else f"write `{key}`"
            raise EventError("CW802", f"{what} needs `{key}`", fix)
    for key in value:
        if key not in known:
            near = did_you_mean(key, known)
            fix = f"did you mean `{near}`?" if near else f"known are {', '.join(sorted(known))}"
            raise EventError("CW803", f"{what} has no `{key[:60]}`", fix)


def _check_data(kind: str, data: Mapping[str, Any], *, of_linked: bool) -> None:
    """`of_linked`: the subject is a linked ticket, whose facts are named as its fields are."""
    shape: DataShape = DATA[kind]
    _check_keys(data, shape.keys, shape.required, f"the data of `{kind}`")
    for key, value in data.items():
        wanted = shape.keys[key]
        if not _CHECKS[wanted](value):
            raise EventError("CW804", f"`data.{key}` is {wanted.value}, not {_shown(value)}", _fix(value, wanted))
        if wanted is Shape.FACTS or wanted is Shape.FIELDS:
            _check_facts(key, value, _PATH if wanted is Shape.FACTS and not of_linked else _NAME)


def _check_facts(key: str, facts: Mapping[str, Any], names: re.Pattern[str]) -> None:
    for name, value in facts.items():
        if not names.match(name):
            form = "a path like case.core" if names is _PATH else "a field name"
            raise EventError("CW804", f"`data.{key}` has `{name[:60]}`, which is not {form}")
        if isinstance(value, list):
            fine = all(isinstance(item, str) for item in value)
        elif name in _TERMS and isinstance(value, dict):
            fine = all(map(_TERMS[name], value.values()))
        else:
            fine = value is None or isinstance(value, bool | str) or _is_number(value)
        if not fine:
            raise EventError(
                "CW804",
                f"`{name}` is {_shown(value)}",
                "a fact is a text, a number, true, false, a list of texts, or null",
            )


def _is_target(value: object) -> bool:
    """Whether it is a contract's target, or one for each severity, as texts."""
    return isinstance(value, str) or (isinstance(value, dict) and all(isinstance(one, str) for one in value.values()))


_TERMS: Mapping[str, Callable[[object], bool]] = {
    BY_CLOCK: _is_target,
    BY_QUOTA: lambda value: isinstance(value, str) or _is_count(value),
    BY_SEVERITY: lambda value: isinstance(value, str),
}
"""What the parts of a contract's own terms are."""


def _is_number(value: object) -> bool:
    """Whether it is a number that every JSON reader takes for the same."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -MAX_NUMBER <= value <= MAX_NUMBER


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER


def _is_instant(value: object) -> bool:
    if not isinstance(value, str) or not _INSTANT.match(value):
        return False
    try:
        read_instant(value)
    except InstantError:
        return False
    return True


_CHECKS: Mapping[Shape, Callable[[object], bool]] = {
    Shape.TEXT: lambda value: isinstance(value, str),
    Shape.YES_NO: lambda value: isinstance(value, bool),
    Shape.YES_NO_UNCLEAR: lambda value: value is None or isinstance(value, bool),
    Shape.COUNT: _is_count,
    Shape.INSTANT: _is_instant,
    Shape.INSTANT_OR_NULL: lambda value: value is None or _is_instant(value),
    Shape.FACTS: lambda value: isinstance(value, dict),
    Shape.FIELDS: lambda value: isinstance(value, dict),
    Shape.PLAN_CHANGE: lambda value: isinstance(value, str) and value in PLAN_CHANGES,
    Shape.QUOTA_WORD: lambda value: isinstance(value, str) and value in QUOTA_STATES,
}
assert set(_CHECKS) == set(Shape)


def _fix(value: object, wanted: Shape) -> str | None:
    if wanted in {Shape.YES_NO, Shape.YES_NO_UNCLEAR} and str(value).casefold() in {"yes", "no", "true", "false"}:
        return f"write {'true' if str(value).casefold() in {'yes', 'true'} else 'false'} without quotes"
    return None


def _shown(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value[:40]}"'
        case int() | float():
            return str(value)
        case dict():
            return "an object"
        case _:
            return "a list"


def _text(value: Mapping[str, Any], key: str) -> str:
    text = value[key]
    if not isinstance(text, str) or not text:
        raise EventError("CW804", f"`{key}` is a text that is not empty, not {_shown(text)}")
    return text


def _choice(value: Mapping[str, Any], key: str, known: Iterable[str], code: str) -> str:
    word = value[key]
    if not isinstance(word, str):
        raise EventError("CW804", f"`{key}` is a text, not {_shown(word)}")
    if word not in known:
        near = did_you_mean(word, known)
        fix = f"did you mean `{near}`?" if near else f"known are {', '.join(known)}"
        raise EventError(code, f"`{key}` cannot be `{word[:60]}`", fix)
    return word


def _count(value: object, key: str) -> int:
    if isinstance(value, int) and _is_count(value):
        return value
    raise EventError("CW804", f"`{key}` is a whole number from 0, not {_shown(value)}")


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(name, str) and name for name in value):
        return tuple(value)
    raise EventError("CW804", f"`who` is a list of names, not {_shown(value)}")


def _instant(value: object, key: str) -> int:
    if not isinstance(value, str):
        raise EventError("CW804", f"`{key}` is an instant as a text, not {_shown(value)}", "2026-03-02T16:40:00+01:00")
    try:
        at = read_instant(value)
    except InstantError as error:
        fix = "add the offset: Z for UTC, or like +01:00" if error.code == "CW806" else None
        raise EventError(error.code, f"`{key}`: {error}", fix) from None
    if not _INSTANT.match(value):
        raise EventError("CW807", f"`{key}` is written in an unusual way: `{value[:40]}`", "2026-03-02T16:40:00+01:00")
    return at
