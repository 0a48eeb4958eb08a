"""A mapping held against a helpdesk as it is: names looked up, and what is missing there or unknown here told."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from casewarden.plugin.contract import Finding
from casewarden.plugin.mapping.fields import FieldRule
from casewarden.plugin.mapping.parts import text_of
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.ruleset.syntax import FieldType

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class LiveField:
    """A field of the helpdesk: `key` is how its payloads name it, `names` what else it goes by (id, title).

    `options` are the values that it can have, None for a field of free values.
    """

    key: str
    names: tuple[str, ...] = ()
    options: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """What the helpdesk has. Macros, forms and groups are ids and titles; None where they cannot be asked for."""

    fields: tuple[LiveField, ...]
    macros: frozenset[str] | None = None
    forms: frozenset[str] | None = None
    groups: frozenset[str] | None = None

    def keys(self, names: Iterable[str]) -> dict[str, str]:
        """The key of each field that is named without doubt."""
        return {name: found[0].key for name in names if len(found := self.named(name)) == 1}

    def named(self, name: str) -> list[LiveField]:
        """The fields that go by a name: by key or id before title, and a title whatever its case."""
        exact = [one for one in self.fields if one.key == name]
        if exact:
            return exact
        near = [one for one in self.fields if name in one.names]
        return near or [one for one in self.fields if name.casefold() in {known.casefold() for known in one.names}]


@dataclass(frozen=True, slots=True)
class Use:
    """A field as the mapping uses it: where that stands, and which values it speaks of."""

    place: str
    field: str
    values: tuple[str, ...] = ()
    rule: FieldRule | None = None


def findings_of(uses: Iterable[Use], live: Live) -> Iterator[Finding]:
    """What is wrong with the fields of a mapping, and what of them the mapping does not know."""
    for use in uses:
        found = live.named(use.field)
        if len(found) == 1:
            yield from _of_values(use, found[0])
        elif found:
            ids = ", ".join(f"`{one.key}`" for one in found[:_SHOWN])
            yield Finding(
                "error", f"{use.place}: several fields are called `{use.field}`", f"name one by its id: {ids}"
            )
        else:
            near = did_you_mean(use.field, (name for one in live.fields for name in (*one.names, one.key)))
            fix = f"did you mean `{near}`?" if near else "make it there, or take it out of the mapping"
            yield Finding("error", f"{use.place}: the helpdesk has no field `{use.field}`", fix)


def missing(
    what: Literal["macro", "form", "group"], named: Mapping[str, str], known: frozenset[str] | None
) -> Iterator[Finding]:
    """What is named at a place (name to place) and not known to the helpdesk."""
    for name, place in named.items() if known is not None else ():
        if known is not None and name not in known:
            near = did_you_mean(name, known)
            fix = f"did you mean `{near}`?" if near else "name it by its id or title as they are now"
            yield Finding("error", f"{place}: the helpdesk has no {what} `{name}`", fix)


def _of_values(use: Use, found: LiveField) -> Iterator[Finding]:
    options = found.options
    if options is None:
        return
    for value in use.values:
        if value and value not in options:
            near = did_you_mean(value, options)
            fix = f"did you mean `{near}`?" if near else f"it has {_some(options)}"
            yield Finding("warning", f"{use.place}: the field `{use.field}` has no value `{value}`", fix)
    rule = use.rule
    if rule is None or rule.form.values is None or rule.form.keeps_others or rule.form.type is FieldType.YES_NO:
        return
    new = options - set(rule.form.values)
    if new:
        yield Finding(
            "warning",
            f"{use.place}: `{rule.path}` is not known where the field `{use.field}` is {_some(new)}",
            "add what it means to `values`",
        )


def _some(words: Iterable[str]) -> str:
    every = sorted(map(text_of, words))
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(f"`{word}`" for word in every[:_SHOWN]) + more
