"""What agents do in a helpdesk as events: tags, fields, macros, forms and comments that mean something by agreement.

No helpdesk shows by itself that somebody phoned a customer, or that diagnosis has begun.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from casewarden.model.event import Event, Json
from casewarden.plugin.events import EventError, event_of
from casewarden.plugin.mapping.parts import Part, text_of
from casewarden.plugin.mapping.values import UNITS
from casewarden.ruleset.patterns import MAX_LENGTH, compile_pattern
from casewarden.scenario.shapes import NAME_PATTERN

KINDS: Final = ("call", "closed", "ended", "message", "observed", "plan", "reopened", "resolved", "work")
BY: Final = ("customer", "agent", "automation")
KEYS: Final = ("when", "kind", "by", "who", "data", "facts", "determined")
TRIGGERS: Final[tuple["Kind", ...]] = ("tag_added", "tag_removed", "field", "macro", "form", "comment")
_WHEN: Final = (*TRIGGERS, "becomes", "from")
_COMMENT: Final = ("matches", "public", "by")
_MOST_TEXT: Final = 200_000
"""Characters of a comment in which a pattern is looked for."""

_NAME: Final = re.compile(NAME_PATTERN)
_LENGTH: Final = re.compile(r"(\d{1,9}) (second|minute|hour|day)s?")

Kind = Literal["tag_added", "tag_removed", "field", "macro", "form", "comment"]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: its text without what it quotes, and whether the customer sees it."""

    text: str
    public: bool
    by: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one entry of a helpdesk's history says, put into one form by the connector.

    `before` and `after` are values of fields; what `before` lacks counts as empty. Macros and forms are known by id and
    by title: both are given. A form is among `forms` where it was chosen by this change.
    """

    before: Mapping[str, Json] = field(default_factory=dict)
    after: Mapping[str, Json] = field(default_factory=dict)
    tags_added: frozenset[str] = frozenset()
    tags_removed: frozenset[str] = frozenset()
    macros: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    comment: Comment | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """One thing that has to happen. `words` are tags, macros or forms, or the values that a field turns to."""

    kind: Kind
    words: frozenset[str] = frozenset()
    field: str = ""
    coming_from: frozenset[str] = frozenset()
    pattern: Any = None
    public: bool | None = None
    by: str | None = None

    def happens(self, change: Change) -> bool:
        """Whether the change is this."""
        match self.kind:
            case "tag_added":
                return _any(self.words, change.tags_added)
            case "tag_removed":
                return _any(self.words, change.tags_removed)
            case "macro":
                return not self.words.isdisjoint(change.macros)
            case "form":
                return not self.words.isdisjoint(change.forms)
            case "field":
                return self._turns(change)
            case "comment":
                return change.comment is not None and self._says(change.comment)

    def _turns(self, change: Change) -> bool:
        if self.field not in change.after:
            return False
        before, after = _texts(change.before.get(self.field)), _texts(change.after[self.field])
        new = after - before
        return not self.words.isdisjoint(new) and (not self.coming_from or not self.coming_from.isdisjoint(before))

    def _says(self, comment: Comment) -> bool:
        if self.public is not None and comment.public is not self.public:
            return False
        if self.by is not None and comment.by != self.by:
            return False
        return self.pattern.search(comment.text[:_MOST_TEXT]) is not None


@dataclass(frozen=True, slots=True)
class Meant:
    """An event that a change means. `by` and `who` are None where they are those of the change itself."""

    name: str
    kind: str
    by: str | None
    who: tuple[str, ...] | None
    data: Mapping[str, Json]

    def event(
        self, change_key: str, *, subject: str, at: int, seen_at: int, by: str, who: tuple[str, ...], source: str
    ) -> Event:
        """The event. Its key is that of the change and the mapping's own name for it, so it is the same for ever."""
        actor = by if self.by is None else self.by
        names = who if self.who is None else self.who
        return Event(subject, self.kind, at, seen_at, actor, source, f"{change_key}/{self.name}", 0, names, self.data)


@dataclass(frozen=True, slots=True)
class EventRule:
    """One event by its name, and any of the triggers that mean it."""

    meant: Meant
    triggers: tuple[Trigger, ...]
    place: str = ""

    def with_fields(self, names: Mapping[str, str]) -> "EventRule":
        """The same rule with fields as the helpdesk names them."""
        triggers = tuple(replace(one, field=names.get(one.field, one.field)) for one in self.triggers)
        return replace(self, triggers=triggers)


