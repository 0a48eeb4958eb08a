"""Rules of a trial taken over into the live lane, one by one or all, and taken back."""

from pathlib import Path

import pytest

from casewarden.plugin import Answer, Attempt, Retry
from casewarden.service import rollouts
from casewarden.service.rollouts import RolloutError, rollout
from casewarden.store.database import Database
from rollouts.conftest import Make, rolling
from rollouts.test_trials import BASE, HEAD, NOTIFY, done, opened
from support.rolling import Rolling, revision
from support.small import HOUR, at, more, rule, text_of

EARLY = more("early", f"when: {{clock.answer.used: {{at_least: 10%}}}}\n{NOTIFY}")
BOTH = HEAD.replace("rules:\n", f"rules:\n{EARLY}")
"""Warns at 25% instead of 50%, and has a rule `early` at 10%."""
TIGHT = HEAD.replace("4 elapsed hours", "2 elapsed hours")


def trial(bench: Rolling, said: str = BOTH) -> None:
    opened(bench, "case:1")
    bench.start("try", said)
    bench.settle()


def test_a_promoted_rule_does_nothing_where_it_is_true_already_and_acts_from_then_on(database: Database) -> None:
    with rolling(database, BASE, "mon 08:00") as bench:
        trial(bench)
        bench.until(at("mon 09:00"))
        bench.roll(rollouts.promote, "try", ["early"])
        bench.settle()
        opened(bench, "case:2")
        bench.until(at("mon 18:00"))
        assert done(bench, "small") == ["mon 09:24 case:2/early", "mon 10:00 case:1/warn", "mon 11:00 case:2/warn"]


