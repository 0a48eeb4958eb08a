"""Texts with placeholders of another system: those with an equal become ours, all others stay as words in brackets."""

import re
from collections.abc import Callable
from typing import Final

from casewarden.importing.export import shorten
from casewarden.importing.fate import Left, Part, kept

MAX_TEXT: Final = 19_000
MAX_SUBJECT: Final = 900
_TAG: Final = re.compile(r"\{\{(.{0,500}?)\}\}|\{%(.{0,500}?)%\}", re.DOTALL)
_SIGNS: Final = re.compile(r"\{(?=[{%#])|[}%#](?=\})")

Equal = tuple[str, str | None] | Left
"""A path of ours and in what it differs, or why there is none."""


def translated(text: str, equal: Callable[[str], Equal]) -> tuple[str, list[Part]]:
    """The text with our placeholders, and what became of each of its own."""
    parts: list[Part] = []

    def replaced(match: re.Match[str]) -> str:
        inside = (match[1] if match[1] is not None else match[2]).strip()
        what = f"the placeholder `{shorten(inside, 60)}`"
        if match[1] is None:
            found: Equal = Left("messages have no conditions or loops", "two rules, each with a message of its own")
        else:
            found = equal(inside)
        if isinstance(found, Left):
            parts.append(found.part(what))
            return f"[{inside}]"
        parts.append(kept(what, found[1]))
        return f"\0{found[0]}\1"

    plain = re.sub(r"[\0\1]", "\ufffd", text)
    bare = _SIGNS.sub(lambda match: f"{match[0]} ", _TAG.sub(replaced, plain))
    return bare.replace("\0", "{{ ").replace("\1", " }}"), parts
