"""What a mail says: its own words without what it quotes, from text or HTML, and its attachments by name and size."""

from typing import Final

import nh3
from inscriptis import get_text
from inscriptis.model.config import ParserConfig

from casewarden_email.mail import Mail, Part, as_text, clean, readable
from casewarden_email.quotes import without_quotes

MOST: Final = 1_000_000
"""Characters of a mail's text that are kept."""
_MOST_HTML: Final = 500_000
_MOST_NAMED: Final = 20
_TAGS: Final = {"p", "br", "div", "blockquote", "ul", "ol", "li", "table", "tr", "td", "th", "pre", "h1", "h2", "h3",
                "h4", "a", "b", "i", "em", "strong", "span"}  # fmt: skip


def said_in(mail: Mail) -> str:
    """The words of a mail: what its sender wrote, and a line for each attachment."""
    parts = list(mail.parts())
    own = without_quotes(body_of(parts))
    named = [_attachment(part) for part in parts if part.is_attachment or not _is_text(part)]
    if len(named) > _MOST_NAMED:
        named[_MOST_NAMED:] = [f"[{len(named) - _MOST_NAMED} more attachments]"]
    if mail.is_cut:
        named.append("[the mail is larger than what is read of it]")
    return "\n\n".join(filter(None, [own, "\n".join(named)]))


def body_of(parts: list[Part]) -> str:
    """The whole text of a mail: its plain texts, or its HTML as text where there are none."""
    shown = [part for part in parts if _is_text(part) and not part.is_attachment]
    plain = [as_text(part.body, part.charset) for part in shown if part.type != "text/html"]
    text = "\n\n".join(filter(str.strip, plain))
    if not text:
        text = "\n\n".join(html_as_text(as_text(part.body, part.charset)) for part in shown if part.type == "text/html")
    return readable(text[:MOST].replace("\r\n", "\n").replace("\r", "\n")).strip()


def html_as_text(html: str) -> str:
    """HTML as text, after all that could act or hide was taken out of it."""
    kept = nh3.clean(html[:_MOST_HTML].replace("\0", ""), tags=_TAGS, attributes={}, link_rel=None)
    try:
        return str(get_text(f"<html><body>{kept}</body></html>", ParserConfig(display_links=False)))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return nh3.clean(kept, tags=set())


def _is_text(part: Part) -> bool:
    return part.type in ("text/plain", "text/html")


def _attachment(part: Part) -> str:
    return f"[attachment: {part.name or 'without a name'}, {clean(part.type)[:80]}, {len(part.body):,} bytes]"
