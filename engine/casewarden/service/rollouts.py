"""Rollouts: a change of a ruleset that is tried beside the live one, taken over rule by rule or whole, and taken back.

Each command changes the rulebook, which is written here with the rollout's row and the audit in the caller's
transaction; once that is committed, the rulebook that comes back is in force. Subjects go over to it one by one, each
with a baseline: what is true already by rules that are new to it is no reason to act.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from sqlalchemy import Connection, Row, text

from casewarden.decide.binding import effective_at
from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.ruleset.able import unable
from casewarden.ruleset.diagnostics import did_you_mean
from casewarden.service.lanes import trial_of
from casewarden.service.revisions import keep_revisions
from casewarden.service.rulebook import Rulebook, UnknownRevisionError
from casewarden.service.ruleset_sources import Revision, origin_of, taken_over
from casewarden.store import audit

State = Literal["shadow", "promoted", "rolled_back", "ended"]
WHOLE: Final = "*"
"""Among the promoted rules of a rollout: the whole revision."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_ALL: Final = text("SELECT * FROM rollout ORDER BY started_at, name")
_ONE: Final = text("SELECT * FROM rollout WHERE name = :name")
_PUT: Final = text(
    "INSERT INTO rollout (name, lane, base, head, started_at, promoted, state) "
    "VALUES (:name, :lane, :base, :head, :started_at, :promoted, :state) "
    "ON CONFLICT (name) DO UPDATE SET promoted = excluded.promoted, state = excluded.state"
)
_END: Final = (
    text("DELETE FROM wakeup WHERE subject IN (SELECT id FROM subject WHERE lane = :lane)"),
    text("DELETE FROM watch WHERE watcher IN (SELECT id FROM subject WHERE lane = :lane)"),
    text("DELETE FROM mailbox WHERE lane = :lane"),
    text("DELETE FROM fanout WHERE lane = :lane"),
    text(
        "UPDATE subject SET state = 'ended', state_detail = :why, awaits = NULL, next_due = NULL, "
        "version = version + 1 WHERE lane = :lane AND state <> 'ended'"
    ),
)


