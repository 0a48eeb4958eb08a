"""`casewarden.yaml` as settings: every problem of the file in one run, and no secret in any of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

from casewarden.config import amounts, keys
from casewarden.config.hiding import may_be_secrets, veiled
from casewarden.config.read_connectors import check_sources, read_connectors, read_http
from casewarden.config.read_rulesets import read_rulesets
from casewarden.config.read_secrets import read_secret, read_store
from casewarden.config.reading import Reading, Stated
from casewarden.config.settings import Caps, HttpSettings, PersonalData, Retention, SecretRef, Settings
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.document import Read, read_file, read_main
from casewarden.ruleset.forms import as_map, as_text, check_keys, each, one_of, whole
from casewarden.ruleset.names import Names, check_name
from casewarden.ruleset.nodes import Map, Node, Scalar, read_yaml
from casewarden.ruleset.read_instants import read_date, read_instant
from casewarden.scenario.shapes import PATH_PATTERN

VERSION: Final = "1"
FIRST_YEAR, LAST_YEAR = 1970, 2200
_PATH: Final = re.compile(PATH_PATTERN)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A configuration as far as it could be read.

    `node` is None where it is no YAML at all, `settings` where anything is wrong. `diagnostics` may still show secrets
    that stand in clear: see `shown`.
    """

    path: Path
    node: Node | None
    stated: Stated
    settings: Settings | None
    diagnostics: Diagnostics

    def shown(self, more: Iterable[Scalar] = ()) -> Diagnostics:
        """All that was found, without the secrets that stand in the file, and without `more` of its texts."""
        secrets = [] if self.node is None else [*may_be_secrets(self.node)]
        return veiled(self.diagnostics, str(self.path), [*secrets, *more])


def read_settings(path: Path, *, read: Read = read_file) -> tuple[Settings | None, Diagnostics]:
    """Read a configuration and look at no other file; the settings are None exactly where there are errors."""
    opened = open_configuration(path, read)
    return opened.settings, opened.shown()


def open_configuration(path: Path, read: Read) -> Opened:
    """Read a configuration, for checks that go on from there."""
    diagnostics = Diagnostics()
    data = read_main(path, read, diagnostics)
    node = None if data is None else read_yaml(data, str(path), diagnostics)
    reading = Reading(diagnostics, Names(), folder=path.parent)
    settings = None if node is None else _settings(reading, node, path)
    return Opened(path, node, reading.stated, None if diagnostics.has_errors else settings, diagnostics)


def _settings(reading: Reading, node: Node, path: Path) -> Settings | None:
    if not isinstance(node, Map) or node.get("casewarden") is None:
        message = "the file does not say that it is a configuration"
        reading.error("CW920", _start(node.place), message, "begin it with `casewarden: 1`")
        return None
    version = node.get("casewarden")
    if not isinstance(version, Scalar) or version.text != VERSION:
        reading.error("CW920", version or node, "this version of configurations is not known", "write `casewarden: 1`")
    at = Scalar("", _start(node.place), quoted=False)
    check_keys(reading, node, "a configuration", keys.FILE.names, keys.FILE.required, at=at)
    check_sources(reading, node)
    return _Reader(reading, node).read(path)


