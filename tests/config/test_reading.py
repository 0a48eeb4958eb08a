"""What a configuration says becomes settings, exactly; what it leaves out has the values of the settings' own class."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from casewarden.config.read_settings import read_settings
from casewarden.config.settings import (
    Caps,
    ConnectorSettings,
    HttpSettings,
    IngestKey,
    PersonalData,
    Retention,
    RulesetSource,
    SecretRef,
    Settings,
)
from casewarden.ruleset.diagnostics import Diagnostics

DAY = 86_400_000_000
LEAST = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: 2026-12-01T08:00:00+01:00
rulesets: [a.yaml]
connectors: {desk: {plugin: files}}
personal_data: {key: {file: casewarden.key}}
"""
GO_LIVE = int(datetime(2026, 12, 1, 7, tzinfo=UTC).timestamp()) * 1_000_000


def read(text: str, path: str = "/etc/cw/casewarden.yaml") -> tuple[Settings | None, Diagnostics]:
    return read_settings(Path(path), read=lambda _: text.encode())


def said(text: str) -> Settings:
    found, diagnostics = read(text)
    assert diagnostics.items == ()
    assert found is not None
    return found


def test_the_example_of_the_documentation_is_read_to_the_last_word() -> None:
    text = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: 2026-12-01T08:00:00+01:00
rulesets:
  - rules/acme/acme.yaml
  - {git: /srv/rules, revision: main, path: acme/acme.yaml}
connectors:
  desk:
    plugin: files
    poll_every: 1 minute
    rate: 30 per minute
    actions: [set, close, reply]
    settings: {inbox: inbox, complete: true, retries: 3, id: "007", token: {env: TOKEN}, deep: [{x: {file: f}}, 1.5]}
http:
  listen: "[::1]:80"
  max_body: 500 kB
  ingest:
    shop: {secret: {env: SHOP_SECRET}}
shadow: [rule_a, rule_b]
caps: {per_rule: 1, per_case: 2, in_all: 3, ping_pong: 4}
retention: {dull_decisions: 2 weeks, decisions: 400 days, delivered: forever}
personal_data: {key: {file: casewarden.key}, paths: [contact.email, contact.name]}
customers: customers.yaml
partitions: 8
log_level: debug
"""
    settings: Any = {
        "inbox": "inbox",
        "complete": True,
        "retries": 3,
        "id": "007",
        "token": SecretRef("env", "TOKEN"),
        "deep": [{"x": SecretRef("file", "f")}, 1.5],
    }
    assert said(text) == Settings(
        file=Path("/etc/cw/casewarden.yaml"),
        store="sqlite:////etc/cw/casewarden.db",
        go_live=GO_LIVE,
        rulesets=(
            RulesetSource(Path("/etc/cw/rules/acme/acme.yaml")),
            RulesetSource(Path("acme/acme.yaml"), Path("/srv/rules"), "main"),
        ),
        connectors=(
            ConnectorSettings("desk", "files", settings, 60_000_000, 0.5, frozenset({"set", "close", "reply"})),
        ),
        personal_data=PersonalData(SecretRef("file", "casewarden.key"), frozenset({"contact.email", "contact.name"})),
        http=HttpSettings("::1", 80, 500_000, (IngestKey("shop", SecretRef("env", "SHOP_SECRET")),)),
        shadow=frozenset({"rule_a", "rule_b"}),
        caps=Caps(1, 2, 3, 4),
        retention=Retention(14 * DAY, 400 * DAY, None),
        customers=Path("/etc/cw/customers.yaml"),
        partitions=8,
        log_level="debug",
    )


def test_what_is_left_out_is_as_the_settings_have_it() -> None:
    assert said(LEAST) == Settings(
        file=Path("/etc/cw/casewarden.yaml"),
        store="sqlite:////etc/cw/casewarden.db",
        go_live=GO_LIVE,
        rulesets=(RulesetSource(Path("/etc/cw/a.yaml")),),
        connectors=(ConnectorSettings("desk", "files", {}),),
        personal_data=PersonalData(SecretRef("file", "casewarden.key")),
    )


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("yes", "yes"),
        ("true", True),
        ('"true"', "true"),
        ("12", 12),
        ("'12'", "12"),
        ("-1.5", -1.5),
        ("0x1f", 31),
        ("null", None),
        ("12345678901234567890", "12345678901234567890"),
        ("1.5.2", "1.5.2"),
        ("2026-01-01", "2026-01-01"),
        ("mailto:joe", "mailto:joe"),
        ("[]", []),
        ("{}", {}),
        ("{env: A, other: b}", {"env": "A", "other": "b"}),
    ],
)
def test_settings_of_plugins_are_values_as_yaml_1_2_has_them(written: str, found: Any) -> None:
    (connector,) = said(LEAST.replace("{plugin: files}", f"{{plugin: files, settings: {{x: {written}}}}}")).connectors
    assert connector.settings == {"x": found}
    assert type(connector.settings["x"]) is type(found)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e400"])
def test_a_number_without_an_end_is_told(number: str) -> None:
    found, diagnostics = read(LEAST.replace("{plugin: files}", f"{{plugin: files, settings: {{x: {number}}}}}"))
    assert found is None
    assert [item.code for item in diagnostics.items] == ["CW410"]


def test_everything_that_is_wrong_is_told_in_one_run() -> None:
    text = """\
casewarden: 1
stroe: sqlite:///casewarden.db
go_live: tomorrow
rulesets: a.yaml
connectors:
  Desk: {plugin: files, rate: fast, poll_every: 1 minutes}
http: {listen: here, max_body: 1 GB, ingest: {shop: {}}}
shadow: some
caps: {per_rule: -1}
retention: {decisions: 1 hour}
personal_data: {key: hunter2}
partitions: 0
log_level: trace
"""
    found, diagnostics = read(text)
    assert found is None
    lines = {(item.place.line, item.code) for item in diagnostics.items}
    assert lines == {
        (2, "CW201"),
        (3, "CW408"),
        (4, "CW203"),
        (6, "CW300"),
        (6, "CW404"),
        (6, "CW925"),
        (7, "CW206"),
        (7, "CW926"),
        (7, "CW927"),
        (8, "CW204"),
        (9, "CW410"),
        (10, "CW410"),
        (11, "CW921"),
        (12, "CW410"),
        (13, "CW204"),
    }
