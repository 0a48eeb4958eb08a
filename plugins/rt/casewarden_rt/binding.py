"""The settings with the fields of the mapping as Request Tracker names them: looked up once, when they are needed."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from casewarden.plugin.mapping import Live, LiveField
from casewarden_rt.records import DATES, custom_name, is_custom
from casewarden_rt.server import Queue, Server
from casewarden_rt.settings import RtSettings

_CORE: Final = (
    "Subject", "Status", "Priority", "Type", "Queue", "Owner", "Requestor", "Requestors", "Cc", "AdminCc", *DATES
)  # fmt: skip


@dataclass(slots=True)
class Binding:
    """Gives the settings. Custom fields may be named by name or number alone, others have Request Tracker's names."""

    server: Server
    said: RtSettings
    _bound: RtSettings | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def settings(self) -> RtSettings:
        """The settings, bound. HttpError where fields have to be asked for, and cannot be."""
        with self._lock:
            if self._bound is None:
                names = self.said.mapping.names()
                is_bound = all(is_custom(name) or name in _CORE for name in names)
                self._bound = self.said if is_bound else self._looked_up()
            return self._bound

    def _looked_up(self) -> RtSettings:
        return replace(self.said, mapping=self.said.mapping.bound(live_fields(self.server.queues())))


def live_fields(queues: Iterable[Queue], options: dict[str, frozenset[str] | None] | None = None) -> Live:
    """The fields of tickets in these queues; `options` are the values of custom fields by their number."""
    custom = {number: name for queue in queues for number, name in queue.custom.items()}
    known = options or {}
    fields = [LiveField(custom_name(name), (name, number), known.get(number)) for number, name in custom.items()]
    return Live((*map(LiveField, _CORE), *fields))
