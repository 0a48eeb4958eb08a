"""The mark of an action: what a connector leaves with each write, so that a later attempt finds what was done.

A mark is `cw-` and 16 letters or digits out of the action's key, the same at every attempt and in every place: in a
text, as a tag or label, in a mail header, as the name of an issue's property.

In texts it stands on a last line of its own, `Ref: cw-...`, in sight: helpdesks strip HTML comments, and normalise
characters without width, when they sanitise what is written or send it on as mail. Markdown, HTML and Jira's wiki
markup leave it as it is.

Anybody can work out the mark of a key, and a customer's answer quotes the text that it answers. So a mark says which
action a write was, never who wrote it: ask the helpdesk for the author first. Where something must not be guessed (an
address to answer to, a token in a subject), `sealed_mark` takes a secret.
"""

import hashlib
import hmac
import re
from base64 import b32encode
from collections.abc import Iterable, Mapping
from typing import Final

PREFIX: Final = "cw-"
HEADER: Final = "X-Casewarden-Mark"
LENGTH: Final = 16
"""80 bits: among a million million actions the chance that any two share a mark is less than half."""

_MARK: Final = re.compile(rf"(?<![a-z0-9_-]){PREFIX}[a-z2-7]{{{LENGTH}}}(?![a-z0-9_-])", re.IGNORECASE)
_FOOTER: Final = re.compile(rf"\s*Ref:\s*({PREFIX}[a-z2-7]{{{LENGTH}}})\s*", re.IGNORECASE)
_WORD: Final = "Ref: "
_PROPERTY: Final = "casewarden."


def mark_of(key: str) -> str:
    """The mark of an action's key."""
    return PREFIX + _short(hashlib.sha256(key.encode()).digest())


def sealed_mark(key: str, secret: bytes) -> str:
    """A mark that nobody can work out without the secret, in the same form."""
    return PREFIX + _short(hmac.digest(secret, key.encode(), "sha256"))


def is_sealed(mark: str, key: str, secret: bytes) -> bool:
    """Whether a mark is the sealed one of this key, in the same time for every wrong one."""
    return hmac.compare_digest(mark.casefold().encode(), sealed_mark(key, secret).encode())


def with_mark(text: str, mark: str) -> str:
    """A plain text with the mark on its last line."""
    return f"{text.rstrip()}\n\n{footer(mark)}"


def footer(mark: str) -> str:
    """The line that carries a mark, where a connector builds its own form of text (HTML, ADF)."""
    return f"{_WORD}{mark}"


def mark_at_end(text: str) -> str | None:
    """The mark that a text itself carries: on its last line. One in a quotation further up is another text's."""
    lines = text.rstrip().rsplit("\n", 1)
    found = _FOOTER.fullmatch(lines[-1])
    return found[1].casefold() if found else None


def without_mark(text: str) -> str:
    """A text without the line that carries its mark."""
    return text if mark_at_end(text) is None else text.rstrip().rpartition("\n")[0].rstrip()


def marks_in(text: str) -> tuple[str, ...]:
    """All marks that stand anywhere in a text, in quotations as well, each once."""
    return tuple(dict.fromkeys(found.casefold() for found in _MARK.findall(text)))


def marks_among(tags: Iterable[str]) -> tuple[str, ...]:
    """Those among tags or labels that are marks."""
    return tuple(tag.casefold() for tag in tags if _MARK.fullmatch(tag))


def without_marks(tags: Iterable[str]) -> list[str]:
    """The tags or labels that are no marks: those that people and rules look at."""
    return [tag for tag in tags if not _MARK.fullmatch(tag)]


def mark_in_headers(headers: Mapping[str, str]) -> str | None:
    """The mark that a mail's headers carry, whatever the case of their names."""
    for name, value in headers.items():
        if name.casefold() == HEADER.casefold():
            found = _MARK.fullmatch(value.strip())
            return found[0].casefold() if found else None
    return None


def property_of(mark: str) -> str:
    """The name of the issue property that stands for a mark: one for each action, so that two writes never meet."""
    return f"{_PROPERTY}{mark}"


def mark_of_property(name: str) -> str | None:
    """The mark that a property's name stands for, None for a property of others."""
    rest = name.removeprefix(_PROPERTY)
    return rest.casefold() if rest != name and _MARK.fullmatch(rest) else None


def _short(digest: bytes) -> str:
    return b32encode(digest).decode("ascii").casefold()[:LENGTH]
