"""What we send: its headers, and what each answer of an SMTP server means."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.plugin import Applied, Rejected, Retry
from casewarden_email.compose import Composer, Letter, Words, subject_of
from casewarden_email.mail import Mail
from casewarden_email.plugin import Email
from casewarden_email.seals import Seals
from casewarden_email.sending import LostError, Sender
from casewarden_email.settings import MailSettings, Server, read_settings

SERVER: dict[str, Any] = {"host": "127.0.0.1", "port": 25, "tls": "none", "user": "u", "password": "p"}
SETTINGS: dict[str, Any] = {"address": "support@desk.example", "secret": "0123456789abcdef", "imap": SERVER,
                            "smtp": SERVER, "name": "The desk, ready"}  # fmt: skip
SAID: MailSettings = read_settings(SETTINGS)
COMPOSER = Composer(SAID, Seals(SAID.secret))
AT = 1_796_119_200_000_000
ANSWERED = Mail(b"From: kim@customer.example\r\nMessage-ID: <1@c>\r\nReferences: <0@c>\r\nSubject: Down\r\n\r\n")


def test_an_answer_is_text_and_html_in_the_thread_with_headers_that_sign_well() -> None:
    words = Words("Re: Down", "Wir sehen es uns an.\n\n<b>Grüße</b>", "de")
    sent = COMPOSER.reply("17", "key", "kim@customer.example", ANSWERED, words, AT)
    mail: Any = message_from_bytes(sent.body, policy=default)
    assert mail["From"] == '"The desk, ready" <support@desk.example>'
    assert (mail["To"], mail["In-Reply-To"], mail["References"]) == ("kim@customer.example", "<1@c>", "<0@c> <1@c>")
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-replied", "de")
    assert mail["Date"] == "Tue, 01 Dec 2026 10:00:00 +0000"
    assert mail["Message-ID"] == sent.id == COMPOSER.id("17", "key", "kim@customer.example")
    assert sent.id.endswith("@desk.example>")
    assert sent.sender in mail["Reply-To"]
    assert sent.sender.startswith("support+17.")
    assert mail.get_body(("plain",)).get_content().splitlines() == ["Wir sehen es uns an.", "", "<b>Grüße</b>"]
    html = mail.get_body(("html",)).get_content()
    assert '<html lang="de">' in html
    assert "<p>&lt;b&gt;Grüße&lt;/b&gt;</p>" in html


def test_a_notice_has_no_envelope_sender_and_says_that_a_machine_wrote_it() -> None:
    sent = COMPOSER.notice("17", "key", ("alice@desk.example",), Words("Case 17", "Look."), AT)
    mail = message_from_bytes(sent.body, policy=default)
    assert sent.sender == ""
    assert (mail["Auto-Submitted"], mail["Precedence"]) == ("auto-generated", "bulk")
    assert mail["List-Unsubscribe"] == "<mailto:support@desk.example?subject=unsubscribe>"


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=20))
def test_no_text_adds_a_header(subject: str, text: str, language: str) -> None:
    hostile = f"x\r\nBcc: mallory@evil.example\r\n{subject}"
    answered = Mail(f"Subject: {subject}\r\nMessage-ID: <{language}@c>\r\n\r\n".encode("utf-8", "replace"))
    words = Words(hostile, f"{text}\r\n.\r\nMAIL FROM:<x>", language)
    sent = COMPOSER.reply("17", "key", "kim@customer.example", answered, words, AT)
    mail = message_from_bytes(sent.body, policy=default)
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject", [])) == 1
    assert set(mail.keys()) <= {
        "From", "To", "Subject", "Date", "Message-ID", "X-Casewarden-Mark", "X-Auto-Response-Suppress", "Reply-To",
        "Content-Language", "Auto-Submitted", "In-Reply-To", "References", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_subjects_gather_no_prefixes_and_no_tokens() -> None:
    token = Seals(b"x").token("17", "kim@customer.example")
    assert subject_of(f"AW: Re: RE: Down [{token}]") == "Re: Down"


class _Talk(socketserver.StreamRequestHandler):
    """An SMTP server that gives the answers it was told, and keeps what it was handed."""

    def handle(self) -> None:
        server: Any = self.server
        self.wfile.write(b"220 hello\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper().decode() if line.split() else ""
            answer = server.answers.get(word, {"DATA": "354 go on"}.get(word, "250 fine"))
            if answer is None:
                return
            self.wfile.write(answer.encode() + b"\r\n")
            if word == "QUIT":
                return
            if word == "DATA" and answer.startswith("354"):
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    server.taken.append(line)
                said = server.answers.get("END", "250 taken")
                if said is None:
                    return
                self.wfile.write(said.encode() + b"\r\n")


@contextmanager
def _server(answers: dict[str, str | None]) -> Iterator[Any]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk) as server:
        server.answers, server.taken = answers, []  # type: ignore[attr-defined]  # what the handler reads
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


LETTER = Letter(
    "<id@desk.example>", "support@desk.example", ("kim@customer.example",), b"Subject: x\n\nfirst\n.\n..last\n"
)


def _sender(server: Any) -> Sender:
    return Sender(Server("127.0.0.1", server.server_address[1], "none"), timeout=5)


def test_a_mail_is_handed_over_as_it_is_whatever_its_lines() -> None:
    with _server({}) as server:
        answer = _sender(server).send(LETTER)
        assert answer == Applied(
            {"message_id": "<id@desk.example>"},
            {"from": "support@desk.example", "to": ["kim@customer.example"], "message_id": "<id@desk.example>"},
        )
        assert b"".join(server.taken) == b"Subject: x\r\n\r\nfirst\r\n..\r\n...last\r\n"


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA", "END"])
def test_four_hundreds_are_not_now_and_five_hundreds_never(word: str) -> None:
    with _server({word: "450 4.2.0 greylisted"}) as server:
        answer = _sender(server).send(LETTER)
        assert isinstance(answer, Retry)
        assert answer.reached
        assert "450 4.2.0 greylisted" in answer.reason
    with _server({word: "550 5.1.1 no such user"}) as server:
        refused = _sender(server).send(LETTER)
        assert isinstance(refused, Rejected)
        assert "550 5.1.1 no such user" in refused.reason


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_a_connection_that_ends_before_the_mail_means_that_it_was_not_sent(word: str) -> None:
    with _server({word: None}) as server:
        assert isinstance(_sender(server).send(LETTER), Retry)


def test_a_connection_that_ends_after_the_mail_leaves_it_unknown() -> None:
    with _server({"END": None}) as server, pytest.raises(LostError, match="broke off while it was given the mail"):
        _sender(server).send(LETTER)


def test_where_nobody_listens_it_is_tried_again() -> None:
    with _server({}) as server:
        sender = _sender(server)
    assert isinstance(sender.send(LETTER), Retry)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"adress": "x"}, "there is no setting `adress`"),
        ({"address": "support"}, "`address` is a mail address"),
        ({"secret": "short"}, "`secret` is a text of 16 characters"),
        (
            {"imap": SERVER | {"host": "imap.example.com"}},
            "`imap.tls` is none, and imap.example.com is another machine",
        ),
        ({"imap": {"host": "x", "port": 993}}, "`imap` needs both"),
        ({"smtp": SERVER | {"port": 0}}, "`smtp.port` is a number"),
        ({"smtp": SERVER | {"prot": 0}}, "there is no setting `smtp.prot`"),
        ({"name": "x\r\nBcc: y"}, "`name` is a text on one line"),
        ({"folders": {"sent": "INBOX"}}, "names one folder twice"),
        ({"people": {"duty": ["nobody"]}}, "`people.duty` is a mail address"),
        ({"cases": "yes"}, "`cases` is true or false"),
        ({"lag": -1}, "`lag` is a number, 0 or more"),
    ],
)
def test_wrong_settings_are_refused_with_what_is_right(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Email().connect("mail", SETTINGS | more)
