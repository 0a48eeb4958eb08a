"""Addresses of stores: a file of SQLite, a database of PostgreSQL. What is told of others never shows their password.

The patterns are those of the JSON Schema too.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SQLITE: Final = r"sqlite:///(?:[^?#\s\x00-\x1f\x7f-\x9f][^?#\x00-\x1f\x7f-\x9f]*)?[^?#\s/\x00-\x1f\x7f-\x9f]"
POSTGRES: Final = (
    r"postgresql://(?:[^\s/@:?#\[\]]+@)?(?:(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)?"
    r"/[^\s/@:?#]+(?:\?[^\s#]+)?"
)
IN_CLEAR: Final = r"(?:://[^/@]*:[^\n]*@|[?&\s](?:ssl)?password=)"
"""What an address has that shows a password."""
NO_FILE: Final = r"sqlite:///(?::memory:|file:)"
_MEMORY: Final = re.compile(NO_FILE)
MAX_LENGTH: Final = 2_000
"""Characters of an address; no host, name or path is as long."""
_IN_CLEAR: Final = re.compile(IN_CLEAR)
_VARIABLE: Final = "write `store: {env: CASEWARDEN_STORE}`, and set that variable to the whole address"
_EXAMPLES: Final = "write `sqlite:///casewarden.db`, or `postgresql://casewarden@db.example/casewarden`"


@dataclass(frozen=True, slots=True)
class AddressProblem:
    """What is wrong with an address; `in_clear`: it shows its password and is sound otherwise."""

    message: str
    fix: str
    in_clear: bool = False


def problem_of(text: str) -> AddressProblem | None:
    """What is wrong with an address, without repeating any of it; None for a sound one without a password."""
    if len(text) > MAX_LENGTH:
        return AddressProblem("it is longer than any address is", _EXAMPLES)
    if _MEMORY.match(text):
        return AddressProblem("it would be kept in no file and be lost", "write `sqlite:///casewarden.db`")
    if re.fullmatch(SQLITE, text):
        return None
    if text.startswith("sqlite:"):
        return AddressProblem("it names no file", "write `sqlite:///casewarden.db`")
    if shows_password(text):
        return AddressProblem("it shows its password", _VARIABLE, in_clear=_is_sound_otherwise(text))
    if re.fullmatch(POSTGRES, text):
        return None
    scheme = text.partition("://")[0].partition("+")[0] if "://" in text else ""
    if scheme in ("postgresql", "postgres"):
        if not text.startswith("postgresql://"):
            return AddressProblem("it names a driver, or another name of PostgreSQL", "begin it with `postgresql://`")
        return AddressProblem("it is no address of a database", "write `postgresql://USER@HOST:PORT/DATABASE`")
    if not scheme and re.fullmatch(r"[\w./-]+\.(?:db|sqlite3?)", text):
        return AddressProblem("it is a path, and no address", "put `sqlite:///` in front of it")
    return AddressProblem("it is neither SQLite nor PostgreSQL", _EXAMPLES)


def shows_password(text: str) -> bool:
    """Whether a text is an address with a password in it."""
    return _IN_CLEAR.search(text[:MAX_LENGTH]) is not None


def placed(text: str, folder: Path) -> str:
    """The address with a relative file of SQLite put into its folder."""
    if not text.startswith("sqlite:///"):
        return text
    return f"sqlite:///{folder / text.removeprefix('sqlite:///')}"


def file_of(text: str) -> Path | None:
    """The file of an SQLite store."""
    return Path(text.removeprefix("sqlite:///")) if text.startswith("sqlite:///") else None


def _is_sound_otherwise(text: str) -> bool:
    """Whether it is an address of PostgreSQL once the password is taken out."""
    plain = re.sub(r"://([^/@:]*):[^\n]*@", r"://\1@", text)
    plain = re.sub(r"([?&])(?:ssl)?password=[^&]*", r"\1x=x", plain)
    return re.fullmatch(POSTGRES, plain) is not None
