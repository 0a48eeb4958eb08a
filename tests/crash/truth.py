"""What must be so after a run, whatever was killed meanwhile: a whole store, nothing twice, nothing lost, one end.

The end state is that of an undisturbed run of the same script. Left out of it is what may differ: numbers of rows,
salts and what is hashed with them, by how many seconds an attempt that failed had to be made later, and the mark
`late`, which tells of events of one instant in which order they were taken in.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from casewarden.service.lanes import is_trial
from casewarden.store.check import check, opener
from casewarden.store.database import Database
from casewarden.store.log import Sealing
from casewarden.store.outbox import LATE
from casewarden.store.sealing import PERSONAL_PATHS
from crash.life import KEY
from crash.script import MINUTE, Batch
from crash.world import Store
from support.fake_records import Records

_SUBJECTS: Final = (
    "SELECT lane, name, state, state_detail, opened_at, terms, operations, account, status, severity, plan, next_due, "
    "clocks, awaits, merged_into, decided_at, due_at FROM subject "
    "LEFT JOIN wakeup ON wakeup.subject = subject.id"
)
_LEDGER: Final = (
    "SELECT subject.lane, subject.name, ledger.key, ledger.name, ledger.state, amount, arithmetic, at, ledger.account, "
    "details FROM ledger JOIN subject ON subject.id = ledger.subject"
)
_ACTIVATIONS: Final = (
    f"SELECT lane, name, rule, activation, repetition, at, flags & ~{LATE} FROM activation "
    "JOIN subject ON subject.id = activation.subject"
)
_ACTIONS: Final = (
    "SELECT subject.lane, name, key, rule, kind, connector, ticket, content, outbox.state, outbox.state_detail, "
    f"outbox.decided_at, flags & ~{LATE} FROM outbox JOIN subject ON subject.id = outbox.subject"
)
_OBLIGATIONS: Final = "SELECT key, kind, message, details, state FROM obligation"
_LOGS: Final = (
    "SELECT subject.lane, subject.name, event.source, event.key, event.kind, event.data, event.at, log_entry.seen_at "
    "FROM log_entry JOIN subject ON subject.id = log_entry.subject JOIN event ON event.id = log_entry.event"
)
_TWICE: Final = "SELECT subject, event, count(*) FROM log_entry GROUP BY subject, event HAVING count(*) > 1"
_CARRIED_OUT: Final = "SELECT key FROM outbox WHERE state = 'applied' AND connector <> ''"
_OPEN: Final = "SELECT key, state FROM outbox WHERE state IN ('waiting', 'sending', 'asking')"
_ORDERED: Final = "SELECT key, firing, position FROM outbox"
_BY_OUTCOME: Final = frozenset({"applied", "rejected", "withdrawn"})


def end_state(store: Store) -> Mapping[str, Any]:
    """Return what two runs of one script must have in common, by what it is of."""
    subjects = {
        (lane, name): (*rest, _minute(decided_at), due_at)
        for lane, name, *rest, decided_at, due_at in map(_plain, store.rows(_SUBJECTS))
    }
    return {
        "subjects": subjects,
        "ledger": set(map(_plain, store.rows(_LEDGER))),
        "activations": set(store.rows(_ACTIVATIONS)),
        "actions": {(*rest, _minute(at), flags) for *rest, at, flags in map(_plain, store.rows(_ACTIONS))},
        "obligations": set(map(_plain, store.rows(_OBLIGATIONS))),
        "logs": _logs(store),
    }


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return how an end state differs from the one that it should be."""
    said: list[str] = []
    for part, state in wanted.items():
        if isinstance(state, Mapping):
            both = sorted(state.keys() | found[part].keys())
            pairs = [(name, found[part].get(name), state.get(name)) for name in both]
            said += [f"{part} {name}: {one}, not {other}" for name, one, other in pairs if one != other]
        else:
            said += [f"{part}: {row}, and should not be" for row in found[part] - state]
            said += [f"{part}: {row} is missing" for row in state - found[part]]
    return said


def findings(store: Store, records: Records, script: Sequence[Batch]) -> list[str]:
    """Return what is wrong in itself."""
    return [*_store(store), *_events(store, script), *_actions(store, records)]


def _store(store: Store) -> list[str]:
    database = Database(store.url)
    try:
        found = check(database, Sealing(opener(database, KEY), PERSONAL_PATHS)).findings
    finally:
        database.close()
    return [f"{one.what} {one.where}: {one.message}" for one in found]


def _events(store: Store, script: Sequence[Batch]) -> list[str]:
    """Every event is in the log of its subject, once; no mail is left."""
    wanted = Counter((event.subject, event.key) for batch in script for event in (*batch.desk, *batch.monitor))
    rows = store.rows(_LOGS)
    known = Counter((lane, name, key) for lane, name, source, key, *_ in rows if source in ("desk", "monitor"))
    missing = wanted.keys() - {(name, key) for lane, name, key in known if not is_trial(lane)}
    found = [f"{key} is not in the log of {subject}" for subject, key in sorted(missing)]
    found += [
        f"{key} is {times} times in the log of {subject}" for (_, subject, key), times in known.items() if times > 1
    ]
    found += [f"an event is {times} times in a log: {row}" for *row, times in store.rows(_TWICE)]
    found += [f"mail is left: {row}" for row in store.rows("SELECT name, event, behind FROM mailbox")]
    return found


def _actions(store: Store, records: Records) -> list[str]:
    """What the outbox says was applied stands once at the helpdesk, in the order of its firing, and nothing else."""
    done = [one.key for one in records.applications()]
    times = Counter(done)
    applied = {key for (key,) in store.rows(_CARRIED_OUT)}
    found = [f"{key} stands {count} times at the helpdesk" for key, count in times.items() if count > 1]
    found += [f"{key} was applied, and the helpdesk knows nothing of it" for key in sorted(applied - times.keys())]
    found += [f"{key} stands at the helpdesk, and was not applied" for key in sorted(times.keys() - applied)]
    found += [f"{key} is still {state}" for key, state in store.rows(_OPEN)]
    place = {key: (firing, position) for key, firing, position in store.rows(_ORDERED)}
    last: dict[str, int] = {}
    for key in done:
        firing, position = place.get(key, (key, 0))
        if position < last.get(firing, -1):
            found.append(f"{key} was done after what comes behind it")
        last[firing] = position
    return found


def _logs(store: Store) -> set[tuple[str, str, str]]:
    """What each subject learnt of, in any order: at one instant it may come in any."""
    found: set[tuple[str, str, str]] = set()
    for lane, name, _, key, kind, data, at, seen_at in store.rows(_LOGS):
        if kind in _BY_OUTCOME:  # their keys count what the engine did before, their instants are those of the attempt
            said = [kind, json.loads(data or "{}").get("key")]
        elif kind in ("watermark", "decided"):
            continue  # how often something is told or decided at one instant depends on what was taken in by then
        else:
            said = [key, kind, at, seen_at, data]  # what a monitor sends may come from the desk instead
        found.add((lane, name, json.dumps(said, sort_keys=True)))  # nothing is there twice: `findings` sees to that
    return found


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row that can be compared: texts of JSON in one spelling."""
    return tuple(_value(one) for one in row)


def _value(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "[{":
        return json.dumps(json.loads(value), sort_keys=True)
    return value


def _minute(instant: int) -> int:
    return instant // MINUTE
