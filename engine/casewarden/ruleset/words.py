"""The closed words of the language, each with what it means: hover texts for editors.

A test holds every list here against the lists and enumerations of the checker.
"""

from typing import Final

Words = dict[str, str]

BINDS: Final[Words] = {
    "new_cases": "Cases opened from that day on; older ones keep the terms of their opening.",
    "all_cases": "Every case, whenever it was opened.",
}
BOUNDARY: Final[Words] = {
    "closing": "A deadline on a closing instant stays there.",
    "next_opening": "A deadline on a closing instant moves to the next opening.",
}
MODE: Final[Words] = {
    "open_hours": "So many open dates' worth of open time; parts of a date count as shares.",
    "same_time": "The same local time so many open dates on.",
    "end_of_day": "The closing of the last of so many open dates.",
}
ORIGIN: Final[Words] = {
    "date": "From its own date: Saturday and one day is Monday.",
    "next_opening": "From the next opening: Saturday and one day is Tuesday.",
}
FIRST_DAY: Final[Words] = {
    "day_after": "The date after the start is day one.",
    "start_day": "The start's own date is day one.",
}
ON_CHANGE: Final[Words] = {
    "keep": "The run keeps its target.",
    "retarget": "The new target counts from the same start.",
    "restart": "The new target counts from the change.",
    "segments": "Each stretch uses up its share of its own target; due when the shares are used up.",
}
COMMITMENT: Final[Words] = {
    "best_effort": "Aimed at, not promised.",
    "slo": "An objective that is reported.",
    "contractual": "Promised by contract.",
}
FIELD_TYPE: Final[Words] = {
    "text": "Any text.",
    "choice": "One of the values under `of`.",
    "set": "Any number of values, where wanted only those under `of`.",
    "yes_no": "Yes or no.",
    "integer": "A whole number.",
    "number": "A number, perhaps with a fraction.",
    "duration": "A length of time.",
    "instant": "A point in time.",
    "version": "A version, compared as it is written.",
}
HIT: Final[Words] = {
    "unique": "At most one row may hold; overlaps are errors.",
    "first": "The first row that holds decides.",
}
RUNS: Final[Words] = {
    "once": "Once in a case.",
    "each_time": "With every start while no run is open.",
}
ON_REOPEN: Final[Words] = {
    "stay": "A finished run stays as it finished.",
    "resume": "It goes on; the stretch in which the case was closed does not count.",
    "restart": "A new run begins.",
}
FROZEN: Final[Words] = {"skip": "A frozen release does not count.", "count": "A frozen release counts like any."}
SLIPPED: Final[Words] = {"move": "The due time moves with the release.", "keep": "The due time stays."}
COUNT: Final[Words] = {"full": "Only full units.", "started": "A unit that was begun counts as one."}
PER: Final[Words] = {
    "customer": "The customer has one quota.",
    "contact": "Each contact of the customer has one.",
    "licence": "Each licence has one.",
}
EVERY: Final[Words] = {
    "day": "A day.",
    "week": "A week, from Monday.",
    "month": "A month.",
    "year": "A year.",
    "term": "The term of the contract.",
}
STARTING: Final[Words] = {
    "calendar": "With the calendar: the first of the month, the first of January.",
    "anniversary": "On the day on which the contract's term began.",
}
OVER: Final[Words] = {
    "unchanged": "The targets stay.",
    "best_effort": "Clocks run without a due time.",
    "not_covered": "Clocks do not apply.",
}
FORBIDS: Final[Words] = {"close": "Closing.", "reopen": "Reopening."}
FIRST: Final[Words] = {
    "at_once": "At once, and then after each interval.",
    "after_interval": "After the first interval.",
}
CATCH_UP: Final[Words] = {
    "none": "Nothing is made up.",
    "latest": "One firing stands for all that were missed.",
    "all": "Every firing that was missed is made up.",
}
REOPEN: Final[Words] = {
    "follow_up_if_needed": "Where the helpdesk cannot reopen, a new ticket follows up the old one.",
    "same_ticket_only": "Only the ticket itself; where that cannot be, a person is told.",
}
QUEUE_ORDER: Final[Words] = {
    "severity": "More severe cases first.",
    "due": "Cases that are due earlier first.",
    "opened": "Older cases first.",
}
EVENT_ORDER: Final[Words] = {"any": "In any order.", "listed": "In the order of the list."}
TURNS: Final[Words] = {
    "due": "It reaches its due time.",
    "met": "It stops in time.",
    "missed": "It passes its due time.",
    "paused": "It pauses.",
    "resumed": "It goes on after a pause.",
}
KINDS: Final[Words] = {
    "message": "A message, in or out, public or internal.",
    "call": "A telephone call.",
    "opened": "The case is opened.",
    "resolved": "The case is resolved.",
    "closed": "The case is closed.",
    "reopened": "The case is opened again.",
    "plan": "The customer's plan starts, is renewed or ends.",
    "work": "Somebody worked on the case.",
}
PLAN_CHANGE: Final[Words] = {"started": "It starts.", "renewed": "It is renewed.", "ended": "It ends."}
ACTORS: Final[Words] = {
    "customer": "Somebody on the customer's side.",
    "agent": "A person on our side.",
    "automation": "A machine, ours or another's.",
}
TARGETS: Final[Words] = {
    "none": "The clock does not apply.",
    "not_covered": "The clock does not apply: this is not covered.",
    "best_effort": "The clock runs without a due time and is never missed.",
    "discretion": "The clock runs without a due time: we decide when.",
    "next_release": "Due at the first release after counting starts.",
    "per_contract": "The contract's own target; none where it is silent.",
}
CLOCK_STATES: Final[Words] = {
    "waiting": "It has not started.",
    "running": "It runs.",
    "paused": "It pauses.",
    "met": "It stopped in time.",
    "missed": "Its due time has passed.",
    "not_applicable": "It does not apply to this case.",
}
QUOTA_STATES: Final[Words] = {"within": "This case is within the quota.", "over": "This case is beyond the quota."}
CHANNEL_STATES: Final[Words] = {
    "included": "The case's plan includes the channel.",
    "not_included": "It does not.",
}
GUARD_STATES: Final[Words] = {"forbids": "The guard forbids it now.", "allows": "The guard lets it through."}
INCLUSION: Final[Words] = {
    "yes": "This plan includes the channel.",
    "no": "It does not.",
    "per_contract": "As each contract of this plan says.",
    "unknown": "The policy does not say; tests of it are unknown.",
}
INCLUDED: Final[Words] = {
    "all": "Every plan.",
    "per_contract": "As each contract says.",
    "unknown": "The policy does not say; tests of it are unknown.",
}
ALLOWED: Final[Words] = {"unlimited": "Without a limit.", "per_contract": "As each contract says."}
OPEN: Final[Words] = {"24x7": "Always.", "24x5": "Monday to Friday, midnight to midnight."}
RECORDS: Final[Words] = {
    "case": "Fields of cases.",
    "customer": "Fields of customers.",
    "contract": "Fields of contracts.",
}
EVENTS: Final[Words] = {
    "case_opened": "The case is opened.",
    "case_resolved": "The case is resolved.",
    "case_closed": "The case is closed.",
    "case_reopened": "The case is opened again.",
    "case_classified": "A severity is in force where there was none, or another one.",
    "case_unclassified": "No row of the severity table fits, and a person has to decide.",
    "customer_message": "A customer writes; automatic mail does not count.",
    "customer_call": "A customer calls.",
    "customer_contact": "A customer writes or calls.",
    "agent_reply": "A person on our side answers in public.",
    "agent_note": "A person on our side writes an internal note.",
    "agent_call": "A person on our side calls.",
    "severity_raised": "The severity becomes graver.",
    "severity_lowered": "The severity becomes less grave.",
    "plan_started": "The customer's plan starts.",
    "plan_ended": "The customer's plan ends.",
}
PATHS: Final[Words] = {
    "case.number": "The number of the case.",
    "case.subject": "The subject line.",
    "case.type": "The type of request; its values are the names under `intake`.",
    "case.status": "Where the case stands.",
    "case.severity": "The severity in force.",
    "case.reported_severity": "The severity that the reporter gave.",
    "case.plan": "The customer's plan.",
    "case.commitment": "How binding the promises to this case are.",
    "case.channel": "The channel on which the case came in.",
    "case.language": "The customer's language.",
    "case.opened_at": "When it was opened.",
    "case.closed_at": "When it was closed.",
    "case.close_reason": "Why it was closed.",
    "case.reported_by": "Who reported it.",
    "case.reporter_authorised": "Whether the reporter may ask for support.",
    "case.assigned_to": "Who works on it.",
    "case.tags": "Its tags.",
    "case.scope": "Whether it is covered.",
    "case.excluded_as": "The reasons under `scope` for which it is not covered.",
    "case.intake": "Whether all that its type requires is there.",
    "case.missing": "What its type requires and is not there.",
    "contract.term_start": "When the contract's term begins.",
    "contract.term_end": "When the contract's term ends.",
    "release.next_at": "When the next release comes out.",
    "release.next_frozen": "Whether the next release is frozen.",
    "now": "The present.",
}
