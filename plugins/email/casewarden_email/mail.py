"""A mail as read from its bytes, whatever they are: nothing here raises, and nothing takes time or room without end.

Every header and every part is read on its own: real mail names charsets that nobody knows, breaks off, nests without
end. `compat32` is used, not `policy.default`, whose headers raise when they are looked at.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property
from typing import Any, Final

MOST_PARTS: Final = 200
MOST_DEPTH: Final = 20
_MOST_HEADER: Final = 20_000
_MOST_HEADERS: Final = 256_000
_ID: Final = re.compile(r"<[^<>\s]{3,250}>")
_BAD: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_FAILS: Final = (
    LookupError, ValueError, TypeError, AttributeError, RecursionError, MessageError, HeaderParseError,
    AssertionError, OverflowError, ArithmeticError,
)  # fmt: skip
"""What the standard library raises on mail that it cannot read."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds something itself: its type and name, and its bytes decoded."""

    type: str
    name: str | None
    charset: str | None
    is_attachment: bool
    body: bytes


@dataclass(frozen=True)
class Mail:
    """A mail. `is_cut`: its end was not read."""

    raw: bytes = field(repr=False)
    is_cut: bool = False

    @cached_property
    def message(self) -> "Message[str, str]":
        """As parsed; only the headers where the body is built to be expensive."""
        if len(self.raw[: _head_end(self.raw)]) > _MOST_HEADERS:
            return message_from_bytes(self.raw[: _MOST_HEADERS - 1] + b"\n\n", policy=compat32)
        lower = self.raw.lower()
        if lower.count(b"multipart/") + lower.count(b"message/rfc822") <= MOST_PARTS:
            try:
                return message_from_bytes(self.raw, policy=compat32)
            except _FAILS:
                pass
        try:
            return BytesHeaderParser(policy=compat32).parsebytes(self.raw[: _head_end(self.raw)])
        except _FAILS:
            return Message()

    def header(self, name: str) -> str:
        """A header's first value, decoded, on one line; empty where there is none."""
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> list[str]:
        """All values of a header, each decoded and on one line."""
        return [decoded(one) for one in self._raw(name)]

    def addresses(self, *names: str) -> list[str]:
        """The addresses in these headers, in lower case, each once."""
        found: list[str] = []
        for name in names:
            for _, address in self.named(name):
                found.append(address)
        return list(dict.fromkeys(found))

    def named(self, name: str) -> list[tuple[str, str]]:
        """Names and addresses in a header. Addresses are taken from the text as it stands, before it is decoded."""
        try:
            pairs = getaddresses([_one_line(one) for one in self._raw(name)[:50]])
        except _FAILS:
            return []
        return [(decoded(label), clean(address).casefold()) for label, address in pairs[:200] if "@" in address]

    def _raw(self, name: str) -> list[str]:
        """A header's values as they stand; `get_all` would lose bytes beyond ASCII."""
        wanted = name.casefold()
        return [str(value) for found, value in self.message.raw_items() if found.casefold() == wanted][:100]

    @cached_property
    def sender(self) -> str:
        """The address in From; empty where there is none, or more than one."""
        found = self.addresses("From")
        return found[0] if len(found) == 1 and len(self.headers("From")) == 1 else ""

    @cached_property
    def id(self) -> str | None:
        """The Message-ID."""
        return next(iter(_ID.findall(self.header("Message-ID"))), None)

    @cached_property
    def references(self) -> list[str]:
        """The ids that it answers, the nearest first; at most 30."""
        answered = _ID.findall(self.header("In-Reply-To"))
        return list(dict.fromkeys([*answered[:5], *reversed(_ID.findall(self.header("References")))]))[:30]

    @property
    def day(self) -> str | None:
        """The day in the Date header as it is written there, `261201`; None where it has none."""
        try:
            said = parsedate_to_datetime(self.header("Date"))
        except _FAILS:
            return None
        return f"{said:%y%m%d}" if 1990 <= said.year < 2060 else None  # of strptime's two digits, 69 is 1969

    @cached_property
    def digest(self) -> str:
        """What makes it the same mail where it comes twice, after whatever way and into whatever folder.

        The id alone would not do: who knows one could send another mail under it first.
        """
        known = [self.id or "", self.sender, self.header("Date"), self.header("Subject")]
        whole = hashlib.sha256("\n".join(known).encode("utf-8", "replace"))
        if self.id is None:
            whole.update(self.raw)
        return whole.hexdigest()

    def parts(self) -> Iterator[Part]:
        """The parts that hold something; at most 200, at most 20 deep. A mail within a mail is one part, unread."""
        waiting: list[tuple[Any, int]] = [(self.message, 0)]
        count = 0
        while waiting and count < MOST_PARTS:
            part, depth = waiting.pop()
            count += 1
            if not isinstance(part, Message):
                continue
            kind = _guarded(part.get_content_type, "text/plain")
            inner = part.get_payload()
            if isinstance(inner, list) and depth < MOST_DEPTH and kind.startswith("multipart/"):
                waiting += [(one, depth + 1) for one in reversed(inner[:MOST_PARTS])]
                continue
            yield Part(
                kind,
                _name(part),
                _guarded(part.get_content_charset, None),
                _guarded(part.get_content_disposition, None) == "attachment" or kind.startswith("message/"),
                _body(part, inner),
            )


def decoded(text: str) -> str:
    """A header's value with its encoded words decoded, each on its own, on one line."""
    text = _one_line(text)
    try:
        chunks = decode_header(text)
    except _FAILS:
        return clean(text)
    return clean("".join(as_text(one, name) if isinstance(one, bytes) else one for one, name in chunks))


def as_text(body: bytes, charset: str | None) -> str:
    """Bytes as text: in the charset that they name, or in one that takes them; nothing is lost for want of a name."""
    for name in (charset, "utf-8", "windows-1252"):
        if name is None:
            continue
        try:
            text = body.decode(name)
        except _FAILS:
            continue
        if isinstance(text, str):
            return text
    return body.decode("latin-1")


def clean(text: str) -> str:
    """A text without what no store keeps, and without what writes over other text."""
    return _BAD.sub("\ufffd", _surrogates(text))


def readable(text: str) -> str:
    """A text that people read, without what no store keeps and what writes over other text: nothing stands for it."""
    return _BAD.sub("", _surrogates(text))


def _surrogates(text: str) -> str:
    """Bytes that stood in a header as they are (8 bit without a charset) are read as text."""
    if text.isascii():
        return text
    try:
        return as_text(text.encode("ascii", "surrogateescape"), None)
    except UnicodeEncodeError:
        return text


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\t]+ *", " ", text[:_MOST_HEADER]).strip()


def _head_end(raw: bytes) -> int:
    found = re.search(rb"\r?\n\r?\n", raw)
    return found.end() if found else len(raw)


def _guarded(ask: Any, usual: Any) -> Any:
    try:
        return ask()
    except _FAILS:
        return usual


def _name(part: "Message[str, str]") -> str | None:
    name = _guarded(part.get_filename, None)
    if not isinstance(name, str):
        return None
    return decoded(name).replace("/", "_").replace("\\", "_")[:200]


def _body(part: "Message[str, str]", inner: Any) -> bytes:
    if isinstance(inner, list):
        return _guarded(lambda: b"".join(one.as_bytes() for one in inner[:MOST_PARTS]), b"")  # type: ignore[no-any-return]
    found = _guarded(lambda: part.get_payload(decode=True), None)
    if isinstance(found, bytes):
        return found
    return str(inner or "").encode("utf-8", "surrogateescape")
