"""What the page of the Jira connector shows works as it stands there; and what the check says."""

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from casewarden_jira.spec import SPEC
from connectors.jira.conftest import Desk
from support.jira.logins import EMAIL, TOKEN
from support.jira.server import WEBHOOK_SECRET

PAGE = (Path(__file__).parents[3] / "docs" / "connectors" / "jira.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def read(text: str) -> Any:
    return json.loads(json.dumps(YAML(typ="safe").load(text), default=str))


def test_the_configurations_fit_the_schema_and_connect(service_desk: Desk) -> None:
    for text in (blocks("yaml")[0], blocks("yaml")[2]):
        shown = read(text)["connectors"]["desk"]["settings"]
        shown |= {"url": service_desk.fake.url, "token": TOKEN, "email": EMAIL, "webhook_secret": WEBHOOK_SECRET}
        if "since" in shown:
            shown["since"] = "2026-01-01T00:00:00Z"  # which YAML takes for a date
        Draft202012Validator(json.loads(json.dumps(SPEC.settings, default=dict))).validate(shown)
        service_desk.connect(**shown)


def test_every_setting_is_on_the_page() -> None:
    properties = SPEC.settings["properties"]
    assert isinstance(properties, dict)
    for name in properties:
        assert f"`{name}`" in PAGE


def test_the_ready_made_mapping_tells_what_agents_do(service_desk: Desk) -> None:
    mapping = read(blocks("yaml")[1])["mapping"]
    renamed = json.dumps(mapping).replace("Last call", "Core service").replace("Workaround", "Clock")
    service_desk.settings["mapping"] = json.loads(renamed)
    fake = service_desk.fake
    ticket = fake.open_ticket("help")
    for change in ({"labels": ["phone_attempt"]}, {"status": "In Progress"}, {"customfield_10103": "Accepted"}):
        fake.advance(1)
        fake.happening.change(ticket, change, by="lee")
    fake.advance(1)
    fake.happening.comment(ticket, "asked for #Escalate", by="lee", public=False)
    names = [event.key.rpartition("/")[2] for event in service_desk.told()]
    assert [name for name in names if "_" in name] == [
        "phone_attempt", "diagnosis_begun", "workaround_accepted", "management_escalation",
    ]  # fmt: skip


def test_the_check_names_what_the_mapping_has_and_jira_has_not(desk: Desk) -> None:
    desk.settings["mapping"] = {"fields": {"case.core": "Core servise"}}
    found = desk.connect(statuses={"Abgeschlossen": "closed"}, note_visibility={}).check()
    said = " ".join(finding.message for finding in found.findings)
    assert not found.is_fit
    assert "Core servise" in said
    assert "abgeschlossen" in said
    assert "notes cannot be written" in said


def told(desk: Desk, level: str, **more: Any) -> str:
    return " / ".join(one.message for one in desk.connect(**more).check().findings if one.level == level)


def test_the_check_warns_of_slas_of_jiras_own(service_desk: Desk) -> None:
    ticket = service_desk.fake.open_ticket("help")
    assert told(service_desk, "warning") == ""
    own = [{"id": str(number), "name": name} for number, name in enumerate(("To answer", "To end"))]
    service_desk.fake.state.issues[ticket].slas = own
    assert "`To answer`, `To end`" in told(service_desk, "warning")
    slas = {"to answer": {"state": "case.x"}, "To end": {"due": "case.y"}}
    assert told(service_desk, "warning", slas=slas) == ""  # they are there to be compared


def test_the_check_warns_of_automations_that_do_what_rules_do(desk: Desk, data_center: Desk) -> None:
    for each in (desk, data_center):
        ticket = each.fake.open_ticket("help")
        each.fake.happening.change(ticket, {"summary": "help!"}, by="automation for jira")
        assert told(each, "warning") == ""
        each.fake.happening.change(ticket, {"priority": "Low", "status": "Closed"}, by="automation for jira")
        each.fake.happening.change(ticket, {"priority": "Highest"}, by="lee")
        assert told(each, "warning") == (
            "`Automation For Jira` changed priority, status in the newest issues, as rules may do as well"
        )


def test_the_check_lets_jira_read_the_condition(desk: Desk) -> None:
    desk.fake.open_ticket("help")
    assert "understands" in told(desk, "ok", jql="type = Incident")
    assert "Error in the JQL Query" in told(desk, "error", jql="colour ~ red")


def test_a_connector_without_its_login_is_refused_in_words(desk: Desk) -> None:
    import pytest

    for wrong, word in (
        ({"email": None}, "email"),
        ({"linked": {"defect": {"projects": ["SUP"]}}}, "SUP"),
        ({"webhook_url": "https://x.example.com"}, "client_id"),
        ({"slas": {"Time": {"state": "case.x"}}}, "service_desk"),
        ({"statuses": {"Done": "finished"}}, "statuses.Done"),
        ({"since": "yesterday"}, "since"),
    ):
        with pytest.raises(ValueError, match=word):
            desk.connect(**wrong)
