"""The settings of a connector as its plugin gets them: secrets in their places, files where the configuration lies."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from casewarden.config.secrets import with_secrets
from casewarden.config.settings import ConnectorSettings
from casewarden.model.event import Json


def connector_settings(
    connector: ConnectorSettings, schema: Mapping[str, Any], *, environ: Mapping[str, str], base: Path
) -> dict[str, Json]:
    """What to give to `Factory.connect`; it holds secrets, so it is shown nowhere and kept nowhere else. SecretError.

    `schema` is the plugin's. Texts that it declares with `format: path` count from `base`, the configuration's folder.
    """
    filled = with_secrets(connector.settings, environ=environ, base=base)
    return {key: _placed(value, _part(schema, key), base) for key, value in filled.items()}


def _placed(value: Json, schema: Mapping[str, Any], base: Path) -> Json:
    match value:
        case str() if schema.get("format") == "path":
            return str(base / value)
        case dict():
            return {key: _placed(item, _part(schema, key), base) for key, item in value.items()}
        case list():
            items = schema.get("items")
            return [_placed(item, items if isinstance(items, Mapping) else {}, base) for item in value]
        case _:
            return value


def _part(schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """What a schema says of a key; what stands in other schemas, by reference or as an alternative, is not sought."""
    properties = schema.get("properties")
    part = properties.get(key) if isinstance(properties, Mapping) else None
    return part if isinstance(part, Mapping) else {}
