"""Which named events an entry of the log is: selectors over its attributes, with Kleene truth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from casewarden.decide.tests import ValueTest, value_test
from casewarden.decide.trilean import Trilean, all_of
from casewarden.model.event import SOURCE_OF_ENGINE, Event, Json
from casewarden.ruleset.catalogue import ATTRIBUTE_DEFAULTS
from casewarden.ruleset.terms import Entry, Is, Test, Value

# What an applied action of ours is in the log: the attributes of the message that it delivered.
PUBLIC_MESSAGES = {"reply": True, "ask": True, "publish": True, "note": False, "notify": False}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One happening of a named event: when, by which event of the log, whether it is our own doing."""

    at: int
    key: str
    attributes: Mapping[str, Json]
    own: bool = False
    late: bool = False


class Marks(Sequence[tuple[int, str]]):
    """Occurrences as instants and keys, made when they are asked for; those that come later are not among them."""

    __slots__ = ("_found", "_length")

    def __init__(self, found: Sequence[Occurrence]) -> None:
        self._found = found
        self._length = len(found)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> tuple[int, str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[int, str]]: ...
    def __getitem__(self, index: int | slice) -> tuple[int, str] | list[tuple[int, str]]:
        if isinstance(index, slice):
            return [(one.at, one.key) for one in self._found[: self._length][index]]
        one = self._found[index if index >= 0 else index + self._length]
        return one.at, one.key


def entry_of(event: Event) -> tuple[str, Mapping[str, Json]] | None:
    """Return the kind and attributes of the entry that this event is, None where it is none.

    Our own delivered messages are messages by automation with their template; our own applied closings and reopenings
    are those entries.
    """
    if event.kind != "applied":
        return event.kind, event.data
    kind, content = event.data.get("action"), event.data.get("content")
    if not isinstance(content, dict) or not isinstance(kind, str):
        return None
    if kind in PUBLIC_MESSAGES:
        return "message", {
            "to": content.get("who") or "customer",
            "via": content.get("via"),
            "public": PUBLIC_MESSAGES[kind],
            "language": content.get("language"),
            "template": content.get("message"),
        }
    if kind == "close":
        return "closed", {"reason": content.get("reason")}
    if kind == "reopen":
        return "reopened", {}
    if kind == "set" and content.get("path") == "case.status":
        word = {"resolved": "resolved"}.get(str(content.get("value")))
        return (word, {}) if word else None
    return None


Matcher = Callable[[Event, Mapping[str, Json]], Trilean]


def matcher(term: Entry) -> Matcher:
    """Return the function that tells whether an event with these attributes is meant by the selector."""
    actors = [value for name, test in term.tests if name == "by" and isinstance(test, Is) for value in test.values]
    by_negated = any(test.negated for name, test in term.tests if name == "by" and isinstance(test, Is))
    rest = [_attribute(name, test) for name, test in term.tests if name != "by"]
    wanted = frozenset(actors)

    def match(event: Event, attributes: Mapping[str, Json]) -> Trilean:
        by = "automation" if event.source == SOURCE_OF_ENGINE else event.by
        if wanted and (by in wanted or not wanted.isdisjoint(event.who)) is by_negated:
            return False
        return all_of([test(attributes) for test in rest]) if rest else True

    return match


def _attribute(name: str, test: Test) -> Callable[[Mapping[str, Json]], Trilean]:
    ask: ValueTest = value_test(test)
    default = ATTRIBUTE_DEFAULTS.get(name)

    def on(attributes: Mapping[str, Json]) -> Trilean:
        raw = attributes.get(name, default)
        value: Value | None = raw if isinstance(raw, str | bool | int) else None
        return ask(value)

    return on


def names_own(term: Entry) -> bool:
    """Whether the selector speaks of our own writes, so that they may trigger rules."""
    for name, test in term.tests:
        if name == "template":
            return True
        if name == "by" and isinstance(test, Is) and not test.negated and "automation" in test.values:
            return True
    return False
