"""The door by which the files connector comes in."""

from collections.abc import Sequence

from casewarden.plugin import Factory, hookimpl
from casewarden_files.connector import Files


@hookimpl
def casewarden_connectors() -> Sequence[Factory]:
    """See `casewarden.plugin.hooks`."""
    return [Files()]
