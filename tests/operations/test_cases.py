"""Cases merged, split, ended as spam, and taken up again."""

import json

import pytest

from casewarden.model import Json
from casewarden.plugin import Answer, Retry
from casewarden.store import audit
from casewarden.store.check import check
from casewarden.web.doors import ControlError
from operations.desk import Desk, park
from support.small import Log, at, say

ACME = {"customer.id": "acme", "contact.email": "anna@acme.example", "case.subject": "Is it me?"}


def case(number: int, time: str, **facts: str) -> Log:
    return Log(f"case:{number}").opened(time, {"case.number": str(number), **ACME, **facts}, key=f"o{number}")


def state(desk: Desk, name: str) -> tuple[object, ...]:
    (row,) = desk.bench.rows("SELECT state, state_detail, merged_into FROM subject WHERE name = :name", name=name)
    return row


def kinds(desk: Desk, name: str) -> list[tuple[object, ...]]:
    """The log of a subject: kind and key of each event."""
    return desk.bench.rows(
        "SELECT event.kind, event.key FROM log_entry JOIN event ON event.id = log_entry.event "
        "JOIN subject ON subject.id = log_entry.subject WHERE subject.name = :name ORDER BY number",
        name=name,
    )


def whole(desk: Desk) -> None:
    """The store is whole, the audit included."""
    database = desk.bench.database
    assert check(database, desk.bench.sealing).findings == ()
    with database.read() as connection:
        assert audit.verify(connection) is None


@pytest.mark.states("X7", "X10")
def test_a_merge_ends_the_younger_withdraws_what_waits_and_sends_what_comes_to_the_older(desk: Desk) -> None:
    desk.helpdesk.answers["reply"] = desk.helpdesk.answers["tag"] = _away()
    desk.take(case(1, "mon 09:00"))
    desk.go("mon 10:00")
    desk.take(case(2, "mon 10:00", **{"case.core": "down"}))
    desk.bench.now = at("mon 10:30")
    assert desk.states() == {"2/greet/1/0/0": "waiting", "2/greet/1/0/1": "waiting"}
    said = desk.order("case-merge", case="2", into="1", reason="the same")
    assert said == [
        "Case 2 ends, merged into case 1.",
        "What people write to it from now on goes to case 1; what was to be done for it is withdrawn.",
    ]
    assert state(desk, "case:2") == ("ended", "merged", "case:1")
    assert set(desk.states().values()) == {"withdrawn"}
    desk.bench.now = at("mon 11:00")
    desk.take(Log("case:2").message("mon 11:00", key="m1", text="still broken"))
    desk.take(Log("case:2").observed("mon 11:00", {"case.status": "closed"}, key="f1"))
    assert ("message", "case:2/m1") not in kinds(desk, "case:2")
    assert ("message", "m1") in kinds(desk, "case:1")
    assert state(desk, "case:1") == ("open", None, None)  # that the helpdesk closed the younger's ticket is its own
    ((clocks,),) = desk.bench.rows("SELECT clocks FROM subject WHERE name = 'case:2'")
    assert {(one["clock"], one["state"]) for one in json.loads(str(clocks))} == {
        ("answer", "cancelled"),
        ("solution", "cancelled"),
    }
    assert desk.audited() == [("ada", "case merge", "the same")]
    whole(desk)


