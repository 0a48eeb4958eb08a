"""Who may write to an SQLite store: the one process that holds the lock on the file beside it.

The lock (`STORE.lock`) falls with the process, however it dies. What stands in the file tells others who holds it and
where it answers; the token that it wants of them is in `STORE.token`, which only the owner of the store can read.
PostgreSQL lets any number of processes write and needs none of this.
"""

import fcntl
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from casewarden.store.database import StoreError

_TRIES: Final = 25
_BETWEEN_TRIES_S: Final = 0.02
"""Who only looks holds the lock for an instant; who wants the place waits that long for them."""
_TOKEN_BYTES: Final = 32
_MOST_TOLD: Final = 65_536


@dataclass(frozen=True, slots=True)
class Running:
    """The process that holds a place: since when (microseconds), where it answers (None: not yet), with which token."""

    pid: int
    started: int
    url: str | None
    token: str


class Place:
    """The right to write to a store, until it is given back or the process ends; processes that it forks share it."""

    def __init__(self, database_path: Path, lock: int, started: int) -> None:
        self._lock = lock
        self._started = started
        self._token_file = _beside(database_path, "token")
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        os.ftruncate(lock, 0)  # first: what a process that died has left must not go with the new token
        _write_token(self._token_file, self.token)
        self._tell(None)

    def announce(self, url: str) -> None:
        """Tell others where they reach this process."""
        self._tell(url)

    def release(self) -> None:
        """Give the place back; what was told of it is taken away. Once is enough."""
        if self._lock < 0:
            return
        self._token_file.unlink(missing_ok=True)
        os.ftruncate(self._lock, 0)
        os.close(self._lock)  # the file stays: who waits for it must not wait for one that was removed
        self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _tell(self, url: str | None) -> None:
        told = {"pid": os.getpid(), "started": self._started, "url": url, "token_file": str(self._token_file)}
        written = json.dumps(told).encode()
        os.pwrite(self._lock, written, 0)
        os.ftruncate(self._lock, len(written))


def take_place(database_path: Path, now: int) -> Place:
    """Become the process that writes to a store; StoreError with its number where another one is."""
    lock = _open(_beside(database_path, "lock"), os.O_RDWR | os.O_CREAT)
    try:
        if _locked(lock):
            return Place(database_path, lock, now)
        told = _told(lock)
    except OSError as problem:
        os.close(lock)
        raise StoreError(f"the store `{database_path}` cannot be locked: {problem}") from None
    os.close(lock)
    raise StoreError(
        f"process {told['pid']} writes to the store `{database_path}`, and there can be only one"
        if told
        else f"another process has just begun to write to the store `{database_path}`",
        "stop it first" if told else "try again",
    )


def running(database_path: Path) -> Running | None:
    """The process that writes to a store, None where there is none; StoreError where its token is not for us."""
    path, token_file = _beside(database_path, "lock"), _beside(database_path, "token")
    for _ in range(_TRIES):
        if not path.exists():
            return None
        lock = _open(path, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            told, token = _told(lock), _read_token(token_file)
            if told is not None and token is not None:
                return Running(told["pid"], told["started"], told["url"], token)
        else:
            return None
        finally:
            os.close(lock)
        time.sleep(_BETWEEN_TRIES_S)
    raise StoreError(f"a process writes to the store `{database_path}` and does not tell of itself", "try again")


def _locked(lock: int) -> bool:
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_BETWEEN_TRIES_S)
        else:
            return True
    return False


def _told(lock: int) -> dict[str, Any] | None:
    """What the holder says of itself; None where it has not done so yet."""
    try:
        told: dict[str, Any] = json.loads(os.pread(lock, _MOST_TOLD, 0))
    except ValueError:
        return None
    return told


def _beside(database_path: Path, ending: str) -> Path:
    """A file beside the store: of one store, the same by whatever name it is called."""
    path = database_path.resolve()
    return path.with_name(f"{path.name}.{ending}")


def _open(path: Path, how: int) -> int:
    try:
        return os.open(path, how, 0o644)
    except OSError as problem:
        raise _refused(path, problem) from None


def _write_token(path: Path, token: str) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123  # by its number
        file.write(token)


def _read_token(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _refused(path, problem) from None


def _refused(path: Path, problem: OSError) -> StoreError:
    theirs = isinstance(problem, PermissionError)
    fix = "run this as the user whom the store belongs to" if theirs else "look at the folder of the store"
    return StoreError(f"`{path}` cannot be opened: {problem.strerror}", fix)
