"""A hostile helpdesk for tests of the sidecar: it fails in every way that real ones do, and remembers what it did.

Like a real one it does not know by itself what it did before: an action that is attempted without `again` is done once
more, and `Records.times_applied` shows it. Which attempt fails how follows from the seed, the action's key and the
attempt's number, not from when or where it runs; the number is in the file as well, so that a sidecar that a fault
kills is not killed by it for ever.
"""

import hashlib
import hmac
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from typing import Any, Final

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso, parse_instant
from casewarden.plugin import (
    AlreadyApplied,
    Answer,
    Applied,
    Attempt,
    Check,
    Conflict,
    Finding,
    Page,
    Rejected,
    Retry,
    Spec,
    WebhookError,
    clock,
)
from casewarden.plugin.events import EventError, read_event
from support.fake_faults import NONE, Faults
from support.fake_records import Known, Records, add

ACTIONS: Final = frozenset(
    {"set", "assign", "tag", "close", "reopen", "reply", "note", "ask", "notify", "publish", "link"}
)
PAGE: Final = 100
STALE: Final = 300_000_000
HTML: Final = "502: <html><head><title>Bad gateway</title></head><body><script>alert('x')</script>&nbsp;</body></html>"

_NUMBER: Final[dict[str, Json]] = {"type": "number", "minimum": 0}
_TEXTS: Final[dict[str, Json]] = {"type": "array", "items": {"type": "string"}}
SPEC: Final = Spec(
    "fake",
    "1",
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["folder"],
        "properties": {
            "folder": {"type": "string", "format": "path"},
            "echo": {"type": "boolean"},
            "secret": {"type": "string", "secret": True},
            "page": {"type": "integer", "minimum": 1},
            "faults": {
                "type": "object",
                "additionalProperties": False,
                "properties": {one.name: _TEXTS if one.name == "rejects" else _NUMBER for one in fields(Faults)},
            },
        },
    },
    ACTIONS,
    states_watermark=True,
)


@dataclass(frozen=True, slots=True)
class HelpdeskSettings:
    """The settings, read. `echo`: what the sidecar does comes back as events, as from any helpdesk."""

    folder: Path
    faults: Faults = NONE
    echo: bool = False
    secret: str = "hush"
    page: int = PAGE


@dataclass(frozen=True, slots=True)
class FakeHelpdesks:
    """Makes fake helpdesks, under the plugin's name `fake`."""

    now: Callable[[], int] = clock.now

    def spec(self) -> Spec:
        return SPEC

    def connect(self, instance: str, settings: Mapping[str, Json]) -> "FakeHelpdesk":
        return FakeHelpdesk(instance, read_settings(settings), self.now)


def read_settings(settings: Mapping[str, Any]) -> HelpdeskSettings:
    """ValueError says what is wrong."""
    said = dict(settings)
    if not isinstance(said.get("folder"), str):
        raise ValueError("`folder` is missing")  # noqa: TRY004 - the contract names ValueError
    said["folder"] = Path(said["folder"])
    try:
        faults = dict(said.get("faults", {}))
        said["faults"] = Faults(**(faults | {"rejects": tuple(faults.get("rejects", ()))}))
        return HelpdeskSettings(**said)
    except TypeError as error:
        raise ValueError(f"the settings of a fake helpdesk: {error}") from None


