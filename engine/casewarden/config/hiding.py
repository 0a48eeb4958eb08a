"""Keeping secrets out of what is shown: excerpts, messages and fixes of a file in which one stands in clear.

Somebody who writes a password into the configuration is told so; the password itself is not repeated, neither on a
terminal nor in the log of a build. What may be a secret is told by its key; too much hidden does no harm.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import re2

from casewarden.config.secrets import VARIABLE
from casewarden.config.store_address import IN_CLEAR
from casewarden.ruleset.diagnostics import Diagnostics, Level, Place, did_you_mean
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq

HIDDEN: Final = "***"
REFERENCES: Final = ("env", "file")

_WORDS: Final = "secret|passw|passphrase|pwd|token|credential|private|signing|bearer|auth"
_LOOKS: Final = re.compile(rf"(?:{_WORDS})|(?:^|[_.\- ])(?:api)?keys?$|apikey", re.IGNORECASE)
_NEAR: Final = ("secret", "secrets", "password", "token", "key")
_SAID: Final = re2.compile(r"([\w.-]+)[\"']?\s*[:=]")
_ADDRESS: Final = re2.compile(rf"{IN_CLEAR}|:(?:[^\s/]|/[^\s/])[^\s]*@|passw[^\s=]*[^\w\n]{{0,4}}=")
_WORD: Final = re.compile(r"[^\s`'\",:=\[\]{}]{4,}")
_VARIABLE: Final = re.compile(VARIABLE)
_KEPT: Final = re2.compile(rf"\s*\{{?\s*(?:env\s*:\s*{VARIABLE}|file\s*:\s*[^\s,{{}}]+)\s*\}}?\s*(?:[,}}#].*)?$")
_MOST_WORDS: Final = 200
"""Words that are looked for everywhere: far more than a file has secrets, and few enough to be quick."""
_MOST_LINES: Final = 20_000
_LONGEST_LINE: Final = 2_000
"""In a file that cannot be read, and has more or longer lines, all of it is hidden, or that line."""
_READING: Final = "CW1"


def looks_secret(key: str) -> bool:
    """Whether what stands under a key of this name may be a secret."""
    return bool(_LOOKS.search(key)) or did_you_mean(key, _NEAR) is not None


def may_show_password(text: str) -> bool:
    """Whether a text may be an address with a password in it."""
    return _ADDRESS.search(text) is not None


def is_reference(node: Node) -> bool:
    """Whether a node is meant to say where something is kept: `{env: NAME}` or `{file: PATH}`."""
    return isinstance(node, Map) and len(node) == 1 and node.entries[0][0].text in REFERENCES


def may_be_secrets(node: Node, *, under_secret: bool = False) -> Iterator[Scalar]:
    """The texts of a document that may be secrets in clear."""
    match node:
        case Scalar():
            if under_secret or may_show_password(node.text):
                yield node
        case Seq():
            for item in node.items:
                yield from may_be_secrets(item, under_secret=under_secret)
        case Map():
            for key, value in node:
                if under_secret and key.text not in REFERENCES and did_you_mean(key.text, REFERENCES) is None:
                    yield key
                if key.text == "env" and is_reference(node) and isinstance(value, Scalar):
                    if not _VARIABLE.fullmatch(value.text):
                        yield value
                elif not (key.text == "file" and is_reference(node)):
                    yield from may_be_secrets(value, under_secret=under_secret or looks_secret(key.text))


def veiled(diagnostics: Diagnostics, file: str, secrets: Iterable[Scalar]) -> Diagnostics:
    """The same problems without the secrets of this file, wherever they stand.

    Where the file could not be read as a whole, nothing is known of its values: there all that follows a word such as
    `secret:` is hidden, and what is indented below it.
    """
    found = diagnostics.items
    text = diagnostics.sources.get(file)
    if text is None:
        return diagnostics
    lines = re.split(r"(\r\n?|\n)", text)
    words: set[str] = set()
    if any(item.code.startswith(_READING) for item in found):
        words |= _veil_lines(lines)
    for scalar in secrets:
        words |= {scalar.text, *_WORD.findall(scalar.text)}
        _veil_place(lines, scalar.place)
    known = sorted((word for word in words if len(word.strip()) >= 4), key=len, reverse=True)[:_MOST_WORDS]

    def without(said: str) -> str:
        for word in known:
            said = said.replace(word, HIDDEN)
        return said

    shown = Diagnostics()
    for name, source in (diagnostics.sources | {file: "".join(lines)}).items():
        plain = source
        for word in known:
            plain = plain.replace(word, _stars(word))  # as long, so that carets stay where they are
        shown.add_source(name, plain)
    add = {Level.ERROR: shown.error, Level.WARNING: shown.warning, Level.NOTE: shown.note}
    for item in found:
        related = [(place, without(said)) for place, said in item.related]
        fix = None if item.fix is None else without(item.fix)
        add[item.level](item.code, item.place, without(item.message), fix, related)
    return shown


def _veil_place(lines: list[str], place: Place) -> None:
    """Write stars over a stretch; lines keep their lengths, so that carets stay where they are."""
    for number in range(place.line, place.end_line + 1):
        at = 2 * (number - 1)  # line ends stand between
        if at >= len(lines):
            return
        begin = place.column - 1 if number == place.line else 0
        end = place.end_column - 1 if number == place.end_line else len(lines[at])
        lines[at] = lines[at][:begin] + _stars(lines[at][begin:end]) + lines[at][end:]


def _veil_lines(lines: list[str]) -> set[str]:
    """Write stars over what follows a word for secrets, and over the lines below that are indented more; the words."""
    hidden: set[str] = set()
    within: int | None = None
    for at in range(0, len(lines), 2):
        line = lines[at]
        if len(lines) > 2 * _MOST_LINES or len(line) > _LONGEST_LINE:
            lines[at] = _stars(line)
            continue
        indent = len(line) - len(line.lstrip())
        begin = _secret_from(line)
        if within is not None and (indent > within or not line.strip()):
            begin = 0
        else:
            within = None if begin is None else indent
        if begin is not None and not _KEPT.fullmatch(line[begin:]):
            hidden.update(_WORD.findall(line[begin:]))
            lines[at] = line[:begin] + _stars(line[begin:])
    return hidden


def _secret_from(line: str) -> int | None:
    """Where on a line something begins that may be a secret."""
    said = next((word.end() for word in _SAID.finditer(line) if looks_secret(word.group(1))), None)
    address = _ADDRESS.search(line)
    begins = [begin for begin in (said, None if address is None else address.start()) if begin is not None]
    return min(begins, default=None)


def _stars(text: str) -> str:
    return re.sub(r"\S", "*", text)
