"""The lock file: what a ruleset takes from outside, written down, so that an upgrade moves no deadline by itself.

It stands beside the ruleset (`ruleset.yaml` has `ruleset.lock`) and holds the resolved holidays of every calendar, the
version of the zone data, the version of the `holidays` library, and the hashes of all included files.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casewarden.ruleset.beside import is_outside
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.document import Document, Read, main_place
from casewarden.ruleset.nodes import Map, Node, Seq, read_yaml
from casewarden.ruleset.plain import plain
from casewarden.worktime import CalendarSpec, Holiday
from casewarden.worktime.read import parse_calendar

SUFFIX: Final = ".lock"
_VERSION: Final = "1"
_HEAD: Final = (
    "# Written by `casewarden lock`: what the ruleset takes from outside. Write it anew instead of editing it.\n"
)

Stages = Mapping[int, tuple[Holiday, ...]]
"""The holidays of a calendar's own terms (0) and of each entry of `later` (1, 2, ...) that declares any."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file that was read: by calendar and stage the declaration it was made from and the holidays."""

    text: str
    tzdata: str
    includes: Mapping[str, str]
    declared: Mapping[tuple[str, int], str]
    holidays: Mapping[tuple[str, int], tuple[Holiday, ...]]
    fits: frozenset[str] = field(default=frozenset())

    def stages(self, calendar: str) -> Stages | None:
        """The locked holidays of a calendar; None where they do not fit its declaration."""
        if calendar not in self.fits:
            return None
        return {stage: dates for (name, stage), dates in self.holidays.items() if name == calendar}


def lock_path(path: Path) -> Path:
    """Where the lock file of a ruleset stands."""
    return path.with_suffix(SUFFIX)


def tzdata_version() -> str:
    """The version of the installed zone data, such as 2026.1."""
    return _installed("tzdata")


def _installed(package: str) -> str:
    from importlib import metadata  # noqa: PLC0415  # slow, and only for those who lock

    return metadata.version(package)


def make_lock(document: Document) -> str:
    """The text of the lock file of a document without errors; the same document gives the same bytes."""
    lines = [_HEAD, f'lock: {_VERSION}\ntzdata: "{tzdata_version()}"\nholidays: "{_installed("holidays")}"\n']
    included = sorted((name, _hash(data)) for name, (data, _) in document.includes.items())
    if included:
        lines.append("includes:\n")
        lines.extend(f"  {json.dumps(name)}: {digest}\n" for name, digest in included)
    calendars = [line for name, node in sorted(_calendars(document)) for line in _calendar_lines(name, node)]
    if calendars:
        lines.append("calendars:\n")
        lines.extend(calendars)
    return "".join(lines)


def _calendars(document: Document) -> Iterator[tuple[str, Map]]:
    for key, node in document.elements("calendars"):
        if isinstance(node, Map) and declarations(node):
            yield key.text, node


def declarations(calendar: Map) -> dict[int, tuple[Node, str]]:
    """What a calendar declares as holidays: by stage the node and its canonical text; `none` needs no lock."""
    found: dict[int, tuple[Node, str]] = {}
    later = calendar.get("later")
    for stage, part in enumerate([calendar, *(later.items if isinstance(later, Seq) else ())]):
        holidays = part.get("holidays") if isinstance(part, Map) else None
        if isinstance(holidays, Map):
            found[stage] = (holidays, json.dumps(plain(holidays), ensure_ascii=False, sort_keys=True))
    return found


def _calendar_lines(name: str, node: Map) -> Iterator[str]:
    spec, _ = parse_calendar(plain(node))
    assert spec is not None
    yield f"  {name}:\n"
    for stage, (_, declared) in declarations(node).items():
        yield f"    {stage}:\n      declared: {json.dumps(declared, ensure_ascii=False)}\n      dates:\n"
        for day in _stage(spec, stage).holidays:
            shown = json.dumps([day.name, day.region], ensure_ascii=False)
            yield f"        {day.date.isoformat()}: {shown}\n"


def _stage(spec: CalendarSpec, stage: int) -> CalendarSpec:
    return spec if stage == 0 else spec.later[stage - 1][1]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_lock(document: Document, path: Path, read: Read | None, diagnostics: Diagnostics) -> Lock | None:
    """The lock file beside a ruleset, checked against it; None where there is none, or it cannot be used."""
    if read is None:
        return None
    shown = str(Path(document.main.place.file).with_suffix(SUFFIX))
    if is_outside(lock_path(path), path.parent):
        message = f"the lock file `{shown}` is a link to a file outside the folder of the ruleset"
        diagnostics.error("CW950", main_place(document), message, "put the lock file itself beside the ruleset")
        return None
    try:
        data = read(lock_path(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        diagnostics.error("CW950", main_place(document), f"the lock file `{shown}` cannot be opened: {reason}")
        return None
    trial = Diagnostics()
    node = read_yaml(data, shown, trial)
    lock = _understood(node, data) if node is not None and not trial.has_errors else None
    if lock is None:
        diagnostics.add_source(shown, data.decode("utf-8", "replace"))
        at = node if node is not None else main_place(document)
        diagnostics.error("CW950", at, f"`{shown}` is no lock file", f"write it anew: `casewarden lock {path.name}`")
        return None
    return _checked(lock, document, path, diagnostics)


def _understood(node: Node, data: bytes) -> Lock | None:
    """The lock file as data; None for anything that `make_lock` would not write."""
    value = plain(node)
    try:
        assert isinstance(value, dict)
        if value["lock"] != _VERSION:
            return None
        declared: dict[tuple[str, int], str] = {}
        holidays: dict[tuple[str, int], tuple[Holiday, ...]] = {}
        for name, stages in value.get("calendars", {}).items():
            for stage, part in stages.items():
                declared[name, int(stage)] = part["declared"]
                days = part["dates"].items()
                holidays[name, int(stage)] = tuple(Holiday(dt.date.fromisoformat(day), *named) for day, named in days)
        return Lock(data.decode(), value["tzdata"], dict(value.get("includes", {})), declared, holidays)
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError):
        return None


def _checked(lock: Lock, document: Document, path: Path, diagnostics: Diagnostics) -> Lock:
    """The lock with the calendars that it fits; what is out of date is reported."""
    fix = f"if that is right, write it anew: `casewarden lock {path.name}`"
    fits: set[str] = set()
    for key, node in document.elements("calendars"):
        if not isinstance(node, Map):
            continue
        now = declarations(node)
        stale = [at for stage, (at, text) in now.items() if lock.declared.get((key.text, stage)) != text]
        for at in stale:
            message = f"the holidays of the calendar `{key.text}` are not those of the lock file"
            diagnostics.error("CW951", at, message, fix)
        if not stale:
            fits.add(key.text)
    hashes = {name: _hash(data) for name, (data, _) in document.includes.items()}
    changed = sorted(name for name in {*hashes, *lock.includes} if hashes.get(name) != lock.includes.get(name))
    for name in changed:
        place = document.includes[name][1].place if name in document.includes else main_place(document)
        diagnostics.error("CW951", place, f"`{name}` is not the file of which the lock file was made", fix)
    if lock.tzdata != tzdata_version():
        diagnostics.warning(
            "CW952",
            main_place(document),
            f"the lock file was made with the zone data {lock.tzdata}, and {tzdata_version()} is installed",
            f"install that version, or accept the other: `casewarden lock {path.name}`",
        )
    return Lock(lock.text, lock.tzdata, lock.includes, lock.declared, lock.holidays, frozenset(fits))
