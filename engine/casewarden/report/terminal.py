"""Texts of other people on a terminal: nothing in them steers it, in plain text and in JSON."""

import json
import re
from typing import Any, Final

# Controls (which could also move a terminal's cursor), line separators, direction marks, surrogates.
_ODD: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
# Of these, what JSON may hold as it is: outside its strings there is none, so that each can be written as an escape.
_ODD_IN_JSON: Final = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def visible(text: str) -> str:
    """A text of one line without characters that a terminal obeys or does not show: they become U+FFFD."""
    return _ODD.sub("\ufffd", text)


def visible_lines(text: str) -> str:
    """The same of a text of several lines."""
    return "\n".join(visible(line) for line in text.split("\n"))


def json_text(value: Any) -> str:
    """A value as indented JSON with a line end; characters that a terminal obeys are escaped, all others stay."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _ODD_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + "\n"
