"""Whether the connector can work with a Request Tracker, in plain words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.plugin import Check, Finding
from casewarden.plugin.http import HttpError, RefusedError
from casewarden_rt.binding import Binding, live_fields
from casewarden_rt.queues import newest_ticket, queue_named, queues
from casewarden_rt.server import Live, Server
from casewarden_rt.settings import STATUSES, RtSettings

_MOST_SKEW_S: Final = 5.0
_RIGHTS: Final = {"correspond": "ReplyToTicket", "comment": "CommentOnTicket"}


@dataclass(frozen=True, slots=True)
class Checker:
    """Looks at one Request Tracker; nothing is written."""

    server: Server
    said: RtSettings
    binding: Binding

    def check(self) -> Check:
        """What is fit and what is not, with what would be right."""
        try:
            return Check((*self._login(), *self._account(), *self._clock(), *self._tickets()))
        except HttpError as problem:
            return Check((_trouble(problem),))

    def _login(self) -> Iterator[Finding]:
        version = self.server.version()
        host = self.server.http.host
        if version.startswith(("5.", "6.")):
            yield Finding("ok", f"{host} answers; it is Request Tracker {version}")
        else:
            yield Finding("warning", f"{host} is Request Tracker {version}, and this was tried with version 5")

    def _account(self) -> Iterator[Finding]:
        own = self.server.user(self.said.account)
        if not own.is_staff:
            fix = "tick `Let this user be granted rights` for it"
            yield Finding("error", f"the account `{own.name}` is not privileged", fix)
            return
        yield Finding("ok", f"the token is that of the account `{own.name}`")
        if own.zone is None and (self.said.instants or self.said.mapping.project.shown):
            yield Finding(
                "error",
                f"the account `{own.name}` has no time zone of its own, and dates of custom fields are read in it",
                "set its time zone to UTC",
            )

    def _clock(self) -> Iterator[Finding]:
        skew = self.server.http.skew
        if skew is not None and abs(skew) > _MOST_SKEW_S:
            ahead = "ahead of" if skew > 0 else "behind"
            message = f"its clock is {abs(skew):.0f} seconds {ahead} ours"
            yield Finding("warning", message, "let both machines take their time from the network")

    def _tickets(self) -> Iterator[Finding]:
        missing = [name for name in self.said.queues or () if queue_named(self.server, name) is None]
        if missing:
            yield self._no_queue(missing)
            return
        there = self.binding.queues()
        if not there:
            yield Finding("error", "the account sees no queue", "give it SeeQueue and ShowTicket on those of the team")
            return
        does = "sees" if self.said.queues is None else "watches"
        yield Finding("ok", f"it {does} the queues {', '.join(queue.name for queue in there)}")
        custom = {number: name for queue in there for number, name in queue.custom.items()}
        options = {number: self._options(number) for number in custom}
        yield from self.said.mapping.findings(live_fields(there, options))
        for setting, name in (("tags", self.said.tags), ("close_reason", self.said.close_reason)):
            if name is not None and name not in custom.values():
                yield Finding(
                    "error",
                    f"`{setting}`: no queue has a custom field `{name}`",
                    "apply it to the queues, and give the account SeeCustomField and ModifyCustomField",
                )
        yield from self._statuses({queue.lifecycle for queue in there})
        newest = newest_ticket(self.server, there)
        live = None if newest is None else self.server.live(newest)
        if live is None:
            yield Finding("warning", "there is no ticket yet, so whether it may write to one is not known")
        else:
            yield from self._rights(live)

    def _no_queue(self, missing: Sequence[str]) -> Finding:
        names = ", ".join(f"`{name}`" for name in missing)
        seen = ", ".join(f"`{queue.name}`" for queue in queues(self.server))
        fix = f"name them as they are there, and give the account SeeQueue; it sees {seen or 'none'}"
        return Finding("error", f"`queues`: there is no queue {names}, or the account may not see it", fix)

    def _options(self, number: str) -> frozenset[str] | None:
        found = self.server.custom_field(number)
        return None if found is None or found.kind != "Select" or found.values is None else frozenset(found.values)

    def _statuses(self, lifecycles: set[str]) -> Iterator[Finding]:
        """The statuses of the lifecycle that ships are known; those of others Request Tracker tells nobody."""
        if lifecycles != {"default"}:
            return
        named = {self.said.close_with: "close_with", self.said.reopen_with: "reopen_with"}
        for status, place in {**dict.fromkeys(self.said.statuses, "statuses"), **named}.items():
            if status not in STATUSES:
                yield Finding("error", f"`{place}`: there is no status `{status}`", f"there are {', '.join(STATUSES)}")

    def _rights(self, live: Live) -> Iterator[Finding]:
        """What the links of a ticket say that may be done."""
        missing = [right for link, right in _RIGHTS.items() if link not in live.links]
        if not live.statuses - {"deleted"}:
            missing.append("ModifyTicket")
        if missing:
            message = f"on ticket {live.ticket.id} the account lacks {', '.join(missing)}"
            yield Finding("error", message, "give it these rights on the queues, or on all")
        else:
            yield Finding("ok", f"it may answer, comment and change ticket {live.ticket.id}")


def _trouble(problem: HttpError) -> Finding:
    if isinstance(problem, RefusedError) and problem.status == 401:
        return Finding("error", str(problem), "make a new token for the account, and put it into the settings")
    if isinstance(problem, RefusedError) and problem.status == 404:
        return Finding("error", str(problem), "`url` is where people open Request Tracker, without /REST/2.0")
    return Finding(
        "error", str(problem), "look whether Request Tracker can be reached from here, and what its log says"
    )
