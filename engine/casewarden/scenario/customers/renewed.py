"""What a directory that changed tells a subject that has begun: pure functions from what it was told to what it lacks.

Of each path the directory says what holds from when on. Where what was brought says otherwise at an instant, an event
of that instant sets it right; so a log that was renewed says at every instant what one says that begins now.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.scenario.customers.directory import Directory
from casewarden.scenario.customers.told import PLAN, SOURCE, account_log, case_log
from casewarden.scenario.linked import CUSTOMER


@dataclass(frozen=True, slots=True)
class Renewed:
    """The events that a subject is told, and the keys of those that wait and are not true any more."""

    events: tuple[Event, ...] = ()
    withdrawn: frozenset[str] = frozenset()


def renewed(directory: Directory, subject: str, log: Sequence[Event], waiting: Sequence[Event], now: int) -> Renewed:
    """Return what a case or an account is told by the directory as it is now.

    `log` is the subject's own, with what was brought to it; `waiting` is what was brought and lies ahead. A case stays
    its customer's, whoever has the contact by now. What is known of a customer whom the directory has no more stays: a
    list that was cut short takes nothing from anybody.
    """
    before = [event for event in log if event.source == SOURCE]
    customer = next((name for event in before if isinstance(name := _facts(event).get(CUSTOMER), str)), None)
    own = [_named(event, customer) for event in log if event.source != SOURCE]
    wanted = _wanted(directory, subject, own)
    if wanted is None:
        return Renewed()
    still = [event for event in waiting if any(_says_same(event, one) for one in wanted)]
    brought = sorted((*before, *still), key=lambda event: event.order)
    gone = frozenset(event.key for event in waiting) - {event.key for event in still}
    return Renewed(tuple(_lacking(subject, brought, wanted, now)), gone)


def _wanted(directory: Directory, subject: str, own: Sequence[Event]) -> list[Event] | None:
    """All that a subject would be told that begins now; None where the directory does not know whose it is."""
    kind, _, name = subject.partition(":")
    if kind == "account":
        customer = directory.customers.get(name)
        if customer is None:
            return None
        found = account_log(customer, own, None)
    else:
        found, differences = case_log(directory, own)
        if any(one.code == "CW841" for one in differences):
            return None
    known = {(event.source, event.key): event for event in own}
    wanted = []
    for event in found:
        before = known.get((event.source, event.key))
        if before is None:
            wanted.append(event)
        elif before.data != event.data:
            wanted.append(replace(event, kind="observed", source=SOURCE, data={"facts": _more(before, event)}))
    return sorted(wanted, key=lambda event: event.order) or None


def _named(event: Event, customer: str | None) -> Event:
    """An opening that says whose the case is, as it was told when it began."""
    facts = _facts(event)
    if customer is None or event.kind != "opened" or CUSTOMER in facts:
        return event
    return replace(event, data={**event.data, "facts": {**facts, CUSTOMER: customer}})


def _facts(event: Event) -> dict[str, Json]:
    facts = event.data.get("facts")
    return facts if isinstance(facts, dict) else {}


def _more(before: Event, event: Event) -> dict[str, Json]:
    known = _facts(before)
    return {path: value for path, value in _facts(event).items() if path not in known}


def _lacking(subject: str, brought: Sequence[Event], wanted: Sequence[Event], now: int) -> Iterator[Event]:
    said: dict[str, Json] = {}
    meant: dict[str, Json] = {}
    for at in sorted({event.at for event in (*brought, *wanted)}):
        here = [event for event in brought if event.at == at]
        said.update(_values(here))
        turns = [event for event in wanted if event.at == at and event.kind == "plan"]
        meant.update(_values(event for event in wanted if event.at == at))
        if CUSTOMER in said:
            meant[CUSTOMER] = said[CUSTOMER]
        differ = {path: meant.get(path) for path in sorted({*said, *meant}) if said.get(path) != meant.get(path)}
        said.update(differ)
        sequence = 1 + max((event.sequence for event in here), default=-1)
        for turn in turns:
            if not any(_is_turn(event, turn) for event in here):
                differ.pop(PLAN, None)
                data = {name: value for name, value in turn.data.items() if name != "facts"}
                if differ:
                    data["facts"] = dict(differ)
                yield _event(subject, "plan", at, now, sequence, data)
                differ, sequence = {}, sequence + 1
        if differ:
            yield _event(subject, "observed", at, now, sequence, {"facts": dict(differ)})


def _event(subject: str, kind: str, at: int, now: int, sequence: int, data: dict[str, Json]) -> Event:
    """An event that sets right what was brought of an instant. It is new, so its key is of this renewal."""
    key = f"renewed/{iso(now)}/{iso(at)}/{sequence}"
    return Event(subject, kind, at, max(at, now), "automation", SOURCE, key, sequence, data=data)


def _values(events: Iterable[Event]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for event in events:
        found |= _facts(event)
        if event.kind == "plan":
            found[PLAN] = None if event.data.get("change") == "ended" else event.data.get("plan")
    return found


def _says_same(event: Event, other: Event) -> bool:
    return (event.at, event.kind, event.data) == (other.at, other.kind, other.data)


def _is_turn(event: Event, turn: Event) -> bool:
    names = ("change", "plan")
    return event.kind == "plan" and all(event.data.get(name) == turn.data.get(name) for name in names)
