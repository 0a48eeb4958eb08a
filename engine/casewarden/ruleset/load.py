"""From a file to a checked ruleset: read, collect names, build the tree, check it, sign it."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from casewarden.ruleset import read_clocks, read_sections
from casewarden.ruleset.beside import normal
from casewarden.ruleset.check_clauses import check_citations, read_clauses
from casewarden.ruleset.check_conditions import check_conditions
from casewarden.ruleset.check_conflicts import check_conflicts
from casewarden.ruleset.check_cycles import check_cycles
from casewarden.ruleset.check_loops import check_loops
from casewarden.ruleset.check_records import check_amounts, check_guards, check_languages, check_records
from casewarden.ruleset.check_slips import check_slips
from casewarden.ruleset.check_tables import check_severity
from casewarden.ruleset.check_unused import check_unused
from casewarden.ruleset.constraints import World
from casewarden.ruleset.diagnostics import Diagnostics, Level
from casewarden.ruleset.digest import digest
from casewarden.ruleset.document import Document, Read, open_document, read_file, read_main
from casewarden.ruleset.forms import Context, as_text
from casewarden.ruleset.lock import Lock, read_lock
from casewarden.ruleset.names import Sort, check_name, collect
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.read_calendars import read_calendar
from casewarden.ruleset.read_conditions import read_condition
from casewarden.ruleset.read_events import read_event
from casewarden.ruleset.read_interpretations import read_interpretation
from casewarden.ruleset.read_rules import read_rule
from casewarden.ruleset.read_severity import read_severity
from casewarden.ruleset.readings import Reading, check_places, other_readings, with_reading
from casewarden.ruleset.syntax import Changes, Defaults, Revision, Ruleset
from casewarden.worktime import Boundary, DayMode, DayOrigin, DayRule, UnknownZone
from casewarden.worktime.zones import zone

T = TypeVar("T")

Result = tuple[Ruleset | None, Diagnostics]
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_NO_REVISION: Final = Revision(date(1970, 1, 1), "new_cases")
_NO_DEFAULTS: Final = Defaults(
    "", "en", DayRule(DayMode.END_OF_DAY, DayOrigin.NEXT_OPENING), Boundary.CLOSING, Changes()
)


def load(path: Path, *, read: Read = read_file, readings: Mapping[str, str] = NOTHING) -> Result:
    """Read and check a file with its includes; the ruleset is None exactly where there are errors.

    `readings` maps interpretations to the reading to try in place of the chosen one; KeyError where there is none.
    """
    diagnostics = Diagnostics()
    document = open_file(path, read, diagnostics)
    return load_document(document, path, read, diagnostics, readings)


def load_text(text: str, file: str = "<ruleset>.yaml", *, readings: Mapping[str, str] = NOTHING) -> Result:
    """Read and check a text that includes nothing; as `load`."""
    diagnostics = Diagnostics()
    document = open_document(text, Path(file), file, None, diagnostics)
    return load_document(document, Path(file), None, diagnostics, readings)


def check_file(path: Path, *, read: Read = read_file) -> tuple[bool, Diagnostics]:
    """All that can be said of a file, also with readings not chosen; and whether it can be read at all."""
    diagnostics = Diagnostics()
    document = open_file(path, read, diagnostics)
    if document is not None:
        ruleset, _ = load_document(document, path, read, diagnostics)
        if ruleset is not None:
            try_readings(document, path, read, diagnostics)
    return document is not None, diagnostics


def try_readings(document: Document, path: Path, read: Read, diagnostics: Diagnostics) -> None:
    """Check a document once with each of the readings that were not chosen, and report those that would be refused."""
    for reading in other_readings(document):
        trial = Diagnostics()
        load_document(with_reading(document, reading), path, read, trial)
        problem = next((item for item in trial.items if item.level is Level.ERROR), None)
        if problem is not None:
            diagnostics.error(
                "CW708",
                reading.key,
                f"with the reading `{reading.key.text}` of `{reading.interpretation}` the file would be refused:"
                f" {problem.message}",
                problem.fix,
            )


def open_file(path: Path, read: Read, diagnostics: Diagnostics) -> Document | None:
    """The document of a file with its includes; None where it cannot be opened or has no sections."""
    data = read_main(path, read, diagnostics)
    return None if data is None else open_document(data, normal(path), str(path), read, diagnostics)


def load_document(
    document: Document | None,
    path: Path,
    read: Read | None,
    diagnostics: Diagnostics,
    readings: Mapping[str, str] = NOTHING,
) -> Result:
    """The ruleset of a document that was opened; as `load`."""
    if document is None:
        return None, diagnostics
    for interpretation, name in readings.items():
        document = with_reading(document, _find(document, interpretation, name))
    lock = read_lock(document, path, read, diagnostics)
    ruleset = build(document, normal(path), read, lock, diagnostics)
    return (None if diagnostics.has_errors else digest(ruleset, lock.text if lock else "")), diagnostics


def _find(document: Document, interpretation: str, name: str) -> Reading:
    for reading in other_readings(document):
        if (reading.interpretation, reading.key.text) == (interpretation, name):
            return reading
    raise KeyError(f"there is no reading `{name}` of `{interpretation}`")


def build(document: Document, path: Path, read: Read | None, lock: Lock | None, diagnostics: Diagnostics) -> Ruleset:
    """The tree of a document, checked; what could not be read is left out, so it is sound only without errors."""
    context = Context(diagnostics, collect(document, diagnostics))
    context.zone = _default_zone(document)
    context.required_paths = read_sections.required_paths([node for _, node in document.elements("intake")])
    clauses = read_clauses(context, document, path, read)
    context.known_clauses = None if clauses is None else frozenset(clauses)
    ruleset = _tree(context, document, lock)
    check_places(context, document)
    check_citations(context, document, clauses)
    check(ruleset, diagnostics)
    check_unused(document, context.names, diagnostics)
    check_slips(document, diagnostics)
    return ruleset


def check(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """All checks that need the tree as a whole."""
    world = World.of(ruleset)
    check_severity(ruleset, world, diagnostics)
    check_conditions(ruleset, world, diagnostics)
    check_conflicts(ruleset, world, diagnostics)
    check_loops(ruleset, world, diagnostics)
    check_cycles(ruleset, diagnostics)
    check_records(ruleset, diagnostics)
    check_guards(ruleset, diagnostics)
    check_languages(ruleset, diagnostics)
    check_amounts(ruleset, diagnostics)


def _tree(context: Context, document: Document, lock: Lock | None) -> Ruleset:
    """The tree, with stand-ins for what could not be read."""
    for record, fields in document.elements("fields", repeated=True):
        read_sections.read_fields(context, record, fields)

    def named(section: str, reader: Callable[[Context, Scalar, Node], T | None]) -> dict[str, T]:
        found = ((key.text, reader(context, key, node)) for key, node in document.elements(section))
        return {name: element for name, element in found if element is not None}

    def single(section: str, reader: Callable[[Context, Node], T | None]) -> T | None:
        node = document.main.get(section)
        return None if node is None else reader(context, node)

    def once(section: str, reader: Callable[[Context, Scalar, Node], T | None], among: list[Map]) -> T | None:
        for top in among:
            key, node = top.key_node(section), top.get(section)
            if key is not None and node is not None:
                return reader(context, key, node)
        return None

    name = single("ruleset", _read_name)
    revision = once("revision", read_sections.read_revision, document.tops[:1])
    defaults = once("defaults", read_sections.read_defaults, document.tops[:1])
    severity = once("severity", read_severity, document.tops)
    calendars = named("calendars", lambda c, key, node: read_calendar(c, key, node, lock))
    plans = named("plans", read_sections.read_plan)
    channels = named("channels", read_sections.read_channel)
    intake = named("intake", read_sections.read_intake)
    scope = named("scope", read_sections.read_scope)
    events = named("events", read_event)
    clocks = named("clocks", lambda c, key, node: read_clocks.read_clock(c, key, node, defaults))
    credit = named("credits", read_clocks.read_credit)
    quotas = named("quotas", read_clocks.read_quota)
    guards = named("guards", read_clocks.read_guard)
    queue = once("queue", read_sections.read_queue, document.tops)
    rules = named("rules", read_rule)
    messages = named("messages", read_sections.read_message)
    interpretations = named("interpretations", read_interpretation)
    applies_node = document.main.get("applies_to")
    applies_to = None if applies_node is None else read_condition(context, applies_node, "`applies_to`")
    policy = single("policy", lambda c, node: as_text(c, node, "`policy`"))
    clauses_file = single("clauses", lambda c, node: as_text(c, node, "`clauses`"))
    return Ruleset(
        name or "",
        "",
        revision or _NO_REVISION,
        defaults or _NO_DEFAULTS,
        tuple(context.names.declared[Sort.PERSON]),
        tuple(context.names.declared[Sort.REASON]),
        calendars,
        context.fields,
        plans,
        events,
        clocks,
        rules,
        severity,
        channels,
        intake,
        scope,
        credit,
        quotas,
        guards,
        queue,
        messages,
        interpretations,
        applies_to,
        policy,
        clauses_file,
        tuple(document.files),
    )


def _read_name(context: Context, node: Node) -> str | None:
    text = as_text(context, node, "`ruleset`")
    if text is None or not isinstance(node, Scalar):
        return None
    return text if check_name(node, "ruleset", context.diagnostics) else None


def _default_zone(document: Document) -> str | None:
    """The zone of the default calendar, as far as it can be made out before anything is checked."""
    defaults = document.main.get("defaults")
    wanted = defaults.get("calendar") if isinstance(defaults, Map) else None
    for key, calendar in document.elements("calendars"):
        if isinstance(wanted, Scalar) and key.text == wanted.text and isinstance(calendar, Map):
            name = calendar.get("zone")
            if isinstance(name, Scalar):
                try:
                    zone(name.text)
                except UnknownZone:
                    return None
                return name.text
    return None
