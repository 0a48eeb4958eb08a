"""What schemas tell editors is what the checker knows: words, paths, events, attributes, and tests by type."""

from enum import StrEnum

import pytest
from jsonschema import Draft7Validator

from casewarden.ruleset import catalogue, keys, words
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.document import SECTIONS
from casewarden.ruleset.keys import Keys
from casewarden.ruleset.load import load_text
from casewarden.ruleset.read_clocks import EVERY, OVERS, PERS
from casewarden.ruleset.read_sections import INCLUSIONS
from casewarden.ruleset.read_tests import FORMS
from casewarden.ruleset.schema import open_vocabulary, ruleset_schema
from casewarden.ruleset.syntax import CatchUp, Commitment, FieldType, OnChange, OnReopen
from casewarden.ruleset.terms import Moment, Turn
from casewarden.worktime import Boundary, DayMode, DayOrigin, FirstDay
from casewarden.worktime.notation import WEEKS
from support.editor_view import editor_view
from support.rulefiles import ROOT


def _values(kind: type[StrEnum]) -> set[str]:
    return {one.value for one in kind}


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (words.BOUNDARY, _values(Boundary)),
        (words.MODE, _values(DayMode)),
        (words.ORIGIN, _values(DayOrigin)),
        (words.FIRST_DAY, _values(FirstDay)),
        (words.ON_CHANGE, _values(OnChange)),
        (words.COMMITMENT, _values(Commitment)),
        (words.FIELD_TYPE, _values(FieldType)),
        (words.ON_REOPEN, _values(OnReopen)),
        (words.CATCH_UP, _values(CatchUp)),
        (words.TURNS, _values(Turn)),
        (words.PER, set(PERS)),
        (words.EVERY, set(EVERY)),
        (words.OVER, set(OVERS)),
        (words.KINDS, set(catalogue.ENTRY_KINDS)),
        (words.PLAN_CHANGE, set(catalogue.PLAN_CHANGES)),
        (words.ACTORS, set(catalogue.ACTORS)),
        (words.TARGETS, set(catalogue.TARGET_WORDS)),
        (words.CLOCK_STATES, set(catalogue.CLOCK_STATES)),
        (words.QUOTA_STATES, set(catalogue.QUOTA_STATES)),
        (words.CHANNEL_STATES, set(catalogue.CHANNEL_STATES)),
        (words.GUARD_STATES, set(catalogue.GUARD_STATES)),
        (words.EVENTS, set(catalogue.GIVEN_EVENTS)),
        (words.PATHS, {*catalogue.GIVEN_PATHS, "now"}),
        (words.OPEN, set(WEEKS)),
        (words.INCLUSION, set(INCLUSIONS)),
    ],
)
def test_closed_words_are_those_of_the_checker(told: dict[str, str], known: set[str]) -> None:
    assert set(told) == known
    assert all(meaning.endswith(".") for meaning in told.values())


def test_keys_are_those_of_the_checker() -> None:
    assert set(keys.TOP.names) == set(SECTIONS)
    assert set(keys.TESTS.names) == {*FORMS, "for"}
    assert set(keys.INSTANT.names) == _values(Moment)
    assert set(keys.ATTRIBUTES.names) == {name for known in catalogue.ENTRY_KINDS.values() for name in known}


def test_every_key_is_explained_in_sentences() -> None:
    for shown in (value for value in vars(keys).values() if isinstance(value, Keys)):
        assert len(set(shown.names)) == len(shown.names)
        for about in (shown.about, *(entry.about for entry in shown.entries)):
            assert about.endswith("."), about
            assert about[0].isupper() or about[0] == "`", about


_SAMPLES = {
    "text": "abc",
    "choice": "one",
    "set": "[one]",
    "yes_no": "yes",
    "integer": "3",
    "number": "2.5",
    "duration": "3 hours",
    "instant": "2026-01-31",
    "version": "v1",
}
_RULESET = """\
casewarden: 1
ruleset: forms
revision: {{from: 2026-01-01, binds: new_cases}}
defaults:
  calendar: office
  language: en
  days: {{mode: end_of_day, origin: next_opening}}
  boundary: closing
  on_change: {{severity: keep, plan: keep, contract: keep}}
calendars:
  office: {{zone: Europe/Zurich, open: {{mon-fri: 08:00-17:00}}, holidays: none}}
fields:
  case:
    one: {{type: {type}{of}}}
    two: {{type: {type}{of}}}
rules:
  go:
    clause: [X-1]
    when: {{case.one: {test}}}
    then: [reopen: same_ticket_only]
"""


def _tests(kind: str) -> list[str]:
    value = _SAMPLES[kind]
    plain = value.strip("[]")
    forms = [f"{{{form}: {value}}}" for form in ("is", "not", "at_least", "less_than", "contains", "matches")]
    forms += [f"{{{form}: [{plain}]}}" for form in ("has_any", "has_all", "has_none")]
    forms += [f"{{at_least: {value}, for: 2 hours}}", "{for: 2 hours}", f"{{is: {value}, not: {value}}}"]
    forms += ["{in_hours: office}", "{in_hours: elapsed}", "{same_as: case.two}", "{known: yes}", "{known: true}"]
    return [
        value,
        f"[{plain}]",
        *forms,
        f"{{is: {value}, for: 1 office day}}",
        "{is: {}}",
        "{at_least: 1, more_than: 1}",
    ]


@pytest.mark.parametrize("kind", sorted(_SAMPLES))
def test_tests_fit_types_for_the_schema_as_for_the_checker(kind: str) -> None:
    """Every form of test on every type of field: the schema with the file's names accepts what the checker accepts."""
    of = ", of: [one, other]" if kind in ("choice", "set") else ""
    differing = []
    for test in _tests(kind):
        text = _RULESET.format(type=kind, of=of, test=test)
        vocabulary = open_vocabulary(text.encode(), ROOT / "forms.yaml", lambda path: path.read_bytes(), Diagnostics())
        assert vocabulary is not None
        by_schema = Draft7Validator(ruleset_schema(vocabulary)).is_valid(editor_view(text))
        _, found = load_text(text)
        if by_schema == found.has_errors:
            differing.append((test, [item.message for item in found.items]))
    assert differing == []
