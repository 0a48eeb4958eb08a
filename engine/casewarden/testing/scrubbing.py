"""Taking out of recordings what may not be kept: secrets in every form that they travel in, and mail addresses."""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, quote_plus

import re2

HIDDEN: Final = "[hidden]"
_HEADERS: Final = re.compile(r"(?i)authorization|cookie|token|secret|api-?key|signature|password|credential")
_CALLED_SO: Final = "password|passwd|secret|token|api_?key|credential|signature|assertion|authorization"
_PAIR: Final = re2.compile(
    rf"""(?i)(["']?[a-z0-9_-]*(?:{_CALLED_SO})s?["']?\s*[:=]\s*)"""
    r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s&,;"'{}\[\]]+)"""
)
"""A name, what stands between it and its value, and the value. Recordings are long and hostile: linear time."""
_ADDRESS: Final = re2.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


@lru_cache(maxsize=256)
def forms_of(secret: str) -> tuple[str, ...]:
    """A secret as it is, and as it stands in URLs, JSON, headers and base64."""
    raw = secret.encode()
    forms = {secret, quote(secret, safe=""), quote_plus(secret), secret.encode("unicode_escape").decode(), raw.hex()}
    for shift in range(3):  # in base64 the same text looks otherwise at each of three places
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * shift + raw).decode().rstrip("=")
            inner = text[(0, 2, 3)[shift] : len(text) - 1]  # its ends hang on what stands beside it
            if len(inner) >= 8:
                forms.add(inner)
    return tuple(sorted((form for form in forms if form), key=len, reverse=True))


@dataclass(slots=True)
class Scrubber:
    """Takes out what it knows to be secret, what is called so, and who wrote: the same address is the same stand-in."""

    secrets: tuple[str, ...] = ()
    keep_addresses: bool = False
    _people: dict[str, str] = field(default_factory=dict)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers as they may be kept."""
        return {
            name: HIDDEN if _HEADERS.search(name) else self.text(value, pairs=False) for name, value in headers.items()
        }

    def text(self, text: str, *, pairs: bool = True) -> str:
        """A text, address or body as it may be kept; `pairs`: what stands behind a name like `token` goes too."""
        for form in _longest_first(self.secrets):
            text = text.replace(form, HIDDEN)
        if pairs:
            text = str(_PAIR.sub(_hidden, text))
        return text if self.keep_addresses else str(_ADDRESS.sub(self._person, text))

    def _person(self, found: Any) -> str:
        address = found[0].lower()
        if address.endswith((".example", ".invalid", ".test")):
            return str(found[0])
        return self._people.setdefault(address, f"person-{len(self._people) + 1}@example.invalid")


def _longest_first(secrets: Iterable[str]) -> list[str]:
    return sorted((form for secret in secrets for form in forms_of(secret)), key=len, reverse=True)


def _hidden(found: Any) -> str:
    quotes = found[2][0] if found[2][0] in "\"'" else ""
    return f"{found[1]}{quotes}{HIDDEN}{quotes}"
