"""What was written as a text: of any mail that Request Tracker took in."""

import pytest

from casewarden_rt.records import Part
from casewarden_rt.texts import LONGEST, is_automatic, text_of, via_of, wanted

PLAIN = Part(2, 1, "text/plain", "", "", 5)
HTML = Part(3, 1, "text/html", "", "", 9)
TOP = Part(1, 1, "multipart/alternative", "", "Subject: x\n", 0)


def test_of_two_forms_of_a_text_the_plain_one_is_read() -> None:
    assert wanted([TOP, PLAIN, HTML]) == [PLAIN]
    assert text_of([TOP, PLAIN, HTML], {2: " Hello \n", 3: "<b>Hello</b>"}) == "Hello"
    assert text_of([TOP, HTML], {3: "<b>Hello</b><br>there <script>alert(1)</script>"}) == "Hello\nthere"


def test_files_are_named_and_not_read() -> None:
    log = Part(4, 1, "text/plain", "log.txt", "", 5)
    photo = Part(5, 1, "image/png", "", "", 5)
    assert wanted([PLAIN, log, photo]) == [PLAIN]
    assert (
        text_of([PLAIN, log, photo], {2: "See"})
        == "See\n\n[attached: log.txt]\n\n[attached: a part of the type image/png]"
    )


def test_a_text_that_is_too_long_is_not_read_and_said_to_be_there() -> None:
    long = Part(2, 1, "text/plain", "", "", LONGEST + 1)
    assert wanted([long]) == []
    assert text_of([long], {}) == "[a text of 1,000,001 bytes, which is not read]"


@pytest.mark.parametrize(
    "html", ["<div>" * 50_000 + "deep", "<table>" * 300 + "deep", "<a" * 1000, "\ufffd<b>\x00</b>", "<!--"]
)
def test_hostile_html_is_a_text(html: str) -> None:
    assert isinstance(text_of([HTML], {3: html}), str)


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ("Subject: x", False),
        ("Auto-Submitted: no", False),
        ("auto-submitted: auto-replied; owner-email=x", True),
        ("Return-Path: <>", True),
        ("Content-Type: multipart/report; report-type=delivery-status", True),
        ("Precedence: bulk", None),
        ("X-Autoreply: yes", None),
        ("X-Auto-Response-Suppress: All", None),
        ("Broken header without colon\nAuto-Submitted", False),
        ("", False),
    ],
)
def test_mail_of_machines_is_known_by_its_headers(headers: str, automatic: bool | None) -> None:
    assert is_automatic([Part(1, 1, "text/plain", "", headers, 1)]) is automatic


def test_the_door_by_which_it_came_is_noted() -> None:
    for door, via in (("Email", "email"), ("Web", "web"), ("REST", "api"), ("Telex", None)):
        assert via_of([Part(1, 1, "text/plain", "", f"X-RT-Interface: {door}", 1)]) == via
    assert via_of([]) is None
