"""One story for each kind of clause on customers, contracts, contacts and licences; tables that say the same."""

import csv
import shutil
from pathlib import Path

import pytest

from casewarden.decide import compile_ruleset
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import load
from casewarden.scenario.customers.directory import Directory
from casewarden.scenario.customers.read_directory import check_directory, load_directory
from casewarden.scenario.play import play
from casewarden.scenario.read_scenario import load_scenarios
from casewarden.scenario.scenario import Scenario
from casewarden.worktime.zones import zone

STORIES = Path(__file__).parent / "stories"
FILE, _problems = load_scenarios(STORIES / "stories.test.yaml")
assert FILE is not None, _problems.items


@pytest.mark.parametrize("scenario", FILE.scenarios, ids=lambda scenario: scenario.name)
def test_a_story_ends_as_it_is_told(scenario: Scenario) -> None:
    assert FILE is not None
    outcome = play(compile_ruleset(FILE.ruleset_of(scenario)), scenario, zone(FILE.zone))
    assert outcome.mismatches == ()


def read(path: Path) -> tuple[Directory | None, Diagnostics]:
    ruleset, _ = load(STORIES / "support.yaml")
    assert ruleset is not None
    diagnostics = Diagnostics()
    return load_directory(path, ruleset, diagnostics), diagnostics


def without_places(directory: Directory) -> dict[str, object]:
    """What a directory says of each customer at every instant that matters, and of its contacts."""
    return {
        name: (
            [(at, one.plan_at(at), one.facts_at(at)) for at in one.bounds()],
            one.language,
            None if one.contacts is None else [(c.id, c.authorised, c.span, c.language) for c in one.contacts],
        )
        for name, one in directory.customers.items()
    }


TABLES = {
    "customers.csv": (
        ("id", "name", "language", "services", "customer.region", "customer.labels", "contract.chat"),
        ("switcher", "", "de", "", "", "", ""),
        ("lapsed", "", "", "", "", "", ""),
        ("licensed", "", "", "", "", "", ""),
        ("billed_annually", "", "", "", "", "", ""),
        ("weekends", "", "", "", "", "", ""),
        ("signed", "", "", "", "", "", ""),
        ("listed", "Listed AG", "de", "core", "emea", "vip", "yes"),
        ("private_chat", "", "", "", "", "", "no"),
        ("renewing", "", "", "", "", "", "yes"),
    ),
    "subscriptions.csv": (
        ("customer", "plan", "from", "until"),
        ("switcher", "monthly", "2026-01-01", "2026-03-31"),
        ("switcher", "annual", "2026-04-01", "2027-03-31"),
        ("lapsed", "monthly", "2025-01-01", "2025-12-31"),
        ("licensed", "monthly", "2026-01-01", ""),
        ("billed_annually", "Premium", "2026-01-15", "2027-01-14"),
        ("weekends", "monthly", "2026-01-01", ""),
        ("signed", "annual", "2026-01-01", ""),
        ("listed", "monthly", "2026-01-01", ""),
        ("private_chat", "annual", "2026-07-01", "2026-09-30"),
        ("renewing", "annual", "2025-07-01", "2026-06-30"),
        ("renewing", "Premier", "2026-07-01", "2027-06-30"),
    ),
    "contracts.csv": (
        ("customer", "from", "until", "calendar", "commitment", "channels", "target.answer.1", "calendar.1",
         "calendar.2", "quota.seats", "quota.incidents", "contract.chat", "contract.review_since"),
        ("licensed", "2026-01-01", "", "", "", "", "", "", "", "licences", "", "", ""),
        ("billed_annually", "2026-01-15", "", "", "", "", "", "", "", "", "1", "", ""),
        ("weekends", "2026-05-01", "2026-08-31", "weekend", "", "", "", "", "", "", "", "", ""),
        ("signed", "2026-01-01", "", "", "contractual", "email | chat", "30 business minutes", "always", "weekend",
         "", "unlimited", "", "2026-02-01"),
        ("private_chat", "2026-07-01", "2026-09-30", "", "", "", "", "", "", "", "", "yes", ""),
    ),
    "contacts.csv": (
        ("customer", "id", "name", "authorised", "language", "until"),
        ("listed", "anna@listed.example", "Anna", "", "", ""),
        ("listed", "Marc@listed.example", "", "", "fr", ""),
        ("listed", "end.user@listed.example", "", "no", "", ""),
        ("listed", "left@listed.example", "", "", "", "2026-06-30"),
    ),
    "licences.csv": (
        ("customer", "id", "from", "until"),
        ("licensed", "L-1", "", ""),
        ("licensed", "L-2", "", "2026-06-30"),
        ("licensed", "L-3", "2026-05-01", ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_tables_say_the_same_as_the_file(tmp_path: Path, delimiter: str, encoding: str) -> None:
    shutil.copy(STORIES / "support.yaml", tmp_path)
    head = "casewarden_customers: 1\nruleset: support.yaml\nzone: Europe/Zurich\n"
    (tmp_path / "directory.yaml").write_text(head, encoding="utf-8")
    for name, rows in TABLES.items():
        with (tmp_path / name).open("w", encoding=encoding, newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows(rows)
    of_tables, problems = read(tmp_path)
    assert [item.message for item in problems.items] == []
    of_file, _ = read(STORIES / "customers.yaml")
    assert of_tables is not None
    assert of_file is not None
    assert without_places(of_tables) == without_places(of_file)
    diagnostics = Diagnostics()
    assert check_directory(tmp_path, diagnostics)
    assert not diagnostics.items
