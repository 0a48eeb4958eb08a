"""The real servers that live tests talk to: they come up, are shared by the run, and keep to themselves."""

from uuid import uuid4

from support.letters import eventually, letter, send
from support.servers.mail import GONE, SLOW, MailServers
from support.servers.request_tracker import PEOPLE, RequestTracker


def test_request_tracker_knows_everybody(request_tracker: RequestTracker) -> None:
    for name in PEOPLE:
        with request_tracker.as_user(name) as client:
            assert client.get("/rt").json()["Version"].startswith("5.")


def test_mail_arrives_at_an_extended_address(mail_servers: MailServers) -> None:
    address = mail_servers.new_mailbox()
    extended = address.replace("@", "+extended@")
    _send(mail_servers, extended)
    assert extended in _arrived(mail_servers, address, "TO extended")


def test_mail_to_nobody_comes_back_as_a_report(mail_servers: MailServers) -> None:
    address = mail_servers.new_mailbox()
    _send(mail_servers, f"nobody@{GONE}", by=address)
    report = _arrived(mail_servers, address, "SUBJECT Undelivered")
    assert "report-type=delivery-status" in report
    assert "Status: 5.1.1" in report


def test_mail_to_a_server_that_is_away_waits(mail_servers: MailServers) -> None:
    somebody = f"{uuid4().hex}@{SLOW}"
    _send(mail_servers, somebody)
    eventually(lambda: any(somebody in str(mail["recipients"]) for mail in mail_servers.waiting()))


def test_a_mailbox_of_ones_own_is_made_while_all_runs_and_is_empty(mail_servers: MailServers) -> None:
    one, two = mail_servers.new_mailbox(), mail_servers.new_mailbox()
    _send(mail_servers, one)
    _arrived(mail_servers, one, "ALL")
    with mail_servers.imap_client(two) as client:
        assert client.select()[1] == [b"0"]


def _send(servers: MailServers, to: str, by: str = "kim@customer.example") -> None:
    send(servers, letter("A question", "Is anybody there?", to=to, by=by))


def _arrived(servers: MailServers, address: str, search: str) -> str:
    """The mail that was found, waited for by IDLE's poor relative: NOOP."""

    def found() -> bytes:
        client.noop()
        there: bytes = client.search(None, *search.split(" "))[1][0]
        return there

    with servers.imap_client(address) as client:
        client.select()
        number = eventually(found).split()[0].decode()
        part = client.fetch(number, "(RFC822)")[1][0]
        assert isinstance(part, tuple)
        return part[1].decode()
