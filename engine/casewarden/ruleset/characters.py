"""From bytes to the text of a file: size, encoding and the characters that may not stand in it."""

import re
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostics, Place

MAX_BYTES: Final = 5_000_000
"""A ruleset of 2,000 rules is a tenth of this; the bound keeps every answer quick."""

_BOM: Final = "\ufeff"
_SHOWN: Final = 5  # forbidden characters reported one by one; a binary file has thousands
_MARKS: Final = (  # the longer ones first: that of UTF-32 begins as that of UTF-16 does
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LOOKED_AT: Final = 1_000  # bytes of a file without mark that tell its encoding
# What YAML calls not printable (section 5.1 of YAML 1.2), and the line separators that only YAML 1.1 counts as line
# ends: an editor and the parser would disagree about the number of every later line. Surrogates cannot be encoded.
_FORBIDDEN: Final = r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_FORBIDDEN_ASCII: Final = r"[^\t\n\r\x20-\x7e]"  # the same in a file of ASCII: a hundred times quicker to compile
_LINE_END: Final = re.compile(r"\r\n?|\n")


def decode(data: bytes | str, file: str, diagnostics: Diagnostics) -> str | None:
    """The text of a file without byte order mark, or None where it is no text.

    Forbidden characters are reported and replaced by U+FFFD, one for one, so that the rest can be read in its place.
    """
    size = len(data)
    if size > MAX_BYTES:
        refuse_size(size, file, diagnostics)
        return None
    text = data if isinstance(data, str) else _utf8(data, file, diagnostics)
    if text is None:
        return None
    if text.startswith(_BOM):
        diagnostics.warning(
            "CW105",
            Place(file, 1, 1, 1, 1),
            "the file begins with a byte order mark",
            "save it as UTF-8 without mark; `casewarden fmt` takes it out",
        )
        text = text[1:]
    diagnostics.add_source(file, text)
    return _without_forbidden(text, file, diagnostics)


def with_replacements(text: str) -> str:
    """The text with U+FFFD in place of every character that may stand in no file, also of half a surrogate pair."""
    return re.sub(_FORBIDDEN_ASCII if text.isascii() else _FORBIDDEN, "\ufffd", text)


def wide_encoding(data: bytes) -> str | None:
    """The encoding of two or four bytes a letter in which a text is written (`utf-16`, `utf-32-le`), or None.

    It is told by the mark at the beginning, else by the zero bytes of letters that ASCII has.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    head = data[:_LOOKED_AT]
    for width, little, big in ((4, "utf-32-le", "utf-32-be"), (2, "utf-16-le", "utf-16-be")):
        letters = len(head) // width
        zeros = [head[at : letters * width : width].count(0) for at in range(width)]
        for encoding, at in ((little, 0), (big, width - 1)):
            others = zeros[:at] + zeros[at + 1 :]
            if letters > 1 and min(others) > letters // 2 and zeros[at] == 0:
                return encoding
    return None


def encoding_name(encoding: str) -> str:
    """An encoding as people know it: `UTF-16`."""
    return encoding[:6].upper()


def refuse_size(size: int | None, file: str, diagnostics: Diagnostics) -> None:
    """Report a file as too large; `size` in bytes where it is known."""
    found = "more than 5 MB" if size is None else f"{size / 1_000_000:.1f} MB"
    diagnostics.error(
        "CW101",
        Place(file, 1, 1, 1, 1),
        f"the file has {found}; at most 5 MB are read",
        "split it into files and name them under `include`",
    )


def line_starts(text: str) -> list[int]:
    """The index of the first character of every line; lines end with LF, CR LF or CR."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def _utf8(data: bytes, file: str, diagnostics: Diagnostics) -> str | None:
    wide = wide_encoding(data)
    if wide is not None:
        diagnostics.add_source(file, data.decode(wide, errors="replace").removeprefix(_BOM))
        message = f"the file is {encoding_name(wide)}, not UTF-8"
        diagnostics.error("CW104", Place(file, 1, 1, 1, 2), message, "save it as UTF-8")
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        bad = data[error.start]
    starts = line_starts(before)
    line, column = len(starts), len(before) - starts[-1] + 1
    message = f"the byte 0x{bad:02X} is not UTF-8"
    fix = f"save the file as UTF-8; in Latin-1 this byte is `{chr(bad)}`" if bad >= 0xA0 else "save the file as UTF-8"
    # The rest of the line may be shown, with the bytes that are no text replaced.
    diagnostics.add_source(file, data.decode("utf-8", errors="replace"))
    diagnostics.error("CW104", Place(file, line, column, line, column + 1), message, fix)
    return None


def _without_forbidden(text: str, file: str, diagnostics: Diagnostics) -> str:
    forbidden = re.compile(_FORBIDDEN_ASCII if text.isascii() else _FORBIDDEN)
    first = forbidden.search(text)
    if first is None:
        return text
    starts = line_starts(text)
    line = 0
    found = list(forbidden.finditer(text, first.start()))
    for count, match in enumerate(found, start=1):
        index = match.start()
        while line + 1 < len(starts) and starts[line + 1] <= index:
            line += 1
        column = index - starts[line] + 1
        more = "" if count < _SHOWN or len(found) == count else f"; {len(found) - count} more follow"
        diagnostics.error(
            "CW106",
            Place(file, line + 1, column, line + 1, column + 1),
            f"the character U+{ord(match.group()):04X} may not stand in a file{more}",
            "take it out",
        )
        if count == _SHOWN:
            break
    return forbidden.sub("\ufffd", text)
