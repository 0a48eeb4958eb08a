"""Names for what other systems call by titles and numbers: unique, and such as the language takes."""

import re
import unicodedata
from typing import Final

_LONGEST: Final = 48  # leaves room for a number and a suffix within the 64 characters of a name
_LONGEST_ID: Final = 40


def slug(text: str, otherwise: str) -> str:
    """A name made of a title; `otherwise` where nothing of it can stand in one, or it begins with a digit."""
    plain = unicodedata.normalize("NFKD", text[:400]).encode("ascii", "ignore").decode().casefold()
    found = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST].strip("_")
    if not found:
        return otherwise
    return found if found[0].isalpha() else f"{otherwise}_{found}"[:_LONGEST].strip("_")


def identity(text: str) -> str:
    """An id of another system as part of a clause or name: letters, digits and `-`."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text[:_LONGEST_ID]).strip("-")


class Names:
    """Hands out each name once."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def fresh(self, wanted: str) -> str:
        """The name, with a number behind it where it is taken."""
        name, number = wanted, self._next.get(wanted, 2)
        while name in self._taken:
            name = f"{wanted}_{number}"
            number += 1
        self._next[wanted] = number
        self._taken.add(name)
        return name
