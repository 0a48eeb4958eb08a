"""The same log, the same bytes: whatever the hash seed, the order in which events came in, and where deciding began."""

import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.decide import compile_ruleset, decide
from casewarden.model import Event, fold
from casewarden.model.canonical import decision_json
from casewarden.model.event import SOURCE_OF_ENGINE
from support.slow.live import all_bytes, live
from support.strategies import Case, late_cases

CHECKOUT = Path(__file__).parents[2]
QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def some_cases(count: int) -> list[Case]:
    """The same random cases in every run."""
    found: list[Case] = []

    @settings(QUICK, max_examples=count, derandomize=True, database=None)
    @given(late_cases())
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


@pytest.fixture(scope="module")
def pickled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of random cases that other processes can read."""
    path = tmp_path_factory.mktemp("cases") / "cases.pickle"
    path.write_bytes(pickle.dumps([(case.ruleset, case.history) for case in some_cases(25)]))
    return path


def digest_under(hash_seed: str, path: Path) -> str:
    """The digest of all decisions in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "support.slow.live", str(path)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(CHECKOUT / "tests")},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


@pytest.mark.states("D1")
def test_processes_with_other_hash_seeds_decide_the_same_bytes(pickled: Path) -> None:
    first, *others = [digest_under(seed, pickled) for seed in ("0", "1", "4242")]
    assert len(first) == 64
    assert others == [first, first]


@QUICK
@given(late_cases(), st.randoms(use_true_random=False))
@pytest.mark.states("D1", "D3")
def test_the_order_in_which_events_come_in_does_not_matter(case: Case, chance: random.Random) -> None:
    compiled = compile_ruleset(case.ruleset)
    moments = list(live(case.ruleset, case.history))
    last = moments[-1]
    shuffled = list(last.log)
    chance.shuffle(shuffled)
    assert decision_json(decide(compiled, fold(shuffled), last.now)) == decision_json(last.decision)


@QUICK
@given(late_cases())
@pytest.mark.states("D3")
def test_a_subject_folded_step_by_step_decides_as_one_folded_at_once(case: Case) -> None:
    compiled = compile_ruleset(case.ruleset)
    subject = None
    for moment in live(case.ruleset, case.history):
        subject = fold(moment.log) if subject is None else subject.with_events(moment.log)
        assert decision_json(decide(compiled, subject, moment.now)) == decision_json(moment.decision)


@QUICK
@given(late_cases())
@pytest.mark.states("D5")
def test_replay_as_known_decides_the_live_bytes(case: Case) -> None:
    """From the final log alone: each decision again, with what was seen by then and what was remembered before."""
    compiled = compile_ruleset(case.ruleset)
    moments = list(live(case.ruleset, case.history))
    log: dict[tuple[str, str], Event] = {}
    for moment in moments:
        log |= {(event.source, event.key): event for event in (*moment.log, *moment.decision.events)}
    ours = sorted(
        (event for event in log.values() if event.source == SOURCE_OF_ENGINE), key=lambda event: event.seen_at
    )
    for moment in moments:
        seen = [e for e in log.values() if e.source != SOURCE_OF_ENGINE and e.seen_at <= moment.now]
        remembered = [event for event in ours if event.seen_at < moment.now]
        again = decide(compiled, fold([*seen, *remembered]), moment.now)
        assert decision_json(again) == decision_json(moment.decision)


@QUICK
@given(late_cases())
@pytest.mark.states("D1")
def test_deciding_twice_gives_the_same_bytes_and_leaves_the_subject_as_it_was(case: Case) -> None:
    assert all_bytes(case.ruleset, case.history) == all_bytes(case.ruleset, case.history)
