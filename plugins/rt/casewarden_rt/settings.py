"""What a Request Tracker connector is told, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin.http import Token
from casewarden.plugin.mapping import DeskMapping, parse
from casewarden_rt.records import custom_name
from casewarden_rt.schema import SCHEMA, WORDS

STATUSES: Final[Mapping[str, str]] = {
    "new": "new",
    "open": "open",
    "stalled": "waiting_on_customer",
    "resolved": "resolved",
    "rejected": "spam",
    "deleted": "deleted",
}
"""What the statuses of the lifecycle `default` mean, which Request Tracker ships with."""
_TOKEN: Final = re.compile(r"\d+-(\d+)-[0-9a-f]+", re.ASCII)
"""How an authentication token is built: its form, whose it is, and what is secret of it."""


@dataclass(frozen=True, slots=True)
class RtSettings:
    """The settings. `account` is the number of the user whose token it is; `statuses` what each status means.

    `queues` are the names of those that are watched, None for all.
    """

    url: str
    login: Token
    account: str
    mapping: DeskMapping
    queues: tuple[str, ...] | None = None
    statuses: Mapping[str, str] = field(default_factory=lambda: STATUSES)
    certificates: Path | None = None
    calls_per_second: int = 10
    close_with: str = "resolved"
    reopen_with: str = "open"
    close_reason: str | None = None
    tags: str | None = None

    @property
    def several(self) -> frozenset[str]:
        """The custom fields that hold several values."""
        sets = {rule.field for rule in self.mapping.fields.rules.values() if rule.form.type == "set"}
        return frozenset(sets if self.tags is None else {*sets, custom_name(self.tags)})

    @property
    def instants(self) -> frozenset[str]:
        """The custom fields that hold a date and time."""
        rules = self.mapping.fields.rules.values()
        return frozenset(rule.field for rule in rules if rule.form.type == "instant" and rule.field.startswith("CF.{"))

    def status_for(self, word: str) -> str | None:
        """The status that means this; the first of several."""
        return next((status for status, meaning in self.statuses.items() if meaning == word), None)


def read_settings(settings: Mapping[str, Json]) -> RtSettings:
    """The settings of one instance; ValueError says in plain words what is wrong with them."""
    known = SCHEMA["properties"]
    assert isinstance(known, dict)
    for name in settings:
        if name not in known:
            raise ValueError(f"there is no setting `{name}`; known are {', '.join(known)}")
    token = _text(settings, "token", "an authentication token, made under Logged in as > Settings > Auth Tokens")
    account = _TOKEN.fullmatch(token)
    if account is None:
        raise ValueError("`token` is no authentication token of Request Tracker, which looks like `1-14-0a1b...`")
    url = _text(settings, "url", "where people open Request Tracker, `https://rt.example.com`")
    certificates = settings.get("certificates")
    if certificates is not None and not isinstance(certificates, str):
        raise ValueError("`certificates` is the name of a file as a text")
    return RtSettings(
        url.rstrip("/").removesuffix("/REST/2.0"),
        Token(token, "token"),
        account[1],
        parse(settings.get("mapping")),
        _queues(settings.get("queues")),
        _statuses(settings.get("statuses")),
        None if certificates is None else Path(certificates),
        _rate(settings.get("calls_per_second", 10)),
        _text(settings, "close_with", "a status", "resolved"),
        _text(settings, "reopen_with", "a status", "open"),
        _optional(settings, "close_reason"),
        _optional(settings, "tags"),
    )


def _text(settings: Mapping[str, Json], name: str, what: str, otherwise: str | None = None) -> str:
    value = settings.get(name, otherwise)
    if value is None:
        raise ValueError(f"`{name}` is missing; give {what}")
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"`{name}` is {what}, as a text")
    return value.strip()


def _optional(settings: Mapping[str, Json], name: str) -> str | None:
    return None if settings.get(name) is None else _text(settings, name, "the name of a custom field")


def _rate(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise ValueError("`calls_per_second` is a whole number from 1 to 1000")
    return value


def _queues(value: Json) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = [name for name in value if isinstance(name, str) and name.strip()] if isinstance(value, list) else []
    if not isinstance(value, list) or not names or len(names) != len(value):
        raise ValueError("`queues` is a list of names of queues; leave it out to watch all that the account may see")
    return tuple(dict.fromkeys(name.strip() for name in names))


def _statuses(value: Json) -> Mapping[str, str]:
    if value is None:
        return STATUSES
    if not isinstance(value, dict):
        raise ValueError("`statuses` is a mapping, each status to what it means")  # noqa: TRY004  # as the contract says
    for status, word in value.items():
        if word not in WORDS:
            raise ValueError(f"`statuses`: `{status}` means none of {', '.join(WORDS)}")
    said = {status: str(word) for status, word in value.items()}
    return said | {status: word for status, word in STATUSES.items() if status not in said}
