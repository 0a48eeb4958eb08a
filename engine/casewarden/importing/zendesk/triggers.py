"""Triggers and automations of Zendesk as rules.

A trigger runs at every update in the order of its position; a rule acts when its condition turns true, or at its event.
What tells of a change makes the event: created, commented, changed to. Where several rules set one path, later ones
have the higher priority, since in Zendesk the later one has the last word.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from casewarden.importing.draft import Draft, Element, Listed, rank
from casewarden.importing.export import Item, shorten
from casewarden.importing.fate import ImportProblem, Left, Part, kept
from casewarden.importing.names import identity, slug
from casewarden.importing.written import AnyOf, Data, Noted
from casewarden.importing.zendesk.actions import Done, read_actions
from casewarden.importing.zendesk.conditions import meaning, shown
from casewarden.importing.zendesk.meanings import Created, Meaning, Said, Test, Turned
from casewarden.importing.zendesk.vocabulary import Vocabulary

MAX_RULES: Final = 2_000
_EDGE: Final = (
    "Differs: Zendesk runs it at every update at which this holds, here it acts when it turns true, also at the"
    " opening."
)
_HELD_REMARK: Final = "Held back until you decide what stands in for the conditions that have no equal."
_ALSO_AT_OPENING: Final = "it also happens when the case is opened so"


@dataclass(slots=True)
class _Occasion:
    """What a trigger says of its occasion: its event is made of this."""

    created: bool | None = None
    message: dict[str, Data] = field(default_factory=dict)
    comments: bool = False
    turned: list[Turned] = field(default_factory=list)


def add_triggers(export: Item, draft: Draft) -> None:
    """Add the rules of all triggers."""
    _add(export, draft, "trigger")


def add_automations(export: Item, draft: Draft) -> None:
    """Add the rules of all automations."""
    _add(export, draft, "automation")


def _add(export: Item, draft: Draft, sort: Literal["trigger", "automation"]) -> None:
    one = export.get(sort)
    definitions = [one] if one.value is not None else export.get(f"{sort}s").items()
    if not definitions:
        raise ImportProblem(f"its list `{sort}s` is missing or empty", f"give the file as /api/v2/{sort}s answered it")
    if len(definitions) > MAX_RULES:
        raise ImportProblem(f"there are more than {MAX_RULES:,} {sort}s", "import fewer at a time")
    ordered = sorted(definitions, key=lambda item: item.table().get("position").number() or 0)
    written: dict[str, list[Element]] = {}
    for number, definition in enumerate(ordered, start=1):
        rule, paths = _Rule(definition, draft, sort, number).read()
        draft.rules.append(rule)
        for path in paths:
            written.setdefault(path, []).append(rule)
    rank(draft.rules, written)


class _Rule:
    def __init__(self, definition: Item, draft: Draft, sort: str, number: int) -> None:
        self._definition = definition
        self._draft = draft
        self._words = Vocabulary(draft)
        self._sort = sort
        title = definition.get("title").text() or definition.get("raw_title").text() or f"{sort} {number}"
        id_ = identity(definition.get("id").text()) or str(number)
        name = draft.element_names.fresh(slug(title, f"{sort}_{number}"))
        head = [f"{sort.capitalize()} {shorten(title, 120)!r} (id {id_}, {number} in order)."]
        self._rule = Element(name, f"{sort.upper()}-{id_}", head)
        self._occasion = _Occasion()
        self._held = False
        self._items: list[Noted | AnyOf] = []
        self._waiting: list[str] = []

    def read(self) -> tuple[Element, list[str]]:
        """The rule, and the paths that it sets."""
        rule, definition = self._rule, self._definition
        conditions = definition.get("conditions")
        conditions = conditions if conditions.value is not None else definition
        for condition in conditions.get("all").items():
            self._all(condition)
        self._any(conditions.get("any").items())
        self._event()
        if self._held:
            self._items.append(Noted(self._draft.hold(rule.needs), tuple(self._waiting)))
            self._waiting = []
            rule.remarks.append(_HELD_REMARK)
        rule.remarks.extend(self._waiting)
        if self._items:
            rule.body["when"] = Listed(self._items, "all")
        paths = self._then()
        if definition.get("active").value is False:
            rule.dead = f"the {self._sort} is switched off"
        elif "when" not in rule.body and "each" not in rule.body:
            rule.dead = "it has no conditions"
        return rule, paths if rule.dead is None else []

    # -- conditions

    def _keep(self, part: Part, data: Data | None) -> None:
        self._rule.parts.append(part)
        if part.remark:
            self._waiting.append(part.remark)
        if data is not None:
            self._items.append(Noted(data, tuple(self._waiting)))
            self._waiting = []

    def _all(self, condition: Item) -> None:
        what = shown(condition)
        match meaning(condition, self._words, self._rule.needs):
            case Test(data, differs):
                self._keep(kept(what, differs), data)
            case Left() as left:
                self._held = True
                self._keep(left.part(what), None)
            case Created(yes) if self._occasion.created in (None, yes):
                self._occasion.created = yes
                self._keep(kept(what), None)
            case Said(attribute, value, differs) if self._occasion.message.get(attribute, value) == value:
                self._occasion.comments = True
                if attribute:
                    self._occasion.message[attribute] = value
                self._keep(kept(what, differs), None)
            case Turned() as turned if not self._occasion.turned:
                self._occasion.turned.append(turned)
                self._keep(kept(what, turned.differs), None)
            case Turned(_, test):
                self._keep(kept(what, "two changes at once: here it is so, whenever it became so"), test)
            case _:
                self._held = True
                left = Left("it contradicts another condition of the same rule", "two rules")
                self._keep(left.part(what), None)

    def _any(self, conditions: list[Item]) -> None:
        if not conditions:
            return
        found: list[tuple[Item, Meaning]] = [(one, meaning(one, self._words, self._rule.needs)) for one in conditions]
        if all(isinstance(one, Turned) for _, one in found) and self._is_free():
            names = [name for _, one in found if isinstance(one, Turned) for name in one.names]
            test: Data = {"any": [one.test for _, one in found if isinstance(one, Turned)]}
            self._occasion.turned.append(Turned(tuple(dict.fromkeys(names)), test))
            for condition, one in found:
                differs = one.differs if isinstance(one, Turned) else None
                self._keep(kept(shown(condition), differs), None)
            return
        branches: list[Noted] = []
        waiting: list[str] = []
        for condition, one in found:
            data, part = self._branch(condition, one)
            self._rule.parts.append(part)
            waiting.extend([part.remark] if part.remark else [])
            if data is not None:
                branches.append(Noted(data, tuple(waiting)))
                waiting = []
        if branches:
            self._items.append(AnyOf((*branches, Noted(None, tuple(waiting))), tuple(self._waiting)))
            self._waiting = []
        else:
            self._held = True
            self._waiting.extend(waiting)

    def _is_free(self) -> bool:
        occasion = self._occasion
        return not occasion.turned and not occasion.comments and occasion.created is None

    def _branch(self, condition: Item, found: Meaning) -> tuple[Data | None, Part]:
        what = shown(condition)
        match found:
            case Test(data, differs):
                return data, kept(what, differs)
            case Turned(_, test):
                return test, kept(what, "among others it cannot be the event: here it is so, whenever it became so")
            case Left() as left:
                return None, left.part(what)
            case _:
                left = Left("among others it cannot be the event of a rule", "a rule of its own with `each`")
                return None, left.part(what)

    # -- the event

    def _event(self) -> None:
        occasion, rule = self._occasion, self._rule
        if occasion.created is True:
            self._turned_as_tests()
            by = occasion.message.get("by")
            rule.body["each"] = "case_opened" if by is None else self._named("opened_by", {"kind": "opened", "by": by})
            if set(occasion.message) - {"by", "public"}:
                self._held = True
                self._waiting.append("Not translated: what the first comment says: an opening has no text to test.")
        elif occasion.comments:
            self._turned_as_tests()
            message: Data = {"kind": "message", **occasion.message}
            name = self._named("message", message)
            if occasion.created is None:
                name = self._named("opened_or_message", {"any": ["case_opened", name]})
            rule.body["each"] = name
        elif occasion.turned:
            turned = occasion.turned[0]
            several: list[Data] = list(turned.names)
            rule.body["each"] = turned.names[0] if len(several) == 1 else self._named("changed", {"any": several})
            if occasion.created is False:
                rule.remarks.append(f"Differs: {_ALSO_AT_OPENING}.")
        elif self._items and self._sort == "trigger":
            rule.remarks.append(_EDGE)

    def _named(self, wanted: str, data: Data) -> str:
        return self._words.event(self._rule.needs, wanted, data)

    def _turned_as_tests(self) -> None:
        for turned in self._occasion.turned:
            self._items.append(Noted(turned.test, ("Differs: here it is so at the event, whenever it became so.",)))

    # -- actions

    def _then(self) -> list[str]:
        rule = self._rule
        done = read_actions(self._definition.get("actions").items(), self._draft, rule.needs, rule.name)
        items: list[Noted] = []
        waiting: list[str] = []
        for one in done:
            rule.parts.extend(one.parts)
            waiting.extend(_remarks(one))
            if one.data is not None:
                items.append(Noted(one.data, tuple(waiting)))
                waiting = []
        if not items:
            rule.dead = "none of its actions could be translated"
            rule.remarks.extend(waiting)
        else:
            items.append(Noted(None, tuple(waiting)))
            rule.body["then"] = Listed(list(items))
        paths = [one.path for one in done if one.path is not None]
        rule.sets = (*paths, *(["case.tags"] if any(_is_tag(one.data) for one in done) else []))
        return paths


def _is_tag(data: Data | None) -> bool:
    return isinstance(data, dict) and "tag" in data


def _remarks(done: Done) -> list[str]:
    """What stands above the action; what became of placeholders stands above the message."""
    return [part.remark for part in done.parts[:1] if part.remark]
