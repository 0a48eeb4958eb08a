"""The door by which the email connector comes in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin import Connector, Factory, Spec, clock, hookimpl
from casewarden_email.schema import SCHEMA

ACTIONS: Final = frozenset({"reply", "ask", "note", "notify", "close", "reopen"})
SPEC: Final = Spec("email", "1.0", SCHEMA, ACTIONS, states_watermark=True)


@dataclass(frozen=True, slots=True)
class Email:
    """Makes email connectors; `now` gives the present instant in microseconds."""

    now: Callable[[], int] = clock.now

    def spec(self) -> Spec:
        """See `casewarden.plugin.Factory`."""
        return SPEC

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        """See `casewarden.plugin.Factory`."""
        from casewarden_email.connector import connect  # noqa: PLC0415  # only who uses it pays for what it needs

        return connect(instance, settings, SPEC, self.now)


@hookimpl
def casewarden_connectors() -> Sequence[Factory]:
    """See `casewarden.plugin.hooks`."""
    return [Email()]