@dataclass(slots=True)
class _Reader:
    """Reads the sections; what cannot be read is reported, and stands in for itself so that the rest is read too."""

    reading: Reading
    top: Map

    def read(self, path: Path) -> Settings:
        reading, top = self.reading, self.top
        store, rulesets, connectors, http = (top.get(key) for key in ("store", "rulesets", "connectors", "http"))
        return Settings(
            file=path,
            store="" if store is None else read_store(reading, store) or "",
            go_live=self._go_live(),
            rulesets=() if rulesets is None else read_rulesets(reading, rulesets),
            connectors=() if connectors is None else read_connectors(reading, connectors),
            personal_data=self._personal_data(),
            http=(None if http is None else read_http(reading, http)) or HttpSettings(),
            shadow=self._shadow(),
            caps=self._caps(),
            retention=self._retention(),
            customers=self._customers(),
            partitions=self._whole(top, "partitions", amounts.PARTITIONS, 16),
            log_level=self._log_level(),
        )

    def _go_live(self) -> int:
        node = self.top.get("go_live")
        text = "" if node is None else as_text(self.reading, node, "`go_live`")
        if node is None or not text:
            return 0
        if _DAY.fullmatch(text):
            if read_date(self.reading, node, "`go_live`") is not None:
                fix = f"write for example `{text}T08:00:00+01:00`"
                self.reading.error("CW408", node, f"`go_live` is a day, and no instant: `{text}`", fix)
            return 0
        instant = read_instant(self.reading, node, "`go_live`")
        if instant is not None and not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
            message = f"`go_live` is {text}"
            self.reading.error("CW408", node, message, f"write an instant from {FIRST_YEAR} to {LAST_YEAR}")
        return instant or 0

    def _shadow(self) -> bool | frozenset[str]:
        node = self.top.get("shadow")
        if isinstance(node, Scalar) and node.text:
            if node.text != keys.EVERYTHING:
                fix = f"write `everything`, or a list of rules: `[{node.text}]`"
                self.reading.error("CW204", node, f"`shadow` cannot be `{node.text}`", fix)
            return True
        return False if node is None else self._rules("shadow")

    def _rules(self, key: str) -> frozenset[str]:
        """The names of rules under a key."""
        node = self.top.get(key)
        return frozenset() if node is None else frozenset(each(self.reading, node, f"`{key}`", self._rule))

    def _rule(self, node: Node) -> str | None:
        text = as_text(self.reading, node, "a rule")
        if text is None or not isinstance(node, Scalar) or not check_name(node, "rule", self.reading.diagnostics):
            return None
        self.reading.stated.rules.append(node)
        return text

    def _caps(self) -> Caps:
        part, usual = self._part("caps", keys.CAPS.names), Caps()
        return Caps(
            self._whole(part, "per_rule", amounts.CAP, usual.per_rule),
            self._whole(part, "per_case", amounts.CAP, usual.per_case),
            self._whole(part, "in_all", amounts.CAP, usual.in_all),
            self._whole(part, "ping_pong", amounts.PING_PONG, usual.ping_pong),
        )

    def _retention(self) -> Retention:
        part, usual = self._part("retention", keys.RETENTION.names), Retention()
        return Retention(
            self._kept(part, "dull_decisions", usual.dull_decisions),
            self._kept(part, "decisions", usual.decisions),
            self._kept(part, "delivered", usual.delivered),
            self._kept(part, "trials", usual.trials),
        )

    def _personal_data(self) -> PersonalData:
        part = self._part("personal_data", keys.PERSONAL_DATA.names, keys.PERSONAL_DATA.required)
        key, paths = (None, None) if part is None else (part.get("key"), part.get("paths"))
        ref = None if key is None else read_secret(self.reading, key, "`key`")
        if key is not None and ref is not None:
            self.reading.stated.key = (key, ref)
        named = () if paths is None else each(self.reading, paths, "`paths`", self._path)
        return PersonalData(ref or SecretRef("file", ""), frozenset(named))

    def _path(self, node: Node) -> str | None:
        text = as_text(self.reading, node, "a path")
        if text is None or not isinstance(node, Scalar):
            return None
        if not _PATH.fullmatch(text):
            self.reading.error("CW204", node, f"`{text}` is not a path", "write it like customer.email")
            return None
        self.reading.stated.paths.append(node)
        return text

    def _customers(self) -> Path | None:
        node = self.top.get("customers")
        name = None if node is None else as_text(self.reading, node, "`customers`")
        if node is None or name is None:
            return None
        path = self.reading.folder / name
        self.reading.stated.customers = (node, path)
        return path

    def _log_level(self) -> LogLevel:
        node = self.top.get("log_level")
        word = None if node is None else one_of(self.reading, node, "`log_level`", keys.LOG_LEVELS)
        return cast("LogLevel", word or "info")

    # Forms

    def _part(self, key: str, known: Iterable[str], required: Iterable[str] = ()) -> Map | None:
        node = self.top.get(key)
        part = None if node is None else as_map(self.reading, node, f"`{key}`")
        if part is not None:
            check_keys(self.reading, part, f"`{key}`", tuple(known), required, at=self.top.key_node(key))
        return part

    def _whole(self, part: Map | None, key: str, bounds: tuple[int, int], otherwise: int) -> int:
        node = None if part is None else part.get(key)
        number = None if node is None else whole(self.reading, node, f"`{key}`", *bounds)
        return otherwise if number is None else number

    def _kept(self, part: Map | None, key: str, otherwise: int | None) -> int | None:
        node = None if part is None else part.get(key)
        return otherwise if node is None else amounts.read_kept(self.reading, node, f"`{key}`")


def _start(place: Place) -> Place:
    """The first character of a place."""
    return Place(place.file, place.line, place.column, place.line, place.column + 1)
