"""An operator of a store that others work on, who gives the commands of rollouts by a clock that the test moves."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from casewarden.config.settings import RulesetSource
from casewarden.model.event import Json
from casewarden.report.live.page import Looked
from casewarden.report.live.rollout_plan import RolloutPlan
from casewarden.report.live.rollout_status import Apart, RolloutStatus
from casewarden.ruleset.able import INWARD
from casewarden.service.course import digest_key
from casewarden.service.revisions import stored_book
from casewarden.service.rollout_diff import status
from casewarden.service.rollout_plan import Planner
from casewarden.service.rollouts import in_force, rollout
from casewarden.service.ruleset_sources import Revision, read_source
from casewarden.service.trials import absent
from casewarden.service.verify import verify_decisions
from casewarden.sidecar.operations import LiveStore, carry_out
from casewarden.sidecar.rules import RulesInForce
from casewarden.sidecar.standing import rules_for
from casewarden.store.check import Finding
from casewarden.store.contacts import open_sealer
from casewarden.store.database import Database
from casewarden.store.log import Sealing
from casewarden.store.sealing import PERSONAL_PATHS
from crash.life import KEY
from crash.script import SECOND
from support.fake_helpdesk import ACTIONS

ABLE: Final = INWARD | ACTIONS
LATER: Final = 20 * SECOND
"""How long after a batch an operator acts: nothing else happens in that time."""


class Operator:
    """Gives commands as the command line does where no process has a door for them: in a transaction of its own."""

    def __init__(self, database: Database, now: Callable[[], int], rules: RulesInForce | None = None) -> None:
        self._database = database
        self._sealing = Sealing(open_sealer(database, KEY), PERSONAL_PATHS)
        self._now = now
        self._rules = rules

    def order(self, command: str, **arguments: Json) -> list[str]:
        """Carry a command out, with the rules that the store knows where nobody's were given; what was said."""
        rules = self._rules
        if rules is None:
            with self._database.read() as connection:
                rules = rules_for(connection)
            rules.able = ABLE
        live = LiveStore(self._database, self._sealing, rules)
        said: Any = carry_out(live, command, arguments, "ada", self._now())["said"]
        return list(said)

    def plan(self, head: Revision) -> RolloutPlan:
        """What a change would move now."""
        with self._database.read() as connection:
            book = stored_book(connection)
        planner = Planner(self._database, self._sealing, book, head, ABLE, self._now())
        for _ in planner.decide():
            pass
        return planner.plan()

    def watch(self, name: str) -> RolloutStatus:
        """How a trial fares."""
        with self._database.read() as connection:
            one = rollout(connection, name)
            current = in_force(rules_for(connection).book, one.lane, self._now()).digest
            return status(connection, self._sealing, one, current, Looked(self._now(), "Europe/Berlin"))

    def differing(self) -> tuple[Finding, ...]:
        """What comes out otherwise where all decisions are made again."""
        return verify_decisions(self._database, self._sealing, digest_key(self._sealing.sealer), None).findings

    def has_gone_over(self) -> bool:
        """Whether every subject was decided with the rules that its lane has now, and all have joined its trials."""
        with self._database.read() as connection:
            rules = rules_for(connection)
            now = self._now()
            lanes = (*rules.book.lanes, *rules.book.trials)
            current = {lane: rules.operations_in(lane, now) for lane in lanes}
            if any(absent(connection, trial) for trial in rules.book.trials):
                return False
            rows = connection.exec_driver_sql("SELECT DISTINCT lane, operations FROM subject WHERE state <> 'ended'")
            return all(current.get(lane) == operations for lane, operations in rows)


def changed(path: Path, now: int) -> Revision:
    """The revision of a ruleset's file that was changed, as the command line reads it."""
    found = read_source(RulesetSource(path), now)
    assert found.revision is not None, found.diagnostics.items
    return replace(found.revision, origin="head.yaml")


def start_with(head: Revision, name: str) -> dict[str, Json]:
    """The arguments with which a rollout is begun."""
    return {"name": name, "files": dict(head.files), "digest": head.digest, "origin": head.origin}


def in_numbers(found: RolloutStatus) -> dict[str, object]:
    """A comparison without the order in which subjects came, which differs from run to run."""
    return {
        "compared": (found.compared, found.missing, found.same),
        "apart": [_counts(one) for one in (found.only_live, found.only_trial, found.otherwise)],
        "stand": [_counts(one) for one in (found.severities, found.deadlines)],
        "credits": found.credits,
        "trouble": (found.set_aside, found.alerts, found.corrections),
    }


def _counts(rows: Sequence[Apart]) -> list[tuple[str, int]]:
    return sorted((one.what, one.count) for one in rows)
