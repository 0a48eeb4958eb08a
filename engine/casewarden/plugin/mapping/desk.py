"""The whole mapping of a connector, parsed once out of its settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin.contract import Finding
from casewarden.plugin.mapping.events import Change, EventRule, Meant, meant_by, read_event_rule
from casewarden.plugin.mapping.fields import FieldRule, Fields, read_rule
from casewarden.plugin.mapping.live import Live, Use, findings_of, missing
from casewarden.plugin.mapping.parts import MappingError, Part, each, raise_told
from casewarden.plugin.mapping.people import People, read_people
from casewarden.plugin.mapping.project import Projection, read_projection

KEYS: Final = ("fields", "events", "people", "project")


@dataclass(frozen=True, slots=True)
class DeskMapping:
    """What a helpdesk's own fields, habits and people mean. A value: it asks nobody and remembers nothing."""

    fields: Fields = field(default_factory=Fields)
    events: Mapping[str, EventRule] = field(default_factory=lambda: MappingProxyType({}))
    people: People = field(default_factory=People)
    project: Projection = field(default_factory=Projection)

    def meant(self, change: Change) -> tuple[Meant, ...]:
        """The events that a change means."""
        return meant_by(self.events, change)

    def names(self) -> tuple[str, ...]:
        """The helpdesk's fields that are read or written, each once."""
        return tuple(dict.fromkeys(use.field for use in self._uses()))

    def bound(self, live: Live) -> "DeskMapping":
        """The mapping with each field named as the helpdesk's payloads name it; what is not found stays as it is."""
        keys = live.keys(self.names())
        rules = {path: rule.with_field(keys.get(rule.field, rule.field)) for path, rule in self.fields.rules.items()}
        events = {name: rule.with_fields(keys) for name, rule in self.events.items()}
        return replace(
            self,
            fields=Fields(MappingProxyType(rules)),
            events=MappingProxyType(events),
            project=self.project.with_fields(keys),
        )

    def findings(self, live: Live) -> tuple[Finding, ...]:
        """What of the mapping the helpdesk does not have, and which of its values the mapping does not know."""
        groups = dict.fromkeys(sorted(self.people.groups()), "mapping.people")
        return (
            *findings_of(self._uses(), live),
            *missing("macro", self._named("macro"), live.macros),
            *missing("form", self._named("form"), live.forms),
            *missing("group", groups, live.groups),
        )

    def _named(self, kind: str) -> dict[str, str]:
        return {
            word: rule.place
            for rule in self.events.values()
            for trigger in rule.triggers
            if trigger.kind == kind
            for word in sorted(trigger.words)
        }

    def _uses(self) -> Iterator[Use]:
        for rule in self.fields.rules.values():
            yield Use(rule.place, rule.field, _values(rule), rule)
        for name, event in self.events.items():
            for trigger in event.triggers:
                if trigger.kind == "field":
                    yield Use(
                        f"mapping.events.{name}", trigger.field, tuple(sorted(trigger.words | trigger.coming_from))
                    )
        for shown in self.project.shown:
            values = () if shown.values is None else tuple(v for v in shown.values.values() if isinstance(v, str))
            yield Use(shown.place, shown.field, values)


def _values(rule: FieldRule) -> tuple[str, ...]:
    return () if rule.form.values is None else tuple(rule.form.values)


def parse(value: Json, place: str = "mapping") -> DeskMapping:
    """The mapping among a connector's settings; None is an empty one.

    MappingError (a ValueError) has one line for each problem: the place, what is wrong, and what is right.
    """
    if value is None:
        return DeskMapping()
    part, told = Part(place, value), list[str]()
    keys = part.keys(KEYS)
    rules = each(keys.get("fields"), read_rule, told)
    events = each(keys.get("events"), read_event_rule, told)
    people, project = People(), Projection()
    try:
        people = read_people(keys["people"], told) if "people" in keys else people
        project = read_projection(keys["project"], told) if "project" in keys else project
    except MappingError as problem:
        told.append(str(problem))
    raise_told(told)
    return DeskMapping(Fields(MappingProxyType(rules)), MappingProxyType(events), people, project)
