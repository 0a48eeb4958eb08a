"""What the connector does in a Request Tracker, the fake and the real one: its state is asked afterwards."""

from typing import Any

import pytest

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Answer, Applied, Conflict, Rejected, Retry
from support.rt.desks import FIELDS, KIM, Desk, applied, attempt

TEXT = {"message": "m", "language": "en", "text": "We look into it.\n\nSoon."}


def _ours(desk: Desk, ticket: str) -> list[tuple[str, str]]:
    """What our account wrote: how, and the text as it stands there."""
    mine = [one for one in desk.transactions(f"ObjectId = {ticket}") if one["Creator"]["id"] == "casewarden"]
    written = [one for one in mine if one["Type"] in ("Correspond", "Comment")]
    query = {one["id"]: f'[{{"field": "TransactionId", "value": {one["id"]}}}]' for one in written}
    found = []
    for one in written:
        asked = {"query": query[one["id"]], "fields": "Content"}
        (part,) = desk["casewarden"].get("/attachments", params=asked).json()["items"]
        found.append((one["Type"], part["Content"]))
    return found


@pytest.mark.parametrize(
    ("kind", "how"), [("reply", "Correspond"), ("ask", "Correspond"), ("note", "Comment"), ("notify", "Comment")]
)
def test_a_text_is_written_once_and_found_again(desk: Desk, kind: str, how: str) -> None:
    ticket = desk.opens()
    connector = desk.connect()
    content = {**TEXT, "who": "manager"} if kind == "notify" else TEXT
    first = connector.apply(attempt(ticket, kind, content))
    assert isinstance(first, Applied)
    again = connector.apply(attempt(ticket, kind, content, again=True))
    assert again == AlreadyApplied(first.details)
    ((written, text),) = _ours(desk, ticket)
    assert written == how
    assert text.startswith(
        "For manager:\n\nWe look into it.\n\nSoon.\n\nRef: cw-" if kind == "notify" else TEXT["text"]
    )
    other = connector.apply(attempt(ticket, kind, content, key="case:1/rule/2/0/0", again=True))
    assert isinstance(other, Applied)
    assert len(_ours(desk, ticket)) == 2


def test_a_mark_that_a_customer_quotes_is_no_sign_that_we_wrote(desk: Desk) -> None:
    ticket = desk.opens()
    connector = desk.connect()
    assert isinstance(connector.apply(attempt(ticket, "note", TEXT)), Applied)
    ((_, text),) = _ours(desk, ticket)
    other = desk.opens()
    desk.writes(other, text)
    key = f"case:{ticket}/rule/1/0/note"
    assert isinstance(connector.apply(attempt(other, "note", TEXT, key=key, again=True)), Applied)
    theirs = [event for event in desk.polled(other, connector=connector) if event.kind == "message"]
    assert [event.by for event in theirs] == ["customer", "customer", "ourselves"]


def test_what_another_program_writes_by_our_account_is_not_ourselves(desk: Desk) -> None:
    ticket = desk.opens()
    desk.writes(ticket, "from a script", by="casewarden", how="comment")
    (event,) = (event for event in desk.polled(ticket) if event.data.get("text") == "from a script")
    assert event.by == "automation"


def test_our_own_writes_come_back_as_ours(desk: Desk) -> None:
    ticket = desk.opens()
    connector = desk.connect(tags="Tags", close_reason="Close reason")
    for kind, content in {
        "reply": TEXT, "set": {"path": "case.core", "value": "available"}, "assign": {"value": "bob"},
        "tag": {"add": ["late"]}, "close": {"reason": "solved"}, "reopen": {"mode": "same_ticket_only"},
    }.items():  # fmt: skip
        assert isinstance(applied(connector, ticket, kind, **content), Applied)  # type: ignore[arg-type]  # JSON
    found = [
        (event.kind, dict(event.data)) for event in desk.polled(ticket, connector=connector) if event.by == "ourselves"
    ]
    assert found == [
        ("message", {"public": True, "via": "api", "text": TEXT["text"]}),
        ("observed", {"facts": {"case.core": "available"}}),
        ("observed", {"facts": {"case.assigned_to": "bob"}}),
        ("observed", {"facts": {"case.tags": ["late"]}}),
        ("closed", {}),
        ("reopened", {}),
    ]


