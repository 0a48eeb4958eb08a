"""JSON lines: what a request may say, what it gets, and that nothing stops the lines after it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.worktime.batch import Batch

OFFICE: dict[str, Any] = {
    "tz": "Europe/Zurich",
    "hours": {day: [["08:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-05-01"],
    "breaks": [["2026-03-02", "10:00", "11:00"]],
    "shifts": [["2026-03-07", "10:00", "14:00"], ["2026-03-07", "18:00", "24:00"], ["2026-05-01", "08:00", "12:00"]],
}
NIGHTS: dict[str, Any] = {"tz": "Europe/Zurich", "hours": {"fri": [["22:00", "06:00"]], "sat": [["22:00", "06:00"]]}}


def ask(**request: Any) -> Any:
    return json.loads(Batch().answer(json.dumps({"calendar": OFFICE, **request}).encode()))


def result(**request: Any) -> Any:
    answer = ask(**request)
    assert set(answer) == {"result"}, answer
    return answer["result"]


def add(start: str, duration: float, unit: str, **more: Any) -> Any:
    return result(op="add", start=start, duration=duration, unit=unit, **more)


def test_every_operation() -> None:
    start, end = "2026-03-02T09:00:00+01:00", "2026-03-03T09:00:00+01:00"
    assert add(start, 1.5, "hours") == "2026-03-02T11:30:00+01:00"
    assert result(op="subtract", start=end, duration=60, unit="minutes") == "2026-03-03T08:00:00+01:00"
    assert result(op="elapsed", start=start, end=end) == 7 * 3600
    assert result(op="elapsed", start=end, end=start) == -7 * 3600
    assert result(op="is_open", start=start) is True
    assert result(op="is_open", start="2026-03-02T10:30:00+01:00") is False
    assert result(op="next_opening", start="2026-03-02T10:30:00+01:00") == "2026-03-02T11:00:00+01:00"
    assert result(op="previous_closing", start="2026-03-02T10:30:00+01:00") == "2026-03-02T10:00:00+01:00"
    assert result(op="next_opening", start=start) == result(op="previous_closing", start=start) == start
    assert result(op="open_intervals", start=start, end="2026-03-02T12:30:00+01:00") == [
        ["2026-03-02T09:00:00+01:00", "2026-03-02T10:00:00+01:00"],
        ["2026-03-02T11:00:00+01:00", "2026-03-02T12:00:00+01:00"],
    ]


def test_shifts_replace_a_date_and_a_holiday_beats_them() -> None:
    saturday = result(op="open_intervals", start="2026-03-07T00:00:00+01:00", end="2026-03-08T12:00:00+01:00")
    assert saturday == [
        ["2026-03-07T10:00:00+01:00", "2026-03-07T14:00:00+01:00"],
        ["2026-03-07T18:00:00+01:00", "2026-03-08T00:00:00+01:00"],
    ]
    assert result(op="open_intervals", start="2026-05-01T00:00:00+02:00", end="2026-05-02T00:00:00+02:00") == []


def test_instants_keep_microseconds_and_come_in_the_zone_of_the_calendar() -> None:
    assert add("2026-03-03T09:00:00.000001Z", 0.5, "seconds") == "2026-03-03T10:00:00.500001+01:00"
    assert result(op="elapsed", start="2026-03-03T09:00:00.25Z", end="2026-03-03T09:00:01Z") == 0.75
    assert add("2026-03-03 09:00Z", 0.1, "hours") == "2026-03-03T10:06:00+01:00"


def test_boundaries() -> None:
    at_closing = {"start": "2026-03-06T16:00:00+01:00", "duration": 1, "unit": "hours"}
    assert result(op="add", **at_closing) == "2026-03-06T17:00:00+01:00"
    assert result(op="add", boundary="next_opening", **at_closing) == "2026-03-07T10:00:00+01:00"
    for boundary in ("closing", "next_opening"):
        back = result(op="subtract", start="2026-03-07T14:00:00+01:00", duration=4, unit="hours", boundary=boundary)
        assert back == "2026-03-07T10:00:00+01:00"


def test_an_interval_past_midnight_belongs_to_the_date_on_which_it_starts() -> None:
    night = "2026-03-07T02:00:00+01:00"  # Saturday, in Friday's hours
    assert add(night, 1, "days", calendar=NIGHTS, day_mode="same_time") == "2026-03-08T02:00:00+01:00"
    assert add(night, 1, "days", calendar=NIGHTS, day_mode="end_of_day") == "2026-03-08T06:00:00+01:00"
    assert add(night, 2, "days", calendar=NIGHTS, day_mode="same_time") == "2026-03-14T02:00:00+01:00"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"op": "ad"}, "bad_value"),
        ({"op": 1}, "wrong_type"),
        ({"opp": "add"}, "unknown_key"),
        ({}, "missing"),
        ({"op": "is_open", "start": "2026-03-02T09:00:00"}, "naive_instant"),
        ({"op": "is_open", "start": "2026-02-30T09:00:00Z"}, "bad_instant"),
        ({"op": "is_open", "start": "2026-03-02"}, "bad_instant"),
        ({"op": "is_open", "start": "2026-03-02T24:00:00Z"}, "bad_instant"),
        ({"op": "is_open", "start": 1772442000}, "wrong_type"),
        ({"op": "is_open", "start": None}, "wrong_type"),
        ({"op": "add", "start": "2026-03-02T09:00:00Z", "unit": "hours", "duration": -1}, "negative_duration"),
        ({"op": "add", "start": "2026-03-02T09:00:00Z", "unit": "hours", "duration": True}, "wrong_type"),
        ({"op": "add", "start": "2026-03-02T09:00:00Z", "unit": "hours", "duration": "1"}, "wrong_type"),
        ({"op": "add", "start": "2026-03-02T09:00:00Z", "unit": "hour", "duration": 1}, "bad_value"),
        ({"op": "add", "start": "2026-03-02T09:00:00Z", "duration": 1}, "missing"),
        ({"op": "add", "start": "2026-03-02T09:00:00Z", "unit": "hours", "duration": 10**18}, "no_open_time"),
        ({"op": "add", "start": "2026-03-02T09:00:00Z", "unit": "days", "duration": 10**18}, "no_open_time"),
        ({"op": "subtract", "start": "2026-03-02T09:00:00Z", "unit": "hours", "duration": 10**7}, "no_open_time"),
        ({"op": "add", "start": "2026-03-02T09:00:00Z", "unit": "hours", "duration": 10**41}, "bad_number"),
        (
            {"op": "add", "start": "2026-03-02T09:00:00Z", "unit": "days", "duration": 1.5, "day_mode": "same_time"},
            "bad_value",
        ),
        (
            {"op": "open_intervals", "start": "2026-03-02T09:00:00Z", "end": "2026-03-01T09:00:00Z"},
            "end_before_start",
        ),
        (
            {"op": "open_intervals", "start": "1000-03-02T09:00:00Z", "end": "9000-03-01T09:00:00Z"},
            "too_many",
        ),
    ],
)
def test_bad_requests(request_: dict[str, Any], code: str) -> None:
    answer = ask(**request_)
    assert answer["error"]["code"] == code
    assert answer["error"]["message"]


@pytest.mark.parametrize(
    ("calendar", "code"),
    [
        ([], "wrong_type"),
        ({"tz": "Europe/Zurich"}, "missing"),
        ({"tz": "CET", "hours": {}}, "unknown_zone"),
        ({"tz": "Europe/Zuerich", "hours": {}}, "unknown_zone"),
        ({"tz": "../../etc/passwd", "hours": {}}, "unknown_zone"),
        ({"tz": "+25:00", "hours": {}}, "unknown_zone"),
        ({"tz": "UTC", "hours": {"monday": []}}, "unknown_key"),
        ({"tz": "UTC", "hours": {"mon": ["08:00", "17:00"]}}, "wrong_type"),
        ({"tz": "UTC", "hours": {"mon": [["8:00", "17:00"]]}}, "bad_hours"),
        ({"tz": "UTC", "hours": {"mon": [["08:00", "24:30"]]}}, "bad_hours"),
        ({"tz": "UTC", "hours": {"mon": [["08:00", "08:00"]]}}, "bad_hours"),
        ({"tz": "UTC", "hours": {"mon": [["24:00", "08:00"]]}}, "bad_hours"),
        ({"tz": "UTC", "hours": {}, "holidays": ["2026-02-30"]}, "bad_date"),
        ({"tz": "UTC", "hours": {}, "holidays": "2026-02-20"}, "wrong_type"),
        ({"tz": "UTC", "hours": {}, "breaks": [["2026-02-20", "08:00"]]}, "bad_hours"),
    ],
)
def test_bad_calendars(calendar: Any, code: str) -> None:
    assert ask(calendar=calendar, op="is_open", start="2026-03-02T09:00:00Z")["error"]["code"] == code


def test_a_calendar_that_never_opens_says_so() -> None:
    never = {"tz": "UTC", "hours": {}}
    for op in ("next_opening", "previous_closing"):
        assert ask(calendar=never, op=op, start="2026-03-02T09:00:00Z")["error"]["code"] == "no_open_time"
    assert result(calendar=never, op="is_open", start="2026-03-02T09:00:00Z") is False


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{", b"[" * 100_000, b'{"op": NaN}', b"\xff\xfe", b'{"duration": 1e999999999999999999999}',
        b'{"op": "add", "op": "add"}', b"9" * 10_000, b'"\\ud800"', b"null",
    ],
)  # fmt: skip
def test_lines_that_are_no_requests(line: bytes) -> None:
    batch = Batch()
    assert json.loads(batch.answer(line))["error"]["code"] in ("invalid_json", "wrong_type", "duplicate_key")
    good = {"calendar": OFFICE, "op": "is_open", "start": "2026-03-03T09:00:00Z"}
    assert json.loads(batch.answer(json.dumps(good).encode())) == {"result": True}


_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("2026-03-02T09:00Z")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@given(
    request_=st.fixed_dictionaries(
        {
            "calendar": st.one_of(st.just(OFFICE), _json),
            "op": st.one_of(st.sampled_from(["add", "subtract", "elapsed", "open_intervals"]), _json),
            "start": st.one_of(st.just("2026-03-02T09:00:00Z"), _json),
            "duration": st.one_of(st.floats(), st.integers(), _json),
            "unit": st.one_of(st.sampled_from(["seconds", "hours", "days"]), _json),
        },
        optional={"end": _json, "boundary": _json, "day_mode": _json, "zone": _json},
    )
)
def test_any_json_gets_one_answer(request_: dict[str, Any]) -> None:
    answer = Batch().answer(json.dumps(request_).encode())
    assert "\n" not in answer
    assert len(json.loads(answer)) == 1
