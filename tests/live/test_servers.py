"""The real servers that live tests talk to: they come up, are shared by the run, and keep to themselves."""

import time
from email.message import EmailMessage

from support.servers.mail import GONE, SLOW, MailServers
from support.servers.request_tracker import PEOPLE, RequestTracker


def test_request_tracker_knows_everybody(request_tracker: RequestTracker) -> None:
    for name in PEOPLE:
        with request_tracker.as_user(name) as client:
            assert client.get("/rt").json()["Version"].startswith("5.")


def test_mail_arrives_at_an_extended_address(mail_servers: MailServers) -> None:
    _send(mail_servers, "support+servers-test@desk.example")
    assert "support+servers-test@desk.example" in _arrived(mail_servers, "support@desk.example", "TO servers-test")


def test_mail_to_nobody_comes_back_as_a_report(mail_servers: MailServers) -> None:
    _send(mail_servers, f"nobody@{GONE}")
    report = _arrived(mail_servers, "kim@customer.example", "SUBJECT Undelivered")
    assert "report-type=delivery-status" in report
    assert "Status: 5.1.1" in report


def test_mail_to_a_server_that_is_away_waits(mail_servers: MailServers) -> None:
    _send(mail_servers, f"somebody@{SLOW}")
    until = time.monotonic() + 30
    while not any(SLOW in str(mail["recipients"]) for mail in mail_servers.waiting()):
        assert time.monotonic() < until


def _send(servers: MailServers, to: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "kim@customer.example", to, "A question"
    mail.set_content("Is anybody there?")
    with servers.smtp_client() as client:
        client.send_message(mail)


def _arrived(servers: MailServers, address: str, search: str) -> str:
    """The mail that was found, waited for by IDLE's poor relative: NOOP."""
    until = time.monotonic() + 30
    with servers.imap_client(address) as client:
        client.select()
        while not (found := client.search(None, *search.split(" "))[1][0]):
            assert time.monotonic() < until, f"nothing arrives for {address}"
            client.noop()
        part = client.fetch(found.split()[0].decode(), "(RFC822)")[1][0]
        assert isinstance(part, tuple)
        return part[1].decode()
