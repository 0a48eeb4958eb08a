"""Exports in the vendors' shapes: what comes of them, and what users read of it.

`CASEWARDEN_UPDATE_SNAPSHOTS=1 pytest tests/importing` writes the rulesets anew; the difference is for the reviewer.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casewarden.cli import app
from casewarden.importing.fate import Fate
from casewarden.importing.importers import IMPORTERS, import_rules
from casewarden.importing.options import Options

HERE = Path(__file__).parent
UPDATE = os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1"
SHAPES = {
    "zendesk-triggers": ("TriggersResponse", "triggers"),
    "zendesk-automations": ("AutomationsResponse", "automations"),
    "zendesk-slas": ("SLAPoliciesResponse", "sla_policies"),
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def imported(kind: str, folder: Path, *more: str) -> Result:
    export = HERE / "exports" / f"{kind}.json"
    return run("import", kind, str(export), "--out", str(folder), "--from", "2026-01-01", *more)


@pytest.mark.parametrize("kind", sorted(IMPORTERS))
def test_an_import_checks_formats_and_tests_clean(kind: str, tmp_path: Path) -> None:
    told = imported(kind, tmp_path)
    assert told.exit_code == 1, told.output  # something has no equal in each of them
    assert run("check", str(tmp_path)).exit_code == 0
    assert run("fmt", "--check", *(str(path) for path in tmp_path.iterdir())).exit_code == 0
    assert run("test", str(tmp_path)).exit_code == 0
    shown = "".join(f"=== {path.name}\n{path.read_text(encoding='utf-8')}" for path in sorted(tmp_path.iterdir()))
    shown = f"{told.output.replace(str(tmp_path), 'OUT')}{shown}"
    snapshot = HERE / "expected" / f"{kind}.txt"
    if UPDATE:
        snapshot.write_text(shown, encoding="utf-8")
    assert shown == snapshot.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(IMPORTERS))
def test_every_condition_action_and_target_is_accounted_for(kind: str) -> None:
    data = (HERE / "exports" / f"{kind}.json").read_bytes()
    found = import_rules(kind, data, Options(), "2026-01-01")
    parts = [part for part in found.parts if not part.what.startswith("the placeholder")]
    assert len(parts) == sum(1 for _ in _parts_of(kind, json.loads(data)))
    text = "\n".join(found.files.values())
    for part in parts:
        if part.fate is not Fate.SAME:
            assert part.reason.split()[0] in text


def _parts_of(kind: str, export: dict[str, object]) -> Iterator[object]:
    """Every leaf of the definitions that asks or does something, found without the importer."""
    waiting: list[object] = [export]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            if kind.startswith("zendesk"):
                if "field" in one or "metric" in one:
                    yield one
                settings = one.get("metric_settings", {})
                yield from (value for chosen in settings.values() for value in chosen.values() if value)
            elif one.get("component") in ("TRIGGER", "BRANCH") or "fieldId" in one:
                yield one
            elif one.get("component") in ("ACTION", "CONDITION") and one["type"] not in CONTAINERS:
                value = one.get("value", {})
                yield from [one] * max(len(value.get("to", [])), 1)
            if kind == "jira-automation" and "jql" in one:
                yield from one["jql"].partition(" ORDER BY")[0].split(" AND ")
            waiting.extend(one.values())


CONTAINERS = ("jira.condition.container.block", "jira.issue.edit")


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_the_exports_have_the_shape_that_the_vendor_publishes(kind: str, shared_dir: Path) -> None:
    import jsonschema

    schema, key = SHAPES[kind]
    spec = json.loads((shared_dir / "specs" / "zendesk-support.json").read_text(encoding="utf-8"))
    root = {"$ref": f"#/components/schemas/{schema}", "components": spec["components"]}
    export = json.loads((HERE / "exports" / f"{kind}.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(root).validate(export)
    assert export[key]


def test_files_that_are_there_are_kept_without_force(tmp_path: Path) -> None:
    assert imported("zendesk-slas", tmp_path).exit_code == 1
    (tmp_path / "zendesk_slas.yaml").write_text("mine\n", encoding="utf-8")
    refused = imported("zendesk-slas", tmp_path)
    assert refused.exit_code == 2
    assert "is there already; see --force" in refused.output
    assert (tmp_path / "zendesk_slas.yaml").read_text(encoding="utf-8") == "mine\n"
    assert imported("zendesk-slas", tmp_path, "--force").exit_code == 1
    assert (tmp_path / "zendesk_slas.yaml").read_text(encoding="utf-8") != "mine\n"


def test_no_secret_of_a_webhook_is_written(tmp_path: Path) -> None:
    told = imported("jira-automation", tmp_path)
    written = told.output + "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert "hooks_example_com" in written
    assert not [word for word in ("SECRET", "user:", "Bearer") if word in written]


def test_a_mapping_says_which_field_person_and_status_is_which(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "fields:\n  360012: {path: case.outage, type: yes_no}\n  priority: case.urgency\npeople: {77: second_line}\n",
        encoding="utf-8",
    )
    assert imported("zendesk-triggers", tmp_path / "out", "--mapping", str(mapping)).exit_code == 1
    text = (tmp_path / "out" / "zendesk_triggers.yaml").read_text(encoding="utf-8")
    assert not [word for word in ("{case.outage: yes}", "case.urgency") if word not in text]
    assert not [word for word in ("field_360012", "case.priority") if word in text]
    assert run("check", str(tmp_path / "out")).exit_code == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "this is no JSON"),
        ("[]", "missing or empty"),
        ('{"triggers": 3}', "`triggers` is a number, not a list"),
        ('{"triggers": ["x"]}', "`triggers[0]` is a text, not an object"),
        ('{"triggers": [{"conditions": {"all": 1}}]}', "`triggers[0].conditions.all` is a number, not a list"),
        ("[" * 100 + "]" * 100, "more than 60 levels deep"),
        ('{"triggers": [' + "9" * 500 + "]}", "400 digits"),
        ('{"triggers": [NaN]}', "`NaN` is no JSON"),
        ('{"a": [' + "0," * 600_000 + "0]}", "more than 500,000 values"),
    ],
)
def test_what_is_no_export_is_refused_with_its_place(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(content, encoding="utf-8")
    told = run("import", "zendesk-triggers", str(file), "--out", str(tmp_path / "out"))
    assert told.exit_code == 2
    assert said in told.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("calendar", "said"),
    [("Mars/Base mon-fri 09:00-17:00", "Mars/Base"), ("UTC", "names no days"), ("UTC mon-fri", "names no days")],
)
def test_a_calendar_that_is_none_is_refused(calendar: str, said: str, tmp_path: Path) -> None:
    told = imported("zendesk-slas", tmp_path / "out", "--calendar", calendar)
    assert told.exit_code == 2
    assert said in told.output


def test_the_schedule_of_zendesk_is_the_calendar(tmp_path: Path) -> None:
    schedule = tmp_path / "schedules.json"
    intervals = [{"start_time": 1440 + 540, "end_time": 1440 + 1020}, {"start_time": 8640 + 1380, "end_time": 10080}]
    schedule.write_text(
        json.dumps({"schedules": [{"name": "Office", "time_zone": "Europe/Berlin", "intervals": intervals}]}),
        encoding="utf-8",
    )
    assert imported("zendesk-slas", tmp_path / "out", "--calendar", str(schedule)).exit_code == 1
    text = (tmp_path / "out" / "zendesk_slas.yaml").read_text(encoding="utf-8")
    assert "{zone: Europe/Berlin, open: {mon: [09:00-17:00], sat: [23:00-24:00]}, holidays: none}" in text
