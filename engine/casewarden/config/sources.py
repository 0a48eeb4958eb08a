"""Where the text of a ruleset comes from: a folder, or one commit of a git checkout, so that all its files agree."""

import errno
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casewarden.config.settings import RulesetSource
from casewarden.ruleset.beside import normal
from casewarden.ruleset.characters import MAX_BYTES
from casewarden.ruleset.document import Read, read_file

_PATIENCE: Final = 30
"""Seconds after which git is given up: it reads a few files of this machine."""
_QUIET: Final = {
    "GIT_OPTIONAL_LOCKS": "0",  # another process may be at work in the checkout
    "GIT_NO_LAZY_FETCH": "1",  # nothing is fetched from elsewhere
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_FILE_MODES: Final = (b"100644", b"100755")


class SourceUnreadableError(Exception):
    """The checkout or the revision cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """The main file of a ruleset and how it is read, with the files that it includes; for `casewarden.ruleset.load`.

    `commit` is the id of the commit that is read, None where files are read as they lie there.
    """

    path: Path
    read: Read
    commit: str | None = None


def open_source(source: RulesetSource, *, read: Read = read_file) -> OpenedSource:
    """Open a ruleset's source; SourceUnreadableError. A revision is looked up once: what comes after is not read."""
    if source.git is None:
        return OpenedSource(source.path, read)
    if source.revision is None:
        return OpenedSource(source.git / source.path, read)
    commit = _commit(source.git, source.revision)
    return OpenedSource(source.git / source.path, _CommitReader(source.git, commit), commit)


@dataclass(frozen=True, slots=True)
class _CommitReader:
    """Reads the files of a commit under the names that they would have in the checkout."""

    checkout: Path
    commit: str

    def __call__(self, path: Path) -> bytes:
        try:
            name = normal(path).relative_to(normal(self.checkout)).as_posix()
        except ValueError:
            raise FileNotFoundError(errno.ENOENT, "it lies outside the checkout", str(path)) from None
        entry = _git(self.checkout, "ls-tree", "-z", self.commit, "--", f":(literal){name}")
        if not entry:
            raise FileNotFoundError(errno.ENOENT, "there is no such file", str(path))
        mode, kind, rest = entry.split(b" ", 2)
        if kind == b"tree":
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
        if mode not in _FILE_MODES:
            raise OSError(errno.EINVAL, "it is a link, or another repository", str(path))
        blob = rest.partition(b"\t")[0].decode("ascii")
        size = int(_git(self.checkout, "cat-file", "-s", blob))
        return _git(self.checkout, "cat-file", "blob", blob) if size <= MAX_BYTES else bytes(MAX_BYTES + 1)


def _commit(checkout: Path, revision: str) -> str:
    try:
        found = _git(checkout, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except OSError as error:
        if checkout.is_dir() and error.errno == errno.EIO:
            if not _is_checkout(checkout):
                raise SourceUnreadableError(f"`{checkout}` is no git checkout of yours") from None
            raise SourceUnreadableError(f"the checkout has no revision `{revision}`") from None
        raise SourceUnreadableError(error.strerror or str(error)) from None
    return found.decode("ascii").strip()


def _is_checkout(folder: Path) -> bool:
    try:
        _git(folder, "rev-parse", "--git-dir")
    except OSError:
        return False
    return True


def _git(folder: Path, *words: str) -> bytes:
    """What a command of git prints; OSError (EIO where git itself refuses)."""
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder `{folder}`")
    command: Sequence[str] = ("git", "-C", str(folder), *words)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603  # the words are ours, revisions are checked by their form
            command, capture_output=True, check=False, timeout=_PATIENCE, env=kept | _QUIET, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise OSError(errno.ENOENT, "git is not installed") from None
    except subprocess.TimeoutExpired:
        raise OSError(errno.ETIMEDOUT, f"git did not answer within {_PATIENCE} seconds") from None
    if done.returncode != 0:
        raise OSError(errno.EIO, "git refuses to read it")
    return done.stdout
