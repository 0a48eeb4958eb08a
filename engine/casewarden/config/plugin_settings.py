"""A plugin's settings as values: texts as YAML 1.2 takes them, and secrets by reference.

What they mean is the plugin's: its JSON Schema judges them, see `casewarden.config.check_plugins`.
"""

import math
import re
from typing import Final

from casewarden.config.hiding import is_reference
from casewarden.config.read_secrets import read_secret
from casewarden.config.reading import Reading
from casewarden.config.settings import SecretRef, Setting
from casewarden.config.store_address import shows_password
from casewarden.ruleset.forms import as_map, is_empty
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.schema.parts import resolved

_ID: Final = re.compile(r"[-+]?(?:0[xo])?[0-9a-fA-F]{17,}|.{32,}", re.DOTALL)
"""What has so many digits is an id: as a number it would lose the last of them."""
_UNREAD: Final = SecretRef("env", "")
"""Stands for what was told already, so that the plugin's schema says nothing of it."""


def read_settings_of(reading: Reading, node: Node, what: str) -> dict[str, Setting] | None:
    """The settings; what could not be read of them is reported and left out."""
    entries = as_map(reading, node, what, "{inbox: inbox}")
    return None if entries is None else _entries(reading, entries)


def _entries(reading: Reading, entries: Map) -> dict[str, Setting]:
    return {key.text: _value(reading, value, f"`{key.text}`") for key, value in entries}


def _value(reading: Reading, node: Node, what: str) -> Setting:
    if is_reference(node):
        return read_secret(reading, node, what) or _UNREAD
    match node:
        case Scalar():
            return _scalar(reading, node, what)
        case Seq():
            return [_value(reading, item, what) for item in node.items]
        case Map():
            return dict(_entries(reading, node))


def _scalar(reading: Reading, node: Scalar, what: str) -> Setting:
    if shows_password(node.text):
        fix = "write `{env: NAME}` in its place, and set that variable to the whole address"
        reading.error("CW921", node, f"{what} is an address that shows its password", fix)
        return _UNREAD
    if node.quoted or is_empty(node) or _ID.fullmatch(node.text):
        return node.text
    value = resolved(node.text)
    if isinstance(value, float) and not math.isfinite(value):
        reading.error("CW410", node, f"{what} is no number that can be kept: `{node.text}`", "quote it if it is a text")
        return None
    return value
