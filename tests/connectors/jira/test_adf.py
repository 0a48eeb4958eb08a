"""Jira's documents: what is written fits the published schema, and what is read is the text of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from casewarden_jira.adf import document, plain, text_of

ALL = {
    "type": "doc",
    "version": 1,
    "content": [
        {"type": "heading", "attrs": {"level": 1}, "content": [{"type": "text", "text": "Title"}]},
        {
            "type": "paragraph",
            "content": [
                {"type": "mention", "attrs": {"id": "1", "text": "@Ann"}},
                {"type": "text", "text": " says "},
                {"type": "emoji", "attrs": {"shortName": ":smile:", "text": "😀"}},
                {"type": "hardBreak"},
                {"type": "inlineCard", "attrs": {"url": "https://example.com"}},
                {"type": "date", "attrs": {"timestamp": "1772409600000"}},
            ],
        },
        {
            "type": "bulletList",
            "content": [
                {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": word}]}]}
                for word in ("one", "two")
            ],
        },
        {"type": "blockquote", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "quoted"}]}]},
        {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"id": "x", "alt": "shot.png"}}]},
        {"type": "neverSeen", "content": [{"type": "text", "text": "kept"}]},
    ],
}


def test_a_document_reads_as_people_see_it() -> None:
    assert text_of(ALL) == (  # type: ignore[arg-type]  # JSON
        "Title\n\n@Ann says 😀\nhttps://example.com2026-03-02\n\n- one\n- two\n> quoted\n\n[shot.png]kept"
    )


@pytest.mark.parametrize("body", [None, "", {}, {"type": "doc"}, {"type": "doc", "content": [None, 5, "x"]}, [], 7])
def test_what_is_no_document_has_no_text(body: Any) -> None:
    assert text_of(body) == ""


def test_a_document_without_end_is_not_followed_to_its_end() -> None:
    body: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(10_000):
        body = {"type": "paragraph", "content": [body]}
    assert text_of(body) == ""


@given(st.text())
def test_what_is_written_reads_the_same_but_for_spaces(text: str) -> None:
    assert "".join(text_of(document(text)).split()) == "".join(plain(text).split())


@pytest.fixture(scope="module")
def schema(shared_dir: Path) -> Any:
    return Draft4Validator(json.loads((shared_dir / "specs" / "adf-v1-full.schema.json").read_text(encoding="utf-8")))


def test_what_is_written_fits_the_published_schema(schema: Any) -> None:
    texts = [
        "",
        "\n\n",
        "one",
        "a\nb\n\n\nc",
        "see https://example.com/a?b=c, and http://x.y",
        "\ud83d \0 \x1b[31m",
        " \n \n",
    ]
    for text in (*texts, "x" * 50_000, "https://example.com"):
        schema.validate(document(text))


@given(st.text())
def test_whatever_is_written_fits_it(schema: Any, text: str) -> None:
    schema.validate(document(text))
