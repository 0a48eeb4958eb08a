"""Quotas: a case claims, the account grants in its own log's order; grants are corrected, never withdrawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from casewarden.decide.facts import plain
from casewarden.decide.spans import DAY, SECOND
from casewarden.decide.state import State
from casewarden.model.decision import Correction, LedgerEntry
from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.ruleset.syntax import Quota
from casewarden.ruleset.target_text import length_of_text
from casewarden.ruleset.terms import Duration, Unit
from casewarden.worktime import zone

_LENGTHS = {Unit.MINUTES: 60 * SECOND, Unit.HOURS: 3600 * SECOND, Unit.DAYS: DAY, Unit.WEEKS: 7 * DAY}
_TERM = "contract.term_start"
CLAIMED = "claimed"
GRANTED = "granted"


def claims(state: State, now: int) -> Iterable[LedgerEntry]:
    """Yield what the case has to claim now: one entry for each occurrence that counts and was not claimed before."""
    for name, quota in state.compiled.ruleset.quotas.items():
        for occurrence, counts in state.candidates.get(quota_candidates(name), ()):
            key = f"{name}/{state.subject}/{occurrence.key}"
            if counts is False or key in state.posted or occurrence.at > now:
                continue
            amount = 1
            if quota.amount is not None:
                raw = occurrence.attributes.get(quota.amount)
                amount = raw if isinstance(raw, int) and not isinstance(raw, bool) else 0
            unit = "occurrence" if quota.amount is None else f"microseconds of {quota.amount}"
            yield LedgerEntry(key, name, CLAIMED, amount, f"{amount} {unit}", occurrence.at)


def quota_candidates(name: str) -> str:
    """Return under which name the state keeps the occurrences that a quota may count."""
    return f"quota {name}"


def claim_event(entry: LedgerEntry, account: str, plan: Json, number: int) -> Event:
    """Return the event that brings a case's claim to its account; `plan` is the plan of that moment."""
    _, case, occurrence = entry.key.split("/", 2)
    data: dict[str, Json] = {
        "quota": entry.name,
        "case": case,
        "occurrence": occurrence,
        "amount": entry.amount,
        "plan": plan,
        "claim": entry.key,
    }
    return Event(account, CLAIMED, entry.at, entry.at, "ourselves", case, entry.key, number, data=data)


@dataclass(frozen=True, slots=True)
class _Claim:
    event: Event
    quota: Quota
    plan: str | None
    amount: int


def grants(state: State, now: int) -> tuple[list[LedgerEntry], list[Correction]]:
    """Return the grants that an account gives now, and corrections of earlier ones that a late claim makes wrong."""
    entries: list[LedgerEntry] = []
    corrections: list[Correction] = []
    seen: dict[tuple[str, str, int], int] = {}
    terms = _terms(state, now)
    for event in state.claims:
        quota = state.compiled.ruleset.quotas.get(str(event.data.get("quota")))
        if quota is None or event.at > now:
            continue
        raw, plan = event.data.get("amount"), event.data.get("plan")
        claim = _Claim(event, quota, plan if isinstance(plan, str) else None, raw if isinstance(raw, int) else 1)
        start, end = window(quota, event.at, _term_at(terms, event.at))
        shelf = (quota.name, _holder(state, quota), start)
        used = seen[shelf] = seen.get(shelf, 0) + claim.amount
        allowed = _allowed(state, claim, seen, start, terms)
        left = None if allowed is None else max(0, allowed - used)
        word = "within" if allowed is None or used <= allowed else "over"
        key = str(event.data.get("claim"))
        words = f"{used} of {'unlimited' if allowed is None else allowed} from {iso(start)}: {word}"
        if key not in state.posted:
            details: dict[str, Json] = {"word": word, "window_ends": end, "left": left}
            entries.append(LedgerEntry(key, quota.name, GRANTED, used, words, now, details=details))
            continue
        before = state.posted[key].get("word")
        if before != word and key not in state.corrected:
            message = f"{key} was granted as {before}; with a claim learnt of late it is {word}"
            corrections.append(Correction("quota", key, before, word, message))
    return entries, corrections


def grant_event(entry: LedgerEntry, number: int) -> Event:
    """Return the event that brings a grant back to the case that claimed."""
    quota, case, occurrence = entry.key.split("/", 2)
    data: dict[str, Json] = {"quota": quota, "occurrence": occurrence, "place": entry.amount, **entry.details}
    return Event(case, GRANTED, entry.at, entry.at, "ourselves", "account", entry.key, number, data=data)


