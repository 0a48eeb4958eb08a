"""The door by which the Zendesk connector comes in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin import Connector, Factory, Spec, clock, hookimpl
from casewarden_zendesk.schema import SCHEMA

ACTIONS: Final = frozenset({"set", "assign", "tag", "close", "reopen", "reply", "note", "ask", "notify", "project"})
SPEC: Final = Spec("zendesk", "1.0", SCHEMA, ACTIONS, states_watermark=True)


@dataclass(frozen=True, slots=True)
class Zendesk:
    """Makes Zendesk connectors; `now` gives the present instant in microseconds."""

    now: Callable[[], int] = clock.now
    retries: int = 2

    def spec(self) -> Spec:
        """See `casewarden.plugin.Factory`."""
        return SPEC

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        """See `casewarden.plugin.Factory`."""
        from casewarden_zendesk.connector import connect  # noqa: PLC0415  # only who uses it pays for what it needs

        return connect(instance, settings, SPEC, self.now, self.retries)


@hookimpl
def casewarden_connectors() -> Sequence[Factory]:
    """See `casewarden.plugin.hooks`."""
    return [Zendesk()]
