"""The page of the documentation that lists every diagnostic code: `python -m casewarden.report.codes_page > FILE`."""

import sys
from typing import Final

from casewarden.ruleset.codes import CATALOGUE

_RANGES: Final = {
    "CW1": "Reading a file",
    "CW2": "The shape of a ruleset",
    "CW3": "Names and paths",
    "CW4": "Types and units",
    "CW5": "Tables",
    "CW6": "Rules and messages",
    "CW7": "Clauses and interpretations",
    "CW8": "Histories and mapping files",
    "CW9": "Tests, configuration, lock files and customers",
}

_HEAD: Final = """\
# Diagnostics

Every problem that Casewarden tells of has a code, a place, and where possible a fix. A code keeps its meaning for ever.
An error refuses the file, a warning does not (`casewarden check --strict` makes it fail the check), a note only tells.

This page is made from the catalogue in the code by `make diagnostics`.
"""


def codes_page() -> str:
    """The whole page as Markdown. KeyError for a code outside all ranges: a new range needs its heading here."""
    parts = [_HEAD]
    heading = ""
    for entry in CATALOGUE.values():
        of_range = _RANGES[entry.code[:3]]
        if of_range != heading:
            heading = of_range
            parts.append(f"\n## {heading}\n")
        parts.append(f"\n### {entry.code}\n\n**{_shown(entry.title)}.** {_shown(entry.explanation)}\n")
    return "".join(parts)


def _shown(text: str) -> str:
    """A text of the catalogue in Markdown: what is not in backquotes means itself."""
    pieces = text.split("`")
    for number in range(0, len(pieces), 2):
        for sign in "\\*_<[":
            pieces[number] = pieces[number].replace(sign, "\\" + sign)
    return "`".join(pieces)


if __name__ == "__main__":
    sys.stdout.write(codes_page())
