"""Marks of actions: the same for ever, found where they were put, and not taken from others' texts."""

import base64
import hashlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.plugin import marks

KEY = "case:1042/late/1/0/0"


def test_a_mark_is_the_same_for_ever() -> None:
    digest = subprocess.run(["sha256sum"], input=KEY.encode(), capture_output=True, check=True).stdout[:64]
    expected = base64.b32encode(bytes.fromhex(digest.decode())).decode()[:16].lower()
    assert marks.mark_of(KEY) == f"cw-{expected}" == "cw-r6ujthjdzg4oedb6"


def test_a_sealed_mark_needs_the_secret() -> None:
    sealed = marks.sealed_mark(KEY, b"one")
    assert sealed not in (marks.mark_of(KEY), marks.sealed_mark(KEY, b"two"))
    assert marks.is_sealed(sealed.upper(), KEY, b"one")
    assert not marks.is_sealed(sealed, KEY, b"two")
    assert not marks.is_sealed(sealed, KEY + "0", b"one")
    assert not marks.is_sealed("ü", KEY, b"one")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in b"one".ljust(64, b"\0")) + KEY.encode()).digest()
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in b"one".ljust(64, b"\0")) + inner).digest()  # RFC 2104
    assert sealed == f"cw-{base64.b32encode(outer).decode()[:16].lower()}"


@given(st.text(), st.text(max_size=40))
def test_what_is_put_into_a_text_is_found_and_taken_out(text: str, key: str) -> None:
    mark = marks.mark_of(key)
    marked = marks.with_mark(text, mark)
    assert marks.mark_at_end(marked) == mark
    assert mark in marks.marks_in(marked)
    assert marks.without_mark(marked) == text.rstrip()


@pytest.mark.parametrize(
    "text",
    [
        "Thanks\n\n> We are late.\n>\n> Ref: {}",
        "On Monday we wrote:\nRef: {}\n\nYours, Joe",
        "see Ref: {}",
        "Ref: {}x",
        "Ref:",
        "",
    ],
)
def test_a_quoted_mark_is_not_the_texts_own(text: str) -> None:
    text = text.format(marks.mark_of(KEY))
    assert marks.mark_at_end(text) is None
    assert marks.without_mark(text) == text


def test_a_mark_survives_what_helpdesks_do_to_a_text() -> None:
    mark = marks.mark_of(KEY)
    for changed in (f"We are late.\r\n\r\nRef: {mark}\r\n", f"a\n\n  REF: {mark.upper()} \n\n", f"a\nRef:\u00a0{mark}"):
        assert marks.mark_at_end(changed) == mark
    assert marks.marks_in(f"<p>Ref: {mark}</p> {mark} cw-short x{mark} {mark}-") == (mark,)


def test_tags_that_are_marks_are_told_from_others() -> None:
    mark = marks.mark_of(KEY)
    tags = ["vip", mark, "cw-team", "CW-" + mark[3:].upper()]
    assert marks.marks_among(tags) == (mark, mark)
    assert marks.without_marks(tags) == ["vip", "cw-team"]


def test_headers_and_properties_carry_marks() -> None:
    mark = marks.mark_of(KEY)
    assert marks.mark_in_headers({"subject": "a", "x-casewarden-mark": f" {mark}\r\n"}) == mark
    assert marks.mark_in_headers({marks.HEADER: "cw-none"}) is None
    assert marks.mark_in_headers({}) is None
    assert marks.mark_of_property(marks.property_of(mark)) == mark
    assert marks.mark_of_property("casewarden.state") is None
    assert marks.mark_of_property(mark) is None
    assert len(marks.property_of(mark)) < 255  # the most that Jira takes
