"""Exceptions as data for the log: what kind, which code, where; their texts only where texts may be shown.

The text of an exception is the likeliest place for what a person wrote: a database quotes the row that it refuses, a
parser the input that it cannot read. Kind, code and place find the fault without it.
"""

import errno
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

from casewarden.telemetry.catalogue import StoreError
from casewarden.telemetry.hiding import scrub

_CODE = re.compile(r"[A-Za-z0-9_]{1,40}")
_MOST_FRAMES: Final = 12
_MOST_CAUSES: Final = 5
_LONGEST_TEXT: Final = 4_000

_FAULTS: Final[Mapping[StoreError, re.Pattern[str]]] = {
    "busy": re.compile(r"SQLITE_(BUSY|LOCKED)|40001|40P01|55P03"),
    "full": re.compile(r"SQLITE_FULL|ENOSPC|EDQUOT|53100"),
    "read_only": re.compile(r"SQLITE_READONLY|EROFS|25006"),
    "corrupt": re.compile(r"SQLITE_(CORRUPT|NOTADB)|XX00[12]"),
    "unavailable": re.compile(r"SQLITE_CANTOPEN|08...|57P0[1-5]|53300|ECONN|EHOST|ENET|ETIMEDOUT"),
}
"""How SQLite's names, PostgreSQL's SQLSTATE and the system's names begin."""

ExcInfo = (
    bool | BaseException | tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


def exception_of(exc_info: object) -> BaseException | None:
    """The exception meant by `exc_info` as given to a logging call: True is the one being handled."""
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case True | 1:
            return sys.exc_info()[1]
        case _:
            return None


def failure(error: BaseException, *, texts: bool) -> dict[str, Any]:
    """An exception as data: `type`, `code`, `at` (innermost last), `cause`, and `text` where texts may be shown."""
    told: dict[str, Any] | None = None
    for each in reversed(_chain(error)):
        told = {**_one(each, texts=texts), **({"cause": told} if told is not None else {})}
    return told or {}


def store_fault(error: BaseException) -> StoreError:
    """What kind of fault of the store an exception tells of, by the codes of SQLite and PostgreSQL below it."""
    codes = [code for each in _chain(error) if (code := _code(each))]
    for fault, pattern in _FAULTS.items():
        if any(pattern.match(code) for code in codes):
            return fault
    names = {kind.__name__ for each in _chain(error) for kind in type(each).__mro__}
    # psycopg has no code where there was no answer at all.
    return "unavailable" if not codes and names & {"InterfaceError", "OperationalError"} else "other"


def _chain(error: BaseException) -> list[BaseException]:
    """An exception and what it came of, the outermost first."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and len(chain) < _MOST_CAUSES and following not in chain:
        chain.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return chain


def _one(error: BaseException, *, texts: bool) -> dict[str, Any]:
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    told: dict[str, Any] = {"type": f"{module}{kind.__qualname__}"}
    if code := _code(error):
        told["code"] = code
    told["at"] = [
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in traceback.StackSummary.extract(
            traceback.walk_tb(error.__traceback__), limit=-_MOST_FRAMES, lookup_lines=False
        )
    ]
    if isinstance(error, BaseExceptionGroup):
        told["inside"] = [_one(each, texts=texts) for each in error.exceptions[:_MOST_CAUSES]]
    if texts:
        told["text"] = scrub(str(error)[:_LONGEST_TEXT])
    return told


def _code(error: BaseException) -> str | None:
    """The system's, SQLite's or PostgreSQL's own word for what went wrong (`ENOSPC`, `SQLITE_FULL`, `57P01`)."""
    found = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    if found is None and isinstance(error, OSError) and error.errno is not None:
        found = errno.errorcode.get(error.errno)
    return found if isinstance(found, str) and _CODE.fullmatch(found) else None


def _short(path: str) -> str:
    """The last two parts of a file's path."""
    return "/".join(path.replace("\\", "/").split("/")[-2:])
