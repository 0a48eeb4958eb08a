"""`casewarden cover` as people and builds call it: what it shows, each way in which it fails, what it proves."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft7Validator

from casewarden.cli.cover import command
from casewarden.cli.schema import schema_of
from casewarden.scenario.cover import add_proofs, cover
from casewarden.scenario.cover_sources import Reading, read_sources
from casewarden.scenario.prove import ONE_CORE, Question, prove
from casewarden.shipped import shipped
from support.editor_view import editor_view, editor_view_of

STARTER = shipped("rules") / "starter"
SHIPPED = sorted(file.parent for file in shipped("rules").glob("*/clauses.yaml"))
POLICIES = {"katalon": "000", "vendor": "001", "kissflow": "002", "zitadel": "003", "workato": "004"}

RULES = """casewarden: 1
ruleset: desk
policy: text.md
clauses: clauses.yaml
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: office
  language: en
  days: {mode: end_of_day, origin: date}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
people: [on_call]
calendars:
  office: {clause: [D-1], zone: Europe/Zurich, open: {mon-fri: 08:00-17:00}, holidays: none}
clocks:
  answer: {clause: [D-1], interpretation: [Q1], starts: case_opened, stops: agent_reply, target: 2 business hours}
rules:
  warn:
    clause: [D-2]
    when: {until: {due: answer, at_most: 30 minutes}}
    then: [notify: {who: on_call, message: due_soon}]
messages:
  due_soon: {en: "{{ case.number }} needs an answer by {{ clock.answer.due_at }}."}
interpretations:
  Q1: {reading: hours are open hours, by: lead, decided: 2026-01-02, reason: it says so, supersedes: [D-4]}
"""
TESTS = """casewarden_test: 1
ruleset: desk.yaml
zone: Europe/Zurich
given: {case.number: S-7}
tests:
  friday:
    clause: [D-1]
    timeline:
      - {at: Fri 2026-07-17 16:40, opened: {by: customer}, expect: {clocks: {answer: {due: Mon 2026-07-20 09:40}}}}
  warned:
    clause: [D-2]
    timeline:
      - {at: Mon 2026-07-20 09:00, opened: {by: customer}}
      - {at: Mon 2026-07-20 10:30, expect: {actions: [{rule: warn}]}}
