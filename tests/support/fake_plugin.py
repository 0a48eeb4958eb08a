"""The fake helpdesk as a plugin without an entry point: `load_plugins([fake_plugin])` brings it in."""

from casewarden.plugin import hookimpl
from support.fake_helpdesk import FakeHelpdesks


@hookimpl
def casewarden_connectors() -> list[FakeHelpdesks]:
    return [FakeHelpdesks()]
