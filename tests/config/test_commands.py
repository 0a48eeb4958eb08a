"""`casewarden config check` and `show` on the command line: codes of exit, formats, and hostile files."""

import json
from pathlib import Path

import pytest

from casewarden.plugin.manager import load_plugins
from support.hostile import casewarden

GOOD_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
CONFIGURATION = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: 2026-12-01T08:00:00+01:00
rulesets: [tiny.yaml]
connectors: {desk: {plugin: files, settings: {inbox: inbox, outbox: outbox.jsonl}}}
personal_data: {key: {file: casewarden.key}}
"""


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from support.hostile import RULESET

    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(RULESET, encoding="utf-8")
    Path("casewarden.key").write_text(GOOD_KEY, encoding="utf-8")
    Path("casewarden.key").chmod(0o600)
    Path("casewarden.yaml").write_text(CONFIGURATION, encoding="utf-8")


def test_a_sound_one_passes() -> None:
    answer = casewarden("config", "check", "--strict")
    assert (answer.code, answer.text) == (0, "casewarden.yaml checked with 1 ruleset: no problems.\n")


def test_warnings_fail_where_they_should() -> None:
    Path("casewarden.key").chmod(0o644)
    assert casewarden("config", "check").code == 0
    assert casewarden("config", "check", "--strict").code == 1


def test_the_files_connector_is_held_against_its_own_schema() -> None:
    assert "files" in load_plugins()
    Path("casewarden.yaml").write_text(CONFIGURATION.replace("inbox: inbox", "inbx: inbox"), encoding="utf-8")
    answer = casewarden("config", "check", "--format", "json")
    assert answer.code == 1
    assert [item["fix"] for item in json.loads(answer.text)] == ["did you mean `inbox`?"]
    assert json.loads(casewarden("config", "check", "--format", "sarif").text)["version"] == "2.1.0"


def test_problems_go_out_with_1_and_files_that_cannot_be_read_with_2() -> None:
    assert casewarden("config", "check", "none.yaml").code == 2
    assert casewarden("config", "show", "none.yaml").code == 2
    Path("casewarden.yaml").write_text(CONFIGURATION.replace("sqlite", "mysql"), encoding="utf-8")
    assert casewarden("config", "check").code == 1
    assert casewarden("config", "show").code == 1


def test_what_is_shown_passes_the_check() -> None:
    shown = casewarden("config", "show")
    assert shown.code == 0
    assert "poll_every: 10 seconds" in shown.text
    Path("casewarden.yaml").write_text(shown.text, encoding="utf-8")
    assert casewarden("config", "check", "--strict").code == 0
    assert casewarden("config", "show").text == shown.text
    assert json.loads(casewarden("config", "show", "--format", "json").text)["partitions"] == 16


def test_check_sends_a_configuration_where_it_belongs() -> None:
    answer = casewarden("check", "casewarden.yaml")
    assert answer.code == 1
    assert "run `casewarden config check casewarden.yaml`" in answer.text
    assert casewarden("check", ".").code == 0


STEERS = "\\e]0;owned\\a\\e[2J\\u009b31m\\u202e"
HOSTILE: dict[str, str | bytes] = {
    "empty": "",
    "a list": "[1]",
    "a text": "casewarden",
    "binary": bytes(range(256)),
    "utf-16": CONFIGURATION.encode("utf-16"),
    "huge": "x" * 6_000_000,
    "deep": "casewarden: " + "[" * 100_000,
    "deep settings": CONFIGURATION.replace("inbox: inbox", "inbox: " + "{a: " * 55 + "1" + "}" * 55),
    "many aliases": CONFIGURATION
    + "a: &a [1]\n"
    + "".join(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, *{'a' if not n else f'b{n - 1}'}]\n" for n in range(40)),
    "many secrets": CONFIGURATION + "".join(f"secret_{n}: hidden-value-{n}\n" for n in range(20_000)),
    "many connectors": CONFIGURATION.replace(
        "connectors: {", "connectors: {" + "".join(f"c{n}: {{plugin: nix{n}}}, " for n in range(5_000))
    ),
    "many rules": CONFIGURATION + "shadow: [" + ", ".join(f"rule_{n}" for n in range(20_000)) + "]\n",
    "long number": CONFIGURATION.replace("inbox: inbox", "inbox: inbox, complete: " + "9" * 10_000),
    "long name": CONFIGURATION.replace("tiny.yaml", "x" * 10_000),
    "nul": CONFIGURATION.replace("tiny.yaml", '"a\\0b"').replace("casewarden.key", '"a\\0b"'),
    "steering": CONFIGURATION.replace("desk:", f'"{STEERS}":').replace("tiny.yaml", f'"{STEERS}"'),
    "steering settings": CONFIGURATION.replace("inbox: inbox", f'"{STEERS}": "{STEERS}"'),
    "not a ruleset": CONFIGURATION.replace("tiny.yaml", "/etc/passwd"),
    "a device": CONFIGURATION.replace("tiny.yaml", "/dev/zero").replace("casewarden.key", "/dev/zero"),
    "options for git": CONFIGURATION.replace("[tiny.yaml]", "[{git: ., path: --help, revision: HEAD}]"),
    "a folder for git": CONFIGURATION.replace("[tiny.yaml]", "[{git: --upload-pack=x, path: a, revision: HEAD}]"),
    "store steering": CONFIGURATION.replace("sqlite:///casewarden.db", f'"sqlite:///{STEERS}"'),
    "store with blanks": CONFIGURATION.replace("sqlite:///casewarden.db", '"postgresql://' + " :" * 20_000 + '"'),
    "store of at signs": CONFIGURATION.replace("sqlite:///casewarden.db", "postgresql://" + ":@" * 20_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_and_cost_little(name: str) -> None:
    content = HOSTILE[name]
    Path("casewarden.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    for command in ("check", "show"):
        answer = casewarden("config", command)
        assert answer.code in {1, 2} or (command == "show" and answer.code == 0), answer.text[:500]
        assert "root:" not in answer.text
        assert len(answer.text) < 20_000_000
