"""The door by which the statuspage connector comes in."""

from collections.abc import Mapping, Sequence

from casewarden.model.event import Json
from casewarden.plugin import Connector, Factory, Spec, hookimpl
from casewarden_statuspage.spec import SPEC


class Statuspages:
    """Makes statuspage connectors."""

    def spec(self) -> Spec:
        """See `casewarden.plugin.Factory`."""
        return SPEC

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        """See `casewarden.plugin.Factory`."""
        from casewarden_statuspage.connector import StatuspageConnector  # noqa: PLC0415  # only where one is configured
        from casewarden_statuspage.settings import read_settings  # noqa: PLC0415

        return StatuspageConnector.of(instance, read_settings(settings))


@hookimpl
def casewarden_connectors() -> Sequence[Factory]:
    """See `casewarden.plugin.hooks`."""
    return [Statuspages()]