def test_a_merged_case_that_is_merged_again_passes_its_mail_on_to_the_end(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.take(case(number, f"mon {8 + number:02}:00"))
        desk.go(f"mon {9 + number:02}:00")
    desk.order("case-merge", case="3", into="2")
    desk.order("case-merge", case="2", into="1")
    desk.take(Log("case:3").message("mon 12:00", key="m1"))
    assert ("message", "m1") in kinds(desk, "case:1")
    whole(desk)


def test_what_comes_to_a_merged_case_does_not_move_the_clocks_of_the_older_one(desk: Desk) -> None:
    desk.take(case(1, "mon 09:00"))
    before = desk.bench.rows("SELECT next_due FROM subject WHERE name = 'case:1'")
    desk.go("mon 10:00")
    desk.take(case(2, "mon 10:00"))
    desk.order("case-merge", case="2", into="1")
    assert desk.bench.rows("SELECT next_due FROM subject WHERE name = 'case:1'") == before


@pytest.mark.parametrize(
    ("younger", "into", "message", "fix"),
    [
        ("1", "2", "case 1 is the older of the two, and the older one goes on", "casewarden case merge 2 into 1"),
        ("2", "2", "case 2 cannot be merged into itself", None),
        ("2", "17", "there is no case 17 in the store", "did you mean case 1?"),
        ("2", "service:core", "service:core is no case", "name one like 1042"),
        ("3", "1", "case 3 has ended already: spam", None),
        ("2", "3", "case 3 has ended already: spam", None),
    ],
)
def test_a_merge_that_cannot_be_is_refused(desk: Desk, younger: str, into: str, message: str, fix: str | None) -> None:
    desk.take(case(1, "mon 09:00"))
    desk.take(Log("service:core").observed("mon 09:00", {"service.core.health": "up"}, "automation"))
    desk.go("mon 10:00")
    desk.take(case(2, "mon 10:00"))
    desk.take(case(3, "mon 09:00"))
    desk.order("case-spam", case="3")
    audited = desk.audited()
    with pytest.raises(ControlError) as caught:
        desk.order("case-merge", case=younger, into=into)
    assert (str(caught.value), caught.value.fix) == (message, fix)
    assert desk.audited() == audited


@pytest.mark.states("X9", "X10")
def test_spam_ends_without_clocks_and_nothing_fires_on_it_any_more(desk: Desk) -> None:
    desk.take(case(1, "mon 09:00"))
    assert desk.order("case-spam", case="case:1", reason="a lottery") == [
        "Case 1 ends as spam: its clocks are cancelled, and what was to be done for it is withdrawn."
    ]
    assert state(desk, "case:1") == ("ended", "spam", None)
    desk.take(Log("case:1").observed("mon 09:00", {"case.core": "down"}, key="f1"))
    desk.go("tue 17:00")
    assert desk.states() == {}
    assert desk.bench.rows("SELECT count(*) FROM wakeup") == [(0,)]
    whole(desk)


@pytest.mark.states("X8", "X6")
def test_a_split_opens_a_case_that_starts_with_its_part_and_knows_whose_it_is(desk: Desk) -> None:
    desk.take(case(1, "mon 09:00"))
    desk.go("mon 10:00")
    desk.take(Log("case:1").message("mon 10:00", key="m1", who=("anna@acme.example",), text="Another thing"))
    desk.go("mon 10:30")
    desk.take(Log("case:1").observed("mon 10:30", {"customer.id": "acme-2"}, key="f1"))
    desk.go("mon 12:00")
    said = desk.order("case-split", case="1", events=["m1"], **{"as": "9", "reason": "two matters"})
    assert said == ["Case 9 opens with 1 event of case 1, from the first of them on."]
    ((lane, opened_at, due, account),) = desk.bench.rows(
        "SELECT lane, opened_at, next_due, account FROM subject WHERE name = 'case:9'"
    )
    assert (lane, opened_at, due) == ("support", at("mon 10:00"), at("mon 14:00"))
    assert account == "account:acme-2"
    assert kinds(desk, "case:9")[0][0] == "opened"
    assert ("message", "m1") in kinds(desk, "case:9")
    assert ("message", "m1") in kinds(desk, "case:1")
    assert desk.bench.rows('SELECT connector, ticket, "case" FROM ticket') == [("desk", "9", "case:9")]
    with desk.bench.database.read() as connection:
        (held,) = desk.bench.processor.holding.load(connection, desk.bench.sealing, names=["case:9"])
    opened = next(event for event in held.subject.events if event.kind == "opened")
    assert opened.data["facts"] == {"customer.id": "acme-2", "contact.email": "anna@acme.example", "case.number": "9"}
    assert (say(opened.at), say(opened.seen_at)) == ("mon 10:00", "mon 12:00")
    whole(desk)


@pytest.mark.parametrize(
    ("events", "new", "message"),
    [
        (["m7"], "9", "the log of case 1 has no event `m7`"),
        (["1"], "9", "1 is `opened`, which stays with case 1"),
        ([], "9", "a part of a case is one event or several"),
        (["m1"], "1", "there is case 1 already"),
        (["m1"], "5", "the ticket 5 belongs to case 4"),
        (["m1"], "service:x", "`service:x` is no name for a case"),
        (["m1"], "a b", "`case:a b` is no name for a case"),
    ],
)
def test_a_split_that_cannot_be_is_refused(desk: Desk, events: list[Json], new: str, message: str) -> None:
    desk.take(case(1, "mon 09:00").message("mon 09:00", key="m1"))
    with desk.bench.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO ticket (connector, ticket, \"case\") VALUES ('desk', '5', 'case:4')")
    with pytest.raises(ControlError) as caught:
        desk.order("case-split", case="1", events=events, **{"as": new})
    assert str(caught.value) == message
    assert desk.audited() == []


def test_a_parked_case_is_taken_up_where_it_was_and_what_was_missed_is_decided_in_order(desk: Desk) -> None:
    desk.take(case(1, "mon 09:00"))
    park(desk, "case:1")
    desk.bench.now = at("mon 12:30")
    desk.take(Log("case:1").message("mon 12:30", key="m1"))
    assert desk.bench.rows("SELECT behind FROM mailbox") == [(2,)]
    assert desk.order("case-unpark", case="1", reason="mended") == [
        "Case 1 is taken up again from where it was; 1 event that waited is decided now."
    ]
    assert state(desk, "case:1") == ("open", None, None)
    assert desk.bench.rows("SELECT rule, at FROM activation") == [("remind", at("mon 12:00"))]
    assert ("message", "m1") in kinds(desk, "case:1")
    assert desk.bench.rows("SELECT state, settled_by, reason FROM obligation") == [("approved", "ada", "mended")]
    whole(desk)


def test_a_case_that_was_parked_before_it_could_begin_begins_like_any_other(desk: Desk) -> None:
    desk.bench.go_live = at("mon 08:00")
    desk.bench.restart()
    desk.take(Log("service:core").observed("mon 08:30", {"service.core.health": "down"}, "automation"))
    fail(desk)
    desk.take(case(1, "sun-1 09:00", **{"case.core": "down"}))
    assert state(desk, "case:1")[0] == "parked"
    assert kinds(desk, "case:1") == []
    desk.bench.restart()
    desk.order("case-unpark", case="1")
    assert state(desk, "case:1") == ("open", None, None)
    assert {kind for kind, _ in kinds(desk, "case:1")} >= {"opened", "went_live", "observed", "decided"}
    assert desk.states() == {}  # what was so when it went live is a baseline
    assert desk.bench.rows("SELECT watched FROM watch") == [("service:core",)]
    whole(desk)


def test_a_parked_case_goes_on_without_the_event_that_keeps_it_from_being_decided(desk: Desk) -> None:
    desk.take(case(1, "mon 09:00"))
    fail(desk)
    desk.take(Log("case:1").message("mon 09:00", key="bad"))
    desk.take(Log("case:1").message("mon 09:00", key="good"))
    desk.bench.restart()
    with pytest.raises(ControlError, match="no event `bed` waits for case 1") as caught:
        desk.order("case-unpark", case="1", without=["bed"])
    assert caught.value.fix == "did you mean `bad`?"
    assert desk.order("case-unpark", case="1", without=["bad"])[-1] == "Left out of its log: bad."
    assert ("message", "good") in kinds(desk, "case:1")
    assert ("message", "bad") not in kinds(desk, "case:1")
    assert desk.bench.rows("SELECT state FROM obligation") == [("dismissed",)]
    whole(desk)


def test_only_what_is_set_aside_is_taken_up(desk: Desk) -> None:
    desk.take(case(1, "mon 09:00"))
    with pytest.raises(ControlError, match="case 1 is not set aside"):
        desk.order("case-unpark", case="1")


def fail(desk: Desk) -> None:
    """Let deciding fail from now on, as a mistake in the engine would."""

    def broken(*_: object) -> object:
        raise ZeroDivisionError("a mistake")

    manner = desk.bench.processor._manner
    object.__setattr__(manner, "compiled", broken)


def _away() -> Answer:
    return Retry("away", reached=False)
