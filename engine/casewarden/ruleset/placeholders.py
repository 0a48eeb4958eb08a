"""Placeholders of messages: `{{ PATH }}` and nothing else."""

import re
from collections.abc import Iterator
from typing import Final

from casewarden.ruleset.forms import Context
from casewarden.ruleset.nodes import Node
from casewarden.ruleset.paths import path_type

_BRACES: Final = re.compile(r"\{\{(.*?)\}\}|(\{\{|\}\}|\{%|%\}|\{#|#\})", re.DOTALL)
_PATH: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


def placeholders(text: str) -> list[str]:
    """The paths that a checked text shows, in its order."""
    return [match[1].strip() for match in _BRACES.finditer(text) if match[1] is not None]


def check_placeholders(context: Context, node: Node, text: str) -> bool:
    """Whether every placeholder is one path that can be shown; all others are reported."""
    fine = True
    for problem in _problems(context, node, text):
        message, fix = problem
        fine = False
        if message:
            context.error("CW418", node, message, fix)
    return fine


def _problems(context: Context, node: Node, text: str) -> Iterator[tuple[str, str | None]]:
    """What is wrong with each placeholder; an empty message where it was reported already."""
    for match in _BRACES.finditer(text):
        if match[1] is None:
            yield f"`{match[2]}` stands alone in the text", "write `{{ PATH }}` for a value"
            continue
        inside = match[1].strip()
        if not _PATH.fullmatch(inside):
            path = re.search(_PATH, inside)
            fix = f"write `{{{{ {path[0]} }}}}`" if path else "write a path: `{{ case.number }}`"
            yield f"`{' '.join(match[0].split())}` is no placeholder", fix
            continue
        if path_type(context, inside, node, in_message=True) is None:
            yield "", None
