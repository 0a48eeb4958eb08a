"""What the mails of a page answer is looked for at once, on the real mail server: each finds the case that it would
have found alone."""

from collections.abc import Sequence
from contextlib import closing
from email.utils import format_datetime
from itertools import pairwise

import pytest

from casewarden.clock import now
from casewarden_email.searches import any_of, lines
from support.letters import all_events, connect, letter
from support.servers.mail import MailServers


@pytest.fixture
def address(mail_servers: MailServers) -> str:
    return mail_servers.new_mailbox()


def _put(servers: MailServers, address: str, mails: Sequence[tuple[str, str, str | None]]) -> None:
    """Mails in a mailbox of the test's own: what they say, their ids, and what they answer."""
    with servers.imap_client(address) as imap:
        for text, id_, answers in mails:
            more = {} if answers is None else {"In_Reply_To": answers}
            mail = letter(text, text, to=address, Message_ID=id_, Date=format_datetime(now()), **more)
            assert imap.append("INBOX", "", "", mail.as_bytes())[0] == "OK"


def test_each_answer_of_a_page_finds_the_case_of_what_it_answers(mail_servers: MailServers, address: str) -> None:
    long = "x" * 200
    ids = [f"<{number}.{long}@customer.example>" for number in range(60)]
    mails: list[tuple[str, str, str | None]] = [(f"question {number}", id_, None) for number, id_ in enumerate(ids)]
    mails += [(f"answer {number}", f"<a{number}@customer.example>", id_) for number, id_ in enumerate(ids)]
    mails += [("of nothing", "<n@customer.example>", "<unknown@customer.example>")]
    _put(mail_servers, address, mails)
    with closing(connect(mail_servers, address)) as connector:
        said = {str(one.data["text"]): one.subject for one in all_events(connector) if one.kind == "message"}
    assert len(said) == len(mails)
    for number in range(60):
        assert said[f"answer {number}"] == said[f"question {number}"]
    assert len(set(said.values())) == len(ids) + 1


def test_an_id_that_came_many_times_is_that_of_its_first_mail_and_hides_no_other(
    mail_servers: MailServers, address: str
) -> None:
    copied, other = "<copied@customer.example>", "<other@customer.example>"
    mails: list[tuple[str, str, str | None]] = [("the first", copied, None)]
    mails += [(f"copy {number}", copied, None) for number in range(90)]
    mails += [("the other", other, None), ("to the first", "<1@customer.example>", copied)]
    mails += [("to the other", "<2@customer.example>", other)]
    _put(mail_servers, address, mails)
    with closing(connect(mail_servers, address)) as connector:
        said = {str(one.data["text"]): one.subject for one in all_events(connector) if one.kind == "message"}
    assert said["to the first"] == said["the first"]
    assert said["to the other"] == said["the other"]


def test_a_thread_within_a_page_is_one_case(mail_servers: MailServers, address: str) -> None:
    ids = [f"<{number}@customer.example>" for number in range(12)]
    answers = [("an answer", id_, before) for before, id_ in pairwise(ids)]
    _put(mail_servers, address, [("the first", ids[0], None), *answers])
    with closing(connect(mail_servers, address)) as connector:
        assert len({one.subject for one in all_events(connector)}) == 1


def test_a_search_for_several_ids_is_one_condition_and_no_longer_than_servers_read() -> None:
    assert any_of(["<a@b>"]) == ["HEADER", "Message-ID", '"<a@b>"']
    assert " ".join(any_of(["<a@b>", "<c@d>", "<e@f>"])) == (
        'OR HEADER Message-ID "<a@b>" OR HEADER Message-ID "<c@d>" HEADER Message-ID "<e@f>"'  # RFC 3501, 9: two keys
    )
    ids = [f"<{number:0200}@customer.example>" for number in range(100)]
    assert [one for some in lines([*ids, '<"@x>', "no id"]) for one in some] == ids
    assert all(len(" ".join(any_of(some))) < 8_000 for some in lines(ids))
