"""Deliveries of webhooks, of both kinds, signed as Zendesk signs them."""

import base64
import hmac
import json
from collections.abc import Iterable, Iterator
from typing import Any

from casewarden.testing.helpdesk import Webhook
from support.zendesk.state import EVENT_SECRET, WEBHOOK_SECRET


def deliveries(audits: Iterable[dict[str, Any]], stamp: str, secret: str | None = None) -> Iterator[Webhook]:
    """Of each audit one of a trigger and one of an event subscription."""
    for audit in audits:
        number = audit["ticket_id"]
        body = {"casewarden": 1, "ticket": str(number), "at": audit["created_at"]}
        yield signed(body, f"trigger-{audit['id']}", stamp, secret or WEBHOOK_SECRET)
        event = {
            "type": "zen:event-type:ticket.comment_added",
            "id": f"event-{audit['id']}",
            "time": audit["created_at"],
            "account_id": 1,
            "zendesk_event_version": "2022-11-06",
            "subject": f"zen:ticket:{number}",
            "detail": {"id": str(number), "status": "OPEN"},
            "event": {"comment": {"id": "1", "body": "x", "is_public": True}},
        }
        yield signed(event, f"subscription-{audit['id']}", stamp, secret or EVENT_SECRET)


def signed(body: dict[str, Any], invocation: str, stamp: str, secret: str) -> Webhook:
    """A delivery, signed as Zendesk does it."""
    raw = json.dumps(body).encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), stamp.encode() + raw, "sha256")).decode()
    return Webhook(
        {
            "x-zendesk-webhook-signature": signature,
            "x-zendesk-webhook-signature-timestamp": stamp,
            "x-zendesk-webhook-invocation-id": invocation,
        },
        raw,
    )
