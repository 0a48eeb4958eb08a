"""Names that nobody else can make, mail that machines send, mail that comes back, and whom to believe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden_email.automatic import is_automatic
from casewarden_email.bounces import Bounce, bounce_of, returned_ids
from casewarden_email.mail import Mail
from casewarden_email.seals import Seals
from casewarden_email.senders import is_aligned, proof_of

SEALS = Seals(b"a secret of the tests")


def _mail(*lines: str, body: str = "") -> Mail:
    return Mail(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), st.emails())
def test_a_sealed_name_is_read_back_wherever_it_stands(ticket: str, address: str) -> None:
    token = SEALS.token(ticket, address)
    for found in (
        SEALS.in_addresses(f"Desk <desk+{token.upper()}@x.example>"),
        SEALS.in_subject(f"Re: it [{token}]"),
        SEALS.in_ids(SEALS.message_id(ticket, address, "key", "x.example")),
    ):
        assert [(one.ticket, one.person) for one in found] == [(ticket, SEALS.person(address))]
    assert Seals(b"another secret").in_subject(f"[{token}]") == ()


def test_a_name_that_was_changed_is_none() -> None:
    token = SEALS.token("261201-abcdefghij", "kim@customer.example")
    ticket, person, seal = token.split(".")
    other = SEALS.person("mallory@evil.example")
    for forged in (f"261201-abcdefghik.{person}.{seal}", f"{ticket}.{other}.{seal}", f"{ticket}.{person}.{'a' * 16}"):
        assert SEALS.in_addresses(f"desk+{forged}@x.example") == ()


@pytest.mark.parametrize(
    ("line", "automatic"),
    [
        ("Auto-Submitted: auto-replied (vacation)", True),
        ("Auto-Submitted: auto-generated; owner=x", True),
        ("Auto-Submitted: no", False),
        ("Return-Path: <>", True),
        ("Content-Type: multipart/report; report-type=disposition-notification; boundary=x", True),
        ("Precedence: bulk", None),
        ("Precedence: auto_reply", None),
        ("X-Autoreply: yes", None),
        ("X-Auto-Response-Suppress: All", None),
        ("X-Auto-Response-Suppress: DR, RN", False),
        ("From: MAILER-DAEMON@x.example", None),
        ("From: no-reply@x.example", None),
        ("From: norma.reply@x.example", False),
        ("List-Id: <all.x.example>", None),
    ],
)
def test_automatic_mail_is_told_and_what_only_looks_so_is_unclear(line: str, automatic: bool | None) -> None:
    assert is_automatic(_mail(line)) is automatic


_REPORT = """\
--b\r
Content-Type: text/plain\r
\r
Sorry.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; <Kim@customer.example>\r
Action: {action}\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 no\r
  such user\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: {id}\r
--b--\r
"""
_TYPE = "Content-Type: multipart/report; report-type=delivery-status; boundary=b"


def test_a_report_by_the_standard_names_recipients_reason_and_our_mail() -> None:
    id_ = SEALS.message_id("17", "kim@customer.example", "key", "desk.example")
    mail = _mail(_TYPE, body=_REPORT.format(action="failed", id=id_))
    assert bounce_of(mail) == Bounce(("kim@customer.example",), True, "5.1.1 smtp; 550 no such user")
    assert [one.ticket for one in SEALS.in_ids(returned_ids(mail))] == ["17"]


@pytest.mark.parametrize(("action", "found"), [("delayed", False), ("delivered", None), ("relayed", None)])
def test_what_is_only_late_or_arrived_has_not_come_back(action: str, found: bool | None) -> None:
    bounce = bounce_of(_mail(_TYPE, body=_REPORT.format(action=action, id="<x@y>")))
    assert (None if bounce is None else bounce.is_final) is found


def test_a_server_that_keeps_to_no_standard_is_understood_by_its_habits() -> None:
    body = "Hi. This is the qmail-send program at mx.example.\r\n\r\n<kim@customer.example>:\r\nNo such user.\r\n"
    mail = _mail("From: MAILER-DAEMON@mx.example", "Return-Path: <>", body=body)
    bounce = bounce_of(mail)
    assert bounce is not None
    assert (bounce.recipients, bounce.is_final) == (("kim@customer.example",), True)
    assert bounce_of(_mail("From: kim@customer.example", body=body)) is None


_FROM = "From: kim@customer.example"


@pytest.mark.parametrize(
    ("lines", "proof"),
    [
        ((), "unsaid"),
        (("Authentication-Results: mx.desk.example; dmarc=pass header.from=customer.example",), "authentic"),
        (("Authentication-Results: MX.desk.example 1; dkim=pass header.d=customer.example",), "authentic"),
        (("Authentication-Results: mx.desk.example; dkim=pass header.i=@mail.customer.example",), "authentic"),
        (("Authentication-Results: mx.desk.example; spf=pass smtp.mailfrom=bounce@customer.example",), "authentic"),
        (("Authentication-Results: mx.desk.example; spf=pass smtp.mailfrom=x@evil.example",), "forged"),
        (("Authentication-Results: mx.desk.example; dkim=pass header.d=evil.example; dmarc=fail",), "forged"),
        (("Authentication-Results: mx.desk.example (dmarc=pass); dmarc=fail (dmarc=pass)",), "forged"),
        (("Authentication-Results: mx.desk.example; none",), "unsaid"),
        (("Authentication-Results: mx.evil.example; dmarc=pass header.from=customer.example",), "unsaid"),
        (
            (
                "Authentication-Results: mx.desk.example; dmarc=fail",
                "Authentication-Results: mx.desk.example; dmarc=pass header.from=customer.example",
            ),
            "forged",
        ),
    ],
)
def test_only_what_our_own_server_found_on_top_proves_a_sender(lines: tuple[str, ...], proof: str) -> None:
    assert proof_of(_mail(*lines, _FROM), "mx.desk.example") == proof


def test_domains_speak_for_those_above_and_below_and_for_no_whole_country() -> None:
    assert is_aligned("mail.customer.example", "customer.example")
    assert is_aligned("customer.example", "mail.customer.example")
    assert not is_aligned("example", "customer.example")
    assert not is_aligned("evilcustomer.example", "customer.example")
