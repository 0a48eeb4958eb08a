"""Conditions in the author's words read back as the same conditions."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings

from casewarden.decide.explain.words import Words, length_words, scalar
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.document import open_document
from casewarden.ruleset.forms import Context
from casewarden.ruleset.load import load
from casewarden.ruleset.names import collect
from casewarden.ruleset.nodes import read_yaml
from casewarden.ruleset.read_conditions import read_condition
from casewarden.ruleset.syntax import Ruleset
from casewarden.ruleset.terms import Becomes, Condition
from support.strategies import Case, cases

EVERYTHING = Path(__file__).parents[1] / "rulefiles" / "good" / "everything.yaml"


def conditions_of(ruleset: Ruleset) -> Iterator[Condition]:
    for rule in ruleset.rules.values():
        if rule.when is not None:
            yield rule.when
    for event in ruleset.events.values():
        if isinstance(event.term, Becomes):
            yield event.term.condition
    for clock in ruleset.clocks.values():
        yield from (one for one in (clock.applies_if, clock.pauses_while) if one is not None)
    yield from (guard.condition for guard in ruleset.guards.values())
    yield from (reason.when for reason in ruleset.scope.values())
    if ruleset.applies_to is not None:
        yield ruleset.applies_to


def test_every_form_reads_back_as_it_was() -> None:
    ruleset, _ = load(EVERYTHING)
    assert ruleset is not None
    diagnostics = Diagnostics()
    document = open_document(EVERYTHING.read_bytes(), EVERYTHING, str(EVERYTHING), Path.read_bytes, diagnostics)
    assert document is not None
    context = Context(diagnostics, collect(document, diagnostics))
    context.fields.update(ruleset.fields)
    context.required_paths = tuple(path.text for intake in ruleset.intake.values() for path in intake.required)
    words = Words(ruleset)
    found = list(conditions_of(ruleset))
    assert len(found) > 20
    for condition in found:
        text = f"{{{words.condition(condition)}}}"
        node = read_yaml(text, "<words>", diagnostics)
        assert node is not None, text
        assert read_condition(context, node) == condition, text


@settings(max_examples=60, deadline=None)
@given(cases())
def test_random_conditions_are_yaml_on_one_line(case: Case) -> None:
    words = Words(case.ruleset)
    for condition in conditions_of(case.ruleset):
        text = words.condition(condition)
        assert "\n" not in text
        diagnostics = Diagnostics()
        assert read_yaml(f"{{{text}}}", "<words>", diagnostics) is not None
        assert not diagnostics.has_errors, text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("open", "open"), ("two words", "two words"), ("a: b", '"a: b"'), ("", '""'), ("{x}", '"{x}"'), ("a,b", '"a,b"')],
)
def test_texts_are_quoted_where_they_would_be_misread(text: str, shown: str) -> None:
    assert scalar(text) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [(60_000_000, "1 minute"), (5_400_000_000, "90 minutes"), (7_200_000_000, "2 hours"), (0, "0 minutes")],
)
def test_lengths_are_durations(length: int, shown: str) -> None:
    assert length_words(length) == shown


def test_shares_are_percent() -> None:
    ruleset, _ = load(EVERYTHING)
    assert ruleset is not None
    assert Words(ruleset).value("clock.fix.used", Decimal("0.755")) == "75.5%"
