"""A rollout while several workers decide: begun, watched, taken over and back, and workers are killed in between.

One process that does the same comes to the same end, in the live lane and in the trial's.
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from casewarden.store.database import Database
from casewarden.web.doors import ControlError
from crash.life import RULESET
from crash.script import START
from crash.truth import differences, end_state, findings
from workers.crew import Crew
from workers.history import END, history
from workers.operator import LATER, Operator, changed, in_numbers, start_with
from workers.reference import ByHand

SCRIPTS = 4
CHANGES = (
    ("then: [note: wrote]", "then:\n      - note: wrote\n      - tag: {add: [wrote]}"),
    ("at_most: 30 minutes", "at_most: 45 minutes"),
    ("The customer of {{ case.number }} wrote.", "A message came for {{ case.number }}."),
)


@dataclass
class Story:
    """What an operator does to a store after which batches, and what was seen."""

    operator: Operator
    head: Path
    seen: dict[str, Any] = field(default_factory=dict)

    def __call__(self, number: int) -> None:
        """Do what comes after a batch."""
        match number:
            case 2:
                found = self.operator.plan(changed(self.head, START))
                self.seen["plan"] = (found.cases, found.others, found.true_already, found.wordings)
            case 3:
                self.operator.order("rollout-start", **start_with(changed(self.head, START), "try"))
            case 5:
                self.seen["before"] = in_numbers(self.operator.watch("try"))
                self.operator.order("rollout-promote", name="try", rules=["log_message"])
            case 7:
                self.seen["promoted"] = in_numbers(self.operator.watch("try"))
                self.operator.order("rollout-back", name="try")
            case 9:
                self.seen["back"] = in_numbers(self.operator.watch("try"))
                self.operator.order("rollout-end", name="try")
            case _:
                pass


@pytest.fixture
def operator(crew: Crew) -> Iterator[Operator]:
    with closing(Database(crew.url, own_time=False)) as database:
        yield Operator(database, crew.clock)


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """The ruleset with a rule that says and does something else, and another that is true sooner."""
    text = RULESET.read_text(encoding="utf-8")
    for before, after in CHANGES:
        assert text.count(before) == 1
        text = text.replace(before, after)
    path = tmp_path / "head.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def by_hand(tmp_path: Path, head: Path) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What one process comes to, and what its operator saw."""
    folder = tmp_path / "alone"
    folder.mkdir()
    alone = ByHand(folder)
    story = Story(alone.operator, head)
    return alone.run(history(SCRIPTS), END, story), story.seen


def test_a_rollout_comes_to_the_same_end_with_workers_that_are_killed(
    crew: Crew, operator: Operator, head: Path, by_hand: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> None:
    wanted, seen = by_hand
    batches = history(SCRIPTS)
    story = Story(operator, head)
    crew.start("a", "b", ingest=True)
    crew.wait(lambda: crew.owns({"a": 8, "b": 8}), "share")
    killed = {3: ("a", "c"), 5: ("b", "d"), 7: ("c", "e"), 9: ("d", "f")}
    for number, batch in enumerate(batches):
        crew.go_on_to(batch.at)
        crew.put(batch)
        crew.settle()
        crew.go_on_to(batch.at + LATER)
        story(number)
        if number in killed:  # who has to bring the cases over is killed while it does
            dies, comes = killed[number]
            crew.signal(dies, signal.SIGKILL)
            assert crew.ends(dies) == -signal.SIGKILL
            crew.start(comes)
        crew.wait(operator.has_gone_over, "let all cases go over")
        crew.settle()
    crew.go_on_to(END)
    assert story.seen == seen
    assert findings(crew.store, crew.records, batches) == []
    assert differences(end_state(crew.store), wanted) == []
    assert operator.differing() == ()
    with pytest.raises(ControlError, match="has ended"):
        operator.order("rollout-promote", name="try", rules=["log_message"])
