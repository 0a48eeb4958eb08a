"""The door by which the connectors of files come in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin import Connector, Factory, Spec, clock, hookimpl
from casewarden_files.settings import EXPORT_SCHEMA, SCHEMA

ACTIONS: Final = frozenset(
    {"set", "classify", "assign", "tag", "close", "reopen", "reply", "note", "ask", "notify", "publish", "link"}
)
SPEC: Final = Spec("files", "1.0", SCHEMA, ACTIONS, states_watermark=True)
EXPORT: Final = Spec("export", "1.0", EXPORT_SCHEMA, frozenset(), states_watermark=True)


@dataclass(frozen=True, slots=True)
class Files:
    """Makes files connectors; `now` gives the present instant in microseconds."""

    now: Callable[[], int] = clock.now

    def spec(self) -> Spec:
        """See `casewarden.plugin.Factory`."""
        return SPEC

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        """See `casewarden.plugin.Factory`."""
        from casewarden_files.connector import connect  # noqa: PLC0415  # only who uses it pays for what it needs

        return connect(instance, settings, SPEC, self.now)


@dataclass(frozen=True, slots=True)
class Exports:
    """Makes connectors that read an export and write nothing."""

    now: Callable[[], int] = clock.now

    def spec(self) -> Spec:
        """See `casewarden.plugin.Factory`."""
        return EXPORT

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        """See `casewarden.plugin.Factory`."""
        from casewarden_files.export import connect  # noqa: PLC0415  # as above

        return connect(instance, settings, EXPORT, self.now)


@hookimpl
def casewarden_connectors() -> Sequence[Factory]:
    """See `casewarden.plugin.hooks`."""
    return [Files(), Exports()]
