"""Texts as Jira Cloud writes them (Atlassian Document Format, version 1) and as people read them. Pure.

What is sent is paragraphs, line breaks and links; what comes may hold anything, and what is not known gives its text.
Source: developer.atlassian.com, Atlassian Document Format; the published schema `@atlaskit/adf-schema` full.json.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from casewarden.model.event import Json
from casewarden_jira.wiki import LINK, unescaped

MOST_DEPTH: Final = 50
_BLOCKS: Final = frozenset({"paragraph", "heading", "codeBlock", "rule", "caption"})


def document(text: str) -> dict[str, Json]:
    """A document of a plain text: an empty line parts paragraphs, a line break stays one."""
    paragraphs = [part for part in re.split(r"\n[ \t]*\n", plain(text).strip("\n")) if part.strip()]
    content: list[Json] = [{"type": "paragraph", "content": list(_inline(part))} for part in paragraphs]
    return {"type": "doc", "version": 1, "content": content or [{"type": "paragraph", "content": []}]}


def text_of(body: Json) -> str:
    """What a body says: of a document its text, of markup (v2, webhooks) itself, of nothing the empty text."""
    if isinstance(body, str):
        return unescaped(plain(body))
    if not isinstance(body, dict):
        return ""
    return re.sub(r"\n{3,}", "\n\n", plain("".join(_said(body, 0)))).strip("\n")


def plain(text: str) -> str:
    """A text without what no store keeps (U+0000, halves of surrogate pairs), its lines ended in one way."""
    return text.replace("\0", "").replace("\r\n", "\n").encode("utf-8", "replace").decode()


def _inline(paragraph: str) -> Iterator[Json]:
    for number, line in enumerate(paragraph.split("\n")):
        if number:
            yield {"type": "hardBreak"}
        at = 0
        for link in LINK.finditer(line):
            if link.start() > at:
                yield {"type": "text", "text": line[at : link.start()]}
            mark: Json = {"type": "link", "attrs": {"href": link[0]}}
            yield {"type": "text", "text": link[0], "marks": [mark]}
            at = link.end()
        if at < len(line):
            yield {"type": "text", "text": line[at:]}


def _said(node: Any, depth: int) -> Iterator[str]:
    if not isinstance(node, dict) or depth > MOST_DEPTH:
        return
    attributes = node.get("attrs")
    attrs: dict[str, Any] = attributes if isinstance(attributes, dict) else {}
    match node.get("type"):
        case "text":
            yield _word(node.get("text"))
        case "hardBreak":
            yield "\n"
        case "mention" | "emoji" | "status" | "placeholder":
            yield _word(attrs.get("text")) or _word(attrs.get("shortName"))
        case "inlineCard" | "blockCard" | "embedCard":
            yield _word(attrs.get("url"))
        case "date":
            yield _date(attrs.get("timestamp"))
        case "media" | "mediaInline":
            yield f"[{_word(attrs.get('alt')) or 'attachment'}]"
        case "listItem" | "taskItem" | "decisionItem":
            yield "- " + "".join(_inside(node, depth)).strip("\n").replace("\n", "\n  ") + "\n"
        case "blockquote":
            quoted = "".join(_inside(node, depth)).strip("\n")
            yield "".join(f"> {line}\n" for line in quoted.split("\n")) + "\n"
        case "tableCell" | "tableHeader":
            yield " ".join("".join(_inside(node, depth)).split()) + "\t"
        case "tableRow":
            yield "".join(_inside(node, depth)).rstrip("\t") + "\n"
        case "expand" | "nestedExpand":
            yield f"{_word(attrs.get('title'))}\n"
            yield from _inside(node, depth)
        case kind:
            yield from _inside(node, depth)
            if kind in _BLOCKS:
                yield "\n\n"


def _inside(node: dict[str, Any], depth: int) -> Iterator[str]:
    content = node.get("content")
    for child in content if isinstance(content, list) else ():
        yield from _said(child, depth + 1)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _date(timestamp: Any) -> str:
    """A date, which Jira writes as milliseconds of its midnight in UTC."""
    from datetime import UTC, datetime  # noqa: PLC0415  # rare

    try:
        return datetime.fromtimestamp(int(timestamp) / 1000, UTC).date().isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return ""
