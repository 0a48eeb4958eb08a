"""The door by which the acme connector comes in. It is loaded at every start, so it imports little."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from casewarden.model.event import Json
from casewarden.plugin import Connector, Factory, Spec, clock, hookimpl
from casewarden.testing.scaffold.acme.settings import SPEC, read_settings


@dataclass(frozen=True, slots=True)
class Acme:
    """Makes acme connectors; `now` gives the present instant in microseconds.

    A question that finds no answer is asked `retries` times more, after a moment.
    """

    now: Callable[[], int] = clock.now
    retries: int = 2

    def spec(self) -> Spec:
        """See `casewarden.plugin.Factory`."""
        return SPEC

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        """See `casewarden.plugin.Factory`."""
        from casewarden.testing.scaffold.acme.connector import AcmeConnector  # noqa: PLC0415  # only where one is made

        return AcmeConnector(instance, read_settings(settings), self.now, self.retries)


@hookimpl
def casewarden_connectors() -> Sequence[Factory]:
    """See `casewarden.plugin.hooks`."""
    return [Acme()]
