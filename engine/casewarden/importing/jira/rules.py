"""Rules of Jira automation as rules.

A rule there is a sequence: conditions end it, actions follow each other, blocks branch. Here each stretch of actions is
a rule of its own, with all the conditions that stand before it. Branches to other issues have no equal.
"""

from dataclasses import dataclass, field
from typing import Final

from casewarden.importing.draft import Draft, Element, Listed, rank
from casewarden.importing.export import Item, shorten
from casewarden.importing.fate import ImportProblem, Left, kept
from casewarden.importing.jira.actions import Actions, Step
from casewarden.importing.jira.conditions import conditions_of
from casewarden.importing.jira.jql import clauses
from casewarden.importing.jira.words import JiraWords, reference
from casewarden.importing.names import identity, slug
from casewarden.importing.two_valued import two_valued
from casewarden.importing.written import Data, Noted

MAX_RULES: Final = 1_000
MAX_COMPONENTS: Final = 5_000
_HELD_REMARK: Final = "Held back until you decide what stands in for the conditions that have no equal."
_SCHEDULE: Final = "Jira looks at its schedule, here the rule acts at the instant at which its condition turns true"


@dataclass(slots=True)
class _Path:
    """The conditions that hold where an action stands, and whether one of them is missing."""

    items: list[Noted] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    held: bool = False

    def copy(self) -> "_Path":
        return _Path(list(self.items), list(self.waiting), self.held)

    def data(self) -> list[Data]:
        return [item.data for item in self.items if item.data is not None]


@dataclass(slots=True)
class _Stretch:
    """Actions in a row under the same conditions."""

    path: _Path
    actions: list[Item] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def add_jira_rules(export: Item, draft: Draft) -> None:
    """Add the rules of an export; ImportProblem where it has not the shape of one."""
    rules = _rules(export)
    written: dict[str, list[Element]] = {}
    for number, rule in enumerate(rules, start=1):
        for element, paths in _Reader(rule, draft, number).read():
            draft.rules.append(element)
            for path in paths:
                written.setdefault(path, []).append(element)
    rank(draft.rules, written)


def _rules(export: Item) -> list[Item]:
    one = export.get("rule")
    if one.value is not None:
        found = [one]
    elif isinstance(export.value, list):
        found = export.items()
    else:
        found = export.get("rules").items() or ([export] if export.get("trigger").value is not None else [])
    if not found:
        raise ImportProblem("there are no `rules` in it", "give the file that Jira's rule export wrote")
    if len(found) > MAX_RULES:
        raise ImportProblem(f"there are more than {MAX_RULES:,} rules", "import fewer at a time")
    return found


