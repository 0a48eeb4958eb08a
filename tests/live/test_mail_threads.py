"""Threads, strangers, duplicates and actions, each on the real mail servers."""

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from casewarden.model.event import Event, Json
from casewarden.plugin import AlreadyApplied, Applied, Connector, Listening, Rejected
from support.letters import all_events, arrived, attempt, connect, eventually, letter, send
from support.servers.mail import MailServers


@pytest.fixture
def desk(mail_servers: MailServers) -> Iterator["Desk"]:
    address = mail_servers.new_mailbox()
    with closing(connect(mail_servers, address, **_folders(), people={"duty": ["alice@desk.example"]})) as connector:
        yield Desk(mail_servers, address, connector)


def _folders() -> dict[str, Any]:
    return {"folders": {"sent": f"Sent-{uuid4().hex}", "notes": f"Notes-{uuid4().hex}"}}


class Desk:
    """A connector to a mailbox of its own; people's mailboxes are shared, and looked at for the test's word alone."""

    def __init__(self, servers: MailServers, address: str, connector: Connector) -> None:
        self.servers, self.address, self.connector, self.word = servers, address, connector, uuid4().hex

    def writes(self, text: str, **headers: str) -> Event:
        """A mail to the desk; the message that it becomes."""
        to = headers.pop("to", self.address)
        mark = uuid4().hex
        send(self.servers, letter(f"{self.word}", f"{text} {mark}", to=to, **headers))
        found: Event = eventually(lambda: self.message(mark))
        return found

    def message(self, word: str) -> Event | None:
        events = all_events(self.connector)
        return next((one for one in events if one.kind == "message" and word in str(one.data["text"])), None)

    def events(self, subject: str, connector: Connector | None = None) -> list[Event]:
        return [one for one in all_events(connector or self.connector) if one.subject == subject]

    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in arrived(self.servers, self.address, self.word)]

    def replies(self, subject: str, text: str = "We look into it.", key: str = "") -> Any:
        answer = self.connector.apply(attempt(subject.partition(":")[2], "reply", key=key, text=text))
        assert isinstance(answer, Applied), answer
        return eventually(
            lambda: [one for one in arrived(self.servers, "kim@customer.example", self.word) if text in str(one)]
        )[-1]


def test_a_new_thread_is_a_case_and_answers_are_found_by_their_references(desk: Desk) -> None:
    first = desk.writes("down", Message_ID=f"<{desk.word}@customer.example>")
    second = desk.writes("still down", References=f"<{desk.word}@customer.example>")
    assert first.subject == second.subject
    opened, *messages = desk.events(first.subject)
    assert (opened.kind, opened.by, opened.who) == ("opened", "customer", ("kim@customer.example",))
    assert opened.data["facts"]["contact.email"] == "kim@customer.example"  # type: ignore[index,call-overload]  # JSON
    assert [one.by for one in messages] == ["customer", "customer"]
    assert [one.key for one in desk.connector.fetch(first.subject.partition(":")[2]).events] == [
        one.key for one in (opened, *messages)
    ]


@pytest.mark.parametrize("way", ["address", "id", "subject"])
def test_an_answer_that_keeps_one_of_our_marks_finds_its_case(desk: Desk, way: str) -> None:
    first = desk.writes("down")
    reply = desk.replies(first.subject)
    match way:
        case "address":
            answer = desk.writes("back", to=str(reply["Reply-To"].addresses[0].addr_spec))
        case "id":
            answer = desk.writes("back", In_Reply_To=str(reply["Message-ID"]))
        case _:
            mark = uuid4().hex
            send(desk.servers, letter(f"Re: {reply['Subject']}", f"back {mark}", to=desk.address))
            answer = eventually(lambda: desk.message(mark))
    assert (answer.subject, answer.by) == (first.subject, "customer")


def test_a_stranger_in_somebodys_thread_is_heard_and_is_not_the_customer(desk: Desk) -> None:
    first = desk.writes("down", Message_ID=f"<{desk.word}@customer.example>")
    reply = desk.replies(first.subject)
    sealed = str(reply["Reply-To"].addresses[0].addr_spec)
    by_address = desk.writes("close it", by="lee@customer.example", to=sealed)
    by_reference = desk.writes("close it", by="lee@customer.example", References=f"<{desk.word}@customer.example>",
                               Message_ID=f"<{desk.word}.2@customer.example>")  # fmt: skip
    of_their_own = desk.writes("I said", by="lee@customer.example", References=f"<{desk.word}.2@customer.example>")
    for event in (by_address, by_reference, of_their_own):
        assert (event.subject, event.by, event.who) == (first.subject, "automation", ("stranger",))


