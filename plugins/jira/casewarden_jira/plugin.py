"""The door by which the Jira connector comes in. It is loaded at every start, so it imports little."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from casewarden.model.event import Json
from casewarden.plugin import Connector, Factory, Spec, clock, hookimpl
from casewarden_jira.spec import SPEC


@dataclass(frozen=True, slots=True)
class JiraConnectors:
    """Makes Jira connectors; `now` gives the present instant in microseconds.

    A question that finds no answer is asked `retries` times more, after a moment.
    """

    now: Callable[[], int] = clock.now
    retries: int = 2

    def spec(self) -> Spec:
        """See `casewarden.plugin.Factory`."""
        return SPEC

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        """See `casewarden.plugin.Factory`."""
        from casewarden.plugin.http import Bounds  # noqa: PLC0415  # only where one is configured
        from casewarden_jira.connector import JiraConnector  # noqa: PLC0415
        from casewarden_jira.settings import read_settings  # noqa: PLC0415

        return JiraConnector.of(instance, read_settings(settings), self.now, Bounds(retries=self.retries))


@hookimpl
def casewarden_connectors() -> Sequence[Factory]:
    """See `casewarden.plugin.hooks`."""
    return [JiraConnectors()]
