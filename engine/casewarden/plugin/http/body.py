"""The body of an answer: read no further than its limit, and the JSON in it made of values that can be kept."""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.plugin.http.problems import TooDeepError, TooLargeError, UnreachableError, UnreadableError

_PIECE: Final = 65_536
_GZIP: Final = 16 + zlib.MAX_WBITS
_LONE: Final = re.compile("[\x00\ud800-\udfff]")
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
ENCODINGS: Final = "gzip"
"""What is asked for: it can be unpacked piece by piece, so that a small answer cannot become a large one unseen."""


def read_body(
    pieces: Iterable[bytes], headers: Mapping[str, str], most: int, what: str, in_time: Callable[[], bool]
) -> bytes:
    """The whole body, unpacked. TooLargeError beyond `most` bytes; UnreachableError where it is cut off or too slow."""
    coding = headers.get("content-encoding", "").strip().casefold()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise UnreadableError(f"{what}: the answer is packed as `{coding[:20]}`, and only gzip was asked for")
    unpack = zlib.decompressobj(_GZIP) if "gzip" in coding else None
    body = bytearray()
    for piece in pieces:
        if not in_time():
            raise UnreachableError(f"{what}: the answer did not come to its end in time")
        try:
            _take(body, piece, unpack, most)
        except zlib.error:
            raise UnreadableError(f"{what}: the answer is no gzip, though it says so") from None
        if len(body) > most:
            raise TooLargeError(f"{what}: the answer has more than {most:,} bytes; ask for less at once")
    if unpack is not None and body and not unpack.eof:
        raise UnreachableError(f"{what}: the answer ends in the middle")
    return bytes(body)


def _take(body: bytearray, piece: bytes, unpack: Any, most: int) -> None:
    if unpack is None:
        body += piece
        return
    while piece and len(body) <= most:
        body += unpack.decompress(piece, _PIECE)
        piece = unpack.unconsumed_tail


def read_json(body: bytes, headers: Mapping[str, str], depth: int, what: str) -> Json:
    """The JSON value of a body. Bytes of no character, halves of surrogate pairs and U+0000 become U+FFFD.

    UnreadableError says what it is instead, so that an HTML page of a proxy is told as such. TooDeepError is one.
    """
    text = _text(body, headers)
    try:
        value: Json = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise TooDeepError(f"{what}: the answer is nested more than {depth} deep") from None
    except ValueError as problem:
        raise UnreadableError(f"{what}: {_instead(text, headers, problem)}") from None
    if _is_deeper(value, depth):
        raise TooDeepError(f"{what}: the answer is nested more than {depth} deep")
    return _kept(value) if "\\u0000" in text or "\\ud" in text.casefold() or "\0" in text else value


def decoded(body: bytes, headers: Mapping[str, str]) -> str:
    """A body as text, in the charset that it states or else UTF-8; never an error."""
    found = _CHARSET.search(headers.get("content-type", ""))
    try:
        return body.decode(found[1] if found else "utf-8", errors="replace")
    except (LookupError, UnicodeError):  # a charset that nobody knows, or one that is no text encoding
        return body.decode("utf-8", errors="replace")


def _text(body: bytes, headers: Mapping[str, str]) -> str:
    try:
        return body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        return decoded(body, headers)


def _instead(text: str, headers: Mapping[str, str], problem: ValueError) -> str:
    kind = headers.get("content-type", "").partition(";")[0].strip()[:60]
    start = text[:200].lstrip().casefold()
    if not text.strip():
        return "the answer is empty, and JSON was expected"
    if start.startswith(("<!doctype", "<html")) or kind == "text/html":
        return "the answer is a web page, and JSON was expected; the address may lead to a login page or a proxy"
    if isinstance(problem, json.JSONDecodeError):
        cut = " (it ends in the middle)" if problem.pos >= len(text.rstrip()) else ""
        return f"the answer is no JSON at line {problem.lineno}, column {problem.colno}: {problem.msg}{cut}"
    return "the answer has a number that is none, or is too long"


def _no_number(word: str) -> object:
    raise ValueError(word)


def _is_deeper(value: Json, depth: int) -> bool:
    """Whether it is nested deeper; level by level, which takes no more time than reading it did."""
    level: list[Any] = [value]
    for _ in range(depth + 1):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def _kept(value: Any) -> Any:
    """The value with U+FFFD where a text has what no store keeps; it is no deeper than its limit."""
    match value:
        case str():
            return _LONE.sub("\ufffd", value)
        case list():
            return [_kept(item) for item in value]
        case dict():
            return {_kept(key): _kept(item) for key, item in value.items()}
        case _:
            return value
