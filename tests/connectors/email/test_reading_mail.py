"""Mail as it really comes, and worse: it is read, and nothing raises."""

import time
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden_email.automatic import is_automatic
from casewarden_email.bounces import bounce_of, returned_ids
from casewarden_email.mail import MOST_PARTS, Mail
from casewarden_email.quotes import without_quotes
from casewarden_email.seals import Seals
from casewarden_email.senders import proof_of
from casewarden_email.words import MOST, html_as_text, said_in


def _mail(*lines: str, body: str = "") -> Mail:
    return Mail(("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape"))


_LINES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=x", b"Content-Type: text/plain; charset=nonsense", b"--x", b"--x--",
        b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64", b"From: =?x?q?=FF?= <a@b>", b"",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x", b"Date: yesterday",
        b"Content-Type: message/delivery-status", b"Final-Recipient: rfc822; a@b", b"Action: failed", b"From: (((((",
        b"Content-Disposition: attachment; filename*=utf-9''%ff", b"Content-Type: text/html", b"<table><td rowspan=9",
        b"References: <a@b> <", b"Authentication-Results: x; dmarc=pass", b"Subject: =?utf-8?b?////?=", b"\xff\xfe",
        b"Content-Transfer-Encoding: uuencode", b"begin 666 x", b"> quoted", b"On Mon, Kim wrote:", b"Message-ID: <>",
    ]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=2_000), st.lists(_LINES, max_size=30).map(b"\r\n".join)))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise_and_what_is_read_can_be_kept(raw: bytes) -> None:
    mail = Mail(raw)
    texts = [said_in(mail), mail.header("Subject"), mail.sender, mail.digest, *mail.references, str(mail.day)]
    is_automatic(mail)
    bounce = bounce_of(mail)
    texts += [bounce.reason, *bounce.recipients] if bounce else []
    Seals(b"secret").in_ids(returned_ids(mail))
    proof_of(mail, "x")
    for text in texts:
        text.encode()
        assert "\0" not in text


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_no_html_raises(html: str) -> None:
    html_as_text(html)


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        ("x-nobody-knows", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("latin-1"), "Grüße"),
        ("utf-8", b"caf\xe9", "café"),
        ("iso-2022-jp", "障害".encode("iso-2022-jp"), "障害"),
        ("base64", b"plain", "plain"),
        ("utf-16", "ä".encode("utf-16"), "ä"),
    ],
)
def test_a_text_in_any_charset_is_read(charset: str, body: bytes, text: str) -> None:
    raw = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + body
    assert said_in(Mail(raw)) == text


def test_headers_are_decoded_each_word_on_its_own() -> None:
    mail = _mail(
        "Subject: =?iso-8859-1?q?Gr=FC=DFe?= =?x-none?b?Zm9v?= bar", 'From: "=?utf-8?q?K=C3=AFm?=" <Kim@X.Example>'
    )
    assert mail.header("Subject") == "Grüßefoo bar"
    assert mail.sender == "kim@x.example"
    assert mail.named("From") == [("Kïm", "kim@x.example")]
    assert Mail(b"Subject: caf\xe9\r\n\r\n").header("Subject") == "café"


@pytest.mark.parametrize(
    "lines",
    [
        ("From: a@x.example, b@x.example",),
        ("From: a@x.example", "From: b@x.example"),
        ("From: nobody",),
        ("Subject: none",),
    ],
)
def test_where_from_does_not_name_one_sender_there_is_none(lines: tuple[str, ...]) -> None:
    assert _mail(*lines).sender == ""


def test_an_address_within_an_encoded_name_is_no_address() -> None:
    mail = _mail("From: =?utf-8?q?ceo=40bank=2Eexample_=3C?= <mallory@evil.example>")
    assert mail.sender == "mallory@evil.example"


def test_the_same_mail_is_known_again_and_one_under_anothers_id_is_not() -> None:
    lines = ("From: a@x.example", "Message-ID: <1@x>", "Date: Tue, 1 Dec 2026 10:00:00 +0100", "Subject: S")
    one = _mail(*lines, body="text")
    again = _mail("Received: by another way", *lines, body="text\r\n-- \r\nfooter of a list")
    other = _mail("From: mallory@x.example", *lines[1:], body="text")
    assert one.digest == again.digest != other.digest
    assert one.day == "261201"
    nameless, different = _mail(lines[0], body="one"), _mail(lines[0], body="two")
    assert nameless.digest != different.digest


