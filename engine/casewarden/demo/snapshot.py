"""What the live view shows of one moment: frozen, filled from the store by whoever has it, and drawn by `view`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from casewarden.model.event import Json

_TELLING: Final = ("lowered", "raised", "close", "reopen", "assign", "notify", "publish", "set", "ask")
"""Which kind of several deeds says most about them."""


@dataclass(frozen=True, slots=True)
class NextClock:
    """The clock of a case that is most urgent.

    `due` is None while there is no due time. `used` is the share of its target that is used up, 1 at the due time; None
    where there is no target.
    """

    name: str
    state: Literal["running", "paused", "missed"]
    due: int | None = None
    used: float | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One open case. `grade` is the place of its severity among the levels, 0 the gravest; None while it is unknown.

    `policy` is the ruleset that governs it, `state` its status as facts have it.
    """

    number: str
    customer: str
    plan: str
    policy: str
    state: str
    subject: str = ""
    severity: str = ""
    grade: int | None = None
    clock: NextClock | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done: `number` grows from one to the next, `on` is the case (or service) it was done on.

    `kind` is the action's kind, or `lowered` or `raised` for a severity that changed; `words` say what was done (see
    `words_of`), `why` the reason. Without a reason the rule's name stands for it.
    """

    number: int
    at: int
    on: str
    kind: str
    words: str
    rule: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that was missed, and what it costs, if anything (`2 days`)."""

    number: int
    at: int
    on: str
    clock: str
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a service, and since when."""

    service: str
    state: str
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much has happened so far; `waiting` are actions that have not gone out yet."""

    events: int = 0
    decisions: int = 0
    actions: int = 0
    open: int = 0
    closed: int = 0
    waiting: int = 0
    missed: int = 0
    credit_days: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment. `now` is the virtual time, shown in `zone`, which runs `speed` times as fast as the real one.

    `cases` are the most urgent first (see `by_urgency`), `deeds` and `breaches` the newest first.
    """

    now: int
    zone: str
    speed: float
    counts: Counts = Counts()
    cases: tuple[CaseRow, ...] = ()
    deeds: tuple[Deed, ...] = ()
    breaches: tuple[Breach, ...] = ()
    services: tuple[Health, ...] = ()


def by_urgency(rows: Iterable[CaseRow]) -> tuple[CaseRow, ...]:
    """Cases in the order of urgency: missed clocks first, then what is due soonest, then the graver ones."""
    return tuple(sorted(rows, key=_urgency))


def _urgency(row: CaseRow) -> tuple[int, int, int, str]:
    grade = 99 if row.grade is None else row.grade
    clock = row.clock
    if clock is None or clock.due is None or clock.state == "paused":
        return 2, 0, grade, row.number
    return 0 if clock.state == "missed" else 1, clock.due, grade, row.number


def gathered(deeds: Iterable[Deed]) -> tuple[Deed, ...]:
    """Deeds that belong together as one, in the order given: all of one firing, and what a rule did to many at once.

    The others of many cases are counted (`S-1004 +8`). The newest number stands for all.
    """
    firings: dict[tuple[int, str, str], list[Deed]] = {}
    for deed in deeds:
        firings.setdefault((deed.at, deed.rule, deed.on), []).append(deed)
    alike: dict[tuple[int, str, str], list[Deed]] = {}
    for parts in firings.values():
        one = _one(parts)
        alike.setdefault((one.at, one.rule, one.words), []).append(one)
    return tuple(
        replace(same[-1], number=max(one.number for one in same), on=f"{same[-1].on} +{len(same) - 1}")
        if len(same) > 1
        else same[0]
        for same in alike.values()
    )


def _one(parts: Sequence[Deed]) -> Deed:
    in_order = sorted(parts, key=lambda deed: deed.number)
    telling = min(in_order, key=lambda deed: _TELLING.index(deed.kind) if deed.kind in _TELLING else len(_TELLING))
    words = ", ".join(dict.fromkeys(deed.words for deed in (telling, *in_order)))
    why = next((deed.why for deed in in_order if deed.why), "")
    return replace(telling, number=in_order[-1].number, words=words, why=why)


def words_of(kind: str, content: Mapping[str, Json]) -> str:
    """What an action does, in words: its kind and content are those of the outbox."""
    match kind:
        case "set":
            path = str(content.get("path")).rpartition(".")[2]
            return f"sets {_plain(path)}: {_plain(content.get('value'))}"
        case "classify":
            return "classifies it anew"
        case "assign":
            return f"hands over to {_plain(content.get('value'))}"
        case "tag":
            added = content.get("add")
            return f"tags it {_plain(added)}" if added else f"takes off the tag {_plain(content.get('remove'))}"
        case "close":
            return f"closes it: {_plain(content.get('reason'))}"
        case "reopen":
            return "opens it again"
        case "reply":
            return f"writes: {_plain(content.get('message'))}"
        case "note":
            return f"notes: {_plain(content.get('message'))}"
        case "ask":
            fields = [str(path).rpartition(".")[2] for path in _list(content.get("fields"))]
            return f"asks for {', '.join(map(_plain, fields))}" if fields else f"asks: {_plain(content.get('message'))}"
        case "notify":
            return f"tells {_plain(content.get('who'))}: {_plain(content.get('message'))}"
        case "publish":
            return f"publishes: {_plain(content.get('message'))}"
        case "link":
            return f"{'opens a linked' if 'create' in content else 'links a'} {_plain(content.get('kind'))}"
        case _:
            return _plain(kind)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _plain(value: Json) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_plain(each) for each in value) or "nothing"
        case _:
            return str(value).replace("_", " ")
