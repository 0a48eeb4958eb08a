"""Revisions as the sidecar holds them: read from where they are kept, stored with all their files, and had again.

What is stored is everything that loading looked at: the main file first, its includes, its lock and its clause file.
A rollout that took over some rules is stored as what it was made of: the base, the head and the names of the rules.
"""

import errno
import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casewarden.config.settings import RulesetSource
from casewarden.config.sources import OpenedSource, SourceUnreadableError, open_source
from casewarden.decide.binding import effective_at
from casewarden.ruleset.beside import normal
from casewarden.ruleset.compose import partly
from casewarden.ruleset.diagnostics import Diagnostics, Level, Place
from casewarden.ruleset.syntax import Ruleset
from casewarden.ruleset.written import Written, read_written
from casewarden.scenario.cover_sources import SourceError, ruleset_file

Files = Mapping[str, str]
"""The text of files by name, the main file first; names count from its folder."""

_PARTLY: Final = "/partly.json"
"""Stands first among the files of a partly taken over revision; no file of a ruleset is named absolutely."""
_BASE: Final = "base/"
_HEAD: Final = "head/"
_NOWHERE: Final = Path(os.devnull)
"""Where stored files are read as if they were: nothing lies below it, so no link of this machine plays a part."""
_ROLLOUT: Final = "rollout "


class StoredRulesetError(ValueError):
    """Stored files no longer give a ruleset, or not the one that they gave; the message says why."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of one ruleset, in a lane.

    `origin` is the file, `CHECKOUT@COMMIT:PATH`, or `rollout NAME`. From `effective_at` on its operations hold and its
    terms bind new cases; `added_at` is when the sidecar learnt of it (both microseconds, UTC).
    """

    lane: str
    written: Written = field(repr=False)
    files: Files = field(repr=False)
    origin: str
    effective_at: int
    added_at: int

    @property
    def digest(self) -> str:
        """What names the revision everywhere."""
        return self.written.digest

    @property
    def ruleset(self) -> Ruleset:
        """The checked ruleset."""
        return self.written.ruleset

    @property
    def binds_all(self) -> bool:
        """Whether its terms hold for cases opened before it as well."""
        return self.ruleset.revision.binds == "all_cases"

    @property
    def is_of_rollout(self) -> bool:
        """Whether a rollout put it in force, and not a source."""
        return self.origin.startswith(_ROLLOUT)

    def is_of(self, rollout: str) -> bool:
        """Whether it was this rollout."""
        return self.origin == origin_of(rollout)


# -- from where rulesets are kept


@dataclass(frozen=True, slots=True)
class _Mark:
    """What tells that a file is another than it was; None for one that is not there."""

    path: Path
    stat: tuple[int, int, int] | None

    @staticmethod
    def of(path: Path) -> "_Mark":
        try:
            found = path.stat()
        except (OSError, ValueError):
            return _Mark(path, None)
        return _Mark(path, (found.st_size, found.st_mtime_ns, found.st_ino))


@dataclass(frozen=True, slots=True)
class Watched:
    """A source as it was when it was read: size, time and number of each file that was looked for, or the commit."""

    source: RulesetSource
    marks: tuple[_Mark, ...] = ()
    commit: str | None = None

    def look(self) -> "Watched":
        """The source as it is now, told without reading it; git is asked for its commit.

        Whoever writes a file slowly is waited for by looking twice: what differs from this value, and no longer from
        the look before, is to be read.
        """
        return Watched(self.source, tuple(_Mark.of(mark.path) for mark in self.marks), _commit_of(self.source))

    def has_changed(self) -> bool:
        """Whether the source is another than it was."""
        return self.look() != self


@dataclass(frozen=True, slots=True)
class SourceRead:
    """What a source gave: the revision, or None with the errors in `diagnostics`; and what to watch for changes."""

    source: RulesetSource
    revision: Revision | None
    diagnostics: Diagnostics
    watched: Watched


def read_source(source: RulesetSource, now: int) -> SourceRead:
    """Read and check a ruleset where it is kept; nothing is raised. `now` is when it is learnt of.

    Files of a checkout without a revision are those that lie there; those of a revision all come from one commit.
    """
    diagnostics = Diagnostics()
    before = _folder_mark(source)
    try:
        opened = open_source(source)
        main = opened.path if opened.commit is not None else ruleset_file(opened.path)
    except (SourceUnreadableError, SourceError) as error:
        place = Place(str(source.path), 1, 1, 1, 1)
        diagnostics.error("CW928", place, f"the ruleset cannot be read: {error}")
        return SourceRead(source, None, diagnostics, Watched(source, before, _commit_of(source)))
    recorder = _Recorder(opened, main.parent)
    written, found = read_written(main, recorder)
    diagnostics.extend(found)
    watched = Watched(source, (*before, *recorder.marks), opened.commit)
    if written is None:
        return SourceRead(source, None, diagnostics, watched)
    origin = str(main) if opened.commit is None else f"{source.git}@{opened.commit}:{source.path.as_posix()}"
    files = {name: data.decode() for name, data in recorder.files.items()}
    since = effective_at(written.ruleset)
    revision = Revision(written.ruleset.name, written, files, origin, since, now)
    return SourceRead(source, revision, diagnostics, watched)


