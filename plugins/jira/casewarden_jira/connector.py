"""The Jira connector: one configured instance."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Check, Page, Spec, WebhookError
from casewarden.plugin.http import Bounds, HttpError
from casewarden_jira import webhooks
from casewarden_jira.api import Jira
from casewarden_jira.checking import findings
from casewarden_jira.hooks import Registration
from casewarden_jira.people import id_of
from casewarden_jira.reading import Reader
from casewarden_jira.settings import Told, project_of
from casewarden_jira.site import Sites
from casewarden_jira.spec import SPEC
from casewarden_jira.story import NoIssueError, story_of
from casewarden_jira.writing import Writer

_MOST_RECONCILED: Final = 50


@dataclass(slots=True)
class JiraConnector:
    """See `casewarden.plugin.Connector`."""

    instance: str
    told: Told
    jira: Jira
    now: Callable[[], int]
    sites: Sites = field(init=False)
    reader: Reader = field(init=False)
    writer: Writer = field(init=False)
    registration: Registration = field(init=False)
    deliveries: webhooks.Deliveries = field(default_factory=webhooks.Deliveries)
    _written: OrderedDict[int, int] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.sites = Sites(self.jira, self.told, self.now)
        self.reader = Reader(self.instance, self.told, self.jira)
        self.writer = Writer(self.told, self.jira, self.sites, self.now, self._wrote)
        self.registration = Registration(self.jira, self.told)

    @classmethod
    def of(cls, instance: str, told: Told, now: Callable[[], int], bounds: Bounds) -> Self:
        """A connector with its client."""
        return cls(instance, told, Jira.of(told, now, bounds), now)

    def spec(self) -> Spec:
        """See `Connector`."""
        return SPEC

    def check(self) -> Check:
        """See `Connector`."""
        self.sites.forget()
        return Check(tuple(findings(self.jira, self.told, self.sites)))

    def changes(self, cursor: Json) -> Page:
        """See `Connector`. HttpError where Jira cannot be read; ValueError for a cursor that is none of ours."""
        now = self.now()
        problem = self.registration.kept(now)
        page = self.reader.page(self.sites.get(), cursor, now, self._reconciled(now))
        if problem is None:
            return page
        return Page(page.events, page.cursor, page.complete_through, page.more, (*page.refused, problem))

    def fetch(self, ticket: str) -> Page:
        """See `Connector`: an issue whole, by id or key; the precondition is its `updated`."""
        return self.reader.whole(self.sites.get(), ticket, self.now())

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`."""
        return self.writer.apply(attempt)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        """See `Connector`."""
        client = self.told.client
        webhooks.verify(self.told.webhook_secret, None if client is None else client.secret, headers, body, now)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:
        """See `Connector`. A comment and a new issue are events at once; anything else makes Jira be polled.

        A change has no id and no time of its own in a webhook that its history would have too.
        """
        said = webhooks.read(body)
        if not self.deliveries.is_new(headers) or webhooks.time_of(said) is None:
            return ()  # without a time anybody could bring it again, years later
        try:
            return self._told_by(said)
        except NoIssueError as problem:
            raise WebhookError(str(problem)) from None
        except HttpError:  # who is who could not be asked just now: polling tells it
            return ()

    def close(self) -> None:
        """See `Connector`."""
        self.jira.close()

    # -- parts

    def _told_by(self, said: Mapping[str, Any]) -> Sequence[Event]:
        id_, key = webhooks.issue_of(said)
        issue, comment = said.get("issue"), said.get("comment")
        fields = issue.get("fields") if isinstance(issue, Mapping) else None
        if id_ is None or key is None or project_of(key) not in self.told.projects or self.told.jql is not None:
            return ()
        if not isinstance(fields, Mapping):
            return ()
        cases = self.sites.get().cases(self.instance, self.told, self.now())
        reporter = id_of(fields.get("reporter"))
        match said["webhookEvent"]:
            case "comment_created" if (
                isinstance(comment, Mapping) and "reporter" in fields and cases.tells_public(comment)
            ):
                return list(cases.message(id_, comment, reporter))
            case "jira:issue_created" if isinstance(issue, Mapping) and "created" in fields and "updated" in fields:
                story = story_of(issue, (), self.sites.get().known)
                return list(cases.opened(story, reporter))
            case _:
                return ()

    def _wrote(self, issue: str) -> None:
        if not issue.isdigit():
            return
        with self._lock:
            self._written[int(issue)] = self.now()
            self._written.move_to_end(int(issue))
            if len(self._written) > _MOST_RECONCILED:
                self._written.popitem(last=False)

    def _reconciled(self, now: int) -> list[int]:
        """The issues that we wrote to so lately that the search may not know."""
        with self._lock:
            return [issue for issue, at in self._written.items() if now - at <= self.told.shown_within]