def test_a_mail_that_nests_without_end_is_read_by_its_headers_alone_and_soon() -> None:
    head = b"Subject: deep\r\nFrom: a@x.example\r\n"
    body = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(20_000))
    began = time.process_time()
    mail = Mail(head + body)
    said_in(mail)
    assert mail.header("Subject") == "deep"
    assert time.process_time() - began < 5


def test_parts_are_counted() -> None:
    head = "Content-Type: multipart/mixed; boundary=b"
    mail = _mail(head, body="--b\r\n\r\nx\r\n" * 5_000)
    assert len(list(mail.parts())) <= MOST_PARTS


def test_attachments_are_named_with_their_size_and_not_read() -> None:
    mail = EmailMessage()
    mail.set_content("See the picture.")
    mail.add_attachment(b"x" * 1_234, maintype="image", subtype="png", filename="../../a b.png")
    assert said_in(Mail(mail.as_bytes())).startswith(
        "See the picture.\n\n[attachment: .._.._a b.png, image/png, 1,234 bytes]"
    )


def test_a_mail_that_was_cut_says_so() -> None:
    mail = EmailMessage()
    mail.set_content("First.")
    mail.add_attachment(b"x" * 50_000, maintype="application", subtype="zip", filename="log.zip")
    said = said_in(Mail(mail.as_bytes()[:20_000], is_cut=True))
    assert said.startswith("First.")
    assert "log.zip" in said
    assert said.endswith("[the mail is larger than what is read of it]")


def test_html_alone_becomes_text_and_what_acts_or_hides_is_gone() -> None:
    html = "<p>The core<br>is <b>down</b>.</p><script>steal()</script><style>p {}</style><ul><li>one</li></ul>"
    mail = _mail("Content-Type: text/html", body=html)
    said = said_in(mail)
    assert "The core\nis down." in said
    assert "steal" not in said
    assert "p {}" not in said
    assert "* one" in said


@pytest.mark.parametrize(
    "quoted",
    [
        "On Mon, 30 Nov 2026 at 10:00, The desk <support@desk.example> wrote:\n> We close this.\n> It works again?",
        "Am Mo., 30. Nov. 2026 um 10:00 Uhr schrieb The desk <support@desk.example>:\n> It works again?",
        "Le lun. 30 nov. 2026 à 10:00, The desk <support@desk.example> a écrit :\n> It works again?",
        (
            "From: The desk <support@desk.example>\nSent: Monday, 30 November 2026 10:00\nTo: Kim\nSubject: Down\n\n"
            "It works again?"
        ),
        "On Mon, 30 Nov 2026 at 10:00, The desk with a rather long name\n<support@desk.example>\nwrote:\n\n> It works?",
        "-----Ursprüngliche Nachricht-----\nVon: The desk\n\nIt works?",
        "-- \nKim\nCustomer Ltd",
        "> It works again?",
    ],
)
def test_what_a_mail_quotes_is_not_its_own(quoted: str) -> None:
    assert without_quotes(f"No, it is down.\n\n{quoted}") == "No, it is down."


def test_a_mail_that_is_all_quotation_is_kept_whole() -> None:
    assert without_quotes("> only this") == "> only this"


@pytest.mark.parametrize(
    "text",
    [
        "On Monday it was down, then Kim wrote: nothing.\nAnd now it works.",
        "From: where I sit it looks down.",
        "I wrote:\nthis to you already.",
        "See the list:\n----\nfirst\n----\nsecond",
    ],
)
def test_words_that_only_look_like_a_quotation_stay(text: str) -> None:
    assert without_quotes(text) == text


@pytest.mark.parametrize(
    "text",
    ["> " * 100_000, "On " * 6_000, "-" * 19_000, "From: " * 3_000, "\n" * 19_999, "_" * 19_000, "Sent " * 3_900,
     "On a wrote:\n" * 1_500, "wrote: " * 2_800, "Am " * 6_000 + "schrieb:", " " * 19_999],
)  # fmt: skip
def test_hostile_texts_are_split_soon(text: str) -> None:
    began = time.process_time()
    without_quotes(text)
    assert time.process_time() - began < 5


def test_texts_are_kept_to_a_length() -> None:
    assert len(said_in(_mail("Subject: x", body="word " * 100_000))) <= MOST