def _folder_mark(source: RulesetSource) -> tuple[_Mark, ...]:
    """What is watched of a source that may be a folder, or not there: which files are in it."""
    path = source.path if source.git is None else source.git / source.path
    return (_Mark.of(path),) if source.git is None or source.revision is None else ()


def _commit_of(source: RulesetSource) -> str | None:
    """The commit of a source's revision now; None where files are read as they lie there, or there is no such one."""
    if source.git is None or source.revision is None:
        return None
    try:
        return open_source(source).commit
    except SourceUnreadableError:
        return None


@dataclass(slots=True)
class _Recorder:
    """Reads files and keeps them, each with the mark that it had before it was opened."""

    opened: OpenedSource
    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    marks: list[_Mark] = field(default_factory=list)

    def __call__(self, path: Path) -> bytes:
        if self.opened.commit is None:
            self.marks.append(_Mark.of(path))
        data = self.opened.read(path)
        self.files[_name(path, self.folder)] = data
        return data


def _name(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(normal(path), normal(folder))).as_posix()


# -- from what was stored


def load_stored(files: Files) -> Ruleset:
    """The ruleset of stored files, the same that they gave when they were stored; StoredRulesetError."""
    return written_of(files).ruleset


def written_of(files: Files) -> Written:
    """The revision of stored files as it is written; StoredRulesetError with the first thing that is wrong."""
    main = next(iter(files), None)
    if main is None:
        raise StoredRulesetError("no files are stored of the ruleset")
    if main == _PARTLY:
        rules = json.loads(files[_PARTLY])
        return _partly(written_of(_under(files, _BASE)), written_of(_under(files, _HEAD)), rules)

    def read(path: Path) -> bytes:
        text = files.get(_name(path, _NOWHERE))
        if text is None:
            raise FileNotFoundError(errno.ENOENT, "it was not stored", str(path))
        return text.encode()

    written, found = read_written(_NOWHERE / main, read, lambda _: main)
    if written is None:
        wrong = next(item for item in found.items if item.level is Level.ERROR)
        raise StoredRulesetError(f"the stored ruleset can no longer be read: {wrong.place}: {wrong.message}")
    return written


def _under(files: Files, folder: str) -> dict[str, str]:
    return {name.removeprefix(folder): text for name, text in files.items() if name.startswith(folder)}


def _partly(base: Written, head: Written, rules: Collection[str]) -> Written:
    try:
        return partly(base, head, rules)
    except ValueError as error:
        raise StoredRulesetError(f"the rules can no longer be taken over: {error}") from None


def stored_revision(files: Files, *, digest: str, lane: str, origin: str, effective_at: int, added_at: int) -> Revision:
    """A revision of the store; StoredRulesetError where its files are unsound, or give another ruleset than `digest`.

    The latter comes of a ruleset without a lock file, and other versions of what it takes from outside.
    """
    written = written_of(files)
    if written.digest != digest:
        raise StoredRulesetError(
            f"the files of revision {digest[:12]} of `{lane}` give {written.digest[:12]} with what is installed now;"
            " a lock file (`casewarden lock`) keeps a ruleset as it is"
        )
    return Revision(lane, written, dict(files), origin, effective_at, added_at)


def origin_of(rollout: str) -> str:
    """The origin of what a rollout puts in force."""
    return _ROLLOUT + rollout


def taken_over(base: Revision, head: Revision, rules: Iterable[str], *, rollout: str, at: int) -> Revision:
    """The base with some rules as the head has them, in force from an instant on; ValueError where that cannot be.

    The head itself where nothing of it is left to take over, the base itself where nothing of it changes.
    """
    names = sorted(set(rules))
    written = partly(base.written, head.written, names)
    origin = origin_of(rollout)
    for whole in (head, base):
        if written.digest == whole.digest:
            return Revision(base.lane, whole.written, whole.files, origin, at, at)
    files = {_PARTLY: json.dumps(names)}
    files |= {_BASE + name: text for name, text in base.files.items()}
    files |= {_HEAD + name: text for name, text in head.files.items()}
    return Revision(base.lane, written, files, origin, at, at)
