"""What a Jira site has, as reading and writing need it: looked up once, and again after a while."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

from casewarden.model.event import Json
from casewarden.plugin.http import UnreadableError
from casewarden.plugin.mapping import DeskMapping
from casewarden_jira.api import Jira
from casewarden_jira.cases import READ, Cases
from casewarden_jira.defects import Defects
from casewarden_jira.fields import Fields
from casewarden_jira.people import Crowd, id_of
from casewarden_jira.settings import SECOND, Told
from casewarden_jira.statuses import Statuses

_GOOD_FOR: Final = 3600 * SECOND


@dataclass(frozen=True, slots=True)
class Site:
    """A site at one time: our account, its fields and statuses, and the mapping in Jira's own names."""

    me: str
    known: Fields
    statuses: Statuses
    mapping: DeskMapping
    account: dict[str, Json] = field(default_factory=dict)

    def cases(self, instance: str, told: Told, now: int) -> Cases:
        """What reads cases."""
        rules = {path: rule for path, rule in self.mapping.fields.rules.items() if not path.startswith("links.")}
        mapping = replace(self.mapping, fields=replace(self.mapping.fields, rules=rules))
        return Cases(instance, told, mapping, self.statuses, self.crowd, now)

    def defects(self, instance: str, told: Told, now: int) -> Defects:
        """What reads linked tickets."""
        return Defects(instance, self.mapping, self.statuses, self.crowd, ZoneInfo(told.zone), now)

    @property
    def crowd(self) -> Crowd:
        """Who is who."""
        return Crowd(self.mapping.people, self.me)

    def asked_for(self) -> tuple[str, ...]:
        """The fields of issues that are read; a search is asked for these and no more."""
        return tuple(dict.fromkeys((*READ, *self.mapping.fields.names(), *self._watched())))

    def _watched(self) -> tuple[str, ...]:
        return tuple(
            trigger.field
            for rule in self.mapping.events.values()
            for trigger in rule.triggers
            if trigger.kind == "field"
        )


class Sites:
    """Gives the site, asked for again where what is known is an hour old."""

    def __init__(self, jira: Jira, told: Told, now: Callable[[], int]) -> None:
        self._jira, self._told, self._now = jira, told, now
        self._lock = threading.Lock()
        self._site: Site | None = None
        self._until = 0

    def get(self) -> Site:
        """The site; HttpError where it cannot be asked."""
        with self._lock:
            if self._site is None or self._now() >= self._until:
                self._site = self._asked()
                self._until = self._now() + _GOOD_FOR
            return self._site

    def forget(self) -> None:
        """Ask anew next time."""
        with self._lock:
            self._site = None

    def _asked(self) -> Site:
        account = self._jira.myself()
        me = id_of(account)
        if me is None:  # without it our own writes would come back as an agent's
            raise UnreadableError("Jira does not say who we are: `myself` has neither `accountId` nor `name`")
        known = Fields.of(self._jira.fields())
        statuses = Statuses.of(self._told.statuses, self._jira.statuses())
        return Site(me, known, statuses, self._told.mapping.bound(known.live()), account)
