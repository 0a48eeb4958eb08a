"""What `check` says of a Request Tracker, the fake and the real one."""

from typing import Any

from casewarden.plugin import Check
from support.rt.desks import FIELDS, Desk


def _said(check: Check, level: str) -> list[tuple[str, str | None]]:
    return [(finding.message, finding.fix) for finding in check.findings if finding.level == level]


def test_where_all_is_well_it_says_so(desk: Desk) -> None:
    desk.opens()
    check = desk.connect(tags="Tags", close_reason="Close reason").check()
    assert check.is_fit
    assert _said(check, "warning") == []
    assert any(message.startswith("it may answer, comment and change ticket") for message, _ in _said(check, "ok"))


def test_the_queues_that_are_watched_are_named_and_one_that_is_not_there_is_told(desk: Desk) -> None:
    messages = [message for message, _ in _said(desk.connect(queues=[desk.queue]).check(), "ok")]
    assert f"it watches the queues {desk.queue}" in messages
    ((message, fix),) = _said(desk.connect(queues=[desk.queue, "Suport"]).check(), "error")
    assert message == "`queues`: there is no queue `Suport`, or the account may not see it"
    assert fix is not None
    assert desk.queue in fix


def test_rights_that_are_missing_are_named(desk: Desk) -> None:
    desk.opens()
    ((message, fix),) = _said(desk.connect(account="reader", mapping=None).check(), "error")
    assert message.endswith("the account lacks CommentOnTicket, ModifyTicket")
    assert fix == "give it these rights on the queues, or on all"


def test_an_account_of_a_customer_is_not_enough(desk: Desk) -> None:
    errors = _said(desk.connect(account="kim@customer.example").check(), "error")
    assert errors[0] == (
        "the account `kim@customer.example` is not privileged",
        "tick `Let this user be granted rights` for it",
    )


def test_a_token_that_is_refused_is_told(desk: Desk) -> None:
    check = desk.connect(token=desk.server.tokens["casewarden"][:-4] + "dead").check()
    ((message, fix),) = _said(check, "error")
    assert "401" in message
    assert fix == "make a new token for the account, and put it into the settings"


def test_an_address_that_is_another_one_is_told(desk: Desk) -> None:
    check = desk.connect(url=f"{desk.server.url}/elsewhere").check()
    ((_, fix),) = _said(check, "error")
    assert fix is not None


def test_fields_values_and_statuses_of_the_mapping_are_looked_for(desk: Desk) -> None:
    fields: dict[str, Any] = {
        "case.core": {"field": "Core", "type": "choice", "values": {"down": "down", "lost": "lost"}},
        "case.plan": "CF.{Plans}",
    }
    settings: dict[str, Any] = {"tags": "Labels", "statuses": {"waiting": "on_hold"}, "mapping": {"fields": fields}}
    check = desk.connect(**settings).check()
    errors = dict(_said(check, "error"))
    assert errors["mapping.fields.case.plan: the helpdesk has no field `CF.{Plans}`"] == "did you mean `CF.{Plan}`?"
    assert "`tags`: no queue has a custom field `Labels`" in errors
    assert (
        errors["`statuses`: there is no status `waiting`"]
        == "there are new, open, stalled, resolved, rejected, deleted"
    )
    warnings = [message for message, _ in _said(check, "warning")]
    assert "mapping.fields.case.core: the field `Core` has no value `lost`" in warnings


def test_an_account_without_a_zone_cannot_write_dates(desk: Desk) -> None:
    fields = {"case.answer_by": FIELDS["case.answer_by"]}
    errors = _said(desk.connect(account="alice", mapping={"fields": fields}).check(), "error")
    assert ("dates of custom fields are read in it" in errors[0][0], errors[0][1]) == (True, "set its time zone to UTC")
