"""Sections that declare: revision, defaults, fields, severity, plans, channels, intake, scope, queue, messages."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from casewarden.ruleset import keys
from casewarden.ruleset.catalogue import RESERVED_VALUES
from casewarden.ruleset.forms import (
    CITED_KEYS,
    Context,
    as_map,
    as_text,
    check_keys,
    cited,
    each,
    name_at,
    one_of,
    reference,
    references,
    texts,
    whole,
    word_at,
)
from casewarden.ruleset.languages import is_language, nearest_language
from casewarden.ruleset.names import Sort, check_name, is_field
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.paths import PathType
from casewarden.ruleset.placeholders import check_placeholders
from casewarden.ruleset.read_actions import read_field_path
from casewarden.ruleset.read_calendars import read_days
from casewarden.ruleset.read_conditions import read_condition
from casewarden.ruleset.read_durations import read_duration
from casewarden.ruleset.read_instants import read_date
from casewarden.ruleset.read_targets import by_level, by_plan
from casewarden.ruleset.read_tests import read_value
from casewarden.ruleset.syntax import (
    Changes,
    Channel,
    Commitment,
    Defaults,
    Field,
    FieldType,
    Inclusion,
    Intake,
    Message,
    OnChange,
    Plan,
    Queue,
    Revision,
    Scope,
    Text,
)
from casewarden.ruleset.terms import Condition, Duration, Path
from casewarden.worktime import Boundary

_TYPES: Final = {kind.value: kind for kind in FieldType}
_COMMITMENTS: Final = {level.value: level for level in Commitment}
_MODES: Final = {mode.value: mode for mode in OnChange}
_BOUNDARIES: Final = {boundary.value: boundary for boundary in Boundary}
_WITH_VALUES: Final = (FieldType.CHOICE, FieldType.SET)
INCLUSIONS: Final[tuple[Inclusion, ...]] = ("yes", "no", "per_contract", "unknown")
MAX_VALUES: Final = 1_000
MAX_TEXT: Final = 20_000

QueueItem = Condition | Literal["severity", "due", "opened"]


def read_revision(context: Context, key: Scalar, node: Node) -> Revision | None:
    """From when the terms hold, and for which cases."""
    entries = as_map(context, node, "`revision`", "{from: 2026-01-01, binds: new_cases}")
    if entries is None:
        return None
    check_keys(context, entries, "`revision`", keys.REVISION.names, keys.REVISION.required)
    cited(context, entries, key)
    start = entries.get("from")
    binds = entries.get("binds")
    date = None if start is None else read_date(context, start, "`from`")
    word = None if binds is None else one_of(context, binds, "`binds`", ("new_cases", "all_cases"))
    if date is None or word is None:
        return None
    return Revision(date, "new_cases" if word == "new_cases" else "all_cases")


def read_defaults(context: Context, key: Scalar, node: Node) -> Defaults | None:
    """What holds where an element says nothing; all of it is stated."""
    entries = as_map(context, node, "`defaults`")
    if entries is None:
        return None
    fine = check_keys(context, entries, "`defaults`", keys.DEFAULTS.names, keys.DEFAULTS.required)
    cited(context, entries, key)
    language_node, days_node, changes_node = (entries.get(key) for key in ("language", "days", "on_change"))
    calendar = name_at(context, entries, "calendar", Sort.CALENDAR)
    plan = name_at(context, entries, "plan", Sort.PLAN)
    boundary = word_at(context, entries, "boundary", tuple(_BOUNDARIES))
    language = None if language_node is None else read_language(context, language_node)
    days = None if days_node is None else read_days(context, days_node, "`days`")
    changes = None if changes_node is None else read_changes(context, changes_node, None)
    if not fine or not calendar or not language or days is None or not boundary or changes is None:
        return None
    return Defaults(calendar, language, days, _BOUNDARIES[boundary], changes, plan)


def read_language(context: Context, node: Node) -> str | None:
    """A language code."""
    text = as_text(context, node, "a language")
    if text is None or is_language(text):
        return text
    near = nearest_language(text)
    fix = f"did you mean `{near}`?" if near else "write a code such as `en`, `de` or `pt-BR`"
    context.error("CW417", node, f"`{text}` is no language", fix)
    return None


def read_changes(context: Context, node: Node, defaults: Changes | None) -> Changes | None:
    """What changes do to a running clock; what is left out is taken from `defaults`, where there are any."""
    kinds = keys.KINDS_OF_CHANGE
    entries = as_map(context, node, "`on_change`", "{severity: retarget, plan: keep, contract: keep}")
    if entries is None:
        return None
    fine = check_keys(context, entries, "`on_change`", keys.CHANGES.names, kinds if defaults is None else ())
    modes: dict[str, OnChange] = {}
    for kind in kinds:
        value = entries.get(kind)
        if value is None:
            if defaults is not None:
                modes[kind] = getattr(defaults, kind)
            continue
        mode = one_of(context, value, f"`{kind}`", tuple(_MODES))
        fine = fine and mode is not None
        if mode is not None:
            modes[kind] = _MODES[mode]
    if not fine or len(modes) < len(kinds):
        return None
    remainder = _minimum_remainder(context, entries, None if defaults is None else defaults.minimum_remainder)
    changes = Changes(**modes, minimum_remainder=remainder)
    told = entries.key_node("minimum_remainder")
    if told is not None and remainder is not None and not changes.retargets:
        fix = "leave the key out, or say `retarget` for severity, plan or contract"
        context.error("CW509", told, "`minimum_remainder` is about `retarget`, which stands nowhere here", fix)
    return changes


def _minimum_remainder(context: Context, entries: Map, default: Duration | None) -> Duration | None:
    """What `retarget` leaves at least; `none` takes back what the defaults say."""
    node = entries.get("minimum_remainder")
    if node is None:
        return default
    if isinstance(node, Scalar) and node.text == "none":
        return None
    return read_duration(context, node, "`minimum_remainder`", word_required=True)


def read_fields(context: Context, record: Scalar, node: Node) -> None:
    """The fields of one record; they go to `context.fields`, where values find their types."""
    entries = as_map(context, node, f"`{record.text}`", "{core: {type: choice, of: [up, down]}}")
    if entries is None:
        return
    remarks = tuple((key, value) for key, value in entries if not is_field(key, value))
    if remarks:
        cited(context, Map(remarks, entries.place), record)
    for key, value in entries:
        if not is_field(key, value):
            continue
        path = f"{record.text}.{key.text}"
        if path not in context.fields:
            found = _read_field(context, path, key, value)
            if found is not None:
                context.fields[path] = found


def _read_field(context: Context, path: str, key: Scalar, node: Node) -> Field | None:
    what = f"the field `{path}`"
    entries = as_map(context, node, what, "{type: yes_no}")
    if entries is None:
        return None
    check_keys(context, entries, what, keys.FIELD.names, keys.FIELD.required)
    type_node = entries.get("type")
    type_word = None if type_node is None else one_of(context, type_node, "`type`", tuple(_TYPES))
    if type_word is None:
        return None
    kind = _TYPES[type_word]
    of = _read_of(context, entries, kind, what)
    fresh_node, confirmed_node, missing_node = (entries.get(k) for k in ("fresh_for", "confirmed_by", "when_missing"))
    fresh = None if fresh_node is None else read_duration(context, fresh_node, "`fresh_for`")
    confirmed = () if confirmed_node is None else references(context, confirmed_node, "`confirmed_by`", Sort.PERSON)
    missing = None
    if missing_node is not None:
        missing = read_value(context, missing_node, PathType(Path(path), kind, of or None))
    return Field(path, kind, cited(context, entries, key), of, fresh, confirmed, missing)


def _read_of(context: Context, entries: Map, kind: FieldType, what: str) -> tuple[str, ...]:
    node = entries.get("of")
    if node is None:
        if kind is FieldType.CHOICE:
            context.error("CW202", entries, f"{what} is a choice and lacks `of`", "list its values: `of: [one, other]`")
        return ()
    if kind not in _WITH_VALUES:
        at = entries.key_node("of") or node
        context.error(
            "CW412", at, f"{what} is {kind.value} and has no list of values", "leave `of` out, or make it a choice"
        )
        return ()
    values = each(context, node, "`of`", lambda item: _value_name(context, item))
    if len(values) > MAX_VALUES:
        context.error("CW210", node, f"{what} has {len(values)} values", f"use at most {MAX_VALUES}")
    return values


def _value_name(context: Context, node: Node) -> str | None:
    text = as_text(context, node, "a value")
    if text is None or not isinstance(node, Scalar):
        return None
    if text in RESERVED_VALUES:
        context.error("CW301", node, f"`{text}` is a word of the language and cannot be a value", "choose another word")
        return None
    return text if check_name(node, "value", context.diagnostics, pattern=re.compile(r"[a-z0-9][a-z0-9_]*")) else None


def read_plan(context: Context, key: Scalar, node: Node) -> Plan | None:
    """One plan."""
    what = f"the plan `{key.text}`"
    entries = as_map(context, node, what, "{calendar: office, commitment: slo}")
    if entries is None:
        return None
    fine = check_keys(context, entries, what, keys.PLAN.names, keys.PLAN.required)
    remarks = cited(context, entries, key)
    calendar_node, called_node = entries.get("calendar"), entries.get("also_called")
    calendar: str | Mapping[str, str] | None = None
    if isinstance(calendar_node, Map):
        calendar = by_level(context, calendar_node, what, lambda item: reference(context, item, Sort.CALENDAR))
    elif calendar_node is not None:
        calendar = reference(context, calendar_node, Sort.CALENDAR)
    commitment = read_commitment(context, entries)
    called = () if called_node is None else texts(context, called_node, "`also_called`")
    if not fine or calendar is None or commitment is None:
        return None
    return Plan(key.text, remarks, calendar, commitment, called)


def read_commitment(context: Context, entries: Map) -> Commitment | None:
    """How binding: best_effort, slo or contractual."""
    node = entries.get("commitment")
    word = None if node is None else one_of(context, node, "`commitment`", tuple(_COMMITMENTS))
    return None if word is None else _COMMITMENTS[word]


def read_channel(context: Context, key: Scalar, node: Node) -> Channel | None:
    """One channel and the plans that include it."""
    what = f"the channel `{key.text}`"
    entries = as_map(context, node, what, "{included: all}")
    if entries is None:
        return None
    check_keys(context, entries, what, keys.CHANNEL.names, keys.CHANNEL.required)
    remarks = cited(context, entries, key)
    value = entries.get("included")
    if value is None:
        return None
    if isinstance(value, Map):
        cells: dict[str, Inclusion] | None = by_plan(
            context, value, f"`included` of {what}", lambda cell: _read_inclusion(context, cell)
        )
        return None if cells is None else Channel(key.text, remarks, cells)
    if not isinstance(value, Scalar):
        plans = references(context, value, "`included`", Sort.PLAN)
        return Channel(key.text, remarks, plans) if plans else None
    words: tuple[Literal["all", "per_contract", "unknown"], ...] = ("all", "per_contract", "unknown")
    if context.names.has(Sort.PLAN, value.text):
        context.error("CW203", value, "plans are given as a list", f"write `[{value.text}]`")
        return None
    word = one_of(context, value, "`included`", words)
    return next((Channel(key.text, remarks, known) for known in words if known == word), None)


def _read_inclusion(context: Context, cell: Node) -> Inclusion | None:
    word = one_of(context, cell, "what a plan includes", INCLUSIONS)
    return next((known for known in INCLUSIONS if known == word), None)


def read_intake(context: Context, key: Scalar, node: Node) -> Intake | None:
    """What a request of one type must bring."""
    what = f"the request type `{key.text}`"
    entries = as_map(context, node, what, "{required: [case.subject]}")
    if entries is None:
        return None
    check_keys(context, entries, what, keys.INTAKE.names, keys.INTAKE.required)
    remarks = cited(context, entries, key)
    required, wanted = (
        ()
        if (part := entries.get(word)) is None
        else each(context, part, f"`{word}`", lambda n: read_field_path(context, n))
        for word in ("required", "wanted")
    )
    for path in wanted:
        if path in required:
            context.error("CW207", entries, f"`{path}` is required and wanted", "say one of them")
    return Intake(key.text, remarks, required, wanted) if required else None


def required_paths(intakes: "list[Node]") -> tuple[str, ...]:
    """The paths that any request type requires, as they are written: the values of `case.missing`."""
    found: dict[str, None] = {}
    for node in intakes:
        part = node.get("required") if isinstance(node, Map) else None
        for item in getattr(part, "items", ()):
            if isinstance(item, Scalar):
                found[item.text] = None
    return tuple(found)


def read_scope(context: Context, key: Scalar, node: Node) -> Scope | None:
    """A reason for which a case is out of scope."""
    what = f"the scope reason `{key.text}`"
    entries = as_map(context, node, what, "{when: {case.core: down}}")
    if entries is None:
        return None
    check_keys(context, entries, what, keys.SCOPE.names, keys.SCOPE.required)
    remarks = cited(context, entries, key)
    value = entries.get("when")
    condition = None if value is None else read_condition(context, value, "`when`")
    return None if condition is None else Scope(key.text, remarks, condition)


def read_queue(context: Context, key: Scalar, node: Node) -> Queue | None:
    """The order of work."""
    entries = as_map(context, node, "`queue`", "{order: [severity, due]}")
    if entries is None:
        return None
    check_keys(context, entries, "`queue`", keys.QUEUE.names, keys.QUEUE.required)
    remarks = cited(context, entries, key)
    order_node, at_once_node, per_node = (entries.get(word) for word in ("order", "at_once", "per"))
    order: tuple[QueueItem, ...] = (
        () if order_node is None else each(context, order_node, "`order`", lambda item: _queue_item(context, item))
    )
    at_once = None if at_once_node is None else whole(context, at_once_node, "`at_once`", 1, 10_000)
    per_word = None if per_node is None else one_of(context, per_node, "`per`", ("customer", "contact"))
    per: Literal["customer", "contact"] | None = None
    if per_word is not None:
        per = "customer" if per_word == "customer" else "contact"
    return Queue(remarks, order, at_once, per) if order else None


def _queue_item(context: Context, node: Node) -> QueueItem | None:
    if isinstance(node, Map):
        return read_condition(context, node, "`order`")
    words: tuple[Literal["severity", "due", "opened"], ...] = ("severity", "due", "opened")
    word = one_of(context, node, "an item of `order`", words)
    return next((known for known in words if known == word), None)


def read_message(context: Context, key: Scalar, node: Node) -> Message | None:
    """A message by language."""
    what = f"the message `{key.text}`"
    entries = as_map(context, node, what, '{en: "..."}')
    if entries is None:
        return None
    remarks = cited(context, entries, key)
    result: dict[str, Text] = {}
    fine = True
    for language, value in entries:
        if language.text in CITED_KEYS:
            continue
        code = read_language(context, language)
        text = _read_text(context, what, value)
        fine = fine and code is not None and text is not None
        if code is not None and text is not None:
            result[code] = text
    return Message(key.text, remarks, result) if fine and result else None


def _read_text(context: Context, what: str, node: Node) -> Text | None:
    if isinstance(node, Scalar):
        text = _shown_text(context, node, what)
        return None if text is None else Text(text)
    entries = as_map(context, node, what, '{subject: "...", body: "..."}')
    if entries is None:
        return None
    check_keys(context, entries, what, keys.TEXT.names, keys.TEXT.required)
    subject, body = (
        None if (part := entries.get(word)) is None else _shown_text(context, part, f"`{word}`")
        for word in ("subject", "body")
    )
    return Text(body, subject) if body and subject else None


def _shown_text(context: Context, node: Node, what: str) -> str | None:
    text = as_text(context, node, what)
    if text is not None and len(text) > MAX_TEXT:
        context.error("CW210", node, f"{what} has {len(text)} characters", f"use at most {MAX_TEXT}")
        return None
    return text if text is not None and check_placeholders(context, node, text) else None
