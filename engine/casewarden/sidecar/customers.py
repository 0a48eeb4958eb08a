"""The customer directory in a running sidecar: what it knows is brought to subjects as events, when they begin."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from casewarden.config.settings import Settings
from casewarden.model.event import Event
from casewarden.report.diagnostics import render_text
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.scenario.customers.directory import Directory
from casewarden.scenario.customers.read_directory import load_directory
from casewarden.scenario.customers.told import account_log, case_log
from casewarden.service.held import Held
from casewarden.sidecar.assembly import StartError
from casewarden.sidecar.rules import RulesInForce


class Customers:
    """The directory as each lane's ruleset reads it; empty where none is configured."""

    def __init__(self, by_lane: dict[str, Directory]) -> None:
        self._by_lane = by_lane

    def told(self, held: Held, log: Sequence[Event]) -> Iterable[Event]:
        """Return what a subject that begins is told beside its own log; what lies ahead comes when it is due."""
        directory = self._by_lane.get(held.lane.partition("@")[0])
        if directory is None or held.kind not in ("case", "account"):
            return ()
        if held.kind == "account":
            customer = directory.customers.get(held.name.partition(":")[2])
            told = [] if customer is None else account_log(customer, list(log), min(event.at for event in log))
        else:
            told, _ = case_log(directory, list(log))
        return [event for event in (_beside(one, log) for one in told) if event is not None]


def _beside(event: Event, log: Sequence[Event]) -> Event | None:
    """An event that the directory adds; of an opening that it makes fuller, what it adds to it."""
    own = next((one for one in log if one.key == event.key and one.source == event.source), None)
    if own is None:
        return None if event.kind == "went_live" else event
    if own.data == event.data:
        return None
    facts, before = event.data.get("facts"), own.data.get("facts")
    known = before if isinstance(before, dict) else {}
    more = {path: value for path, value in (facts if isinstance(facts, dict) else {}).items() if path not in known}
    return replace(
        event, kind="observed", by="automation", source="customers", key=f"{event.key}/directory", data={"facts": more}
    )


def directories(settings: Settings, rules: RulesInForce) -> Customers:
    """Read the directory that the configuration names, once for each ruleset; StartError where it has errors."""
    if settings.customers is None:
        return Customers({})
    found: dict[str, Directory] = {}
    for lane in rules.book.lanes:
        diagnostics = Diagnostics()
        directory = load_directory(settings.customers, rules.book.timelines[lane][-1].ruleset, diagnostics)
        if directory is None:
            raise StartError(f"the customers have errors:\n{render_text(diagnostics, colour=False)}")
        found[lane] = directory
    return Customers(found)