def test_states_are_set_as_they_are_wanted(desk: Desk) -> None:
    ticket = desk.opens(by="alice", CustomFields={"Tags": ["a", "b"]})
    people = {"roles": {"manager": "bob@desk.example"}}
    connector = desk.connect(
        tags="Tags",
        close_reason="Close reason",
        mapping={"fields": FIELDS, "people": people | {"assign": {"manager": "bob"}}},
    )
    for kind, content in (
        ("set", {"path": "case.core", "value": "degraded"}),
        ("set", {"path": "case.priority", "value": 70}),
        ("set", {"path": "case.due", "value": "2026-12-05T10:00:00.250Z"}),
        ("set", {"path": "case.answer_by", "value": "2026-07-05T10:00:00Z"}),
        ("set", {"path": "case.subject", "value": "No core"}),
        ("set", {"path": "case.status", "value": "waiting_on_customer"}),
        ("assign", {"value": "manager"}),
        ("tag", {"add": ["c"], "remove": ["a"]}),
        ("close", {"reason": "solved"}),
    ):
        answer = applied(connector, ticket, kind, **content)
        assert isinstance(answer, Applied), answer
        assert answer.request
    there = desk.ticket(ticket)
    assert (there["Core"], there["Priority"], there["Due"]) == (["degraded"], "70", "2026-12-05T10:00:00Z")
    assert (there["Answer due"], there["Subject"]) == (["2026-07-05T10:00:00Z"], "No core")
    assert (there["Owner"]["id"], sorted(there["Tags"])) == ("bob", ["b", "c"])
    assert (there["Status"], there["Close reason"]) == ("resolved", ["solved"])
    before = desk.version(ticket)
    for kind, content in (("close", {"reason": "solved"}), ("set", {"path": "case.core", "value": "degraded"})):
        assert applied(connector, ticket, kind, **content) == Applied()
        assert connector.apply(attempt(ticket, kind, content, again=True)) == AlreadyApplied()
    assert desk.version(ticket) == before
    for path in ("case.core", "case.due", "case.answer_by"):
        assert isinstance(applied(connector, ticket, "set", path=path, value=None), Applied)
    assert isinstance(applied(connector, ticket, "assign", value=None), Applied)
    there = desk.ticket(ticket)
    assert (there["Core"], there["Due"], there["Answer due"]) == ([], "1970-01-01T00:00:00Z", [])
    assert there["Owner"]["id"] == "Nobody"
    assert isinstance(applied(connector, ticket, "reopen", mode="follow_up_if_needed"), Applied)
    assert desk.ticket(ticket)["Status"] == "open"


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        ("set", {"path": "case.core", "value": "exploded"}, "did not set CF.{Core}; it said: Invalid value"),
        ("set", {"path": "case.nope", "value": "x"}, "no field of the helpdesk is mapped to `case.nope`"),
        ("set", {"path": "case.status", "value": "closed"}, "no status of Request Tracker means `closed`"),
        ("set", {"path": "case.unseen", "value": "x"}, "did not set CF.{Unseen}; it said: nothing"),
        ("set", {"path": "case.rank", "value": "high"}, "`high` is no priority"),
        ("assign", {"value": "nobody at all"}, "That user does not exist"),
        ("assign", {"value": KIM}, "That user may not own tickets"),
        ("assign", {"value": "team"}, "is a group, and a ticket of Request Tracker is owned by a person"),
        ("tag", {"add": ["x"]}, "tickets have no tags here"),
        ("link", {"kind": "defect", "id": "1"}, "knows no action `link`"),
    ],
)
def test_what_request_tracker_does_not_do_is_rejected_with_its_words(
    desk: Desk, kind: str, content: dict[str, Json], reason: str
) -> None:
    fields: dict[str, Any] = FIELDS | {"case.unseen": "CF.{Unseen}", "case.rank": {"field": "Priority", "type": "text"}}
    connector = desk.connect(mapping={"fields": fields, "people": {"assign": {"team": {"group": "Tier 3"}}}})
    ticket = desk.opens()
    before = desk.version(ticket)
    answer = applied(connector, ticket, kind, **content)
    assert isinstance(answer, Rejected)
    assert reason in answer.reason
    assert desk.version(ticket) == before


@pytest.mark.parametrize("kind", ["set", "close", "assign", "note"])
def test_what_the_account_may_not_do_is_rejected(desk: Desk, kind: str) -> None:
    content: dict[str, Json] = {"path": "case.core", "value": "down", "text": "x"}
    content |= {"value": "bob"} if kind == "assign" else {}
    ticket = desk.opens()
    answer = desk.connect(account="reader").apply(attempt(ticket, kind, content))
    assert isinstance(answer, Rejected)
    assert "Permission Denied" in answer.reason