def test_whom_the_customer_copied_takes_part(desk: Desk) -> None:
    first = desk.writes("down", Message_ID=f"<{desk.word}@customer.example>", Cc="lee@customer.example")
    answer = desk.writes("me too", by="lee@customer.example", References=f"<{desk.word}@customer.example>")
    assert (answer.subject, answer.by) == (first.subject, "customer")


def test_where_a_policy_is_set_a_mail_that_is_not_proved_is_nobodys_word(desk: Desk) -> None:
    with closing(connect(desk.servers, desk.address, authserv="mx.desk.example", agents=["@desk.example"])) as strict:
        desk.connector = strict
        forged = desk.writes("close it")
        proof = "mx.desk.example; dmarc=pass header.from=customer.example"
        proved = desk.writes("down", Authentication_Results=proof)
        agent = desk.writes("done", by="alice@desk.example",
                            Authentication_Results="mx.desk.example; dmarc=pass header.from=desk.example")  # fmt: skip
        assert (forged.by, forged.who) == ("automation", ("unauthenticated",))
        (opened,) = (one for one in desk.events(forged.subject) if one.kind == "opened")
        assert (opened.by, opened.who, "contact.email" in str(opened.data)) == (
            "automation",
            ("unauthenticated",),
            False,
        )
        assert (proved.by, proved.who) == ("customer", ("kim@customer.example",))
        assert (agent.by, agent.who) == ("agent", ("alice@desk.example",))


def test_a_mail_that_comes_twice_is_one_event_and_a_mailbox_that_was_made_anew_is_read_again(desk: Desk) -> None:
    id_ = f"<{desk.word}@customer.example>"
    date = "Tue, 01 Dec 2026 10:00:00 +0000"
    mail = letter(desk.word, "down", to=desk.address, Message_ID=id_, Date=date)
    for _ in range(2):
        send(desk.servers, mail)
    eventually(lambda: len(desk.ids()) == 2)
    page = desk.connector.changes(None)
    while page.more:
        page = desk.connector.changes(page.cursor)
    still = desk.connector.changes(page.cursor)
    assert (still.cursor, still.events, still.more) == (page.cursor, (), False)
    subject = next(one.subject for one in all_events(desk.connector) if desk.word in str(one.data))
    assert len({one.key for one in desk.events(subject)}) == 2
    assert isinstance(page.cursor, dict)
    anew: Json = {**page.cursor, "inbox": [1, 999_999]}
    assert {one.key for one in all_events(desk.connector, anew)} >= {one.key for one in desk.events(subject)}


def test_automatic_answers_are_kept_and_are_no_answers(desk: Desk) -> None:
    first = desk.writes("down")
    reply = desk.replies(first.subject)
    away = desk.writes("I am away", In_Reply_To=str(reply["Message-ID"]), Auto_Submitted="auto-replied")
    assert (away.subject, away.data["automatic"]) == (first.subject, True)
    looks = desk.writes("I am here", In_Reply_To=str(reply["Message-ID"]), Precedence="bulk")
    assert (looks.subject, looks.data["automatic"]) == (first.subject, None)


def test_an_automatic_mail_opens_a_case_and_no_machine_answers_it(desk: Desk) -> None:
    alarm = desk.writes("disk full", Auto_Submitted="auto-generated")
    answer = desk.connector.apply(attempt(alarm.subject.partition(":")[2], "reply", text="We look into it."))
    assert isinstance(answer, Rejected)
    assert "a machine sent the mail" in answer.reason


