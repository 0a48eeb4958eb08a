"""`WorkerProcess`: a sidecar that shares the work of a store on PostgreSQL and takes no events in over HTTP."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from casewarden.config.read_connectors import HOST, PORT
from casewarden.config.secrets import store_url
from casewarden.config.settings import IngestKey, Settings
from casewarden.service.owner import NAP
from casewarden.sidecar.assembly import StartError
from casewarden.sidecar.doors import SidecarDoors, WatchingDoors
from casewarden.sidecar.running import Sidecar

_PLACE: Final = re.compile(f"(?P<host>{HOST}):(?P<port>{PORT})")


class Place(NamedTuple):
    """Where to listen; port 0 is a free one."""

    host: str
    port: int


def place_of(text: str | None) -> Place | None:
    """Read a host and a port; StartError where it is none."""
    if text is None:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        raise StartError(f"`{text}` is no place to listen at", "write it like 127.0.0.1:8421 or [::1]:8421")
    return Place(found["host"].strip("[]"), int(found["port"]))


def require_shared(settings: Settings, environ: Mapping[str, str], instead: str) -> None:
    """StartError where the store is not on PostgreSQL."""
    if store_url(settings, environ=environ).startswith("sqlite"):
        raise StartError("a store on SQLite has one process only, and no others to share the work", instead)


class WorkerProcess(Sidecar):
    """Answers about its health at `listen_at`, nowhere where that is None."""

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str],
        now: Callable[[], int],
        plugins: Iterable[object] = (),
        listen_at: Place | None = None,
        nap: float = NAP,
    ) -> None:
        require_shared(settings, environ, "use `casewarden serve`, or keep the store on PostgreSQL")
        self._at = listen_at
        super().__init__(settings, environ=environ, now=now, plugins=plugins, nap=nap)

    def _open_doors(self) -> None:
        if self._at is not None:
            super()._open_doors()

    def _doors(self) -> SidecarDoors:
        return WatchingDoors(self)

    def _senders(self) -> Sequence[IngestKey]:
        return ()  # nobody sends here, so their secrets need not be known

    def _listen_at(self) -> tuple[str, int]:
        return self._at or super()._listen_at()
