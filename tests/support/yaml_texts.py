"""Hypothesis strategies for YAML as people write it: uneven indentation, comments anywhere, all styles of text."""

from hypothesis import strategies as st

WORDS = st.sampled_from(
    ["a", "no", "17:00", "1.10", "two words", "x-y", "Zoë", "a'b", 'say "x"', "日本", "a#b", "<<x", "*"]
)
_PLAIN = st.sampled_from(
    ["a", "no", "17:00", "1.10", "two words", "x-y", "Zoë", "it's", "日本", "a#b", "-1", ":x", "a:b"]
)
_COMMENTS = st.sampled_from(["# note", "#", "#: a: [b", "# - 'x", "#!  ", "# ? {{ x }}"])
_SPACES = st.sampled_from(["", " ", "  ", "    "])


@st.composite
def _quoted(draw: st.DrawFn) -> str:
    text = draw(WORDS)
    if draw(st.booleans()):
        return "'" + text.replace("'", "''") + "'"
    return '"' + text.replace('"', '\\"') + draw(st.sampled_from(["", "\\n", "\\\\", "{{ x }}"])) + '"'


_SCALARS = st.one_of(_PLAIN, _quoted())


@st.composite
def _flow(draw: st.DrawFn, depth: int, indent: int) -> str:
    """A text or a list or mapping in brackets; its further lines are indented by at least `indent`."""
    kind = draw(st.sampled_from(["scalar", "scalar", "list", "map"])) if depth else "scalar"
    if kind == "scalar":
        return draw(_SCALARS.filter(lambda text: text != ":x"))

    def space() -> str:
        shape = draw(st.sampled_from(["", "", " ", "  ", "\n", "comment"]))
        if shape == "comment":
            return f" {draw(_COMMENTS)}\n{draw(_SPACES)}{' ' * indent}"
        return f"\n{draw(_SPACES)}{' ' * indent}" if shape == "\n" else shape

    parts = []
    for number in range(draw(st.integers(0, 3))):
        item = draw(_flow(depth - 1, indent))
        if kind == "map":
            key = f"k{number}" if draw(st.booleans()) else f'"k{number}"'
            item = f"{key}:{space() or ' '}{item}"
        elif draw(st.integers(0, 4)) == 0:
            item = f"pair: {item}"
        parts.append(f"{space()}{item}{space()}")
    opening, closing = ("[", "]") if kind == "list" else ("{", "}")
    ends_in_comma = draw(st.booleans()) and bool(parts)
    tail = f",{space()}" if ends_in_comma else ""
    return f"{opening}{','.join(parts)}{tail}{space() if not parts else ''}{closing}"


@st.composite
def _between(draw: st.DrawFn, indent: int) -> str:
    """Lines that mean nothing: blank ones and comments in any column."""
    lines = []
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        column = draw(st.integers(0, indent + 3))
        lines.append(draw(_SPACES) if draw(st.booleans()) else " " * column + draw(_COMMENTS))
    return "".join(f"{line}\n" for line in lines)


@st.composite
def _text_block(draw: st.DrawFn, indent: int) -> str:
    """A `|` or `>` block behind a key or dash that stands at `indent`."""
    step = draw(st.integers(1, 5))
    explicit = draw(st.booleans())
    chomp = draw(st.sampled_from(["", "-", "+"]))
    header = draw(st.sampled_from("|>")) + (str(step) if explicit else "") + chomp
    header += draw(st.sampled_from(["", "", " # why"]))
    lines = draw(
        st.lists(
            st.sampled_from(["text", "# no comment", "{{ x }}", "", "  further in", "end  ", "- a: b"]),
            min_size=1,
            max_size=4,
        )
    )
    if not explicit:
        lines = ["first", *lines]
    return header + "\n" + "\n".join(" " * (indent + step) + line if line else "" for line in lines) + "\n"


@st.composite
def _value(draw: st.DrawFn, depth: int, indent: int, anchors: list[str], below: int) -> str:
    """What stands behind a colon or a dash at column `indent`, with the end of its line; lists may begin at `below`."""
    kinds = ["scalar", "scalar", "flow", "text", "many", "alias"] + (["map", "list", "map", "list"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    anchor = ""
    if kind == "alias":
        if not anchors:
            kind = "scalar"
        else:
            return f" *{draw(st.sampled_from(anchors))}\n"
    name = f"n{len(anchors)}"
    if draw(st.integers(0, 5)) == 0:
        anchor = f" &{name}"
    behind = draw(st.sampled_from(["", "", "", "  # behind", " #x"]))
    gap = draw(st.sampled_from([" ", " ", "  ", "   "]))
    if kind in ("map", "list"):
        column = draw(st.integers(indent + 1, indent + 4)) if kind == "map" else draw(st.integers(below, indent + 4))
        inner = draw(block(depth - 1, column, anchors, kind))
        result = f"{anchor}{behind}\n{inner}"
    elif kind == "text":
        result = f"{anchor}{gap}{draw(_text_block(indent))}"
    elif kind == "many":
        quote = draw(st.sampled_from(["", '"', "'"]))
        lines = draw(st.lists(st.sampled_from(["one", "two", "", "three  "]), min_size=1, max_size=3))
        further = "".join(f"\n{draw(_SPACES)}{' ' * (indent + 1)}{line}" for line in [*lines, "last"])
        result = f"{anchor}{gap}{quote}first{further}{quote}{behind}\n"
    else:
        shown = draw(_flow(2 if kind == "flow" else 0, indent + 1))
        apart = (
            f"{draw(st.sampled_from(['', ' # apart']))}\n{' ' * (indent + 2)}" if draw(st.integers(0, 6)) == 0 else gap
        )
        result = f"{anchor}{apart}{shown}{behind}\n"
    if anchor:
        anchors.append(name)
    return result


@st.composite
def block(draw: st.DrawFn, depth: int, column: int, anchors: list[str], kind: str) -> str:
    """A mapping or list in lines, at a column."""
    parts = []
    for number in range(draw(st.integers(1, 3))):
        parts.append(draw(_between(column)))
        if kind == "map":
            key = draw(st.sampled_from([f"key{number}", f'"key {number}"', f"'k''{number}'"]))
            parts.append(f"{' ' * column}{key}:{draw(_value(depth, column, anchors, column))}")
        elif depth and draw(st.integers(0, 2)) == 0:
            inner = draw(block(depth - 1, column + 2, anchors, draw(st.sampled_from(["map", "list"]))))
            parts.append(
                f"{' ' * column}- {inner.lstrip(' ')}" if inner.startswith(" ") else f"{' ' * column}-\n{inner}"
            )
        else:
            parts.append(f"{' ' * column}-{draw(_value(depth, column, anchors, column + 1))}")
    return "".join(parts)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document; now and then one that YAML refuses, so a test asks the reader first."""
    anchors: list[str] = []
    start = draw(st.sampled_from(["", "", "", "---\n", "# top\n\n---\n", "\n\n"]))
    column = draw(st.sampled_from([0, 0, 0, 2]))
    body = draw(block(3, column, anchors, draw(st.sampled_from(["map", "map", "list"]))))
    return start + body + draw(_between(2)) + draw(st.sampled_from(["", "", "...\n"]))
