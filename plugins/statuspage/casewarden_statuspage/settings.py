"""What the connector is told: a page, and which of its components are which services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from casewarden.model.event import Json
from casewarden_statuspage.spec import KINDS

SECOND: Final = 1_000_000
Kind = Literal["statuspage", "cachet", "alertmanager"]
FIRING: Final = "firing"
RESOLVED: Final = "resolved"
_KNOWN: Final = ("url", "kind", "token", "webhook_token", "confirm_every", "services")


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the ruleset: its components or alerts, and the fields that tell of it."""

    name: str
    components: tuple[str, ...] = ()
    alerts: tuple[Mapping[str, str], ...] = ()
    field: str = "health"
    incident: str | None = None
    values: Mapping[str, Json] | None = None

    def value(self, word: str) -> Json:
        """What the field is where the page has this word; a word that stands in no table stays as it is."""
        return word if self.values is None else self.values.get(word, word)


@dataclass(frozen=True, slots=True)
class Told:
    """The settings, checked; `confirm_every` in microseconds."""

    url: str
    kind: Kind
    services: tuple[Service, ...]
    token: str | None = field(default=None, repr=False)
    webhook_token: str | None = field(default=None, repr=False)
    confirm_every: int = 300 * SECOND


def read_settings(settings: Mapping[str, Any]) -> Told:
    """The settings of one instance, which the schema has judged; ValueError for what no schema says."""
    for name in settings:
        if name not in _KNOWN:
            raise ValueError(f"there is no setting `{name}`; known are {', '.join(_KNOWN)}")
    kind: Kind = settings.get("kind", "statuspage")
    if kind not in KINDS:
        raise ValueError(f"`kind` is one of {', '.join(KINDS)}")
    services = tuple(_service(name, said, kind) for name, said in _object(settings, "services").items())
    if not services:
        raise ValueError("`services` is empty: name the services of the ruleset that the page tells of")
    every = settings.get("confirm_every", 300)
    if not isinstance(every, int) or isinstance(every, bool) or every < 30:
        raise ValueError("`confirm_every` is a number of seconds, 30 or more")
    url = settings.get("url")
    if not isinstance(url, str) or not url:
        raise ValueError("`url` is missing: the address of the page, such as https://status.example.com")
    if kind != "alertmanager" and settings.get("webhook_token") is not None:
        raise ValueError("`webhook_token` is for Alertmanager; other pages are polled")
    return Told(url, kind, services, settings.get("token"), settings.get("webhook_token"), every * SECOND)


def _service(name: str, said: Mapping[str, Any], kind: Kind) -> Service:
    wanted, other = ("alerts", "components") if kind == "alertmanager" else ("components", "alerts")
    where = f"`services.{name}`"
    if other in said:
        raise ValueError(f"{where} has `{other}`, and with `kind: {kind}` it takes `{wanted}`")
    found: Sequence[Any] = said.get(wanted, ())
    if not found:
        raise ValueError(f"{where} says nothing of `{wanted}`: name what the page has for it")
    if kind == "alertmanager":
        if said.get("incident") is not None:
            raise ValueError(f"{where} has `incident`, and Alertmanager knows none")
        missing = [word for word in (FIRING, RESOLVED) if word not in (said.get("values") or {})]
        if missing:
            raise ValueError(f"{where}.values has no `{missing[0]}`: say `values: {{firing: down, resolved: up}}`")
    return Service(
        name,
        tuple(found) if kind != "alertmanager" else (),
        tuple(dict(labels) for labels in found) if kind == "alertmanager" else (),
        said.get("field", "health"),
        said.get("incident"),
        said.get("values"),
    )


def _object(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = settings.get(name)
    if not isinstance(value, Mapping):
        raise ValueError(f"`{name}` is missing")  # noqa: TRY004  # the contract names ValueError
    return value
