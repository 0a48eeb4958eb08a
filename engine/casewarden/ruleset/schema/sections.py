"""Schemas of the sections of a ruleset."""

from casewarden.ruleset import catalogue, keys, words
from casewarden.ruleset.document import SECTIONS
from casewarden.ruleset.languages import subtags
from casewarden.ruleset.names import Sort
from casewarden.ruleset.schema import actions, paths, values
from casewarden.ruleset.schema.parts import (
    LEVEL_PATTERN,
    NAME_PATTERN,
    Schema,
    either,
    element,
    exactly_one,
    listing,
    mapping,
    matching,
    named,
    nothing,
    ref,
    said,
    table,
    text,
    whole,
)
from casewarden.ruleset.schema.parts import words as one_of
from casewarden.ruleset.schema.vocabulary import Vocabulary, reserved
from casewarden.ruleset.syntax import FieldType

# Of the codes of three letters, thousands, a schema cannot tell which there are.
_TWO_LETTERS = "|".join(sorted(code for code in subtags().languages if len(code) == 2))
LANGUAGE = f"(?:{_TWO_LETTERS}|[a-z]{{3}})(?:-[A-Za-z0-9]{{1,8}})*"
_YES_NO = ("yes", "no")
_WITH_VALUES = ("choice", "set")
_TARGETS = ("target", "targets_by_severity", "targets_by_plan")


def definitions(vocabulary: Vocabulary) -> dict[str, Schema]:
    """What every element may carry."""
    ids = vocabulary.clauses
    clause = text() if ids is None else one_of(ids) if ids else nothing("The clause file lists no clause.")
    return {"clauses": listing(clause), "readings": listing(vocabulary.name(Sort.INTERPRETATION))}


def cited() -> dict[str, Schema]:
    """What every element may carry."""
    return {"clause": ref("clauses"), "interpretation": ref("readings"), "note": text()}


def revision(cited: dict[str, Schema]) -> Schema:
    """From when the terms hold."""
    return element(keys.REVISION, {"from": values.date(), "binds": one_of(words.BINDS), **cited})


