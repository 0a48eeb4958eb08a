"""Fields of a helpdesk as facts and back: nothing is dropped, nothing is guessed, and what is ambiguous is refused."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.model.event import Event, Json
from casewarden.plugin.events import as_observed
from casewarden.plugin.mapping import MappingError, NotWrittenError, Unmapped, Wanted, parse

DAY = 86_400_000_000


def fields(**rules: Any) -> Any:
    return parse({"fields": {f"case.{name}": rule for name, rule in rules.items()}}).fields


def read(rule: Any, raw: Json) -> tuple[Json, list[str]]:
    """The fact that one rule gives for a value, and what was not understood."""
    observed = fields(x=rule).facts({rule["field"] if isinstance(rule, dict) else rule: raw})
    return observed.facts["case.x"], [one.value for one in observed.unmapped]


CORE = {"field": "f", "type": "choice", "values": {"core_down": "down", "core_ok": "available", "1": "degraded"}}


@pytest.mark.parametrize(
    ("rule", "raw", "value", "unmapped"),
    [
        ("f", "a text", "a text", []),
        ("f", 12, "12", []),
        ("f", None, None, []),
        ("f", "", None, []),
        ("f", {"value": "Gold", "id": "7"}, "Gold", []),
        ("f", {"colour": "x"}, "(something else)", ["(something else)"]),
        (CORE, "core_down", "down", []),
        (CORE, 1, "degraded", []),
        (CORE, 1.0, "degraded", []),
        (CORE, None, None, []),
        (CORE, "exploded", "exploded", ["exploded"]),
        (CORE, "down", "unmapped:down", ["down"]),  # it would look like a value of the table
        (CORE | {"others": "keep"}, "exploded", "exploded", []),
        (CORE | {"empty": "available"}, None, "available", []),
        ({"field": "f", "type": "yes_no"}, True, True, []),
        ({"field": "f", "type": "yes_no"}, "No", False, []),
        ({"field": "f", "type": "yes_no"}, 0, False, []),
        ({"field": "f", "type": "yes_no"}, "perhaps", "perhaps", ["perhaps"]),
        ({"field": "f", "type": "yes_no"}, None, None, []),
        ({"field": "f", "type": "yes_no", "empty": "no"}, None, False, []),
        ({"field": "f", "type": "yes_no", "values": {"vip": "yes", "plain": "no"}}, "vip", True, []),
        ({"field": "f", "type": "integer"}, "12", 12, []),
        ({"field": "f", "type": "integer"}, 12.0, 12, []),
        ({"field": "f", "type": "integer"}, 12.5, "12.5", ["12.5"]),
        ({"field": "f", "type": "integer"}, True, "true", ["true"]),
        ({"field": "f", "type": "number"}, "-12.5", -12.5, []),
        ({"field": "f", "type": "number"}, "1,234", "1,234", ["1,234"]),
        ({"field": "f", "type": "number"}, "\u0661", "\u0661", ["\u0661"]),
        ({"field": "f", "type": "number"}, float("inf"), "inf", ["inf"]),
        ({"field": "f", "type": "number"}, 10**30, str(10**30), [str(10**30)]),
        ({"field": "f", "type": "duration", "unit": "minutes"}, 90, 5_400_000_000, []),
        ({"field": "f", "type": "duration", "unit": "hours"}, "1.5", 5_400_000_000, []),
        ({"field": "f", "type": "duration", "unit": "hours"}, -1, "-1", ["-1"]),
        ({"field": "f", "type": "duration", "unit": "seconds"}, "1h", "1h", ["1h"]),
        ({"field": "f", "type": "instant"}, "2026-03-02T12:00:00.000+0100", "2026-03-02T11:00:00Z", []),
        ({"field": "f", "type": "instant"}, "2026-03-02", "2026-03-02", ["2026-03-02"]),
        ({"field": "f", "type": "instant"}, "2026-03-02T12:00:00", "2026-03-02T12:00:00", ["2026-03-02T12:00:00"]),
        (
            {"field": "f", "type": "instant", "format": "date", "zone": "Europe/Zurich"},
            "2026-07-02",
            "2026-07-01T22:00:00Z",
            [],
        ),
        (
            {"field": "f", "type": "instant", "format": "epoch_milliseconds"},
            1_772_452_800_000,
            "2026-03-02T12:00:00Z",
            [],
        ),
        ({"field": "f", "type": "instant", "format": "epoch_seconds"}, "1772452800", "2026-03-02T12:00:00Z", []),
        (
            {"field": "f", "type": "instant", "format": "epoch_seconds"},
            10**15,
            "1000000000000000",
            ["1000000000000000"],
        ),
        ({"field": "f", "type": "set"}, ["b", "a", "b"], ["a", "b"], []),
        ({"field": "f", "type": "set"}, [], [], []),
        ({"field": "f", "type": "set"}, None, None, []),
        ({"field": "f", "type": "set"}, "a, b", ["a, b"], []),
        ({"field": "f", "type": "set", "separator": ","}, "a, b,,", ["a", "b"], []),
        ({"field": "f", "type": "set", "values": {"x": "a", "y": "b"}}, ["x", "z"], ["a", "z"], ["z"]),
        ({"field": "f", "type": "set", "values": {"x": "a", "y": "b"}}, ["x", "b"], ["a", "unmapped:b"], ["b"]),
    ],
)
def test_a_value_becomes_a_fact_of_its_type(rule: Any, raw: Json, value: Json, unmapped: list[str]) -> None:
    assert read(rule, raw) == (value, unmapped)


TYPES = st.sampled_from(["text", "choice", "set", "yes_no", "integer", "number", "instant", "version"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
)


@given(TYPES, JSON)
def test_every_value_of_a_helpdesk_gives_a_fact_that_events_take(kind: str, raw: Any) -> None:
    value, unmapped = read({"field": "f", "type": kind}, raw)
    plain = json.dumps(value, allow_nan=False)
    if "\\u0000" not in plain and "\\ud" not in plain:
        as_observed(Event("case:1", "observed", 0, 0, "agent", "desk", "1", data={"facts": {"case.x": value}}), "desk")
    if value is None:
        assert raw in (None, "", []) or unmapped


def test_a_change_states_what_differs_and_what_is_not_there_says_nothing() -> None:
    mapping = fields(core=CORE, region={"field": "r"}, note={"field": "n"})
    observed = mapping.changes({"f": "core_ok", "r": "eu"}, {"f": "core_down", "r": "eu", "other": 1})
    assert observed.facts == {"case.core": "down"}
    assert mapping.changes({"f": "core_ok"}, {"f": None}).facts == {"case.core": None}
    assert mapping.changes({}, {"n": "x"}).facts == {"case.note": "x"}
    assert mapping.facts({"n": "x"}).facts == {"case.note": "x"}


def test_what_is_not_known_names_its_field_and_path() -> None:
    (unmapped,) = fields(core=CORE).facts({"f": "exploded"}).unmapped
    assert unmapped == Unmapped("case.core", "f", "exploded")
    assert str(unmapped) == "`f` has the value `exploded`, which the mapping of `case.core` does not know"


def test_what_persons_determine_is_told_apart() -> None:
    observed = fields(severity={"field": "f", "determined": True}, region="r").facts({"f": "2", "r": "eu"})
    assert observed.facts == {"case.region": "eu"}
    assert observed.determined == {"case.severity": "2"}
    assert observed.all_facts == {"case.region": "eu", "case.severity": "2"}


def test_given_paths_have_their_own_type() -> None:
    mapping = parse({"fields": {"case.tags": "labels", "case.reporter_authorised": "auth"}}).fields
    assert mapping.facts({"labels": ["a"], "auth": "yes"}).facts == {
        "case.tags": ["a"],
        "case.reporter_authorised": True,
    }


# The way back


@pytest.mark.parametrize(
    ("rule", "value", "raw"),
    [
        ("f", "a", "a"),
        ("f", None, None),
        (CORE, "down", "core_down"),
        (CORE | {"values": {"a": "down", "b": "down"}, "write": {"down": "b"}}, "down", "b"),
        (CORE | {"others": "keep"}, "strange", "strange"),
        ({"field": "f", "type": "yes_no"}, True, True),
        ({"field": "f", "type": "yes_no", "values": {"vip": True, "plain": False}}, False, "plain"),
        ({"field": "f", "type": "yes_no", "values": {"true": "no", "false": "yes"}}, True, False),
        ({"field": "f", "type": "duration", "unit": "hours"}, 5_400_000_000, 1.5),
        ({"field": "f", "type": "duration", "unit": "minutes"}, 5_400_000_000, 90),
        ({"field": "f", "type": "instant"}, "2026-03-02T12:00:00+01:00", "2026-03-02T11:00:00Z"),
        (
            {"field": "f", "type": "instant", "format": "date", "zone": "Europe/Zurich"},
            "2026-03-01T23:30:00Z",
            "2026-03-02",
        ),
        ({"field": "f", "type": "instant", "format": "epoch_seconds"}, "2026-03-02T12:00:00Z", 1_772_452_800),
        ({"field": "f", "type": "set"}, ["a", "b"], ["a", "b"]),
        ({"field": "f", "type": "set", "separator": ";"}, ["a", "b"], "a;b"),
        ({"field": "f", "type": "set", "values": {"x": "a"}}, ["a"], ["x"]),
        ({"field": "f", "type": "number"}, 1.5, 1.5),
    ],
)
def test_a_wanted_fact_becomes_a_value_of_the_field(rule: Any, value: Json, raw: Json) -> None:
    assert fields(x=rule).write("case.x", value) == Wanted("f", raw)


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        (CORE, "gone", "`case.x`: no value of the field means `gone`; add one to its table"),
        (CORE | {"write": False}, "down", "`case.x` is read from `f` and never written"),
        ({"field": "f", "type": "yes_no"}, "yes", "`case.x`: `yes` is neither yes nor no"),
        ({"field": "f", "type": "number"}, "a", "`case.x`: `a` is no number"),
        ({"field": "f", "type": "duration", "unit": "hours"}, "1 hour", "`case.x`: `1 hour` is no length of time"),
        ({"field": "f", "type": "instant"}, "soon", "`case.x`: `soon` is no instant"),
        ({"field": "f", "type": "instant"}, 5, "`case.x`: `5` is no instant"),
        ({"field": "f", "type": "set"}, "a", "`case.x`: `a` is no set"),
    ],
)
def test_what_the_field_cannot_hold_is_a_reason_to_reject(rule: Any, value: Json, said: str) -> None:
    with pytest.raises(NotWrittenError) as caught:
        fields(x=rule).write("case.x", value)
    assert str(caught.value) == said


def test_a_path_without_a_field_cannot_be_written() -> None:
    with pytest.raises(NotWrittenError, match=r"no field of the helpdesk is mapped to `case\.y`"):
        fields(x="f").write("case.y", 1)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8).filter(str.strip)


@given(st.dictionaries(WORDS, WORDS, min_size=1, max_size=6))
def test_what_is_written_is_read_again_as_it_was(table: Mapping[str, str]) -> None:
    rule = {"field": "f", "type": "choice", "values": dict(table)}
    if len(set(table.values())) != len(table):
        with pytest.raises(MappingError, match="so it is open which to write"):
            fields(x=rule)
        return
    mapping = fields(x=rule)
    for value in table.values():
        assert mapping.facts({"f": mapping.write("case.x", value).value}).facts == {"case.x": value}


@given(st.integers(0, 10**12), st.sampled_from(["iso", "epoch_seconds", "epoch_milliseconds"]))
def test_instants_go_there_and_back(milliseconds: int, how: str) -> None:
    mapping = fields(x={"field": "f", "type": "instant", "format": how})
    at = mapping.facts({"f": milliseconds // 1000 * (1000 if how == "epoch_milliseconds" else 1)}).facts["case.x"]
    if how != "iso":
        assert mapping.facts({"f": mapping.write("case.x", at).value}).facts["case.x"] == at


# Mistakes


@pytest.mark.parametrize(
    ("path", "rule", "said"),
    [
        ("core", "f", "mapping.fields.core: `core` is no path; write it like `case.core`"),
        (
            "case.scope",
            "f",
            (
                "mapping.fields.case.scope: `case.scope` is worked out by the engine; "
                "map the field to a path of your own, or leave it out"
            ),
        ),
        ("case.x", {"type": "text"}, "mapping.fields.case.x: `field` is missing; add `field: ...`"),
        (
            "case.x",
            {"field": "f", "vaules": {}},
            "mapping.fields.case.x.vaules: there is no such key; did you mean `values`?",
        ),
        (
            "case.x",
            {"field": "f", "type": "chioce"},
            "mapping.fields.case.x.type: cannot be `chioce`; did you mean `choice`?",
        ),
        ("case.x", None, "mapping.fields.case.x: is a text; write a word, or quote it"),
        (
            "case.x",
            {"field": "f", "values": {"a": "down", "b": "down"}},
            (
                "mapping.fields.case.x.values: `down` is meant by `a` and by `b`, so it is open which to write; "
                "say it beside the table, `write: {down: a}`, or `write: false` to only read the field"
            ),
        ),
        (
            "case.x",
            {"field": "f", "values": {"a": "down"}, "write": {"up": "a"}},
            "mapping.fields.case.x.write.up: no value of the table means `up`; add one to `values`",
        ),
        (
            "case.x",
            {"field": "f", "values": {"a": "down", "b": "up"}, "write": {"up": "a"}},
            "mapping.fields.case.x.write.up: `a` would not be read as `up` again; write one of `b`",
        ),
        (
            "case.x",
            {"field": "f", "write": {"up": "a"}},
            "mapping.fields.case.x.write: is a table without one to turn round; add `values`",
        ),
        (
            "case.x",
            {"field": "f", "write": True},
            "mapping.fields.case.x.write: is `false`, or a table; leave it out where the field is written",
        ),
        (
            "case.x",
            {"field": "f", "values": {}},
            "mapping.fields.case.x.values: is empty; write `value of the field: value of the fact`, or leave it out",
        ),
        (
            "case.x",
            {"field": "f", "values": ["a"]},
            "mapping.fields.case.x.values: is a mapping; write `name: value` on lines below it",
        ),
        (
            "case.x",
            {"field": "f", "type": "choice", "values": {"a": 1.1}},
            "mapping.fields.case.x.values.a: is a text and not a number with a fraction; quote it",
        ),
        (
            "case.x",
            {"field": "f", "type": "choice", "values": {"a": True}},
            "mapping.fields.case.x.values.a: is a text and neither true nor false; quote it",
        ),
        (
            "case.x",
            {"field": "f", "type": "yes_no", "values": {"a": "maybe"}},
            "mapping.fields.case.x.values.a: is `true` or `false`",
        ),
        (
            "case.x",
            {"field": "f", "type": "number", "values": {"a": "1"}},
            "mapping.fields.case.x.values: a field of type number has no table; leave `values` out",
        ),
        (
            "case.x",
            {"field": "f", "type": "duration"},
            (
                "mapping.fields.case.x: `unit` is missing; "
                "say what the field counts: milliseconds, seconds, minutes, hours, days"
            ),
        ),
        (
            "case.x",
            {"field": "f", "unit": "hours"},
            "mapping.fields.case.x.unit: only a length of time has a unit; write `type: duration`",
        ),
        (
            "case.x",
            {"field": "f", "separator": ","},
            "mapping.fields.case.x.separator: only a set is split; write `type: set`",
        ),
        (
            "case.x",
            {"field": "f", "zone": "UTC"},
            "mapping.fields.case.x.zone: only an instant has that; write `type: instant`",
        ),
        (
            "case.x",
            {"field": "f", "type": "instant", "format": "date"},
            "mapping.fields.case.x: a date has no zone of its own; add `zone: Europe/Zurich` or the like",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_fix(path: str, rule: Json, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse({"fields": {path: rule}})
    assert str(caught.value) == said


def test_a_zone_that_is_an_abbreviation_is_told() -> None:
    with pytest.raises(MappingError, match=r"mapping\.fields\.case\.x\.zone: .*Europe/Berlin"):
        parse({"fields": {"case.x": {"field": "f", "type": "instant", "zone": "CET"}}})


def test_all_mistakes_are_told_in_one_run() -> None:
    wrong: Any = {
        "fields": {"core": "f", "case.x": {}},
        "events": {"a": {}},
        "people": {"roles": {"customer": "5"}},
        "project": {"response": {}},
    }
    with pytest.raises(MappingError) as caught:
        parse(wrong)
    assert [line.partition(":")[0] for line in str(caught.value).split("\n")] == [
        "mapping.fields.core",
        "mapping.fields.case.x",
        "mapping.events.a",
        "mapping.people.roles.customer",
        "mapping.project.response",
    ]


def test_many_mistakes_are_cut() -> None:
    with pytest.raises(MappingError) as caught:
        parse({"fields": {f"no{number}": "f" for number in range(50)}})
    assert str(caught.value).endswith("\nand 30 more")
