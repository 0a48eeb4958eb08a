"""The same history in one process on SQLite, turned by hand: no threads, no HTTP, no sharing."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from casewarden.service.deliver import Came, Sent
from casewarden.service.intake import Cursor, Order
from casewarden.sidecar.running import Sidecar
from crash.life import ENVIRON, Clock, Config, Plugin, settings_of
from crash.script import START, Batch
from crash.truth import end_state
from crash.world import Store
from support.fake_faults import NONE
from workers.operator import LATER, Operator


class ByHand:
    """A sidecar that is turned until nothing is left to do at an instant, and then brought to the next."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'casewarden.db'}"
        self._clock = Clock(folder, START)
        settings = settings_of(Config(self.url, str(folder), NONE))
        self._sidecar = Sidecar(settings, environ=ENVIRON, now=self._clock, plugins=[Plugin(self._clock)])
        self._owner = self._sidecar.owner
        self._owner._send = self._send
        self._store = Store(self.url)

    @property
    def operator(self) -> Operator:
        """Who gives commands to it."""
        return Operator(self._sidecar.database, self._clock, self._sidecar.parts.rules)

    def run(self, batches: Sequence[Batch], until: int, acts: Callable[[int], None] | None = None) -> Mapping[str, Any]:
        """Go through a history; what all runs of it must have in common. After each batch an operator `acts`."""
        for number, batch in enumerate(batches):
            self._go_on_to(batch.at)
            monitor = Order(batch.monitor, "monitor")
            self._owner.order(monitor)
            self._owner.order(Order(batch.desk, "desk", cursor=Cursor("desk", {"next": 0, "later": []}, batch.at)))
            self._settle()
            monitor.done.result(0)
            if acts is not None:
                self._go_on_to(batch.at + LATER)
                acts(number)
        self._go_on_to(until)
        with closing(self._store):
            self._sidecar.stop(0)
            return end_state(self._store)

    def _go_on_to(self, instant: int) -> None:
        while (following := self._settle()) is not None and following < instant:
            self._clock.set(following)
        self._clock.set(instant)
        self._settle()

    def _settle(self) -> int | None:
        while self._owner.turn():
            pass
        seen = self._store.seen(self._clock())
        assert seen.unsettled == 0
        return seen.next

    def _send(self, sent: Sent) -> None:
        connector = self._sidecar.desks.connectors[sent.connector]
        self._owner.answer(Came(sent, connector.apply(sent.attempt)))
