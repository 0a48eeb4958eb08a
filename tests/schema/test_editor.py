"""A real yaml-language-server completes, explains and checks rulesets with our schemas."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casewarden.cli.schema import render, schema_of
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.schema import open_vocabulary, ruleset_schema
from casewarden.scenario.read_expect import SEVERITY_BY
from support.language_server import command
from support.lsp import LanguageServer
from support.rulefiles import BAD, GOOD, ROOT, main_files, shipped
from support.schema_table import CANNOT, NOT_ALWAYS

SETTINGS = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "schemaStore": {"enable": False},
        "schemas": {},
    }
}
EVERYTHING = GOOD / "everything.yaml"


class Editor:
    """Documents with a modeline that names a schema; lines count from 0 in the text without it."""

    def __init__(self, server: LanguageServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.count = 0
        self.general = folder / "ruleset.schema.json"
        self.general.write_text(render(schema_of("ruleset")), encoding="utf-8")

    def schema_of(self, path: Path) -> Path:
        """The schema with a file's own names; the general one where the file cannot be read."""
        found = open_vocabulary(path.read_bytes(), path, Path.read_bytes, Diagnostics())
        if found is None:
            return self.general
        target = self.folder / f"{path.stem}.schema.json"
        target.write_text(render(ruleset_schema(found)), encoding="utf-8")
        return target

    def problems(self, text: str, schema: Path) -> list[str]:
        """What the editor marks: line and message."""
        found = self.server.open(self._new(), f"# yaml-language-server: $schema={schema.as_uri()}\n{text}")
        return [f"{item['range']['start']['line'] - 1}: {item['message']}" for item in found]

    def offers(self, text: str, schema: Path) -> set[str]:
        """What the editor offers at the `|` of the text."""
        uri, line, character = self._open_at(text, schema)
        return {item["label"] for item in self.server.complete(uri, line, character)}

    def shows(self, text: str, schema: Path) -> str:
        """What the editor shows over the `|` of the text."""
        return self.server.hover(*self._open_at(text, schema))

    def _open_at(self, text: str, schema: Path) -> tuple[str, int, int]:
        before, _, after = text.partition("|")
        uri = self._new()
        self.server.open(uri, f"# yaml-language-server: $schema={schema.as_uri()}\n{before}{after}")
        return uri, before.count("\n") + 1, len(before) - before.rfind("\n") - 1

    def _new(self) -> str:
        self.count += 1
        return (self.folder / f"{self.count}.yaml").as_uri()


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    folder = tmp_path_factory.mktemp("editor")
    with LanguageServer(command(), folder, SETTINGS) as server:
        yield Editor(server, folder)


@pytest.fixture(scope="module")
def own(editor: Editor) -> Path:
    return editor.schema_of(EVERYTHING)


