"""Carrying out actions. What is wanted as a result is compared first and read back; texts carry the action's mark."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Conflict, Rejected, Retry
from casewarden.plugin.http import HttpError, as_answer, path_of
from casewarden.plugin.mapping import NotWrittenError
from casewarden.plugin.marks import mark_of
from casewarden_jira.api import Jira
from casewarden_jira.comments import Comments, Wanted
from casewarden_jira.fields import plain_of, same
from casewarden_jira.links import Links
from casewarden_jira.ownership import Ours
from casewarden_jira.people import id_of
from casewarden_jira.preconditions import Versions
from casewarden_jira.settings import Kind, Told, project_of
from casewarden_jira.site import Site, Sites
from casewarden_jira.spec import ACTIONS
from casewarden_jira.statuses import FINISHED
from casewarden_jira.workflow import Bounds, Workflows

_TEXTS: Final = {"reply": True, "ask": True, "note": False, "notify": False}
"""Actions that are comments, and whether the customer sees them."""


@dataclass(slots=True)
class Writer:
    """Writes to one site. `wrote` is told the id of each issue that was written to."""

    told: Told
    jira: Jira
    sites: Sites
    now: Callable[[], int]
    wrote: Callable[[str], None]
    comments: Comments = field(init=False)
    links: Links = field(init=False)
    ours: Ours = field(init=False)
    versions: Versions = field(init=False)
    workflows: Workflows = field(init=False)

    def __post_init__(self) -> None:
        self.comments = Comments(self.jira, self.told)
        self.links = Links(self.jira, self.told, self.now)
        self.ours = Ours(self.jira, self.told)
        self.versions = Versions(self.jira)
        self.workflows = Workflows(self.jira, self.now)

    def apply(self, attempt: Attempt) -> Answer:
        """See `casewarden.plugin.Connector`."""
        if attempt.kind not in ACTIONS:
            return Rejected(f"the Jira connector knows no action `{attempt.kind}`")
        request: dict[str, Json] = {"action": attempt.kind, "issue": attempt.ticket, "mark": mark_of(attempt.key)}
        try:
            site = self.sites.get()
            if attempt.ticket is not None and not self.ours.has(attempt.ticket):
                attempt = replace(attempt, ticket=None, precondition=None)
            if attempt.ticket is None and attempt.kind != "link" and not _is_of_linked(attempt):
                return Rejected(f"{attempt.subject} is no issue of {self.named} in this Jira", request)
            before = ""
            if attempt.ticket is not None and attempt.precondition is not None:
                before = self.versions.now(attempt.ticket)
                if not self.versions.is_met(attempt.ticket, attempt.precondition, before):
                    return Conflict(f"the issue was changed at {before}, after it was looked at")
            answer = self._carried(site, attempt)
            if before and attempt.ticket is not None and isinstance(answer, Applied):
                self.versions.wrote(attempt.ticket, before, self.versions.now(attempt.ticket))
        except NotWrittenError as problem:
            return Rejected(str(problem), request)
        except HttpError as problem:
            return as_answer(problem, request)
        if attempt.ticket is not None and isinstance(answer, Applied):
            self.wrote(attempt.ticket)
        return Applied(answer.details, {**request, **answer.request}) if isinstance(answer, Applied) else answer

    @property
    def named(self) -> str:
        """The projects of cases, for messages."""
        return ", ".join(self.told.projects) or "any project of cases"

    # -- parts

    def _carried(self, site: Site, attempt: Attempt) -> Answer:
        content, ticket = attempt.content, str(attempt.ticket)
        match attempt.kind:
            case "link":
                return self.links.apply(site, attempt)
            case "set":
                return self._set(site, attempt, str(content.get("path")), content.get("value"))
            case "assign":
                return self._assign(site, ticket, str(content.get("value")))
            case "tag":
                return self._tag(ticket, _words(content.get("add")), _words(content.get("remove")))
            case "close":
                return self._close(site, ticket, content.get("reason"))
            case "reopen":
                return self._reopen(site, ticket)
            case "project":
                return self._project(site, ticket, content)
            case _:
                return self._say(site, attempt, ticket)

    def _say(self, site: Site, attempt: Attempt, ticket: str) -> Answer:
        public, text = _TEXTS[attempt.kind], str(attempt.content.get("text") or "")
        if not public and not self.told.is_service_desk and self.told.visibility is None:
            return Rejected("customers would see the note: say in `note_visibility` which role or group may")
        to = None
        if attempt.kind == "notify":
            name = str(attempt.content.get("who"))
            to = self._account(site, name)
            text = text if to is not None else f"For {name}:\n\n{text}"
        wanted = Wanted(text, public, mark_of(attempt.key), to)
        if attempt.again:
            known = self.comments.standing(ticket, wanted, site.me)
            if known is not None:
                return AlreadyApplied({"comment": known})
        made = self.comments.write(ticket, wanted)
        if made is None:
            return Retry("Jira accepted the comment, and it is not there", reached=True)
        return Applied({"comment": made})

    def _set(self, site: Site, attempt: Attempt, path: str, value: Json) -> Answer:
        if _is_of_linked(attempt):
            return self._set_linked(site, attempt, path, value)
        ticket = str(attempt.ticket)
        rule = site.mapping.fields.rules.get(path)
        if path == "case.status" and (rule is None or rule.field == "status"):
            return self._to_status(site, ticket, site.statuses.meaning(str(value)), {})
        wanted = site.mapping.fields.write(path, value)
        if wanted.field == "status":
            return self._to_status(site, ticket, frozenset({str(wanted.value).casefold()}), {})
        return self._put(site, ticket, {wanted.field: wanted.value})

    def _set_linked(self, site: Site, attempt: Attempt, path: str, value: Json) -> Answer:
        """Of an issue those that it is linked to; of a case of another helpdesk those that the case says it is."""
        _, name, what = path.split(".", 2)
        kind = next((one for one in self.told.kinds if one.name == name), None)
        if kind is None:
            return Rejected(f"`linked` of this connector has no kind `{name}`")
        answer: Answer = AlreadyApplied()
        known = attempt.linked if attempt.ticket is None else list(self.links.of_case(attempt.ticket, kind))
        for key in (one for one in known if project_of(one) in kind.projects):
            came = self._set_one(site, kind, key, what, value)
            if not isinstance(came, Applied | AlreadyApplied):
                return came
            answer = came if isinstance(came, Applied) else answer
        return answer

    def _set_one(self, site: Site, kind: Kind, key: str, what: str, value: Json) -> Answer:
        if what == "status":
            return self._to_status(site, key, site.statuses.meaning_linked(kind, str(value)), {})
        wanted = site.mapping.fields.write(f"links.{kind.name}.{what}", value)
        return self._put(site, key, {wanted.field: wanted.value})

    def _assign(self, site: Site, ticket: str, name: str) -> Answer:
        account = self._account(site, name)
        if account is None:
            return Rejected(f"who `{name}` is in Jira is not said; name one person in `mapping.people`")
        return self._put(site, ticket, {"assignee": account})

    def _account(self, site: Site, name: str) -> str | None:
        """The id of whoever a name of the ruleset means; an e-mail address is looked up."""
        known = site.mapping.people.assignee(name)
        if known is None or known.kind == "group":
            return None
        if "@" not in known.name:
            return known.name
        params = {"query" if self.jira.is_cloud else "username": known.name}
        rows: Any = self.jira.http.get(f"{self.jira.api}/user/search", params).array()
        found = [row for row in rows if isinstance(row, Mapping) and row.get("active") is not False]
        shown = [row for row in found if str(row.get("emailAddress") or "").casefold() == known.name.casefold()]
        # Where addresses are not shown the one who is found is meant; the search looks at the beginning of names, too
        hidden = [row for row in found if not row.get("emailAddress")]
        named = [id_ for row in shown or hidden if (id_ := id_of(row)) is not None]
        return named[0] if len(named) == 1 else None

    def _tag(self, ticket: str, add: list[str], remove: list[str]) -> Answer:
        bad = next((word for word in add if any(letter.isspace() for letter in word)), None)
        if bad is not None:
            return Rejected(f"a label of Jira has no blank in it: `{bad}`")
        if self._labelled(ticket, add, remove):
            return AlreadyApplied()
        verbs: list[Json] = [{"add": word} for word in add]
        verbs += [{"remove": word} for word in remove]
        self.jira.edit(ticket, {"update": {"labels": verbs}})
        if not self._labelled(ticket, add, remove):
            return Retry("Jira accepted the labels, and they are not there", reached=True)
        return Applied()

    def _labelled(self, ticket: str, add: list[str], remove: list[str]) -> bool:
        labels = self._fields(ticket, "labels").get("labels")
        there = set(labels) if isinstance(labels, list) else set()
        return there.issuperset(add) and there.isdisjoint(remove)

    def _close(self, site: Site, ticket: str, reason: Json) -> Answer:
        back = {said: name for name, said in self.told.reasons.items()}
        filled: dict[str, Json] = {}
        if isinstance(reason, str):
            filled["resolution"] = {"name": back.get(reason, reason)}
        return self._to_status(site, ticket, site.statuses.meaning("closed"), filled)

    def _reopen(self, site: Site, ticket: str) -> Answer:
        now = plain_of(self._fields(ticket, "status").get("status"))
        if isinstance(now, str) and site.statuses.of_case(now) not in FINISHED:
            return AlreadyApplied()
        targets = site.statuses.meaning("open") or site.statuses.meaning("new")
        return self._to_status(site, ticket, targets, {})

    def _to_status(self, site: Site, ticket: str, targets: frozenset[str], filled: Mapping[str, Json]) -> Answer:
        finished = any(site.statuses.category_of(name) == "done" for name in targets)

        def spared(status: str) -> bool:  # closed on the way to something else would be a closing that nobody meant
            return not finished and site.statuses.category_of(status) == "done"

        def last(status: str) -> bool:
            return site.statuses.of_case(status) in ("waiting_on_customer", "on_hold")

        went, problem = self.workflows.move(ticket, targets, filled, Bounds(spared, last))
        if problem is not None:
            return problem
        return Applied({"statuses": list[Json](went)}) if went else AlreadyApplied()

    def _put(self, site: Site, ticket: str, wanted: Mapping[str, Json]) -> Answer:
        """Set fields by `update` verbs, those that are not so already, and read them back."""
        missing = self._missing(ticket, wanted)
        if not missing:
            return AlreadyApplied()
        verbs: dict[str, Json] = {
            name: [{"set": site.known.written(name, value, is_cloud=self.jira.is_cloud)}]
            for name, value in missing.items()
        }
        self.jira.edit(ticket, {"update": verbs})
        left = self._missing(ticket, missing)
        if left:
            return Retry(f"Jira accepted `{next(iter(left))}`, and it is as before", reached=True)
        return Applied(request={"update": list[Json](verbs)})

    def _project(self, site: Site, ticket: str, content: Mapping[str, Json]) -> Answer:
        """How the case stands, in one PUT; without mapped fields there is nothing to show."""
        missing = self._missing(ticket, site.mapping.project.values(content)) if site.mapping.project.shown else {}
        if not missing:
            return AlreadyApplied()
        is_cloud = self.jira.is_cloud
        fields: dict[str, Json] = {
            name: site.known.written(name, value, is_cloud=is_cloud) for name, value in missing.items()
        }
        path = path_of(f"{self.jira.api}/issue/{{}}", ticket)
        self.jira.write("PUT", ticket, path, {"fields": fields})
        if self._missing(ticket, missing):
            return Retry("Jira accepted how the case stands, and it is as before", reached=True)
        return Applied()

    def _missing(self, ticket: str, wanted: Mapping[str, Json]) -> dict[str, Json]:
        fields = self._fields(ticket, *wanted)
        return {name: value for name, value in wanted.items() if not same(plain_of(fields.get(name)), value)}

    def _fields(self, ticket: str, *named: str) -> Mapping[str, Any]:
        found = self.jira.issue(ticket, named, history=False).get("fields")
        return found if isinstance(found, dict) else {}


def _is_of_linked(attempt: Attempt) -> bool:
    return attempt.kind == "set" and str(attempt.content.get("path")).startswith("links.")


def _words(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
