"""Transactions as events. Pure: what has to be asked for was asked for before, or is asked through `Known`."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.plugin.mapping import Actor, Change, Comment, Observed, Person, Unmapped
from casewarden.plugin.marks import mark_at_end, without_mark
from casewarden_rt.past import Names, Past, field_of, is_plain, value_of
from casewarden_rt.records import Part, Transaction, User, custom_name
from casewarden_rt.settings import RtSettings
from casewarden_rt.texts import is_automatic, text_of, via_of

_MERGED_INTO: Final = re.compile(r"/ticket/(\d+)$", re.ASCII)
_FINISHED: Final = frozenset({"resolved", "closed"})
_MINUTE: Final = 60_000_000
MESSAGES: Final = frozenset({"Create", "Correspond", "Comment"})
INCREMENTS: Final = frozenset({"Create", "CustomField", "AddWatcher", "DelWatcher"})
"""Types that say what changed and not how it was: the ticket's past is needed to tell."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the transactions: names, people, tickets' pasts, and what was written."""

    names: Names
    user: Callable[[str], User]
    pasts: Mapping[str, Past] = field(default_factory=dict)
    parts: Mapping[int, Sequence[Part]] = field(default_factory=dict)
    contents: Mapping[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Translator:
    """Makes events of one instance; `unmapped` collects values that no table knows."""

    instance: str
    said: RtSettings
    known: Known
    own: str
    now: int
    unmapped: list[Unmapped] = field(default_factory=list)

    def events(self, one: Transaction) -> Iterator[Event]:
        """The events that a transaction is, each with a key of its own."""
        actor = self._actor(one)
        if one.type in MESSAGES:
            yield from self._written(one, actor)
        elif one.type == "AddLink":
            yield from self._merged(one, actor)
        elif (name := field_of(one, self.known.names)) is not None:
            yield from self._changed(one, name, actor)

    # -- kinds of transactions

    def _written(self, one: Transaction, actor: Actor) -> Iterator[Event]:
        parts = self.known.parts.get(one.id, ())
        text = text_of(parts, self.known.contents)
        if actor.by == "ourselves" and one.type != "Create" and mark_at_end(text) is None:
            actor = Actor("automation", actor.who)  # another program writes by our account
        text = without_mark(text) if actor.by == "ourselves" else text
        via = via_of(parts)
        if one.type == "Create":
            yield self._event(one, "opened", actor, {**_if("via", via), "facts": self._opening(one)})
            if not text:
                return
        data: dict[str, Json] = {"public": one.type != "Comment", **_if("via", via), "text": text}
        automatic = is_automatic(parts)
        if automatic is not False:
            data["automatic"] = automatic
        yield self._event(one, "message", actor, data, "message" if one.type == "Create" else "")
        if one.type != "Create" and one.minutes > 0:
            yield self._event(one, "work", actor, {"spent": one.minutes * _MINUTE}, "work")
        yield from self._meant(one, actor, Change(comment=Comment(text, one.type != "Comment", actor.by)))

    def _opening(self, one: Transaction) -> dict[str, Json]:
        facts: dict[str, Json] = {"case.number": one.ticket}
        past = self.known.pasts.get(one.ticket)
        if past is None:
            return facts
        opening = past.opening
        facts |= {"case.subject": opening.get("Subject"), "case.status": self._word(opening.get("Status"))}
        facts["case.assigned_to"] = self._assignee(opening.get("Owner"))
        observed = self.said.mapping.fields.facts(self.values(opening))
        self.unmapped += observed.unmapped
        return facts | observed.all_facts

    def _merged(self, one: Transaction, actor: Actor) -> Iterator[Event]:
        """Of a merge both tickets have the same transaction; the one that goes on is named by both."""
        into = _MERGED_INTO.search(one.new) if one.field == "MergedInto" else None
        if into is not None and into[1] != one.ticket:
            data: dict[str, Json] = {
                "reason": "merged",
                "into": f"case:{into[1]}",
                "why": f"merged into ticket {into[1]}",
            }
            yield self._event(one, "ended", actor, data)

    def _changed(self, one: Transaction, name: str, actor: Actor) -> Iterator[Event]:
        if actor.by == "ourselves" and name in self.said.mapping.project.names():
            return  # what we show there is how the case stands, and nothing new
        before, after = self._both(one, name)
        if name == "Status":
            yield from self._status(one, actor, before, after)
        observed = self._observed(name, before, after)
        facts, determined = dict(observed.facts), dict(observed.determined)
        if actor.by != "agent":
            facts, determined = facts | determined, {}
        if facts:
            yield self._event(one, "observed", actor, {"facts": facts}, "facts" if name == "Status" else "")
        if determined:
            yield self._event(one, "observed", actor, {"facts": determined, "determined": True}, "determined")
        added, removed = self._tags(name, before, after)
        change = Change(self.values({name: before}), self.values({name: after}), added, removed)
        yield from self._meant(one, actor, change)

    def _status(self, one: Transaction, actor: Actor, before: Json, after: Json) -> Iterator[Event]:
        was, word = self._word(before), self._word(after)
        if actor.by == "ourselves" and after == self.said.close_with and word in _FINISHED:
            word = "closed"  # that is how a rule closes a case, whatever the status means for others
        match word:
            case "resolved" | "closed":
                yield self._event(one, word, actor, {})
            case "spam" | "deleted":
                data: dict[str, Json] = {"reason": word, "why": f"the ticket's status is {after}"}
                yield self._event(one, "ended", actor, data)
            case _:
                if was in _FINISHED:
                    yield self._event(one, "reopened", actor, {})
                if was not in _FINISHED or word != "open":
                    suffix = "status" if was in _FINISHED else ""
                    yield self._event(one, "observed", actor, {"facts": {"case.status": word}}, suffix)

    def _observed(self, name: str, before: Json, after: Json) -> Observed:
        """The facts that a change of one field states, by the mapping and of the two that need none."""
        fields = self.said.mapping.fields
        found = fields.changes(self.values({name: before}), self.values({name: after}))
        self.unmapped += found.unmapped
        facts: dict[str, Json] = {}
        if name == "Subject" and "case.subject" not in fields.rules:
            facts["case.subject"] = after
        if name == "Owner" and "case.assigned_to" not in fields.rules:
            facts["case.assigned_to"] = self._assignee(after)
        return Observed({**facts, **found.facts}, found.determined)

    def _meant(self, one: Transaction, actor: Actor, change: Change) -> Iterator[Event]:
        if actor.by == "ourselves":
            return  # what we did ourselves means nothing that an agent's doing would
        key, subject = f"transaction/{one.id}", f"case:{one.ticket}"
        for meant in self.said.mapping.meant(change):
            yield meant.event(
                key,
                subject=subject,
                at=one.at,
                seen_at=max(self.now, one.at),
                by=actor.by,
                who=actor.who,
                source=self.instance,
            )

    # -- values

    def _both(self, one: Transaction, name: str) -> tuple[Json, Json]:
        if is_plain(one):
            return value_of(name, one.old, self.known.names), value_of(name, one.new, self.known.names)
        past = self.known.pasts.get(one.ticket)
        change = None if past is None else past.changes.get(one.id)
        return (None, None) if change is None else (change.before.get(name), change.after.get(name))

    def values(self, raw: Mapping[str, Json]) -> dict[str, Json]:
        """Fields in the form in which the mapping reads them: one value as it is, several as a list."""
        found: dict[str, Json] = {}
        for name, value in raw.items():
            if name == "Requestor":
                people = value if isinstance(value, list) else []
                found |= {"Requestors": people, "Requestor": people[0] if people else None}
            elif (
                name.startswith("CF.{") and name not in self.said.several and isinstance(value, list) and len(value) < 2
            ):
                found[name] = value[0] if value else None
            else:
                found[name] = value
        return found

    def _tags(self, name: str, before: Json, after: Json) -> tuple[frozenset[str], frozenset[str]]:
        if self.said.tags is None or name != custom_name(self.said.tags):
            return frozenset(), frozenset()
        was, now = (frozenset(map(str, each)) if isinstance(each, list) else frozenset() for each in (before, after))
        return (
            frozenset(tag.casefold() for tag in now - was),
            frozenset(tag.casefold() for tag in was - now),
        )

    def _word(self, status: Json) -> Json:
        """What a status means; one that nobody has named is kept as it is."""
        if not isinstance(status, str):
            return None
        word = self.said.statuses.get(status)
        if word is None:
            self.unmapped.append(Unmapped("case.status", "Status", status))
        return status if word is None else word

    def _assignee(self, owner: Json) -> Json:
        return self.said.mapping.people.name_of(self._person(str(owner))) if owner else None

    # -- people and events

    def _actor(self, one: Transaction) -> Actor:
        return self.said.mapping.people.actor(self._person(one.creator))

    def _person(self, name: str) -> Person:
        if name == "RT_System":
            return Person(name, is_program=True)
        user = self.known.user(name)
        return Person(name, user.address, is_agent=user.is_staff, is_us=name == self.own)

    def _event(self, one: Transaction, kind: str, actor: Actor, data: Mapping[str, Json], part: str = "") -> Event:
        key = f"transaction/{one.id}" + (f"/{part}" if part else "")
        subject, seen = f"case:{one.ticket}", max(self.now, one.at)
        return Event(subject, kind, one.at, seen, actor.by, self.instance, key, one.id, actor.who, data)


def _if(name: str, value: Json) -> dict[str, Json]:
    return {} if value is None else {name: value}
