"""Places, hashes, and whether a text is the one that was reviewed."""

import hashlib
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.ruleset.clause_list import Standing, compare, read_clause_list, with_hashes
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.policy_text import Lines, PolicyText, place_text, read_place

WORDS = st.text(alphabet="abcdefghij äé", min_size=3, max_size=12).filter(lambda text: bool(text.strip()))


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("L16", [(16, 16)]),
        ("L8-9", [(8, 9)]),
        ("L21, L36", [(21, 21), (36, 36)]),
        ("L17,L19", [(17, 17), (19, 19)]),
        ("L101-106", [(101, 106)]),
        ("L34a", [(34, 34)]),
        ("L46, L8-9", [(46, 46), (8, 9)]),
        *((wrong, None) for wrong in ("", "16", "L", "L0", "L9-8", "L8 - 9", "L8-", "l8", "L8,", "L8; L9", "L1234567")),
    ],
)
def test_places(written: str, lines: list[tuple[int, int]] | None) -> None:
    place = read_place(written)
    assert (None if place is None else [(one.first, one.last) for one in place]) == lines
    if place is not None and "a" not in written and " " in written:
        assert place_text(place) == written


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_text_of_a_place_is_its_lines_joined() -> None:
    text = PolicyText.of("p", "one  \n\ttwo\u00a0 2\r\n\nfour\rfive\n")
    assert text.digest([Lines(1, 2)]) == sha("one two 2")
    assert text.digest([Lines(5, 5), Lines(1, 1)]) == sha("five one")
    assert text.digest([Lines(2, 4)]) == sha("two 2 four")
    assert text.digest([Lines(3, 3)]) is None  # nothing is said there
    assert text.digest([Lines(9, 9)]) is None  # the text is shorter


def test_composed_and_decomposed_letters_are_the_same() -> None:
    one, other = (PolicyText.of("p", unicodedata.normalize(form, "Prüfung")) for form in ("NFC", "NFD"))
    assert one.digest([Lines(1, 1)]) == other.digest([Lines(1, 1)]) == sha("Prüfung")


def listed(place: str, digest: str) -> str:
    return f"# kept\nX-1: {{place: {place}, summary: s, status: enforced, hash: {digest}}}  # also kept\n"


def standing(place: str, digest: str, text: str) -> tuple[Standing, str | None]:
    clauses = read_clause_list(listed(place, digest), "c.yaml", Diagnostics())
    assert clauses is not None
    found = compare(clauses[0], PolicyText.of("p", text))
    assert found is not None
    return found.standing, None if found.now is None else place_text(found.now)


@settings(max_examples=60)
@given(st.data())
def test_lines_put_in_above_move_a_clause_and_a_word_changes_it(data: st.DataObject) -> None:
    lines = data.draw(st.lists(WORDS, min_size=3, max_size=9, unique_by=lambda text: " ".join(text.split())))
    first = data.draw(st.integers(1, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    own = [Lines(first, last)]
    digest = PolicyText.of("p", "\n".join(lines)).digest(own)
    assert digest is not None
    place = place_text(own)
    assert standing(f'"{place}"', digest[:16], "\n".join(lines)) == (Standing.SAME, None)

    above = data.draw(st.integers(1, 4))
    moved = [*[f"new {number}" for number in range(above)], *lines]
    assert standing(f'"{place}"', digest[:16], "\n".join(moved)) == (
        Standing.MOVED,
        place_text([Lines(first + above, last + above)]),
    )
    at = data.draw(st.integers(first, last)) - 1
    changed = [*lines[:at], f"{lines[at]} not", *lines[at + 1 :]]
    assert standing(f'"{place}"', digest[:16], "\n".join(changed)) == (Standing.CHANGED, None)


@settings(max_examples=40)
@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=5), min_size=2, max_size=8), st.data())
def test_wrapping_anew_within_the_place_changes_nothing(words: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(words) - 1))
    one = f"{' '.join(words[:cut])}\n   {' '.join(words[cut:])}"
    digest = sha(" ".join(words))[:16]
    assert standing("L1-2", digest, f"{one}\nrest") == (Standing.SAME, None)
    assert standing("L1-2", digest, f"{' '.join(words)}\n\nrest") == (Standing.SAME, None)
    if " ".join(words) != words[0]:
        assert standing("L2-3", digest, f"before\n{' '.join(words)}\nrest") == (Standing.MOVED, "L2")


def test_one_part_of_a_place_may_move_apart_from_the_rest() -> None:
    digest = sha("a b")[:16]
    assert standing('"L1, L3"', digest, "a\nx\ny\nz\nb") == (Standing.MOVED, "L1, L5")


def test_nothing_at_the_place_is_told_apart_from_a_changed_text() -> None:
    assert standing("L9", sha("a")[:16], "x\ny")[0] is Standing.MISSING
    assert standing("L2", sha("a")[:16], "x\n\n")[0] is Standing.MISSING


def test_only_hashes_of_changed_texts_are_written() -> None:
    text = PolicyText.of("p", "alpha\nbeta\ngamma\ndelta")
    source = (
        "# first\n"
        f"A: {{place: L1, summary: 'é x', status: enforced, hash: {sha('alpha')[:12]}}} # same\r\n"
        f'B: {{summary: s, hash: "00000000", place: L2, status: enforced}}\n'
        f"C: {{place: L2, summary: s, status: enforced, hash: {sha('delta')[:16]}}}  # moved\n"
        "D:\n  hash: deadbeef\n  place: L3   # comment\n  summary: s\n  status: out_of_scope\n  reason: r\n"
        "E: {place: L9, summary: s, status: enforced, hash: 12345678}\n"
    )
    clauses = read_clause_list(source, "c.yaml", Diagnostics())
    assert clauses is not None
    written, fresh = with_hashes(source, clauses, text)
    assert fresh == {"B": sha("beta")[:16], "D": sha("gamma")[:16]}
    assert written == source.replace("00000000", fresh["B"]).replace("deadbeef", fresh["D"])
