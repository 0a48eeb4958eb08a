"""What `casewarden connector check` says of a Jira, in plain words."""

from collections.abc import Iterator, Mapping
from typing import Final

from casewarden.plugin import Finding
from casewarden.plugin.http import HttpError, RefusedError
from casewarden_jira import twice
from casewarden_jira.api import Jira
from casewarden_jira.jql import of_projects
from casewarden_jira.settings import Told
from casewarden_jira.site import Site, Sites

_SKEW: Final = 60.0
_BAD_REQUEST: Final = 400
_NEEDED: Final[Mapping[str, str]] = {
    "BROWSE_PROJECTS": "see issues",
    "EDIT_ISSUES": "set fields and labels",
    "ADD_COMMENTS": "write comments",
    "TRANSITION_ISSUES": "change statuses",
    "ASSIGN_ISSUES": "assign issues",
    "LINK_ISSUES": "link issues",
}
_NEEDED_LINKED: Final = ("BROWSE_PROJECTS", "CREATE_ISSUES", "LINK_ISSUES")


def findings(jira: Jira, told: Told, sites: Sites) -> Iterator[Finding]:
    """All that is found; nothing is raised."""
    try:
        site = sites.get()
        yield Finding("ok", f"logged in to {jira.http.host} as {site.account.get('displayName') or site.me}")
        yield from _projects(jira, told)
        yield from _statuses(told, site)
        if told.projects:
            yield from _condition(jira, told)
            yield from twice.findings(jira, told, site)
    except HttpError as problem:
        yield Finding("error", f"Jira cannot be used: {problem}", "look at `url`, `edition` and the login")
        return
    yield from site.mapping.findings(site.known.live())
    yield from _rest(jira, told)


def _projects(jira: Jira, told: Told) -> Iterator[Finding]:
    for project in told.all_projects:
        is_case = project in told.projects
        needed = tuple(_NEEDED) if is_case else _NEEDED_LINKED
        may = jira.permissions(project, needed)
        lacking = [name for name in needed if not _has(may.get(name))]
        if "BROWSE_PROJECTS" in lacking:
            yield Finding(
                "error",
                f"the account sees no project {project}",
                "look at its key, and give the account the permission to browse the project",
            )
        elif lacking:
            words = ", ".join(_NEEDED.get(name, "create issues") for name in lacking)
            yield Finding(
                "error", f"in {project} the account may not {words}", f"give it {', '.join(lacking)} in the project"
            )
        else:
            yield Finding("ok", f"the account may do all that is needed in {project}")


def _has(permission: object) -> bool:
    return isinstance(permission, Mapping) and permission.get("havePermission") is True


def _statuses(told: Told, site: Site) -> Iterator[Finding]:
    for name in told.statuses:
        if name not in site.statuses.names:
            yield Finding("warning", f"`statuses` names `{name}`, which Jira does not have", "name it as Jira does")
    if told.projects and not site.statuses.meaning("closed"):
        yield Finding(
            "warning",
            "no status of Jira means `closed`, so that no rule can close a case",
            "say in `statuses` which one does, such as `Done: closed`",
        )
    for kind in told.kinds:
        for name in kind.statuses:
            if name not in site.statuses.names:
                yield Finding(
                    "ok",
                    f"`linked.{kind.name}.statuses` names `{name}`, which is no status: it is taken for a resolution",
                )


def _condition(jira: Jira, told: Told) -> Iterator[Finding]:
    """Jira says itself what is wrong with a condition, once it is asked."""
    if told.jql is None:
        return
    try:
        jira.search(f"{of_projects(told.projects)} AND ({told.jql})", ("updated",), 1, history=False)
    except RefusedError as problem:
        if problem.status != _BAD_REQUEST:
            raise
        yield Finding("error", f"`jql`: {problem.said}", "try it in Jira's own search, without ORDER BY")
    else:
        yield Finding("ok", "Jira understands `jql`")


def _rest(jira: Jira, told: Told) -> Iterator[Finding]:
    skew = jira.http.skew
    if skew is not None and abs(skew) > _SKEW:
        yield Finding(
            "warning", f"the clock of {jira.http.host} is {skew:+.0f} seconds from ours", "let both be set by NTP"
        )
    if told.projects and not told.is_service_desk and told.visibility is None:
        yield Finding(
            "warning",
            "notes cannot be written, since every customer would see them",
            "say `note_visibility: {role: ...}`, or `service_desk: true`",
        )
    if told.webhook_secret is None and told.client is None:
        yield Finding("ok", "no `webhook_secret` is set: changes are polled, and seen a little later")
    for quota in jira.http.quotas.values():
        if quota.limit is not None:
            left = "" if quota.left is None else f", of which {quota.left} are left"
            yield Finding("ok", f"Jira allows {quota.limit} calls{f' for {quota.name}' if quota.name else ''}{left}")
