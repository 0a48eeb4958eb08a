"""The one hook by which connectors are found. A plugin is a module, named by an entry point of the group `casewarden`.

from casewarden.plugin import hookimpl

@hookimpl
def casewarden_connectors():
    return [MyFactory()]
"""

from collections.abc import Sequence
from typing import Final

import pluggy

from casewarden.plugin.contract import Factory

GROUP: Final = "casewarden"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def casewarden_connectors() -> Sequence[Factory]:
    """Return the factories of this plugin's connectors. It is called once, when the sidecar starts or is checked."""
    raise NotImplementedError  # a specification: plugins implement it
