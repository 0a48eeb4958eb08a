"""Connectors against what their plugins say of themselves: settings by JSON Schema, kinds of action by name.

The schema is the plugin's own, in any draft. Its word `secret` marks what may not stand in clear; a reference stands
for any text there. No message repeats a value, since it might be a secret under another key.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from jsonschema import SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from casewarden.config.reading import StatedConnector
from casewarden.config.settings import SecretRef, Setting
from casewarden.ruleset.diagnostics import Diagnostics, did_you_mean
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq

_TYPES: Final = {
    "string": "a text: quote it",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_BOUNDS: Final = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}
_extend: Final[Callable[[type[Validator], Mapping[str, Any]], Any]] = extend
_CLEAR: Final = "write `{env: NAME}` and set that variable, or `{file: PATH}` and put the secret into that file"


class Described(Protocol):
    """What a plugin says of its connectors (`casewarden.plugin.Spec`)."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The JSON Schema of its settings."""
        ...

    @property
    def actions(self) -> frozenset[str]:
        """The kinds of action that it can carry out."""
        ...


class _Reference(str):
    """What stands for a secret while settings are judged."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A problem at a path among the settings; `of_key`: it is the key there that is wrong, and not the value."""

    path: tuple[str | int, ...]
    code: str
    message: str
    fix: str | None = None
    of_key: bool = False


def check_connector(
    connector: StatedConnector, plugins: Mapping[str, Described], diagnostics: Diagnostics
) -> list[Scalar]:
    """Check one connector; the texts among its settings that are secrets in clear, so that nothing shows them."""
    name = connector.read.plugin
    plugin = plugins.get(name)
    if plugin is None:
        near = did_you_mean(name, plugins)
        known = f"installed are {', '.join(f'`{one}`' for one in plugins)}" if plugins else "install it"
        fix = f"did you mean `{near}`?" if near else known
        diagnostics.error("CW929", connector.plugin, f"there is no plugin `{name}`", fix)
        return []
    _check_actions(connector, plugin, diagnostics)
    secrets: list[Scalar] = []
    top: Node = connector.key if connector.settings is None else connector.settings
    for found in _problems(plugin.settings, connector.read.settings, name):
        at = _node_at(top, found)
        if found.code == "CW921":
            secrets += _texts(at)
        diagnostics.error(found.code, at, found.message, found.fix)
    return secrets


def clear_secrets(schema: Mapping[str, Any], settings: Mapping[str, Setting]) -> list[tuple[str | int, ...]]:
    """Where among settings a secret stands in clear; a schema that is wrong itself knows of none."""
    return [found.path for found in _problems(schema, settings, "") if found.code == "CW921"]


def _check_actions(connector: StatedConnector, plugin: Described, diagnostics: Diagnostics) -> None:
    for item in connector.actions.items if isinstance(connector.actions, Seq) else ():
        if isinstance(item, Scalar) and item.text in connector.read.for_actions - plugin.actions:
            able = ", ".join(f"`{kind}`" for kind in sorted(plugin.actions))
            diagnostics.error(
                "CW931",
                item,
                f"`{connector.read.plugin}` cannot carry out `{item.text}`",
                f"it can: {able}" if able else "leave `actions` out: it brings events only",
            )


def _node_at(node: Node, found: _Found) -> Node:
    """The node that a path leads to, or the last one that is there."""
    for depth, step in enumerate(found.path):
        if isinstance(node, Map):
            key = node.key_node(str(step))
            if key is not None and found.of_key and depth == len(found.path) - 1:
                return key
            node = node.get(str(step)) or node
        elif isinstance(node, Seq) and isinstance(step, int):
            node = node.items[step]
    return node


