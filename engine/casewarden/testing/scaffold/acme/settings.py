"""What the acme connector is, and what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin import Spec

ACTIONS: Final = frozenset({"set", "reply", "note", "close"})
SCHEMA: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "url": {"type": "string", "pattern": "^https?://", "description": "Where Acme answers."},
            "token": {"type": "string", "secret": True, "description": "A token of an account that may write."},
            "webhook_secret": {"type": "string", "secret": True, "description": "What Acme signs its webhooks with."},
        },
        "required": ["url", "token"],
        "additionalProperties": False,
    }
)
SPEC: Final = Spec("acme", "0.1.0", SCHEMA, ACTIONS, states_watermark=True)


@dataclass(frozen=True, slots=True)
class AcmeSettings:
    """The settings, checked. Secrets do not show in its text form."""

    url: str
    token: str = field(repr=False)
    webhook_secret: str | None = field(default=None, repr=False)


def read_settings(settings: Mapping[str, Json]) -> AcmeSettings:
    """The settings of one instance; ValueError says in plain words what is wrong with them."""
    known = ("url", "token", "webhook_secret")
    for name in settings:
        if name not in known:
            raise ValueError(f"there is no setting `{name}`; known are {', '.join(known)}")
    url, token, secret = (_text(settings, name) for name in known)
    if url is None or not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise ValueError("`url` is missing or does not begin with https://")
    if token is None:
        raise ValueError("`token` is missing; make one in Acme under Settings, API")
    return AcmeSettings(url.rstrip("/"), token, secret)


def _text(settings: Mapping[str, Json], name: str) -> str | None:
    value = settings.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise ValueError(f"`{name}` is a text")
    return value
