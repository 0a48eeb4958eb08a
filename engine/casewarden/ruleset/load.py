"""From a file to a checked ruleset: read, collect names, build the tree, check it, sign it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from casewarden.ruleset import read_clocks, read_sections
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.digest import digest
from casewarden.ruleset.document import Document, Read, normal, open_document
from casewarden.ruleset.forms import Context, as_text
from casewarden.ruleset.names import Sort, check_name, collect
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.read_calendars import Locked, read_calendar
from casewarden.ruleset.read_conditions import read_condition
from casewarden.ruleset.read_events import read_event
from casewarden.ruleset.read_interpretations import read_interpretation
from casewarden.ruleset.read_rules import read_rule
from casewarden.ruleset.read_severity import read_severity
from casewarden.ruleset.readings import in_reading
from casewarden.ruleset.syntax import Ruleset
from casewarden.worktime import UnknownZone
from casewarden.worktime.zones import zone

T = TypeVar("T")


def load(
    path: Path, *, read: Read = Path.read_bytes, reading: Mapping[str, str] | None = None
) -> tuple[Ruleset | None, Diagnostics]:
    """Read and check a file with its includes; the ruleset is None exactly where there are errors.

    `reading` maps interpretations to readings not chosen, in which the file is then read; NoSuchReading where an
    interpretation has no such reading.
    """
    diagnostics = Diagnostics()
    try:
        data = read(path)
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        diagnostics.error("CW100", Place(str(path), 1, 1, 1, 1), f"`{path}` cannot be opened: {reason}")
        return None, diagnostics
    return _load(data, path, str(path), read, diagnostics, reading or {})


def load_text(text: str, file: str = "<ruleset>.yaml") -> tuple[Ruleset | None, Diagnostics]:
    """Read and check a text that includes nothing."""
    return _load(text, Path(file), file, None, Diagnostics(), {})


def _load(
    data: bytes | str, path: Path, shown: str, read: Read | None, diagnostics: Diagnostics, reading: Mapping[str, str]
) -> tuple[Ruleset | None, Diagnostics]:
    document = open_document(data, normal(path), shown, read, diagnostics)
    if document is None:
        return None, diagnostics
    if reading:
        document = in_reading(document, reading)
    ruleset = build(document, diagnostics)
    return (None if diagnostics.has_errors else ruleset), diagnostics


def build(document: Document, diagnostics: Diagnostics, locked: Locked | None = None) -> Ruleset | None:
    """The tree of a document; None where a required section cannot be read."""
    context = Context(diagnostics, collect(document, diagnostics))
    context.zone = _default_zone(document)
    context.required_paths = read_sections.required_paths([node for _, node in document.elements("intake")])
    for record, fields in document.elements("fields", repeated=True):
        read_sections.read_fields(context, record, fields)

    def named(section: str, reader: Callable[[Context, Scalar, Node], T | None]) -> dict[str, T]:
        found = ((key.text, reader(context, key, node)) for key, node in document.elements(section))
        return {name: element for name, element in found if element is not None}

    def single(section: str, reader: Callable[[Context, Node], T | None]) -> T | None:
        node = document.main.get(section)
        return None if node is None else reader(context, node)

    def once(section: str, reader: Callable[[Context, Scalar, Node], T | None]) -> T | None:
        for top in document.tops:
            key, node = top.key_node(section), top.get(section)
            if key is not None and node is not None:
                return reader(context, key, node)
        return None

    name = single("ruleset", _read_name)
    revision = single("revision", read_sections.read_revision)
    defaults = single("defaults", read_sections.read_defaults)
    severity = once("severity", read_severity)
    calendars = named("calendars", lambda c, key, node: read_calendar(c, key, node, locked))
    plans = named("plans", read_sections.read_plan)
    channels = named("channels", read_sections.read_channel)
    intake = named("intake", read_sections.read_intake)
    scope = named("scope", read_sections.read_scope)
    events = named("events", read_event)
    clocks = named("clocks", lambda c, key, node: read_clocks.read_clock(c, key, node, defaults))
    credit = named("credits", read_clocks.read_credit)
    quotas = named("quotas", read_clocks.read_quota)
    guards = named("guards", read_clocks.read_guard)
    queue = once("queue", read_sections.read_queue)
    rules = named("rules", read_rule)
    messages = named("messages", read_sections.read_message)
    interpretations = named("interpretations", read_interpretation)
    applies_node = document.main.get("applies_to")
    applies_to = None if applies_node is None else read_condition(context, applies_node, "`applies_to`")
    policy = single("policy", lambda c, node: as_text(c, node, "`policy`"))
    clauses_file = single("clauses", lambda c, node: as_text(c, node, "`clauses`"))
    if name is None or revision is None or defaults is None:
        return None
    ruleset = Ruleset(
        name,
        "",
        revision,
        defaults,
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
        tuple(document.contents),
    )
    return digest(ruleset)


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
