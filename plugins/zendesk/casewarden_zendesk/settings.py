"""What a Zendesk connector is told, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden.plugin.mapping import DeskMapping, parse
from casewarden_zendesk.schema import SCHEMA, WORDS

STATUSES: Final[Mapping[str, str]] = {
    "new": "new",
    "open": "open",
    "pending": "waiting_on_customer",
    "hold": "on_hold",
    "solved": "resolved",
    "closed": "closed",
}
"""What the categories of statuses mean."""


@dataclass(frozen=True, slots=True)
class Contracts:
    """The keys of the organization fields that tell of contracts; `plans` None: values are the plans' names."""

    plan: str | None = None
    plans: Mapping[str, str] | None = None
    term_start: str | None = None
    term_end: str | None = None
    zone: str = "UTC"

    @property
    def has_terms(self) -> bool:
        """Whether plans begin or end on days that are known before."""
        return self.term_start is not None or self.term_end is not None


@dataclass(frozen=True, slots=True)
class OAuth:
    """An OAuth client."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token: all of them end on 30 April 2027."""

    email: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ZendeskSettings:
    """The settings. `since` is in microseconds, None for all; `statuses` what custom statuses mean, by id."""

    url: str
    login: OAuth | ApiToken
    mapping: DeskMapping
    webhook_secret: str | None = field(default=None, repr=False)
    event_webhook_secret: str | None = field(default=None, repr=False)
    since: int | None = None
    calls_per_minute: int = 300
    exports_per_minute: int = 10
    statuses: Mapping[str, str] = field(default_factory=dict)
    close_with: str = "solved"
    close_reason: str | None = None
    contracts: Contracts = Contracts()


def read_settings(settings: Mapping[str, Json]) -> ZendeskSettings:
    """The settings of one instance; ValueError says in plain words what is wrong with them."""
    known = SCHEMA["properties"]
    assert isinstance(known, dict)
    for name in settings:
        if name not in known:
            raise ValueError(f"there is no setting `{name}`; known are {', '.join(known)}")
    url = _text(settings, "url")
    if url is None:
        raise ValueError("`url` is missing; give where agents open Zendesk, `https://example.zendesk.com`")
    close_with = _text(settings, "close_with") or "solved"
    if close_with not in ("solved", "closed"):
        raise ValueError("`close_with` is `solved` or `closed`")
    return ZendeskSettings(
        url.rstrip("/").removesuffix("/agent").removesuffix("/api/v2"),
        _login(settings),
        parse(settings.get("mapping")),
        _text(settings, "webhook_secret"),
        _text(settings, "event_webhook_secret"),
        _instant(settings, "since"),
        _rate(settings, "calls_per_minute", 300),
        _rate(settings, "exports_per_minute", 10),
        _statuses(settings.get("statuses")),
        close_with,
        _text(settings, "close_reason"),
        _contracts(settings.get("organizations")),
    )


def _login(settings: Mapping[str, Json]) -> OAuth | ApiToken:
    client, secret = _text(settings, "client_id"), _text(settings, "client_secret")
    email, token = _text(settings, "email"), _text(settings, "api_token")
    if client is not None or secret is not None:
        if client is None or secret is None:
            raise ValueError("`client_id` and `client_secret` belong together; give both")
        if email is not None or token is not None:
            raise ValueError("`email` and `api_token` stand beside an OAuth client; leave them out")
        return OAuth(client, secret)
    if email is None or token is None:
        raise ValueError("`client_id` and `client_secret` are missing; make an OAuth client in the Admin Center")
    return ApiToken(email, token)


def _text(settings: Mapping[str, Json], name: str) -> str | None:
    value = settings.get(name)
    if value is None and name not in settings:
        return None
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"`{name}` is a text that is not empty")
    return value.strip()


def _instant(settings: Mapping[str, Json], name: str) -> int | None:
    text = _text(settings, name)
    if text is None:
        return None
    try:
        return parse_instant(text)
    except (ValueError, OverflowError):
        raise ValueError(f"`{name}` is no instant; write it like `2026-01-31T00:00:00Z`") from None


def _rate(settings: Mapping[str, Json], name: str, otherwise: int) -> int:
    value = settings.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100_000:
        raise ValueError(f"`{name}` is a whole number from 1 to 100000")
    return value


def _statuses(value: Json) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("`statuses` is a mapping, each custom status's id to what it means")  # noqa: TRY004  # as the contract says
    for status, word in value.items():
        if word not in WORDS:
            raise ValueError(f"`statuses`: `{status}` means none of {', '.join(WORDS)}")
    return {str(status): str(word) for status, word in value.items()}


def _contracts(value: Json) -> Contracts:
    if value is None:
        return Contracts()
    if not isinstance(value, dict):
        raise ValueError("`organizations` is a mapping of `plan`, `plans`, `term_start`, `term_end` and `zone`")  # noqa: TRY004  # as the contract says
    for key in value:
        if key not in ("plan", "plans", "term_start", "term_end", "zone"):
            raise ValueError(f"`organizations` has no `{key}`; known are plan, plans, term_start, term_end, zone")
    plans = value.get("plans")
    if plans is not None and not isinstance(plans, dict):
        raise ValueError("`organizations.plans` is a mapping, each value of the field to a plan")
    if "plan" not in value:
        raise ValueError("`organizations.plan` is missing; give the key of the field that names the plan")
    zone = _text(value, "zone") or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"`organizations.zone`: there is no time zone `{zone}`; give one like Europe/Zurich") from None
    return Contracts(
        _text(value, "plan"),
        None if plans is None else {str(raw): str(plan) for raw, plan in plans.items()},
        _text(value, "term_start"),
        _text(value, "term_end"),
        zone,
    )
