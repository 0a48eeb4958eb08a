"""Explanations as text in colour, as JSON, and as one HTML page that stands alone."""

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, Literal

import casewarden
from casewarden.decide.explain import CaseExplained, ClockExplained, RuleExplained
from casewarden.report.blocks import Block, Branch, Bullets, Heading, Line, Paragraph, Span, Style, Table, Tree
from casewarden.report.explain_blocks import blocks, title
from casewarden.report.explain_json import as_json
from casewarden.report.markup import Markup, el
from casewarden.report.page import card, page
from casewarden.report.terminal import json_text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text as RichText

Explained = CaseExplained | RuleExplained | ClockExplained

_COLOURS: Final[dict[Style, str]] = {
    "": "",
    "strong": "bold",
    "soft": "dim",
    "code": "cyan",
    "true": "green",
    "false": "red",
    "unknown": "yellow",
    "good": "bold green",
    "bad": "bold red",
}
_CSS: Final = """
.x-true,.x-good{color:var(--k1)}.x-false,.x-bad{color:var(--missed)}.x-unknown{color:var(--paused)}
.x-soft{color:var(--soft)}.x-strong,.x-good,.x-bad,.tree .x-true,.tree .x-false,.tree .x-unknown{font-weight:600}
.x-code{font:13px/1.5 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.tree ul{list-style:none;margin:0;padding-left:22px;border-left:1px solid var(--line)}
.tree>ul{padding-left:0;border-left:0}.tree li{margin:5px 0;padding-left:8px}
.note{font-size:13.5px;color:var(--soft);padding-left:14px;overflow-wrap:anywhere}
.note .x-strong{color:var(--ink)}ul.plain{margin:0 0 12px;padding-left:20px}ul.plain li{overflow-wrap:anywhere}
ul.plain li.sub{list-style:none;padding-left:14px;font-size:13.5px}
h3{margin-top:18px}td{overflow-wrap:break-word}td:first-child{min-width:96px}table.wide{min-width:640px}
"""


def render_json(explained: Explained) -> str:
    """Return the explanation as JSON text."""
    return json_text(as_json(explained))


def render_html(explained: Explained) -> str:
    """Return the explanation as a whole HTML document."""
    content = [html_style(), *html_parts(explained)]
    content.append(el("footer", f"Casewarden {casewarden.__version__}"))
    return page(title(explained), *content)


def html_style() -> Markup:
    """The style that explanations need within a page."""
    return el("style", Markup(_CSS.replace("\n", "")))


def html_parts(explained: Explained) -> list[Markup]:
    """The explanation as parts of a page."""
    return [_html(block) for block in blocks(explained)]


def render_short(explained: Explained, *, colour: bool = False, width: int = 110) -> str:
    """Return only how the clock or the case stands, or the rule's condition, without place and instant."""
    said = [block for block in blocks(explained) if not (isinstance(block, Heading) and block.level == 1)][1:]
    headings = [number for number, block in enumerate(said) if isinstance(block, Heading)]
    until = headings[1] if len(headings) > 1 else len(said)
    return text_of([block for block in said[:until] if not isinstance(block, Heading)], colour=colour, width=width)


def render_text(explained: Explained, *, colour: bool = False, width: int = 110) -> str:
    """Return the explanation as text for a terminal of some width."""
    return text_of(blocks(explained), colour=colour, width=width)


def text_of(parts: Iterable[Block], *, colour: bool, width: int) -> str:
    """Return blocks as text for a terminal of some width."""
    from rich.console import Console  # noqa: PLC0415  # heavy, and JSON and HTML do without

    out = io.StringIO()
    console = Console(
        file=out, force_terminal=colour, no_color=not colour, width=width, highlight=False, markup=False, emoji=False,
        color_system="standard" if colour else None, legacy_windows=False,
    )  # fmt: skip
    for block in parts:
        for part in _rich(block, width):
            console.print(part)
    return "\n".join(row.rstrip() for row in out.getvalue().splitlines()) + "\n"


# -- rich

_GAP: Final = 2
"""Blanks between the columns of a table."""


