"""Whether we see anything: with a login that it no longer knows Jira finds nothing, with success."""

from collections.abc import Mapping
from typing import Final

from casewarden.plugin.http import RefusedError
from casewarden_jira.api import Jira
from casewarden_jira.settings import Told

_UNAUTHORIZED: Final = 401
"""What it is to an action: to be tried again once the login is right."""


def require_sight(jira: Jira, told: Told) -> None:
    """RefusedError where some project of the settings is not to be seen; asked where something is missing."""
    for project in told.all_projects:
        may = jira.permissions(project, ("BROWSE_PROJECTS",)).get("BROWSE_PROJECTS")
        if not isinstance(may, Mapping) or may.get("havePermission") is not True:
            message = f"the account sees nothing of {project} any more; look at its login and permissions"
            raise RefusedError(message, _UNAUTHORIZED)
