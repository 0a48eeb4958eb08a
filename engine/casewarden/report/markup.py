"""Elements of HTML and SVG as text; what is not an element already is escaped, so no text of a history is markup."""

import re
from html import escape as _escape
from typing import Final

# What HTML may not hold: controls, and halves of surrogate pairs, which no file can hold.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def escape(text: str, quote: bool = True) -> str:
    """A text as it stands in a page; what may not stand there becomes U+FFFD."""
    return _CONTROLS.sub("\ufffd", _escape(text, quote))


class Markup(str):
    """Text that is markup: made by `el` or `join` only."""

    __slots__ = ()


def el(tag: str, /, *children: str | None, **attributes: str | float | None) -> Markup:
    """One element. Attributes: `class_` for class, `_` for `-`; None leaves one out; numbers get 2 places."""
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is not None:
            text = value if isinstance(value, str) else number(value)
            parts.append(f' {name.rstrip("_").replace("_", "-")}="{escape(text)}"')
    if not children and tag in _VOID:
        return Markup("".join([*parts, "/>"]))
    parts.append(">")
    parts += [child if isinstance(child, Markup) else escape(child, quote=False) for child in children if child]
    parts.append(f"</{tag}>")
    return Markup("".join(parts))


def join(*parts: str | None) -> Markup:
    """Elements and texts one after the other."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part, quote=False) for part in parts if part))


def number(value: float) -> str:
    """A number for an attribute: at most two places, none where they are zero."""
    return f"{round(value, 2):.2f}".rstrip("0").rstrip(".")


_VOID = frozenset({"br", "meta", "rect", "line", "circle", "path", "polygon", "polyline", "col"})
