"""The customer directory in a running sidecar: what it knows is brought to subjects as events.

A subject is told when it begins, and told again where the directory says something else later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from casewarden.config.settings import Settings
from casewarden.model.event import Event
from casewarden.report.diagnostics import render_text
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.scenario.customers.directory import Customer, Directory
from casewarden.scenario.customers.read_directory import load_directory
from casewarden.scenario.customers.told import account_log, case_log
from casewarden.service.held import Held
from casewarden.service.rulebook import Rulebook
from casewarden.sidecar.assembly import StartError

Marks = tuple[tuple[str, int, int], ...]
_NOTHING: Final[Mapping[str, Directory]] = {}


class DirectoryError(StartError):
    """The customers have errors; the message tells them all with their places."""


@dataclass(frozen=True, slots=True)
class Customers:
    """The directory as each lane's ruleset reads it; empty where none is configured.

    `version` is another one wherever the files or the rulesets that read them are; None where there are none.
    """

    by_lane: Mapping[str, Directory] = field(default_factory=lambda: _NOTHING)
    version: str | None = None
    marks: Marks = ()

    def of(self, lane: str) -> Directory | None:
        """The directory as a lane, or a trial beside it, reads it."""
        return self.by_lane.get(lane.partition("@")[0])

    def told(self, held: Held, log: Sequence[Event]) -> Iterable[Event]:
        """Return what a subject that begins is told beside its own log; what lies ahead comes when it is due."""
        directory = self.of(held.lane)
        if directory is None or held.kind not in ("case", "account"):
            return ()
        if held.kind == "account":
            customer = directory.customers.get(held.name.partition(":")[2])
            told = [] if customer is None else account_log(customer, list(log), min(event.at for event in log))
        else:
            told, _ = case_log(directory, list(log))
        return [event for event in (_beside(one, log) for one in told) if event is not None]

    def changed(self, before: "Customers", lane: str) -> frozenset[str]:
        """Return the ids of customers of whom a lane's directory says something else than before, or says it anew."""
        now, then = self.of(lane), before.of(lane)
        found: Mapping[str, Customer] = {} if now is None else now.customers
        known: Mapping[str, Customer] = {} if then is None else then.customers
        return frozenset(id_ for id_, customer in found.items() if known.get(id_) != customer)

    def gone(self, now: "Customers", lane: str) -> frozenset[str]:
        """Return the ids of customers whom a lane's directory has no more; what was told of them stays."""
        then, after = self.of(lane), now.of(lane)
        return frozenset() if then is None or after is None else frozenset(then.customers.keys() - after.customers)


def _beside(event: Event, log: Sequence[Event]) -> Event | None:
    """An event that the directory adds; of an opening that it makes fuller, what it adds to it."""
    own = next((one for one in log if one.key == event.key and one.source == event.source), None)
    if own is None:
        return None if event.kind == "went_live" else event
    if own.data == event.data:
        return None
    facts, before = event.data.get("facts"), own.data.get("facts")
    known = before if isinstance(before, dict) else {}
    more = {path: value for path, value in (facts if isinstance(facts, dict) else {}).items() if path not in known}
    return replace(
        event, kind="observed", by="automation", source="customers", key=f"{event.key}/directory", data={"facts": more}
    )


def directories(settings: Settings, book: Rulebook) -> Customers:
    """Read the directory that the configuration names, once for each ruleset; DirectoryError where it has errors."""
    if settings.customers is None:
        return Customers()
    marks = marks_of(settings.customers)
    found: dict[str, Directory] = {}
    version = sha256(_content(settings.customers))
    for lane in book.lanes:
        newest = book.timelines[lane][-1]
        diagnostics = Diagnostics()
        directory = load_directory(settings.customers, newest.ruleset, diagnostics)
        if directory is None:
            raise DirectoryError(f"the customers have errors:\n{render_text(diagnostics, colour=False)}")
        found[lane] = directory
        version.update(f"{lane} {newest.digest}\n".encode())
    return Customers(found, version.hexdigest(), marks)


def marks_of(path: Path | None) -> Marks:
    """What tells that the files of a directory are others than they were: name, time and size of each."""
    found = []
    for file in _files(path) if path is not None else ():
        try:
            status = file.stat()
        except OSError:
            continue  # it has just been taken away: then it is not there
        found.append((file.name, status.st_mtime_ns, status.st_size))
    return tuple(found)


def _files(path: Path) -> list[Path]:
    return sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]


def _content(path: Path) -> bytes:
    return b"".join(
        f"{file.name} ".encode() + file.read_bytes()
        for file in _files(path)
        if file.suffix in (".yaml", ".yml", ".csv")
    )
