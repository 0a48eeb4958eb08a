"""What every leaf of docs/language.md means, when it is unknown, when it may change: looks at each cell, by hand.

In the week of `support.small`: the office in Zurich is open from 08:00 to 17:00, Monday to Friday, and every case is
opened on Monday at 09:00.
"""
# ruff: noqa: E501  # one look a line reads as a table

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from casewarden.decide.trilean import Trilean
from casewarden.model import Json
from support.small import Log, iso

NINE = "mon 09:00"

# A short name for each row, with how its first column begins.
ROWS = {
    "is": "`PATH: V`, `PATH: [V ...]`",
    "for": "`PATH: {is: V, for: DURATION}`",
    "bounds": "`PATH: {at_least, at_most",
    "text": "`PATH: {contains: T}`",
    "set": "`PATH: {has_any",
    "hours": "`PATH: {in_hours: CALENDAR}`",
    "same": "`PATH: {same_as: PATH}`",
    "known": "`PATH: {known: yes}`",
    "links": "`links.KIND:",
    "state": "`clock.NAME: STATE`",
    "used": "`clock.NAME.used:",
    "quota": "`quota.NAME: within`",
    "channel": "`channel.NAME: included`",
    "happened": "`happened:",
    "since": "`since:",
    "until": "`until:",
    "kleene": "`all`, `any`, `not`",
}
Cell = Literal["means", "unknown", "wakes"]
CELLS: tuple[Cell, ...] = ("means", "unknown", "wakes")

SECTIONS = """
plans:
  basic: {calendar: office, commitment: slo}
  gold: {calendar: always, commitment: contractual}
events:
  planned_contact: {kind: call, by: agent}
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}
  later: {clause: [S], starts: customer_message, stops: agent_reply, target: 4 business hours, pauses_while: {case.size: 9}, interpretation: [A1]}
  fix: {clause: [S], starts: case_opened, stops: agent_note, target: next_release, next_release: {frozen: count, slipped: move}}
  whenever: {clause: [S], starts: case_opened, stops: agent_note, target: best_effort}
  out: {clause: [S], starts: case_opened, stops: agent_note, target: none}
interpretations:
  A1: {reading: pauses, by: lead, decided: 2026-01-01, reason: as agreed}
quotas:
  calls:
    clause: [S]
    counts: customer_call
    per: customer
    window: {every: month, starting: calendar, zone: Europe/Zurich}
    allowed: {basic: 2, gold: unlimited}
    over: unchanged
channels:
  mail: {included: all}
  chat: {included: [gold]}
  phone: {included: per_contract}
  forum: {included: unknown}
  radio: {included: {basic: no, gold: per_contract}}
  letter: {included: {basic: yes, gold: unknown}}
guards:
  no_closing: {clause: [S], forbids: close, while: {case.size: 1}}
  not_stale: {clause: [S], forbids: close, while: {case.heartbeat: up}}
"""


@dataclass(frozen=True)
class Look:
    """A condition looked at; `says` is its truth, `wakes` when it may change (None: never by itself)."""

    row: str
    cell: Cell
    condition: str
    log: Log
    now: str
    says: Trilean = None
    wakes: str | None = None


def case(facts: Mapping[str, Json] | None = None) -> Log:
    return Log().opened(NINE, facts)


def means(row: str, condition: str, log: Log, **says: Trilean) -> list[Look]:
    """At instants written `mon_0900`; a leading `not_` is dropped."""
    return [Look(row, "means", condition, log, _time(now), truth) for now, truth in says.items()]


def one(row: str, condition: str, facts: Mapping[str, Json], says: Trilean) -> Look:
    return Look(row, "means", condition, case(facts), NINE, says)


def unknown(row: str, condition: str, log: Log, now: str = NINE, says: Trilean = None) -> Look:
    """`says` where the table answers `never`: then the condition is known there, too."""
    return Look(row, "unknown", condition, log, now, says)


def wakes(row: str, condition: str, log: Log, now: str, then: str | None) -> Look:
    return Look(row, "wakes", condition, log, now, wakes=then)


def _time(word: str) -> str:
    day, digits, *more = word.split("_")
    return f"{day} {digits[:2]}:{digits[2:]}{'+1' if more else ''}"


