"""Exports as JSON: bounded in size and depth, and read by accessors that say the place of what is wrong."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from casewarden.importing.fate import ImportProblem

MAX_BYTES: Final = 20_000_000
MAX_DEPTH: Final = 60
MAX_VALUES: Final = 500_000
MAX_SHOWN: Final = 160
_DIGITS: Final = 30  # numbers with more are no ids, and take long to convert
_LONG_NUMBER: Final = re.compile(rb"[0-9]{400}")


@dataclass(frozen=True, slots=True)
class Item:
    """A value of an export and the path to it, such as `triggers[3].conditions.all[1]`."""

    value: Any
    path: str

    def get(self, key: str) -> "Item":
        """The value under a key; of None where there is none, or this is no object."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return Item(found, f"{self.path}.{key}" if self.path else key)

    def items(self) -> list["Item"]:
        """The items of a list; a missing one has none. ImportProblem for anything else."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise ImportProblem(f"`{self.path}` is {kind(self.value)}, not a list", "export the definitions anew")
        return [Item(value, f"{self.path}[{number}]") for number, value in enumerate(self.value)]

    def table(self) -> "Item":
        """This, if it is an object; ImportProblem otherwise."""
        if not isinstance(self.value, dict):
            raise ImportProblem(f"`{self.path}` is {kind(self.value)}, not an object", "export the definitions anew")
        return self

    def text(self) -> str:
        """A text or number as text; nothing else has one."""
        match self.value:
            case str():
                return self.value
            case bool():
                return "true" if self.value else "false"
            case int() if abs(self.value) < 10**_DIGITS:
                return str(self.value)
            case float():
                return repr(self.value)
            case _:
                return ""

    def number(self) -> int | None:
        """A whole number, also where it is written as text."""
        text = self.text()
        return int(text) if re.fullmatch(r"-?[0-9]{1,12}", text) else None

    def shown(self) -> str:
        """The value as it is written, shortened."""
        return shorten(self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False))


def read_export(data: bytes) -> Item:
    """The export of a file; ImportProblem where it is no JSON, too large, or too deep."""
    if len(data) > MAX_BYTES:
        raise ImportProblem(f"the file has more than {MAX_BYTES // 1_000_000} MB", "export fewer definitions at a time")
    if _LONG_NUMBER.search(data):
        raise ImportProblem("a number has 400 digits or more", "no definition has such a number")
    _refuse_depth(data)
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise ImportProblem(f"the byte {error.start} is not UTF-8", "save the export as UTF-8") from None
    except json.JSONDecodeError as error:
        raise ImportProblem(
            f"this is no JSON: {error.msg} in line {error.lineno}, column {error.colno}",
            "give the file as the helpdesk's API answered it",
        ) from None
    _refuse_count(value)
    return Item(value, "")


def _refuse_constant(word: str) -> None:
    raise ImportProblem(f"`{word}` is no JSON", "give the file as the helpdesk's API answered it")


def _refuse_depth(data: bytes) -> None:
    """Count brackets outside of texts before the parser, which is recursive, sees them."""
    depth = 0
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', data, re.DOTALL):
        sign = token[0]
        if sign in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise ImportProblem(f"values stand more than {MAX_DEPTH} levels deep", "no definition is that deep")
        elif sign in (b"]", b"}"):
            depth -= 1


def _refuse_count(value: Any) -> None:
    left, waiting = MAX_VALUES, [value]
    while waiting:
        one = waiting.pop()
        left -= 1
        if left < 0:
            raise ImportProblem(f"there are more than {MAX_VALUES:,} values", "export fewer definitions at a time")
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def shorten(text: str, most: int = MAX_SHOWN) -> str:
    """One line of the text, cut where it is long, which it then says."""
    line = " ".join(text[: most * 4].split())
    return line if len(line) <= most and len(text) <= most * 4 else f"{line[:most]}... ({len(text):,} characters)"


def kind(value: Any) -> str:
    """What a JSON value is, in words."""
    match value:
        case None:
            return "missing"
        case bool():
            return "yes or no"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"
