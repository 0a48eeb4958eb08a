"""Conditions of triggers, automations and SLA policies.

What tests a state becomes a condition; what tells of a change (created, commented, changed to) becomes a happening, of
which the rule makes its event. Source: Zendesk's conditions reference.
"""

import re
from collections.abc import Callable
from typing import Final

from casewarden.importing.draft import Needs
from casewarden.importing.export import Item
from casewarden.importing.fate import Left
from casewarden.importing.written import Data
from casewarden.importing.zendesk.hours import HOURS, hours_since
from casewarden.importing.zendesk.meanings import Created, Meaning, Said, Test, Turned
from casewarden.importing.zendesk.vocabulary import (
    NUMBERS,
    PRIORITY_ORDER,
    STATUS_OF,
    STATUS_ORDER,
    TICKET_TYPES,
    Vocabulary,
)

_LONGEST_PATTERN: Final = 900


def shown(condition: Item) -> str:
    """The condition as Zendesk says it."""
    parts = (condition.get(key).shown() for key in ("field", "operator", "value"))
    return f"`{' '.join(part for part in parts if part != 'null')}`"


def meaning(condition: Item, words: Vocabulary, needs: Needs) -> Meaning:
    """What a condition means here. ImportProblem where it has not the shape of one."""
    condition.table()
    field, operator = condition.get("field").text(), condition.get("operator").text()
    if not field:
        return Left("it names no field")
    values = _values(condition.get("value"))
    if values is None:
        return Left("its value is neither text nor list")
    if not values:
        return Left("it compares with nothing")
    return _Reader(words, needs, field, operator, values).read()


def _values(item: Item) -> list[str] | None:
    if isinstance(item.value, list):
        return [one.text() for one in item.items()][:500]
    return [""] if item.value is None else None if isinstance(item.value, dict) else [item.text()]