class RolloutError(ValueError):
    """A rollout cannot do that; the message says why, `fix` what would be right."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Rollout:
    """One rollout: which revision is tried (`head`) beside which (`base`), by digests, and what was promoted of it."""

    name: str
    lane: str
    base: str
    head: str
    started_at: int
    promoted: tuple[str, ...] = ()
    state: State = "shadow"

    @property
    def trial(self) -> str:
        """The lane in which it is tried."""
        return trial_of(self.lane, self.name)


@dataclass(frozen=True, slots=True)
class By:
    """Who asks, why, and when; `able` are the kinds of action that some connector can do."""

    who: str
    why: str | None
    now: int
    able: frozenset[str]


@dataclass(frozen=True, slots=True)
class Changed:
    """The rulebook from now on, how the rollout stands, and what was done in words."""

    book: Rulebook
    rollout: Rollout
    said: tuple[str, ...]


def rollouts(connection: Connection) -> list[Rollout]:
    """All rollouts that there were, the first first."""
    return [_of(row) for row in connection.execute(_ALL)]


def rollout(connection: Connection, name: str) -> Rollout:
    """A rollout by its name; RolloutError."""
    row = connection.execute(_ONE, {"name": name}).first()
    if row is None:
        names = [one.name for one in rollouts(connection)]
        near = did_you_mean(name, names)
        known = f"known are {', '.join(names)}" if names else "casewarden rollout start NAME FILE begins one"
        raise RolloutError(f"there is no rollout `{name}`", f"did you mean `{near}`?" if near else known)
    return _of(row)


def _of(row: Row[tuple[object, ...]]) -> Rollout:
    promoted = tuple(json.loads(row.promoted))
    return Rollout(row.name, row.lane, row.base, row.head, row.started_at, promoted, row.state)


# -- commands


def start(connection: Connection, book: Rulebook, name: str, head: Revision, by: By) -> Changed:
    """Try a revision beside the one in force, from now on; RolloutError."""
    if not _NAME.fullmatch(name):
        raise RolloutError(
            f"`{name}` cannot be the name of a rollout", "use lower-case letters, digits, - and _, at most 40"
        )
    if any(one.name == name for one in rollouts(connection)):
        raise RolloutError(f"there was a rollout `{name}` already", "choose another name: names are kept for ever")
    base = in_force(book, head.lane, by.now)
    if head.digest == base.digest:
        raise RolloutError(f"that is the revision of `{head.lane}` that is in force already", "change it first")
    _require_able(head, by)
    found = book.with_trial(head.lane, name, replace(head, origin=origin_of(name)), by.now)
    begun = Rollout(name, head.lane, base.digest, head.digest, by.now)
    said = (
        f"Revision {head.digest[:12]} of `{head.lane}` is tried beside {base.digest[:12]}; nothing of it is sent.",
        f"casewarden rollout status {name} tells what comes otherwise.",
    )
    return _written(connection, found, begun, by, "start", said)


def promote(connection: Connection, book: Rulebook, name: str, rules: Sequence[str], by: By) -> Changed:
    """Take rules of the head over into the live lane; RolloutError where one cannot be taken over by itself."""
    one = _promotable(connection, book, name, by)
    _require_known(book, one, rules)
    wanted = sorted({*one.promoted, *rules})
    base, head = book.revision(one.base), book.revision(one.head)
    try:
        taken = taken_over(replace(base, lane=one.lane), head, wanted, rollout=name, at=by.now)
    except ValueError as problem:
        raise RolloutError(str(problem), "promote the rules that belong together at once, or --all") from None
    if taken.digest == in_force(book, one.lane, by.now).digest:
        raise RolloutError(f"{_listed(rules)} would change nothing", "casewarden rollout plan tells what differs")
    _require_able(taken, by)
    said = (
        f"From now on `{one.lane}` has {_listed(rules)} as revision {head.digest[:12]} has it.",
        *_baseline(),
        *_until(book, one.lane, by.now),
    )
    promoted = replace(one, promoted=tuple(wanted), state="promoted")
    return _written(connection, book.with_beside(taken), promoted, by, "promote", said, rules=list(rules))


def promote_whole(connection: Connection, book: Rulebook, name: str, by: By) -> Changed:
    """Put the whole head in force, with its terms; where its own date lies ahead, from then on. RolloutError."""
    one = _promotable(connection, book, name, by)
    head = book.revision(one.head)
    at = max(by.now, effective_at(head.ruleset))
    _require_able(head, by)
    whole = replace(head, lane=one.lane, origin=origin_of(name), effective_at=at, added_at=by.now)
    when = "From now on" if at == by.now else f"From {iso(at)} on, its own date,"
    binding = "all cases" if head.binds_all else "the cases that are opened from then on"
    said = (
        f"{when} revision {head.digest[:12]} is in force in `{one.lane}`; its terms bind {binding}.",
        *_baseline(),
        *_until(book, one.lane, at),
    )
    promoted = replace(one, promoted=(WHOLE,), state="promoted")
    return _written(connection, book.with_beside(whole), promoted, by, "promote", said, rules=[WHOLE], at=at)


def back(connection: Connection, book: Rulebook, name: str, by: By) -> Changed:
    """Put what was in force before a rollout in force again; RolloutError where it has put nothing in force."""
    one = rollout(connection, name)
    found = book.without_rollout(one.lane, name, by.now)
    if found is book:
        raise RolloutError(
            f"nothing of the rollout `{name}` is in force",
            "where the ruleset's file says the same by now, change the file",
        )
    again = in_force(found, one.lane, by.now)
    said = (
        f"From now on revision {again.digest[:12]} is in force in `{one.lane}` again.",
        "What rules wanted that are no more is withdrawn; cases opened meanwhile keep the terms of their opening.",
    )
    rolled_back = replace(one, promoted=(), state="ended" if one.state == "ended" else "rolled_back")
    return _written(connection, found, rolled_back, by, "back", said, withdrawn=list(one.promoted))


def end(connection: Connection, book: Rulebook, name: str, by: By) -> Changed:
    """End the trial: its subjects are no more, what they decided is kept. What was promoted stays in force."""
    one = rollout(connection, name)
    if one.state == "ended":
        raise RolloutError(f"the rollout `{name}` has ended already")
    for statement in _END:
        values = {"lane": one.trial, "why": f"the rollout {name} was ended"}
        connection.execute(statement, {key: value for key, value in values.items() if f":{key}" in str(statement)})
    stays = "what was promoted of it stays in force" if one.promoted else "nothing of it is in force"
    said = (f"The trial of `{name}` has ended; {stays}.",)
    return _written(connection, book.without_lane(one.trial), replace(one, state="ended"), by, "end", said)


# -- what they have in common


def in_force(book: Rulebook, lane: str, now: int) -> Revision:
    """The revision whose operations hold in a live lane; RolloutError where there is no such lane."""
    if lane not in book.lanes:
        near = did_you_mean(lane, book.lanes)
        fix = f"did you mean `{near}`?" if near else f"in force are {', '.join(book.lanes) or 'none'}"
        raise RolloutError(f"no ruleset `{lane}` is in force", fix)
    return book.operations_at(lane, now) or book.timelines[lane][0]


def _promotable(connection: Connection, book: Rulebook, name: str, by: By) -> Rollout:
    one = rollout(connection, name)
    if one.state == "ended":
        raise RolloutError(f"the rollout `{name}` has ended", "start another one")
    if WHOLE in one.promoted:
        raise RolloutError(f"the whole of `{name}` was promoted already")
    current = in_force(book, one.lane, by.now)
    if current.digest != one.base and not current.is_of(name):
        raise RolloutError(
            f"`{one.lane}` has another revision by now ({current.digest[:12]}, from {current.origin}) than the rollout"
            f" `{name}` began beside ({one.base[:12]})",
            f"casewarden rollout end {name}, and start one anew with that in it",
        )
    return one


def _require_known(book: Rulebook, one: Rollout, rules: Sequence[str]) -> None:
    if not rules:
        raise RolloutError("it needs the names of rules", "or --all for the whole revision")
    try:
        known = {*book.revision(one.base).ruleset.rules, *book.revision(one.head).ruleset.rules}
    except UnknownRevisionError as problem:
        raise RolloutError(str(problem)) from None
    for rule in rules:
        if rule not in known:
            near = did_you_mean(rule, known)
            raise RolloutError(f"neither revision has a rule `{rule}`", f"did you mean `{near}`?" if near else None)


def _require_able(revision: Revision, by: By) -> None:
    wrong = [f"`{rule.name}` asks for `{kind}`" for rule, kind in unable(revision.ruleset, by.able)]
    if wrong:
        raise RolloutError(
            f"no connector can do it: {'; '.join(wrong)}",
            "let a connector do it (`actions`), or say in the rule what to do instead (`if_unsupported`)",
        )


def _listed(rules: Sequence[str]) -> str:
    return ", ".join(f"`{rule}`" for rule in sorted(set(rules)))


def _baseline() -> tuple[str, ...]:
    return ("Where they are true already nothing is done (casewarden backfill RULE lets them act after all).",)


def _until(book: Rulebook, lane: str, at: int) -> tuple[str, ...]:
    """That what is promoted holds only until another revision comes into force that waits for its date."""
    later = next((one for one in book.timelines[lane] if one.effective_at > at), None)
    if later is None:
        return ()
    return (f"From {iso(later.effective_at)} on revision {later.digest[:12]} from {later.origin} takes its place.",)


def _written(
    connection: Connection, book: Rulebook, one: Rollout, by: By, what: str, said: tuple[str, ...], **details: Json
) -> Changed:
    keep_revisions(connection, book)
    connection.execute(
        _PUT,
        {
            "name": one.name,
            "lane": one.lane,
            "base": one.base,
            "head": one.head,
            "started_at": one.started_at,
            "promoted": json.dumps(one.promoted),
            "state": one.state,
        },
    )
    about: dict[str, Json] = {"rollout": one.name, "ruleset": one.lane, "base": one.base, "head": one.head}
    audit.append(connection, by.now, by.who, f"rollout {what}", by.why, {**about, **details})
    return Changed(book, one, said)
