"""Whether an expected action is one that a rule has, and one that was decided."""

from casewarden.decide.facts import plain
from casewarden.model.decision import PlannedAction
from casewarden.model.instants import iso
from casewarden.ruleset.syntax import (
    Action,
    Ask,
    Assign,
    Classify,
    CloseCase,
    FromPath,
    Link,
    Note,
    Notify,
    Publish,
    Reopen,
    Reply,
    SetFact,
    Tag,
)
from casewarden.ruleset.terms import Value


def could_be(expected: Action, done: Action) -> bool:
    """Whether a firing that does `done` can fulfil the expectation, whatever the values that are read at that time."""
    match expected, done:
        case (SetFact(path, value), SetFact(other, wanted)):
            return path == other and _may_equal(value, wanted)
        case (CloseCase(reason), CloseCase(wanted_reason)):
            return _may_equal(reason, wanted_reason)
        case (Ask(_, message), Ask(_, other_message)):
            return message == other_message
        case (Notify(who, message), Notify(other_who, other_message)):
            return message == other_message and (who == other_who or "owner" in (who, other_who))
        case (Link(kind), Link(other_kind)):
            return kind == other_kind
        case _:
            return expected == done


def _may_equal(left: Value | FromPath, right: Value | FromPath) -> bool:
    return isinstance(left, FromPath) or isinstance(right, FromPath) or left == right


def is_action(expected: Action, planned: PlannedAction) -> bool:
    """Whether a decided action is the expected one; a value `{from: PATH}` in an expectation is any value."""
    content = planned.content
    match expected:
        case SetFact(path, value):
            return planned.kind == "set" and content["path"] == path.text and _is(value, content["value"])
        case Classify():
            return planned.kind == "classify"
        case Assign(person):
            return planned.kind == "assign" and content["value"] == person
        case Tag(add, remove):
            return planned.kind == "tag" and content["add"] == list(add) and content["remove"] == list(remove)
        case CloseCase(reason):
            return planned.kind == "close" and _is(reason, content["reason"])
        case Reopen(mode):
            return planned.kind == "reopen" and content["mode"] == mode
        case Reply(message):
            return planned.kind == "reply" and content["message"] == message
        case Note(message):
            return planned.kind == "note" and content["message"] == message
        case Ask(fields, message):
            listed = content.get("fields")
            wanted = listed if fields == "missing" else [path.text for path in fields]
            return planned.kind == "ask" and content["message"] == message and listed == wanted
        case Notify(who, message):
            fits = planned.kind == "notify" and content["message"] == message
            return fits and (who == "owner" or content["who"] == who)
        case Publish(message, service):
            return planned.kind == "publish" and content["message"] == message and content["service"] == service
        case Link(kind, create, to):
            return planned.kind == "link" and content["kind"] == kind and (to is not None or _created(create, planned))


def _is(expected: Value | FromPath, found: object) -> bool:
    """Whether a value was set; an instant stands there as text."""
    if isinstance(expected, FromPath):
        return True
    said = plain(expected)
    return said == found or (type(said) is int and isinstance(found, str) and iso(said) == found)


def _created(create: tuple[tuple[str, Value | FromPath], ...], planned: PlannedAction) -> bool:
    fields = planned.content.get("create")
    if not isinstance(fields, dict):
        return False
    return all(name in fields and _is(value, fields[name]) for name, value in create)