"""
CLAUSES = """# reviewed by legal
D-1: {place: L1, summary: an answer in time, status: enforced, hash: 00000000}
D-2: {place: L2-3, summary: a warning, status: enforced, hash: 00000000}   # two lines
D-3: {place: L4, summary: praise, status: out_of_scope, reason: nothing is promised, hash: 00000000}
D-4: {place: L5, summary: elapsed hours, status: open_question, reason: D-1 says otherwise, hash: 00000000}
"""
TEXT = "Answers come within two hours.\nWhoever is on call\nis warned.\nWe are friendly.\nHours are elapsed hours.\n"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    for name, text in (("desk.yaml", RULES), ("desk.test.yaml", TESTS), ("clauses.yaml", CLAUSES), ("text.md", TEXT)):
        (folder / name).write_text(text, encoding="utf-8")
    assert run(folder, "--update-hashes").exit_code == 0
    return folder


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(command, [str(argument) for argument in arguments], terminal_width=200)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def as_json(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--format", "json").stdout)
    return found


# -- what is fine


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: str(folder.name))
def test_shipped_rulesets_are_covered_and_proven(folder: Path) -> None:
    done = run(folder, "--prove")
    assert done.exit_code == 0, done.output
    counted = re.search(r"(\d+) of the (\d+) enforced ones proven. No problems.", done.stdout)
    assert counted is not None
    assert counted[1] == counted[2]


def test_shipped_rulesets_cover_the_texts_that_were_reviewed(shared_dir: Path) -> None:
    for folder in SHIPPED:
        if folder.name in POLICIES:
            (text,) = (shared_dir / "policies").glob(f"{POLICIES[folder.name]}_*.txt")
            found = as_json(folder, "--policy", text)
            assert [one["id"] for one in found["clauses"] if one["text"] != "same"] == []
            assert found["problems"] == []


def test_everything_about_a_clause_is_told(desk: Path) -> None:
    found = as_json(desk, "--prove", "--jobs", 1)
    first, second, third, fourth = found["clauses"]
    assert [one["id"] for one in found["clauses"]] == ["D-1", "D-2", "D-3", "D-4"]
    assert (first["place"], first["status"], first["proven"]) == ("L1", "enforced", True)
    assert [element["id"] for element in first["elements"]] == ["calendars/office", "clocks/answer"]
    assert [(test["name"], test["exercises"]) for test in first["tests"]] == [
        ("friday", ["calendars/office", "clocks/answer"])
    ]
    assert first["interpretations"] == [
        {
            "id": "Q1",
            "reading": "hours are open hours",
            "by": "lead",
            "decided": "2026-01-02",
            "reason": "it says so",
            "others": [],
            "supersedes": ["D-4"],
        }
    ]
    assert [proof["test"] for proof in first["proofs"]] == ["friday", "friday"]
    assert "expected Mon 2026-07-20 09:40, found Fri 2026-07-17 18:40" in first["proofs"][0]["said"]
    assert second["proofs"][0]["by"] == "test"
    assert (third["status"], third["reason"], third["elements"]) == ("out_of_scope", "nothing is promised", [])
    assert "proven" not in third
    assert [reading["id"] for reading in fourth["interpretations"]] == ["Q1"]  # which overrules it
    assert {one["text"] for one in found["clauses"]} == {"same"}
    assert found["problems"] == []


def test_a_file_and_its_folder_are_the_same(desk: Path) -> None:
    assert as_json(desk) == as_json(desk / "desk.yaml")


def test_the_list_of_clauses_fits_its_schema(desk: Path) -> None:
    validator = Draft7Validator(schema_of("clauses"))
    for file in (desk / "clauses.yaml", STARTER / "clauses.yaml"):
        assert list(validator.iter_errors(editor_view_of(file))) == []
    for wrong in (
        "X: {place: L1, summary: s, status: enforced}",
        "X: {place: 1, summary: s, status: enforced, hash: 0123abcd}",
        "X: {place: L1, summary: s, status: out_of_scope, hash: 0123abcd}",
        "X: {place: L1, summary: s, status: done, hash: 0123abcd}",
        "X: {place: L1, summary: s, status: enforced, hash: 01ab}",
        "X: {place: L1, summary: s, status: enforced, hash: 0123abcd, more: 1}",
    ):
        assert list(validator.iter_errors(editor_view(wrong))), wrong


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        said = dict(attrs)
        self.ids.add(said.get("id") or "")
        self.links += [str(said[name]) for name in ("href", "src") if name in said]


def test_the_page_stands_alone_and_escapes(desk: Path, tmp_path: Path) -> None:
    change(desk / "clauses.yaml", "summary: praise", 'summary: "<script>alert(1)</script>"')
    target = tmp_path / "page.html"
    done = run(desk, "--prove", "--jobs", 1, "--format", "html", "-o", target)
    assert done.exit_code == 0, done.output
    text = target.read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert "script" not in page.tags
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert len(page.links) == 4
    assert "prefers-color-scheme:dark" in text
    assert "@media print" in text
    for said in ("D-3", "nothing is promised", "hours are open hours", "without rules/warn the test warned fails"):
        assert said in text


# -- what fails, each with its sentence and its place

BROKEN = {
    "an enforced clause has no element": (
        ("desk.yaml", "clause: [D-2]", "clause: [D-1]"),
        r"clauses\.yaml:3:1: D-2 is listed as enforced, and no element of the ruleset cites it\.",
    ),
    "an element has no clause": (
        ("desk.yaml", "    clause: [D-2]\n", ""),
        r"desk\.yaml:18:3: The rule `warn` cites no clause\.",
    ),
    "an element cites what is not listed": (
        ("desk.yaml", "clause: [D-2]", "clause: [D-2, D-9]"),
        r"desk\.yaml:19:\d+: The clause file has no `D-9`\.",
    ),
    "an enforced clause has no test": (
        ("desk.test.yaml", "    clause: [D-2]\n", ""),
        r"clauses\.yaml:3:1: D-2 is listed as enforced, and no test cites it\.",
    ),
    "a test does not exercise the element": (
        ("desk.test.yaml", "clause: [D-1]", "clause: [D-1, D-2]"),
        r"desk\.test\.yaml:6:3: The test friday cites D-2 and does not exercise rules/warn\.",
    ),
    "a test cites what is not listed": (
        ("desk.test.yaml", "clause: [D-2]", "clause: [D-2, D-9]"),
        r"desk\.test\.yaml:10:3: The test warned cites D-9, which the list of clauses does not have\.",
    ),
    "a test fails": (
        ("desk.test.yaml", "09:40", "09:41"),
        r"desk\.test\.yaml:6:3: The test friday fails, so it shows nothing; run `casewarden test` to see why\.",
    ),
    "a clause that is not enforced has no reason": (
        ("clauses.yaml", "reason: nothing is promised, ", ""),
        r"clauses\.yaml:4:1: D-3 is listed as out_of_scope, and no reason is given\.",
    ),
    "a place cannot be read": (
        ("clauses.yaml", "place: L4", "place: line 4"),
        r"clauses\.yaml:4:1: The place of D-3, `line 4`, cannot be read; write lines of the text: .*",
    ),
    "the text changed": (
        ("text.md", "two hours", "three hours"),
        r"clauses\.yaml:2:70: The text of D-1 \(L1 of text\.md\) is not the one that was reviewed; review it, .*",
    ),
    "the text is gone": (
        ("text.md", "Hours are elapsed hours.\n", ""),
        r"clauses\.yaml:5:1: There is no text at the place of D-4 \(L5 of text\.md\), .*",
    ),
    "all that cites it is open": (
        ("desk.yaml", "reading: hours are open hours", "reading: open"),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_it_fails_and_says_why(desk: Path, what: str) -> None:
    (name, before, after), sentence = BROKEN[what]
    change(desk / name, before, after)
    done = run(desk, "--format", "json")
    assert done.exit_code == 1, done.output
    told = [f"{problem['place']}: {problem['text']}" for problem in json.loads(done.stdout)["problems"]]
    assert told
    if sentence is not None:
        assert any(re.search(rf"(?:^|/){sentence}$", one) for one in told), told
    shown = run(desk)
    assert shown.exit_code == 1
    assert all(one in shown.stdout for one in told)


def test_a_test_that_looks_elsewhere_does_not_exercise(desk: Path) -> None:
    change(desk / "desk.test.yaml", "    clause: [D-1]\n", "    clause: [D-1, D-3]\n")
    change(desk / "desk.yaml", "messages:\n", "events:\n  silence: {clause: [D-3], kind: work, by: agent}\nmessages:\n")
    change(desk / "desk.yaml", "    then: [notify", "    each: silence\n    then: [notify")
    found = [problem["text"] for problem in as_json(desk)["problems"]]
    assert "The test friday cites D-3 and does not exercise events/silence." in found
    assert "The test warned cites D-2 and does not exercise rules/warn." in found
    assert "rules/warn cites D-2, and no test that cites D-2 exercises it." in found


def test_a_test_that_would_pass_without_the_element_proves_nothing(desk: Path) -> None:
    change(desk / "desk.test.yaml", "expect: {actions: [{rule: warn}]}", "expect: {clocks: {answer: running}}")
    assert run(desk).exit_code == 0
    done = run(desk, "--prove", "--jobs", 1)
    assert done.exit_code == 1
    assert "Without rules/warn every test that cites D-2 still passes." in done.stdout
    assert "1 of the 2 enforced ones proven" in done.stdout
    found = as_json(desk, "--prove", "--jobs", 1)["clauses"][1]
    assert (found["proven"], found["proofs"][0]["by"]) == (False, "nothing")


# -- the policy's text


def test_a_line_put_in_above_is_a_note(desk: Path) -> None:
    change(desk / "text.md", "Whoever", "A new line.\nWhoever")
    done = run(desk)
    assert done.exit_code == 0, done.output
    assert "The text of D-2 moved from L2-3 to L3-4 of text.md; it is the same." in done.stdout
    found = as_json(desk)["clauses"]
    assert [(one["text"], one.get("moved_to")) for one in found] == [
        ("same", None), ("moved", "L3-4"), ("moved", "L5"), ("moved", "L6"),
    ]  # fmt: skip
    before = (desk / "clauses.yaml").read_bytes()
    done = run(desk, "--update-hashes")
    assert (done.exit_code, (desk / "clauses.yaml").read_bytes()) == (1, before)
    assert "D-2 (L2-3): moved to L3-4; write that place" in done.stderr


def test_hashes_are_written_and_nothing_else(desk: Path) -> None:
    before = (desk / "clauses.yaml").read_text(encoding="utf-8")
    change(desk / "text.md", "is warned", "is told")
    assert run(desk).exit_code == 1
    done = run(desk, "--update-hashes")
    assert done.exit_code == 0
    assert "1 of 4 hashes written" in done.stdout
    after = (desk / "clauses.yaml").read_text(encoding="utf-8")
    assert before != after
    blind = re.compile(r"hash: [0-9a-f]+")
    assert blind.sub("", before) == blind.sub("", after)
    assert run(desk).exit_code == 0


def test_without_the_text_the_rest_is_checked(desk: Path, tmp_path: Path) -> None:
    other = shutil.move(desk / "text.md", tmp_path / "elsewhere.md")
    done = run(desk)
    assert done.exit_code == 0
    assert "text.md is not there" in done.stderr
    assert {one["text"] for one in as_json(desk)["clauses"]} == {None}
    assert {one["text"] for one in as_json(desk, "--policy", other)["clauses"]} == {"same"}


# -- what cannot be read


def test_what_cannot_be_read_ends_with_2(desk: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for arguments in (
        [tmp_path / "none"],
        [empty],
        [desk, "--policy", tmp_path / "none"],
        [desk, "--policy", tmp_path],
        [desk, "--policy", tmp_path / "binary"],
        [desk, "-o", tmp_path / "none" / "x"],
        [desk, "--format", "sarif"],
        [desk / "clauses.yaml"],
    ):
        done = run(*arguments)
        assert done.exit_code == 2, (arguments, done.output)
        assert done.stderr
        assert "Traceback" not in done.output
    (desk / "clauses.yaml").unlink()
    assert run(desk).exit_code == 2


def test_several_rulesets_in_a_folder_are_told(desk: Path) -> None:
    change(desk / "desk.yaml", "ruleset: desk", "ruleset: desk")
    shutil.copy(desk / "desk.yaml", desk / "second.yaml")
    assert run(desk).exit_code == 0  # the one of the folder's name
    (desk / "desk.yaml").rename(desk / "first.yaml")
    done = run(desk)
    assert done.exit_code == 2
    assert "several rulesets" in done.stderr


# -- always the same


def test_any_number_of_processes_proves_the_same() -> None:
    sources = read_sources(STARTER, None, Reading())
    assert sources is not None
    found = cover(sources)
    add_proofs(found, sources)
    elements = {element.id: element for one in found.clauses for element in one.elements}
    tests = tuple((0, scenario.name) for scenario in sources.files[0].scenarios[:2])
    questions = [Question(element, (("C", tests),)) for element in elements.values()]
    questions = (questions * 3)[: ONE_CORE + 2]
    assert prove(sources.base, sources.files, questions, 2) == prove(sources.base, sources.files, questions, 1)


def test_the_same_files_give_the_same_bytes(desk: Path) -> None:
    for form in ("text", "json", "html"):
        one, other = (run(desk, "--prove", "--jobs", 1, "--format", form).stdout for _ in range(2))
        assert one == other
