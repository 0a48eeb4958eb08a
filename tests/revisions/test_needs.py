"""What an element needs: with it and nothing else beside the terms, the checker accepts the element."""

from pathlib import Path

import pytest

from casewarden.ruleset.document import read_file
from casewarden.ruleset.needs import TERMS, Ref, closure, direct, element_of
from casewarden.ruleset.parts import errors_in, parts_of
from casewarden.ruleset.written import Written, read_written
from support.rulefiles import GOOD, main_files

EVERYTHING = GOOD / "everything.yaml"


def written(path: Path) -> Written:
    found, _ = read_written(path, read_file)
    assert found is not None
    return found


@pytest.mark.parametrize("path", main_files(), ids=lambda path: path.stem)
def test_the_checker_misses_nothing_that_is_needed(path: Path) -> None:
    revision = written(path)
    parts = parts_of(revision.document)
    terms = {ref for ref in parts if ref[0] in (*TERMS, "ruleset", "interpretations")}
    below = closure(revision.ruleset, terms, lambda _: False)
    with_terms = terms | below.keys()
    assert not errors_in({ref: part for ref, part in parts.items() if ref in with_terms}, revision.path, revision.lock)
    for ref in parts.keys() - with_terms:
        if element_of(revision.ruleset, ref) is not None:
            kept = with_terms | {ref} | closure(revision.ruleset, [ref], lambda _: False).keys()
            found = errors_in({key: part for key, part in parts.items() if key in kept}, revision.path, revision.lock)
            assert not found, (ref, found[0][0].message)


def needed(ref: Ref) -> dict[Ref, bool]:
    return dict(direct(written(EVERYTHING).ruleset, ref))


def test_a_clock_needs_its_events_for_what_they_mean_and_its_owner_by_name() -> None:
    found = needed(("clocks", "second_level"))
    assert found["events", "response_missed"] is True
    assert found["events", "manager_reply"] is True
    assert found["people", "support_lead"] is False


def test_what_a_condition_asks_of_the_scope_needs_every_reason_of_it() -> None:
    found = needed(("clocks", "first_response"))
    assert {ref for ref in found if ref[0] == "scope"} == {("scope", "custom_code"), ("scope", "old_version")}


def test_a_template_is_needed_by_name_and_a_message_that_is_sent_for_what_it_says() -> None:
    assert needed(("events", "warned_of_closing"))["messages", "closing_soon"] is False
    assert needed(("rules", "warn_before_closing"))["messages", "closing_soon"] is True


def test_what_is_needed_by_name_is_followed_only_where_it_is_not_there_anyway() -> None:
    revision = written(EVERYTHING)
    there = closure(revision.ruleset, [("events", "warned_of_closing")], lambda _: True)
    missing = closure(revision.ruleset, [("events", "warned_of_closing")], lambda _: False)
    assert there == {("messages", "closing_soon"): False}
    assert missing["messages", "closing_soon"] is True