def defaults(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """What holds where an element says nothing."""
    return element(
        keys.DEFAULTS,
        {
            "calendar": vocabulary.name(Sort.CALENDAR),
            "language": matching(LANGUAGE, examples=["en", "de", "pt-BR"]),
            "plan": vocabulary.name(Sort.PLAN),
            "days": ref("days"),
            "boundary": one_of(words.BOUNDARY),
            "on_change": values.changes(all_of_them=True),
            **cited,
        },
    )


def fields(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """Fields by record."""
    closed = list(_WITH_VALUES)
    value = matching(f"(?!(?:{'|'.join(sorted(catalogue.RESERVED_VALUES))})$){LEVEL_PATTERN}")
    field = element(
        keys.FIELD,
        {
            "type": one_of(words.FIELD_TYPE),
            "of": {**listing({**value, "type": ["string", "number"]}), "maxItems": 1000},
            "fresh_for": values.duration(),
            "confirmed_by": listing(vocabulary.name(Sort.PERSON)),
            "when_missing": either(text(), listing(text())),
            **cited,
        },
        allOf=[
            {"if": {"properties": {"type": {"const": "choice"}}, "required": ["type"]}, "then": {"required": ["of"]}},
            {"if": {"required": ["of"]}, "then": {"properties": {"type": {"enum": closed}}}},
            *(
                {
                    "if": {"properties": {"type": {"const": kind.value}}, "required": ["type", "when_missing"]},
                    "then": {"properties": {"when_missing": paths.value(kind)}},
                }
                for kind in FieldType
            ),
        ],
    )
    # A field may have the name of a remark; it is told by being a mapping.
    remarks = {entry.name: said(either(cited[entry.name], field), entry.about) for entry in keys.CITED}

    def record(given: tuple[str, ...]) -> Schema:
        names: Schema = {"title": "name", "pattern": f"^{NAME_PATTERN}$", "maxLength": 64}
        if given:
            names["not"] = {"enum": list(given)}
        return mapping(remarks, additionalProperties=field, propertyNames=names)

    records = {root: said(record(_given(root)), words.RECORDS[root]) for root in ("case", "customer", "contract")}
    others = {
        rf"^service\.{NAME_PATTERN}$": said(record(()), "Fields of this service."),
        rf"^links\.{NAME_PATTERN}$": said(record(()), "Fields of linked tickets of this kind."),
    }
    return mapping(records, patternProperties=others)


def _given(root: str) -> tuple[str, ...]:
    return tuple(path.partition(".")[2] for path in catalogue.GIVEN_PATHS if path.startswith(f"{root}."))


def severity(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """Levels and the table."""
    own = {key: schema for key, schema in cited.items() if key in keys.ROW.names}
    row = element(keys.ROW, {"when": ref("row"), "gives": vocabulary.name(Sort.LEVEL), **own})
    return element(
        keys.SEVERITY,
        {
            "levels": named(text(), pattern=LEVEL_PATTERN, reserved=reserved(Sort.LEVEL)),
            "until_classified": vocabulary.name(Sort.LEVEL, {"reported": "What the reporter said."}),
            "hit": one_of(words.HIT),
            "table": {"type": "array", "items": row, "minItems": 1, "maxItems": 1000},
            "otherwise": vocabulary.name(Sort.LEVEL, {"person": "A person decides; the case is then unclassified."}),
            **cited,
        },
    )


def plan(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """A plan."""
    calendar = vocabulary.name(Sort.CALENDAR)
    by_level = table(vocabulary.known(Sort.LEVEL), calendar, pattern=LEVEL_PATTERN)
    return element(
        keys.PLAN,
        {
            "calendar": either(calendar, by_level),
            "commitment": one_of(words.COMMITMENT),
            "also_called": listing(text()),
            **cited,
        },
    )


def channel(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """A channel."""
    cells = table(vocabulary.known(Sort.PLAN), one_of(words.INCLUSION))
    included = either(one_of(words.INCLUDED), listing(vocabulary.name(Sort.PLAN)), cells)
    return element(keys.CHANNEL, {"included": included, **cited})


def intake(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """What a type of request must bring."""
    wanted = listing(paths.path_in(vocabulary, None, ("case", "customer", "contract", "service")))
    return element(keys.INTAKE, {"required": wanted, "wanted": wanted, **cited})


def clock(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """A clock."""
    event = vocabulary.name(Sort.EVENT)
    target = ref("target")
    by_level = table(vocabulary.known(Sort.LEVEL), target, pattern=LEVEL_PATTERN)
    release = element(keys.RELEASE, {"frozen": one_of(words.FROZEN), "slipped": one_of(words.SLIPPED)})
    return element(
        keys.CLOCK,
        {
            "starts": event,
            "counts_from": event,
            "stops": event,
            "applies_if": ref("condition"),
            "pauses_while": ref("condition"),
            "target": target,
            "targets_by_severity": by_level,
            "targets_by_plan": table(vocabulary.known(Sort.PLAN), either(target, by_level)),
            "owner": vocabulary.name(Sort.PERSON),
            "runs": one_of(words.RUNS),
            "on_change": values.changes(all_of_them=False),
            "on_reopen": one_of(words.ON_REOPEN),
            "days": ref("days"),
            "next_release": release,
            "commitment": one_of(words.COMMITMENT),
            **cited,
        },
        **exactly_one(_TARGETS),
    )


def credit(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """A credit."""
    return element(
        keys.CREDIT,
        {
            "clock": vocabulary.name(Sort.CLOCK),
            "award": values.days(),
            "for_each": values.duration(word=True),
            "count": one_of(words.COUNT),
            "cap": either(one_of({"none": "There is no limit."}), values.days()),
            "add_to": paths.path_in(vocabulary, FieldType.INSTANT, ("contract", "customer")),
            **cited,
        },
    )


def quota(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """A quota."""
    attributes = sorted({name for kinds in catalogue.ENTRY_KINDS.values() for name in kinds})
    allowed = either(one_of(words.ALLOWED), whole(0, 10**15), values.duration())
    window = element(
        keys.WINDOW,
        {"every": one_of(words.EVERY), "starting": one_of(words.STARTING), "zone": ref("zone")},
    )
    return element(
        keys.QUOTA,
        {
            "counts": vocabulary.name(Sort.EVENT),
            "counts_if": ref("condition"),
            "amount": one_of(attributes),
            "per": one_of(words.PER),
            "carry_over": one_of(_YES_NO),
            "window": window,
            "allowed": table(vocabulary.known(Sort.PLAN), allowed),
            "over": one_of(words.OVER),
            **cited,
        },
    )


def guard(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """A guard; only closing has reasons."""
    reopens: Schema = {"properties": {"forbids": {"const": "reopen"}}, "required": ["forbids"]}
    return element(
        keys.GUARD,
        {
            "forbids": one_of(words.FORBIDS),
            "while": ref("condition"),
            "except_reasons": listing(vocabulary.name(Sort.REASON)),
            **cited,
        },
        **{"if": reopens, "then": {"not": {"required": ["except_reasons"]}}},
    )


def queue(cited: dict[str, Schema]) -> Schema:
    """The order of work."""
    return element(
        keys.QUEUE,
        {
            "order": listing(either(one_of(words.QUEUE_ORDER), ref("condition"))),
            "at_once": whole(1, 10_000),
            "per": one_of({key: words.PER[key] for key in ("customer", "contact")}),
            **cited,
        },
    )


def rule(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """A rule: `when` or `each`, and `repeat` only without `each`."""
    services = vocabulary.known(Sort.SERVICE)
    subjects = {"case": "A case.", "customer": "A customer, without a case."}
    about = one_of({**subjects, **{f"service.{name}": "A service, without a case." for name in services or ()}})
    if services is None:
        about = either(about, matching(rf"service\.{NAME_PATTERN}"))
    repeat = element(
        keys.REPEAT,
        {
            "every": values.duration(),
            "first": one_of(words.FIRST),
            "reset_by": vocabulary.name(Sort.EVENT),
            "from": paths.path_of(FieldType.INSTANT),
            "catch_up": one_of(words.CATCH_UP),
        },
    )
    return element(
        keys.RULE,
        {
            "when": ref("condition"),
            "each": vocabulary.name(Sort.EVENT),
            "then": actions.actions(),
            "about": about,
            "priority": whole(-1000, 1000),
            "repeat": repeat,
            "limit": element(keys.LIMIT, {"times": whole(1, 1_000_000), "per": values.duration()}),
            "over": one_of({"person": "It may change what a person determined."}),
            "even_if_over": one_of({"yes": "Its actions go out although the condition no longer holds."}),
            "deliver": element(keys.DELIVER, {"in_hours": values.calendars(vocabulary)}),
            "if_unsupported": actions.actions(),
            **cited,
        },
        anyOf=[{"required": ["when"]}, {"required": ["each"]}],
        **{"not": {"required": ["each", "repeat"]}},
    )


def message(vocabulary: Vocabulary, cited: dict[str, Schema]) -> Schema:
    """A message by language, in the default language at least."""
    shown = either(text(), element(keys.TEXT, {"subject": text(), "body": text()}))
    remarks = {entry.name: said(cited[entry.name], entry.about) for entry in keys.CITED}
    language = vocabulary.language
    if language is None:
        return mapping(remarks, patternProperties={f"^{LANGUAGE}$": shown})
    remarks[language] = said(shown, "The text in the default language.")
    return mapping(remarks, patternProperties={f"^{LANGUAGE}$": shown}, required=[language])


def interpretation() -> Schema:
    """An interpretation; the readings not chosen are changes at places of the file."""
    places = {"title": "clocks/NAME/target", "pattern": f"^(?:{'|'.join(SECTIONS)})(?:/[^/]+)*$"}
    changes = {"type": "object", "minProperties": 1, "propertyNames": places}
    return element(
        keys.INTERPRETATION,
        {
            "reading": text(),
            "by": text(),
            "decided": values.date(),
            "reason": text(),
            "supersedes": listing(text()),
            "others": {"type": "object", "minProperties": 1, "additionalProperties": changes},
            "note": text(),
        },
    )


def names_list(sort: Sort) -> Schema:
    """A list of names that it declares."""
    banned = sorted(reserved(sort))
    pattern = f"(?!(?:{'|'.join(banned)})$){NAME_PATTERN}" if banned else NAME_PATTERN
    return listing({**matching(pattern), "maxLength": 64})
