"""Hours since something, as automations ask for them.

Zendesk looks once an hour and counts whole hours; here a rule acts at the very instant. `is 24` holds from 24 hours up
to 25, `greater_than 24` from 24 hours on, `less_than 24` before. Source: Zendesk's conditions reference, and its
article on time-based conditions of automations.
"""

import re
from typing import Final

from casewarden.importing.draft import Needs
from casewarden.importing.fate import Left
from casewarden.importing.written import Data
from casewarden.importing.zendesk.vocabulary import Vocabulary

_STATUS: Final = {
    "OPEN": "open",
    "PENDING": "waiting_on_customer",
    "HOLD": "on_hold",
    "SOLVED": "resolved",
    "CLOSED": "closed",
}
_BREACH: Final = (
    "sla_next_breach_at",
    "until_sla_next_breach_at",
    "group_sla_next_breach_at",
    "until_group_sla_next_breach_at",
)
HOURS: Final = frozenset(
    {
        *_STATUS,
        *_BREACH,
        "NEW",
        "assigned_at",
        "updated_at",
        "requester_updated_at",
        "assignee_updated_at",
        "due_date",
        "until_due_date",
    }
)
_MOST: Final = 100_000
Found = tuple[Data, str | None] | Left


def hours_since(field: str, operator: str, value: str, words: Vocabulary, needs: Needs) -> Found:
    """The condition, and in what it differs."""
    if field in _BREACH:
        return Left(
            "the next breach of any target is no value here",
            f"`until: {{due: CLOCK, at_most: {value} hours}}` of a clock",
        )
    if field == "updated_at":
        return Left("that a ticket was updated at all is not known", "`since: {last: customer_contact, at_least: ...}`")
    if not re.fullmatch(r"[0-9]{1,6}", value) or int(value) > _MOST:
        return Left("it is no whole number of hours")
    business = operator.endswith("_business_hours")
    plain = operator.removesuffix("_business_hours")
    if plain not in ("is", "less_than", "greater_than"):
        return Left(f"the operator `{operator}` has no equal here")
    asked = _Asked(plain, int(value), " business" if business else "")
    if field in _STATUS:
        return asked.of_status(_STATUS[field])
    if field == "NEW":
        return asked.of_instant("since", {"first": "case_opened"}), None
    if field == "assigned_at":
        differs = "the hours go on when the ticket passes from one to another"
        return asked.of_held("case.assigned_to", {"known": "yes"}), differs
    if field == "requester_updated_at":
        event = words.event(needs, "requester_update", {"any": ["case_opened", "customer_message"]})
        return asked.of_instant("since", {"last": event}), "only messages count as updates"
    if field == "assignee_updated_at":
        event = words.event(needs, "assignee_update", {"any": ["agent_reply", "agent_note"]})
        return asked.of_instant(
            "since", {"last": event}
        ), "messages of any agent count as updates, and nothing else does"
    path = words.path(needs, "due_date", "instant")
    if path is None:
        return Left("the mapping gives the due date another type", "`type: instant`")
    if field == "due_date":
        return asked.of_instant("since", {"at": path}), None
    return asked.until(path), None


class _Asked:
    """One test of hours: what is asked, how many, of which calendar."""

    def __init__(self, operator: str, hours: int, calendar: str) -> None:
        self._operator = operator
        self._hours = hours
        self._calendar = calendar

    def _span(self, hours: int) -> str:
        return f"{hours}{self._calendar} {'hour' if hours == 1 else 'hours'}"

    def of_status(self, status: str) -> tuple[Data, str | None]:
        return self.of_held("case.status", {"is": status}), None

    def of_held(self, path: str, test: dict[str, Data]) -> Data:
        """That a test has held so long; with none it holds now."""
        now: Data = {path: dict(test)}
        reached = self._reached(path, test, self._hours)
        match self._operator:
            case "greater_than":
                return reached
            case "less_than":
                return {"all": [now, {"not": reached}]}
            case _:
                return {"all": [reached, {"not": self._reached(path, test, self._hours + 1)}]}

    def _reached(self, path: str, test: dict[str, Data], hours: int) -> Data:
        return {path: {**test, "for": self._span(hours)}} if hours else {path: dict(test)}

    def of_instant(self, word: str, instant: dict[str, Data]) -> Data:
        """That an instant lies so far back."""
        match self._operator:
            case "greater_than":
                return {word: {**instant, "at_least": self._span(self._hours)}}
            case "less_than":
                return {word: {**instant, "less_than": self._span(self._hours)}}
            case _:
                return {
                    "all": [
                        {word: {**instant, "at_least": self._span(self._hours)}},
                        {word: {**instant, "less_than": self._span(self._hours + 1)}},
                    ]
                }

    def until(self, path: str) -> Data:
        """That an instant lies so far ahead; `is 3` means more than two hours and three at most."""
        match self._operator:
            case "greater_than":
                return {"until": {"at": path, "more_than": self._span(self._hours)}}
            case "less_than":
                return {"until": {"at": path, "at_most": self._span(self._hours)}}
            case _:
                nearer: list[Data] = [{"until": {"at": path, "at_most": self._span(self._hours)}}]
                if self._hours:
                    nearer.append({"until": {"at": path, "more_than": self._span(self._hours - 1)}})
                return {"all": nearer}