class _Reader:
    def __init__(self, words: Vocabulary, needs: Needs, field: str, operator: str, values: list[str]) -> None:
        self._words = words
        self._needs = needs
        self._field = field
        self._operator = operator
        self._values = values
        self._value = values[0] if values else ""

    def read(self) -> Meaning:
        field = self._field
        special: dict[str, Callable[[], Meaning]] = {
            "update_type": self._update_type,
            "comment_is_public": self._comment_is_public,
            "comment_includes_word": self._comment_text,
            "role": self._author,
            "current_user_id": self._author,
            "subject_includes_word": self._subject,
            "current_tags": self._tags,
            "in_business_hours": self._business_hours,
            "assignee_id": self._assignee,
            "via_id": self._via,
            "current_via_id": self._via,
        }
        if field in special:
            return special[field]()
        if field in HOURS:
            found = hours_since(field, self._operator, self._value, self._words, self._needs)
            return found if isinstance(found, Left) else Test(*found)
        if self._words.mapped(field) is None:
            if field == "status":
                return self._ordered("case.status", STATUS_ORDER, STATUS_OF, may_lack=False)
            if field in NUMBERS:
                return self._number()
        if field in ("priority", "type", "ticket_type_id"):
            order = PRIORITY_ORDER if field == "priority" else TICKET_TYPES
            path = self._words.path(self._needs, field, "choice", order)
            if path is None:
                return Left("the mapping gives it a type that has no such values")
            return self._ordered(path, order, {one: one for one in order}, may_lack=True)
        if self._words.is_text(field) or self._words.mapped(field) is not None:
            return self._text()
        return Left(f"the language has nothing for `{field}`", "a field of your own that the connector fills")

    # -- what tells of a change

    def _update_type(self) -> Meaning:
        yes = {"create": True, "change": False}.get(self._value.casefold())
        if yes is None or self._operator not in ("is", "is_not", ""):
            return Left("only Create and Change are known")
        return Created(yes is not (self._operator == "is_not"))

    def _comment_is_public(self) -> Meaning:
        public = {"true": "yes", "public": "yes", "requester_can_see_comment": "yes", "false": "no", "private": "no"}
        if self._value == "not_relevant":
            return Said("", "")
        if self._value not in public or self._operator not in ("is", ""):
            return Left("only public, private and present are known")
        return Said("public", public[self._value])

    def _comment_text(self) -> Meaning:
        found = self._word_test("text")
        return found if isinstance(found, Left) else Said("text", found)

    def _author(self) -> Meaning:
        by = {"end_user": "customer", "agent": "agent", "admin": "agent", "requester_id": "customer"}.get(self._value)
        if self._value == "assignee_id" or by is None:
            return Left("who made an update is known only by role", "`by: agent` or `by: customer` in an event")
        if self._operator == "is":
            return Said("by", by, "Zendesk asks who made the update, here it is who wrote a message")
        if self._operator == "is_not":
            other = "agent" if by == "customer" else "customer"
            return Said("by", other, "Zendesk asks who made the update, here it is who wrote a message")
        return Left(f"`{self._operator}` is not known for it")

    # -- what tests a state

    def _word_test(self, what: str) -> dict[str, Data] | Left:
        text = self._value.strip()
        words = text.split()
        if not words:
            return Left(f"it names no word of the {what}")
        if self._operator == "is":
            return {"contains": text}
        pattern = rf"(?i)(?:^|\W)(?:{'|'.join(map(_literal, words))})(?:\W|$)"
        if self._operator != "includes" or len(pattern) > _LONGEST_PATTERN:
            too_long = self._operator == "includes"
            return Left(
                "there are too many words for a pattern" if too_long else f"`{self._operator}` has no equal here"
            )
        return {"matches": pattern}

    def _subject(self) -> Meaning:
        negated = {"not_includes": "includes", "is_not": "is"}
        if self._operator in negated:
            self._operator = negated[self._operator]
            found = self._word_test("subject")
            return found if isinstance(found, Left) else Test({"not": {"case.subject": found}})
        found = self._word_test("subject")
        return found if isinstance(found, Left) else Test({"case.subject": found})

    def _tags(self) -> Meaning:
        tags = [tag for value in self._values for tag in value.split()]
        test = {"includes": "has_any", "not_includes": "has_none", "is": "has_any", "is_not": "has_none"}
        if self._operator not in test or not tags:
            return Left(f"`{self._operator}` has no equal for tags" if tags else "it names no tag", "`case.tags`")
        data: Data = {"case.tags": {test[self._operator]: list(dict.fromkeys(tags))}}
        without: Data = {"case.tags": {"known": "no"}}
        return Test(data if test[self._operator] == "has_any" else {"any": [without, data]})

    def _business_hours(self) -> Meaning:
        if self._value not in ("true", "false") or self._operator not in ("is", "is_not", ""):
            return Left("only yes and no are known")
        within: Data = {"now": {"in_hours": "business_hours"}}
        return Test(within if (self._value == "true") is (self._operator != "is_not") else {"not": within})

    def _assignee(self) -> Meaning:
        if self._operator in ("changed", "not_changed", "value_previous", "not_value", "not_value_previous"):
            return Left("the assignee before a change is not known", "an event `{becomes: {case.assigned_to: PERSON}}`")
        if self._value in ("current_user", "requester_id", "current_groups"):
            return Left("it depends on who makes an update", "`case.assigned_to: PERSON`")
        if self._value == "" or self._operator in ("present", "not_present"):
            return self._presence("case.assigned_to")
        names: list[Data] = [self._words.person(self._needs, "user", value) for value in self._values]
        return self._equality("case.assigned_to", names, may_lack=True)

    def _via(self) -> Meaning:
        differs = "Zendesk asks for the channel of the update" if self._field == "current_via_id" else None
        names: list[Data] = [self._words.channel(self._needs, value) for value in self._values if value]
        if not names:
            return Left("it names no channel")
        found = self._equality("case.channel", names, may_lack=False)
        return Test(found.data, differs) if isinstance(found, Test) else found

    def _presence(self, path: str) -> Meaning:
        wanted = {"is": "no", "is_not": "yes", "present": "yes", "not_present": "no"}.get(self._operator)
        if wanted is None:
            return Left(f"`{self._operator}` has no equal for an empty value")
        return Test({path: {"known": wanted}})

    def _number(self) -> Meaning:
        path = self._words.path(self._needs, self._field, "integer")
        word = {"is": None, "less_than": "less_than", "greater_than": "more_than"}
        if path is None or self._operator not in word or not re.fullmatch(r"[0-9]{1,9}", self._value):
            return Left(f"`{self._operator}` with this value has no equal for a number")
        bound = word[self._operator]
        return Test({path: self._value if bound is None else {bound: self._value}})

    def _text(self) -> Meaning:
        if all(value in ("true", "false") for value in self._values) and self._field.startswith("custom_fields_"):
            path = self._words.path(self._needs, self._field, "yes_no")
            words: list[Data] = ["yes" if value == "true" else "no" for value in self._values]
            if path is not None:
                return self._equality(path, words, may_lack=True)
        values = [value for value in self._values if value]
        path = self._words.path(self._needs, self._field, "text", values)
        if path is None:
            return Left("the field is used with several types", "declare it once, and say its type with --mapping")
        if not values or self._operator in ("present", "not_present"):
            return self._presence(path)
        return self._equality(path, list(values), may_lack=True)

    def _ordered(self, path: str, order: tuple[str, ...], here: dict[str, str], *, may_lack: bool) -> Meaning:
        if self._operator == "changed":
            return self._turned(path, [here[one] for one in order], "it changed")
        if self._value == "" and may_lack:
            return self._presence(path)
        if any(value not in order for value in self._values):
            return Left("it is none of the values that are known")
        at = order.index(self._value)
        match self._operator:
            case "less_than" | "greater_than":
                left = order[:at] if self._operator == "less_than" else order[at + 1 :]
                found: Data = {path: [here[one] for one in left]}
                if may_lack and self._operator == "less_than":
                    return Test({"any": [{path: {"known": "no"}}, found]} if left else {path: {"known": "no"}})
                return Test(found) if left else Left(f"nothing is {self._operator.replace('_', ' ')} {self._value}")
            case _:
                return self._equality(path, [here[value] for value in self._values], may_lack=may_lack)

    def _equality(self, path: str, values: list[Data], *, may_lack: bool) -> Meaning:
        one: Data = values[0] if len(values) == 1 else values
        match self._operator:
            case "is" | "includes":
                return Test({path: one})
            case "is_not" | "not_includes":
                other: Data = {path: {"not": one}}
                return Test({"any": [{path: {"known": "no"}}, other]} if may_lack else other)
            case "value":
                return self._turned(path, [str(value) for value in values], "it changed to this")
            case "value_previous":
                data: Data = {"becomes": {path: {"not": one}}}
                name = self._words.event(self._needs, f"{path.partition('.')[2]}_no_longer_{_word(values)}"[:60], data)
                differs = "it also happens when the case begins with another value"
                return Turned((name,), {path: {"not": one}}, differs)
            case "changed":
                return Left("that a field changed at all is not known", "`{becomes: {PATH: VALUE}}` for each value")
            case "not_changed" | "not_value" | "not_value_previous":
                return Left("that something did not change is not known", "test the value itself")
            case _:
                return Left(f"the operator `{self._operator}` has no equal here")

    def _turned(self, path: str, values: list[str], why: str) -> Meaning:
        names = tuple(
            self._words.event(
                self._needs, f"{path.partition('.')[2]}_becomes_{_word([value])}"[:60], {"becomes": {path: value}}
            )
            for value in values
        )
        test: Data = {path: list(values)} if len(values) > 1 else {path: values[0]}
        return Turned(names, test, None if why != "it changed" else "it also happens when the case is opened")


def _word(values: list[Data]) -> str:
    return re.sub(r"[^a-z0-9]+", "_", str(values[0]).casefold()).strip("_")[:20] or "value"


def _literal(word: str) -> str:
    """A word as part of a pattern that means just this."""
    return re.sub(r"([^\w])", r"\\\1", word, flags=re.ASCII) if word.isascii() else re.escape(word)
