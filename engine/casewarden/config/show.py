"""The effective settings as they would be written, with all that was left out; secrets are references or stars."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from casewarden.config import keys
from casewarden.config.amounts import length_text, rate_text, size_text
from casewarden.config.check_plugins import Described, clear_secrets
from casewarden.config.hiding import HIDDEN, looks_secret, may_show_password
from casewarden.config.settings import ConnectorSettings, RulesetSource, SecretRef, Setting, Settings
from casewarden.config.store_address import file_of
from casewarden.model.instants import iso
from casewarden.report.terminal import json_text
from casewarden.ruleset.schema.parts import resolved

Shown = dict[str, Any]
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*(?:[ :][A-Za-z0-9_./+-]+)*")
_WIDTH: Final = 100
_LONGEST: Final = 1_000
"""Characters of a text that is written without quotes."""


def effective(settings: Settings, plugins: Mapping[str, Described]) -> Shown:
    """The settings as a configuration of plain values, complete; `plugins` say which of theirs are secrets.

    Paths count from the file, as in a configuration. Where actions are left out they are left out here: what a
    connector can carry out is its plugin's matter.
    """
    http, caps, retention = settings.http, settings.caps, settings.retention
    folder = settings.file.parent
    shown: Shown = {
        "casewarden": 1,
        "store": _store(settings.store, folder),
        "go_live": iso(settings.go_live),
        "rulesets": [_ruleset(source, folder) for source in settings.rulesets],
        "personal_data": _filled(
            {"key": _reference(settings.personal_data.key), "paths": sorted(settings.personal_data.paths)}
        ),
        "connectors": {one.name: _connector(one, plugins.get(one.plugin)) for one in settings.connectors},
        "http": _filled(
            {
                "listen": f"[{http.host}]:{http.port}" if ":" in http.host else f"{http.host}:{http.port}",
                "max_body": size_text(http.max_body),
                "ingest": {one.source: {"secret": _reference(one.secret)} for one in http.ingest},
            }
        ),
        "shadow": keys.EVERYTHING if settings.shadow is True else sorted(settings.shadow or ()),
        "caps": {name: getattr(caps, name) for name in keys.CAPS.names},
        "retention": {name: length_text(getattr(retention, name)) for name in keys.RETENTION.names},
        "customers": None if settings.customers is None else _from(settings.customers, folder),
        "partitions": settings.partitions,
        "log_level": settings.log_level,
    }
    return _filled(shown)


def as_yaml(shown: Shown) -> str:
    """Plain values as YAML: small parts on one line, texts quoted where they would be taken for something else."""
    return "".join(f"{line}\n" for line in _lines(shown, ""))


def _from(path: Path, folder: Path) -> str:
    """A path as it is written in a file of this folder."""
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _store(store: str | SecretRef, folder: Path) -> Any:
    if isinstance(store, SecretRef):
        return _reference(store)
    file = file_of(store)
    if file is not None:
        return f"sqlite:///{_from(file, folder)}"
    return HIDDEN if may_show_password(store) else store


def _reference(ref: SecretRef) -> dict[str, str]:
    return {ref.kind: ref.name}


def _ruleset(source: RulesetSource, folder: Path) -> Any:
    if source.git is None:
        return _from(source.path, folder)
    return _filled({"git": _from(source.git, folder), "path": str(source.path), "revision": source.revision})


def _connector(connector: ConnectorSettings, plugin: Described | None) -> Shown:
    secret = None if plugin is None else frozenset(clear_secrets(plugin.settings, connector.settings))
    return _filled(
        {
            "plugin": connector.plugin,
            "poll_every": length_text(connector.poll_every),
            "rate": rate_text(connector.rate),
            "actions": sorted(connector.for_actions),
            "settings": {key: _setting(value, (key,), secret) for key, value in connector.settings.items()},
        }
    )


def _setting(value: Setting, path: tuple[str | int, ...], secret: frozenset[tuple[str | int, ...]] | None) -> Any:
    """A setting of a plugin; what is or may be a secret in clear is not shown.

    `secret` are the places at which the plugin knows of one, None where the plugin is not known.
    """
    if isinstance(value, SecretRef):
        return _reference(value)
    hidden = any(looks_secret(step) for step in path if isinstance(step, str))
    if (secret is None and hidden) or path in (secret or ()):
        return HIDDEN
    match value:
        case list():
            return [_setting(item, (*path, number), secret) for number, item in enumerate(value)]
        case dict():
            return {key: _setting(item, (*path, key), secret) for key, item in value.items()}
        case _:
            return HIDDEN if hidden or may_show_password(str(value)) else value


def _filled(shown: Shown) -> Shown:
    """Without what says nothing."""
    return {key: value for key, value in shown.items() if value not in (None, [], {})}


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(f"{indent}{_flow(key)}:", item, indent)
    else:
        for item in value:
            yield from _entry(f"{indent}-", item, indent)


def _entry(head: str, item: Any, indent: str) -> Iterator[str]:
    line = f"{head} {_flow(item)}"
    if not isinstance(item, dict | list) or not item or (len(line) <= _WIDTH and not _is_deep(item)):
        yield line
    else:
        yield head
        yield from _lines(item, f"{indent}  ")


def _is_deep(item: Any) -> bool:
    inner = item.values() if isinstance(item, dict) else item
    return any(isinstance(one, dict | list) and one for one in inner)


def _flow(value: Any) -> str:
    """A value on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str() if len(value) <= _LONGEST and _PLAIN.fullmatch(value) and resolved(value) == value:
            return value
        case _:
            return json_text(value).rstrip("\n")
