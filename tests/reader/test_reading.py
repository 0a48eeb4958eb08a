"""What reading gives: texts as they were written, with places; and the same with and without the C parser."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.format import same_meaning
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq, read_yaml
from casewarden.ruleset.reader import read
from support.yaml_texts import documents


def read_well(text: str | bytes) -> Node:
    diagnostics = Diagnostics()
    node = read_yaml(text, "f.yaml", diagnostics)
    assert diagnostics.items == ()
    assert node is not None
    return node


def read_map(text: str | bytes) -> Map:
    node = read_well(text)
    assert isinstance(node, Map)
    return node


def place(line: int, column: int, end_line: int, end_column: int) -> Place:
    return Place("f.yaml", line, column, end_line, end_column)


@pytest.mark.parametrize(
    "written",
    [
        "no",
        "NO",
        "on",
        "true",
        "~",
        "null",
        "17:00",
        "22:00-06:00",
        "1.10",
        "0x1F",
        "010",
        "1_000",
        "2026-01-01",
        ".inf",
        "=",
        "1e3",
    ],
)
def test_every_scalar_is_the_text_that_was_written(written: str) -> None:
    value = read_map(f"key: {written}\n").get("key")
    assert isinstance(value, Scalar)
    assert (value.text, value.quoted) == (written, False)


def test_quoted_texts_and_blocks_know_that_they_are_quoted() -> None:
    node = read_map("a: 'x'\nb: \"y\\n\"\nc: |\n  z\nd: >-\n  v\n  w\n")
    assert [(value.text, value.quoted) for _, value in node if isinstance(value, Scalar)] == [
        ("x", True), ("y\n", True), ("z\n", True), ("v w", True),
    ]  # fmt: skip


def test_places_count_characters_from_one_and_end_behind_the_last() -> None:
    node = read_map('é: "ü𝒳"   # c\n日本: [1, ñ: 2]\nlist:\n  - a\n  - b: c\n    d: |\n      text\n\n\nend: x\n')
    assert node.place == place(1, 1, 10, 7)
    places = {key.text: (key.place, value.place) for key, value in node}
    assert places["é"] == (place(1, 1, 1, 2), place(1, 4, 1, 8))
    assert places["日本"] == (place(2, 1, 2, 3), place(2, 5, 2, 14))
    assert places["list"][1] == place(4, 3, 7, 11)
    items = node.get("list")
    assert isinstance(items, Seq)
    inner = items.items[1]
    assert isinstance(inner, Map)
    assert inner.place == place(5, 5, 7, 11)
    text = inner.get("d")
    assert text is not None
    assert text.place == place(6, 8, 7, 11)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_of_three_ways(line_end: str) -> None:
    node = read_map(line_end.join(["a: 1", "", "b:", "  c: 2", ""]))
    inner = node.get("b")
    assert inner is not None
    assert inner.place == place(4, 3, 4, 7)


def test_a_key_is_found_by_its_text() -> None:
    node = read_map("first: 1\nsecond: {third: 3}\n")
    key = node.key_node("second")
    assert key is not None
    assert key.place == place(2, 1, 2, 7)
    assert node.get("third") is None
    assert node.key_node("third") is None
    assert [key.text for key, _ in node] == ["first", "second"]
    assert len(node) == 2


@pytest.mark.states("G6")
def test_an_alias_is_the_value_that_its_anchor_names_with_its_place() -> None:
    node = read_map("a: &x {b: [1, 2]}\nc: *x\n")
    assert node.get("c") is node.get("a")
    shared = node.get("c")
    assert shared is not None
    assert shared.place == place(1, 4, 1, 18)


@pytest.mark.states("G1")
def test_after_a_mistake_the_rest_is_still_there() -> None:
    diagnostics = Diagnostics()
    node = read_yaml("a:\nb: 1\nb: 2\nc: !x 3\nd: {e, f: 4}\n<<: {}\ng: 5\n", "f.yaml", diagnostics)
    assert isinstance(node, Map)
    assert [key.text for key, _ in node] == ["a", "b", "c", "d", "g"]
    assert [item.code for item in diagnostics.items] == ["CW108", "CW107", "CW111", "CW108", "CW113"]


def test_what_later_stages_find_at_an_empty_value_is_not_reported_again() -> None:
    diagnostics = Diagnostics()
    node = read_map_with(diagnostics, "a:\nb: x\n")
    for _, value in node:
        diagnostics.error("CW200", value, "not what belongs here")
    assert [(item.code, item.place.line) for item in diagnostics.items] == [("CW108", 1), ("CW200", 2)]


def read_map_with(diagnostics: Diagnostics, text: str) -> Map:
    node = read_yaml(text, "f.yaml", diagnostics)
    assert isinstance(node, Map)
    return node


def same_places(left: Node, right: Node) -> bool:
    match left, right:
        case Seq(), Seq():
            inner = all(same_places(one, other) for one, other in zip(left.items, right.items, strict=True))
        case Map(), Map():
            inner = all(
                same_places(key, other_key) and same_places(value, other)
                for (key, value), (other_key, other) in zip(left.entries, right.entries, strict=True)
            )
        case _:
            inner = True
    return inner and left.place == right.place


@settings(max_examples=200, deadline=None)
@given(documents())
def test_the_parser_in_python_gives_the_same_nodes_in_the_same_places(text: str) -> None:
    diagnostics, others = Diagnostics(), Diagnostics()
    quick, slow = read(text, "f", diagnostics), read(text, "f", others, in_python=True)
    assert (quick is None) == (slow is None)
    assert diagnostics.items == others.items
    if quick is not None and slow is not None:
        assert same_meaning(quick, slow)
        assert same_places(quick, slow)


@settings(max_examples=200, deadline=None)
@given(documents())
def test_texts_are_those_of_an_independent_composer(text: str) -> None:
    diagnostics = Diagnostics()
    node = read_yaml(text, "f", diagnostics)
    if node is None or diagnostics.has_errors:
        return

    def compare(ours: Node, theirs: yaml.Node) -> None:
        match ours, theirs:
            case Scalar(), yaml.ScalarNode():
                assert (ours.text, ours.quoted) == (theirs.value, theirs.style is not None)
            case Seq(), yaml.SequenceNode():
                for one, other in zip(ours.items, theirs.value, strict=True):
                    compare(one, other)
            case Map(), yaml.MappingNode():
                for (key, value), (other_key, other) in zip(ours.entries, theirs.value, strict=True):
                    compare(key, other_key)
                    compare(value, other)
            case _:
                pytest.fail(f"{ours} is not {theirs}")

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root is not None
    compare(node, root)


_SIGNS = st.text(alphabet="ab:-?[]{},&*!|>'\"%@`# \t\n\r~<\\0\ufeff\x00\u2028é", max_size=60)


@settings(max_examples=1500, deadline=None)
@given(
    st.one_of(st.binary(max_size=80), st.text(max_size=60), _SIGNS, _SIGNS.map(lambda text: f"a:\n  b: {text}\nc: 1\n"))
)
def test_nothing_raises_and_what_is_refused_has_a_place_in_the_file(data: bytes | str) -> None:
    diagnostics = Diagnostics()
    node = read_yaml(data, "f", diagnostics)
    assert node is not None or diagnostics.has_errors
    text = diagnostics.sources.get("f", "")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for item in diagnostics.items:
        assert 1 <= item.place.line <= len(lines)
        assert 1 <= item.place.column <= len(lines[item.place.line - 1]) + 1
        assert (item.place.line, item.place.column) <= (item.place.end_line, item.place.end_column)
