"""What was written in a transaction: its text, the names of attached files, and whether a person wrote it."""

from collections.abc import Iterable, Mapping, Sequence
from email.errors import MessageError
from email.message import Message
from email.parser import HeaderParser
from typing import Final

from inscriptis import get_text

from casewarden_rt.records import Part

LONGEST: Final = 1_000_000
"""Bytes of a text; a longer one is not read, and said to be so."""
_VIA: Final = {"email": "email", "web": "web", "mobile": "web", "rest": "api", "rest2": "api", "cli": "api"}
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply"})


def wanted(parts: Iterable[Part]) -> list[Part]:
    """The parts whose contents make the text: plain ones, or where there is none those in HTML."""
    texts = [part for part in parts if _is_text(part)]
    plain = [part for part in texts if part.type == "text/plain"]
    return [part for part in plain or texts if part.size <= LONGEST]


def text_of(parts: Sequence[Part], contents: Mapping[int, str]) -> str:
    """The text of a transaction, with what is attached named at its end."""
    texts = [part for part in parts if _is_text(part)]
    plain = [part for part in texts if part.type == "text/plain"]
    said: list[str] = []
    for part in plain or texts:
        if part.size > LONGEST:
            said.append(f"[a text of {part.size:,} bytes, which is not read]")
        else:
            content = contents.get(part.id, "")
            said.append((content if part.type == "text/plain" else plain_text(content)).strip())
    files = [part.file or f"a part of the type {part.type}" for part in parts if _is_file(part)]
    said += [f"[attached: {name}]" for name in files]
    return "\n\n".join(text for text in said if text)


def plain_text(html: str) -> str:
    """HTML as text, as a browser without pictures shows it."""
    return get_text(html) if html.strip() else ""


def via_of(parts: Sequence[Part]) -> str | None:
    """By which door it came, as Request Tracker noted it: email, web or api; None where it says nothing."""
    said = headers_of(parts).get("X-RT-Interface", "")
    return _VIA.get(said.strip().lower())


def is_automatic(parts: Sequence[Part]) -> bool | None:
    """Whether a machine wrote it: true by RFC 3834, 5; None where it only looks so."""
    headers = headers_of(parts)
    submitted = headers.get("Auto-Submitted", "no").partition(";")[0].strip().lower()
    if submitted not in ("", "no") or headers.get("Return-Path", "").strip() == "<>":
        return True
    if headers.get_content_type() == "multipart/report":
        return True
    precedence = headers.get("Precedence", "").strip().lower()
    named = any(name.lower().startswith(("x-auto", "x-autoreply")) for name in headers)
    return None if precedence in _BULK or named else False


def headers_of(parts: Sequence[Part]) -> Message:
    """The headers of what was written, with names in any case."""
    text = parts[0].headers if parts else ""
    try:
        return HeaderParser().parsestr(text)
    except (MessageError, LookupError, ValueError):  # mail has headers that no standard has thought of
        return Message()


def _is_text(part: Part) -> bool:
    return part.type in ("text/plain", "text/html") and not part.file


def _is_file(part: Part) -> bool:
    return bool(part.file) or not (part.type.startswith(("multipart/", "text/plain", "text/html")) or not part.type)
