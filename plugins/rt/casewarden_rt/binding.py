"""The settings with the fields of the mapping as Request Tracker names them: looked up once, when they are needed."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from casewarden.plugin.http import UnreadableError
from casewarden.plugin.mapping import Live, LiveField
from casewarden_rt.queues import Queue, queue_named, queues
from casewarden_rt.records import DATES, custom_name, is_custom
from casewarden_rt.server import Server
from casewarden_rt.settings import RtSettings
from casewarden_rt.watched import Watched

_CORE: Final = (
    "Subject", "Status", "Priority", "Type", "Queue", "Owner", "Requestor", "Requestors", "Cc", "AdminCc", *DATES
)  # fmt: skip


@dataclass(slots=True)
class Binding:
    """Gives the settings. Custom fields may be named by name or number alone, others have Request Tracker's names."""

    server: Server
    said: RtSettings
    _bound: RtSettings | None = None
    _watched: Watched | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def settings(self) -> RtSettings:
        """The settings, bound. HttpError where fields have to be asked for, and cannot be."""
        with self._lock:
            if self._bound is None:
                names = self.said.mapping.names()
                is_bound = all(is_custom(name) or name in _CORE for name in names)
                self._bound = self.said if is_bound else self._looked_up()
            return self._bound

    def watched(self) -> Watched:
        """The watched queues, which stay the same when they are renamed. HttpError where one is not to be seen."""
        with self._lock:
            if self._watched is None:
                named = self.said.queues
                self._watched = Watched() if named is None else Watched(frozenset(one.id for one in self.queues()))
            return self._watched

    def queues(self) -> list[Queue]:
        """The watched queues as they are, all that we may see where none is named. HttpError where one is missing."""
        if self.said.queues is None:
            return queues(self.server)
        found: list[Queue] = []
        for name in self.said.queues:
            queue = queue_named(self.server, name)
            if queue is None:
                raise UnreadableError(
                    f"`queues`: Request Tracker has no queue `{name}`, or the account may not see it; name it as it is"
                    " there, and give the account SeeQueue"
                )
            found.append(queue)
        return found

    def _looked_up(self) -> RtSettings:
        return replace(self.said, mapping=self.said.mapping.bound(live_fields(self.queues())))


def live_fields(some: Iterable[Queue], options: dict[str, frozenset[str] | None] | None = None) -> Live:
    """The fields of tickets in these queues; `options` are the values of custom fields by their number."""
    custom = {number: name for queue in some for number, name in queue.custom.items()}
    known = options or {}
    fields = [LiveField(custom_name(name), (name, number), known.get(number)) for number, name in custom.items()]
    return Live((*map(LiveField, _CORE), *fields))
