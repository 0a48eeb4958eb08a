"""The building blocks of JSON Schemas, and how an editor sees a text of YAML.

The schemas are draft-07: every version of yaml-language-server, the editors of JetBrains and `jsonschema` know it, and
a description beside a `$ref` is shown there. Nothing but a description may stand beside a `$ref`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from casewarden.ruleset.keys import Keys

Schema = dict[str, Any]

NAME_PATTERN: Final = "[a-z][a-z0-9_]*"
LEVEL_PATTERN: Final = "[a-z0-9][a-z0-9_]*"
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_RADIX: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BOOLEAN: Final = re.compile(r"true|True|TRUE|false|False|FALSE")
_NULL: Final = re.compile(r"null|Null|NULL|~|")


def resolved(text: str) -> str | int | float | bool | None:
    """What an unquoted text is for an editor: YAML 1.2, core schema (section 10.3.2); `.inf` and `.nan` stay text."""
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text[0] in "tT"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _RADIX.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


def said(schema: Schema, about: str) -> Schema:
    """The schema with what it means; definitions that say it themselves are told anew for this place."""
    return {**schema, "description": about}


def nothing(why: str) -> Schema:
    """A place at which nothing can stand, with the reason."""
    return {"not": {}, "description": why}


def text(about: str | None = None) -> Schema:
    """A text with something in it: whatever an editor takes it for, but for null, which is an empty value."""
    schema: Schema = {"type": ["string", "number", "boolean"], "minLength": 1, "pattern": "\\S"}
    return schema if about is None else said(schema, about)


def matching(pattern: str, *, examples: Iterable[str] = ()) -> Schema:
    """A text of this form as a whole."""
    schema: Schema = {"type": "string", "pattern": f"^(?:{pattern})$"}
    shown = list(examples)
    return {**schema, "examples": shown} if shown else schema


def words(meanings: Mapping[str, str] | Iterable[str]) -> Schema:
    """One of these words, in each spelling that an editor sees: `1` as a text and as a number."""
    listed = dict(meanings) if isinstance(meanings, Mapping) else dict.fromkeys(meanings, "")
    found: dict[tuple[type, Any], str] = {}  # by type too, since 1 and True are equal
    for word, meaning in listed.items():
        for value in (resolved(word), word):
            found.setdefault((type(value), value), meaning)
    schema: Schema = {"enum": [value for _, value in found]}
    if any(found.values()):
        schema["enumDescriptions"] = list(found.values())
    return schema


def whole(low: int, high: int) -> Schema:
    """A whole number."""
    return {"type": ["integer", "string"], "minimum": low, "maximum": high, "pattern": "^[+-]?[0-9]+$"}


def listing(item: Schema) -> Schema:
    """A list with something in it, each thing once."""
    return {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}


def one_or_list(item: Schema) -> Schema:
    """One, or a list of them."""
    return {"anyOf": [item, listing(item)]}


def either(*choices: Schema) -> Schema:
    """One of several forms."""
    if not choices:
        return nothing("This file declares nothing that could stand here.")
    return choices[0] if len(choices) == 1 else {"anyOf": list(choices)}


def mapping(properties: Mapping[str, Schema], **more: Any) -> Schema:
    """A mapping with something in it and no other keys than these."""
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        "minProperties": 1,
        **more,
    }


def element(keys: Keys, values: Mapping[str, Schema], **more: Any) -> Schema:
    """An element with the keys of the catalogue; `values` must have a schema for each of them."""
    if set(values) != set(keys.names):
        wrong = sorted(set(values) ^ set(keys.names))
        raise ValueError(f"keys and schemas differ: {', '.join(wrong)}")
    properties = {entry.name: said(values[entry.name], entry.about) for entry in keys.entries}
    required = [*keys.required, *(("clause",) if keys.cites else ())]
    stated: Schema = {"required": required} if required else {}
    return {"description": keys.about, **mapping(properties), **stated, **more}


def named(value: Schema, *, pattern: str = NAME_PATTERN, reserved: Iterable[str] = (), most: int = 64) -> Schema:
    """A mapping from names of the author's own to values."""
    names: Schema = {"title": "name", "pattern": f"^(?:{pattern})$", "maxLength": most}
    taken = sorted(reserved)
    if taken:
        names["not"] = {"enum": taken}
    return {"type": "object", "minProperties": 1, "propertyNames": names, "additionalProperties": value}


def table(names: Iterable[str] | None, value: Schema, *, pattern: str = NAME_PATTERN) -> Schema:
    """A value for each of the names; where they are not known, for any names."""
    known = None if names is None else list(names)
    if known is None:
        return named(value, pattern=pattern)
    if not known:
        return nothing("No name is declared for it.")
    # yaml-language-server compares the keys `1` and "1" as different, unless a pattern finds them
    numbers = [name for name in known if resolved(name) != name]
    patterns: Schema = {"patternProperties": {f"^(?:{'|'.join(numbers)})$": {}}} if numbers else {}
    return mapping(dict.fromkeys(known, value), required=known, **patterns)


def exactly_one(keys: Iterable[str]) -> Schema:
    """A part of a mapping's schema: one of these keys, and not two."""
    return {"oneOf": [{"required": [key]} for key in keys]}