BEAT = {"case.heartbeat": "up"}  # fresh for 30 minutes
DEFECTS: dict[str, tuple[str, dict[str, Json]]] = {
    "filed": ("a", {"status": "filed", "points": 2}),
    "fixed": ("b", {"status": "fixed"}),
    "bare": ("c", {}),
}


def linked(*names: str) -> Log:
    """A case with these linked defects, since its opening."""
    log = case()
    for name in names:
        ticket, facts = DEFECTS[name]
        log.add("linked", NINE, "agent", kind="defect", id=ticket, facts=dict(facts))
    return log


def messages(*times: str, via: str = "portal", automatic: bool | None = False) -> Log:
    log = case()
    for time in times:
        log.message(time, via=via, automatic=automatic)
    return log


def granted(word: str, left: int) -> Log:
    """What the account answered at ten, in a window that ends with March."""
    ends = 1_774_994_400_000_000  # 2026-04-01 00:00 in Zurich, which is 22:00 UTC on 31 March
    log, source = case(), "account"
    return log.add(
        "granted", "mon 10:00", "ourselves", source=source, quota="calls", word=word, left=left, window_ends=ends
    )


def released() -> Log:
    """A release is planned for seven in the evening, ten hours after the opening."""
    return case().add("release", NINE, "agent", name="r1", planned=iso("mon 19:00"), frozen=False)


