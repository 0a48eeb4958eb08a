"""What is said to IMAP's SEARCH."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

_LINE: Final = 7_000
"""Bytes of a search: servers need not read lines of more than 8,192 (RFC 7162, 4)."""
_ID: Final = re.compile(r"<[!-~]{3,250}>")


def can_be_sought(id_: str) -> bool:
    """Whether a Message-ID can stand in a search as it is."""
    return _ID.fullmatch(id_) is not None and not any(sign in id_ for sign in '"\\')


def any_of(ids: Sequence[str]) -> list[str]:
    """The words that find mails with any of these Message-IDs, of which there is one at least."""
    words = [word for one in ids for word in ("OR", "HEADER", "Message-ID", f'"{one}"')]
    return [*words[:-4], *words[-3:]]


def lines(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    """Those ids that can be sought, so many at once as one search has room for."""
    some: list[str] = []
    room = _LINE
    for one in filter(can_be_sought, ids):
        needs = len(one) + len('OR HEADER Message-ID "" ')
        if some and needs > room:
            yield some
            some, room = [], _LINE
        some.append(one)
        room -= needs
    if some:
        yield some


def imap_day(day: datetime) -> str:
    """A day as IMAP writes it: `1-Dec-2026`, whatever the locale."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{day.day}-{months[day.month - 1]}-{day.year}"
