"""A backup of a store while it is at work, and the instant of the last one.

SQLite is copied as one reader sees it, and the copy is read through. PostgreSQL has `pg_dump`, which is called. When
the last backup was made stands in a file beside an SQLite store, since only one process may write to that, and in the
store itself on PostgreSQL.
"""

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.engine import URL

from casewarden.store.database import Database, StoreError
from casewarden.store.sqlite_copy import copy_sqlite

_SETTING: Final = "backed_up_at"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made: where it is, and its size in bytes."""

    path: Path
    size: int


def back_up(database: Database, target: Path, now: int) -> Backup:
    """Write a backup of the store as it is now to a file that only its owner can read, and remember `now`.

    The file appears complete or not at all. StoreError where it cannot be made, or stands there already.
    """
    if target.exists():
        raise StoreError(f"there is a file `{target}` already", "name another one: backups are not written over")
    if not target.parent.is_dir():
        raise StoreError(f"there is no folder `{target.parent}` for the backup", f"mkdir -p {target.parent}")
    if database.path is not None:
        copy_sqlite(database.path, target)
        _read_through(target)
    else:
        _dump(database.url, target)
    _remember(database, now)
    return Backup(target, target.stat().st_size)


def last_backup(database: Database) -> int | None:
    """The instant of the last backup that was made with `back_up`, None where there was none."""
    if database.path is not None:
        try:
            told = json.loads(_beside(database.path).read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as problem:
            raise StoreError(f"`{_beside(database.path)}` cannot be read: {problem}", "make a new backup") from None
        return int(told["at"])
    with database.read() as connection:
        found = connection.execute(text("SELECT value FROM setting WHERE name = :name"), {"name": _SETTING}).scalar()
    return None if found is None else int(found)


def _remember(database: Database, now: int) -> None:
    if database.path is not None:
        path = _beside(database.path)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
        unfinished.write_text(json.dumps({"at": now}), encoding="ascii")
        unfinished.replace(path)
        return
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO setting (name, value) VALUES (:name, :value)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
            ),
            {"name": _SETTING, "value": str(now)},
        )


def _beside(path: Path) -> Path:
    store = path.resolve()
    return store.with_name(f"{store.name}.backed-up")


def _read_through(copy: Path) -> None:
    """A backup that cannot be read is none: it is looked through and taken away where anything is wrong."""
    try:
        with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
    except sqlite3.Error as problem:
        said = [str(problem)]
    if said != ["ok"]:
        copy.unlink()
        raise StoreError(f"the store is damaged, and so was its copy: {said[0]}", "casewarden db check")


def _dump(url: URL, target: Path) -> None:
    address, secret = _without_password(url)
    program = shutil.which("pg_dump")
    by_hand = f"pg_dump --format=custom --file={target} '{address}'"
    if program is None:
        raise StoreError("a backup of PostgreSQL is made by `pg_dump`, which is not on the PATH", by_hand)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
    try:
        unfinished.touch(mode=0o600)
        done = subprocess.run(  # noqa: S603  # the program that the PATH names
            [program, "--format=custom", f"--file={unfinished}", "--no-password", address],
            env={**os.environ, **({"PGPASSWORD": secret} if secret else {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = " ".join(done.stderr.split())
            raise StoreError(f"`pg_dump` failed: {said}", f"once it works, either way does: {by_hand}")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _without_password(url: URL) -> tuple[str, str | None]:
    """The address as PostgreSQL's own programs take it, and its password, which others could read among arguments."""
    secret = url.password or url.query.get("password")
    plain = url.set(drivername="postgresql")._replace(password=None).difference_update_query(["password"])
    return plain.render_as_string(hide_password=False), secret if isinstance(secret, str) else None
