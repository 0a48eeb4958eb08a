"""What a sidecar has to do, in memory and the slow way; what its store says is followed entry by entry.

Nothing here calls the service. A subject is a list of events as learnt; for every decision it is folded anew and
decided afresh. What services tell, what cases claim and accounts grant is brought by hand. The outbox is a dictionary:
an action waits until the log says what became of it, and the log may say so only with reason.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from casewarden.decide import Compiled, decide, objection
from casewarden.decide.accounts import claim_event, grant_event
from casewarden.decide.delivery import firing_of
from casewarden.model import Event, Json, fold
from casewarden.model.decision import ClockState, Decision, PlannedAction
from casewarden.plugin import Attempt
from casewarden.service.course import decision_digest
from support.sidecars import KEY, Bench
from support.small import MINUTE
from support.stored import Seen, look

NEVER: Final = -(2**62)
OPEN: Final = frozenset({"waiting", "sending", "asking"})
PASSED_ON: Final = frozenset({"message", "call", "work"})
_UNDONE: Final = frozenset({ClockState.RUNNING, ClockState.PAUSED, ClockState.MISSED})

Identity = tuple[str, str]


@dataclass
class Planned:
    """An action that was decided; `length` is how long the log was then."""

    action: PlannedAction
    at: int
    length: int
    state: str = "waiting"

    @property
    def place(self) -> tuple[str, int]:
        """Its firing, and its position in it."""
        return firing_of(self.action.key), int(self.action.key.rpartition("/")[2])

    @property
    def repetition(self) -> tuple[str, int]:
        """Its activation, and which of its repetitions it is, from 0."""
        activation, _, repetition = self.place[0].rpartition("/")
        return activation, int(repetition)


@dataclass
class Story:
    """One subject. `mail` is what it has to learn and when it could have at the earliest; `may` what it may learn."""

    name: str
    log: list[Event] = field(default_factory=list)
    decided_at: int = NEVER
    wakeup: int | None = None
    awaits: int | None = None
    actions: dict[str, Planned] = field(default_factory=dict)
    mail: dict[Identity, tuple[int, Event]] = field(default_factory=dict)
    may: dict[Identity, tuple[int, Event]] = field(default_factory=dict)
    watermarks: dict[str, int] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    uses: frozenset[str] | None = None
    merged_into: str | None = None
    ended: bool = False
    again: bool = False
    """It must be decided once more at the same instant, for what was withdrawn, or because a person took it up."""

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    @property
    def wakes_at(self) -> int | None:
        """When it is to be decided by itself: as it was decided last, or for what it has learnt since."""
        if self.ended and not self.is_behind:
            return None
        due = [self.wakeup] if self.wakeup is not None else []
        return min([*due, self.log[-1].seen_at] if self.is_behind else due, default=None)

    @property
    def is_behind(self) -> bool:
        """Whether it was told what became of an action while it had something to decide that was due before."""
        return bool(self.log) and self.log[-1].seen_at > self.decided_at

    @property
    def open(self) -> list[Planned]:
        return [one for one in self.actions.values() if one.state in OPEN]

    def is_just_decided(self, planned: Planned) -> bool:
        """Whether the log says nothing since but that other actions were applied."""
        return all(event.kind == "applied" for event in self.log[planned.length :])


class Model:
    """Follows a `Bench`; AssertionError where the two do not agree."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.compiled: Compiled = bench.compiled
        self.stories: dict[str, Story] = {}
        self.known: set[tuple[str, str, str]] = set()
        self.underway: set[str] = set()
        self.seen: dict[str, Seen] = {}
        self.services = sorted(
            {f"service:{path.split('.')[1]}" for path in self.compiled.ruleset.fields if path.startswith("service.")}
        )

    # -- what happens

    def take(self, events: Iterable[Event]) -> None:
        """Events are taken in now; what was before is a duplicate."""
        for event in events:
            identity = (event.source, event.key, event.subject)
            if identity not in self.known:
                self.known.add(identity)
                learnt = replace(event, seen_at=max(self.bench.now, event.at))
                self._bring(event.subject, learnt, learnt.seen_at)

    def take_up(self, name: str) -> None:
        """A person lets a subject go on that was set aside."""
        self._story(name).again = True

    def attempted(self, attempt: Attempt) -> None:
        """The connector was asked for something; it must have been right to ask."""
        story = self._story(attempt.subject)
        planned = story.actions[attempt.key]
        firing, position = planned.place
        before = [one for one in story.actions.values() if one.place[0] == firing and one.place[1] < position]
        assert (attempt.kind, attempt.content) == (planned.action.kind, planned.action.content)
        assert planned.state == "waiting", f"{attempt.key} was {planned.state}"
        assert all(one.state == "applied" for one in before), f"{attempt.key} goes before what comes first"
        assert planned.action.deliver_at is None or self.bench.now >= planned.action.deliver_at, attempt.key
        assert not story.ended, f"{story.name} has ended"
        against = self._objection(story, planned, max(self.bench.now, story.decided_at))
        assert against is None, f"{attempt.key} went out although {against}"

    def _objection(self, story: Story, planned: Planned, at: int) -> tuple[str, str] | None:
        """What speaks against an action by now; not what the decision itself brought that gave the action."""

        def says(instant: int, *, just_decided: bool) -> tuple[str, str] | None:
            return objection(self.compiled, fold(story.log), planned.action, instant, just_decided=just_decided)

        if not story.is_just_decided(planned):
            return says(at, just_decided=False)
        by_time = says(at, just_decided=False) if says(planned.at, just_decided=False) is None else None
        return says(at, just_decided=True) or by_time

    def _is_made_up_for(self, story: Story, planned: Planned) -> bool:
        """Whether it is a repetition that was missed for more than a minute, and a later one stands for it."""
        activation, repetition = planned.repetition
        later = any(one.repetition[0] == activation and one.repetition[1] > repetition for one in story.open)
        return repetition > 0 and later and self.bench.now - planned.at > MINUTE

    # -- following

    def follow(self) -> None:
        """Go as far as the store has gone, and compare all that it says."""
        seen = self.seen = look(self.bench, self.seen)
        todo = sorted(seen, key=lambda name: ("service", "case", "account").index(name.partition(":")[0]))
        while todo:
            blocked = [name for name in todo if not self._follow_one(self._story(name), seen[name])]
            assert len(blocked) < len(todo), f"nobody told {blocked} what they learnt"
            todo = blocked
        for name, one in seen.items():
            self._compare(self._story(name), one)

    def _follow_one(self, story: Story, seen: Seen) -> bool:
        """Follow a subject as far as what others told it is known; whether to the end."""
        for row in seen.decisions[len(story.decisions) :]:
            news = seen.log[len(story.log) : row["length"]]
            if not self._may_learn(story, news):
                return False
            self._learn(story, news, row["at"])
            self._decide(story, row, seen.log)
        rest = seen.log[len(story.log) :]
        if rest:  # what became of what was under way, while it is set aside or has to decide much that was due before
            is_put_off = seen.row["state"] == "parked" or (seen.wakeup or self.bench.now) <= self.bench.now
            assert is_put_off, f"{story.name} did not decide on {[event.kind for event in rest]}"
            self._outcomes(story, rest, max([story.decided_at, *(event.at for event in rest)]))
        return True

    def _may_learn(self, story: Story, news: list[Event]) -> bool:
        """Whether all that it learnt was there to be learnt, as far as others were followed."""
        told = [event for event in news if event.source not in ("casewarden", "watermark")]
        for event in told:
            self._passed_on(story, event)
        if not story.log:  # what it is told of services at its beginning is found out there
            told = [event for event in told if not event.key.startswith("service:")]
        return all((event.source, event.key) in {**story.mail, **story.may} for event in told)

    def _passed_on(self, story: Story, event: Event) -> None:
        """What people say to a case that was merged goes to the one that goes on, from when that is known."""
        name, _, key = event.key.rpartition("/")
        younger = self.stories.get(name)
        if younger is None or story.name not in self._older(younger) or (event.source, key) not in younger.mail:
            return
        earliest, original = younger.mail[event.source, key]
        if original.kind in PASSED_ON:
            del younger.mail[event.source, key]
            story.mail[event.source, event.key] = (earliest, replace(original, subject=story.name, key=event.key))

    def _older(self, younger: Story) -> set[str]:
        """The cases in which one that was merged went on, one after the other."""
        found: set[str] = set()
        one: Story | None = younger
        while one is not None and one.merged_into is not None and one.merged_into not in found:
            found.add(one.merged_into)
            one = self.stories.get(one.merged_into)
        return found - {younger.name}

    def _learn(self, story: Story, news: list[Event], at: int) -> None:
        """Take in what a subject learnt before a decision: each event once, at its instant, no wake-up left out."""
        assert at >= story.decided_at, f"{story.name} goes back in time"
        assert at <= max(self.bench.now, story.decided_at), f"{story.name} runs ahead"
        missed = story.wakes_at is not None and story.wakes_at < at
        assert not missed, f"{story.name} slept from {story.wakes_at} to {at}, learning {[e.kind for e in news]}"
        if not news and not story.again:
            assert at == story.wakes_at, f"{story.name} was decided without a reason"
        if not story.log:
            self._begin(story, news, at)
        for event in news:
            assert event.seen_at == at, f"{story.name} learnt of {event.key} at {event.seen_at}, was decided at {at}"
        self._outcomes(story, [event for event in news if event.source == "casewarden"], at, news)
        told = [event for event in news if event.source != "casewarden"]
        for event in told:
            if event.kind == "watermark" and event.source == "watermark":
                story.watermarks[str(event.data["of"])] = at
                continue
            identity = (event.source, event.key)
            if identity in story.may and identity not in story.mail:
                earliest, expected = story.may.pop(identity)
            else:
                earliest, expected = story.mail.pop(identity)
            assert replace(event, seen_at=0) == replace(expected, seen_at=0), f"{event} is not {expected}"
            when = max(earliest, story.decided_at, self.bench.go_live)
            assert at == when, f"{story.name} learnt of {event.key} at {at}, and not at {when}"
        story.log += told
        story.again = False
        self._pass_on(story, told)

    def _begin(self, story: Story, news: list[Event], at: int) -> None:
        """A case begins with what is known of the services that it watches; what it is not told yet has to come."""
        if story.kind != "case":
            return
        own = [event for event in news if (event.source, event.key) in story.mail]
        assert own, f"{story.name} began with nothing of its own"
        start = min(event.at for event in own)
        story.uses = _uses(own)
        for name in self._watched(story):
            known = [event for event in self._story(name).log if event.kind == "observed"]
            before = [event for event in sorted(known, key=lambda each: each.order) if event.at < start]
            newest = {path: event.key for event in before for path in _facts(event)}
            for event in known:
                copied = replace(event, subject=story.name, key=f"{name}/{event.key}")
                must = event.at >= start or event.key in newest.values()
                shelf = story.mail if must else story.may
                shelf[event.source, copied.key] = (max(at, self._from_when(event)), copied)

    def _watched(self, story: Story) -> Iterator[str]:
        return (name for name in self.services if story.uses is None or name in story.uses)

    def _pass_on(self, story: Story, news: list[Event]) -> None:
        """Tell watching cases what was observed of a service; end what has ended."""
        for event in news:
            if event.kind == "ended" and not story.ended:
                story.ended = True
                into = event.data.get("into")
                if event.data.get("reason") == "merged" and isinstance(into, str):
                    story.merged_into = into
                for identity in [one for one in story.mail if one[1].startswith("service:")]:
                    story.may[identity] = story.mail.pop(identity)  # nobody tells it any more
            if story.kind == "service" and event.kind == "observed":
                for other in list(self.stories.values()):
                    if other.kind == "case" and other.log and not other.ended and story.name in self._watched(other):
                        copied = replace(event, subject=other.name, key=f"{story.name}/{event.key}")
                        other.mail[event.source, copied.key] = (self._from_when(event), copied)

    def _outcomes(self, story: Story, events: list[Event], at: int, news: Iterable[Event] = ()) -> None:
        """Take in what became of actions: each must have been open, and there must be a reason."""
        ends = any(event.kind == "ended" for event in news)
        for event in events:
            assert event.kind in ("applied", "rejected", "withdrawn"), f"{event.kind} before anything was decided"
            planned = story.actions[str(event.data["key"])]
            assert planned.state in OPEN, f"{event.kind}, but {planned.action.key} was {planned.state}"
            own = sum(one.source == "casewarden" for one in story.log)
            assert event.key == f"{story.name}/{event.kind}/{own + 1}"
            assert event.at == at
            if event.kind == "withdrawn" and not ends:
                firing, position = planned.place
                gone = [one for one in story.actions.values() if one.place[0] == firing and one.place[1] < position]
                assert (
                    any(one.state in ("withdrawn", "rejected") for one in gone)
                    or self._is_made_up_for(story, planned)
                    or self._objection(story, planned, at)
                ), f"{planned.action.key} was withdrawn without a reason: {event.data.get('reason')}"
            planned.state = event.kind
            story.log.append(event)

    # -- deciding

    def _decide(self, story: Story, row: Mapping[str, Any], log: list[Event]) -> None:
        """Decide afresh: it must be the decision that was made, and be remembered and acted on as it says."""
        at = row["at"]
        assert row["length"] == len(story.log), f"{story.name} was decided on {row['length']} of {len(story.log)}"
        decision = decide(self.compiled, fold(story.log), at)
        assert bytes(row["digest"]) == decision_digest(decision, KEY), f"{story.name} at {at} is decided otherwise"
        self._remember(story, list(decision.events), log)
        over = {edge.rule for edge in decision.edges if not edge.rises and edge.event is None}
        for planned in story.open:
            if planned.action.rule in over and not planned.action.even_if_over:
                self._may_be_withdrawn(story, planned, log)
        for action in decision.actions:
            assert action.key not in story.actions, f"{action.key} was decided twice"
            story.actions[action.key] = Planned(action, at, len(story.log))
        for entry in decision.ledger:
            account = _account(story.log)
            if entry.state == "claimed" and account is not None:
                claim = claim_event(entry, account, decision.derived.get("case.plan"), 0)
                self._bring(account, claim, self._from_when(replace(claim, seen_at=at)))
            elif entry.state == "granted":
                grant = grant_event(entry, 0)
                self._bring(grant.subject, grant, self._from_when(replace(grant, seen_at=at)))
        story.decisions.append(decision)
        story.decided_at, story.wakeup, story.awaits = at, decision.next_wakeup, decision.awaits

    def _remember(self, story: Story, events: list[Event], log: list[Event]) -> None:
        found = log[len(story.log) : len(story.log) + len(events)]
        assert found == events, f"{story.name} remembers {found}, not {events}"
        story.log += events

    def _may_be_withdrawn(self, story: Story, planned: Planned, log: list[Event]) -> None:
        """What waits is taken back with the falling edge; what is being sent cannot be called back."""
        following = log[len(story.log) : len(story.log) + 1]
        if following and following[0].kind == "withdrawn" and following[0].data["key"] == planned.action.key:
            story.log += following
            planned.state = "withdrawn"
            story.again = True
        else:
            assert planned.action.key in self.underway, f"{planned.action.key} waits though its rule is false"

    # -- comparing

    def _compare(self, story: Story, seen: Seen) -> None:
        row = seen.row
        assert row["length"] == len(story.log)
        identities = Counter((event.source, event.key) for event in story.log)
        assert max(identities.values(), default=1) == 1, f"{story.name} learnt something twice"
        assert sorted(_said_actions(seen)) == sorted(_actions(story))
        if row["state"] == "parked" or not story.decisions:
            assert seen.wakeup is None or row["state"] != "parked"
            return
        last = story.decisions[-1]
        assert row["decided_at"] == story.decided_at
        if not story.again:
            assert seen.wakeup == story.wakes_at
        if story.kind != "case":
            return
        assert row["severity"] == last.severity
        assert (row["status"], row["plan"]) == (last.derived.get("case.status"), last.derived.get("case.plan"))
        due = [c.due for c in last.clocks if c.due is not None and c.stopped is None and c.state in _UNDONE]
        assert row["next_due"] == min(due, default=None)
        shown = [c for c in last.clocks if c.state is not ClockState.WAITING]
        said = [
            (c["clock"], c["number"], c["state"], c["due"], c["stopped"]) for c in json.loads(row["clocks"] or "[]")
        ]
        assert said == [(c.clock, c.number, c.state.value, c.due, c.stopped) for c in shown]
        done = last.derived.get("case.status") in ("resolved", "closed")
        assert row["state"] == ("ended" if story.ended else "done" if done else "open")

    def settled(self) -> None:
        """All that could be done was done: nothing waits that need not, and deciding now brings nothing new."""
        now = self.bench.now
        rows = {row[0]: row[1] for row in self.bench.rows("SELECT name, state FROM subject")}
        parked = {name for name, state in rows.items() if state == "parked"}
        for story in self.stories.values():
            if story.name in parked:
                continue
            late = {key: seen for key, (seen, _) in story.mail.items() if seen <= now}
            assert not late, f"{story.name} never learnt of {late}"
            if not story.log:
                continue
            assert story.wakes_at is None or story.wakes_at > now, f"{story.name} overslept"
            fresh = decide(self.compiled, fold(story.log), max(now, story.decided_at))
            assert not [*fresh.edges, *fresh.actions, *fresh.facts], f"{story.name} has more to do: {fresh}"
            assert fresh.severity == story.decisions[-1].severity
            assert [(c.clock, c.state) for c in fresh.clocks] == [
                (c.clock, c.state) for c in story.decisions[-1].clocks
            ]
        waits = self.bench.rows(
            "SELECT name FROM mailbox WHERE behind < 2 AND seen_at <= :now UNION ALL SELECT watched FROM fanout",
            now=now,
        )
        assert not waits, f"mail waits for {waits}"

    # -- parts

    def _story(self, name: str) -> Story:
        return self.stories.setdefault(name, Story(name))

    def _bring(self, name: str, event: Event, at: int) -> None:
        """Something comes for a subject."""
        self._story(name).mail.setdefault((event.source, event.key), (at, event))

    def _from_when(self, event: Event) -> int:
        """From when others can learn what a subject has learnt: not later than now where the clock was put back."""
        return max(event.at, min(event.seen_at, self.bench.now))


def _said_actions(seen: Seen) -> Iterator[tuple[str, str, str]]:
    """Key, kind and state of what stands in the outbox; how far something open is does not count."""
    for row in seen.outbox:
        state = {"sending": "waiting", "asking": "waiting", "dead": "rejected"}.get(row["state"], str(row["state"]))
        yield row["key"], row["kind"], state


def _actions(story: Story) -> Iterator[tuple[str, str, str]]:
    for key, planned in story.actions.items():
        yield key, planned.action.kind, planned.state


def _facts(event: Event) -> Mapping[str, Json]:
    facts = event.data.get("facts")
    return facts if isinstance(facts, dict) else {}


def _account(log: Iterable[Event]) -> str | None:
    for event in sorted(log, key=lambda each: each.order):
        if isinstance(customer := _facts(event).get("customer.id"), str):
            return f"account:{customer}"
    return None


def _uses(log: Iterable[Event]) -> frozenset[str] | None:
    for event in log:
        if isinstance(services := _facts(event).get("customer.services"), list):
            return frozenset(f"service:{name}" for name in services)
    return None
