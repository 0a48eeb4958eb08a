"""The schema of scenario tests: accepting what the reader accepts, refusing what a schema can refuse."""

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator

from casewarden.ruleset import catalogue
from casewarden.ruleset.codes import CATALOGUE
from casewarden.ruleset.forms import CITED_KEYS
from casewarden.ruleset.read_actions import ACTIONS
from casewarden.scenario import read_entries, read_expect, read_scenario
from casewarden.scenario.read_scenario import load_scenarios
from casewarden.scenario.scenario_schema import keys, scenario_schema, words
from support.editor_view import editor_view, editor_view_of
from support.rulefiles import ROOT

SCHEMA: Final = scenario_schema()
VALIDATOR: Final = Draft7Validator(SCHEMA)
BAD: Final = ROOT / "tests" / "scenario" / "bad"
CODES: Final = sorted(code for code in CATALOGUE if "CW900" <= code < "CW920")

_RULESET = "it takes the ruleset under test, and a schema sees this file only"
_ZONE = "it takes the zone's changes of the clock"
SAYABLE: Final[dict[str, str | None]] = {
    "CW900": None,
    "CW901": _RULESET,
    "CW902": None,
    "CW903": None,
    "CW904": _ZONE,
    "CW905": _ZONE,
    "CW906": "it compares times, and a schema compares none",
    "CW907": None,
    "CW908": None,
    "CW909": None,
    "CW910": None,
    "CW911": _RULESET,
    "CW912": _RULESET,
    "CW913": None,
    "words": None,
    "no_tests": None,
}
"""By the name of a bad file, most of which are codes: None where the schema must refuse it, else why it cannot."""

HEAD: Final = "casewarden_test: 1\nruleset: ruleset.yaml\nzone: Europe/Berlin\ntests:\n  one:\n    timeline:\n"
OPENED: Final = "at: 2026-03-02 10:00, opened: {by: customer}"


def problems(value: Any) -> list[str]:
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in VALIDATOR.iter_errors(value)
    ]


def shipped() -> list[Path]:
    """Every file of tests that reads without an error, and those whose tests fail on purpose."""
    places = (ROOT / "rules", ROOT / "examples", ROOT / "tests" / "scenario", ROOT / "tests" / "incident_log")
    named = {path for place in places for path in place.rglob("*.test.yaml")}
    return sorted({*named, ROOT / "tests" / "scenario" / "failing" / "failing.yaml"})


def first_step(entries: str) -> str:
    return f"{HEAD}      - {{{OPENED}, {entries}}}\n"


def expecting(expected: str) -> str:
    return first_step(f"expect: {{{expected}}}")


def observing(stated: str) -> str:
    return first_step(f"observed: {{{stated}}}, expect: {{nothing_else: yes}}")


def reader_accepts(text: str, folder: Path) -> bool:
    (folder / "ruleset.yaml").write_bytes((BAD / "ruleset.yaml").read_bytes())
    path = folder / "one.test.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenarios(path)[0] is not None


