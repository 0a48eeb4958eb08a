"""Diagnostics as data, and as text, JSON and SARIF."""

import io
import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.report.diagnostics import as_json, render_json, render_text, wants_colour
from casewarden.report.sarif import as_sarif, render_sarif
from casewarden.ruleset.codes import CATALOGUE
from casewarden.ruleset.diagnostics import Diagnostics, Level, Place, did_you_mean
from casewarden.ruleset.nodes import read_yaml

# The published schema without its descriptions (2.1.0-rtm.5, which code hosts validate against).
SARIF_SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0.schema.json").read_text(encoding="utf-8"))


def at(line: int, column: int, end_column: int, file: str = "f.yaml") -> Place:
    return Place(file, line, column, line, end_column)


def test_items_are_sorted_by_place_and_stand_once() -> None:
    diagnostics = Diagnostics()
    for file, line, code in (
        ("b", 1, "CW201"),
        ("a", 9, "CW201"),
        ("a", 10, "CW201"),
        ("a", 9, "CW200"),
        ("a", 9, "CW201"),
    ):
        diagnostics.error(code, at(line, 1, 2, file), "wrong")
    found = [(item.place.file, item.place.line, item.code) for item in diagnostics.items]
    assert found == [("a", 9, "CW200"), ("a", 9, "CW201"), ("a", 10, "CW201"), ("b", 1, "CW201")]


def test_only_errors_refuse_a_file() -> None:
    diagnostics = Diagnostics()
    diagnostics.warning("CW105", at(1, 1, 1), "a mark")
    diagnostics.note("CW201", at(2, 1, 1), "by the way")
    assert not diagnostics.has_errors
    assert [item.level for item in diagnostics.items] == [Level.WARNING, Level.NOTE]
    other = Diagnostics()
    other.error("CW107", at(1, 1, 1), "twice")
    diagnostics.extend(other)
    assert diagnostics.has_errors


def test_an_unknown_code_is_our_own_mistake() -> None:
    with pytest.raises(KeyError):
        Diagnostics().error("CW000", at(1, 1, 1), "wrong")


@pytest.mark.states("G2")
def test_codes_are_in_order_unique_and_explained() -> None:
    assert list(CATALOGUE) == sorted(CATALOGUE)
    for code, entry in CATALOGUE.items():
        assert entry.code == code
        assert entry.title
        assert not entry.title.endswith(".")
        assert entry.explanation.endswith((".", "`"))


# did you mean


@cache
def edits(left: str, right: str) -> int:
    """Optimal string alignment, by its definition."""
    if not left or not right:
        return len(left) + len(right)
    best = min(
        edits(left[1:], right) + 1, edits(left, right[1:]) + 1, edits(left[1:], right[1:]) + (left[0] != right[0])
    )
    if left[:2] == right[:2][::-1] and len(left) > 1:
        best = min(best, edits(left[2:], right[2:]) + 1)
    return best


_WORDS = st.text(alphabet="abc_", min_size=2, max_size=7)


@settings(max_examples=300, deadline=None)
@given(_WORDS, st.lists(_WORDS, max_size=6))
@pytest.mark.states("G3")
def test_the_nearest_candidate_is_found(word: str, candidates: list[str]) -> None:
    near = [(edits(word, other), other) for other in candidates if other != word]
    near = [pair for pair in near if pair[0] <= max(1, len(word) // 3)]
    assert did_you_mean(word, candidates) == (min(near)[1] if near else None)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abcdefgh", min_size=2, max_size=10), st.data())
def test_swapped_neighbours_are_always_found(word: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:index] + word[index + 1] + word[index] + word[index + 2 :]
    if swapped != word:
        assert did_you_mean(swapped, [word, "entirely_different"]) == word


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("tagret", "target"),
        ("targets-by-plan", "targets_by_plan"),
        ("Target", "target"),
        ("xyz", None),
        ("t", None),
        ("", None),
    ],
)
@pytest.mark.states("G3")
def test_words_people_mistype(word: str, meant: str | None) -> None:
    assert did_you_mean(word, ["target", "targets_by_plan", "stops"]) == meant


# Text


def drawn(text: str, place: Place, message: str = "wrong") -> list[str]:
    diagnostics = Diagnostics()
    diagnostics.add_source("f.yaml", text)
    diagnostics.error("CW201", place, message)
    return render_text(diagnostics).splitlines()[2:-2]


def test_the_caret_stands_under_wide_letters_and_behind_tabs() -> None:
    assert drawn("日本語: x", at(1, 6, 7)) == ["  |", "1 | 日本語: x", "  |         ^"]
    assert drawn("日本語: x", at(1, 2, 4)) == ["  |", "1 | 日本語: x", "  |   ^^^^"]
    assert drawn("a\tb\tc", at(1, 5, 6)) == ["  |", "1 | a   b   c", "  |         ^"]
    assert drawn("e\u0301: x", at(1, 5, 6)) == ["  |", "1 | e\u0301: x", "  |    ^"]


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    line = "".join(f"{number:05}" for number in range(10_000))
    for column in (1, 25_000, 49_999):
        _, shown, caret = drawn(line, at(1, column, column + 2))
        assert len(shown) < 125
        assert shown[caret.index("^")] == line[column - 1]
    _, shown, caret = drawn(line, at(1, 100, 40_000))
    assert len(caret) < 125
    assert shown[caret.index("^")] == line[99]


