"""Fields of a helpdesk as facts of a case, and wanted facts as values of its fields."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin.mapping.parts import MappingError, Part, values_by_text
from casewarden.plugin.mapping.values import INSTANTS, UNITS, Form, NotWrittenError
from casewarden.ruleset.catalogue import DERIVED_PATHS, GIVEN_PATHS
from casewarden.ruleset.syntax import FieldType
from casewarden.scenario.shapes import PATH_PATTERN
from casewarden.worktime.errors import WorktimeError
from casewarden.worktime.zones import Zone, zone

_PATH: Final = re.compile(PATH_PATTERN)
TYPES: Final = tuple(sorted(FieldType))
KEYS: Final = (
    "field", "type", "values", "others", "write", "empty", "separator", "unit", "format", "zone", "determined",
)  # fmt: skip
_TABLED: Final = frozenset({FieldType.TEXT, FieldType.CHOICE, FieldType.SET, FieldType.YES_NO, FieldType.VERSION})


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value that no table or type knows: where it was found, and the path at which it is kept as text."""

    path: str
    field: str
    value: str

    def __str__(self) -> str:
        return f"`{self.field}` has the value `{self.value[:60]}`, which the mapping of `{self.path}` does not know"


@dataclass(frozen=True, slots=True)
class Observed:
    """What fields say: facts by path, those of them that a person determined apart; and what was not understood."""

    facts: Mapping[str, Json] = field(default_factory=dict)
    determined: Mapping[str, Json] = field(default_factory=dict)
    unmapped: tuple[Unmapped, ...] = ()

    @property
    def all_facts(self) -> dict[str, Json]:
        """All facts together, as an opening states them."""
        return {**self.facts, **self.determined}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to write so that a path has its value: the helpdesk's field and the value that it takes."""

    field: str
    value: Json


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One path and the field that it is read from: by id, key or title, and by its key once that was looked up."""

    path: str
    field: str
    form: Form
    is_written: bool = True
    is_determined: bool = False
    place: str = ""

    def with_field(self, name: str) -> "FieldRule":
        """The same rule on the field as the helpdesk names it."""
        return replace(self, field=name)


@dataclass(frozen=True, slots=True)
class Fields:
    """All rules, by path."""

    rules: Mapping[str, FieldRule] = field(default_factory=lambda: MappingProxyType({}))

    def names(self) -> tuple[str, ...]:
        """The helpdesk's fields that are read or written, each once."""
        return tuple(dict.fromkeys(rule.field for rule in self.rules.values()))

    def facts(self, values: Mapping[str, Json]) -> Observed:
        """The facts of a ticket as a whole. A field that is not among its values says nothing; an empty one does."""
        return _observed((rule for rule in self.rules.values() if rule.field in values), values)

    def changes(self, before: Mapping[str, Json], after: Mapping[str, Json]) -> Observed:
        """The facts that a change states: of the fields in `after` that differ from `before`, or were not in it."""
        changed = {name for name, value in after.items() if name not in before or before[name] != value}
        return _observed((rule for rule in self.rules.values() if rule.field in changed), after)

    def write(self, path: str, value: Json) -> Wanted:
        """The field and value for a `set` action. NotWrittenError, whose text is a reason to reject it."""
        rule = self.rules.get(path)
        if rule is None:
            raise NotWrittenError(f"no field of the helpdesk is mapped to `{path}`")
        if not rule.is_written:
            raise NotWrittenError(f"`{path}` is read from `{rule.field}` and never written")
        try:
            return Wanted(rule.field, rule.form.write(value))
        except (NotWrittenError, WorktimeError) as problem:
            raise NotWrittenError(f"`{path}`: {problem}") from None


def _observed(rules: Iterable[FieldRule], values: Mapping[str, Json]) -> Observed:
    facts: dict[str, Json] = {}
    determined: dict[str, Json] = {}
    unmapped: list[Unmapped] = []
    for rule in rules:
        read = rule.form.read(values[rule.field])
        (determined if rule.is_determined else facts)[rule.path] = read.value
        unmapped += [Unmapped(rule.path, rule.field, value) for value in read.unmapped]
    return Observed(facts, determined, tuple(unmapped))


