"""Webhooks of Zendesk: of triggers and automations, and of event subscriptions."""

import base64
import hmac
import json

import pytest

from casewarden.plugin import WebhookError
from casewarden.testing.helpdesk import Fault
from casewarden_zendesk.webhooks import BODY_TEMPLATE
from connectors.zendesk.conftest import Desk
from support.zendesk.hooks import signed
from support.zendesk.state import EVENT_SECRET, WEBHOOK_SECRET


def test_the_signature_is_base64_of_hmac_sha256_over_timestamp_and_raw_body(desk: Desk) -> None:
    """As developer.zendesk.com says under Verifying webhooks; the secret for tests is the one published there."""
    secret = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # published for tests
    body, stamp = b'{\n  "ticket": "5"\n}', "2026-03-02T10:00:00Z"
    signature = base64.b64encode(hmac.new(secret.encode(), stamp.encode() + body, "sha256").digest()).decode()
    headers = {"x-zendesk-webhook-signature": signature, "x-zendesk-webhook-signature-timestamp": stamp}
    connector = desk.connect(webhook_secret=secret)
    connector.verify_webhook(headers, body, desk.fake.now())
    with pytest.raises(WebhookError, match="wrongly signed"):
        connector.verify_webhook(headers, body.replace(b"\n", b""), desk.fake.now())


def test_the_template_that_we_publish_gives_the_events_of_the_ticket(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    body = BODY_TEMPLATE.replace("{{ticket.id}}", ticket).replace("{{ticket.updated_at_with_timestamp}}", "x")
    connector = desk.connect()
    hook = signed(json.loads(body), "one", "2026-03-02T10:00:00Z", WEBHOOK_SECRET)
    connector.verify_webhook(hook.headers, hook.body, desk.fake.now())
    found = connector.parse_webhook(hook.headers, hook.body)
    assert {event.kind for event in found} == {"opened", "message"}


def test_a_delivery_counts_once_by_its_event_and_by_its_invocation(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    event = {"type": "zen:event-type:ticket.status_changed", "id": "E1", "detail": {"id": ticket}, "event": {}}
    stamp = "2026-03-02T10:00:00Z"
    first = signed(event, "I1", stamp, EVENT_SECRET)
    assert connector.parse_webhook(first.headers, first.body)
    for again in (signed(event, "I2", stamp, EVENT_SECRET), signed({**event, "id": "E2"}, "I1", stamp, EVENT_SECRET)):
        connector.verify_webhook(again.headers, again.body, desk.fake.now())
        assert connector.parse_webhook(again.headers, again.body) == ()


def test_a_delivery_whose_ticket_could_not_be_read_counts_when_it_is_brought_again(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    connector = desk.connect()
    hook = signed({"ticket": ticket}, "I1", "2026-03-02T10:00:00Z", WEBHOOK_SECRET)
    desk.fake.inject(Fault.UNAVAILABLE, times=50)
    with pytest.raises(WebhookError, match="polling will find it"):
        connector.parse_webhook(hook.headers, hook.body)
    desk.fake.clear()
    desk.fake.advance(300)
    assert connector.parse_webhook(hook.headers, hook.body)


def test_events_about_others_than_tickets_give_nothing(desk: Desk) -> None:
    connector = desk.connect()
    hook = signed({"type": "zen:event-type:user.created", "id": "E9", "detail": {"id": "5"}}, "I", "x", EVENT_SECRET)
    assert connector.parse_webhook(hook.headers, hook.body) == ()


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_of_another_time_is_refused(desk: Desk, minutes: int) -> None:
    desk.fake.open_ticket("help")
    (hook, *_) = desk.fake.webhooks(at=desk.fake.now() + minutes * 60_000_000)
    with pytest.raises(WebhookError, match="five minutes"):
        desk.connect().verify_webhook(hook.headers, hook.body, desk.fake.now())


def test_without_a_secret_no_webhook_is_believed(desk: Desk) -> None:
    desk.fake.open_ticket("help")
    (hook, *_) = desk.fake.webhooks()
    settings = {"webhook_secret": "another-secret", "event_webhook_secret": "yet-another"}
    with pytest.raises(WebhookError):
        desk.connect(**settings).verify_webhook(hook.headers, hook.body, desk.fake.now())