@dataclass(slots=True)
class FakeHelpdesk:
    """One instance. Several may share a folder: they are then several connections to one helpdesk."""

    instance: str
    settings: HelpdeskSettings
    now: Callable[[], int] = clock.now
    records: Records = field(init=False)
    polls: int = 0

    def __post_init__(self) -> None:
        self.records = Records(self.settings.folder)

    def spec(self) -> Spec:
        return SPEC

    def check(self) -> Check:
        return Check((Finding("ok", f"the fake helpdesk in {self.settings.folder} is there"),))

    def changes(self, cursor: Json) -> Page:
        """Events out of order, some of them twice; ConnectionError by chance."""
        self.polls += 1
        if self.settings.faults.happens(self.settings.faults.poll_lost, "poll", self.polls, os.getpid()):
            raise ConnectionError("the fake helpdesk closed the connection")
        return self._page(_Cursor.read(cursor))

    def fetch(self, ticket: str) -> Page:
        """All events of a ticket; the version counts them, not what the sidecar did itself."""
        subject = _subject(ticket)
        forms = [row["event"] for row in self.records.known().rows if "event" in row]
        found = [self._event(form) for form in forms if form["subject"] == subject]
        return Page(found, {"version": len(found)})

    def apply(self, attempt: Attempt) -> Answer:
        """Do it, or fail; ConnectionError and TimeoutError leave open whether it was done."""
        faults = self.settings.faults
        if faults.happens(faults.slow, "slow", attempt.key):
            time.sleep(faults.slow_seconds)
        with self.records.locked() as (handle, known):
            number = known.attempts[attempt.key] + 1
            is_done = attempt.again and attempt.key in known.applied
            fate = faults.fate(attempt.key, number)
            if is_done and fate in ("well", "conflict"):
                fate = "found"
            elif fate == "well" and attempt.kind in faults.rejects:
                fate = "rejected"
            elif fate == "well" and _is_stale(known, attempt):
                fate = "conflict"
            add(handle, {"attempt": attempt.key, "number": number, "again": attempt.again, "fate": fate})
            not_done = _nothing_done(fate, attempt)
            if not_done is not None:
                return not_done
            details = _details(attempt)
            if not is_done:
                add(handle, {"applied": _row(attempt, details, self.now())})
            return _answer(fate, attempt, details)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        """As helpdesks do it: a signature over time and body, good for five minutes."""
        stated = headers.get("x-fake-timestamp", "")
        if not (stated.isascii() and stated.isdigit()) or abs(now - int(stated) * 1_000_000) > STALE:
            raise WebhookError("the webhook is not of these five minutes")
        wanted = sign(self.settings.secret, body, int(stated))["x-fake-signature"]
        if not hmac.compare_digest(wanted.encode(), headers.get("x-fake-signature", "").encode()):
            raise WebhookError("the webhook is wrongly signed")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:
        """A JSON list of events."""
        try:
            return [self._event(form) for form in json.loads(body)]
        except (EventError, ValueError, TypeError) as error:
            raise WebhookError(f"the webhook is no list of events: {error}") from None

    def close(self) -> None:
        """Nothing is kept open."""

    def _page(self, cursor: "_Cursor") -> Page:
        faults = self.settings.faults
        rows = self.records.known().rows
        now, later, through = list(cursor.later), list[int](), cursor.through
        held: list[int] = []
        refused: list[str] = []
        end = cursor.next
        while end < len(rows) and len(now) < self.settings.page:
            match rows[end]:
                case {"refused": str(text)}:
                    refused.append(text)
                case {"complete_through": str(instant)}:
                    through = parse_instant(instant)
                case row if self._form(row) is not None:
                    is_held = faults.happens(faults.held, "held", end)
                    (held if is_held else now).append(end)
                    if is_held or faults.happens(faults.twice, "twice", end):
                        later.append(end)
            end += 1
        Random(f"{faults.seed}/{now}").shuffle(now)
        missing = [event.at - 1 for event in self._events(rows, held)]
        return Page(
            self._events(rows, now),
            _Cursor(end, tuple(later), through).json(),
            None if through is None else min([through, *missing]),
            end < len(rows) or bool(later),
            refused,
        )

    def _events(self, rows: Sequence[Mapping[str, Any]], places: Sequence[int]) -> list[Event]:
        forms = [self._form(rows[place]) for place in places]
        return [self._event(form) for form in forms if form is not None]

    def _form(self, row: Mapping[str, Any]) -> Mapping[str, Json] | None:
        """The event that a line is; None for one that is none."""
        if "applied" in row and self.settings.echo:
            return _echo(row["applied"])
        return row.get("event")

    def _event(self, form: Mapping[str, Json]) -> Event:
        return read_event(json.dumps(form), self.instance)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Up to which line was read, which of them are delivered later or once more, what was said to be complete."""

    next: int = 0
    later: tuple[int, ...] = ()
    through: int | None = None

    @classmethod
    def read(cls, value: Any) -> "_Cursor":
        return cls() if value is None else cls(value["next"], tuple(value["later"]), value["through"])

    def json(self) -> Json:
        return {"next": self.next, "later": [*self.later], "through": self.through}


def sign(secret: str, body: bytes, seconds: int) -> dict[str, str]:
    """The headers of an authentic webhook that is sent at an instant (seconds since the epoch)."""
    signature = hmac.new(secret.encode(), f"{seconds}.".encode() + body, "sha256").hexdigest()
    return {"x-fake-timestamp": str(seconds), "x-fake-signature": signature}


def _nothing_done(fate: str, attempt: Attempt) -> Answer | None:
    """The answer where nothing is done; None where it is, or was before."""
    match fate:
        case "lost_before":
            raise ConnectionError("the fake helpdesk refused the connection")
        case "killed_before":
            raise _killed()
        case "retry":
            return Retry("429: slow down", reached=True)
        case "retry_after":
            return Retry("429: slow down", 0.05, reached=True)
        case "html":
            return Retry(HTML, reached=True)
        case "conflict":
            return Conflict(f"ticket {attempt.ticket} has changed")
        case "rejected":
            return Rejected(f"the fake helpdesk does not do `{attempt.kind}`")
        case _:
            return None


def _answer(fate: str, attempt: Attempt, details: Mapping[str, Json]) -> Answer:
    """The answer where it is done."""
    match fate:
        case "lost_after":
            raise TimeoutError("the fake helpdesk did not answer in time")
        case "killed_after":
            raise _killed()
        case "found":
            return AlreadyApplied(details)
        case _:
            return Applied(details, {"kind": attempt.kind, "content": dict(attempt.content)})


def _killed() -> AssertionError:
    os.kill(os.getpid(), signal.SIGKILL)
    return AssertionError("nobody outlives this")


def _subject(ticket: str) -> str:
    return ticket if ":" in ticket else f"case:{ticket}"


def _is_stale(known: Known, attempt: Attempt) -> bool:
    """Whether something happened to the ticket since the version that the attempt goes by."""
    if attempt.ticket is None or not isinstance(attempt.precondition, dict):
        return False
    return attempt.precondition.get("version") != known.events[_subject(attempt.ticket)]


def _details(attempt: Attempt) -> dict[str, Json]:
    """The id of a ticket that is made, the same for each attempt."""
    if attempt.kind != "link" or "id" in attempt.content:
        return {}
    return {"id": f"{attempt.content.get('kind')}-{hashlib.sha256(attempt.key.encode()).hexdigest()[:8]}"}


def _row(attempt: Attempt, details: dict[str, Json], now: int) -> dict[str, Json]:
    return {
        "key": attempt.key,
        "subject": attempt.subject,
        "ticket": attempt.ticket,
        "kind": attempt.kind,
        "content": dict(attempt.content),
        "details": details,
        "at": iso(now),
    }


def _echo(applied: Mapping[str, Any]) -> dict[str, Json] | None:
    """What an action looks like when it is read from the helpdesk."""
    content: Mapping[str, Json] = applied["content"]
    data: dict[str, Json] = {}
    match applied["kind"]:
        case "set" | "assign":
            kind, data = "observed", {"facts": {str(content["path"]): content["value"]}}
        case "close":
            kind, data = "closed", {"reason": content["reason"]}
        case "reopen":
            kind = "reopened"
        case "reply" | "ask" | "note" as message:
            kind, data = "message", {"public": message != "note"}
        case _:
            return None
    own: dict[str, Json] = {"by": "ourselves", "key": f"echo {applied['key']}", "data": data}
    return {"subject": applied["subject"], "kind": kind, "at": applied["at"], **own}
