"""One importer for each kind of export: from bytes to a checked ruleset, its tests, and what became of every part."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from casewarden.importing.draft import Draft
from casewarden.importing.export import Item, read_export
from casewarden.importing.fate import Fate, Part
from casewarden.importing.jira.rules import add_jira_rules
from casewarden.importing.made_tests import MadeTests, make_tests
from casewarden.importing.options import Options
from casewarden.importing.settle import settle
from casewarden.importing.zendesk.slas import add_slas
from casewarden.importing.zendesk.triggers import add_automations, add_triggers

_UNORDERED: Final = (
    "Rules here have no order: each acts when its condition turns true, or at its event, and what it changes is decided"
    " again. Where several set the same, the one that came later there has the higher priority."
)


@dataclass(frozen=True, slots=True)
class Importer:
    """What reads one kind of export; `head` stands above the ruleset."""

    name: str
    add: Callable[[Item, Draft], None]
    head: tuple[str, ...]


IMPORTERS: Final = {
    "jira-automation": Importer(
        "jira_automation",
        add_jira_rules,
        (
            "Rules of Jira automation. A sequence there with conditions between its actions is several rules here.",
            _UNORDERED,
        ),
    ),
    "zendesk-triggers": Importer(
        "zendesk_triggers", add_triggers, ("Triggers of Zendesk, which run in their order at every update.", _UNORDERED)
    ),
    "zendesk-automations": Importer(
        "zendesk_automations",
        add_automations,
        (
            "Automations of Zendesk, which run once an hour; here each acts at the very instant.",
            "Hours that are 24 are from 24 up to 25; greater than 24 is from 24 on.",
            _UNORDERED,
        ),
    ),
    "zendesk-slas": Importer(
        "zendesk_slas",
        add_slas,
        (
            "SLA policies of Zendesk. Severity is the ticket's priority; a ticket without one has no due times.",
            "Where a policy has no target for a priority, its clock says `none`.",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Imported:
    """The files of an import by name, and what became of every part of the export.

    Of `elements` clocks and rules `dead` stand as a comment as a whole.
    """

    name: str
    files: dict[str, str]
    parts: tuple[Part, ...]
    tests: MadeTests | None
    elements: int
    dead: int

    def count(self, fate: Fate) -> int:
        """How many parts had this fate."""
        return sum(part.fate is fate for part in self.parts)


def import_rules(what: str, data: bytes, options: Options, binds_from: str) -> Imported:
    """Import an export; KeyError for a kind that is not known, ImportProblem for an export that cannot be read.

    `binds_from` is the date from which the ruleset binds, as `2026-01-31`.
    """
    importer = IMPORTERS[what]
    head = ["Imported, to be read by a person before it governs anything.", *importer.head]
    draft = Draft(importer.name, head, options, binds_from)
    importer.add(read_export(data), draft)
    settled = settle(draft)
    tests = make_tests(draft, settled)
    files = {f"{draft.name}.yaml": settled.text}
    if tests is not None:
        files[f"{draft.name}.test.yaml"] = tests.text
    elements = draft.elements()
    dead = sum(element.dead is not None for element in elements)
    return Imported(draft.name, files, tuple(draft.parts()), tests, len(elements), dead)
