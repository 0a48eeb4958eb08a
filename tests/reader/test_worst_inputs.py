"""Inputs made to hurt: each is refused with a diagnostic, in bounded work, without a traceback."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.ruleset.characters import MAX_BYTES, wide_encoding
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.files import read_bytes, read_yaml_file
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq, read_yaml
from casewarden.ruleset.reader import MAX_DEPTH, MAX_NODES, MAX_PROBLEMS


def codes(data: bytes | str) -> list[str]:
    diagnostics = Diagnostics()
    read_yaml(data, "f.yaml", diagnostics)
    return [item.code for item in diagnostics.items]


def test_aliases_of_aliases_do_not_explode() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    diagnostics = Diagnostics()
    assert read_yaml("\n".join(lines), "f.yaml", diagnostics) is None
    assert [(item.code, item.place.line) for item in diagnostics.items] == [("CW116", 6)]


def test_a_file_just_within_the_bound_is_read() -> None:
    node = read_yaml(f"[{'a,' * (MAX_NODES - 1)}]", "f.yaml", diagnostics := Diagnostics())
    assert isinstance(node, Seq)
    assert diagnostics.items == ()
    assert codes(f"[{'a,' * MAX_NODES}]") == ["CW116"]


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: {c: *a}}", "&a [1, [*a]]"])
def test_a_value_that_holds_itself_is_refused(text: str) -> None:
    assert codes(text) == ["CW115"]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[{a: ", '{"a": ['])
def test_a_hundred_thousand_levels_are_refused(opening: str) -> None:
    assert codes(opening * 100_000) == ["CW117"]


def _height(node: Node) -> int:
    match node:
        case Scalar():
            return 0
        case Seq():
            return 1 + max((_height(item) for item in node.items), default=0)
        case Map():
            return 1 + max((_height(value) for _, value in node.entries), default=0)


def test_levels_count_with_aliases_written_out() -> None:
    half = MAX_DEPTH // 2 - 1
    text = f"a: &a {'[' * half}x{']' * half}\nb: {'[' * half}*a{']' * half}\n"
    node = read_yaml(text, "f.yaml", diagnostics := Diagnostics())
    assert diagnostics.items == ()
    assert node is not None
    assert _height(node) == 2 * half + 1
    chained = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 200))
    assert codes(chained) == ["CW117"]
    assert codes(f"{'[' * MAX_DEPTH}x{']' * MAX_DEPTH}") == []
    assert codes(f"{'[' * (MAX_DEPTH + 1)}x{']' * (MAX_DEPTH + 1)}") == ["CW117"]


def test_fifty_megabytes_are_refused_before_parsing() -> None:
    assert codes(b"a" * 50_000_000) == ["CW101"]
    assert codes("[" * (MAX_BYTES + 1)) == ["CW101"]


def test_of_a_huge_file_no_more_than_the_bound_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as stream:
        stream.truncate(50 * 1024**3)  # sparse: it takes no room, and reading it whole would take minutes
    diagnostics = Diagnostics()
    assert read_yaml_file(huge, diagnostics, "huge.yaml") is None
    assert [(item.code, item.message) for item in diagnostics.items] == [
        ("CW101", "the file has 53687.1 MB; at most 5 MB are read")
    ]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    diagnostics = Diagnostics()
    for path, name in ((tmp_path / "none.yaml", "none"), (tmp_path, "folder"), (tmp_path / "a\0b", "nul")):
        assert read_bytes(path, diagnostics, name) is None
    assert {(item.code, item.place.file) for item in diagnostics.items} == {
        ("CW100", "none"), ("CW100", "folder"), ("CW100", "nul"),
    }  # fmt: skip


@pytest.mark.parametrize("sign", ["x", '"', "'", " ", "é", ":", ",", "}", "%", "*", "!", "#", "\\"])
def test_one_huge_line_is_read_or_refused(sign: str) -> None:
    found = codes(sign * 2_000_000)
    assert len(found) <= 1 or sign == "!"


def test_a_huge_text_stays_whole() -> None:
    node = read_yaml(f'a: "{"x" * 2_000_000}"', "f.yaml", diagnostics := Diagnostics())
    assert isinstance(node, Map)
    value = node.get("a")
    assert isinstance(value, Scalar)
    assert len(value.text) == 2_000_000
    assert diagnostics.items == ()


def test_of_one_mistake_repeated_a_few_hundred_are_told() -> None:
    found = codes("a: 1\n" * 100_000)
    assert found == ["CW107"] * MAX_PROBLEMS + ["CW125"]


def test_nul_and_controls_are_named_and_the_rest_is_read() -> None:
    diagnostics = Diagnostics()
    node = read_yaml("a: x\0y\nb: \x1b[31m\nc: ok\nd:\n", "f.yaml", diagnostics)
    assert isinstance(node, Map)
    assert [(item.code, str(item.place)) for item in diagnostics.items] == [
        ("CW106", "f.yaml:1:5"), ("CW106", "f.yaml:2:4"), ("CW108", "f.yaml:4:1"),
    ]  # fmt: skip


def test_line_separators_that_editors_do_not_count_are_refused() -> None:
    diagnostics = Diagnostics()
    read_yaml("a: x\u2028y\nb: p\x85q\nc:\n", "f.yaml", diagnostics)
    assert [(item.code, item.place.line) for item in diagnostics.items] == [("CW106", 1), ("CW106", 2), ("CW108", 3)]


def test_a_byte_order_mark_is_a_warning_and_moves_nothing() -> None:
    diagnostics = Diagnostics()
    node = read_yaml(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f.yaml", diagnostics)
    assert isinstance(node, Map)
    assert node.place.column == 1
    assert [item.code for item in diagnostics.items] == ["CW105"]
    assert not diagnostics.has_errors


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: 1\nb: Z\xfcrich\n", "the byte 0xFC is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "the file is UTF-16, not UTF-8"),
        *(
            (f"key: {'value ä' * 200}\n".encode(f"utf-{width}-{end}"), f"the file is UTF-{width}, not UTF-8")
            for width in (16, 32)
            for end in ("le", "be")
        ),
        *(
            ("\ufeffkey: 値\n".encode(f"utf-{width}-{end}"), f"the file is UTF-{width}, not UTF-8")
            for width in (16, 32)
            for end in ("le", "be")
        ),
        (b"a: \xed\xa0\x80", "the byte 0xED is not UTF-8"),
    ],
)
def test_other_encodings_are_named(data: bytes, message: str) -> None:
    diagnostics = Diagnostics()
    assert read_yaml(data, "f.yaml", diagnostics) is None
    assert [(item.code, item.message) for item in diagnostics.items] == [("CW104", message)]
    assert "save" in (diagnostics.items[0].fix or "")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_of_another_encoding_is_shown_as_it_was_meant(encoding: str) -> None:
    diagnostics = Diagnostics()
    assert read_yaml("ruleset: Zürich\n".encode(encoding), "f.yaml", diagnostics) is None
    assert diagnostics.sources == {"f.yaml": "ruleset: Zürich\n"}


@settings(max_examples=100)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_no_text_in_utf_8_is_taken_for_another_encoding(text: str) -> None:
    assert wide_encoding(text.encode()) is None


def test_half_a_surrogate_in_a_text_is_refused() -> None:
    assert codes("a: \ud800") == ["CW106"]