def _texts(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Seq():
            for item in node.items:
                yield from _texts(item)
        case Map():
            for _, value in node:
                yield from _texts(value)


# -- the plugin's schema


def _problems(schema: Mapping[str, Any], settings: Mapping[str, Setting], name: str) -> Iterator[_Found]:
    instance = {key: _instance(value) for key, value in settings.items()}
    try:
        plain = _plain(schema)
        kind = validator_for(plain)
        kind.check_schema(plain)
        judge: Validator = _extend(kind, {"secret": _judge_secret})(plain, registry=Registry())
        for error in sorted(judge.iter_errors(instance), key=lambda error: [str(part) for part in error.absolute_path]):
            yield from _told(error, instance)
    except (SchemaError, Unresolvable, re.error) as error:
        message = f"the plugin `{name}` has settings that are no JSON Schema: {type(error).__name__}"
        yield _Found((), "CW929", message, "tell those who made the plugin")


def _plain(value: Any) -> Any:
    """A schema of plain dicts and lists, as the judge wants it."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _instance(value: Setting) -> Any:
    match value:
        case SecretRef():
            return _Reference(value.name)
        case list():
            return [_instance(item) for item in value]
        case dict():
            return {key: _instance(item) for key, item in value.items()}
        case _:
            return value


def _judge_secret(_: Validator, is_secret: object, instance: object, __: object) -> Iterator[ValidationError]:
    if is_secret is True and instance is not None and not isinstance(instance, _Reference):
        yield ValidationError("a secret in clear")


def _told(error: ValidationError, instance: Mapping[str, Any]) -> Iterator[_Found]:
    """An error of the schema in words; of alternatives only what none of them lets stand in clear."""
    path = tuple(error.absolute_path)
    what = "`settings`" if not path else f"`{'.'.join(str(part) for part in path)}`"
    wanted: Any = error.validator_value
    referred = isinstance(error.instance, _Reference)
    match error.validator:
        case "secret":
            yield _Found(path, "CW921", f"{what} stands here in clear", _CLEAR)
        case "anyOf" | "oneOf":
            inner = [found for one in error.context or () for found in _told(one, instance) if found.code == "CW921"]
            yield from inner or [_Found(path, "CW930", f"{what} has none of the forms that the plugin knows")]
        case "additionalProperties" | "unevaluatedProperties" if isinstance(error.instance, dict):
            yield from _unknown(path, what, error)
        case "required":
            there: Any = error.instance
            lacking = [key for key in wanted if key not in there and not any(did_you_mean(one, [key]) for one in there)]
            if not lacking:
                return  # a mistyped one is told as such
            yield _Found(path, "CW930", f"{what} lacks {' and '.join(f'`{key}`' for key in lacking)}")
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else list(wanted)
            right = " or ".join(_TYPES.get(kind, kind) for kind in kinds)
            yield _Found(path, "CW930", f"{what} is of the wrong type", f"write {right}")
        case _ if referred:
            return  # what stands there is known later only
        case "enum" | "const":
            yield _among(path, what, error)
        case bound if bound in _BOUNDS:
            yield _Found(path, "CW930", f"{what} is out of bounds", f"write {_BOUNDS[bound]} {wanted}")
        case "pattern":
            yield _Found(path, "CW930", f"{what} does not have the form `{wanted}`")
        case word:
            yield _Found(path, "CW930", f"{what} does not fit `{word}: {wanted}` of the plugin's schema"[:300])


def _unknown(path: tuple[str | int, ...], what: str, error: ValidationError) -> Iterator[_Found]:
    schema = error.schema if isinstance(error.schema, dict) else {}
    known = list(schema.get("properties", {}))
    there: Any = error.instance
    for key in there:
        if key not in known:
            near = did_you_mean(key, known)
            fix = f"did you mean `{near}`?" if near else f"known here: {', '.join(f'`{one}`' for one in known)}"
            yield _Found((*path, key), "CW930", f"{what} has no key `{key}`", fix if known else None, of_key=True)


def _among(path: tuple[str | int, ...], what: str, error: ValidationError) -> _Found:
    wanted: Any = error.validator_value
    values = wanted if error.validator == "enum" else [wanted]
    said = error.instance
    near = did_you_mean(said, [one for one in values if isinstance(one, str)]) if isinstance(said, str) else None
    shown = ", ".join(f"`{one}`" for one in values)
    return _Found(path, "CW930", f"{what} is no known word", f"did you mean `{near}`?" if near else f"write {shown}")