def _rich(block: Block, width: int) -> "Iterator[RenderableType]":
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    match block:
        case Heading(text, level):
            if level > 1:
                yield Text("")
            yield Text(_visible(text), style="bold underline" if level == 1 else "bold")
        case Paragraph(parts):
            yield _text(parts)
        case Bullets(lines):
            for parts in lines:
                indent = len(parts[0].text) - len(parts[0].text.lstrip()) if parts else 0
                yield Padding(_text(parts, strip=True), (0, 0, 0, 2 + indent))
        case Table():
            yield _rich_table(block, width)
        case Tree(root):
            yield from _rich_branch(root, 0)


def _rich_branch(branch: Branch, depth: int) -> "Iterator[RenderableType]":
    from rich.padding import Padding  # noqa: PLC0415

    yield Padding(_text(branch.line), (0, 0, 0, 2 + 4 * depth))
    for note in branch.notes:
        yield Padding(_text(note), (0, 0, 0, 8 + 4 * depth))
    for part in branch.branches:
        yield from _rich_branch(part, depth + 1)


def _rich_table(block: Table, width: int) -> "RenderableType":
    """Return a table. Where there is room to keep all words whole, names are not broken: other cells have blanks."""
    from rich.table import Table as RichTable  # noqa: PLC0415

    grid = RichTable(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="dim")
    cells = [[_text(cell) for cell in row] for row in block.rows]
    columns = [
        [heading.rstrip(">"), *(row[number].plain for row in cells)] for number, heading in enumerate(block.headings)
    ]
    longest = [max(len(word) for cell in column for word in cell.split(" ")) for column in columns]
    room = sum(longest) + _GAP * (len(longest) - 1) <= width
    for number, heading in enumerate(block.headings):
        justify: Literal["left", "right"] = "right" if heading.endswith(">") else "left"
        names = room and not any(" " in cell for cell in columns[number][1:])
        grid.add_column(heading.rstrip(">"), justify=justify, overflow="fold", no_wrap=names)
    for row in cells:
        grid.add_row(*row)
    return grid


def _text(parts: Line, *, strip: bool = False) -> "RichText":
    from rich.text import Text  # noqa: PLC0415

    found = Text()
    for number, span in enumerate(parts):
        text = _visible(span.text.lstrip() if strip and not number else span.text)
        found.append(text, style=_COLOURS[span.style] or None)
    return found


def _visible(text: str) -> str:
    """Return a text without characters that a terminal would obey."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


# -- HTML


def _html(block: Block) -> Markup:
    match block:
        case Heading(text, level):
            return el(f"h{level}", text)
        case Paragraph(parts):
            return el("p", *_spans(parts))
        case Bullets(lines):
            items = (el("li", *_spans(parts), class_="sub" if _is_under(parts) else None) for parts in lines)
            return el("ul", *items, class_="plain")
        case Table():
            return card(_html_table(block))
        case Tree(root):
            return card(el("div", el("ul", _html_branch(root)), class_="tree"))


def _is_under(parts: Line) -> bool:
    """Whether a line belongs to the one before it: it begins with blanks."""
    return bool(parts) and parts[0].text.startswith(" ")


def _html_branch(branch: Branch) -> Markup:
    notes = [el("div", *_spans(note), class_="note") for note in branch.notes]
    parts = [el("ul", *(_html_branch(part) for part in branch.branches))] if branch.branches else []
    return el("li", *_spans(branch.line), *notes, *parts)


def _html_table(block: Table) -> Markup:
    kinds = ["num" if heading.endswith(">") else None for heading in block.headings]
    head = el(
        "tr", *(el("th", name.rstrip(">"), class_=kind) for name, kind in zip(block.headings, kinds, strict=True))
    )
    rows = [
        el("tr", *(el("td", *_spans(cell), class_=kind) for cell, kind in zip(row, kinds, strict=True)))
        for row in block.rows
    ]
    return el("table", el("thead", head), el("tbody", *rows), class_="wide" if len(kinds) > 2 else None)


def _spans(parts: Iterable[Span]) -> list[str]:
    return [el("span", span.text, class_=f"x-{span.style}") if span.style else span.text for span in parts]