@pytest.mark.parametrize("path", shipped(), ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_files_show_no_problem(editor: Editor, path: Path) -> None:
    assert editor.problems(path.read_text(encoding="utf-8"), editor.general) == []
    if path in main_files():
        assert editor.problems(path.read_text(encoding="utf-8"), editor.schema_of(path)) == []


def test_mapping_files_are_checked_too(editor: Editor) -> None:
    schema = ROOT / "schemas" / "mapping.schema.json"
    text = (ROOT / "tests" / "incident_log" / "mapping.yaml").read_text(encoding="utf-8")
    assert editor.problems(text, schema) == []
    assert editor.problems(f"{text}\nsevrity: 1\n", schema)


def test_scenario_tests_are_checked_and_completed_too(editor: Editor) -> None:
    schema = ROOT / "schemas" / "scenario.schema.json"
    path = ROOT / "rules" / "starter" / "starter.test.yaml"
    text = path.read_text(encoding="utf-8")
    assert editor.problems(text, schema) == []
    assert editor.problems(text.replace("nothing_else: yes", "nothing_els: yes", 1), schema)
    step = (
        "casewarden_test: 1\nruleset: r.yaml\nzone: UTC\ntests:\n  one:\n    timeline:\n      - at: 2026-03-02 10:00\n"
    )
    assert {"opened", "message", "observed", "expect"} <= editor.offers(f"{step}        |", schema)
    assert {"clocks", "nothing_else", "case.status"} <= editor.offers(f"{step}        expect:\n          |", schema)
    assert editor.offers(f"{step}        expect:\n          severity_by: |", schema) == set(SEVERITY_BY)
    assert "Actions decided" in editor.shows(f"{step}        expect:\n          act|ions: [{{rule: a}}]\n", schema)


NOT_MARKED = {
    "CW104": "editors decode a file before the server sees it",
    "CW115": "the server lets an alias stand within its own value",
    "CW123": "the server checks no empty file",
}
MARKED = [
    path
    for path in sorted(BAD.glob("*.yaml"))
    if path.stem not in (*NOT_MARKED, *NOT_ALWAYS) and path.stem[:5] not in CANNOT
]


@pytest.mark.parametrize("path", MARKED, ids=lambda path: path.stem)
def test_bad_files_show_a_problem(editor: Editor, path: Path) -> None:
    assert editor.problems(path.read_text(encoding="utf-8"), editor.schema_of(path))


def test_the_keys_of_a_clock_are_offered(editor: Editor, own: Path) -> None:
    text = "casewarden: 1\nclocks:\n  first:\n    |"
    assert {"starts", "stops", "target", "targets_by_severity", "pauses_while"} <= editor.offers(text, own)
    assert {"starts", "stops", "target"} <= editor.offers(text, editor.general)


def test_this_files_events_are_offered_after_starts(editor: Editor, own: Path) -> None:
    text = "casewarden: 1\nclocks:\n  first:\n    starts: |"
    assert {"case_opened", "urgent_request", "escalation_call"} <= editor.offers(text, own)
    assert "urgent_request" not in editor.offers(text, editor.general)
    assert "case_opened" in editor.offers(text, editor.general)


def test_paths_and_their_values_are_offered(editor: Editor, own: Path) -> None:
    condition = "casewarden: 1\nrules:\n  first:\n    when:\n      "
    assert {"case.core", "case.status", "clock.fix.used", "links.defect", "any"} <= editor.offers(condition + "|", own)
    assert editor.offers(condition + "case.core: |", own) == {"down", "degraded", "available"}
    assert "waiting_on_customer" in editor.offers(condition + "case.status: |", editor.general)


def test_durations_with_this_files_calendars_are_offered(editor: Editor, own: Path) -> None:
    found = editor.offers("casewarden: 1\nclocks:\n  first:\n    target: |", own)
    assert {"4 business hours", "8 office hours", "best_effort"} <= found


def test_actions_and_messages_are_offered(editor: Editor, own: Path) -> None:
    rule = "casewarden: 1\nrules:\n  first:\n    then:\n      - "
    assert {"reply", "close", "notify"} <= editor.offers(rule + "|", own)
    assert {"welcome", "closing_soon"} <= editor.offers(rule + "reply: |", own)


def test_keys_and_words_are_explained(editor: Editor, own: Path) -> None:
    clock = "casewarden: 1\nclocks:\n  first:\n    sta|rts: case_opened\n    on_reopen: stay\n"
    assert "The event with which the clock comes into being." in editor.shows(clock, own)
    clock = "casewarden: 1\nclocks:\n  first:\n    on_reopen: re|sume\n"
    assert "the stretch in which the case was closed does not count" in editor.shows(clock, own)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("    stops: agent_reply", "    stosp: agent_reply", "Property stosp is not allowed"),
        ("starts: case_opened", "starts: case_opend", "Value is not accepted"),
        ("even_if_over: yes", "even_if_over: true", "Value is not accepted"),
    ],
)
def test_mistakes_are_marked_where_they_are(editor: Editor, own: Path, right: str, wrong: str, said: str) -> None:
    text = EVERYTHING.read_text(encoding="utf-8")
    line = text[: text.index(right)].count("\n")
    assert any(item.startswith(f"{line}: {said}") for item in editor.problems(text.replace(right, wrong, 1), own))