def test_a_place_over_several_lines_shows_its_first() -> None:
    assert drawn("a:\n  b: 1\n", Place("f.yaml", 1, 1, 2, 7)) == ["  |", "1 | a:", "  | ^^..."]


def test_what_a_terminal_would_obey_is_not_passed_on() -> None:
    diagnostics = Diagnostics()
    read_yaml("a: \x1b]0;title\x07\u202e\nb: 1\nb: 2\n", "f\x1b[2J.yaml", diagnostics)
    diagnostics.error("CW201", at(1, 1, 2), "key \x1b[31m")
    assert "\x1b" not in render_text(diagnostics)
    assert "\u202e" not in render_text(diagnostics)


def test_related_places_are_drawn_where_they_stand() -> None:
    diagnostics = Diagnostics()
    diagnostics.add_source("one.yaml", "plans:\n  gold: x\n")
    diagnostics.add_source("two.yaml", "\n" * 99 + "  gold: y\n")
    related = [(at(2, 3, 7, "one.yaml"), "first here"), (at(5, 1, 2, "lost.yaml"), "and here")]
    diagnostics.error("CW201", at(100, 3, 7, "two.yaml"), "`gold` stands twice", "rename one", related=related)
    assert render_text(diagnostics) == (
        "error[CW201]: `gold` stands twice\n"
        "   --> two.yaml:100:3\n"
        "    |\n"
        "100 |   gold: y\n"
        "    |   ^^^^\n"
        "   ::: one.yaml:2:3\n"
        "    |\n"
        "  2 |   gold: x\n"
        "    |   ---- first here\n"
        "    = lost.yaml:5:1: and here\n"
        "    = fix: rename one\n"
        "\n"
        "1 error in 1 file.\n"
    )


def test_colour_adds_nothing_but_colour_and_is_for_terminals() -> None:
    import re

    diagnostics = Diagnostics()
    read_yaml("a: 1\na: 2\nb:\n", "f.yaml", diagnostics)
    coloured = render_text(diagnostics, colour=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_text(diagnostics)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert wants_colour(Terminal(), {})
    assert not wants_colour(Terminal(), {"NO_COLOR": "1"})
    assert not wants_colour(Terminal(), {"TERM": "dumb"})
    assert not wants_colour(io.StringIO(), {})


def test_nothing_found_is_an_empty_text() -> None:
    assert render_text(Diagnostics()) == ""


# JSON and SARIF


def sample() -> Diagnostics:
    diagnostics = Diagnostics()
    read_yaml("a: 1\na: {b: c, d e f}\ng:\n", "rules/ä b.yaml", diagnostics)
    read_yaml("x: 1\nx: 1\nx: 1\n", "/srv/rules.yaml", diagnostics)
    read_yaml(b"\xef\xbb\xbfx: 1\n", "./marked.yaml", diagnostics)
    return diagnostics


@pytest.mark.states("G4")
def test_json_holds_everything() -> None:
    diagnostics = sample()
    found = json.loads(render_json(diagnostics))
    assert found == as_json(diagnostics)
    assert found[-1]["place"] == {"file": "rules/ä b.yaml", "line": 3, "column": 1, "end_line": 3, "end_column": 3}
    assert [item["code"] for item in found] == [item.code for item in diagnostics.items]
    assert found[1]["related"][0]["message"] == "first given here"


@pytest.mark.states("G4")
def test_sarif_is_valid_by_the_published_schema() -> None:
    validator = jsonschema.Draft4Validator(SARIF_SCHEMA)
    for diagnostics in (sample(), Diagnostics()):
        log = json.loads(render_sarif(diagnostics))
        assert list(validator.iter_errors(log)) == []
    log = as_sarif(Diagnostics())
    log["runs"][0]["results"] = [{"ruleId": "CW107"}]
    assert list(validator.iter_errors(log)) != []


def test_sarif_names_rules_places_and_keeps_fingerprints_when_lines_move() -> None:
    run = as_sarif(sample())["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert uris == {"rules/%C3%A4%20b.yaml", "file:///srv/rules.yaml", "marked.yaml"}

    def prints(text: str) -> list[str]:
        diagnostics = Diagnostics()
        read_yaml(text, "f.yaml", diagnostics)
        results = as_sarif(diagnostics)["runs"][0]["results"]
        return [result["partialFingerprints"]["casewarden/v1"] for result in results]

    first = prints("x: 1\nx: 1\nx: 1\ny:\n")
    assert len(set(first)) == 3
    assert prints("# moved\n\nx: 1\nx: 1\nx: 1\ny:\n") == first