def meant_by(rules: Mapping[str, EventRule], change: Change) -> tuple[Meant, ...]:
    """The events that a change means, each once, in the order of the mapping."""
    return tuple(rule.meant for rule in rules.values() if any(trigger.happens(change) for trigger in rule.triggers))


def read_event_rule(name: str, part: Part) -> EventRule:
    """One event of a mapping. MappingError."""
    if not _NAME.fullmatch(name):
        part.fail(f"`{name}` is no name", "use lower case letters, digits and `_`")
    keys = part.keys(KEYS, ("when", "kind"))
    kind = keys["kind"].one_of(KINDS)
    by = keys["by"].one_of(BY) if "by" in keys else None
    who = keys["who"].texts() if "who" in keys else None
    meant = Meant(name, kind, by, who, _data(part, keys, kind))
    when = keys["when"]
    items = when.value if isinstance(when.value, list) else [when.value]
    if not items:
        when.fail("is empty", "say what happens in the helpdesk, `{tag_added: called}`")
    triggers = tuple(
        _trigger(when.at(number, item) if isinstance(when.value, list) else when)
        for number, item in enumerate(items, 1)
    )
    return EventRule(meant, triggers, part.place)


def _data(part: Part, keys: Mapping[str, Part], kind: str) -> dict[str, Json]:
    """The event's data, held against what the kind may have by the reader of all events."""
    data = {key: entry.value for key, entry in keys["data"].entries()} if "data" in keys else {}
    if kind == "work" and isinstance(data.get("spent"), str):
        data["spent"] = _length(keys["data"].at("spent", data["spent"]))
    for key in ("facts", "determined"):
        if key in keys:
            data[key] = keys[key].value
    form: dict[str, Json] = {
        "subject": "case:1", "kind": kind, "at": "2026-01-01T00:00:00Z", "by": "agent", "key": "1", "data": data,
    }  # fmt: skip
    try:
        event_of(form)
    except EventError as problem:
        part.fail(str(problem), problem.fix)
    return data


def _length(part: Part) -> int:
    found = _LENGTH.fullmatch(part.text())
    if found is None:
        part.fail(f"`{part.text()[:40]}` is no length of time", "write it like `15 minutes`")
    return int(found[1]) * UNITS[f"{found[2]}s"]


def _trigger(part: Part) -> Trigger:
    keys = part.keys(_WHEN)
    found = [key for key in TRIGGERS if key in keys]
    if len(found) != 1:
        part.fail(
            "says not one thing that happens",
            f"write one of {', '.join(f'`{key}`' for key in TRIGGERS)}; a list is any",
        )
    kind: Kind = found[0]
    if kind != "field":
        for key in ("becomes", "from"):
            if key in keys:
                keys[key].fail("belongs to a `field`", "add the field, or leave it out")
    match kind:
        case "field":
            if "becomes" not in keys:
                part.fail("`becomes` is missing", "say which value the field turns to")
            coming_from = frozenset(keys["from"].options()) if "from" in keys else frozenset()
            return Trigger(kind, frozenset(keys["becomes"].options()), keys["field"].text(), coming_from)
        case "comment":
            return _comment(keys["comment"])
        case "tag_added" | "tag_removed":
            return Trigger(kind, frozenset(word.casefold() for word in keys[kind].texts()))
        case _:
            return Trigger(kind, frozenset(keys[kind].texts()))


def _comment(part: Part) -> Trigger:
    import re2  # noqa: PLC0415  # a native library that most mappings do not need

    keys = part.keys(_COMMENT, ("matches",))
    pattern = keys["matches"].text()
    if len(pattern) > MAX_LENGTH:
        keys["matches"].fail(f"has {len(pattern)} characters", f"use at most {MAX_LENGTH}")
    try:
        compiled = compile_pattern(pattern)
    except re2.error as problem:
        reason = problem.args[0] if problem.args else "it cannot be compiled"
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        keys["matches"].fail(f"is refused by RE2: {said}", "RE2 has no look-ahead, look-behind or back references")
    return Trigger(
        "comment",
        pattern=compiled,
        public=keys["public"].yes_no() if "public" in keys else None,
        by=keys["by"].one_of(BY) if "by" in keys else None,
    )


def _any(words: frozenset[str], tags: frozenset[str]) -> bool:
    return any(tag.casefold() in words for tag in tags)


def _texts(raw: Json) -> frozenset[str]:
    """The values of a field: those of a list each for itself, and of an empty one nothing."""
    return frozenset(map(text_of, raw)) if isinstance(raw, list) else frozenset([text_of(raw)])
