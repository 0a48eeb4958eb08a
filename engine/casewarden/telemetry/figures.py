"""What one look into the store gives for the metrics. Instants are int microseconds since the epoch in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass

from casewarden.telemetry.catalogue import ObligationKind, OutboxState


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How many events wait, and since when the oldest does: the least `seen_at`, None where none waits."""

    count: int = 0
    oldest_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorFigures:
    """How reading a connector goes.

    `last_success_at` is the last read without an error (None: never), `failures` how many failed since, `poll_every`
    microseconds between two reads, `complete_through` the watermark, None for a connector that states none.
    """

    name: str
    last_success_at: int | None
    failures: int
    poll_every: int
    complete_through: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFigures:
    """The store at one instant.

    - `mailbox`: what waits on cases' own behalf; `mailbox_fanout`: what waits behind it, for watchers. Rows of parked
      subjects are in neither: they wait for a person, and would look like a lag for ever.
    - `wakeups_overdue`: wake-ups due before `at`, `wakeup_overdue_since` the least due instant of them.
    - `outbox`: by connector and state, of the states that are not final, and of dead letters.
    - `outbox_oldest_at`: by connector, since when the oldest waiting or sending action could have gone out: `next_try`
      where it was never tried and that has come, else `decided_at`. One held until its hours open is not there before.
    - `cases_open`, `subjects_parked`: by lane. `obligations_open`: by kind.
    - `backup_at`: the last complete backup. `free_bytes`: None where the store is not on a disk of this machine.
    """

    at: int
    paused: bool
    partitions: int
    mailbox: QueueFigures
    mailbox_fanout: QueueFigures
    fanouts: int
    wakeups_overdue: int
    wakeup_overdue_since: int | None
    outbox: Mapping[tuple[str, OutboxState], int]
    outbox_oldest_at: Mapping[str, int]
    cases_open: Mapping[str, int]
    subjects_parked: Mapping[str, int]
    obligations_open: Mapping[ObligationKind, int]
    connectors: tuple[ConnectorFigures, ...]
    backup_at: int | None
    size_bytes: int
    free_bytes: int | None