def _holder(state: State, quota: Quota) -> str:
    """Whose window it is: the customer's own, or a contact's or licence's of it."""
    if quota.per == "customer":
        return state.subject
    return str(plain(state.values.get(f"{quota.per}.id")) or state.subject)


def _allowed(
    state: State, claim: _Claim, seen: dict[tuple[str, str, int], int], start: int, terms: Sequence[int]
) -> int | None:
    """Return what the plan allows in this window, with what was left of the one before where that is carried over.

    Nothing is left of a time before the first term.
    """
    base = _base(state, claim)
    if base is None or not claim.quota.carry_over or (terms and start <= min(terms)):
        return base
    before, _ = window(claim.quota, start - 1, _term_at(terms, start - 1))
    used_before = seen.get((claim.quota.name, _holder(state, claim.quota), before), 0)
    return base + max(0, base - used_before)


def _base(state: State, claim: _Claim) -> int | None:
    said = claim.quota.allowed.get(claim.plan or "", 0)
    if said == "unlimited":
        return None
    if said == "per_contract":
        own = state.contract_facts.get("contract.quotas")
        return _contracted(own.get(claim.quota.name) if isinstance(own, dict) else None)
    if isinstance(said, Duration):
        return said.count * _LENGTHS[said.unit]
    assert isinstance(said, int)
    return said


def _contracted(said: Json) -> int | None:
    """What a contract's own terms allow: a number, or a length of time; None for `unlimited` and where it is silent."""
    if isinstance(said, str):
        length = length_of_text(said)
        return None if length is None else length.count * _LENGTHS[length.unit]
    return said if isinstance(said, int) else None


def _terms(state: State, now: int) -> list[int]:
    """Return the starts of contract terms that the log has told, in the order of telling."""
    found: list[int] = []
    for event in state.log:
        facts = event.data.get("facts") if event.at <= now else None
        value = state.compiled.read(_TERM, facts[_TERM]) if isinstance(facts, dict) and _TERM in facts else None
        if isinstance(value, int):
            found.append(value)
    return found


def _term_at(terms: Sequence[int], at: int) -> int | None:
    """Return the start of the term that an instant lies in: the one told last of those not after it."""
    return next((start for start in reversed(terms) if start <= at), None)


def window(quota: Quota, at: int, term_start: int | None) -> tuple[int, int]:
    """Return the start and end of the window in which an instant lies, in the quota's zone.

    An anniversary window begins on the day of the term's start (the month's last day where a month is shorter); without
    a known term it is the calendar's.
    """
    place = zone(quota.window.zone)
    local = place.local(at)
    anchor = None if term_start is None else place.local(term_start)
    anniversary = quota.window.starting == "anniversary" and anchor is not None
    every = quota.window.every
    if every == "term" and term_start is not None:
        return term_start, 1 << 60
    index = _index(every, local, anchor if anniversary else None)
    start, end = (_begin(every, each, anchor if anniversary else None) for each in (index, index + 1))
    return _instant(quota, start), _instant(quota, end)


def _index(every: str, local: datetime, anchor: datetime | None) -> int:
    """Number the window that a local time lies in."""
    day = local.toordinal()
    match every:
        case "day":
            return day
        case "week":
            return (day - (1 if anchor is None else anchor.toordinal())) // 7
        case "month":
            index = local.year * 12 + local.month - 1
        case _:
            index = local.year
    return index if day >= _begin(every, index, anchor).toordinal() else index - 1


def _begin(every: str, index: int, anchor: datetime | None) -> datetime:
    """Return the local midnight at which a window begins."""
    match every:
        case "day":
            return datetime.fromordinal(index)
        case "week":
            return datetime.fromordinal(index * 7 + (1 if anchor is None else anchor.toordinal()))
        case "month":
            year, month = divmod(index, 12)
            return _dated(year, month + 1, 1 if anchor is None else anchor.day)
        case _:
            return _dated(index, 1 if anchor is None else anchor.month, 1 if anchor is None else anchor.day)


def _dated(year: int, month: int, day: int) -> datetime:
    following = datetime(year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001  # a date without time, in the quota's zone
    last = datetime.fromordinal(following.toordinal() - 1).day
    return datetime(year, month, min(day, last))  # noqa: DTZ001


def _instant(quota: Quota, midnight: datetime) -> int:
    return zone(quota.window.zone).instant(midnight.toordinal(), 0) * 1_000_000
