"""Attempts of the factories are such as the engine makes."""

import json

import pytest

from casewarden.plugin.events import as_observed
from casewarden.ruleset import able
from casewarden.testing.factories import ALL_KINDS, RULED_KINDS, TEXT_KINDS, attempt, content_of, event
from casewarden.testing.helpdesk import Choice


def test_the_kinds_are_those_of_the_language() -> None:
    assert set(able._KINDS.values()) == RULED_KINDS
    assert set(TEXT_KINDS) < RULED_KINDS < ALL_KINDS


@pytest.mark.parametrize("kind", sorted(ALL_KINDS))
def test_every_kind_has_a_content_that_is_json(kind: str) -> None:
    content = content_of(kind, "a text")
    assert json.loads(json.dumps(content)) == content
    assert ("text" in content) == (kind in TEXT_KINDS)


def test_a_set_is_of_the_choice_that_there_is() -> None:
    assert content_of("set", "x", Choice("service.health", {"up": "fit", "no": "down"})) == {
        "path": "service.health",
        "value": "down",
    }


def test_the_same_text_is_the_same_action() -> None:
    one, same, other = (attempt("note", "case:1", "1", key=key) for key in ("a", "a", "b"))
    assert one == same
    assert one.key != other.key
    assert one.key.startswith("case:1/")


def test_an_event_passes() -> None:
    made = event("case:1", "opened", 1_772_445_600_000_000, "desk", "k", data={"via": "web"})
    assert as_observed(made, "desk") == made
