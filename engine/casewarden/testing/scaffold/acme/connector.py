"""The acme connector: one configured instance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Check, Finding, Page, Rejected, Retry, Spec
from casewarden.plugin.http import Bounds, Http, HttpError, Token, as_answer, as_array, as_number, as_text, path_of
from casewarden.plugin.marks import mark_of
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
    retries: int
    http: Http = field(init=False, repr=False)

    def __post_init__(self) -> None:
        bounds = Bounds(retries=self.retries)
        self.http = Http(self.settings.url, login=Token(self.settings.token), bounds=bounds, now=self.now)

    def spec(self) -> Spec:
        """See `Connector`."""
        return SPEC

    def check(self) -> Check:
        """See `Connector`."""
        try:
            me = self.http.get("/me").object()
            name = as_text(me.get("name"), "name")
            rights = as_array(me.get("may"), "may")
            skew = abs(parse_instant(as_text(me.get("time"), "time")) - self.now())
        except HttpError as problem:
            return Check((Finding("error", f"Acme cannot be used: {problem}", "look at `url` and `token`"),))
        except ValueError:
            return Check((Finding("error", "what answers there is not Acme", "look at `url`"),))
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
        answer = self.http.get("/changes", {"after": after}).object()
        rows = as_array(answer.get("changes"), "changes")
        events, refused = self._events(rows)
        last = after
        for row in rows:
            last = as_number(row.get("id") if isinstance(row, dict) else None, "id")
            after += last == after + 1
        is_whole = last == after
        has_more = answer.get("more") is True and is_whole
        through = (
            None if has_more or not is_whole else parse_instant(as_text(answer.get("time"), "time")) - _SHOWN_WITHIN
        )
        return Page(events, after or cursor, through, has_more, refused)

    def fetch(self, ticket: str) -> Page:
        """See `Connector`: all changes of a ticket; the precondition is its version."""
        found = self._ticket(ticket)
        events, refused = self._events(as_array(found.get("changes"), "changes"))
        return Page(events, {"version": as_number(found.get("version"), "version")}, refused=refused)

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`. Each write carries the action's mark, by which it is found again."""
        if attempt.kind not in ACTIONS:
            return Rejected(f"the acme connector knows no action `{attempt.kind}`")
        try:
            method, path, body = _request(attempt)
        except KeyError as problem:
            return Rejected(f"Acme has nothing for {problem} of the action `{attempt.kind}`")
        request: dict[str, Json] = {"method": method, "path": path, **body}
        headers = {}
        if isinstance(attempt.precondition, dict):
            headers["if-match"] = str(attempt.precondition.get("version"))
        try:
            if attempt.again and self._stands(attempt):
                return AlreadyApplied()
            self.http.send(method, path, {**body, "mark": mark_of(attempt.key)}, headers=headers)
            if not self._stands(attempt):
                return Retry("Acme accepted it, and it is not there", reached=True, request=request)
        except HttpError as problem:
            return as_answer(problem, request)
        return Applied(request=request)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        """See `Connector`."""
        verify(self.settings.webhook_secret, headers, body, now)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:  # noqa: ARG002
        """See `Connector`."""
        return parsed(body, self.instance)

    def close(self) -> None:
        """See `Connector`."""
        self.http.close()

    def _events(self, rows: Sequence[Json]) -> tuple[list[Event], list[str]]:
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

    def _ticket(self, ticket: str) -> dict[str, Json]:
        return self.http.get(path_of("/tickets/{}", ticket)).object()

    def _stands(self, attempt: Attempt) -> bool:
        """Whether what an action does is there: a success is believed once the change is seen."""
        rows = as_array(self._ticket(str(attempt.ticket)).get("changes"), "changes")
        return any(isinstance(row, dict) and row.get("mark") == mark_of(attempt.key) for row in rows)


def _request(attempt: Attempt) -> tuple[str, str, dict[str, Json]]:
    """Method, path and body of an action; KeyError for what Acme does not have."""
    ticket, content = path_of("/tickets/{}", str(attempt.ticket)), attempt.content
    match attempt.kind:
        case "reply" | "note":
            return "POST", f"{ticket}/comments", {"text": content["text"], "public": attempt.kind == "reply"}
        case "close":
            return "PATCH", ticket, {"closed": content["reason"]}
        case "set" if content["path"] == "case.priority":
            return "PATCH", ticket, {"priority": priority_for(content["value"])}
        case _:
            raise KeyError(str(content.get("path")))
