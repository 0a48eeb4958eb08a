"""Events out of a helpdesk's habits, its people, clocks in its fields, and a mapping held against the live schema."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from casewarden.model.event import Json
from casewarden.model.instants import iso, parse_instant
from casewarden.plugin import Finding
from casewarden.plugin.events import as_observed
from casewarden.plugin.mapping import (
    SCHEMA,
    Actor,
    Assignee,
    Change,
    Comment,
    Live,
    LiveField,
    MappingError,
    Person,
    parse,
)

DUE = parse_instant("2026-03-02T23:30:00Z")
MINUTE = 60_000_000


def events(**rules: Any) -> Any:
    return parse({"events": rules})


def happened(rule: Json, change: Change) -> bool:
    return bool(events(it={"when": rule, "kind": "call"}).meant(change))


SAID = Comment("We phoned the customer at 9:00, no answer.", public=False, by="agent")


@pytest.mark.parametrize(
    ("when", "change", "is_meant"),
    [
        ({"tag_added": "called"}, Change(tags_added=frozenset({"CALLED", "vip"})), True),
        ({"tag_added": "called"}, Change(tags_added=frozenset({"recalled"})), False),
        ({"tag_added": "called"}, Change(tags_removed=frozenset({"called"})), False),
        ({"tag_added": ["a", "b"]}, Change(tags_added=frozenset({"b"})), True),
        ({"tag_removed": "on_hold"}, Change(tags_removed=frozenset({"on_hold"})), True),
        ({"macro": 360001}, Change(macros=frozenset({"360001", "Phone attempt"})), True),
        ({"macro": "Phone attempt"}, Change(macros=frozenset({"360001", "Phone attempt"})), True),
        ({"macro": "Phone attempt"}, Change(macros=frozenset({"Other"})), False),
        ({"form": "Outage"}, Change(forms=frozenset({"7", "Outage"})), True),
        ({"field": "stage", "becomes": "diagnosing"}, Change({"stage": "new"}, {"stage": "diagnosing"}), True),
        ({"field": "stage", "becomes": "diagnosing"}, Change({}, {"stage": "diagnosing"}), True),
        ({"field": "stage", "becomes": "diagnosing"}, Change({"stage": "diagnosing"}, {"stage": "diagnosing"}), False),
        ({"field": "stage", "becomes": "diagnosing"}, Change({"stage": "diagnosing"}, {"stage": "done"}), False),
        ({"field": "stage", "becomes": "diagnosing"}, Change({"stage": "new"}, {"other": "diagnosing"}), False),
        ({"field": "stage", "becomes": "b", "from": "a"}, Change({"stage": "a"}, {"stage": "b"}), True),
        ({"field": "stage", "becomes": "b", "from": "a"}, Change({"stage": "c"}, {"stage": "b"}), False),
        ({"field": "box", "becomes": True}, Change({"box": False}, {"box": True}), True),
        ({"field": "box", "becomes": "true"}, Change({"box": None}, {"box": True}), True),
        ({"field": "due", "becomes": ""}, Change({"due": "2026"}, {"due": None}), True),
        ({"field": "many", "becomes": "b"}, Change({"many": ["a"]}, {"many": ["a", "b"]}), True),
        ({"field": "many", "becomes": "a"}, Change({"many": ["a"]}, {"many": ["a", "b"]}), False),
        ({"field": "level", "becomes": [1, 2]}, Change({"level": 3}, {"level": 2.0}), True),
        ({"comment": {"matches": "phoned the customer"}}, Change(comment=SAID), True),
        ({"comment": {"matches": "PHONED .* no answer"}}, Change(comment=SAID), True),
        ({"comment": {"matches": "phoned", "public": True}}, Change(comment=SAID), False),
        ({"comment": {"matches": "phoned", "public": False, "by": "agent"}}, Change(comment=SAID), True),
        ({"comment": {"matches": "phoned", "by": "customer"}}, Change(comment=SAID), False),
        (
            {"comment": {"matches": "(a+)+$"}},
            Change(comment=Comment("a" * 100_000 + "b", public=True, by="agent")),
            False,
        ),
        ({"comment": {"matches": "phoned"}}, Change(), False),
        ([{"tag_added": "called"}, {"macro": "Call"}], Change(macros=frozenset({"Call"})), True),
        ([{"tag_added": "called"}, {"macro": "Call"}], Change(), False),
    ],
)
def test_what_happens_in_a_helpdesk_means_an_event(when: Json, change: Change, is_meant: bool) -> None:
    assert happened(when, change) is is_meant


def test_an_event_has_what_the_mapping_says_and_else_what_the_change_has() -> None:
    mapping = events(
        phone_attempt={
            "when": {"tag_added": "called"},
            "kind": "call",
            "data": {"to": "customer", "answered": False},
        },
        diagnosis={"when": {"tag_added": "called"}, "kind": "observed", "facts": {"case.stage": "diagnosing"}},
        time={
            "when": {"tag_added": "called"},
            "kind": "work",
            "by": "agent",
            "who": ["manager"],
            "data": {"spent": "15 minutes"},
        },
    )
    found = [
        meant.event("audit/77", subject="case:5", at=DUE, seen_at=DUE, by="automation", who=("on_call",), source="desk")
        for meant in mapping.meant(Change(tags_added=frozenset({"called"})))
    ]
    assert [as_observed(event, "desk") for event in found] == found
    assert [(event.key, event.kind, event.by, event.who, dict(event.data)) for event in found] == [
        ("audit/77/phone_attempt", "call", "automation", ("on_call",), {"to": "customer", "answered": False}),
        ("audit/77/diagnosis", "observed", "automation", ("on_call",), {"facts": {"case.stage": "diagnosing"}}),
        ("audit/77/time", "work", "agent", ("manager",), {"spent": 15 * MINUTE}),
    ]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "call"}, "mapping.events.it: `when` is missing; add `when: ...`"),
        ({"when": {"tag_added": "a"}, "kind": "cal"}, "mapping.events.it.kind: cannot be `cal`; did you mean `call`?"),
        ({"when": {"tag_added": "a"}, "kind": "decided"}, "mapping.events.it.kind: cannot be `decided`"),
        (
            {"when": {"tag_added": "a"}, "kind": "call", "by": "ourselves"},
            "mapping.events.it.by: cannot be `ourselves`",
        ),
        (
            {"when": {}, "kind": "call"},
            "mapping.events.it.when: says not one thing that happens; write one of `tag_added`",
        ),
        ({"when": [], "kind": "call"}, "mapping.events.it.when: is empty"),
        ({"when": {"tag_added": "a", "macro": "b"}, "kind": "call"}, "mapping.events.it.when: says not one thing"),
        ({"when": {"field": "a"}, "kind": "call"}, "mapping.events.it.when: `becomes` is missing"),
        (
            {"when": [{"tag_added": "a", "becomes": "b"}], "kind": "call"},
            "mapping.events.it.when.1.becomes: belongs to a `field`",
        ),
        (
            {"when": {"field": "a", "becomes": 1.5}, "kind": "call"},
            "mapping.events.it.when.becomes: is a value of a field",
        ),
        ({"when": {"comment": {}}, "kind": "call"}, "mapping.events.it.when.comment: `matches` is missing"),
        (
            {"when": {"comment": {"matches": "(?=a)"}}, "kind": "call"},
            "mapping.events.it.when.comment.matches: is refused by RE2",
        ),
        (
            {"when": {"comment": {"matches": "a" * 2000}}, "kind": "call"},
            "mapping.events.it.when.comment.matches: has 2000 characters",
        ),
        (
            {"when": {"tag_added": "a"}, "kind": "call", "data": {"answerd": True}},
            "mapping.events.it: the data of `call` has no `answerd`; did you mean `answered`?",
        ),
        (
            {"when": {"tag_added": "a"}, "kind": "call", "data": {"answered": "no"}},
            'mapping.events.it: `data.answered` is true or false, not "no"; write false without quotes',
        ),
        (
            {"when": {"tag_added": "a"}, "kind": "call", "facts": {}},
            "mapping.events.it: the data of `call` has no `facts`",
        ),
        (
            {"when": {"tag_added": "a"}, "kind": "observed", "facts": {"core": "down"}},
            "mapping.events.it: `data.facts` has `core`, which is not a path like case.core",
        ),
        (
            {"when": {"tag_added": "a"}, "kind": "work", "data": {"spent": "a while"}},
            "mapping.events.it.data.spent: `a while` is no length of time; write it like `15 minutes`",
        ),
        ({"when": {"tag_added": "a"}, "kind": "work"}, "mapping.events.it: the data of `work` needs `spent`"),
    ],
)
def test_a_mistake_in_an_event_is_told_with_its_place(rule: Json, said: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse({"events": {"it": rule}})
    assert str(caught.value).startswith(said)


def test_an_events_name_is_one() -> None:
    with pytest.raises(MappingError, match=r"mapping\.events\.A b: `A b` is no name"):
        parse({"events": {"A b": {"when": {"tag_added": "a"}, "kind": "call"}}})


# People

PEOPLE = {
    "agents": [{"domain": "example.com"}, "77"],
    "bots": ["bot@example.com"],
    "integrations": [{"group": "Integrations"}, 900],
    "roles": {"manager": ["Ann@Example.com", 12], "escalations": {"group": ["Escalations", "360"]}, "on_call": [5, 6]},
    "assign": {"on_call": {"group": "On call"}, "second": "joe@example.com"},
}


@pytest.mark.parametrize(
    ("person", "actor"),
    [
        (None, Actor("automation")),
        (Person("1", is_us=True, is_agent=True), Actor("ourselves")),
        (Person("1", "bot@EXAMPLE.com", is_agent=True), Actor("automation")),
        (Person("900", is_agent=True), Actor("automation")),
        (Person("2", groups=frozenset({"Integrations"})), Actor("automation")),
        (Person("2", is_program=True), Actor("automation")),
        (Person("12", is_agent=True), Actor("agent", ("manager",))),
        (Person("3", "ann@example.com"), Actor("agent", ("manager",))),
        (Person("5", groups=frozenset({"360"}), is_agent=True), Actor("agent", ("escalations", "on_call"))),
        (Person("4", is_agent=True), Actor("agent")),
        (Person("77"), Actor("agent")),
        (Person("8", "joe@example.com"), Actor("agent")),
        (Person("8", "joe@sub.example.com"), Actor("customer")),
        (Person("8", "joe@example.com.evil.org"), Actor("customer")),
        (Person("8", "joe@evil.org"), Actor("customer")),
        (Person(), Actor("customer")),
    ],
)
def test_who_acts_is_told(person: Person | None, actor: Actor) -> None:
    assert parse({"people": PEOPLE}).people.actor(person) == actor  # type: ignore[dict-item]


def test_a_ruleset_knows_its_people_in_the_helpdesk() -> None:
    people = parse({"people": PEOPLE}).people  # type: ignore[dict-item]
    assert people.assignee("on_call") == Assignee("group", "On call")
    assert people.assignee("second") == Assignee("person", "joe@example.com")
    assert people.assignee("manager") is None  # two of them: which one is not said
    assert people.name_of(Person("12")) == "manager"
    assert people.name_of(Person("99")) == "99"
    assert people.name_of_group("360", "Tier 2") == "escalations"
    assert people.name_of_group("361", "Tier 3") == "361"
    only: Any = {"people": {"roles": {"manager": "12", "team": {"group": "T"}, "all": {"domain": "x.org"}}}}
    alone = parse(only).people
    assert alone.assignee("manager") == Assignee("person", "12")
    assert alone.assignee("team") == Assignee("group", "T")
    assert alone.assignee("all") is None


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ({"rolls": {}}, "mapping.people.rolls: there is no such key; did you mean `roles`?"),
        ({"roles": {"agent": "5"}}, "mapping.people.roles.agent: `agent` is a word of the language"),
        ({"bots": []}, "mapping.people.bots: is empty"),
        ({"bots": [{"team": "x"}]}, "mapping.people.bots.1.team: there is no such key; known are `group`, `domain`"),
        ({"bots": [{}]}, "mapping.people.bots.1: is one of `group` and `domain`"),
        ({"assign": {"manager": ["5", "6"]}}, "mapping.people.assign.manager: is a text"),
    ],
)
def test_a_mistake_about_people_is_told_with_its_place(people: Json, said: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse({"people": people})
    assert str(caught.value).startswith(said)


# How cases stand

PROJECT: Any = {
    "first_response": {
        "due": {"field": "Due", "format": "date", "zone": "Europe/Zurich"},
        "state": {"field": "State", "values": {"running": "rs_running", "missed": "rs_missed"}},
        "target": "Target",
    },
    "resolution": {"due": "Resolution due", "stopped": {"field": "Resolved", "format": "epoch_seconds"}},
    "*": {
        "due": {"field": "Next", "format": "epoch_milliseconds"},
        "clock": "Next clock",
        "severity": {"field": "Level", "values": {"1": "sev_1"}},
    },
}
RUNNING: Any = {"state": "running", "due": "2026-03-02T23:30:00Z", "target": "4 business hours", "stopped": None}


def test_how_a_case_stands_is_shown_in_fields() -> None:
    project = parse({"project": PROJECT}).project
    stands: Any = {
        "status": "open",
        "severity": "1",
        "plan": None,
        "next_due": iso(DUE),
        "next_clock": "first_response",
    }
    assert project.values({**stands, "clocks": {"first_response": RUNNING, "resolution": RUNNING}}) == {
        "Due": "2026-03-03",
        "State": "rs_running",
        "Target": "4 business hours",
        "Resolution due": "2026-03-02T23:30:00Z",
        "Resolved": None,
        "Next": DUE // 1000,
        "Next clock": "first_response",
        "Level": "sev_1",
    }
    met = RUNNING | {"state": "met", "stopped": iso(DUE)}
    quiet: Any = {"status": "open", "severity": "2", "plan": None, "next_due": None, "next_clock": None}
    assert project.values({**quiet, "clocks": {"first_response": RUNNING | {"due": None}, "resolution": met}}) == {
        "Due": None,
        "State": "rs_running",
        "Target": "4 business hours",
        "Resolution due": None,
        "Resolved": DUE // 1_000_000,
        "Next": None,
        "Next clock": None,
        "Level": None,
    }
    assert set(project.values({}).values()) == {None}
    assert set(project.names()) == set(project.values({}))


@pytest.mark.parametrize(
    ("project", "said"),
    [
        ({"a": {}}, "mapping.project.a: shows nothing"),
        ({"a": {"du": "x"}}, "mapping.project.a.du: there is no such key; did you mean `due`?"),
        ({"a": {"severity": "x"}}, "mapping.project.a.severity: there is no such key; known are `due`, `state`"),
        ({"*": {"state": "x"}}, "mapping.project.*.state: there is no such key"),
        (
            {"*": {"status": {"field": "x", "values": {"slved": "y"}}}},
            "mapping.project.*.status.values.slved: ",
        ),
        ({"a": {"due": {"field": "x", "values": {}}}}, "mapping.project.a.due.values: there is no such key"),
        ({"a": {"due": {"field": "x", "format": "date"}}}, "mapping.project.a.due: a date has no zone of its own"),
        (
            {"a": {"state": {"field": "x", "values": {"late": "y"}}}},
            "mapping.project.a.state.values.late: there is no such key",
        ),
        ({"a": {"due": "x", "state": "x"}}, "mapping.project.a.state: `x` shows something else already"),
    ],
)
def test_a_mistake_about_clocks_is_told_with_its_place(project: Json, said: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse({"project": project})
    assert str(caught.value).startswith(said)


# Against the helpdesk as it is

SHOWN = ("Due", "State", "Target", "Resolution due", "Resolved", "Next", "Next clock", "Level")
WHOLE: Any = {
    "fields": {
        "case.core": {"field": "Core service", "values": {"core_down": "down", "core_ok": "available"}},
        "case.vip": {"field": "vip", "type": "yes_no"},
    },
    "events": {
        "attempt": {"when": [{"macro": "Phone attempt"}, {"field": "Stage", "becomes": "calling"}], "kind": "call"}
    },
    "people": PEOPLE,
    "project": PROJECT,
}
LIVE = Live(
    fields=(
        LiveField("custom_field_1", ("1", "Core service"), frozenset({"core_down", "core_slow"})),
        LiveField("vip", ("2", "VIP")),
        LiveField("custom_field_3", ("3", "Stage"), frozenset({"new", "caling"})),
        *(LiveField(name.casefold(), (name,)) for name in SHOWN),
        LiveField("custom_field_9", ("9", "Twice")),
        LiveField("custom_field_10", ("10", "twice")),
    ),
    macros=frozenset({"360001", "Phone atempt"}),
    groups=frozenset({"Integrations", "Escalations", "360"}),
)


def test_a_mapping_is_held_against_the_helpdesk() -> None:
    found = parse(WHOLE).findings(LIVE)
    assert found == (
        Finding(
            "warning",
            "mapping.fields.case.core: the field `Core service` has no value `core_ok`",
            "it has `core_down`, `core_slow`",
        ),
        Finding(
            "warning",
            "mapping.fields.case.core: `case.core` is not known where the field `Core service` is `core_slow`",
            "add what it means to `values`",
        ),
        Finding(
            "warning", "mapping.events.attempt: the field `Stage` has no value `calling`", "did you mean `caling`?"
        ),
        Finding(
            "error", "mapping.events.attempt: the helpdesk has no macro `Phone attempt`", "did you mean `Phone atempt`?"
        ),
        Finding(
            "error", "mapping.people: the helpdesk has no group `On call`", "name it by its id or title as they are now"
        ),
    )


def test_a_field_that_is_gone_or_not_the_only_one_is_told() -> None:
    wrong: Any = {"fields": {"case.a": "TWICE", "case.b": "Satge", "case.c": "nothing like it"}}
    assert parse(wrong).findings(LIVE) == (
        Finding(
            "error",
            "mapping.fields.case.a: several fields are called `TWICE`",
            "name one by its id: `custom_field_9`, `custom_field_10`",
        ),
        Finding("error", "mapping.fields.case.b: the helpdesk has no field `Satge`", "did you mean `Stage`?"),
        Finding(
            "error",
            "mapping.fields.case.c: the helpdesk has no field `nothing like it`",
            "make it there, or take it out of the mapping",
        ),
    )


def test_names_are_looked_up_once() -> None:
    mapping = parse(WHOLE)
    assert set(mapping.names()) == {"Core service", "vip", "Stage", *SHOWN}
    bound = mapping.bound(LIVE)
    assert bound.fields.facts({"custom_field_1": "core_down"}).facts == {"case.core": "down"}
    assert bound.fields.write("case.core", "available").field == "custom_field_1"
    assert bound.meant(Change({}, {"custom_field_3": "calling"}))
    assert set(bound.project.values({})) == {name.casefold() for name in SHOWN}
    assert bound.bound(LIVE) == bound


def test_nothing_is_a_mapping_too() -> None:
    empty = parse(None)
    assert empty == parse({})
    assert empty.fields.facts({"a": 1}).facts == {}
    assert empty.meant(Change(tags_added=frozenset({"a"}))) == ()
    assert empty.findings(LIVE) == ()


# The schema


def problems(value: Json) -> list[str]:
    return [error.message for error in Draft202012Validator(dict(SCHEMA)).iter_errors(value)]


def test_the_schema_is_one_and_takes_what_is_right() -> None:
    Draft202012Validator.check_schema(dict(SCHEMA))
    assert problems(WHOLE) == []
    assert (
        problems({"events": {"a": {"when": {"tag_added": "x"}, "kind": "work", "data": {"spent": "5 minutes"}}}}) == []
    )
    assert problems({"fields": {"case.a": 360001, "case.b": {"field": 5, "values": {"a": 1}, "write": False}}}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"field": {}},
        {"fields": {"case.a": {"feild": "x"}}},
        {"fields": {"case.a": {"field": "x", "type": "enum"}}},
        {"events": {"a": {"when": {"tag": "x"}, "kind": "call"}}},
        {"events": {"a": {"when": [{"tag": "x"}], "kind": "call"}}},
        {"events": {"a": {"when": {"tag_added": "x"}, "kind": "opened"}}},
        {"people": {"bots": [{"team": "x"}]}},
        {"project": {"a": {"dues": "x"}}},
        {"project": {"a": {"state": {"field": "x", "value": {"late": "y"}}}}},
    ],
)
def test_the_schema_refuses_what_the_parser_refuses(wrong: Any) -> None:
    assert problems(wrong) != []
    with pytest.raises(MappingError):
        parse(wrong)
