"""Conditions of Jira automation."""

import json
from collections.abc import Iterator
from typing import Final

from casewarden.importing.export import Item, shorten
from casewarden.importing.fate import Left
from casewarden.importing.jira.jql import clauses
from casewarden.importing.jira.words import JiraWords, reference
from casewarden.importing.written import Data

_EQUAL: Final = {
    "EQUALS": False,
    "NOT_EQUALS": True,
    "ONE_OF": False,
    "NOT_ONE_OF": True,
    "CONTAINS_ANY": False,
    "CONTAINS_NONE": True,
}

Found = tuple[str, Data | Left]


def conditions_of(component: Item, words: JiraWords) -> Iterator[Found]:
    """Each test of a condition with its words."""
    type_, value = component.get("type").text(), component.get("value")
    match type_:
        case "jira.issue.condition":
            yield _field(value, words)
        case "jira.jql.condition":
            jql = value.get("jql").text() if isinstance(value.value, dict) else value.text()
            for clause in clauses(jql, words):
                yield f"`{shorten(clause.text, 120)}`", clause.meaning
        case "jira.comparator.condition":
            yield _comparison(value, words)
        case _:
            yield (
                f"the condition `{shorten(type_, 60)}`",
                Left("there is nothing like it", "a field that the connector fills"),
            )


def _field(value: Item, words: JiraWords) -> Found:
    field = reference(value.get("selectedField"))
    comparison, compared = value.get("comparison").text(), value.get("compareValue")
    values = _values(compared)
    what = f"`{shorten(' '.join([field, comparison, *values]), 120)}`"
    if not field:
        return what, Left("it names no field")
    if comparison in ("EMPTY", "NOT_EMPTY"):
        found = words.path(field) if field.casefold() != "status" else None
        if found is None:
            return what, Left("that can always be told, or the mapping gives it another type")
        return what, {found[0]: {"known": "yes" if comparison == "NOT_EMPTY" else "no"}}
    if not values:
        return what, Left("it compares with nothing")
    if comparison in _EQUAL:
        return what, words.equality(field, values, negated=_EQUAL[comparison])
    found = words.path(field)
    if comparison in ("CONTAINS", "NOT_CONTAIN", "NOT_CONTAINS", "CONTAINS_ALL") and found is not None:
        path, type_ = found
        if type_ == "text" and comparison != "CONTAINS_ALL":
            holds: Data = {path: {"contains": values[0]}}
            return what, holds if comparison == "CONTAINS" else {"not": holds}
        if type_ == "set" and comparison == "CONTAINS_ALL":
            return what, {path: {"has_all": list(values)}}
    return what, Left(f"the comparison {shorten(comparison, 40)} has no equal here")


def _values(compared: Item) -> list[str]:
    """The values compared with; several are a list written as JSON in a text."""
    value = compared.get("value") if isinstance(compared.value, dict) else compared
    if isinstance(value.value, str) and value.value.startswith("["):
        try:
            inner = json.loads(value.value)
        except (ValueError, RecursionError):
            return [value.value]
        value = Item(inner, value.path)
    items = value.items()[:200] if isinstance(value.value, list) else [value]
    return [text for item in items if (text := reference(item))]


def _comparison(value: Item, words: JiraWords) -> Found:
    first, second, operator = (value.get(key).text().strip() for key in ("first", "second", "operator"))
    what = f"`{shorten(f'{first} {operator} {second}', 120)}`"
    if operator not in ("EQUALS", "NOT_EQUALS") or "{{" in second or not second:
        return what, Left("only one smart value against a text can be taken over", "`PATH: VALUE`")
    if not (first.startswith("{{") and first.endswith("}}")) or first.count("{{") > 1:
        return what, Left("only one smart value against a text can be taken over", "`PATH: VALUE`")
    field = _field_of(first[2:-2].strip())
    if field is None:
        return what, Left("there is no such value here", "a field that the connector fills")
    return what, words.equality(field, [second], negated=operator == "NOT_EQUALS")


def _field_of(inside: str) -> str | None:
    parts = inside.split(".")
    if len(parts) < 2 or parts[0] != "issue" or len(parts) > 3:  # issue, a field, its name
        return None
    known = {"status", "priority", "issuetype", "project", "summary", "resolution", "reporter", "assignee"}
    name = parts[1].casefold()
    return name if name in known or name.startswith("customfield_") else None