def test_promotion_survives_restarts_and_reloads_until_the_file_says_something_else(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    trial(bench)
    bench.roll(rollouts.promote, "try", ["early"])
    bench.settle()
    taken = bench.rules.operations_in("small", bench.now)
    assert "early" in bench.rules.ruleset("small", bench.now).rules
    bench.restart()
    assert bench.rules.operations_in("small", bench.now) == taken
    assert bench.rules.book.trials == ("small@try",)
    bench.reload(BASE.replace("50%", "75%"))
    bench.restart()
    assert "early" not in bench.rules.ruleset("small", bench.now).rules
    with pytest.raises(RolloutError, match="another revision by now"):
        bench.roll(rollouts.promote, "try", ["warn"])


def test_rules_are_promoted_one_after_the_other_and_the_last_makes_it_the_head(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    trial(bench)
    head = revision(BOTH, bench.now).digest
    bench.roll(rollouts.promote, "try", ["early"])
    assert bench.rules.operations_in("small", bench.now) not in (head, revision(BASE, bench.now).digest)
    bench.now += HOUR
    bench.roll(rollouts.promote, "try", ["warn"])
    assert bench.rules.operations_in("small", bench.now) == head
    with bench.database.read() as connection:
        assert (rollout(connection, "try").promoted, rollout(connection, "try").state) == (
            ("early", "warn"),
            "promoted",
        )
    bench.until(at("mon 18:00"))
    assert done(bench, "small") == ["mon 08:24 case:1/early"]


def test_what_was_promoted_is_taken_back_and_what_waits_of_it_is_withdrawn(make: Make) -> None:
    def busy(attempt: Attempt) -> Answer:  # noqa: ARG001
        return Retry("busy", 7_200.0, reached=False)

    bench = make(BASE, "mon 08:00", connector=busy)
    trial(bench)
    bench.roll(rollouts.promote, "try", ["early"])
    opened(bench, "case:2")
    bench.until(at("mon 08:30"))
    assert bench.rows("SELECT key, state FROM outbox WHERE lane = 'small'") == [
        ("case:1/early/1/0/0", "waiting"),
        ("case:2/early/1/0/0", "waiting"),
    ]
    bench.roll(rollouts.back, "try")
    bench.until(at("mon 18:00"))
    states = bench.rows("SELECT state, state_detail FROM outbox WHERE rule = 'early' AND lane = 'small'")
    assert states == [("withdrawn", "there is no rule early any more")] * 2
    assert [attempt.key for attempt in bench.attempts if "early" in attempt.key] == [
        "case:1/early/1/0/0",
        "case:2/early/1/0/0",
    ]
    with pytest.raises(RolloutError, match="nothing of the rollout `try` is in force"):
        bench.roll(rollouts.back, "try")
    bench.roll(rollouts.promote, "try", ["early"])
    assert "early" in bench.rules.ruleset("small", bench.now).rules


def test_back_begins_the_old_rules_with_a_baseline_as_of_that_instant(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    trial(bench, BASE.replace("50%", "90%"))
    bench.roll(rollouts.promote, "try", ["warn"])
    bench.until(at("mon 10:30"))  # the old rule would have fired at ten
    bench.roll(rollouts.back, "try")
    bench.until(at("mon 18:00"))
    assert done(bench, "small") == []


def due(bench: Rolling, name: str, lane: str = "small") -> int:
    ((clocks,),) = bench.rows("SELECT next_due FROM subject WHERE lane = :lane AND name = :name", lane=lane, name=name)
    return int(str(clocks))


def test_the_whole_head_brings_its_terms_to_new_cases_which_keep_them_when_it_is_taken_back(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    trial(bench, TIGHT)
    bench.roll(rollouts.promote_whole, "try")
    bench.until(at("mon 09:00"))
    opened(bench, "case:2")
    assert (due(bench, "case:1"), due(bench, "case:2")) == (at("mon 12:00"), at("mon 11:00"))
    bench.until(at("mon 09:10"))
    bench.roll(rollouts.back, "try")
    bench.settle()
    opened(bench, "case:3")
    bench.restart()
    bench.until(at("mon 09:20"))
    assert [due(bench, f"case:{n}") for n in (1, 2, 3)] == [at("mon 12:00"), at("mon 11:00"), at("mon 13:10")]
    with pytest.raises(RolloutError, match="there was a rollout"):
        bench.start("try", HEAD)


def test_a_head_that_binds_all_cases_moves_their_deadlines_until_it_is_taken_back(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    trial(bench, TIGHT.replace("new_cases", "all_cases"))
    assert due(bench, "case:1", "small@try") == at("mon 10:00")
    bench.roll(rollouts.promote_whole, "try")
    bench.settle()
    assert due(bench, "case:1") == at("mon 10:00")
    bench.now += HOUR
    bench.roll(rollouts.back, "try")
    bench.restart()
    bench.settle()
    assert due(bench, "case:1") == at("mon 12:00")


def test_the_whole_head_waits_for_its_own_date_and_what_waits_for_a_date_is_not_lost(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    later = revision(BASE.replace("2026-01-01", "2026-03-06").replace("50%", "60%"), bench.now)
    bench.rules.book = bench.rules.book.with_revision(later)
    trial(bench, TIGHT.replace("2026-01-01", "2026-03-04"))
    said = bench.roll(rollouts.promote, "try", ["warn"]).said
    assert any("takes its place" in one for one in said)
    bench.now += HOUR
    said = bench.roll(rollouts.promote_whole, "try").said
    assert said[0].startswith("From 2026-03-03T23:00:00Z on, its own date,")
    line = [(one.effective_at, one.origin) for one in bench.rules.book.timelines["small"]]
    assert [(at_, origin) for at_, origin in line if at_ > bench.now] == [
        (at("wed 00:00"), "rollout try"),
        (at("fri 00:00"), "small.yaml"),
    ]


@pytest.mark.parametrize(
    ("rules", "message", "fix"),
    [
        ([], "it needs the names of rules", "--all"),
        (["erly"], "neither revision has a rule `erly`", "did you mean `early`"),
        (["warn", "early", "other"], "neither revision has a rule `other`", None),
        (["same"], "`same` would change nothing", "plan"),
    ],
)
def test_what_cannot_be_promoted_is_refused(make: Make, rules: list[str], message: str, fix: str | None) -> None:
    same = more("same", f"when: {{case.core: down}}\n{NOTIFY}")
    bench = make(BASE.replace("rules:\n", f"rules:\n{same}"))
    bench.start("try", BOTH.replace("rules:\n", f"rules:\n{same}"))
    with pytest.raises(RolloutError, match=message) as refused:
        bench.roll(rollouts.promote, "try", rules)
    assert fix is None or fix in str(refused.value.fix)


def test_rules_that_need_terms_of_the_head_come_with_all_of_it_only(make: Make) -> None:
    clock = text_of(
        "clocks:\n  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 elapsed hours}\n"
        "  other: {clause: [S], starts: case_opened, stops: agent_reply, target: 1 elapsed hour}\n"
        + rule("warn", f"when: {{clock.other: missed}}\n{NOTIFY}")
    )
    bench = make(BASE, "mon 08:00")
    trial(bench, clock)
    with pytest.raises(RolloutError, match="terms come with the whole revision"):
        bench.roll(rollouts.promote, "try", ["warn"])
    bench.roll(rollouts.promote_whole, "try")
    with pytest.raises(RolloutError, match="the whole of `try` was promoted already"):
        bench.roll(rollouts.promote, "try", ["warn"])
    bench.roll(rollouts.end, "try")
    with pytest.raises(RolloutError, match="has ended"):
        bench.roll(rollouts.promote_whole, "try")
    with pytest.raises(RolloutError, match="has ended already"):
        bench.roll(rollouts.end, "try")


def test_every_step_stands_in_the_audit_with_who_and_why(make: Make) -> None:
    bench = make(BASE)
    bench.start("try", BOTH)
    bench.roll(rollouts.promote, "try", ["early"])
    bench.roll(rollouts.back, "try")
    bench.roll(rollouts.end, "try")
    assert bench.rows("SELECT who, what, why FROM audit ORDER BY id") == [
        ("ada", f"rollout {what}", "a try") for what in ("start", "promote", "back", "end")
    ]


def test_another_process_takes_over_what_was_put_in_force(database: Database, tmp_path: Path) -> None:
    with rolling(database, BASE, "mon 08:00") as bench:
        with database.read() as connection:
            bench.rules.look(connection)
        seen = bench.rules.book
        other = Rolling(database, bench.compiled, now=bench.now)
        other.start("try", BOTH)
        assert bench.rules.book is seen
        with database.read() as connection:
            bench.rules.look(connection)
        assert bench.rules.book.trials == ("small@try",)
        assert tmp_path.is_dir()