LOOKS: list[Look] = [
    # PATH: V, [V ...], {not: ...}
    one("is", "{case.core: down}", {"case.core": "down"}, True),
    one("is", "{case.core: down}", {"case.core": "degraded"}, False),
    one("is", "{case.core: [down, degraded]}", {"case.core": "degraded"}, True),
    one("is", "{case.core: [down, degraded]}", {"case.core": "available"}, False),
    one("is", "{case.core: {not: down}}", {"case.core": "degraded"}, True),
    one("is", "{case.core: {not: [down, degraded]}}", {"case.core": "degraded"}, False),
    one("is", "{case.text: seen}", {"case.text": "seen"}, True),
    one("is", "{case.workaround: yes}", {"case.workaround": False}, False),
    one("is", "{case.load: 2.5}", {"case.load": 2.5}, True),
    one("is", '{case.installed: "1.10"}', {"case.installed": "1.1"}, False),
    unknown("is", "{case.core: {not: down}}", case()),
    unknown("is", "{case.core: down}", case({"case.core": "down"}).observed("mon 10:00", {"case.core": None}), "mon 10:00"),
    unknown("is", "{case.text: seen}", case({"case.text": ""})),
    unknown("is", "{case.cause: us}", case({"case.cause": "us"})),
    unknown("is", "{case.heartbeat: up}", case(BEAT), "mon 09:30+1"),
    wakes("is", "{case.heartbeat: down}", case(BEAT), NINE, "mon 09:30+1"),
    wakes("is", "{case.core: down}", case({"case.core": "down"}), NINE, None),
    # for
    *means("for", "{case.core: {is: down, for: 1 hour}}", case({"case.core": "down"}), mon_0959=False, mon_1000=True),
    *means(
        "for",
        "{case.core: {is: down, for: 1 hour}}",
        case({"case.core": "down"}).observed("mon 09:30", {"case.core": "available"}).observed("mon 09:40", {"case.core": "down"}),
        mon_1000=False, mon_1039=False, mon_1040=True,
    ),
    *means(
        "for",
        "{case.core: {is: down, for: 1 hour}}",  # an unknown stretch is a break
        case({"case.core": "down"}).observed("mon 09:30", {"case.core": None}).observed("mon 09:40", {"case.core": "down"}),
        mon_1000=False, mon_1040=True,
    ),
    *means("for", "{case.size: {at_least: 2, for: 9 business hours}}", case({"case.size": 3}), mon_1800=False, tue_0900=True),
    unknown("for", "{case.core: {is: down, for: 1 hour}}", case()),
    unknown("for", "{case.heartbeat: {is: up, for: 20 minutes}}", case(BEAT), "mon 09:31"),
    wakes("for", "{case.core: {is: down, for: 1 hour}}", case({"case.core": "down"}), NINE, "mon 10:00"),
    wakes("for", "{case.core: {is: down, for: 1 hour}}", case({"case.core": "down"}), "mon 10:00", None),
    wakes("for", "{case.heartbeat: {is: up, for: 1 hour}}", case(BEAT), NINE, "mon 09:30+1"),
    # bounds
    one("bounds", "{case.size: {at_least: 2}}", {"case.size": 2}, True),
    one("bounds", "{case.size: {at_least: 2}}", {"case.size": 1}, False),
    one("bounds", "{case.size: {at_most: 2}}", {"case.size": 2}, True),
    one("bounds", "{case.size: {at_most: 2}}", {"case.size": 3}, False),
    one("bounds", "{case.load: {more_than: 2}}", {"case.load": 2.01}, True),
    one("bounds", "{case.load: {more_than: 2}}", {"case.load": 2}, False),
    one("bounds", "{case.load: {less_than: 2}}", {"case.load": 1.99}, True),
    one("bounds", "{case.load: {less_than: 2}}", {"case.load": 2}, False),
    one("bounds", "{case.size: {at_least: 2, less_than: 5}}", {"case.size": 4}, True),
    one("bounds", "{case.size: {at_least: 2, less_than: 5}}", {"case.size": 5}, False),
    one("bounds", "{case.outage: {at_least: 90 minutes}}", {"case.outage": 5_400_000_000}, True),
    one("bounds", "{case.outage: {more_than: 90 minutes}}", {"case.outage": 5_400_000_000}, False),
    unknown("bounds", "{case.size: {at_most: 2}}", case()),
    unknown("bounds", "{case.size: {at_most: 2}}", case({"case.size": "1"})),
    wakes("bounds", "{case.size: {at_most: 2}}", case({"case.size": 1}), NINE, None),
    # contains, matches
    one("text", "{case.text: {contains: time OUT}}", {"case.text": "a Time out."}, True),
    one("text", "{case.text: {contains: time out}}", {"case.text": "timeout"}, False),
    one("text", '{case.text: {matches: "e(rr)?-[0-9]+"}}', {"case.text": "see ERR-12 there"}, True),
    one("text", '{case.text: {matches: "^err"}}', {"case.text": "see err"}, False),
    unknown("text", "{case.text: {contains: a}}", case()),
    unknown("text", '{case.text: {matches: "a*"}}', case({"case.text": "a"}).observed("mon 10:00", {"case.text": None}), "mon 10:00"),
    wakes("text", "{case.text: {contains: a}}", case({"case.text": "b"}), NINE, None),
    # sets
    one("set", "{case.labels: {has_any: [vip, legal]}}", {"case.labels": ["new", "legal"]}, True),
    one("set", "{case.labels: {has_any: [vip, legal]}}", {"case.labels": ["new"]}, False),
    one("set", "{case.labels: {has_all: [vip, legal]}}", {"case.labels": ["legal", "new", "vip"]}, True),
    one("set", "{case.labels: {has_all: [vip, legal]}}", {"case.labels": ["vip"]}, False),
    one("set", "{case.labels: {has_none: [vip, legal]}}", {"case.labels": ["new"]}, True),
    one("set", "{case.labels: {has_none: [vip, legal]}}", {"case.labels": ["vip", "new"]}, False),
    one("set", "{case.labels: {has_none: [vip]}}", {"case.labels": []}, True),
    unknown("set", "{case.labels: {has_none: [vip]}}", case()),
    wakes("set", "{case.labels: {has_none: [vip]}}", case({"case.labels": ["new"]}), NINE, None),
    # in_hours
    one("hours", "{case.planned: {in_hours: office}}", {"case.planned": "2026-03-02T08:00:00+01:00"}, True),
    one("hours", "{case.planned: {in_hours: office}}", {"case.planned": "2026-03-02T17:00:00+01:00"}, False),
    one("hours", "{case.opened_at: {in_hours: business}}", {"case.plan": "gold"}, True),
    *means("hours", "{now: {in_hours: office}}", case(), mon_1659=True, mon_1700=False, tue_0759=False, tue_0800=True),
    *means("hours", "{now: {in_hours: business}}", case({"case.plan": "gold"}), sun_0300=True),
    unknown("hours", "{case.planned: {in_hours: office}}", case()),
    unknown("hours", "{now: {in_hours: office}}", case(), "sun 12:00", says=False),
    wakes("hours", "{now: {in_hours: office}}", case(), NINE, "mon 17:00"),
    wakes("hours", "{now: {in_hours: office}}", case(), "fri 17:00", "mon+1 08:00"),
    wakes("hours", "{case.planned: {in_hours: office}}", case({"case.planned": iso("tue 09:00")}), NINE, None),
    # same_as
    one("same", "{case.text: {same_as: case.known_as}}", {"case.text": "a", "case.known_as": "a"}, True),
    one("same", "{case.text: {same_as: case.known_as}}", {"case.text": "a", "case.known_as": "A"}, False),
    unknown("same", "{case.text: {same_as: case.known_as}}", case({"case.text": "a"})),
    unknown("same", "{case.text: {same_as: case.known_as}}", case({"case.known_as": "a"})),
    wakes("same", "{case.heartbeat: {same_as: case.other_beat}}", case({**BEAT, "case.other_beat": "up"}), NINE, "mon 09:10+1"),
    wakes("same", "{case.text: {same_as: case.known_as}}", case({"case.text": "a", "case.known_as": "a"}), NINE, None),
    # known
    one("known", "{case.core: {known: yes}}", {"case.core": "down"}, True),
    one("known", "{case.core: {known: no}}", {"case.core": "down"}, False),
    *means("known", "{case.heartbeat: {known: yes}}", case(BEAT), mon_0930=True, mon_0930_1=False),
    *means("known", "{case.heartbeat: {known: no}}", case(BEAT), mon_0930=False, mon_0930_1=True),
    unknown("known", "{case.core: {known: yes}}", case(), says=False),
    unknown("known", "{case.core: {known: no}}", case(), says=True),
    wakes("known", "{case.heartbeat: {known: yes}}", case(BEAT), NINE, "mon 09:30+1"),
    # links
    Look("links", "means", "{links.defect: {some: {status: filed}}}", linked("filed", "fixed"), NINE, True),
    Look("links", "means", "{links.defect: {some: {status: filed, points: {at_least: 3}}}}", linked("filed"), NINE, False),
    Look("links", "means", "{links.defect: {some: {status: filed}}}", linked(), NINE, False),
    Look("links", "means", "{links.defect: {every: {status: fixed}}}", linked("fixed"), NINE, True),
    Look("links", "means", "{links.defect: {every: {status: fixed}}}", linked("fixed", "filed"), NINE, False),
    Look("links", "means", "{links.defect: {every: {status: fixed}}}", linked(), NINE, False),
    Look("links", "means", "{links.defect: {none: {status: filed}}}", linked(), NINE, True),
    Look("links", "means", "{links.defect: {none: {status: filed}}}", linked("fixed", "filed"), NINE, False),
    Look("links", "means", "{links.defect: {count: 2}}", linked("fixed", "filed"), NINE, True),
    Look("links", "means", "{links.defect: {count: {at_least: 3}}}", linked("fixed", "filed"), NINE, False),
    Look("links", "means", "{links.defect: {some: {status: filed}}}", linked("filed", "bare"), NINE, True),
    Look("links", "means", "{links.defect: {every: {status: fixed}}}", linked("filed", "bare"), NINE, False),
    unknown("links", "{links.defect: {some: {status: filed}}}", linked("fixed", "bare")),
    unknown("links", "{links.defect: {every: {status: fixed}}}", linked("fixed", "bare")),
    unknown("links", "{links.defect: {none: {status: filed}}}", linked("bare")),
    wakes("links", "{links.probe: {some: {state: up}}}",
          case().add("linked", NINE, "agent", kind="probe", id="p", facts={"state": "up"}), NINE, "mon 09:20+1"),
    wakes("links", "{links.defect: {count: 2}}", linked("filed"), NINE, None),
    # clock states
    *means("state", "{clock.answer: running}", case(), mon_0900=True, mon_1300=True, mon_1300_1=False),
    *means("state", "{clock.answer: missed}", case(), mon_1300=False, mon_1300_1=True),
    *means("state", "{clock.answer: met}", case().message("mon 10:00", "agent"), mon_0959=False, mon_1000=True),
    *means("state", "{clock.later: waiting}", case().message("mon 10:00"), mon_0900=True, mon_1000=False),
    *means("state", "{clock.later: paused}", case({"case.size": 9}).message("mon 10:00"), mon_0900=False, mon_1000=True),
    *means("state", "{clock.out: not_applicable}", case(), mon_0900=True),
    *means("state", "{clock.answer: {not: [met, missed]}}", case(), mon_0900=True, mon_1400=False),
    unknown("state", "{clock.later: running}", case(), says=False),
    unknown("state", "{clock.answer: missed}", case().watermark("mon 12:00"), "mon 14:00"),
    unknown("state", "{clock.answer: missed}", case().watermark("mon 14:00"), "mon 14:00", says=True),
    unknown("state", "{clock.whenever: missed}", case(), "sun 09:00", says=False),
    wakes("state", "{clock.answer: missed}", case(), NINE, "mon 13:00+1"),
    wakes("state", "{clock.answer: missed}", case(), "mon 13:00+1", None),
    # shares of a clock
    *means("used", "{clock.answer.used: {at_least: 75%}}", case(), mon_1159=False, mon_1200=True),
    *means("used", "{clock.answer.used: {less_than: 50%}}", case(), mon_1059=True, mon_1100=False),
    *means("used", "{clock.answer.used: {more_than: 50%}}", case(), mon_1100=False, mon_1100_1=True),
    *means("used", "{clock.fix.used: {at_least: 50%}}", released(), mon_1359=False, mon_1400=True),
    unknown("used", "{clock.whenever.used: {at_least: 75%}}", case(), "fri 09:00"),
    unknown("used", "{clock.later.used: {at_least: 75%}}", case()),
    unknown("used", "{clock.fix.used: {at_least: 50%}}", case()),
    wakes("used", "{clock.answer.used: {at_least: 75%}}", case(), NINE, "mon 12:00"),
    wakes("used", "{clock.answer.used: {at_most: 75%}}", case(), NINE, "mon 12:00+1"),
    wakes("used", "{clock.fix.used: {at_least: 50%}}", released(), NINE, "mon 14:00"),
    # quotas
    Look("quota", "means", "{quota.calls: within}", granted("within", 1), "mon 10:00", True),
    Look("quota", "means", "{quota.calls: over}", granted("within", 1), "mon 10:00", False),
    Look("quota", "means", "{quota.calls: over}", granted("over", 0), "mon 10:00", True),
    Look("quota", "means", "{quota.calls.left: {at_least: 1}}", granted("within", 1), "mon 10:00", True),
    Look("quota", "means", "{quota.calls.left: {more_than: 1}}", granted("within", 1), "mon 10:00", False),
    unknown("quota", "{quota.calls: within}", case()),
    unknown("quota", "{quota.calls.left: {at_most: 5}}", case()),
    unknown("quota", "{quota.calls.left: {at_most: 5}}", granted("within", 1), "wed+4 00:00"),
    wakes("quota", "{quota.calls.left: {at_least: 1}}", granted("within", 1), "mon 10:00", "wed+4 00:00"),
    wakes("quota", "{quota.calls: within}", granted("within", 1), "mon 10:00", None),  # a place taken stays taken
    # channels and guards
    one("channel", "{channel.mail: included}", {"case.plan": "basic"}, True),
    one("channel", "{channel.chat: included}", {"case.plan": "gold"}, True),
    one("channel", "{channel.chat: not_included}", {"case.plan": "basic"}, True),
    one("channel", "{channel.chat: included}", {"case.plan": "basic"}, False),
    one("channel", "{channel.phone: included}", {"contract.channels": ["phone"]}, True),
    one("channel", "{guard.no_closing: forbids}", {"case.size": 1}, True),
    one("channel", "{guard.no_closing: forbids}", {"case.size": 2}, False),
    one("channel", "{guard.no_closing: allows}", {"case.size": 2}, True),
    one("channel", "{channel.radio: not_included}", {"case.plan": "basic", "contract.channels": ["radio"]}, True),
    one("channel", "{channel.radio: included}", {"case.plan": "gold", "contract.channels": ["radio"]}, True),
    one("channel", "{channel.radio: included}", {"case.plan": "gold", "contract.channels": ["chat"]}, False),
    one("channel", "{channel.letter: included}", {"case.plan": "basic"}, True),
    unknown("channel", "{channel.radio: included}", case({"case.plan": "gold"})),
    unknown("channel", "{channel.letter: included}", case({"case.plan": "gold"})),
    unknown("channel", "{channel.forum: included}", case()),
    unknown("channel", "{channel.phone: included}", case()),
    unknown("channel", "{guard.no_closing: allows}", case()),
    wakes("channel", "{channel.chat: included}", case(), NINE, None),
    wakes("channel", "{guard.not_stale: forbids}", case(BEAT), NINE, "mon 09:30+1"),
    # happened
    *means("happened", "{happened: {event: customer_message}}", messages("mon 10:00"), mon_0959=False, mon_1000=True),
    *means("happened", "{happened: {event: customer_message, times: 2}}", messages("mon 10:00", "mon 11:00"), mon_1000=False, mon_1100=True),
    *means("happened", "{happened: {event: customer_message}}", Log().message("mon 08:00").opened(NINE), mon_0900=False),
    *means(
        "happened", "{happened: {event: customer_message, since: {last: agent_reply}}}",
        messages("mon 10:00").message("mon 11:00", "agent").message("mon 12:00"), mon_1000=True, mon_1100=False, mon_1200=True,
    ),
    *means("happened", "{happened: {event: customer_message, in_last: 1 hour}}", messages("mon 10:00"), mon_1100=True, mon_1100_1=False),
    *means(
        "happened", "{happened: {event: customer_message, times: 2, apart: 2 hours}}",
        messages("mon 10:00", "mon 11:00", "mon 11:59", "mon 12:00"), mon_1159=False, mon_1200=True,
    ),
    *means(
        "happened", "{happened: {event: customer_message, times: 2, apart: 2 business days}}",
        messages("fri 16:00", "mon+1 16:00", "tue+1 08:00"), fri_1700=False, sun_0900=False,
    ),
    Look("happened", "means", "{happened: {event: customer_message, times: 2, apart: 2 business days}}",
         messages("fri 16:00", "mon+1 16:00", "tue+1 08:00"), "mon+1 16:00", False),
    Look("happened", "means", "{happened: {event: customer_message, times: 2, apart: 2 business days}}",
         messages("fri 16:00", "mon+1 16:00", "tue+1 08:00"), "tue+1 08:00", True),
    *means(
        "happened", "{happened: {event: customer_message, times: 2, different: {via: 2}}}",
        messages("mon 10:00", "mon 11:00", via="mail").message("mon 12:00", via="chat"), mon_1100=False, mon_1200=True,
    ),
    unknown("happened", "{happened: {event: customer_message}}", messages("mon 10:00", automatic=None), "mon 10:00"),
    unknown("happened", "{happened: {event: customer_message}}",
            messages("mon 09:30").message("mon 10:00", automatic=None), "mon 10:00", says=True),  # it would not decide
    unknown("happened", "{happened: {event: customer_message}}", case().watermark("mon 09:30"), "mon 10:00"),
    unknown("happened", "{happened: {event: customer_message}}", case().watermark("mon 10:00"), "mon 10:00", says=False),
    wakes("happened", "{happened: {event: customer_message, in_last: 1 hour}}", messages("mon 10:00"), "mon 10:00", "mon 11:00+1"),
    wakes("happened", "{happened: {event: customer_message, times: 2, in_last: 1 hour}}",
          messages("mon 10:00", "mon 10:20", "mon 10:40"), "mon 10:40", "mon 11:20+1"),
    wakes("happened", "{happened: {event: customer_message, times: 2}}", messages("mon 10:00"), "mon 10:00", None),
    # since
    *means("since", "{since: {last: customer_message, at_least: 1 hour}}", messages("mon 10:00"), mon_1059=False, mon_1100=True),
    *means("since", "{since: {last: customer_message, less_than: 1 hour}}", messages("mon 10:00"), mon_1059=True, mon_1100=False),
    *means("since", "{since: {first: customer_message, at_least: 1 hour}}", messages("mon 10:00", "mon 10:30"), mon_1100=True),
    *means("since", "{since: {last: customer_message, at_least: 9 business hours}}", messages("mon 10:00"), tue_0959=False, tue_1000=True),
    *means("since", "{since: {due: answer, at_least: 1 minute}}", case(), mon_1300=False, mon_1301=True),
    *means("since", "{since: {started: answer, at_least: 1 hour}}", case(), mon_0959=False, mon_1000=True),
    *means("since", "{since: {stopped: answer, at_least: 1 hour}}", case().message("mon 10:00", "agent"), mon_1059=False, mon_1100=True),
    *means("since", "{since: {at: case.opened_at, at_least: 1 hour}}", case(), mon_0959=False, mon_1000=True),
    unknown("since", "{since: {last: customer_message, less_than: 1 hour}}", case()),
    unknown("since", "{since: {stopped: answer, at_least: 1 hour}}", case(), "tue 09:00"),
    unknown("since", "{since: {due: answer, at_least: 1 minute}}", case().message("mon 10:00", "agent"), "tue 09:00"),
    unknown("since", "{since: {at: case.planned, at_least: 1 hour}}", case()),
    wakes("since", "{since: {last: customer_message, at_least: 1 hour}}", messages("mon 10:00"), "mon 10:00", "mon 11:00"),
    wakes("since", "{since: {last: customer_message, less_than: 1 hour}}", messages("mon 10:00"), "mon 11:00", None),
    # until
    *means("until", "{until: {due: answer, at_most: 1 hour}}", case(), mon_1159=False, mon_1200=True, mon_1500=True),
    *means("until", "{until: {due: answer, more_than: 1 hour}}", case(), mon_1159=True, mon_1200=False, mon_1500=False),
    *means("until", "{until: {at: case.planned, at_most: 2 business hours}}", case({"case.planned": iso("tue 09:00")}), mon_1559=False, mon_1600=True),
    unknown("until", "{until: {due: answer, at_most: 1 hour}}", case().message("mon 10:00", "agent"), "mon 12:00"),
    unknown("until", "{until: {at: case.planned, more_than: 1 hour}}", case()),
    wakes("until", "{until: {at: case.planned, at_most: 1 hour}}", case({"case.planned": iso("tue 09:00")}), NINE, "tue 08:00"),
    wakes("until", "{until: {at: case.planned, at_most: 1 hour}}", case({"case.planned": iso("tue 09:00")}), "tue 08:00", None),
    # all, any, not
    *(
        one("kleene", f"{{all: [{{case.size: {left}}}, {{case.load: {right}}}]}}", {"case.size": 1, "case.load": 1}, says)
        for left, right, says in ((1, 1, True), (1, 2, False), (2, 1, False), (2, 2, False))
    ),
    *(
        one("kleene", f"{{any: [{{case.size: {left}}}, {{case.load: {right}}}]}}", {"case.size": 1, "case.load": 1}, says)
        for left, right, says in ((1, 1, True), (1, 2, True), (2, 1, True), (2, 2, False))
    ),
    one("kleene", "{not: {case.size: 1}}", {"case.size": 1}, False),
    one("kleene", "{not: {case.size: 2}}", {"case.size": 1}, True),
    unknown("kleene", "{not: {case.load: 1}}", case()),
    unknown("kleene", "{all: [{case.size: 1}, {case.load: 1}]}", case({"case.size": 1})),
    unknown("kleene", "{all: [{case.size: 2}, {case.load: 1}]}", case({"case.size": 1}), says=False),
    unknown("kleene", "{any: [{case.size: 2}, {case.load: 1}]}", case({"case.size": 1})),
    unknown("kleene", "{any: [{case.size: 1}, {case.load: 1}]}", case({"case.size": 1}), says=True),
    wakes("kleene", "{any: [{case.heartbeat: down}, {since: {at: case.opened_at, at_least: 10 minutes}}]}", case(BEAT), NINE, "mon 09:10"),
    wakes("kleene", "{any: [{case.heartbeat: down}, {since: {at: case.opened_at, at_least: 10 minutes}}]}", case(BEAT), "mon 09:10", "mon 09:30+1"),
]  # fmt: skip

FIELDS = """
fields:
  case:
    core: {type: choice, of: [down, degraded, available]}
    workaround: {type: yes_no}
    text: {type: text}
    known_as: {type: text}
    size: {type: integer}
    load: {type: number}
    labels: {type: set, of: [vip, legal, new]}
    planned: {type: instant}
    outage: {type: duration}
    installed: {type: version}
    cause: {type: choice, of: [us, them], confirmed_by: [triage]}
    heartbeat: {type: choice, of: [up, down], fresh_for: 30 minutes}
    other_beat: {type: choice, of: [up, down], fresh_for: 10 minutes}
  customer:
    id: {type: text}
  links.defect:
    status: {type: choice, of: [filed, fixed]}
    points: {type: integer}
  links.probe:
    state: {type: choice, of: [up, down], fresh_for: 20 minutes}
"""
