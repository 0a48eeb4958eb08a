"""The page on testing: its example is checked, its tests hold, its failure is the text that such a failure has."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.cli.test import command

PAGE = Path(__file__).resolve().parents[2] / "docs" / "testing.md"


@pytest.fixture
def blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found = re.findall(r"^```[^\n]*\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "small.yaml").write_text(found[0], encoding="utf-8")
    (tmp_path / "small.test.yaml").write_text(found[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return found


def test_the_example_on_the_page_holds(blocks: list[str]) -> None:
    words = blocks[2].split()
    assert words[:2] == ["casewarden", "test"]
    result = CliRunner().invoke(command, words[2:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "Coverage of small.yaml" in result.output


def test_the_failure_on_the_page_is_what_such_a_failure_shows(blocks: list[str]) -> None:
    Path("small.test.yaml").write_text(
        "casewarden_test: 1\nruleset: small.yaml\nzone: Europe/Zurich\ngiven: {case.number: S-7}\ntests:\n"
        "  warned_too_early:\n    timeline:\n"
        "      - at: Fri 2026-07-17 16:40\n        opened: {by: customer}\n"
        "      - at: Mon 2026-07-20 09:09\n        expect:\n          actions: [{rule: warn}]\n"
    )
    result = CliRunner().invoke(command, ["small.test.yaml"], catch_exceptions=False)
    assert result.exit_code == 1
    shown = next(block for block in blocks if block.startswith("FAIL "))
    assert shown in result.output


def test_every_key_that_the_reader_knows_is_on_the_page() -> None:
    from casewarden.scenario import read_entries, read_expect, read_scenario

    text = PAGE.read_text(encoding="utf-8")
    known = (*read_entries.KINDS, *read_expect.WORDS, *read_expect.CLOCK_KEYS, *read_scenario.TEST_KEYS)
    assert [word for word in known if not re.search(rf"\b{word}\b", text)] == []
