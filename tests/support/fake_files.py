"""A helpdesk that writes and reads files, for the conformance kit: what others do beside the files connector."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.testing.helpdesk import Choice, Clock, Fault, Happens, On, Webhook


@dataclass
class FileDesk:
    """A folder with an inbox that somebody appends to and an outbox that somebody reads."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    happens: frozenset[Happens] = frozenset({"ticket", "comment", "change"})
    faults: frozenset[Fault] = frozenset({Fault.LATE})
    page: int = 500
    choice: Choice = field(default_factory=lambda: Choice("case.priority", {"low": "low", "high": "high"}))
    _lines: int = 0
    _tickets: int = 0
    _hides: int = 0
    _held: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox.touch()

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox.jsonl"

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox.jsonl"

    def now(self) -> int:
        return self.clock.now()

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def open_ticket(self, text: str) -> str:
        self._tickets += 1
        self._happens(str(self._tickets), "opened", {"via": "web"})
        return str(self._tickets)

    def comment(self, ticket: str, text: str) -> None:
        self._happens(ticket, "message", {"public": True, "text": text})

    def change(self, ticket: str, value: str | None) -> None:
        self._happens(ticket, "observed", {"facts": {"case.priority": value}})

    def _happens(self, ticket: str, kind: str, data: Json) -> None:
        self._lines += 1
        event = {
            "subject": self.subject(ticket),
            "kind": kind,
            "at": iso(self.now()),
            "by": "customer",
            "key": f"line-{self._lines}",
            "data": data,
        }
        line = json.dumps(event) + "\n"
        if self._hides:
            self._hides -= 1
            self._held.append(line)
        else:
            self._append(line)

    def _append(self, *lines: str) -> None:
        with self.inbox.open("a", encoding="ascii") as stream:
            stream.writelines(lines)

    def subject(self, ticket: str) -> str:
        return f"case:{ticket}"

    def writes(self) -> int:
        return len(self._written())

    def standing(self, text: str) -> int:
        return sum(text in line for line in self._written())

    def _written(self) -> list[str]:
        return self.outbox.read_text(encoding="ascii").splitlines() if self.outbox.exists() else []

    def inject(self, fault: Fault, *, on: On = "any", times: int = 1) -> None:
        assert fault is Fault.LATE
        self._hides = times

    def clear(self) -> None:
        self._append(*self._held)
        self._held.clear()
        self._hides = 0

    def webhooks(self, *, at: int | None = None, secret: str | None = None) -> Sequence[Webhook]:
        return []

    def connections(self) -> int:
        return 0

    def swallowed(self) -> int:
        return 0

    def recorded(self) -> str:
        return ""