@pytest.mark.parametrize("kind", ["reply", "ask", "notify", "note"])
def test_an_action_is_done_once(desk: Desk, kind: str) -> None:
    ticket = desk.writes("down").subject.partition(":")[2]
    first = desk.connector.apply(attempt(ticket, kind, text="Once.", who="duty"))
    assert isinstance(first, Applied)
    assert desk.connector.apply(attempt(ticket, kind, text="Once.", who="duty", again=True)) == AlreadyApplied(
        {"message_id": first.details["message_id"]}
    )
    (mine,) = (one for one in desk.events(f"case:{ticket}") if one.by == "ourselves")
    assert (mine.kind, mine.data["public"]) == ("message", kind not in ("note", "notify"))


def test_a_thread_gets_so_many_mails_a_day_and_then_a_person_is_asked(mail_servers: MailServers) -> None:
    address = mail_servers.new_mailbox()
    with closing(connect(mail_servers, address, most_a_day=2, **_folders())) as connector:
        desk = Desk(mail_servers, address, connector)
        ticket = desk.writes("down").subject.partition(":")[2]
        answers = [connector.apply(attempt(ticket, "reply", key=f"key-{n}", text="Again.")) for n in range(3)]
    assert [type(one) for one in answers] == [Applied, Applied, Rejected]


def test_one_address_gets_so_many_mails_a_day_in_all_threads(mail_servers: MailServers) -> None:
    address = mail_servers.new_mailbox()
    with closing(connect(mail_servers, address, most_to_one=1, **_folders())) as connector:
        desk = Desk(mail_servers, address, connector)
        tickets = [desk.writes("no thread").subject.partition(":")[2] for _ in range(2)]
        answers = [connector.apply(attempt(ticket, "reply", text="Who loops?")) for ticket in tickets]
    assert len(set(tickets)) == 2
    assert [type(one) for one in answers] == [Applied, Rejected]


def test_mail_of_our_own_address_is_never_answered(desk: Desk) -> None:
    ours = desk.writes("loop", by=desk.address.replace("@", "+x@"))
    answer = desk.connector.apply(attempt(ours.subject.partition(":")[2], "reply", text="Loop."))
    assert isinstance(answer, Rejected)


def test_unknown_recipients_are_refused_at_once(desk: Desk) -> None:
    ticket = desk.writes("down", by="nobody@customer.example").subject.partition(":")[2]
    answer = desk.connector.apply(attempt(ticket, "reply", text="Hello."))
    assert isinstance(answer, Rejected)
    assert "550 5.1.1" in answer.reason


def test_mail_in_cases_of_another_helpdesk_is_theirs_and_other_mail_is_nobodys(desk: Desk) -> None:
    with closing(connect(desk.servers, desk.address, cases=False)) as beside:
        seals = desk.connector.writer.composer.address("ENG-12", "kim@customer.example")  # type: ignore[attr-defined]
        desk.connector = beside
        other = uuid4().hex
        send(desk.servers, letter(desk.word, f"about something else {other}", to=desk.address))
        event = desk.writes("about the ticket", to=seals)
        assert (event.subject, event.by) == ("case:ENG-12", "customer")
        assert desk.message(other) is None
        answer = beside.apply(attempt("ENG-12", "reply", key=desk.word, text="Hello."))
        assert isinstance(answer, Applied)
        assert isinstance(beside.apply(attempt("ENG-12", "close", reason="solved")), Rejected)


def test_mail_that_has_come_is_told_at_once_by_idle(desk: Desk) -> None:
    assert isinstance(desk.connector, Listening)
    rung = threading.Event()
    desk.connector.listen(rung.set)
    assert rung.wait(120)  # it listens
    rung.clear()
    send(desk.servers, letter(desk.word, "down", to=desk.address))
    assert rung.wait(120)


def test_check_says_what_is_fit_and_what_is_not(desk: Desk) -> None:
    desk.writes("down")
    found = desk.connector.check()
    assert found.is_fit
    assert any("authserv" in one.message for one in found.findings)
    with closing(connect(desk.servers, desk.address, folders={"inbox": "Nowhere"})) as wrong:
        assert "there is no folder Nowhere" in str(wrong.check())
    imap: Json = {
        "host": "127.0.0.1",
        "port": desk.servers.imap,
        "tls": "none",
        "user": "x",
        "password": "wrong secret",
    }
    with closing(connect(desk.servers, desk.address, imap=imap)) as wrong:
        said = str(wrong.check())
    assert "does not let us log in" in said
    assert "wrong secret" not in said
