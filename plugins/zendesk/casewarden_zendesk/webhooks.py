"""Webhooks of both kinds: those that triggers and automations call, and those of event subscriptions.

They are hints. Neither kind holds the ids of audits, so what happened is read from the ticket they are about, and gets
the keys that polling gives it. A delivery that was taken in before gives nothing.

Signed is the timestamp followed by the raw body; the signature is base64 of HMAC-SHA256 under the secret as it is given
(developer.zendesk.com, Verifying webhooks).
"""

import base64
import binascii
import hmac
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.instants import parse_instant
from casewarden.plugin import WebhookError

SIGNATURE: Final = "x-zendesk-webhook-signature"
TIMESTAMP: Final = "x-zendesk-webhook-signature-timestamp"
INVOCATION: Final = "x-zendesk-webhook-invocation-id"
STALE: Final = 300_000_000
BODY_TEMPLATE: Final = '{"casewarden": 1, "ticket": "{{ticket.id}}", "at": "{{ticket.updated_at_with_timestamp}}"}'
"""What a trigger's or automation's webhook sends, published in the docs."""

_MOST_KNOWN: Final = 10_000
_TICKET: Final = re.compile(r"(?:zen:ticket:)?(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook says: something happened to this ticket. `ids` are what the delivery is known by."""

    ticket: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Lets in what is signed with one of the secrets, within five minutes."""

    secrets: tuple[str, ...] = field(repr=False)

    def verify(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        """WebhookError where a webhook is not believed."""
        if not self.secrets:
            raise WebhookError("no secret of a webhook is in the settings")
        stamp, stated = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
        if not stamp or not stated:
            raise WebhookError("the webhook is not signed")
        try:
            signature = base64.b64decode(stated, validate=True)
        except (binascii.Error, ValueError):
            raise WebhookError("the signature of the webhook is none") from None
        signed = stamp.encode() + body
        wanted = [hmac.digest(one.encode(), signed, "sha256") for one in self.secrets]
        if not any(hmac.compare_digest(one, signature) for one in wanted):
            raise WebhookError("the webhook is wrongly signed")
        if abs(now - _instant(stamp)) > STALE:
            raise WebhookError("the webhook was signed more than five minutes away from now")


@dataclass(slots=True)
class Heard:
    """The deliveries that were taken in lately."""

    _known: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def has(self, ids: tuple[str, ...]) -> bool:
        """Whether one of these was taken in."""
        with self._lock:
            return any(one in self._known for one in ids)

    def add(self, ids: tuple[str, ...]) -> None:
        """Keep these as taken in."""
        with self._lock:
            self._known.update(dict.fromkeys(ids))
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)


def read_hint(headers: Mapping[str, str], body: bytes) -> Hint | None:
    """What a body says; None for an event of something else than a ticket. WebhookError where it is no webhook."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise WebhookError("the body of the webhook is no JSON") from None
    if not isinstance(said, dict):
        raise WebhookError("the body of the webhook is no object")
    ids = [f"invocation {headers[INVOCATION]}"] if headers.get(INVOCATION) else []
    kind = said.get("type")
    if isinstance(kind, str):
        if isinstance(said.get("id"), str):
            ids.append(f"event {said['id']}")
        if not kind.startswith("zen:event-type:ticket."):
            return None
        detail = said.get("detail")
        ticket = detail.get("id") if isinstance(detail, dict) else said.get("subject")
    else:
        ticket = said.get("ticket")
    found = _TICKET.fullmatch(str(ticket)) if isinstance(ticket, str | int) else None
    if found is None:
        raise WebhookError("the body of the webhook names no ticket; use the template of the documentation")
    return Hint(found[1], tuple(ids))


def _instant(stamp: str) -> int:
    try:
        return parse_instant(stamp)
    except (ValueError, OverflowError):
        raise WebhookError("the time of the webhook's signature is none") from None
