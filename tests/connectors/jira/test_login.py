"""Each edition's logins, and the webhooks that suit them."""

from typing import Any

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Applied, Connector
from casewarden.plugin.http import RefusedError
from casewarden_jira.plugin import JiraConnectors
from connectors.jira.conftest import Desk
from support.jira.logins import CLIENT_SECRET, TOKEN

HOOK = "https://casewarden.example.com/webhooks/desk"
DAY = 86_400


def by_oauth(desk: Desk, **more: Json) -> Connector:
    settings: dict[str, Json] = {
        "url": desk.fake.url, "token_url": desk.fake.url, "client_id": "client-1", "client_secret": CLIENT_SECRET,
        "cloud_id": "cloud-1", "projects": ["SUP"], "note_visibility": {"role": "Team"}, "calls_per_second": 100,
    }  # fmt: skip
    connector = JiraConnectors(now=desk.fake.now, retries=0).connect("desk", {**settings, **more})
    desk.made.append(connector)
    return connector


def test_cloud_takes_an_address_and_a_token_and_data_center_a_token_alone(desk: Desk, data_center: Desk) -> None:
    for each in (desk, data_center):
        each.fake.open_ticket("help")
        assert each.told()
    assert all(one.headers["authorization"].startswith("Basic ") for one in desk.fake.requests)
    assert all(one.headers["authorization"] == f"Bearer {TOKEN}" for one in data_center.fake.requests)


def test_a_service_account_logs_in_by_its_client_and_again_before_its_token_ends(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("help"), by_oauth(desk)
    assert connector.check().is_fit
    page = desk.poll(connector)
    assert len(page.events) == 1
    assert len(desk.fake.logins.until) == 1
    desk.fake.advance(3_590)
    assert isinstance(desk.write(connector, "reply", ticket, {"text": "hello"}), Applied)
    assert len(desk.fake.logins.until) == 2


def test_a_token_that_ends_early_is_renewed_and_nobody_notices(desk: Desk) -> None:
    desk.fake.open_ticket("help")
    connector = by_oauth(desk)
    page = desk.poll(connector)
    desk.fake.logins.until = dict.fromkeys(desk.fake.logins.until, 0)  # as when an administrator ends them
    desk.fake.open_ticket("more")
    assert len(desk.poll(connector, page.cursor).events) == 1


def test_a_client_that_is_refused_is_told_without_its_secret(desk: Desk) -> None:
    connector = by_oauth(desk, client_secret="another-secret-51e0")  # that is the point
    with pytest.raises(RefusedError, match="401") as told:
        connector.changes(None)
    assert "another-secret-51e0" not in str(told.value)
    assert not connector.check().is_fit


def test_a_webhook_of_an_oauth_login_is_registered_once_and_renewed_before_its_thirty_days_end(desk: Desk) -> None:
    connector: Any = by_oauth(desk, webhook_url=HOOK)
    page = None
    for _ in range(70):
        page = connector.changes(page.cursor if page else None)
        assert not page.refused
        (hook,) = desk.fake.state.hooks.values()
        assert hook["expirationDate"] > (desk.fake.now() + 9 * DAY * 1_000_000) // 1000
        assert hook["url"] == HOOK
        desk.fake.advance(DAY)


def test_a_webhook_that_ended_while_nobody_ran_is_registered_anew(desk: Desk) -> None:
    by_oauth(desk, webhook_url=HOOK).changes(None)
    desk.fake.state.hooks.clear()
    desk.fake.advance(40 * DAY)
    assert not by_oauth(desk, webhook_url=HOOK).changes(None).refused
    assert len(desk.fake.state.hooks) == 1


def test_a_webhook_of_other_projects_than_now_is_not_relied_on(desk: Desk) -> None:
    by_oauth(desk, webhook_url=HOOK).changes(None)
    by_oauth(desk, webhook_url=HOOK, projects=["SUP", "HELP"]).changes(None)
    assert [hook["jqlFilter"] for hook in desk.fake.state.hooks.values()] == [
        'project in ("SUP")', 'project in ("SUP", "HELP")',
    ]  # fmt: skip


def test_a_login_by_token_can_register_no_webhook_and_is_told_so(desk: Desk) -> None:
    with pytest.raises(ValueError, match="an administrator makes the webhook"):
        desk.connect(webhook_url=HOOK)


def test_no_secret_stands_in_what_the_connector_shows_of_itself(desk: Desk) -> None:
    for connector in (desk.connect(), by_oauth(desk, webhook_secret="hook-secret-77aa")):
        desk.poll(connector)
        for secret in (TOKEN, CLIENT_SECRET, "hook-secret-77aa", *desk.fake.logins.until):
            assert secret not in repr(connector)
