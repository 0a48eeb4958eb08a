"""All names that a ruleset declares, collected before anything is read, so that order in the file means nothing."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from casewarden.ruleset import catalogue
from casewarden.ruleset.diagnostics import Diagnostics, Place, did_you_mean
from casewarden.ruleset.document import Document
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
LEVEL_ID: Final = re.compile(r"[a-z0-9][a-z0-9_]*")
MAX_NAME: Final = 64


class Sort(StrEnum):
    """What a name stands for, in the author's words."""

    CALENDAR = "calendar"
    PERSON = "person"
    REASON = "close reason"
    LEVEL = "severity"
    PLAN = "plan"
    CHANNEL = "channel"
    REQUEST_TYPE = "request type"
    SCOPE = "scope reason"
    EVENT = "event"
    CLOCK = "clock"
    CREDIT = "credit"
    QUOTA = "quota"
    GUARD = "guard"
    RULE = "rule"
    MESSAGE = "message"
    INTERPRETATION = "interpretation"
    SERVICE = "service"
    LINK_KIND = "kind of link"


SECTION_OF: Final[dict[Sort, str]] = {
    Sort.CALENDAR: "calendars",
    Sort.PERSON: "people",
    Sort.REASON: "close_reasons",
    Sort.LEVEL: "severity/levels",
    Sort.PLAN: "plans",
    Sort.CHANNEL: "channels",
    Sort.REQUEST_TYPE: "intake",
    Sort.SCOPE: "scope",
    Sort.EVENT: "events",
    Sort.CLOCK: "clocks",
    Sort.CREDIT: "credits",
    Sort.QUOTA: "quotas",
    Sort.GUARD: "guards",
    Sort.RULE: "rules",
    Sort.MESSAGE: "messages",
    Sort.INTERPRETATION: "interpretations",
    Sort.SERVICE: "fields",
    Sort.LINK_KIND: "fields",
}
_TARGET_WORDS: Final = frozenset(catalogue.TARGET_WORDS)
RESERVED: Final[dict[Sort, frozenset[str]]] = {
    Sort.CALENDAR: catalogue.RESERVED_CALENDARS | _TARGET_WORDS,
    Sort.PLAN: catalogue.RESERVED_PLANS | _TARGET_WORDS,
    Sort.LEVEL: catalogue.RESERVED_PLANS | _TARGET_WORDS,
    Sort.CHANNEL: catalogue.RESERVED_CHANNELS,
    Sort.PERSON: catalogue.RESERVED_PEOPLE,
    Sort.EVENT: frozenset(catalogue.GIVEN_EVENTS),
}
_LISTS: Final = (Sort.PERSON, Sort.REASON)
_RECORDS: Final = ("case", "customer", "contract")
_OWNERS: Final = "write `case`, `customer`, `contract`, `service.NAME` or `links.KIND`"
_REMARKS: Final = frozenset({"clause", "interpretation", "note"})


@dataclass(slots=True)
class Names:
    """Declared names by sort, each with the place of its declaration, and which of them anything refers to."""

    declared: dict[Sort, dict[str, Place]] = field(default_factory=lambda: {sort: {} for sort in Sort})
    field_paths: dict[str, Place] = field(default_factory=dict)
    used: set[tuple[Sort, str]] = field(default_factory=set)

    def has(self, sort: Sort, name: str) -> bool:
        """Whether the name may be referred to: it is declared, or given."""
        return name in self.declared[sort] or (sort is Sort.EVENT and name in catalogue.GIVEN_EVENTS)

    def all_of(self, sort: Sort) -> list[str]:
        """Every name that may be referred to, declared ones first."""
        given = list(catalogue.GIVEN_EVENTS) if sort is Sort.EVENT else []
        return [*self.declared[sort], *given]

    def use(self, sort: Sort, name: str) -> None:
        """Remember that something refers to the name."""
        self.used.add((sort, name))


def collect(document: Document, diagnostics: Diagnostics) -> Names:
    """Collect and check all declared names; one that is wrong is still collected, so that it is told once."""
    names = Names()
    for sort, section in SECTION_OF.items():
        if sort in _LISTS:
            _collect_list(names, sort, document, diagnostics)
        elif sort is Sort.LEVEL:
            _collect_levels(names, document, diagnostics)
        elif sort not in {Sort.SERVICE, Sort.LINK_KIND}:
            for key, _ in document.elements(section, repeated=True):
                declare(names, sort, key, diagnostics)
    _collect_fields(names, document, diagnostics)
    return names


