"""Jira's webhooks: signed, delivered more than once, and not always whole."""

import base64
import hmac
import json
from typing import Any

import pytest

from casewarden.plugin import WebhookError
from casewarden_jira import webhooks
from connectors.jira.conftest import Desk

SECOND = 1_000_000


def delivered(desk: Desk, said: dict[str, Any], number: int = 0) -> Any:
    return desk.fake.signed(json.dumps(said).encode(), number)


def test_a_signature_without_its_prefix_or_of_another_secret_is_refused(desk: Desk) -> None:
    desk.fake.open_ticket("help")
    connector, (hook, *_) = desk.connect(), desk.fake.webhooks()
    connector.verify_webhook(hook.headers, hook.body, desk.fake.now())
    digest = hook.headers["x-hub-signature"].removeprefix("sha256=")
    for wrong in (digest, f"sha1={digest}", f"sha256={digest.upper()}", "sha256=", ""):
        with pytest.raises(WebhookError):
            connector.verify_webhook({"x-hub-signature": wrong}, hook.body, desk.fake.now())


def test_a_delivery_that_is_repeated_under_its_identifier_counts_once(desk: Desk) -> None:
    desk.fake.open_ticket("help")
    connector, (hook, *_) = desk.connect(), desk.fake.webhooks()
    assert len(connector.parse_webhook(hook.headers, hook.body)) == 1
    assert connector.parse_webhook(hook.headers, hook.body) == ()
    assert len(connector.parse_webhook({**hook.headers, webhooks.IDENTIFIER: "another"}, hook.body)) == 1


def test_a_comment_of_a_webhook_is_a_text_where_the_api_has_a_document(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.comment(ticket, "plain *text*")
    connector = desk.connect()
    heard = [event for hook in desk.fake.webhooks() for event in connector.parse_webhook(hook.headers, hook.body)]
    polled = desk.told(connector)
    assert [(one.key, dict(one.data)) for one in heard if one.kind == "message"] == [
        (one.key, dict(one.data)) for one in polled if one.kind == "message"
    ]


def test_a_webhook_of_yesterday_is_refused_and_one_without_a_time_only_makes_us_look(desk: Desk) -> None:
    desk.fake.open_ticket("help")
    connector, now = desk.connect(), desk.fake.now()
    for away in (-86_400, -7_201, 7_201):
        (old, *_) = desk.fake.webhooks(at=now + away * SECOND)
        with pytest.raises(WebhookError, match="hours ago"):
            connector.verify_webhook(old.headers, old.body, now)
    (new, *_) = desk.fake.webhooks(at=now - 3_600 * SECOND)
    connector.verify_webhook(new.headers, new.body, now)
    said = json.loads(new.body)
    del said["timestamp"]
    hook = delivered(desk, said)
    connector.verify_webhook(hook.headers, hook.body, now)
    assert connector.parse_webhook(hook.headers, hook.body) == ()


def test_a_comment_without_an_issue_names_it_in_its_address() -> None:
    said = {"comment": {"self": "https://jira.example.com/rest/api/2/issue/10042/comment/10001"}}
    assert webhooks.issue_of(said) == ("10042", None)


def test_such_a_comment_makes_the_connector_look(data_center: Desk) -> None:
    ticket = data_center.fake.open_ticket("help")
    connector, page = data_center.connect(), None
    page = data_center.poll(connector)
    data_center.fake.advance(1)
    data_center.fake.comment(ticket, "hello")
    said = {
        "webhookEvent": "comment_created",
        "comment": {
            "id": "1",
            "self": f"https://jira.example.com/rest/api/2/issue/{ticket}/comment/1",
            "body": "hello",
        },
    }
    hook = delivered(data_center, said)
    connector.verify_webhook(hook.headers, hook.body, data_center.fake.now())
    assert connector.parse_webhook(hook.headers, hook.body) == ()  # nothing is told, so Jira is polled
    assert [
        event.data["text"] for event in data_center.poll(connector, page.cursor).events if event.kind == "message"
    ] == ["hello"]


def token(secret: str, claims: dict[str, Any], algorithm: str = "HS256") -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": algorithm, "typ": "JWT"}, claims)]
    head = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    signed = hmac.new(secret.encode(), head.encode(), "sha256").digest()
    return f"{head}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"


def test_a_registered_webhook_is_believed_by_its_token_only() -> None:
    now = 1_772_445_600
    good = token("client-secret", {"iat": now, "exp": now + 180})
    webhooks.verify(None, "client-secret", {"authorization": f"JWT {good}"}, b"{}", now * SECOND)
    for wrong in (
        token("another", {"exp": now + 180}),
        token("client-secret", {"exp": now - 180}),
        token("client-secret", {}),
        token("client-secret", {"iat": now + 600, "exp": now + 900}),
        token("client-secret", {"exp": now + 180}, "none"),
        good.rpartition(".")[0] + ".",
        "a.b.c",
        "é.é.é",
    ):
        with pytest.raises(WebhookError):
            webhooks.verify(None, "client-secret", {"authorization": f"JWT {wrong}"}, b"{}", now * SECOND)


def test_a_registered_webhook_is_renewed_before_its_thirty_days_end(desk: Desk) -> None:
    from casewarden_jira.hooks import Registration
    from casewarden_jira.settings import read_settings

    told = read_settings(
        {
            "url": desk.fake.url, "projects": ["SUP"], "client_id": "c", "client_secret": "client-secret",
            "cloud_id": "x",
            "webhook_url": "https://casewarden.example.com/webhooks/desk",
        }
    )  # fmt: skip
    connector: Any = desk.connect()
    kept = Registration(connector.jira, told)
    assert kept.kept(desk.fake.now()) is None
    (hook,) = desk.fake.state.hooks.values()
    first = hook["expirationDate"]
    for _ in range(25):
        desk.fake.advance(86_400)
        assert kept.kept(desk.fake.now()) is None
    assert desk.fake.state.hooks[10_000]["expirationDate"] > first
    assert len(desk.fake.state.hooks) == 1
