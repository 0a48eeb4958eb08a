"""An explanation stands on what the replay stands on: services that a case watches, quotas shared with other cases."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.cli import app
from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.instants import iso, parse_instant
from casewarden.ruleset.load import load
from casewarden.scenario.history import Extent, JsonLines
from casewarden.scenario.onward import Standing
from casewarden.scenario.record import decision_json, decision_line
from casewarden.scenario.replay import Replay, Setting
from casewarden.scenario.rows import RowReport
from casewarden.scenario.together import surroundings

RULESET = Path(__file__).parent / "shared.yaml"
MINUTE = 60_000_000
BEGIN = parse_instant("2026-07-06T06:00:00Z")  # a Monday, 08:00 in Zurich
HORIZON = 5 * 24 * 60 * MINUTE

Row = dict[str, Any]


def row(subject: str, kind: str, minute: int, by: str = "customer", learnt: int = 0, **data: Any) -> Row:
    at = BEGIN + minute * MINUTE
    seen = {"seen_at": iso(at + learnt * MINUTE)} if learnt else {}
    return {"subject": subject, "kind": kind, "at": iso(at), "by": by, "key": f"{kind} {minute}", "data": data} | seen


def opened(case: int, minute: int, customer: str | None) -> Row:
    return row(f"case:{case}", "opened", minute, facts={} if customer is None else {"customer.id": customer})


def health(word: str, minute: int, learnt: int = 0) -> Row:
    return row("service:core", "observed", minute, "automation", learnt, facts={"service.core.health": word})


# Case 1 opens at 08:00 and uses up what acme has in July; case 2 opens at 08:10, while the core is well, so at severity
# 2 and beyond the quota; zeta's case 3 opens then too. The core goes down at 08:30 and comes back at 09:30.
HISTORY = [
    health("available", -30),
    opened(1, 0, "acme"),
    opened(2, 10, "acme"),
    opened(3, 10, "zeta"),
    health("down", 30),
    health("available", 90),
]


def compiled() -> Compiled:
    ruleset, found = load(RULESET)
    assert ruleset is not None, found.items
    return compile_ruleset(ruleset)


COMPILED = compiled()


def written(folder: Path, rows: list[Row]) -> Path:
    path = folder / "history.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


def replayed(history: Path, known: int | None = None, until: int | None = None) -> dict[str, list[Row]]:
    """The decisions of each subject, by what was learnt up to `known`, decided up to `until`."""
    replay = Replay(COMPILED, RULESET, JsonLines(history, until=known), Setting(until=until))
    found: dict[str, list[Row]] = {}
    for part in replay.parts(Extent()):
        for decision in map(json.loads, part.lines.splitlines()):
            found.setdefault(decision["subject"], []).append(decision)
    return found


def standing(history: Path, subject: str, at: int) -> Standing:
    source = JsonLines(history)
    found = surroundings(source, subject, COMPILED.ruleset)
    own = source.read(found.own, RowReport()).events if found.own.rows else ()
    return Standing(COMPILED, own, at, name=subject, others=found.others, services=found.services)


def command(*args: str) -> Result:
    return CliRunner().invoke(app, list(args), prog_name="casewarden")


def explained(history: Path, case: str, minute: int, *more: str) -> Row:
    at = iso(BEGIN + minute * MINUTE)
    files = ("--history", str(history), "--ruleset", str(RULESET))
    result = command("explain", case, *files, "--at", at, "--format", "json", *more)
    assert result.exit_code == 0, result.output
    told: Row = json.loads(result.stdout)
    return told


@pytest.mark.parametrize("minute", [10, 29, 30, 45, 90, 91, 200])
@pytest.mark.parametrize("case", ["1", "2", "3"])
def test_severity_clock_and_quota_are_those_of_the_replay(tmp_path: Path, case: str, minute: int) -> None:
    history = written(tmp_path, HISTORY)
    replay = command(
        "replay", "--ruleset", str(RULESET), "--history", str(history), "--out", str(tmp_path), "--jobs", "1",
        "--until", iso(BEGIN + minute * MINUTE),
    )  # fmt: skip
    assert replay.exit_code == 0, replay.output
    lines = map(json.loads, (tmp_path / "decisions.jsonl").read_text(encoding="utf-8").splitlines())
    last = [decision for decision in lines if decision["subject"] == f"case:{case}"][-1]
    told = explained(history, case, minute)
    assert told["severity"]["level"] == last["severity"]
    for clock, expected in zip(told["clocks"], last["clocks"], strict=True):
        assert {key: clock.get(key) for key in ("state", "target", "due", "severity")} == {
            key: expected.get(key) for key in ("state", "target", "due", "severity")
        }
    fired = {one["rule"] for one in told.get("rules", ())}
    assert ("tell_over_quota" in fired) is (case == "2")
    assert ("tell_of_outage" in fired) is (minute >= 30)


def test_they_are_what_the_promise_says(tmp_path: Path) -> None:
    """By hand: an outage makes it one hour from 08:00, so due at 09:00; the second of the month has best effort."""
    history = written(tmp_path, HISTORY)
    (before,) = explained(history, "1", 20)["clocks"]
    (during,) = explained(history, "1", 40)["clocks"]
    (over,) = explained(history, "2", 40)["clocks"]
    (own,) = explained(history, "3", 40)["clocks"]
    assert (before["target"], before["due"]) == ("8 business hours", "2026-07-06T14:00:00Z")
    assert (during["target"], during["due"]) == ("1 business hour", "2026-07-06T07:00:00Z")
    assert over["target"] == "best_effort"
    quotas = {case: explained(history, case, 40)["facts"][-1] for case in ("1", "2", "3")}
    assert {case: (one["name"], one["value"]) for case, one in quotas.items()} == {
        "1": ("quota.incidents", "within"), "2": ("quota.incidents", "over"), "3": ("quota.incidents", "within")
    }  # fmt: skip
    assert own["due"] == "2026-07-06T07:10:00Z"
    warning = explained(history, "1", 29, "--rule", "warn")
    assert warning["by_time"] == "2026-07-06T13:30:00Z"  # nobody knows of the outage yet
    (firing,) = explained(history, "1", 40, "--rule", "warn")["firings"]
    assert firing["at"] == "2026-07-06T06:30:00Z"


def test_an_account_that_only_its_cases_name_can_be_explained(tmp_path: Path) -> None:
    history = written(tmp_path, HISTORY)
    told = explained(history, "account:acme", 40)
    assert [entry["arithmetic"].rpartition(": ")[2] for entry in told["ledger"]] == ["within", "over"]
    early = command(
        "explain", "account:acme", "--history", str(history), "--ruleset", str(RULESET), "--at", iso(BEGIN - MINUTE)
    )
    assert early.exit_code == 2
    assert "choose one from 2026-07-06T06:00:00Z on" in early.stderr
    nobody = command("explain", "account:acne", "--history", str(history), "--ruleset", str(RULESET))
    assert nobody.exit_code == 2
    assert "Traceback" not in nobody.output


def test_what_does_not_bear_on_a_case_is_not_kept(tmp_path: Path) -> None:
    others = [opened(case, case % 600, f"customer {case}") for case in range(10, 400)]
    history = written(tmp_path, HISTORY + others)
    found = surroundings(JsonLines(history), "case:1", COMPILED.ruleset)
    assert list(found.others) == ["case:2"]
    assert len(found.services) == 3
    alone = decision_lines(standing(written(tmp_path, HISTORY), "case:1", BEGIN + 100 * MINUTE))
    assert decision_lines(standing(written(tmp_path, HISTORY + others), "case:1", BEGIN + 100 * MINUTE)) == alone


def decision_lines(stood: Standing) -> list[str]:
    return [decision_line(decision) for decision in stood.decisions]


MINUTES = st.integers(-60, 12 * 60)
LEARNT = st.sampled_from([0, 0, 0, 7, 95])
CUSTOMERS = st.sampled_from(["acme", "acme", "zeta", None])


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    rows = [opened(case, draw(MINUTES), draw(CUSTOMERS)) for case in range(1, draw(st.integers(2, 4)))]
    words = st.sampled_from(["available", "down"])
    outages = draw(st.lists(st.tuples(words, MINUTES, LEARNT), max_size=4, unique_by=lambda one: one[1]))
    answers = draw(st.lists(st.tuples(st.integers(1, 3), MINUTES, LEARNT), max_size=3, unique_by=lambda one: one[:2]))
    rows += [health(*outage) for outage in outages]
    rows += [row(f"case:{case}", "message", minute, "agent", late, public=True) for case, minute, late in answers]
    return rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), MINUTES)
def test_at_every_instant_it_is_the_replay_up_to_there_and_what_comes_is_the_replay_beyond(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], minute: int
) -> None:
    """All decisions, of every subject: those up to the instant, and those that follow if nothing else happens."""
    history = written(tmp_path_factory.mktemp("shared", numbered=True), rows)
    at = BEGIN + minute * MINUTE
    for subject, decisions in replayed(history, known=at, until=at + HORIZON).items():
        stood = standing(history, subject, at)
        beyond = tuple(stood.onward((), at + HORIZON))
        assert [*map(decision_json, stood.decisions + beyond)] == decisions
        assert tuple(stood.onward((), at + HORIZON)) == beyond
        assert all(one.at <= at for one in stood.decisions)
        assert all(one.at > at for one in beyond)
