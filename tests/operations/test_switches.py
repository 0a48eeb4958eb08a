"""All sending paused and resumed, and services observed by hand."""

import json

import pytest

from casewarden.web.doors import ControlError
from operations.desk import Desk
from support.small import Log, at


def opened(number: int, **facts: str) -> Log:
    return Log(f"case:{number}").opened("mon 09:00", {"case.number": str(number), **facts}, key=f"o{number}")


def test_what_is_decided_while_paused_waits_and_goes_when_it_is_resumed(desk: Desk) -> None:
    assert desk.order("pause", reason="a look") == [
        "Sending is paused: cases are decided, and what is to be done waits.",
        "casewarden resume lets it go.",
    ]
    desk.take(opened(1, **{"case.core": "down"}))
    assert set(desk.states().values()) == {"waiting"}
    assert desk.order("pause") == ["Sending is paused already, by ada since 2026-03-02T08:00:00Z."]
    assert desk.order("resume") == [
        "Actions are sent again: 2 wait, and each is asked again first whether it still holds."
    ]
    assert set(desk.states().values()) == {"applied"}
    assert desk.order("resume") == ["Sending is not paused."]
    assert desk.audited() == [("ada", "pause", "a look"), ("ada", "resume", None)]


def test_a_service_is_observed_by_hand_and_the_cases_that_watch_it_are_told(desk: Desk) -> None:
    desk.take(opened(1))
    said = desk.order("service-set", service="core", facts=["health=down", "load=7", "window=yes"], reason="I saw it")
    assert said == ["service:core is observed: health down, load 7, window yes. The cases that watch it are told."]
    assert desk.states() == {"1/tell_of_outage/1/0/0": "applied"}
    ((source, by, who, data, happened),) = desk.bench.rows(
        "SELECT source, by, who, data, at FROM event WHERE subject = 'service:core' AND kind = 'observed'"
    )
    assert (source, by, json.loads(str(who)), happened) == ("operator", "agent", ["ada"], at("mon 09:00"))
    facts = {"service.core.health": "down", "service.core.load": 7, "service.core.window": True}
    assert json.loads(str(data)) == {"facts": facts, "reason": "I saw it"}
    assert desk.audited() == [("ada", "service set", "I saw it")]


def test_a_service_that_was_so_before_is_told_with_its_instant(desk: Desk) -> None:
    desk.take(opened(1))
    desk.order("service-set", service="core", facts=["health=down"], at="2026-03-02T08:30:00+01:00")
    assert desk.bench.rows("SELECT at, seen_at FROM event WHERE source = 'operator'") == [
        (at("mon 08:30"), at("mon 09:00"))
    ]


def test_what_is_not_known_of_a_service_is_emptied(desk: Desk) -> None:
    desk.order("service-set", service="core", facts=["health=down"])
    desk.bench.now += 1
    assert desk.order("service-set", service="service:core", facts=["health="]) == [
        "service:core is observed: health not known. The cases that watch it are told."
    ]


@pytest.mark.parametrize(
    ("arguments", "message", "fix"),
    [
        (
            {"service": "cor", "facts": ["health=up"]},
            "no ruleset in force speaks of a service `cor`",
            "did you mean `core`?",
        ),
        (
            {"service": "mail", "facts": ["health=up"]},
            "no ruleset in force speaks of a service `mail`",
            "they speak of core",
        ),
        (
            {"service": "core", "facts": ["helth=up"]},
            "the service `core` has no field `helth`",
            "did you mean `health`?",
        ),
        ({"service": "core", "facts": ["health=upp"]}, "`service.core.health` cannot be `upp`", "did you mean `up`?"),
        ({"service": "core", "facts": ["load=much"]}, "`service.core.load` is a number, and `much` is none", None),
        ({"service": "core", "facts": ["window=maybe"]}, "`service.core.window` cannot be `maybe`", "say yes or no"),
        ({"service": "core", "facts": ["health"]}, "`health` is no fact", "write like health=VALUE"),
        ({"service": "core", "facts": []}, "nothing is said of it", "write like health=VALUE"),
        (
            {"service": "core", "facts": ["health=up"], "at": "2026-03-02T10:00:00"},
            "has no offset",
            "2026-03-02T10:00:00Z",
        ),
        ({"service": "core", "facts": ["health=up"], "at": "2026-03-02T10:00:00Z"}, "has not come yet", "leave it out"),
        ({"service": "core", "facts": ["health=up"], "at": "soon"}, "`soon` is not an instant", None),
        ({"facts": ["health=up"]}, "`service` is missing", None),
    ],
)
def test_what_cannot_be_said_of_a_service_is_refused(
    desk: Desk, arguments: dict[str, object], message: str, fix: str | None
) -> None:
    with pytest.raises(ControlError) as caught:
        desk.order("service-set", **arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert fix is None or fix in (caught.value.fix or "")
    assert desk.bench.rows("SELECT count(*) FROM event") == [(0,)]
    assert desk.audited() == []
