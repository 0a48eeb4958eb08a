"""Whether the connector can work with a Zendesk, in plain words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from casewarden.model.event import Json
from casewarden.plugin import Check, Finding
from casewarden.plugin.http import HttpError, RefusedError
from casewarden_zendesk.known import Known
from casewarden_zendesk.server import Server
from casewarden_zendesk.settings import ApiToken, ZendeskSettings

_MOST_SKEW_S: Final = 5.0
_SHOWN: Final = 10
_DOES: Final = frozenset(
    {"status", "custom_status_id", "priority", "assignee_id", "group_id", "notification_user", "notification_group"}
)
"""Actions of triggers and automations that rules do as well."""
_LISTS: Final = (
    ("triggers/active", "triggers", "trigger"),
    ("automations/active", "automations", "automation"),
    ("slas/policies", "sla_policies", "SLA policy"),
)


@dataclass(frozen=True, slots=True)
class Checker:
    """Looks at one Zendesk; nothing is written."""

    server: Server
    said: ZendeskSettings
    known: Known

    def check(self) -> Check:
        """What is fit and what is not, with what would be right."""
        try:
            return Check((*self._login(), *self._clock(), *self._quotas(), *self._mapping(), *self._twice()))
        except HttpError as problem:
            return Check((_trouble(problem),))

    def _login(self) -> Iterator[Finding]:
        own = self.server.me()
        host = self.server.http.host
        if isinstance(self.said.login, ApiToken):
            yield Finding(
                "warning",
                "the login is an API token, and Zendesk ends all API tokens on 30 April 2027",
                "make an OAuth client for the client credentials grant, and give `client_id` and `client_secret`",
            )
        if own.role == "admin":
            yield Finding("ok", f"{host} answers; the login is that of {own.email or own.id}, an admin")
        elif own.id in ("", "0") or own.role == "end-user":
            yield Finding("error", f"{host} does not know the login as an agent", "use the login of an admin")
        else:
            message = f"the login is that of {own.email or own.id}, who is no admin, and exports are for admins only"
            yield Finding("error", message, "use the login of an admin that is Casewarden's alone")

    def _clock(self) -> Iterator[Finding]:
        skew = self.server.http.skew
        if skew is not None and abs(skew) > _MOST_SKEW_S:
            ahead = "ahead of" if skew > 0 else "behind"
            message = f"its clock is {abs(skew):.0f} seconds {ahead} ours"
            yield Finding("warning", message, "let this machine take its time from the network")

    def _quotas(self) -> Iterator[Finding]:
        for name, quota in self.server.http.quotas.items():
            if quota.limit is not None:
                left = "" if quota.left is None else f", of which {quota.left} are left"
                yield Finding(
                    "ok", f"it lets us make {quota.limit} requests a minute{f' to {name}' if name else ''}{left}"
                )

    def _mapping(self) -> Iterator[Finding]:
        names = self.known.names()
        yield from self.said.mapping.findings(names.live)
        reason = self.said.close_reason
        if reason is not None and len(names.live.named(reason)) != 1:
            yield Finding("error", f"`close_reason`: Zendesk has no single field `{reason}`", "name one by its id")
        contracts = self.said.contracts
        for place, key in (
            ("plan", contracts.plan),
            ("term_start", contracts.term_start),
            ("term_end", contracts.term_end),
        ):
            if key is not None and not names.live.named(f"organization.{key}"):
                message = f"`organizations.{place}`: Zendesk has no organization field `{key}`"
                yield Finding("error", message, "give the field's key, which stands under its name in the Admin Center")
        if self.said.statuses:
            known = {str(one.get("id")) for one in self.server.listed("custom_statuses", "custom_statuses")}
            for status in self.said.statuses:
                if status not in known:
                    yield Finding("error", f"`statuses`: Zendesk has no custom status `{status}`", "give its id")

    def _twice(self) -> Iterator[Finding]:
        """What of Zendesk would do the same as rules."""
        for path, name, word in _LISTS:
            try:
                active = list(self.server.listed(path, name))
            except RefusedError as problem:
                if problem.status not in (403, 404):
                    raise
                continue
            titles = [str(one.get("title")) for one in active if word == "SLA policy" or _acts(one)]
            if titles:
                yield Finding(
                    "warning",
                    f"{len(titles)} active {_many(word, len(titles))} may do what rules do as well: {_some(titles)}",
                    "switch off in Zendesk what a rule does now, so that it is not done twice",
                )


def _acts(raw: Mapping[str, Json]) -> bool:
    actions = raw.get("actions")
    if not isinstance(actions, list):
        return False
    return any(isinstance(one, dict) and one.get("field") in _DOES for one in actions)


def _many(word: str, count: int) -> str:
    if count == 1:
        return word
    return "SLA policies" if word == "SLA policy" else f"{word}s"


def _some(titles: Iterable[str]) -> str:
    every = [" ".join(title.split())[:60] for title in titles]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(f"`{title}`" for title in every[:_SHOWN]) + more


def _trouble(problem: HttpError) -> Finding:
    if isinstance(problem, RefusedError) and problem.status == 401:
        return Finding("error", str(problem), "give the login anew, as it stands in the Admin Center")
    if isinstance(problem, RefusedError) and problem.status == 403:
        return Finding("error", str(problem), "use the login of an admin, with the scopes `read` and `write`")
    if isinstance(problem, RefusedError) and problem.status == 404:
        return Finding("error", str(problem), "`url` is where agents open Zendesk, `https://example.zendesk.com`")
    return Finding(
        "error", str(problem), "look whether Zendesk can be reached from here, and what its status page says"
    )
