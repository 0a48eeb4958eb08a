"""The acme connector: one configured instance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.plugin import AlreadyApplied, Applied, Attempt, Check, Conflict, Finding, Page, Rejected, Retry, Spec
from casewarden.plugin import Answer as Outcome
from casewarden.testing.scaffold.acme.client import AcmeError, Answer, Client, in_words
from casewarden.testing.scaffold.acme.mapping import event_of, priority_for
from casewarden.testing.scaffold.acme.settings import ACTIONS, SPEC, AcmeSettings
from casewarden.testing.scaffold.acme.webhooks import parsed, verify

_SECOND: Final = 1_000_000
_SHOWN_WITHIN: Final = 60 * _SECOND
"""Acme shows a change within a minute, so the last minute may not be complete."""
_SKEW: Final = 60 * _SECOND


@dataclass(slots=True)
class AcmeConnector:
    """See `casewarden.plugin.Connector`."""

    instance: str
    settings: AcmeSettings
    now: Callable[[], int]
    client: Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.client = Client(self.settings.url, self.settings.token)

    def spec(self) -> Spec:
        """See `Connector`."""
        return SPEC

    def check(self) -> Check:
        """See `Connector`."""
        try:
            me = self.client.get("/me")
            name, rights, skew = str(me["name"]), list(me["may"]), abs(parse_instant(me["time"]) - self.now())
        except AcmeError as problem:
            return Check((Finding("error", str(problem), "look at `url` and `token` of this connector"),))
        except (KeyError, TypeError, ValueError):
            return Check((Finding("error", "what answers is not Acme", "look at `url` of this connector"),))
        found = [Finding("ok", f"logged in to Acme as {name}")]
        if "write" not in rights:
            found.append(Finding("error", f"the account {name} may not write", "give it the right `write` in Acme"))
        if skew > _SKEW:
            seconds = skew // _SECOND
            found.append(Finding("warning", f"the clocks differ by {seconds} seconds", "set the clock of this machine"))
        return Check(tuple(found))

    def changes(self, cursor: Json) -> Page:
        """See `Connector`. The cursor is the number up to which all changes came.

        Acme numbers changes without gaps, and may show one after a later one: the cursor stays before a gap, so that
        what follows it comes again, under the same keys.
        """
        after = cursor if isinstance(cursor, int) else 0
        answer = self.client.get("/changes", after=after)
        try:
            rows, shown_at = list(answer["changes"]), parse_instant(answer["time"])
            events, refused = self._events(rows)
            for row in rows:
                after += row["id"] == after + 1
            is_whole = not rows or rows[-1]["id"] == after
            has_more = bool(answer["more"])
        except (KeyError, TypeError, ValueError):
            raise AcmeError("what Acme answers is no list of changes") from None
        through = shown_at - _SHOWN_WITHIN if is_whole and not has_more else None
        return Page(events, after if after or cursor else cursor, through, has_more and is_whole, refused)

    def fetch(self, ticket: str) -> Page:
        """See `Connector`: all changes of a ticket; the precondition is its version."""
        found = self._ticket(ticket)
        events, refused = self._events(found["changes"])
        return Page(events, {"version": found["version"]}, refused=refused)

    def apply(self, attempt: Attempt) -> Outcome:
        """See `Connector`. Each write carries the action's key as Acme's `mark`, by which it is found again."""
        if attempt.kind not in ACTIONS:
            return Rejected(f"the acme connector knows no action `{attempt.kind}`")
        try:
            method, path, body = _request(attempt)
        except KeyError as problem:
            return Rejected(f"Acme has nothing for {problem} of the action `{attempt.kind}`")
        if attempt.again and self._stands(attempt):
            return AlreadyApplied()
        headers = {}
        if isinstance(attempt.precondition, dict):
            headers["if-match"] = str(attempt.precondition.get("version"))
        try:
            answer = self.client.call(method, path, body={**body, "mark": attempt.key}, headers=headers)
        except AcmeError as problem:
            return Retry(str(problem))
        return self._outcome(attempt, answer, {"method": method, "path": path, **body})

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        """See `Connector`."""
        verify(self.settings.webhook_secret, headers, body, now)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:  # noqa: ARG002
        """See `Connector`."""
        return parsed(body, self.instance)

    def close(self) -> None:
        """See `Connector`."""
        self.client.close()

    def _events(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Event], list[str]]:
        """The events of changes, and what is wrong with the others."""
        events: list[Event] = []
        refused: list[str] = []
        for row in rows:
            try:
                event = event_of(row, self.instance)
            except ValueError as problem:
                refused.append(str(problem))
                continue
            if event is not None:
                events.append(event)
        return events, refused

    def _ticket(self, ticket: str) -> Any:
        found = self.client.get(f"/tickets/{ticket}")
        if not isinstance(found, dict) or not {"version", "changes"} <= found.keys():
            raise AcmeError("what Acme answers is no ticket")
        return found

    def _stands(self, attempt: Attempt) -> bool:
        """Whether what an action does is there."""
        return any(row.get("mark") == attempt.key for row in self._ticket(str(attempt.ticket))["changes"])

    def _outcome(self, attempt: Attempt, answer: Answer, request: Mapping[str, Json]) -> Outcome:
        """What an answer means. A success is believed once the change is seen."""
        if answer.status == 412:
            return Conflict(f"ticket {attempt.ticket} has changed since it was looked at")
        if answer.status == 429 or answer.status >= 500:
            why = f"Acme answers {answer.status}: {in_words(answer.status)}"
            return Retry(why, answer.after, reached=True, request=request)
        if answer.status >= 400:
            return Rejected(f"Acme answers {answer.status}: {in_words(answer.status)}", request)
        if not self._stands(attempt):
            return Retry("Acme accepted it, and it is not there", reached=True, request=request)
        return Applied(request=request)


def _request(attempt: Attempt) -> tuple[str, str, dict[str, Json]]:
    """Method, path and body of an action; KeyError for what Acme does not have."""
    ticket, content = f"/tickets/{attempt.ticket}", attempt.content
    match attempt.kind:
        case "reply" | "note":
            return "POST", f"{ticket}/comments", {"text": content["text"], "public": attempt.kind == "reply"}
        case "close":
            return "PATCH", ticket, {"closed": content["reason"]}
        case "set" if content["path"] == "case.priority":
            return "PATCH", ticket, {"priority": priority_for(content["value"])}
        case _:
            raise KeyError(str(content.get("path")))
