"""The mapping of a helpdesk as data: its fields as facts, its habits as events, its people, and clocks shown in it.

mapping = parse(settings.get("mapping"))        # MappingError, a ValueError, names places and fixes
mapping = mapping.bound(live)                   # names of fields looked up, where the helpdesk has others beside keys
mapping.fields.facts(ticket)                    # all facts of a ticket
mapping.fields.changes(before, after)           # those that a change states
mapping.fields.write("case.core", "down")       # field and value for an action; NotWrittenError is a reason to reject
mapping.meant(Change(tags_added=...))           # events
mapping.people.actor(Person(id="5"))            # who did it
mapping.project.values(attempt.content)         # the fields to write for a `project` attempt
mapping.findings(live)                          # for the connector's check
"""

from casewarden.plugin.mapping.desk import DeskMapping, parse
from casewarden.plugin.mapping.events import Change, Comment, Meant
from casewarden.plugin.mapping.fields import Fields, Observed, Unmapped, Wanted
from casewarden.plugin.mapping.live import Live, LiveField
from casewarden.plugin.mapping.parts import MappingError, text_of
from casewarden.plugin.mapping.people import Actor, Assignee, People, Person
from casewarden.plugin.mapping.project import Projection
from casewarden.plugin.mapping.schema import SCHEMA
from casewarden.plugin.mapping.values import NotWrittenError

__all__ = [
    "SCHEMA",
    "Actor",
    "Assignee",
    "Change",
    "Comment",
    "DeskMapping",
    "Fields",
    "Live",
    "LiveField",
    "MappingError",
    "Meant",
    "NotWrittenError",
    "Observed",
    "People",
    "Person",
    "Projection",
    "Unmapped",
    "Wanted",
    "parse",
    "text_of",
]
