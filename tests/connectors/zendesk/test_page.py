"""What the page of the Zendesk connector shows works as it stands there."""

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from casewarden_zendesk.plugin import SPEC
from casewarden_zendesk.webhooks import BODY_TEMPLATE
from connectors.zendesk.conftest import Desk
from support.zendesk.state import AGENT, SECRET, WEBHOOK_SECRET

PAGE = (Path(__file__).parents[3] / "docs" / "connectors" / "zendesk.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def read(text: str) -> Any:
    return json.loads(json.dumps(YAML(typ="safe").load(text), default=str))


def test_the_configuration_fits_the_schema_and_connects(desk: Desk) -> None:
    shown = read(blocks("yaml")[0])["connectors"]["desk"]["settings"]
    shown |= {"url": desk.fake.url, "client_secret": SECRET, "webhook_secret": WEBHOOK_SECRET}
    shown["since"] = "2026-01-01T00:00:00Z"  # which YAML takes for a date
    Draft202012Validator(json.loads(json.dumps(SPEC.settings, default=dict))).validate(shown)
    desk.connect(**shown)


def test_every_setting_is_on_the_page() -> None:
    properties = SPEC.settings["properties"]
    assert isinstance(properties, dict)
    for name in properties:
        assert f"`{name}`" in PAGE


def test_the_body_of_the_trigger_is_the_one_that_is_read() -> None:
    assert [text.strip() for text in blocks("json")] == [BODY_TEMPLATE]


def test_the_ready_made_mapping_tells_what_agents_do(desk: Desk) -> None:
    desk.settings["mapping"] = read(blocks("yaml")[1])["mapping"]
    desk.fake.custom_field(3600, "Diagnosis", "tagger", ("begun", "done"))
    desk.fake.custom_field(3601, "Workaround", "tagger", ("offered", "accepted"))
    title = "Customer called, no answer"
    desk.fake.state.lists["macros"] = [{"id": 55, "title": title, "active": True, "actions": []}]
    ticket = int(desk.fake.open_ticket("help"))
    comment = {"body": "asked for #Escalate", "public": False}
    for change in (
        {"macro": (55, title)},
        {"custom_fields": [{"id": 3600, "value": "begun"}]},
        {"comment": comment},
        {"custom_fields": [{"id": 3601, "value": "accepted"}]},
    ):
        desk.fake.advance(1)
        desk.fake.update(ticket, AGENT, change)
    connector = desk.connect()
    assert connector.check().is_fit
    names = [event.key.rpartition("/")[2] for event in sorted(desk.told(connector), key=lambda one: one.order)]
    assert [name for name in names if not name.isdecimal() and "_" in name] == [
        "phone_attempt",
        "diagnosis_begun",
        "management_escalation",
        "workaround_accepted",
    ]