def read_rule(path: str, part: Part) -> FieldRule:
    """The rule of one path. MappingError."""
    if not _PATH.fullmatch(path):
        part.fail(f"`{path}` is no path", "write it like `case.core`")
    if path in DERIVED_PATHS:
        part.fail(f"`{path}` is worked out by the engine", "map the field to a path of your own, or leave it out")
    if not isinstance(part.value, dict):
        return FieldRule(path, part.text(), Form(_given_type(path)), place=part.place)
    keys = part.keys(KEYS, ("field",))
    kind = FieldType(keys["type"].one_of(TYPES)) if "type" in keys else _given_type(path)
    values = _table(keys.get("values"), kind)
    is_written, back = _back(keys, values)
    form = Form(
        type=kind,
        values=values,
        back=back,
        keeps_others="others" in keys and keys["others"].one_of(("keep", "report")) == "keep",
        separator=_separator(keys.get("separator"), kind),
        unit=_unit(part, keys.get("unit"), kind),
        instants=_instants(part, keys, kind),
        zone=read_zone(keys["zone"]) if "zone" in keys else None,
        empty=_fact(keys["empty"], kind) if "empty" in keys else None,
    )
    is_determined = "determined" in keys and keys["determined"].yes_no()
    return FieldRule(path, keys["field"].text(), form, is_written, is_determined, part.place)


def _given_type(path: str) -> FieldType:
    given = GIVEN_PATHS.get(path)
    return FieldType.TEXT if given is None else given[0]


def _table(part: Part | None, kind: FieldType) -> dict[str, Json] | None:
    if part is None:
        return None
    if kind not in _TABLED:
        part.fail(f"a field of type {kind} has no table", "leave `values` out")
    table = {raw: _fact(value, kind) for raw, value in part.entries()}
    if not table:
        part.fail("is empty", "write `value of the field: value of the fact`, or leave it out")
    return table


def _fact(part: Part, kind: FieldType) -> Json:
    """A value of this type, as an author writes it."""
    match kind:
        case FieldType.YES_NO:
            return part.yes_no()
        case FieldType.INTEGER | FieldType.NUMBER | FieldType.DURATION:
            if isinstance(part.value, bool) or not isinstance(part.value, int | float):
                part.fail("is a number")
            return part.value
        case FieldType.SET if isinstance(part.value, list):
            return [*part.texts()] if part.value else []
        case _:
            return part.text()


def _back(keys: Mapping[str, Part], values: Mapping[str, Json] | None) -> tuple[bool, dict[str, str] | None]:
    """Whether the field is written, and the table for that: the same the other way round, as far as it is clear."""
    said = keys.get("write")
    if said is not None and not isinstance(said.value, dict):
        if said.yes_no():
            said.fail("is `false`, or a table", "leave it out where the field is written")
        return False, None
    if values is None:
        if said is not None:
            said.fail("is a table without one to turn round", "add `values`")
        return True, None
    chosen = {} if said is None else dict(said.entries())
    back = {meaning: value.options()[0] for meaning, value in chosen.items()}
    meanings = values_by_text(values)
    for meaning, raws in meanings.items():
        if meaning in back:
            if back[meaning] not in raws:
                chosen[meaning].fail(
                    f"`{back[meaning]}` would not be read as `{meaning}` again",
                    f"write one of {', '.join(f'`{raw}`' for raw in raws)}",
                )
        elif len(raws) > 1:
            table = keys["values"]
            table.fail(
                f"`{meaning}` is meant by {' and by '.join(f'`{raw}`' for raw in raws)}, so it is open which to write",
                f"say it beside the table, `write: {{{meaning}: {raws[0]}}}`, or `write: false` to only read the field",
            )
        else:
            back[meaning] = raws[0]
    for meaning, value in chosen.items():
        if meaning not in meanings:
            value.fail(f"no value of the table means `{meaning}`", "add one to `values`")
    return True, back


def _separator(part: Part | None, kind: FieldType) -> str | None:
    if part is None:
        return None
    if kind is not FieldType.SET:
        part.fail("only a set is split", "write `type: set`")
    if not isinstance(part.value, str) or not part.value:
        part.fail("is a text", 'write it in quotes, like ","')
    return part.value


def _unit(whole: Part, part: Part | None, kind: FieldType) -> int | None:
    if kind is not FieldType.DURATION:
        if part is not None:
            part.fail("only a length of time has a unit", "write `type: duration`")
        return None
    if part is None:
        whole.fail("`unit` is missing", f"say what the field counts: {', '.join(UNITS)}")
    return UNITS[part.one_of(UNITS)]


def _instants(whole: Part, keys: Mapping[str, Part], kind: FieldType) -> str:
    part = keys.get("format")
    if kind is not FieldType.INSTANT:
        for key in ("format", "zone"):
            if key in keys:
                keys[key].fail("only an instant has that", "write `type: instant`")
        return "iso"
    how = "iso" if part is None else part.one_of(INSTANTS)
    if how == "date" and "zone" not in keys:
        whole.fail("a date has no zone of its own", "add `zone: Europe/Zurich` or the like")
    return how


def read_zone(part: Part) -> Zone:
    """The zone of a name. MappingError."""
    try:
        return zone(part.text())
    except WorktimeError as problem:
        raise MappingError(f"{part.place}: {problem}") from None