class _Reader:
    def __init__(self, rule: Item, draft: Draft, number: int) -> None:
        self._rule = rule.table()
        self._draft = draft
        self._number = number
        self._title = rule.get("name").text() or f"rule {number}"
        self._id = identity(rule.get("id").text() or rule.get("uuid").text()) or str(number)
        self._stretches: list[_Stretch] = []
        self._budget = MAX_COMPONENTS
        self._element = self._fresh()  # carries what is read, until it is known to which stretch it belongs
        self._words = JiraWords(draft, self._element.needs)

    def _fresh(self) -> Element:
        name = self._draft.element_names.fresh(slug(self._title, f"rule_{self._number}"))
        head = [f"Jira rule {shorten(self._title, 120)!r} (id {self._id}, {self._number} in order)."]
        return Element(name, f"JIRA-{self._id}", head)

    def read(self) -> list[tuple[Element, list[str]]]:
        """The rules that it becomes, each with the paths that it sets."""
        first, path = self._element, _Path()
        dead = self._trigger(first, path)
        self._walk(self._rule.get("components").items(), path)
        shared, common = list(first.parts), first.needs
        first.parts.clear()
        stretches = [one for one in self._stretches if one.actions] or [_Stretch(path)]
        made = []
        for number, stretch in enumerate(stretches):
            element = first if number == 0 else self._fresh()
            element.body.update({key: value for key, value in first.body.items() if key == "each"})
            for kind in ("fields", "people", "channels", "events"):
                getattr(element.needs, kind).update(getattr(common, kind))
            element.parts.extend(shared if number == 0 else [])
            made.append((element, self._fill(element, stretch, dead)))
        if self._rule.get("state").text().upper() == "DISABLED" or self._rule.get("enabled").value is False:
            for element, _ in made:
                element.dead = "the rule is switched off"
        return [(element, paths if element.dead is None else []) for element, paths in made]

    # -- the trigger

    def _trigger(self, element: Element, path: _Path) -> str | None:
        """Put the trigger into the element; why the rule cannot stand without it, or None."""
        trigger = self._rule.get("trigger")
        type_, value = trigger.get("type").text(), trigger.get("value")
        what = f"the trigger `{shorten(type_, 60)}`"
        if "sla" in type_.casefold():
            left = Left("which clock it means is not said here", "`each` with an event `{clock: CLOCK, turns: missed}`")
            element.parts.append(left.part(what))
            return f"{left.reason}; nearest: {left.nearest}"
        match type_:
            case "jira.issue.event.trigger:created":
                element.parts.append(kept(what))
                element.body["each"] = "case_opened"
            case "jira.issue.event.trigger:commented":
                element.parts.append(kept(what))
                element.body["each"] = self._words.event("comment", {"kind": "message"})
            case "jira.issue.event.trigger:assigned":
                element.parts.append(kept(what, "it happens when somebody is assigned where nobody was"))
                element.body["each"] = self._words.event(
                    "assigned", {"becomes": {"case.assigned_to": {"known": "yes"}}}
                )
            case "jira.issue.event.trigger:transitioned":
                return self._transitioned(element, value, path, what)
            case "jira.jql.scheduled" | "jira.scheduled.trigger":
                return self._scheduled(element, value, path, what)
            case _:
                left = Left("nothing here happens like it", "`each` with an event of your own")
                element.parts.append(left.part(what))
                return f"{left.reason}; nearest: {left.nearest}"
        return None

    def _transitioned(self, element: Element, value: Item, path: _Path, what: str) -> str | None:
        names = [reference(one) for one in value.get("toStatus").items()]
        known = [self._words.status(name) for name in names]
        if not names or None in known:
            why = "its target is any status" if not names else "a status of it is not known"
            nearest = "one event for each status" if not names else "say it under `statuses` with --mapping"
            element.parts.append(Left(why, nearest).part(what))
            return f"{why}; nearest: {nearest}"
        events: list[Data] = [
            self._words.event(f"status_becomes_{status}", {"becomes": {"case.status": status}})
            for status in dict.fromkeys(status for status in known if status is not None)
        ]
        element.body["each"] = (
            str(events[0]) if len(events) == 1 else self._words.event("transitioned", {"any": events})
        )
        origins = [reference(one) for one in value.get("fromStatus").items()]
        element.parts.append(kept(what))
        if origins:
            left = Left("the status before is not known", "a tag that is set with the earlier status")
            part = left.part(f"`from {shorten(', '.join(origins), 80)}`")
            element.parts.append(part)
            path.waiting.append(part.remark or "")
            path.held = True
        return None

    def _scheduled(self, element: Element, value: Item, path: _Path, what: str) -> str | None:
        jql = value.get("jql").text()
        element.parts.append(kept(what, _SCHEDULE))
        element.remarks.append(f"Differs: {_SCHEDULE}.")
        if not jql.strip():
            return "it runs at its schedule whatever the issues are, which has no equal here; nearest: `repeat`"
        for clause in clauses(jql, self._words):
            self._take(path, f"`{shorten(clause.text, 120)}`", clause.meaning)
        return None

    # -- what follows

    def _take(self, path: _Path, what: str, meaning: Data | Left) -> None:
        part = meaning.part(what) if isinstance(meaning, Left) else kept(what)
        self._element.parts.append(part)
        if isinstance(meaning, Left):
            path.held = True
            path.waiting.append(part.remark or "")
        else:
            path.items.append(Noted(meaning, tuple(path.waiting)))
            path.waiting = []

    def _walk(self, components: list[Item], path: _Path) -> None:
        """Follow the components in order; conditions narrow `path` for all that come after."""
        stretch = _Stretch(path.copy())
        self._stretches.append(stretch)
        for component in components:
            self._budget -= 1
            if self._budget < 0:
                raise ImportProblem(
                    f"`{component.path}`: a rule has more than {MAX_COMPONENTS:,} components", "split it"
                )
            sort, type_ = component.table().get("component").text(), component.get("type").text()
            if sort in {"ACTION", "BRANCH"}:
                stretch.actions.append(component)
            elif type_ == "jira.condition.container.block":
                self._blocks(component.get("children").items(), path)
                stretch = _Stretch(path.copy())
                self._stretches.append(stretch)
            elif sort == "CONDITION":
                for what, meaning in conditions_of(component, self._words):
                    self._take(path, what, meaning)
                stretch = _Stretch(path.copy())
                self._stretches.append(stretch)
            else:
                self._element.parts.append(Left("it is no part that is known").part(f"the part `{shorten(type_, 60)}`"))

    def _blocks(self, blocks: list[Item], path: _Path) -> None:
        """If, else if, else: each holds where those before it do not."""
        before: list[Data] = []
        unsure = False
        for block in blocks:
            inside = path.copy()
            inside.items.extend(Noted({"not": one}) for one in before)
            inside.held = inside.held or unsure
            start = len(inside.items)
            for condition in block.table().get("conditions").items():
                for what, meaning in conditions_of(condition, self._words):
                    self._take(inside, what, meaning)
            own = [item.data for item in inside.items[start:] if item.data is not None]
            if block.get("value").get("conditionMatchType").text() == "ANY" and len(own) > 1:
                inside.items[start:] = [Noted({"any": own})]
                own = [{"any": own}]
            unsure = unsure or inside.held
            self._walk(block.get("children").items(), inside)
            if own:
                before.append(two_valued(own[0] if len(own) == 1 else {"all": own}))

    # -- one rule of ours

    def _fill(self, element: Element, stretch: _Stretch, dead: str | None) -> list[str]:
        path = stretch.path
        items = list(path.items)
        waiting = list(path.waiting)
        if path.held:
            items.append(Noted(self._draft.hold(element.needs), tuple(waiting)))
            waiting = []
            element.remarks.append(_HELD_REMARK)
        element.remarks.extend(waiting)
        if items:
            element.body["when"] = Listed(list(items), "all")
        paths = self._then(element, stretch.actions)
        if dead is not None:
            element.dead = dead
        elif "when" not in element.body and "each" not in element.body:
            element.dead = "it has no conditions"
        return paths

    def _then(self, element: Element, components: list[Item]) -> list[str]:
        actions = Actions(self._draft, element.needs, element.name)
        steps = [step for component in components for step in self._steps(component, actions)]
        last = {step.path: number for number, step in enumerate(steps) if step.path is not None}
        done: list[Noted] = []
        waiting: list[str] = []
        for number, step in enumerate(steps):
            parts, data = list(step.parts), step.data
            if step.path is not None and last[step.path] != number:
                left = Left("a later action of the same rule sets the same otherwise, and the later one wins")
                parts, data = [left.part(parts[0].what)], None
            element.parts.extend(parts)
            waiting.extend([parts[0].remark] if parts and parts[0].remark else [])
            if data is not None:
                done.append(Noted(data, tuple(waiting)))
                waiting = []
        if done:
            element.body["then"] = Listed([*done, Noted(None, tuple(waiting))])
        else:
            element.dead = "none of its actions could be translated"
            element.remarks.extend(waiting)
        paths = [step.path for step in steps if step.path is not None]
        element.sets = (*paths, *("case.tags" for step in steps if isinstance(step.data, dict) and "tag" in step.data))
        return paths

    def _steps(self, component: Item, actions: Actions) -> list[Step]:
        if component.get("component").text() == "ACTION":
            return actions.read(component)
        related = component.get("value").get("relatedType").text() or component.get("type").text()
        nearest = "`set: {links.KIND.FIELD: VALUE}` for linked tickets"
        inside = [Left("it acts on other issues", nearest).part(f"the branch over `{shorten(related, 60)}`")]
        waiting = component.get("children").items()
        while waiting and len(inside) < MAX_COMPONENTS:
            child = waiting.pop(0)
            what = f"`{shorten(child.table().get('type').text(), 60)}` in the branch"
            inside.append(Left("it acts on other issues", nearest).part(what))
            waiting.extend(child.get("children").items())
        return [Step(None, (part,)) for part in inside]