@pytest.mark.parametrize("path", shipped(), ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_tests_fit(path: Path) -> None:
    assert load_scenarios(path)[0] is not None
    assert problems(editor_view_of(path)) == []


def test_the_example_of_the_documentation_fits() -> None:
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```yaml[^\n]*\n(casewarden_test:.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    assert examples
    assert [problems(editor_view(example)) for example in examples] == [[] for _ in examples]


def test_every_key_and_closed_word_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    lists = (
        keys.LINKED,
        keys.RELEASE,
        keys.GRANTED,
        keys.CLAIMED,
        keys.WATERMARK,
        keys.WITHHELD,
        keys.LEDGER,
        keys.ALERT,
    )
    own = [name for name in keys.ACTION.names if name not in ACTIONS]
    closed = (words.SEVERITY_BY, words.CLOCK_STATES, words.WITHHELD, words.ALERTS, words.CORRECTIONS)
    known = [*(name for one in lists for name in one.names), *own, *(word for one in closed for word in one)]
    known += [*words.LEDGER_STATES, *(name for entry in catalogue.ENTRY_KINDS.values() for name in entry)]
    assert [word for word in known if not re.search(rf"\b{word}\b", page)] == []


def test_the_table_names_every_bad_file_and_every_code() -> None:
    assert set(SAYABLE) == {path.stem for path in BAD.glob("*.yaml")} - {"ruleset"}
    assert set(CODES) <= set(SAYABLE)


@pytest.mark.parametrize("name", [name for name, reason in SAYABLE.items() if reason is None])
def test_bad_files_are_refused_where_a_schema_can_say_it(name: str) -> None:
    assert problems(editor_view_of(BAD / f"{name}.yaml"))


@pytest.mark.parametrize("name", [name for name, reason in SAYABLE.items() if reason is not None])
def test_what_a_schema_cannot_say_is_not_claimed_without_need(name: str) -> None:
    assert problems(editor_view_of(BAD / f"{name}.yaml")) == [], f"take {name} out of the table"


_OF_RULESET = {"CW303", "CW304", "CW305"}
"""Names, paths and values of the ruleset under test: the schema knows none."""


def test_each_mistake_of_words_is_marked_where_it_stands() -> None:
    """All that the reader tells of `words.yaml`, but for names of the ruleset, is marked in the same part of it."""
    told = (BAD / "words.txt").read_text(encoding="utf-8")
    lines = re.findall(r"^error\[(CW\d+)\].*\n +--> words\.yaml:(\d+):", told, flags=re.MULTILINE)
    marked = "\n".join(_deepest(VALIDATOR.iter_errors(editor_view_of(BAD / "words.yaml"))))
    parts = {
        6: "tests", 7: "tests/One Test", 10: "timeline/0", 11: "timeline/0", 12: "timeline/0/observed",
        13: "timeline/0/message", 14: "timeline/0/call", 15: "timeline/0/reject", 16: "timeline/0/work/spent",
        17: "timeline/0/opened", 19: "timeline/0/expect",
        21: "expect/case.status", 22: "expect/case.tags", 23: "expect/severity_by", 24: "expect/clocks/answer",
        27: "expect/actions/1/times", 28: "expect/actions/2", 29: "expect/actions/3", 30: "expect/nothing_else",
        31: "expect/withheld/0/why", 32: "expect/ledger", 33: "expect/alerts/0/kind", 34: "expect/corrections/0",
        35: "expect/next_wakeup", 36: "expect/queue", 37: "expect/revision",
    }  # fmt: skip
    wanted = {parts[int(line)] for code, line in lines if code not in _OF_RULESET}
    assert [part for part in sorted(wanted) if part not in marked] == []


def _deepest(errors: Iterable[Any]) -> Iterator[str]:
    for error in errors:
        yield "/".join(map(str, error.absolute_path))
        yield from _deepest(error.context or ())


GOOD = {
    "weekday with a comma": HEAD
    + "      - {at: 'Mon, 2026-03-02T10:00', opened: {by: customer}, expect: {nothing_else: yes}}\n",
    "offset": HEAD + "      - {at: 2026-03-02 10:00:00.5+01:00, opened: {by: lead}, expect: {nothing_else: yes}}\n",
    "two entries alike": first_step("message: [{by: agent}, {by: agent}], expect: {nothing_else: yes}"),
    "person and actor": first_step("call: {by: [customer, lead]}, expect: {nothing_else: yes}"),
    "unclear": first_step("message: {by: customer, automatic: unclear}, expect: {nothing_else: yes}"),
    "unknown": observing("case.core: unknown, case.tags: unknown, contract.term_end: unknown"),
    "contract": observing("contract.calendar: office, contract.targets: {answer: 2 business hours}"),
    "instants": expecting("case.opened_at: Mon 2026-03-02 10:00, case.closed_at: {known: no}"),
    "clock": expecting("clocks: {answer: {used: {at_least: 10%, less_than: 75%}, due: none, run: 1}}"),
    "two actions alike": expecting("actions: [{rule: warn}, {rule: warn}, {late: no, times: 2}]"),
    "no ledger": expecting("ledger: none, next_wakeup: none"),
    "customer": HEAD.replace("timeline", "about: customer\n    timeline")
    + "      - {at: 2026-03-02 10:00, message: {by: agent}, expect: {nothing_else: yes}}\n",
    "advance": first_step("expect: {nothing_else: yes}") + "      - {advance: 2 office hours, message: {by: agent}}\n",
}  # fmt: skip


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_what_the_reader_accepts_fits(text: str, tmp_path: Path) -> None:
    assert reader_accepts(text, tmp_path)
    assert problems(editor_view(text)) == []


WRONG = {
    "no time of day": HEAD + "      - {at: 2026-03-02, opened: {by: customer}, expect: {nothing_else: yes}}\n",
    "no such month": HEAD + "      - {at: 2026-13-02 10:00, opened: {by: customer}, expect: {nothing_else: yes}}\n",
    "midnight at the end": HEAD
    + "      - {at: 2026-03-02 24:00, opened: {by: customer}, expect: {case.status: new}}\n",
    "year": HEAD + "      - {at: 2222-03-02 10:00, opened: {by: customer}, expect: {nothing_else: yes}}\n",
    "foreign weekday": HEAD
    + "      - {at: Die 2026-03-03 10:00, opened: {by: customer}, expect: {case.status: new}}\n",
    "at and advance": first_step("advance: 1 hour, expect: {nothing_else: yes}"),
    "first step advances": HEAD + "      - {advance: 1 hour, opened: {by: customer}, expect: {nothing_else: yes}}\n",
    "no time at all": first_step("expect: {nothing_else: yes}") + "      - {message: {by: agent}}\n",
    "empty step": first_step("expect: {nothing_else: yes}") + "      - {at: 2026-03-02 11:00}\n",
    "late without entries": first_step("expect: {nothing_else: yes}")
    + "      - {at: 2026-03-03 11:00, happened_at: 2026-03-03 10:00, expect: {nothing_else: yes}}\n",
    "never opened": HEAD + "      - {at: 2026-03-02 10:00, message: {by: agent}, expect: {nothing_else: yes}}\n",
    "opened again": first_step("expect: {nothing_else: yes}") + "      - {at: 2026-03-03 10:00, opened: {by: agent}}\n",
    "opened customer": HEAD.replace("timeline", "about: customer\n    timeline")
    + f"      - {{{OPENED}, expect: {{nothing_else: yes}}}}\n",
    "nothing expected": f"{HEAD}      - {{{OPENED}}}\n",
    "two actors": first_step("message: {by: [customer, agent]}, expect: {nothing_else: yes}"),
    "actor twice": first_step("message: {by: [customer, customer]}, expect: {nothing_else: yes}"),
    "attribute of another kind": first_step(
        "work: {by: agent, spent: 1 hour, via: phone}, expect: {nothing_else: yes}"
    ),
    "work without time": first_step("work: {by: agent}, expect: {nothing_else: yes}"),
    "nothing observed": observing("by: agent"),
    "derived": observing("case.scope: in"),
    "proposed": observing("case.core.proposed: down"),
    "release by path": observing("release.next_at: 2026-03-03 10:00"),
    "record that is none": observing("kase.core: down"),
    "status": observing("case.status: opne"),
    "day without time": observing("contract.term_end: 2026-12-31"),
    "term without": observing("contract.targets: {answer: 2 hours}"),
    "clock as path": expecting("clock.answer: running"),
    "present": expecting("now: {in_hours: office}"),
    "combination": expecting("any: [{case.core: down}]"),
    "lasting": expecting("case.core: {is: down, for: 1 hour}"),
    "lasting status": expecting("case.status: {is: open, for: 1 hour}"),
    "set as value": expecting("case.tags: [a]"),
    "list of instants": expecting("case.opened_at: [2026-03-02 10:00]"),
    "no nothing": expecting("nothing_else: no"),
    "true": expecting("nothing_else: true"),
    "two actions in one": expecting("actions: [{note: due_soon, reply: due_soon}]"),
    "no actions": expecting("actions: []"),
    "said twice": expecting("actions: [{says: [a, a]}]"),
    "too many": expecting("actions: [{rule: warn, times: 1001}]"),
    "offset of a day": HEAD + "      - {at: 2026-03-02 10:00+24:00, opened: {by: lead}, expect: {nothing_else: yes}}\n",
    "empty list of entries": first_step("call: [], expect: {nothing_else: yes}"),
    "used or not": expecting("clocks: {answer: {used: {known: yes}}}"),
    "used": expecting("clocks: {answer: {used: 75}}"),
    "remaining": expecting("clocks: {answer: {remaining: 2 days}}"),
    "state": expecting("clocks: {answer: runing}"),
    "credit": expecting("ledger: [{days: 3}]"),
    "severity by": expecting("severity_by: tabel"),
    "unknown key": first_step("mesage: {by: agent}, expect: {nothing_else: yes}"),
    "empty": "casewarden_test: 1\nruleset: ruleset.yaml\nzone: Europe/Berlin\ntests: {}\n",
    "version": first_step("expect: {nothing_else: yes}").replace("casewarden_test: 1", "casewarden_test: 2"),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_the_reader_refuses_does_not_fit(text: str, tmp_path: Path) -> None:
    assert not reader_accepts(text, tmp_path)
    assert problems(editor_view(text))


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (keys.FILE.names, read_scenario.FILE_KEYS),
        (keys.TEST.names, read_scenario.TEST_KEYS),
        (keys.STEP.names, (*read_scenario.STEP_WORDS, *read_entries.KINDS)),
        (keys.OBSERVED.names, read_entries.OBSERVED_WORDS),
        (keys.LINKED.names, read_entries.LINKED_KEYS),
        (keys.UNLINKED.names, read_entries.UNLINKED_KEYS),
        (keys.RELEASE.names, read_entries.RELEASE_KEYS),
        (keys.GRANTED.names, read_entries.GRANTED_KEYS),
        (keys.CLAIMED.names, read_entries.CLAIMED_KEYS),
        (keys.WATERMARK.names, read_entries.WATERMARK_KEYS),
        (keys.REJECT.names, read_entries.REJECT_KEYS),
        (words.ACTIONS, ACTIONS),
        (keys.EXPECT.names, read_expect.WORDS),
        (keys.CLOCK.names, read_expect.CLOCK_KEYS),
        (keys.ACTION.names, read_expect.ACTION_KEYS),
        (keys.WITHHELD.names, read_expect.WITHHELD_KEYS),
        (keys.LEDGER.names, read_expect.LEDGER_KEYS),
        (keys.ALERT.names, read_expect.TOLD_KEYS),
        (keys.CORRECTION.names, read_expect.TOLD_KEYS),
        (words.SEVERITY_BY, read_expect.SEVERITY_BY),
        (words.CLOCK_STATES, read_expect.CLOCK_STATES),
        (words.WITHHELD, read_expect.WITHHELD),
        (words.ALERTS, read_expect.ALERTS),
        (words.CORRECTIONS, read_expect.CORRECTIONS),
        (words.LEDGER_STATES, read_expect.LEDGER_STATES),
        (words.AUTOMATIC, ("yes", "no", read_entries.UNCLEAR)),
    ],
)
def test_keys_and_words_are_those_of_the_reader(told: Collection[str], known: Collection[str]) -> None:
    assert sorted(told) == sorted(known)


@pytest.mark.parametrize("kind", read_entries.HISTORY)
def test_entries_have_the_attributes_of_the_catalogue(kind: str) -> None:
    assert set(SCHEMA["definitions"][f"entry.{kind}"]["properties"]) == set(catalogue.ENTRY_KINDS[kind])


def _own_keys(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        if "description" in schema and isinstance(schema.get("properties"), dict):
            yield from schema["properties"].items()
        for part in schema.values():
            yield from _own_keys(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _own_keys(part)


def test_every_key_is_explained_and_every_mapping_is_closed() -> None:
    assert [name for name, value in _own_keys(SCHEMA) if not value.get("description", "").endswith(".")] == []
    elements = [SCHEMA, *SCHEMA["definitions"].values()]
    open_ones = [
        one.get("description", one)
        for one in elements
        if one.get("type") == "object" and one.get("additionalProperties", True) is True
    ]
    assert open_ones == []


def test_nothing_is_defined_that_nothing_refers_to() -> None:
    text = str(SCHEMA)
    assert [name for name in SCHEMA["definitions"] if f"'#/definitions/{name}'" not in text] == []
    assert set(CITED_KEYS) <= set(SCHEMA["definitions"]["test"]["properties"])
