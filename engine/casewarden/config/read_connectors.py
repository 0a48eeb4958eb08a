"""Connectors and the doors for HTTP: where events come from and actions go."""

import re
from typing import Final

from casewarden.config import amounts, keys
from casewarden.config.plugin_settings import read_settings_of
from casewarden.config.read_secrets import read_secret
from casewarden.config.reading import Reading, StatedConnector
from casewarden.config.settings import ConnectorSettings, HttpSettings, IngestKey
from casewarden.ruleset.forms import as_map, as_text, check_keys, each, one_of
from casewarden.ruleset.names import check_name
from casewarden.ruleset.nodes import Map, Node, Scalar

PLUGIN: Final = "[a-z][a-z0-9_-]*"
HOST: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_PLUGIN: Final = re.compile(PLUGIN)
PORT: Final = "(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_LISTEN: Final = re.compile(rf"(?P<host>{HOST}):(?P<port>{PORT})")


def read_connectors(reading: Reading, node: Node) -> tuple[ConnectorSettings, ...]:
    """The connectors; those that cannot be read are reported and left out."""
    found = []
    for key, value in as_map(reading, node, "`connectors`", "{desk: {plugin: files}}") or ():
        check_name(key, "connector", reading.diagnostics)
        connector = _connector(reading, key, value)
        if connector is not None:
            found.append(connector)
    return tuple(found)


def read_http(reading: Reading, node: Node) -> HttpSettings | None:
    """The doors for HTTP."""
    entries = as_map(reading, node, "`http`", "{listen: 127.0.0.1:8420}")
    if entries is None:
        return None
    check_keys(reading, entries, "`http`", keys.HTTP.names, keys.HTTP.required)
    listen, max_body, ingest = (entries.get(key) for key in ("listen", "max_body", "ingest"))
    usual = HttpSettings()
    host, port = _listen(reading, listen) if listen is not None else (usual.host, usual.port)
    size = None if max_body is None else amounts.read_size(reading, max_body, "`max_body`")
    return HttpSettings(host, port, size or usual.max_body, () if ingest is None else _ingest(reading, ingest))


def check_sources(reading: Reading, top: Map) -> None:
    """Every event has one source, and there must be one at all."""
    http = top.get("http")
    ingest = http.get("ingest") if isinstance(http, Map) else None
    connectors = top.get("connectors")
    if connectors is None and ingest is None:
        fix = "add `connectors`, or `http: {ingest: ...}`"
        reading.error(
            "CW932",
            top.entries[0][0],
            "nothing brings events: there is neither a connector nor anybody who sends them",
            fix,
        )
    if isinstance(connectors, Map) and isinstance(ingest, Map):
        for key, _ in ingest:
            first = connectors.key_node(key.text)
            if first is not None:
                reading.diagnostics.error(
                    "CW302",
                    key,
                    f"`{key.text}` is the name of a connector too, and names the source of its events",
                    "give one of them another name",
                    [(first, "the connector")],
                )


def _connector(reading: Reading, key: Scalar, node: Node) -> ConnectorSettings | None:
    what = f"the connector `{key.text}`"
    entries = as_map(reading, node, what, "{plugin: files}")
    if entries is None:
        return None
    check_keys(reading, entries, what, keys.CONNECTOR.names, keys.CONNECTOR.required, at=key)
    plugin, poll, rate, actions, settings = (entries.get(name) for name in keys.CONNECTOR.names)
    usual = ConnectorSettings(key.text, "", {})
    every = None if poll is None else amounts.read_length(reading, poll, "`poll_every`", amounts.POLL)
    fast = None if rate is None else amounts.read_rate(reading, rate, "`rate`")
    kinds = () if actions is None else each(reading, actions, "`actions`", lambda item: _kind(reading, item))
    values = None if settings is None else read_settings_of(reading, settings, "`settings`")
    name = None if plugin is None else _plugin(reading, plugin)
    read = ConnectorSettings(
        key.text, name or "", values or {}, every or usual.poll_every, fast or usual.rate, frozenset(kinds)
    )
    if plugin is not None and name is not None:
        stated = settings if isinstance(settings, Map) else None
        reading.stated.connectors.append(StatedConnector(key, plugin, stated, actions, read))
    return read


def _plugin(reading: Reading, node: Node) -> str | None:
    text = as_text(reading, node, "`plugin`")
    if text is None or _PLUGIN.fullmatch(text):
        return text
    reading.error("CW300", node, f"`{text}` cannot name a plugin", "use lower case letters, digits, `-` and `_`")
    return None


def _kind(reading: Reading, node: Node) -> str | None:
    return one_of(reading, node, "a kind of action", keys.ACTIONS)


def _listen(reading: Reading, node: Node) -> tuple[str, int]:
    usual = HttpSettings()
    text = as_text(reading, node, "`listen`")
    form = None if text is None else _LISTEN.fullmatch(text)
    if form is not None:
        return form["host"].strip("[]"), int(form["port"])
    if text is not None:
        fix = "write an address and a port from 0 to 65535, such as `127.0.0.1:8420` or `'[::1]:8420'`"
        reading.error("CW927", node, f"`listen` is no address and port: `{text}`", fix)
    return usual.host, usual.port


def _ingest(reading: Reading, node: Node) -> tuple[IngestKey, ...]:
    found = []
    for key, value in as_map(reading, node, "`ingest`", "{shop: {secret: {env: SHOP_SECRET}}}") or ():
        check_name(key, "source of events", reading.diagnostics)
        what = f"`{key.text}`"
        entries = as_map(reading, value, what, "{secret: {env: SHOP_SECRET}}")
        if entries is None or not check_keys(reading, entries, what, keys.INGEST.names, keys.INGEST.required, at=key):
            continue
        secret = entries.get("secret")
        assert secret is not None
        ref = read_secret(reading, secret, "`secret`")
        if ref is not None:
            found.append(IngestKey(key.text, ref))
    return tuple(found)
