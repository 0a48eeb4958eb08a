"""Acme's webhooks: signed with HMAC-SHA256 over the time and the body, good for five minutes."""

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Final

from casewarden.model.event import Event
from casewarden.plugin import WebhookError
from casewarden.testing.scaffold.acme.mapping import event_of

_GOOD_FOR: Final = 300_000_000


def signature(secret: str, seconds: str, body: bytes) -> str:
    """What Acme signs a body with at a time."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, "sha256").hexdigest()


def verify(secret: str | None, headers: Mapping[str, str], body: bytes, now: int) -> None:
    """Accept a webhook; WebhookError otherwise."""
    if secret is None:
        raise WebhookError("no `webhook_secret` is set for this connector")
    seconds = headers.get("x-acme-time", "")
    if not (seconds.isascii() and seconds.isdigit()) or abs(now - int(seconds) * 1_000_000) > _GOOD_FOR:
        raise WebhookError("the webhook is not of these five minutes")
    if not hmac.compare_digest(signature(secret, seconds, body), headers.get("x-acme-signature", "")):
        raise WebhookError("the webhook is wrongly signed")


def parsed(body: bytes, source: str) -> Sequence[Event]:
    """The event of a webhook; WebhookError where it is none."""
    try:
        event = event_of(json.loads(body)["change"], source)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise WebhookError("the webhook has no change of Acme") from None
    return [] if event is None else [event]
