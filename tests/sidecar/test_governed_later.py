"""A case that no ruleset governed is taken up when one does: nobody has to write to it again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from casewarden.model.subject import Subject
from casewarden.plugin import Page
from casewarden.service.rulebook import Rulebook
from support.odd_desk import NOON, OddDesk, Running, at_work, opened
from support.rolling import revision
from support.small import HOUR, Log, at, rule, text_of

RULES = rule("tell", "when: {case.core: down}\nthen: [{note: hello}]")
APPLIES = "applies_to: {case.text: %s}\n"


def second(folder: Path, texts: str, since: str = "2026-01-01") -> None:
    """Write the other ruleset."""
    said = text_of(APPLIES % texts + RULES).replace("ruleset: small", "ruleset: other").replace("2026-01-01", since)
    (folder / "other.yaml").write_text(said)


def brought(desk: OddDesk, running: Running) -> None:
    """Let a case come that nobody governs, and see that it waits."""
    desk.answers = lambda cursor: Page([opened("case:1", "desk", {"case.text": "fr"})] if cursor is None else [], 1)
    running.until(lambda: running.rows("SELECT behind FROM mailbox") == [(3,)], "that it waits")
    running.turn()
    assert running.rows("SELECT count(*) FROM subject WHERE name = 'case:1'") == [(0,)]


def taken_up(running: Running) -> Callable[[], bool]:
    return lambda: running.rows("SELECT lane, state FROM outbox") == [("other", "applied")]


@pytest.mark.states("R13")
def test_a_case_is_taken_up_when_a_ruleset_is_changed_to_govern_it(tmp_path: Path) -> None:
    desk = OddDesk("desk")
    with at_work(tmp_path, RULES, desk, sections=APPLIES % "en") as running:
        second(tmp_path, "de")
        running.config.write_text(running.config.read_text().replace("[small.yaml]", "[small.yaml, other.yaml]"))
        running.sidecar.reload()
        brought(desk, running)
        second(tmp_path, "[de, fr]")
        running.sidecar.reload()
        running.until(taken_up(running), "the work on it")
        assert running.rows("SELECT count(*) FROM mailbox") == [(0,)]


@pytest.mark.states("E12", "E2")
def test_a_case_is_taken_up_at_the_date_of_the_ruleset_that_governs_it(tmp_path: Path) -> None:
    desk = OddDesk("desk")
    with at_work(tmp_path, RULES, desk, sections=APPLIES % "en") as running:
        second(tmp_path, "[de, fr]", "2026-03-04")
        running.config.write_text(running.config.read_text().replace("[small.yaml]", "[small.yaml, other.yaml]"))
        running.sidecar.reload()
        brought(desk, running)
        running.clock[0] = at("tue 23:59:59")
        running.turn()
        running.turn()
        assert running.rows("SELECT behind FROM mailbox") == [(3,)]
        running.clock[0] = at("wed 00:00")
        running.until(taken_up(running), "the work on it")


@pytest.mark.states("E12")
def test_beside_others_a_ruleset_governs_no_case_before_its_date() -> None:
    book = Rulebook()
    for name, since in (("small", "2026-01-01"), ("other", "2026-03-04")):
        said = text_of(RULES).replace("ruleset: small", f"ruleset: {name}").replace("2026-01-01", since)
        book = book.with_revision(revision(said, 0))
    case = Subject("case:1").with_events(Log("case:1").opened("mon 09:00").events)
    assert book.governing(case, NOON) == ("small",)
    assert set(book.governing(case, NOON + 72 * HOUR)) == {"other", "small"}
