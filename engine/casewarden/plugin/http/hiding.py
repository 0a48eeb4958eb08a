"""Texts of the other end, made fit to be shown: without secrets, without control characters, short."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "***"
MOST_SAID: Final = 300
_LOOKED_AT: Final = 4_000
"""Characters of a foreign text that are looked at, before it is cut to what is shown."""
_SHORTEST: Final = 4

_USERINFO: Final = re.compile(r"//[^\s/@\"'<>]{1,500}@")
_QUERY: Final = re.compile(r"([?&][\w.\-\[\]%]{1,100}=)[^\s&#\"'<>)]+")
_SCHEME: Final = re.compile(r"\b(bearer|basic|token)(\s+)[\w\-.~+/=:]{8,}", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"((?:secret|passw(?:or)?d|api[_-]?key|access[_-]?token|refresh[_-]?token|authorization)[\"']?\s*[:=]\s*[\"']?)"
    r"[^\s\"',}&]+",
    re.IGNORECASE,
)
_TAGS: Final = re.compile(r"<(?:script|style)\b[^>]{0,500}>[^<]*|<[^<>]{0,500}>", re.IGNORECASE)
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


class Veil:
    """Knows secrets, and puts stars in their place: as they are, and as they look in addresses, headers and JSON."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._words: dict[str, None] = {}
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Hide this from now on; one of less than four characters is too short to be told from other text."""
        if len(secret) < _SHORTEST:
            return
        forms = (
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            base64.b64encode(secret.encode()).decode().rstrip("="),
        )
        known = sorted({*self._words, *forms}, key=lambda word: (-len(word), word))
        self._words = dict.fromkeys(known)

    def hide(self, text: str) -> str:
        """The text without secrets that are known, and without what looks like one: userinfo, query values, tokens."""
        for word in tuple(self._words):
            text = text.replace(word, HIDDEN)
        text = _USERINFO.sub(f"//{HIDDEN}@", text)
        text = _QUERY.sub(rf"\1{HIDDEN}", text)
        text = _SCHEME.sub(rf"\1\2{HIDDEN}", text)
        return _NAMED.sub(rf"\1{HIDDEN}", text)

    def said(self, text: str, most: int = MOST_SAID) -> str:
        """A foreign text on one line, without tags, cut to so many characters."""
        near = self.hide(text[:_LOOKED_AT])
        plain = " ".join(_UNSEEN.sub(" ", _TAGS.sub(" ", near)).split())
        return plain if len(plain) <= most else plain[: most - 3].rstrip() + "..."
