"""Comments that we write: plain, marked, once, and for the right eyes."""

import pytest

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Applied, Rejected, Retry
from casewarden.plugin.marks import mark_of, property_of
from casewarden.testing.helpdesk import Fault
from connectors.jira.conftest import Desk
from support.jira.logins import ME


def test_a_comment_carries_its_mark_as_a_property_and_not_in_its_text(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    attempt = desk.attempt("reply", ticket, {"text": "Hello\nyou\n\nSee https://example.com/a."})
    assert isinstance(desk.connect().apply(attempt), Applied)
    (comment,) = desk.fake.state.issues[ticket].comments
    assert comment["body"] == "Hello\nyou\n\nSee https://example.com/a."
    assert list(comment["properties"]) == [property_of(mark_of(attempt.key))]


def test_a_note_is_internal_in_service_management_and_restricted_elsewhere(desk: Desk, service_desk: Desk) -> None:
    for each in (desk, service_desk):
        ticket = each.fake.open_ticket("help")
        assert isinstance(each.write(each.connect(), "note", ticket, {"text": "psst"}), Applied)
        assert [one["public"] for one in each.fake.state.issues[ticket].comments] == [False]


def test_a_note_that_customers_would_see_is_not_written(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    answer = desk.write(desk.connect(note_visibility={}), "note", ticket, {"text": "psst"})
    assert isinstance(answer, Rejected)
    assert "note_visibility" in answer.reason
    assert not desk.fake.state.issues[ticket].comments


def test_a_comment_whose_mark_was_lost_is_found_by_its_text_and_not_written_twice(service_desk: Desk) -> None:
    ticket = service_desk.fake.open_ticket("help")
    service_desk.fake.inject(Fault.LOST_AFTER, on="write", times=1)  # it is there, without its mark
    assert isinstance(service_desk.write(service_desk.connect(), "reply", ticket, {"text": "hello"}), Retry)
    service_desk.fake.clear()
    again = service_desk.write(service_desk.connect(), "reply", ticket, {"text": "hello"}, again=True)
    assert isinstance(again, AlreadyApplied)
    assert len(service_desk.fake.state.issues[ticket].comments) == 1


def test_the_same_text_by_another_action_is_another_comment(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    desk.write(connector, "reply", ticket, {"text": "hello"}, key="first")
    answer = desk.write(connector, "reply", ticket, {"text": "hello"}, key="second", again=True)
    assert isinstance(answer, Applied)
    assert len(desk.fake.state.issues[ticket].comments) == 2


def test_a_customer_who_quotes_us_has_not_written_our_comment(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    desk.fake.comment(ticket, "hello")
    assert isinstance(desk.write(desk.connect(), "reply", ticket, {"text": "hello"}, again=True), Applied)


HOSTILE = "See [~ceo] and !https://evil.example.com/x.png! {panel} *now* -gone- a_b C:\\temp\\*.* [in|https://evil.example.com]"


def test_values_of_customers_are_no_markup_where_texts_are(data_center: Desk) -> None:
    ticket, connector = data_center.fake.open_ticket("help"), data_center.connect()
    assert isinstance(data_center.write(connector, "reply", ticket, {"text": HOSTILE}), Applied)
    body = data_center.fake.state.issues[ticket].comments[0]["body"]
    for markup in ("[~", " !http", " {panel", " *now", " -gone", "[in|"):
        assert markup not in body
    assert "\\[\\~ceo\\]" in body
    (said,) = [event.data["text"] for event in data_center.told(connector) if event.kind == "message"]
    assert str(said).startswith("See [~ceo] and !https://evil.example.com/x.png")


def test_addresses_stay_addresses(data_center: Desk) -> None:
    text = "See https://example.com/a_b-c~d/?e=f_g&h=*[~x]."
    ticket = data_center.fake.open_ticket("help")
    assert isinstance(data_center.write(data_center.connect(), "reply", ticket, {"text": text}), Applied)
    (comment,) = data_center.fake.state.issues[ticket].comments
    assert comment["body"] == "See https://example.com/a_b-c~d/?e=f_g&h=%2A%5B~x\\]."


@pytest.mark.parametrize("text", ["Hello *you*, see {code} and a_b!", "👍", HOSTILE])
def test_what_looks_like_markup_is_found_again_and_not_written_twice(service_desk: Desk, text: str) -> None:
    ticket = service_desk.fake.open_ticket("help")
    service_desk.fake.inject(Fault.LOST_AFTER, on="write", times=1)  # it is there, without its mark
    assert isinstance(service_desk.write(service_desk.connect(), "reply", ticket, {"text": text}), Retry)
    service_desk.fake.clear()
    again = service_desk.write(service_desk.connect(), "reply", ticket, {"text": text}, again=True)
    assert isinstance(again, AlreadyApplied)
    (comment,) = service_desk.fake.state.issues[ticket].comments
    assert comment["body"] == text


def test_another_text_of_ours_without_a_mark_is_not_taken_for_it(service_desk: Desk) -> None:
    ticket = service_desk.fake.open_ticket("help")
    service_desk.fake.happening.comment(ticket, "by hand, with our login", by=ME)
    assert isinstance(service_desk.write(service_desk.connect(), "reply", ticket, {"text": "👍"}, again=True), Applied)
    assert len(service_desk.fake.state.issues[ticket].comments) == 2


def test_a_notice_for_somebody_whom_jira_does_not_know_names_them(desk: Desk) -> None:
    ticket = desk.fake.open_ticket("help")
    content: dict[str, Json] = {"who": "management", "text": "It burns"}
    assert isinstance(desk.write(desk.connect(), "notify", ticket, content), Applied)
    assert desk.fake.state.issues[ticket].comments[0]["body"] == "For management:\n\nIt burns"


def test_data_center_takes_texts_and_not_documents(data_center: Desk) -> None:
    ticket = data_center.fake.open_ticket("help")
    assert isinstance(data_center.write(data_center.connect(), "reply", ticket, {"text": "a\n\nb"}), Applied)
    assert data_center.fake.state.issues[ticket].comments[0]["body"] == "a\n\nb"
