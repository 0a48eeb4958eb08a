"""A YAML file as an editor sees it: YAML 1.2 with the core schema, so that `no` is a text and `true` is not."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError

__all__ = ["YAMLError", "editor_view", "editor_view_of"]


class _CoreSchema(SafeConstructor):
    """Dates are texts: the core schema knows none."""


_CoreSchema.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def editor_view_of(path: Path) -> Any:
    """The values of a file; YAMLError where an editor could not read it."""
    return editor_view(path.read_text(encoding="utf-8"))


def editor_view(text: str) -> Any:
    """The values of a text; keys are texts."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _CoreSchema
    yaml.version = (1, 2)
    return _plain(yaml.load(text), ())


def _plain(value: Any, within: tuple[int, ...]) -> Any:
    if id(value) in within:
        raise YAMLError("an alias stands within its own value")
    if isinstance(value, dict):
        return {str(key): _plain(item, (*within, id(value))) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, (*within, id(value))) for item in value]
    return value
