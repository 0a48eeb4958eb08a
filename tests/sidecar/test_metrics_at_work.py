"""What a sidecar at work counts of its actions, in the words of the catalogue."""

from pathlib import Path

from casewarden.plugin import Page, Rejected, Retry
from casewarden.service.deliver import MOST_ATTEMPTS
from support.measured import series
from support.odd_desk import OddDesk, Running, at_work, opened
from support.small import HOUR, rule

RULES = rule("tell", "when: {case.core: down}\nthen: [{note: hello}]")


def desk_with_a_case() -> OddDesk:
    return OddDesk("desk", lambda cursor: Page([opened("case:1", "desk")] if cursor is None else [], 1))


def counted(running: Running, kind: str = "note", connector: str = "desk") -> dict[str, float]:
    """How many attempts had which outcome."""
    found: dict[str, float] = {}
    for (name, labels), value in series(running.sidecar.metrics).items():
        said = dict(labels)
        if name == "casewarden_actions_total" and (said["connector"], said["kind"]) == (connector, kind):
            found[said["outcome"]] = value
    return found


def test_an_action_that_is_given_up_is_counted_as_dead(tmp_path: Path) -> None:
    desk = desk_with_a_case()
    desk.applies = lambda _: Retry("come back later")
    with at_work(tmp_path, RULES, desk) as running:
        for tries in range(1, MOST_ATTEMPTS + 1):
            running.until(
                lambda tries=tries: bool(  # type: ignore[misc]
                    running.rows("SELECT id FROM outbox WHERE attempts = :n AND state <> 'sending'", n=tries)
                ),
                f"attempt {tries}",
            )
            running.clock[0] += HOUR
        assert running.rows("SELECT state FROM outbox") == [("dead",)]
        assert counted(running) == {"retry": MOST_ATTEMPTS - 1, "dead": 1}


def test_what_is_refused_and_what_is_done_are_counted_once_each(tmp_path: Path) -> None:
    desk = desk_with_a_case()
    desk.applies = lambda _: Rejected("notes are locked")
    with at_work(tmp_path, RULES, desk) as running:
        running.until(lambda: bool(running.rows("SELECT id FROM outbox WHERE state = 'rejected'")), "the refusal")
        running.turn()
        assert counted(running) == {"rejected": 1}


def test_what_is_only_recorded_is_counted_as_such(tmp_path: Path) -> None:
    desk = OddDesk("desk")
    with at_work(tmp_path, RULES, desk) as running:
        running.config.write_text(running.config.read_text() + "shadow: everything\n")
        running.sidecar.reload()
        desk.answers = desk_with_a_case().answers
        running.until(lambda: bool(running.rows("SELECT id FROM outbox WHERE state = 'shadow'")), "the action")
        running.turn()
        assert counted(running) == {"shadow": 1}
    assert desk.attempts == []
