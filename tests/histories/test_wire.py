"""The JSON form of events: round trips, every mistake told apart, and agreement with the published schema."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from casewarden.model.event import ENGINE_KINDS, KINDS, Event
from casewarden.scenario.schema import event_schema
from casewarden.scenario.shapes import DATA, READABLE_KINDS, DataShape, Shape
from casewarden.scenario.wire import EventError, event_json, event_of

VALIDATOR = Draft202012Validator(event_schema())
BASE: dict[str, Any] = {
    "subject": "case:1",
    "kind": "opened",
    "at": "2026-03-02T16:40:00+01:00",
    "by": "customer",
    "key": "a",
}

INSTANTS = st.sampled_from(["2026-03-02T16:40:00+01:00", "2026-03-02T15:40:00.5Z", "1999-12-31 23:59+14:00"])
FACT = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(-1e9, 1e9, allow_nan=False),
    st.text(),
    st.lists(st.text(max_size=5), max_size=3),
)
PATHS = st.from_regex(r"\A(case|service)\.[a-z_]{1,8}\Z")
VALUES: dict[Shape, st.SearchStrategy[Any]] = {
    Shape.TEXT: st.text(max_size=8),
    Shape.YES_NO: st.booleans(),
    Shape.YES_NO_UNCLEAR: st.one_of(st.none(), st.booleans()),
    Shape.COUNT: st.integers(0, 2**53),
    Shape.INSTANT: INSTANTS,
    Shape.INSTANT_OR_NULL: st.one_of(st.none(), INSTANTS),
    Shape.FACTS: st.dictionaries(PATHS, FACT, max_size=3),
    Shape.FIELDS: st.dictionaries(st.from_regex(r"\A[a-z_]{1,8}\Z"), FACT, max_size=3),
    Shape.PLAN_CHANGE: st.sampled_from(["started", "renewed", "ended"]),
    Shape.QUOTA_WORD: st.sampled_from(["within", "over"]),
}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """A sound event in its JSON form."""
    kind = draw(st.sampled_from(sorted(DATA)))
    shape: DataShape = DATA[kind]
    optional = sorted(set(shape.keys) - set(shape.required))
    keys = [*shape.required, *(draw(st.lists(st.sampled_from(optional), unique=True)) if optional else ())]
    form: dict[str, Any] = {
        "subject": draw(st.sampled_from(["case:1", "account:acme", "service:core", "defect:ENG-12"])),
        "kind": kind,
        "at": draw(INSTANTS),
        "by": draw(st.sampled_from(["customer", "agent", "automation", "ourselves"])),
        "key": draw(st.text(min_size=1, max_size=4)),
    }
    has_data = draw(st.booleans())
    if keys or has_data:
        shapes = dict(shape.keys)
        if kind == "observed" and form["subject"].startswith("defect:"):
            shapes["facts"] = Shape.FIELDS  # those of a linked ticket are named as its fields are
        form["data"] = {key: draw(VALUES[shapes[key]]) for key in keys}
    if draw(st.booleans()):
        form["who"] = draw(st.lists(st.text(min_size=1, max_size=3), max_size=2))
    return form


def test_what_is_observed_of_a_linked_ticket_has_names_of_fields_and_of_all_else_paths() -> None:
    for subject, good, bad in (("defect:ENG-12", "status", "links.defect.status"), ("case:1", "case.core", "core")):
        form = {**BASE, "kind": "observed", "subject": subject}
        assert event_of({**form, "data": {"facts": {good: "x"}}}).data == {"facts": {good: "x"}}
        assert VALIDATOR.is_valid({**form, "data": {"facts": {good: "x"}}})
        with pytest.raises(EventError, match="facts"):
            event_of({**form, "data": {"facts": {bad: "x"}}})
        assert not VALIDATOR.is_valid({**form, "data": {"facts": {bad: "x"}}})


JUNK = st.sampled_from([None, True, 0, -1, 1.5, "", "x", [], ["x"], {}, {"x": 1}, [1], "2026-01-01T00:00:00", 10**17])


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """An event with one thing in it replaced, taken out or added."""
    form = draw(events())
    place = form["data"] if isinstance(form.get("data"), dict) and draw(st.booleans()) else form
    what = draw(st.sampled_from(["replace", "remove", "add"]))
    if what == "add" or not place:
        place[draw(st.sampled_from(["extra", "facts", "kind", "spent", "who"]))] = draw(JUNK)
    else:
        key = draw(st.sampled_from(sorted(place)))
        if what == "remove":
            del place[key]
        else:
            place[key] = draw(JUNK)
    return form


def accepts(form: Any) -> bool:
    """Whether the reader takes it."""
    try:
        event_of(form)
    except EventError:
        return False
    return True


def test_every_kind_of_the_model_can_be_read() -> None:
    assert READABLE_KINDS == KINDS
    assert frozenset(DATA) | ENGINE_KINDS == KINDS


@given(events())
@settings(max_examples=300)
def test_an_event_survives_being_written_and_read(form: dict[str, Any]) -> None:
    event = event_of(form)
    again = event_of(json.loads(json.dumps(event_json(event))))
    assert again == event


@given(st.one_of(events(), damaged()))
@settings(max_examples=600)
def test_the_reader_and_the_schema_agree(form: Any) -> None:
    assert accepts(form) == VALIDATOR.is_valid(form), form


def test_an_instant_is_read_with_its_offset() -> None:
    assert event_of(BASE).at == event_of(BASE | {"at": "2026-03-02T15:40:00Z"}).at == 1_772_466_000_000_000
    assert event_of(BASE).seen_at == event_of(BASE).at


MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"at": "2026-03-02T16:40:00"}, "CW806", "no offset"),
    ({"at": "2026-02-30T16:40:00Z"}, "CW807", "not an instant"),
    ({"at": "yesterday"}, "CW807", "not an instant"),
    ({"at": "0001-01-01T00:00:00Z"}, "CW807", "years"),
    ({"at": 1772466000}, "CW804", "instant as a text"),
    ({"kind": "mesage"}, "CW805", "cannot be"),
    ({"kind": 1}, "CW804", "is a text"),
    ({"by": "robot"}, "CW804", "cannot be"),
    ({"subject": "1042"}, "CW804", "a kind and an id"),
    ({"sequence": -1}, "CW804", "whole number"),
    ({"who": "manager"}, "CW804", "list of names"),
    ({"data": {"facts": {"core": "down"}}}, "CW804", "not a path"),
    ({"data": {"facts": {"case.core": {"is": "down"}}}}, "CW804", "an object"),
    ({"data": {"fact": {}}}, "CW803", "no `fact`"),
    ({"seenat": "2026-03-02T15:40:00Z"}, "CW803", "no `seenat`"),
    ({"kind": "message", "data": {"public": "yes"}}, "CW804", "true or false"),
    ({"kind": "work"}, "CW802", "needs `spent`"),
]


@pytest.mark.parametrize(("change", "code", "said"), MISTAKES)
def test_each_mistake_has_its_code_and_says_what_is_wrong(change: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(EventError) as caught:
        event_of(BASE | change)
    assert caught.value.code == code
    assert said in str(caught.value)


def test_a_misspelt_word_is_guessed() -> None:
    with pytest.raises(EventError) as caught:
        event_of(BASE | {"kind": "mesage"})
    assert caught.value.fix == "did you mean `message`?"


def test_defaults_are_not_written() -> None:
    event = Event("case:1", "resolved", 0, 0, "agent", "history", "k")
    assert event_json(event) == {
        "subject": "case:1",
        "kind": "resolved",
        "at": "1970-01-01T00:00:00Z",
        "by": "agent",
        "key": "k",
    }
