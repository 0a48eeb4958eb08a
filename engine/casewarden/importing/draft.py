"""A ruleset in the making: what was translated so far, and its text, in which only what lives is declared."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from casewarden.importing.fate import Fate, Part
from casewarden.importing.names import Names
from casewarden.importing.options import Options
from casewarden.importing.written import AnyOf, Data, Noted, commented, flow, listed, remark, remarks
from casewarden.ruleset import catalogue

PRIORITIES: Final = ("urgent", "high", "normal", "low")
MAX_PRIORITY: Final = 1_000
HELD: Final = "case.untranslated_condition_holds"


@dataclass(slots=True)
class Needs:
    """What an element refers to, by name, so that it is declared exactly where something needs it."""

    fields: dict[str, None] = field(default_factory=dict)
    people: dict[str, None] = field(default_factory=dict)
    channels: dict[str, None] = field(default_factory=dict)
    reasons: dict[str, None] = field(default_factory=dict)
    events: dict[str, None] = field(default_factory=dict)
    messages: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Listed:
    """A list in block form with comments; conditions stand under `all`."""

    items: list[Noted | AnyOf]
    under: str | None = None


@dataclass(slots=True)
class Element:
    """A clock or a rule; `dead` says why it stands as a comment only. `body` has its keys in their order.

    `sets` are the paths that it sets, with those that another rule may set otherwise.
    """

    name: str
    clause: str
    head: list[str]
    body: dict[str, Data | Listed] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    needs: Needs = field(default_factory=Needs)
    dead: str | None = None
    remarks: list[str] = field(default_factory=list)
    sets: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """The element as it stands in its section."""
        yield from remarks(self.head, "  ")
        if self.dead is not None:
            yield from remark(f"Not translated as a whole: {self.dead}.", "  ")
        yield from remarks(self.remarks, "  ")
        lines = self._body()
        yield from lines if self.dead is None else commented(lines, "  ")

    def _body(self) -> Iterator[str]:
        yield f"  {self.name}:"
        yield f"    clause: [{flow(self.clause)}]"
        for key, value in self.body.items():
            if not isinstance(value, Listed):
                yield f"    {key}: {flow(value)}"
                continue
            yield f"    {key}:"
            if value.under is not None:
                yield f"      {value.under}:"
            yield from listed(value.items, "      " if value.under is None else "        ")


def rank(rules: list[Element], written: Mapping[str, list[Element]]) -> None:
    """Give priorities to rules that set a path which others set too: to later ones the higher one.

    `written` has the rules by what they set. Priorities reach from -1,000 to 1,000.
    """
    contending = {id(rule) for several in written.values() if len(several) > 1 for rule in several}
    ordered = [rule for rule in rules if id(rule) in contending]
    start = 1 if len(ordered) <= MAX_PRIORITY else -MAX_PRIORITY
    for number, rule in enumerate(ordered, start=start):
        then = rule.body.pop("then")
        rule.body["priority"] = str(min(number, MAX_PRIORITY))
        rule.body["then"] = then


@dataclass(frozen=True, slots=True)
class Declared:
    """A field: its type, its values where they are listed, what it is over there."""

    type: str
    of: dict[str, None]
    note: str


class Draft:
    """Collects what an export says."""

    def __init__(self, name: str, head: list[str], options: Options, binds_from: str) -> None:
        self.name = name
        self.options = options
        self._head = head
        self._from = binds_from
        self.fields: dict[str, Declared] = {}
        self.events: dict[str, Data] = {}
        self.messages: dict[str, tuple[str | None, str, tuple[str, ...]]] = {}
        self.clocks: list[Element] = []
        self.rules: list[Element] = []
        self.loose: list[Part] = []
        self.element_names = Names()
        self._event_names = Names(frozenset(catalogue.GIVEN_EVENTS))
        self._message_names = Names()

    # -- what elements refer to

    def field(self, needs: Needs, path: str, type_: str, note: str, of: Iterable[str] = ()) -> bool:
        """Whether the path may be used with this type; it is then declared, its values added to those known."""
        given = catalogue.GIVEN_PATHS.get(path)
        if given is not None:
            return str(given[0]) == type_
        known = self.fields.get(path)
        if known is None:
            known = self.fields[path] = Declared(type_, {}, note)
        if known.type != type_:
            return False
        known.of.update(dict.fromkeys(of))
        needs.fields[path] = None
        return True

    def hold(self, needs: Needs) -> Data:
        """The condition that keeps an element from acting until somebody takes it out."""
        note = (
            "Nothing sets it, so what tests it does not act: decide what stands in for the condition left out, and take"
            " the test away."
        )
        self.field(needs, HELD, "yes_no", note)
        return {HELD: "yes"}

    def event(self, needs: Needs, wanted: str, data: Data) -> str:
        """The name of an event, declared once for all who mean the same."""
        name = next((name for name, known in self.events.items() if known == data), None)
        if name is None:
            name = self._event_names.fresh(wanted)
            self.events[name] = data
        needs.events[name] = None
        return name

    def message(self, needs: Needs, wanted: str, subject: str | None, body: str, notes: Iterable[str]) -> str:
        """The name of a new message; `notes` stand above it."""
        name = self._message_names.fresh(wanted)
        self.messages[name] = (subject, body, tuple(notes))
        needs.messages[name] = None
        return name

    # -- the result

    def elements(self) -> list[Element]:
        """Clocks and rules."""
        return [*self.clocks, *self.rules]

    def parts(self) -> list[Part]:
        """What became of all parts; those of an element that is no more than a comment are left, all of them."""
        found = list(self.loose)
        for element in self.elements():
            dead = element.dead
            found.extend(part if dead is None else Part(part.what, Fate.LEFT, dead) for part in element.parts)
        return found

    def text(self) -> str:
        """The ruleset."""
        sections = [
            self._top(),
            self._lists(),
            self._calendars(),
            self._fields(),
            self._severity(),
            self._events(),
            self._elements("clocks", self.clocks),
            self._elements("rules", self.rules),
            self._messages(),
        ]
        return "\n\n".join("\n".join(lines) for section in sections if (lines := list(section))) + "\n"

    def _needed(self, what: str) -> list[str]:
        found: dict[str, None] = {}
        for element in self.elements():
            if element.dead is None:
                found.update(getattr(element.needs, what))
        return list(found)

    def _top(self) -> Iterator[str]:
        yield from remarks(self._head)
        change = "retarget" if self.clocks else "keep"
        yield "casewarden: 1"
        yield f"ruleset: {self.name}"
        yield f"revision: {{from: {self._from}, binds: new_cases}}"
        yield "defaults:"
        yield "  calendar: business_hours"
        yield f"  language: {flow(self.options.language)}"
        yield "  days: {mode: same_time, origin: next_opening}"
        yield "  boundary: closing"
        yield f"  on_change: {{severity: {change}, plan: keep, contract: keep}}"

    def _lists(self) -> Iterator[str]:
        people, reasons, channels = (self._needed(what) for what in ("people", "reasons", "channels"))
        if people:
            yield "# Their addresses stand in the configuration."
            yield f"people: {flow(list(people))}"
        if reasons:
            yield f"close_reasons: {flow(list(reasons))}"
        if channels:
            yield f"channels: {flow({channel: {'included': 'all'} for channel in channels})}"

    def _calendars(self) -> Iterator[str]:
        calendar = self.options.calendar
        yield "calendars:"
        if calendar.assumed:
            yield "  # Assumed, since the export says nothing of opening hours: put in yours, or see --calendar."
        shown: Data = {"zone": calendar.zone, "open": calendar.open, "holidays": "none"}
        yield f"  business_hours: {flow(shown)}"

    def _fields(self) -> Iterator[str]:
        paths = self._needed("fields")
        if paths:
            yield "fields:"
        for record in ("case", "customer", "contract"):
            own = [path for path in paths if path.startswith(f"{record}.")]
            if own:
                yield f"  {record}:"
            for path in own:
                known = self.fields[path]
                yield from remark(known.note, "    ")
                of: dict[str, Data] = {"of": list(known.of)} if known.of and known.type == "choice" else {}
                if path == HELD:
                    of["when_missing"] = "no"
                yield f"    {path.partition('.')[2]}: {flow({'type': known.type, **of})}"

    def _severity(self) -> Iterator[str]:
        if not any(clock.dead is None for clock in self.clocks):
            return
        cited = next(clock.clause for clock in self.clocks if clock.dead is None)
        yield "severity:"
        yield f"  clause: [{flow(cited)}]"
        yield f"  levels: {flow({one: one.capitalize() for one in PRIORITIES})}"
        yield "  until_classified: reported"
        yield "  hit: unique"
        yield "  table:"
        for one in PRIORITIES:
            yield f"    - {flow({'when': {'case.priority': one}, 'gives': one})}"

    def _events(self) -> Iterator[str]:
        names = self._needed("events")
        found: dict[str, None] = {}
        while names:  # an event may be made of others
            name = names.pop(0)
            if name in self.events and name not in found:
                found[name] = None
                match self.events[name]:
                    case {"any": list(parts)}:
                        names.extend(str(part) for part in parts)
                    case _:
                        pass
        if found:
            yield "events:"
        for name in self.events:
            if name in found:
                yield f"  {name}: {flow(self.events[name])}"

    def _elements(self, section: str, elements: list[Element]) -> Iterator[str]:
        if elements:
            alive = any(element.dead is None for element in elements)
            yield f"{section}:" if alive else f"# {section}: none of them could be translated as a whole"
        for number, element in enumerate(elements):
            if number:
                yield ""
            yield from element.lines()

    def _messages(self) -> Iterator[str]:
        names = self._needed("messages")
        if names:
            yield "messages:"
        for name in names:
            subject, body, notes = self.messages[name]
            yield from remarks(notes, "  ")
            said: Data = body if subject is None else {"subject": subject, "body": body}
            yield f"  {name}: {flow({self.options.language: said})}"