def declare(names: Names, sort: Sort, key: Scalar, diagnostics: Diagnostics) -> None:
    """Add one name, with every complaint there is about it."""
    known = names.declared[sort]
    if key.text in known:
        diagnostics.error(
            "CW302",
            key,
            f"the {sort} `{key.text}` is declared twice",
            "give one of them another name, or take one away",
            [(known[key.text], "declared here first")],
        )
        return
    known[key.text] = key.place
    if sort is not Sort.INTERPRETATION:  # their ids are those of a register: A11, K1, A11.start
        check_name(key, str(sort), diagnostics, pattern=LEVEL_ID if sort is Sort.LEVEL else NAME)
    if key.text in RESERVED.get(sort, frozenset()):
        names.use(sort, key.text)  # it was hardly meant to be new
        diagnostics.error(
            "CW301", key, f"`{key.text}` is a word of the language and cannot name a {sort}", "choose another name"
        )


def check_name(key: Scalar, what: str, diagnostics: Diagnostics, *, pattern: re.Pattern[str] = NAME) -> bool:
    """Whether this is a name; else it is told, with the name that was probably meant."""
    if pattern.fullmatch(key.text) and len(key.text) <= MAX_NAME:
        return True
    if len(key.text) > MAX_NAME:
        fix = f"use at most {MAX_NAME} characters"
    else:
        plain = re.sub(r"[^a-z0-9]+", "_", key.text.casefold()).strip("_")
        fix = f"write `{plain}`" if pattern.fullmatch(plain) else "use lower case letters, digits and `_`"
    diagnostics.error("CW300", key, f"`{key.text}` cannot name a {what}", fix)
    return False


def _collect_list(names: Names, sort: Sort, document: Document, diagnostics: Diagnostics) -> None:
    for node in document.parts(SECTION_OF[sort]):
        if isinstance(node, Seq):
            for item in node.items:
                if isinstance(item, Scalar) and item.text:
                    declare(names, sort, item, diagnostics)


def _collect_levels(names: Names, document: Document, diagnostics: Diagnostics) -> None:
    for node in document.parts("severity")[:1]:
        levels = node.get("levels") if isinstance(node, Map) else None
        for key, _ in levels if isinstance(levels, Map) else ():
            declare(names, Sort.LEVEL, key, diagnostics)


def _collect_fields(names: Names, document: Document, diagnostics: Diagnostics) -> None:
    for record, fields in document.elements("fields", repeated=True):
        root, _, rest = record.text.partition(".")
        if record.text in _RECORDS:
            pass
        elif root in ("service", "links") and rest:
            sort = Sort.SERVICE if root == "service" else Sort.LINK_KIND
            if NAME.fullmatch(rest):
                names.declared[sort].setdefault(rest, record.place)
            else:
                check_name(Scalar(rest, record.place, quoted=False), str(sort), diagnostics)
        else:
            near = did_you_mean(record.text, _RECORDS)
            diagnostics.error(
                "CW304",
                record,
                f"fields cannot belong to `{record.text}`",
                f"did you mean `{near}`?" if near else _OWNERS,
            )
        for key, value in fields if isinstance(fields, Map) else ():
            if is_field(key, value):
                _declare_field(names, f"{record.text}.{key.text}", key, diagnostics)


def is_field(key: Scalar, node: Node) -> bool:
    """Whether an entry of a record is a field, and not what the record itself cites; `note: {type: text}` is one."""
    return key.text not in _REMARKS or isinstance(node, Map)


def _declare_field(names: Names, path: str, key: Scalar, diagnostics: Diagnostics) -> None:
    if path in names.field_paths:
        diagnostics.error(
            "CW302",
            key,
            f"the field `{path}` is declared twice",
            "take one of them away",
            [(names.field_paths[path], "declared here first")],
        )
        return
    names.field_paths[path] = key.place
    check_name(key, "field", diagnostics)
    if path in catalogue.GIVEN_PATHS:
        diagnostics.error("CW301", key, f"`{path}` is given by the language", "use it as it is, without declaring it")
