"""What `check` says of a Zendesk, and what settings are refused."""

import pytest

from casewarden.model.event import Json
from casewarden.plugin import Finding
from casewarden_zendesk.plugin import Zendesk
from connectors.zendesk.conftest import Desk
from support.zendesk.state import API_TOKEN, EMAIL


def told(desk: Desk, level: str, **more: Json) -> list[Finding]:
    return [one for one in desk.connect(**more).check().findings if one.level == level]


def test_all_is_well(desk: Desk) -> None:
    assert desk.connect().check().is_fit
    assert told(desk, "warning") == []


def test_exports_need_an_admin(desk: Desk) -> None:
    desk.fake.role = "agent"
    (error, *_) = told(desk, "error")
    assert "no admin" in error.message


def test_api_tokens_are_told_to_end(desk: Desk) -> None:
    settings: dict[str, Json] = {
        "url": desk.fake.url, "email": EMAIL, "api_token": API_TOKEN, "calls_per_minute": 1_000,
    }  # fmt: skip
    connector = Zendesk(now=desk.fake.clock.now).connect("desk", settings)
    desk.made.append(connector)
    found = connector.check()
    assert found.is_fit
    (warning,) = [one for one in found.findings if one.level == "warning"]
    assert "30 April 2027" in warning.message
    assert warning.fix is not None
    assert "client_id" in warning.fix


def test_another_clock_is_told(desk: Desk) -> None:
    desk.fake.ahead = 120
    assert any("120 seconds ahead of ours" in one.message for one in told(desk, "warning"))


def test_fields_and_values_of_the_mapping_are_looked_for(desk: Desk) -> None:
    desk.fake.custom_field(3600, "Core", "tagger", ("core_down", "core_up"))
    desk.settings["mapping"] = {
        "fields": {
            "case.core": {"field": "Core", "values": {"core_down": "down", "core_up": "up", "core_gone": "gone"}},
            "case.tier": "Tier",
        },
        "events": {"called": {"when": {"macro": "Called"}, "kind": "call"}},
    }
    errors = " ".join(one.message for one in told(desk, "error"))
    assert "no field `Tier`" in errors
    assert "no macro `Called`" in errors
    assert any("core_gone" in one.message for one in told(desk, "warning"))


def test_what_would_do_the_same_twice_is_named(desk: Desk) -> None:
    acts: list[Json] = [{"field": "priority", "value": "urgent"}]
    always: Json = {"all": [], "any": []}
    desk.fake.state.lists |= {
        "triggers": [
            {"id": 1, "title": "Raise VIPs", "conditions": always, "actions": acts},
            {
                "id": 2,
                "title": "Only counts",
                "conditions": always,
                "actions": [{"field": "set_tags", "value": "x"}],
            },
        ],
        "automations": [{"id": 3, "title": "Close after 4 days", "actions": [{"field": "status", "value": "closed"}]}],
        "sla_policies": [{"id": 4, "title": "Premium SLA", "filter": always}],
    }
    said = " ".join(one.message for one in told(desk, "warning"))
    for name in ("Raise VIPs", "Close after 4 days", "Premium SLA"):
        assert f"`{name}`" in said
    assert "Only counts" not in said


def test_quotas_are_told_in_any_spelling(desk: Desk) -> None:
    desk.fake.headers = {"ratelimit-limit": "700", "ratelimit-remaining": "699"}
    assert any("700 requests a minute" in one.message for one in told(desk, "ok"))


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"url": None}, "url"),
        ({"client_secret": None}, "client_secret"),
        ({"client_id": None, "client_secret": None}, "client_id"),
        ({"email": "a@b.c"}, "email"),
        ({"since": "yesterday"}, "since"),
        ({"statuses": {"5": "sleeping"}}, "`5` means none of"),
        ({"close_with": "done"}, "close_with"),
        ({"organizations": {"plan": "p", "colour": "x"}}, "colour"),
        ({"calls_per_minute": 0}, "calls_per_minute"),
    ],
)
def test_wrong_settings_are_refused_with_their_name(desk: Desk, wrong: dict[str, Json], word: str) -> None:
    base: dict[str, Json] = {"url": desk.fake.url, "client_id": "a", "client_secret": "b"}
    said = {key: value for key, value in (base | wrong).items() if value is not None}
    with pytest.raises(ValueError, match=word):
        Zendesk().connect("desk", said)
