"""The door by which the statuspage connector comes in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from casewarden.model.event import Json
from casewarden.plugin import Connector, Factory, Spec, clock, hookimpl
from casewarden_statuspage.spec import SPEC


@dataclass(frozen=True, slots=True)
class Statuspages:
    """Makes statuspage connectors; `now` gives the present instant in microseconds.

    They ask `a_minute` times at most, and `retries` times more where there is no answer.
    """

    now: Callable[[], int] = clock.now
    retries: int = 2
    a_minute: int = 30

    def spec(self) -> Spec:
        """See `casewarden.plugin.Factory`."""
        return SPEC

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        """See `casewarden.plugin.Factory`."""
        from casewarden_statuspage.connector import StatuspageConnector  # noqa: PLC0415  # only where one is configured
        from casewarden_statuspage.settings import read_settings  # noqa: PLC0415

        told = read_settings(settings)
        return StatuspageConnector.of(instance, told, self.now, retries=self.retries, a_minute=self.a_minute)


@hookimpl
def casewarden_connectors() -> Sequence[Factory]:
    """See `casewarden.plugin.hooks`."""
    return [Statuspages()]
