"""Taking in all that the helpdesks have, before or beside a running sidecar, and telling what would come of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from casewarden.config.settings import Settings
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.service.brought import page_of
from casewarden.service.course import Manner
from casewarden.service.desks import Desks
from casewarden.service.going_live import Plan, backfill, candidates, plan
from casewarden.service.intake import take
from casewarden.service.process import Processor
from casewarden.sidecar.assembly import Parts, connect, open_store, parts_of
from casewarden.sidecar.customers import directories
from casewarden.sidecar.reload import begin
from casewarden.sidecar.rules import RulesInForce
from casewarden.store import audit, cursors
from casewarden.store.database import Database
from casewarden.telemetry.metrics import Metrics


@dataclass(slots=True)
class Pulled:
    """What was taken in from one connector."""

    events: int = 0
    new: int = 0
    refused: int = 0
    pages: int = 0


class RuleUnknownError(ValueError):
    """There is no rule of this name; `fix` says what may have been meant."""

    def __init__(self, message: str, fix: str | None) -> None:
        super().__init__(message)
        self.fix = fix


class Standalone:
    """The parts of a sidecar without its threads, for a command that does one thing. The place must be taken."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], now: Callable[[], int]) -> None:
        self.settings = settings
        self.now = now
        store = open_store(settings, environ)
        self.database, self.sealing, _ = store
        rules = begin(self.database, settings, now())
        self.desks = Desks(connect(settings, environ), settings.connectors, only_records=settings.shadow is True)
        self.parts: Parts = parts_of(settings, store, rules, self.desks, Metrics("command"))
        self._customers = directories(settings, rules.book)

    def close(self) -> None:
        """Let go of everything."""
        self.desks.close()
        self.database.close()

    def pull(self, heard: Callable[[str, Pulled], None] = lambda *_: None) -> dict[str, Pulled]:
        """Take all pages of all connectors in, from where each was left; a page and its cursor stand together."""
        found: dict[str, Pulled] = {}
        for name, connector in self.desks.connectors.items():
            pulled = found[name] = Pulled()
            more = True
            while more:
                with self.database.read() as connection:
                    cursor = cursors.cursor_of(connection, name)
                page = page_of(connector.changes(cursor), name)
                with self.database.write() as connection:
                    taken = take(connection, self.sealing, page.events, self.now())
                    cursors.move(connection, name, page.cursor, page.complete_through, self.now())
                pulled.pages += 1
                pulled.events += len(page.events)
                pulled.new += len(taken.rows)
                pulled.refused += len(page.refused)
                heard(name, pulled)
                more = page.more
        return found

    def processor(self) -> Processor:
        """What decides on the store."""
        return self._processor_of(self.database, self.parts.manner)

    def plan(self, at: int) -> Plan:
        """Tell what would be known and done as of an instant."""
        return plan(self.database, self.parts.manner, self._processor_of, at)

    def candidates(self, rule: str) -> list[str]:
        """The cases on which a rule is true and never fired."""
        processor = self.processor()
        with self.database.read() as connection:
            found = candidates(connection, self.sealing, processor, self.parts.manner, rule, self.now())
        return [held.name for held in found]

    def backfill(self, rule: str, expected: int) -> int:
        """Let a rule fire on them; ValueError where they are not as many as was confirmed."""
        processor = self.processor()
        return backfill(self.database, self.sealing, processor, self.parts.manner, rule, expected, self.now())

    def _processor_of(self, database: Database, manner: Manner) -> Processor:
        with database.read() as connection:
            known = cursors.watermarks(connection)
        return Processor(
            database,
            self.sealing,
            self.parts.rules,
            manner,
            go_live=self.settings.go_live,
            directory=self._customers.told,
            watermarks=lambda: known,
        )


def known_rule(rules: RulesInForce, rule: str) -> None:
    """RuleUnknownError where no ruleset in force has a rule of this name."""
    names = {name for lane in rules.book.lanes for name in rules.book.timelines[lane][-1].ruleset.rules}
    if rule not in names:
        near = did_you_mean(rule, names)
        raise RuleUnknownError(f"no ruleset has a rule `{rule}`", f"did you mean `{near}`?" if near else None)


def audited(database: Database, now: int, who: str, rule: str, cases: int) -> None:
    """Write down who let a rule act on what was true before."""
    with database.write() as connection:
        audit.append(connection, now, who, "backfill", None, {"rule": rule, "cases": cases})
