"""Keeping secrets out of what is shown: excerpts, messages and fixes of a file in which one stands in clear.

Somebody who writes a password into the configuration is told so; the password itself is not repeated, neither on a
terminal nor in the log of a build. What may be a secret is told by its key; too much hidden does no harm.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from casewarden.config.secrets import VARIABLE
from casewarden.config.store_address import IN_CLEAR, shows_password
from casewarden.ruleset.diagnostics import Diagnostics, Level, Place, did_you_mean
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq

HIDDEN: Final = "***"
REFERENCES: Final = ("env", "file")

_WORDS: Final = "secret|passw|passphrase|pwd|token|credential|private|signing|bearer|auth"
_LOOKS: Final = re.compile(rf"(?:{_WORDS})|(?:^|[_.\- ])(?:api)?keys?$|apikey", re.IGNORECASE)
_NEAR: Final = ("secret", "secrets", "password", "token", "key")
_SAID: Final = re.compile(rf"(?:{_WORDS}|key)[^\s:=]*[\"']?\s*[:=]", re.IGNORECASE)
_ADDRESS: Final = re.compile(IN_CLEAR)
_WORD: Final = re.compile(r"[^\s`'\",:=\[\]{}]{4,}")
_VARIABLE: Final = re.compile(VARIABLE)
_KEPT: Final = re.compile(rf"\s*\{{?\s*(?:env\s*:\s*{VARIABLE}|file\s*:\s*[^\s,{{}}]+)\s*\}}?\s*(?:[,}}#].*)?$")
_MOST: Final = 500
"""Texts that are looked for everywhere: far more than a file has secrets, and few enough to be quick."""
_READING: Final = "CW1"


def looks_secret(key: str) -> bool:
    """Whether what stands under a key of this name may be a secret."""
    return bool(_LOOKS.search(key)) or did_you_mean(key, _NEAR) is not None


def is_reference(node: Node) -> bool:
    """Whether a node is meant to say where something is kept: `{env: NAME}` or `{file: PATH}`."""
    return isinstance(node, Map) and len(node) == 1 and node.entries[0][0].text in REFERENCES


def may_be_secrets(node: Node, *, under_secret: bool = False) -> Iterator[Scalar]:
    """The texts of a document that may be secrets in clear."""
    match node:
        case Scalar():
            if under_secret or shows_password(node.text):
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
    """The same problems without the secrets of this file.

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
    known = sorted((word for word in words if len(word.strip()) >= 4), key=len, reverse=True)[:_MOST]
    pattern = re.compile("|".join(map(re.escape, known))) if known else None

    def without(said: str) -> str:
        return said if pattern is None else pattern.sub(HIDDEN, said)

    shown = Diagnostics()
    for name, source in diagnostics.sources.items():
        shown.add_source(name, source)
    plain = "".join(lines)
    shown.add_source(file, plain if pattern is None else pattern.sub(lambda hit: "*" * len(hit.group()), plain))
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
        indent = len(line) - len(line.lstrip())
        said = _SAID.search(line)
        if within is not None and (indent > within or not line.strip()):
            begin = 0
        elif said is not None:
            within, begin = indent, said.end()
        else:
            within = None
            address = _ADDRESS.search(line)
            if address is None:
                continue
            begin = address.start()
        if _KEPT.fullmatch(line[begin:]):
            continue
        hidden.update(_WORD.findall(line[begin:]))
        lines[at] = line[:begin] + _stars(line[begin:])
    return hidden


def _stars(text: str) -> str:
    return re.sub(r"\S", "*", text)
