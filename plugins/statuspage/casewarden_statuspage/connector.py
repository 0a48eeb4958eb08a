"""The statuspage connector: polls a page, and tells what has changed and what is as before."""

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn, Self

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.plugin import Answer, Attempt, Check, Finding, Page, Rejected, Spec, WebhookError, clock
from casewarden.plugin.http import Bounds, Http, HttpError, Pace, Token, UnreadableError, as_array, as_number, as_object
from casewarden_statuspage import pages
from casewarden_statuspage.alerts import read_notification
from casewarden_statuspage.settings import Service, Told
from casewarden_statuspage.spec import SPEC

_SUMMARY: Final = "/api/v2/summary.json"
_COMPONENTS: Final = "/api/v1/components"
_ALERTS: Final = "/api/v2/alerts"
_MOST_PAGES: Final = 100
_SKEW: Final = 60.0


@dataclass(slots=True)
class StatuspageConnector:
    """One configured page. Its cursor keeps what was told last of each service.

    A change counts from when the page says that it happened, where that lies between this look and the one before;
    else from this look.
    """

    instance: str
    told: Told
    http: Http
    now: Callable[[], int] = clock.now
    looked_at: int | None = field(default=None, init=False)

    @classmethod
    def of(
        cls, instance: str, told: Told, now: Callable[[], int] = clock.now, *, retries: int = 2, a_minute: int = 30
    ) -> Self:
        """A connector with its client, which asks so often a minute at most, and again where there is no answer."""
        login = None if told.token is None else Token(told.token)
        pace, bounds = Pace(a_minute, 60.0), Bounds(retries=retries)
        return cls(instance, told, Http(told.url, login=login, pace=pace, bounds=bounds, now=now), now)

    def spec(self) -> Spec:
        """See `Connector`."""
        return SPEC

    def check(self) -> Check:
        """See `Connector`."""
        return Check(tuple(self._findings()))

    def changes(self, cursor: Json) -> Page:
        """See `Connector`. HttpError where the page cannot be read: then nobody knows how its services are."""
        now = self.now()
        known = cursor if isinstance(cursor, dict) else {}
        states = self._states()
        events: list[Event] = []
        said: dict[str, Json] = {}
        for service in self.told.services:
            state, before = states[service.name], known.get(service.name)
            mark: dict[str, Json] = {"word": state.word, "incident": state.incident}
            last = before if isinstance(before, dict) else {}
            is_new = {name: last.get(name, "") for name in mark} != mark
            at = self._since(state, now) if is_new else now
            told_at = last.get("at")
            if is_new or not isinstance(told_at, int) or now - told_at >= self.told.confirm_every:
                events.append(self._event(service, state, at, now))
                said[service.name] = {**mark, "at": now}
            else:
                said[service.name] = before
        self.looked_at = now
        return Page(events, said if events or said.keys() != known.keys() else cursor, complete_through=now)

    def fetch(self, ticket: str) -> Page:
        """See `Connector`: how one service is now, by its name."""
        now, name = self.now(), ticket.removeprefix("service:")
        states = self._states()
        return Page([self._event(one, states[name], now, now) for one in self.told.services if one.name == name], None)

    def apply(self, attempt: Attempt) -> Answer:
        """See `Connector`: nothing can be written to a page of somebody else."""
        return Rejected(f"a status page is only read; it cannot carry out `{attempt.kind}`")

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:  # noqa: ARG002  # no time is signed
        """See `Connector`: Alertmanager's, by the bearer token of its `http_config`."""
        wanted = self.told.webhook_token
        if wanted is None:
            self._no_webhooks()
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), wanted.encode()):
            raise WebhookError("the bearer token is missing or another one")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:  # noqa: ARG002  # none matters
        """See `Connector`: a notification tells of one group of alerts, so it is only a reason to look at all."""
        if self.told.webhook_token is None:
            self._no_webhooks()
        read_notification(body)
        return ()

    def close(self) -> None:
        """See `Connector`."""
        self.http.close()

    # -- parts

    def _no_webhooks(self) -> NoReturn:
        raise WebhookError("this page sends no webhooks; it is polled")

    def _since(self, state: pages.State, now: int) -> int:
        """When it has become so. Between looks that were complete nothing is put before the earlier one."""
        if state.since is None or self.looked_at is None or not self.looked_at < state.since <= now:
            return now
        return state.since

    def _event(self, service: Service, state: pages.State, at: int, now: int) -> Event:
        facts: dict[str, Json] = {
            f"service.{service.name}.{service.field}": None if state.word is None else service.value(state.word)
        }
        if service.incident is not None:
            facts[f"service.{service.name}.{service.incident}"] = state.incident
        key = f"{service.name}/{iso(now)}"
        return Event(
            f"service:{service.name}", "observed", at, now, "automation", self.instance, key, data={"facts": facts}
        )

    def _states(self) -> dict[str, pages.State]:
        if self.told.kind == "alertmanager":
            alerts = self.http.get(_ALERTS).array()
            return {one.name: pages.of_alerts(one, alerts) for one in self.told.services}
        seen = self._seen()
        return {one.name: pages.state_of(one, seen) for one in self.told.services}

    def _seen(self) -> pages.Seen:
        if self.told.kind == "statuspage":
            return pages.of_statuspage(self.http.get(_SUMMARY).object())
        return pages.of_cachet(self._cachet())

    def _cachet(self) -> Iterator[Mapping[str, Json]]:
        for page in range(1, _MOST_PAGES + 1):
            body = self.http.get(_COMPONENTS, {"page": page, "per_page": 100}).object()
            yield body
            meta = as_object(body.get("meta") or {}, "meta")
            pagination = as_object(meta.get("pagination") or {}, "meta.pagination")
            if page >= as_number(pagination.get("total_pages") or 1, "meta.pagination.total_pages"):
                return
            as_array(body.get("data"), "data")
        raise UnreadableError(f"the page has more than {_MOST_PAGES} pages of components")

    def _findings(self) -> Iterator[Finding]:
        try:
            if self.told.kind == "alertmanager":
                count = len(self.http.get(_ALERTS).array())
                yield Finding("ok", f"{self.http.host} answers; {count} alerts fire")
            else:
                yield from self._about_components(self._seen())
        except HttpError as problem:
            yield Finding(
                "error", f"{self.http.host} cannot be read: {problem}", "look at `url`, `kind` and the network"
            )
            return
        skew = self.http.skew
        if skew is not None and abs(skew) > _SKEW:
            yield Finding(
                "warning", f"the clock of {self.http.host} is {skew:+.0f} s from ours", "let both be set by NTP"
            )

    def _about_components(self, seen: pages.Seen) -> Iterator[Finding]:
        yield Finding("ok", f"{self.http.host} answers; it has {len(seen.components)} components")
        for service in self.told.services:
            for name in pages.missing(service, seen):
                known = ", ".join(f"`{one.name}`" for one in seen.components[:20])
                yield Finding(
                    "error", f"the page has no component `{name}`, which is to be {service.name}", f"it has {known}"
                )
            word = pages.state_of(service, seen).word
            if word is not None and service.values is not None and word not in service.values:
                yield Finding(
                    "warning",
                    f"{service.name} is `{word}` now, which `values` does not have: it stays as it is",
                    f"add `{word}` to services.{service.name}.values",
                )