def test_tickets_that_are_not_there_are_rejected(desk: Desk) -> None:
    connector = desk.connect()
    one, two = desk.opens(), desk.opens()
    desk.puts(two, MergeInto=int(one))
    for ticket, reason in (
        ("999999", "no ticket 999999"),
        ("x", "has no ticket"),
        (two, f"was merged into ticket {one}"),
    ):
        answer = applied(connector, ticket, "close", reason="solved")
        assert isinstance(answer, Rejected)
        assert reason in answer.reason
    assert isinstance(applied(connector, two, "note", text="it goes on in the other"), Applied)
    assert connector.apply(attempt(two, "note", {"text": "it goes on in the other"}, again=True)) != Applied()
    assert [text.partition("\n")[0] for _, text in _ours(desk, one)] == ["it goes on in the other"]


@pytest.mark.parametrize("kind", ["set", "note"])
def test_a_ticket_that_has_changed_since_is_a_conflict_and_nothing_is_written(desk: Desk, kind: str) -> None:
    connector = desk.connect()
    ticket = desk.opens()
    content = {"path": "case.core", "value": "down", "text": "x"}
    seen = connector.fetch(ticket).cursor
    desk.puts(ticket, Priority="10")
    before = desk.version(ticket)
    answer: Answer = connector.apply(attempt(ticket, kind, content, precondition=seen))
    assert isinstance(answer, Conflict)
    assert desk.version(ticket) == before
    fresh = connector.fetch(ticket).cursor
    assert isinstance(connector.apply(attempt(ticket, kind, content, precondition=fresh)), Applied)


def test_how_a_case_stands_is_shown_and_is_no_event(desk: Desk) -> None:
    project = {
        "*": {"due": "Due", "severity": {"field": "Severity", "values": {"1": "critical"}}},
        "answer": {"due": "Answer due", "state": "Plan"},
    }
    connector = desk.connect(mapping={"fields": FIELDS, "project": project})
    ticket = desk.opens()
    due = "2026-12-05T10:00:00Z"
    clock: dict[str, Json] = {"state": "running", "due": due, "target": "4 hours", "stopped": None}
    shown: dict[str, Json] = {"severity": "1", "next_due": due, "clocks": {"answer": clock}}
    assert isinstance(applied(connector, ticket, "project", **shown), Applied)
    there = desk.ticket(ticket)
    assert (there["Due"], there["Answer due"], there["Severity"], there["Plan"]) == (
        due,
        [due],
        ["critical"],
        ["running"],
    )
    assert len(desk.transactions(f"ObjectId = {ticket} AND Type = 'CustomField'")) == 3  # each field once
    before = desk.version(ticket)
    assert applied(connector, ticket, "project", **shown) == Applied()
    assert desk.version(ticket) == before
    assert isinstance(applied(connector, ticket, "project", severity="2", next_due=None, clocks={}), Applied)
    there = desk.ticket(ticket)
    assert (there["Due"], there["Answer due"], there["Severity"]) == ("1970-01-01T00:00:00Z", [], [])
    assert [event.by for event in desk.polled(ticket, connector=connector)] == ["customer", "customer"]


def test_on_a_ticket_that_was_merged_there_is_nothing_to_show(desk: Desk) -> None:
    connector = desk.connect(mapping={"fields": {}, "project": {"*": {"due": "Due"}}})
    one, two = desk.opens(), desk.opens()
    desk.puts(two, MergeInto=int(one))
    before = desk.version(one)
    for ticket in (two, "999999"):
        answer = applied(connector, ticket, "project", next_due="2026-12-05T10:00:00Z", clocks={})
        assert answer == Applied()
    assert desk.version(one) == before


def test_dates_of_custom_fields_need_the_zone_of_the_account(desk: Desk) -> None:
    answer = applied(
        desk.connect(account="alice"), desk.opens(), "set", path="case.answer_by", value="2026-12-05T10:00:00Z"
    )
    assert isinstance(answer, Rejected)
    assert "set its time zone to UTC" in answer.reason


def test_a_login_that_ends_is_tried_again(desk: Desk) -> None:
    ticket = desk.opens()
    desk.server.tokens["casewarden"]  # the right one, of which the last digit is changed
    wrong = desk.server.tokens["casewarden"][:-1] + ("0" if desk.server.tokens["casewarden"][-1] != "0" else "1")
    answer = desk.connect(token=wrong).apply(attempt(ticket, "note", TEXT))
    assert isinstance(answer, Retry)
    assert answer.reached
    assert wrong not in answer.reason
