"""All processes decide with the same rules: one loads a revision, the others follow the store."""

import shutil
import signal
from itertools import count
from pathlib import Path

from casewarden.model.event import Event
from casewarden.model.instants import iso
from casewarden.store.slots import partition, slot_of
from crash.life import RULESET
from crash.script import GO_LIVE, MINUTE, START, Batch
from workers.crew import Crew

CONFIGURATION = """\
casewarden: 1
store: "{store}"
go_live: {go_live}
rulesets: [{ruleset}]
connectors:
  desk: {{plugin: fake, settings: {{folder: {folder}}}, poll_every: 1 second}}
http:
  ingest:
    monitor: {{secret: {{env: INGEST}}}}
personal_data:
  key: {{env: KEY}}
"""


def test_a_revision_that_one_worker_loads_is_the_revision_of_all(crew: Crew) -> None:
    ours, theirs = ruleset(crew, "a"), ruleset(crew, "b")
    crew.start("a", config=configuration(crew, ours))
    crew.start("b", config=configuration(crew, theirs))
    crew.wait(lambda: crew.owns({"a": 8, "b": 8}), "share")
    first = decided_with(crew, START, 1)
    crew.move(START + MINUTE)
    newer(ours)
    crew.signal("a", signal.SIGHUP)
    crew.wait(lambda: revisions(crew) == 2, "load it")
    second = decided_with(crew, START + MINUTE, 2)
    assert first != second
    # a machine whose file was left behind begins again: it does not take back what the others have
    crew.signal("b", signal.SIGTERM)
    assert crew.ends("b") == 0
    crew.start("b", config=configuration(crew, theirs))
    crew.wait(lambda: crew.owns({"a": 8, "b": 8}), "share again")
    assert "ruleset_left_behind" in crew.log("b")
    assert decided_with(crew, START + 2 * MINUTE, 3) == second
    # where somebody means it, it does
    crew.signal("b", signal.SIGHUP)
    crew.wait(lambda: live(crew) == first, "load what was before")
    assert decided_with(crew, START + 3 * MINUTE, 4) == first


def decided_with(crew: Crew, at: int, number: int) -> str:
    """Open a case in every partition; the one revision by which all are decided."""
    crew.move(at)
    cases = [in_partition(part, number) for part in range(16)]
    facts = {"case.plan": "basic", "case.impact": "none", "contract.term_end": "2026-12-31T00:00:00+01:00"}
    opened = [
        Event(
            case, "opened", at, at, "customer", "desk", f"{case}-opened", data={"facts": {**facts, "case.number": case}}
        )
        for case in cases
    ]
    crew.put(Batch(at, opened, []))
    crew.settle()
    rows = crew.store.rows(
        "SELECT DISTINCT revision FROM decision JOIN subject ON subject.id = decision.subject "
        f"WHERE name LIKE 'case:{number}0%'"
    )
    assert len(rows) == 1, rows
    return str(rows[0][0])


def in_partition(part: int, number: int) -> str:
    """A case in a partition."""
    names = (f"case:{number}0{case:03}" for case in count())
    return next(name for name in names if slot_of(name) in partition(part, 16))


def ruleset(crew: Crew, name: str) -> Path:
    """A copy of the ruleset of a machine's own."""
    path = crew.folder / f"rules-{name}.yaml"
    shutil.copyfile(RULESET, path)
    return path


def newer(path: Path) -> None:
    """Change what a message says."""
    text = path.read_text(encoding="utf-8")
    assert "The core service is back." in text
    path.write_text(text.replace("The core service is back.", "It is back."), encoding="utf-8")


def configuration(crew: Crew, rules: Path) -> str:
    """A configuration with these rules."""
    path = crew.folder / f"{rules.stem}.casewarden.yaml"
    said = {"store": crew.url, "go_live": iso(GO_LIVE), "ruleset": rules, "folder": crew.folder}
    path.write_text(CONFIGURATION.format(**said), encoding="utf-8")
    return str(path)


def revisions(crew: Crew) -> int:
    """How many revisions the store knows."""
    return len(crew.store.rows("SELECT digest FROM ruleset"))


def live(crew: Crew) -> str:
    """The revision that was learnt of last of those in force."""
    return str(crew.store.rows("SELECT digest FROM ruleset WHERE state = 'live' ORDER BY added_at DESC LIMIT 1")[0][0])
