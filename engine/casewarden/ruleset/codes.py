"""Every diagnostic code that exists: its title and what it means for an author.

One entry a code, in its range: CW1xx reading a file, CW2xx shape, CW3xx names, CW4xx types and units, CW5xx tables
and coverage, CW6xx rules, CW7xx clauses and interpretations, CW8xx histories and mapping files, CW9xx tests and
configuration. A code is never used again for something else once it was released.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A code, its title (a noun phrase, no full stop) and its explanation (whole sentences)."""

    code: str
    title: str
    explanation: str


_READING: Final = (
    CodeEntry("CW100", "file cannot be opened", "The file is missing, is a folder, or may not be read."),
    CodeEntry(
        "CW101", "file too large", "More than 5 MB are refused before they are read; split the file by `include`."
    ),
    CodeEntry("CW102", "not YAML", "The text breaks the rules of YAML at this place, so nothing after it was read."),
    CodeEntry("CW103", "tab where YAML wants spaces", "YAML allows no tab in front of a key, a dash or a value."),
    CodeEntry("CW104", "not UTF-8", "Files are read as UTF-8; these bytes are something else, often Latin-1."),
    CodeEntry("CW105", "byte order mark", "The file begins with an invisible mark that some tools take for a letter."),
    CodeEntry("CW106", "forbidden character", "Control characters and rare line separators may not stand in a file."),
    CodeEntry("CW107", "key given twice", "A mapping has one value for each key; only the first was taken."),
    CodeEntry("CW108", "empty value", "Every key and every dash has a value; leave the key out if there is none."),
    CodeEntry("CW109", "comma inside { }", "Inside { } and [ ] a comma ends a value: quote sentences with commas."),
    CodeEntry("CW110", "key is not a word", "A key is a word: no list, mapping, alias, or `?` form."),
    CodeEntry("CW111", "tag", "Tags (`!name`) are refused: every value gets its type from its place."),
    CodeEntry("CW112", "several documents", "A file holds one document; what follows the second `---` was not read."),
    CodeEntry("CW113", "merge key", "`<<` is not part of the language: name an anchor for a whole value instead."),
    CodeEntry("CW114", "unknown or repeated anchor", "An alias `*name` needs one anchor `&name` further up."),
    CodeEntry("CW115", "alias inside itself", "An alias may not stand within the value that its anchor names."),
    CodeEntry("CW116", "too many values", "With its aliases written out the file has more than 300,000 values."),
    CodeEntry("CW117", "nested too deep", "Values are nested in more than 60 levels, aliases written out."),
    CodeEntry("CW118", "directive", "Lines with `%YAML` or `%TAG` are refused; a file needs none."),
    CodeEntry("CW119", "quote not closed", "A text that begins with a quote must end with the same quote."),
    CodeEntry("CW120", "colon missing or misplaced", "A key is followed by a colon and a space, once on a line."),
    CodeEntry("CW121", "bracket not closed", "A `{` or `[` has no partner, or a bracket closes nothing."),
    CodeEntry("CW122", "unquoted {{", "Texts with `{{ ... }}` are quoted or blocks, since `{` opens a mapping."),
    CodeEntry("CW123", "empty file", "The file has no content but spaces and comments."),
    CodeEntry("CW124", "indentation", "Entries that belong together begin in the same column."),
    CodeEntry("CW125", "too many problems", "After 500 problems of reading the rest of a file is left."),
)

_SHAPE: Final[tuple[CodeEntry, ...]] = ()
_NAMES: Final[tuple[CodeEntry, ...]] = ()
_TYPES: Final[tuple[CodeEntry, ...]] = ()
_TABLES: Final[tuple[CodeEntry, ...]] = ()
_RULES: Final[tuple[CodeEntry, ...]] = ()
_CLAUSES: Final[tuple[CodeEntry, ...]] = ()
_HISTORIES: Final[tuple[CodeEntry, ...]] = ()
_TESTS: Final[tuple[CodeEntry, ...]] = ()

CATALOGUE: Final[dict[str, CodeEntry]] = {
    entry.code: entry
    for entries in (_READING, _SHAPE, _NAMES, _TYPES, _TABLES, _RULES, _CLAUSES, _HISTORIES, _TESTS)
    for entry in entries
}
"""Every code in order, `CW102` to its entry."""
