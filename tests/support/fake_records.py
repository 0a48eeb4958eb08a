"""The durable state of a fake helpdesk: one append-only file of JSON lines, each on the disk before anything goes on.

It survives a killed sidecar, and tests look into it from another process:

    records = Records(folder)
    records.put(event, other_event)        # something happens at the helpdesk
    ...                                    # the sidecar runs, is killed, is started again
    assert set(records.times_applied().values()) == {1}
"""

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso, parse_instant
from casewarden.plugin.events import event_json


@dataclass(frozen=True, slots=True)
class Application:
    """Something that the helpdesk did: the action as it was attempted, and when (microseconds)."""

    key: str
    subject: str
    ticket: str | None
    kind: str
    content: Mapping[str, Json]
    details: Mapping[str, Json]
    at: int


@dataclass(slots=True)
class Known:
    """What the lines say so far: `rows` and what was `done` in order; counts of `attempts` by key, of their `fates`, of
    what was `applied` by key, of `events` by subject.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    done: list[Application] = field(default_factory=list)
    applied: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    def take(self, row: dict[str, Any]) -> None:
        """Take a line in."""
        self.rows.append(row)
        match row:
            case {"attempt": str(key), "fate": str(fate)}:
                self.attempts[key] += 1
                self.fates[fate] += 1
            case {"applied": dict(form)}:
                self.done.append(Application(**(form | {"at": parse_instant(form["at"])})))
                self.applied[form["key"]] += 1
            case {"event": {"subject": str(subject)}}:
                self.events[subject] += 1
            case {"complete_through": str()} | {"refused": str()}:
                pass
            case _:
                raise AssertionError(f"no line of a fake helpdesk: {row}")


@dataclass(slots=True)
class Records:
    """The file of a helpdesk in a folder; any number of processes may have it open."""

    folder: Path
    _known: Known = field(default_factory=Known)
    _read_to: int = 0

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / "helpdesk.jsonl"

    def put(self, *events: Event) -> None:
        """Let events happen at the helpdesk; what they say of their source does not count."""
        self._put(*({"event": _without_source(event)} for event in events))

    def put_watermark(self, through: int) -> None:
        """Let the helpdesk say that nothing is missing up to an instant."""
        self._put({"complete_through": iso(through)})

    def put_refusal(self, text: str) -> None:
        """Let there be something that is no event."""
        self._put({"refused": text})

    def attempts(self) -> Counter[str]:
        """How often each action was attempted, by key."""
        return self.known().attempts

    def fates(self) -> Counter[str]:
        """How often attempts ended how: faults by name, `well`, `rejected`, `found` (it had been done before)."""
        return self.known().fates

    def applications(self) -> Sequence[Application]:
        """Everything that was done, in order."""
        return self.known().done

    def times_applied(self) -> Counter[str]:
        """How often each action was done, by key: once, if all is well."""
        return self.known().applied

    def known(self) -> Known:
        """What the file says."""
        with self.locked() as (_, known):
            return known

    @contextmanager
    def locked(self) -> Iterator[tuple[int, Known]]:
        """The file to `add` to, with nobody else in it, and what it says."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._catch_up(handle)
            yield handle, self._known
        finally:
            os.close(handle)

    def _catch_up(self, handle: int) -> None:
        text = os.pread(handle, os.fstat(handle).st_size - self._read_to, self._read_to)
        whole = text.rfind(b"\n") + 1
        for line in text[:whole].splitlines():
            self._known.take(json.loads(line))
        self._read_to += whole
        if whole < len(text):
            os.ftruncate(handle, self._read_to)  # torn by a kill, before anything was answered

    def _put(self, *rows: Mapping[str, Json]) -> None:
        with self.locked() as (handle, _):
            add(handle, *rows)


def add(handle: int, *rows: Mapping[str, Json]) -> None:
    """Put lines on the disk."""
    text = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    assert os.write(handle, text) == len(text)
    os.fsync(handle)


def _without_source(event: Event) -> dict[str, Json]:
    form = event_json(event)
    form.pop("source", None)
    return form
