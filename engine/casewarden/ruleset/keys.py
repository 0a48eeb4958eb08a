"""The keys of every element of a ruleset: which there are, which must be there, and what each says, in one line.

The checker allows exactly these keys, and the JSON Schemas offer exactly these keys with these lines as hover texts.
"""

from typing import Final

from casewarden.ruleset.key import CITED, Key, Keys, may, must
from casewarden.ruleset.keys_of_terms import (
    ACTIONS,
    ASK,
    ATTRIBUTES,
    CONDITION,
    DIFFERENT,
    EVENT_ALL,
    EVENT_ANY,
    EVENT_BECOMES,
    EVENT_ENTRY,
    EVENT_TURNS,
    FROM,
    HAPPENED,
    INSTANT,
    LINK,
    LINKS,
    NOTIFY,
    PUBLISH,
    SINCE,
    TAG,
    TESTS,
    UNTIL,
)

__all__ = [
    "ACTIONS",
    "ASK",
    "ATTRIBUTES",
    "CALENDAR",
    "CHANGES",
    "CHANNEL",
    "CITED",
    "CLOCK",
    "CONDITION",
    "CREDIT",
    "DAYS",
    "DEFAULTS",
    "DELIVER",
    "DIFFERENT",
    "EVENT_ALL",
    "EVENT_ANY",
    "EVENT_BECOMES",
    "EVENT_ENTRY",
    "EVENT_TURNS",
    "FIELD",
    "FROM",
    "GUARD",
    "HAPPENED",
    "HOLIDAYS",
    "INSTANT",
    "INTAKE",
    "INTERPRETATION",
    "KINDS_OF_CHANGE",
    "LATER",
    "LIMIT",
    "LINK",
    "LINKS",
    "NOTIFY",
    "PER_CONTRACT",
    "PLAN",
    "PUBLISH",
    "QUEUE",
    "QUOTA",
    "RELEASE",
    "REPEAT",
    "REVISION",
    "ROW",
    "RULE",
    "SCOPE",
    "SEVERITY",
    "SINCE",
    "TAG",
    "TESTS",
    "TEXT",
    "TOP",
    "UNTIL",
    "WINDOW",
    "Key",
    "Keys",
]

TOP: Final = Keys(
    "A support policy as rules: what is promised, by when, and what is to happen.",
    (
        must("casewarden", "The version of the language: 1. It makes the file a ruleset."),
        may("ruleset", "The name of the ruleset, shown in decisions and reports."),
        may("policy", "The file with the text of the policy that is enforced."),
        may("clauses", "The file that lists the clauses of the policy with their status."),
        may("include", "Files whose named elements belong to this ruleset as if they stood here."),
        may("applies_to", "Which cases this ruleset governs; without it, all of them."),
        may("revision", "From when the terms of this version hold, and for which cases."),
        may("defaults", "What holds wherever an element says nothing of its own."),
        may("people", "Persons, roles, teams, mailboxes and webhooks; their addresses stand in the configuration."),
        may("close_reasons", "The reasons with which a case can be closed."),
        may("calendars", "Open hours by name; a duration counts on one of them."),
        may("fields", "The fields of cases, customers, contracts, services and linked tickets, with their types."),
        may("severity", "The levels and the decision table that gives them."),
        may("plans", "What customers can have bought: the calendar and how binding its promises are."),
        may("channels", "The ways in which customers reach support, and for which plans."),
        may("intake", "What a request of each type must bring along."),
        may("scope", "Reasons for which a case is not covered."),
        may("events", "Names for what happens at an instant; clocks and rules speak of events by name."),
        may("clocks", "Promises with a start, a stop and a target."),
        may("credits", "What a customer is given when a clock stops late."),
        may("quotas", "How much of something a plan allows in a window of time."),
        may("guards", "Conditions under which a case must not be closed or reopened."),
        may("queue", "In which order work is taken up."),
        may("rules", "What is done when something becomes true, or each time something happens."),
        may("messages", "The texts that rules send, by language."),
        may("interpretations", "The readings chosen where the policy can be read in several ways."),
    ),
)
REVISION: Final = Keys(
    "From when the terms hold. Terms are calendars, targets, severity and credits; rules are always the newest.",
    (
        must("from", "The first day on which these terms hold; a date begins at midnight of the default calendar."),
        must("binds", "Whether the terms bind cases opened from then on, or all cases."),
        *CITED,
    ),
)
DEFAULTS: Final = Keys(
    "What holds wherever an element says nothing of its own.",
    (
        must("calendar", "The calendar where neither contract nor plan names one; its zone is that of all dates."),
        must("language", "The language of a message where the recipient's own has no text."),
        may("plan", "The plan of customers of whom no plan is known."),
        must("days", "How days on a calendar are counted."),
        must("boundary", "Whether a deadline that falls on a closing instant stays there."),
        must("on_change", "What a running clock does when severity, plan or contract change."),
        *CITED,
    ),
)
DAYS: Final = Keys(
    "How days on a calendar are counted.",
    (
        must("mode", "What a day is: its open time, the same time of day, or until closing."),
        must("origin", "From where a start in closed time counts."),
        may("first_day", "Whether the start's own date is day one; without it the day after is."),
    ),
)
CHANGES: Final = Keys(
    "What a running clock does when something changes under it.",
    (
        may("severity", "When the severity changes."),
        may("plan", "When the plan changes."),
        may("contract", "When the contract changes."),
        may("minimum_remainder", "What `retarget` leaves at least, counted from the change on, or none."),
    ),
)
KINDS_OF_CHANGE: Final = ("severity", "plan", "contract")
CALENDAR: Final = Keys(
    "Open hours in one zone.",
    (
        must("zone", "The zone of the hours: an IANA name such as Europe/Zurich, or a fixed offset such as +01:00."),
        must("open", "The open hours of each weekday, or 24x7 or 24x5."),
        may("exceptions", "Single dates with other hours, or closed."),
        must("holidays", "The public holidays on which nothing is open, or none."),
        may("later", "What changes from a date on, in the order of the dates."),
        *CITED,
    ),
)
LATER: Final = Keys(
    "What changes about the calendar from a date on; all else stays.",
    (
        must("from", "The first date of the change."),
        may("open", "The open hours from then on."),
        may("exceptions", "The single dates with other hours from then on."),
        may("holidays", "The holidays from then on."),
        *CITED,
    ),
)
HOLIDAYS: Final = Keys(
    "Public holidays of a country or a part of it.",
    (
        must("country", "The country's two letters: CH, DE, US."),
        may("subdivision", "The canton, state or region: SG, BY, CA."),
        must("years", "The years that are resolved: 2023-2035."),
        may("add", "Further closed dates, each with its name."),
        may("remove", "Holidays on which support is open all the same."),
    ),
)
FIELD: Final = Keys(
    "A field that cases, customers, contracts, services or linked tickets have.",
    (
        must("type", "What its values are."),
        may("of", "The values that it can have."),
        may("fresh_for", "How long an observation counts as known; after that the value is unknown."),
        may("confirmed_by", "Who must set or confirm the value before it holds; until then it is only proposed."),
        may("when_missing", "The value where none was ever written."),
        *CITED,
    ),
)
SEVERITY: Final = Keys(
    "The levels, most severe first, and the table that gives them.",
    (
        must("levels", "The levels with their labels, most severe first."),
        must("until_classified", "What holds until the table gives a level: the reported severity, or one level."),
        must("hit", "Whether at most one row may hold, or the first that holds decides."),
        must("table", "Rows of conditions, each with the level that it gives."),
        may("otherwise", "What holds where no row does: a level, or a person decides."),
        *CITED,
    ),
    cites=True,
)
ROW: Final = Keys(
    "A row of the severity table.",
    (
        must("when", "Values that fields must have, all of them; a field that is left out may have any."),
        must("gives", "The level."),
        *(key for key in CITED if key.name != "interpretation"),  # a reading is of the table as a whole
    ),
)
PLAN: Final = Keys(
    "What a customer can have bought.",
    (
        must("calendar", "The calendar that `business` means for this plan, perhaps one for each severity."),
        must("commitment", "How binding the targets are."),
        may("also_called", "Other names under which the plan occurs in data."),
        *CITED,
    ),
)
CHANNEL: Final = Keys(
    "A way in which customers reach support.",
    (
        must(
            "included",
            "Who may use it: all, a list of plans, per contract, unknown, or a word for each plan.",
        ),
        *CITED,
    ),
)
INTAKE: Final = Keys(
    "What a request of this type must bring along.",
    (
        must("required", "The paths without which the intake is incomplete."),
        may("wanted", "Paths that help and may be missing."),
        *CITED,
    ),
)
SCOPE: Final = Keys(
    "A reason for which a case is not covered.",
    (must("when", "When the case is out of scope for this reason."), *CITED),
)
CLOCK: Final = Keys(
    "A promise: from a start to a stop within a target.",
    (
        must("starts", "The event with which the clock comes into being."),
        may("counts_from", "The event from which time is counted, where it is another than the start."),
        must("stops", "The event that fulfils the promise; nothing else ends the clock."),
        may("applies_if", "The clock applies unless this is false."),
        may("pauses_while", "Time does not count while this is true; a clause or an interpretation must say so."),
        may("target", "How long it may take."),
        may("targets_by_severity", "How long it may take, for each severity."),
        may("targets_by_plan", "How long it may take, for each plan, and there perhaps for each severity."),
        may("owner", "The person who has to act; it makes the clock an obligation of theirs."),
        may("runs", "Whether the clock runs once in a case, or each time it is started while no run is open."),
        may("on_change", "What changes do to a run, where it is not what `defaults` say."),
        may("on_reopen", "What becomes of a finished run when the case is reopened."),
        may("days", "How days are counted, where it is not as `defaults` say."),
        may("next_release", "What a frozen or a slipped release does to a target `next_release`."),
        may("commitment", "How binding this clock is, where it is not as the plan says."),
        *CITED,
    ),
    cites=True,
)
RELEASE: Final = Keys(
    "How releases count for a target `next_release`.",
    (
        must("frozen", "Whether a frozen release is skipped or counts."),
        must("slipped", "Whether the due time moves with a release that slips."),
    ),
)
PER_CONTRACT: Final = Keys(
    "The contract's own target.",
    (must("per_contract", "The target of contracts that name none."),),
)
CREDIT: Final = Keys(
    "What a customer is given when a clock stops late.",
    (
        must("clock", "The clock that counts."),
        must("award", "What is given for each unit of lateness."),
        must("for_each", "The unit of lateness; it names the calendar on which lateness is counted."),
        must("count", "Whether only full units count, or also one that was begun."),
        must("cap", "The most that is given, or none."),
        must("add_to", "The date of the contract or customer that is moved."),
        *CITED,
    ),
    cites=True,
)
QUOTA: Final = Keys(
    "How much of something a plan allows in a window of time.",
    (
        must("counts", "The event that is counted."),
        may("counts_if", "It counts unless this is false."),
        may("amount", "The attribute that is added up, instead of counting events."),
        must("per", "Whose quota it is."),
        may("carry_over", "Whether what is left goes over to the next window."),
        must("window", "The window of time."),
        must("allowed", "How much each plan allows."),
        must("over", "Which target a case beyond the quota gets on its clocks."),
        *CITED,
    ),
    cites=True,
)
WINDOW: Final = Keys(
    "A window of time.",
    (
        must("every", "Its length."),
        must("starting", "Whether it begins with the calendar, or on the contract's own day."),
        must("zone", "The zone in which it begins."),
    ),
)
GUARD: Final = Keys(
    "What must not be done, and while what holds.",
    (
        must("forbids", "What must not be done."),
        must("while", "It is forbidden unless this is false."),
        may("except_reasons", "Close reasons that the guard lets through."),
        *CITED,
    ),
    cites=True,
)
QUEUE: Final = Keys(
    "In which order work is taken up.",
    (
        must("order", "What comes first: conditions that are true, severity, due time, opening; the first decides."),
        may("at_once", "How many cases are worked on at one time."),
        may("per", "For whom `at_once` holds."),
        *CITED,
    ),
)
RULE: Final = Keys(
    "What is done, and when.",
    (
        may("when", "It fires when this turns true; with `each`, the event counts only where this is true."),
        may("each", "It fires for every such event."),
        must("then", "What is done, in order."),
        may("about", "The record that the rule looks at; without it, a case."),
        may("priority", "Which rule wins where two want different values at once: the higher; without it, 0."),
        may("repeat", "It fires again and again while the condition stays true."),
        may("limit", "How often it fires at most."),
        may("over", "`person`: it may change what a person determined."),
        may("even_if_over", "`yes`: its actions go out although the condition no longer holds."),
        may("deliver", "Messages wait for these hours."),
        may("if_unsupported", "What is done where the helpdesk cannot do an action."),
        *CITED,
    ),
    cites=True,
)
REPEAT: Final = Keys(
    "Firing again while the condition stays true.",
    (
        must("every", "The interval."),
        must("first", "Whether it fires at once or after the first interval."),
        may("reset_by", "The event that begins the interval anew."),
        may("from", "The path with the instant from which intervals count."),
        may("catch_up", "What is done after an outage about firings that were missed."),
    ),
)
LIMIT: Final = Keys(
    "How often a rule fires at most.",
    (
        must("times", "How often."),
        may("per", "In the last so long; without it, in the life of the case."),
    ),
)
DELIVER: Final = Keys(
    "When messages go out.",
    (must("in_hours", "The calendar in whose open hours they go out; `business` is the case's own."),),
)
TEXT: Final = Keys(
    "A message with a subject.",
    (
        must("subject", "The subject line."),
        must("body", "The text; `{{ PATH }}` shows a value."),
    ),
)
INTERPRETATION: Final = Keys(
    "The reading that was chosen where the policy can be read in several ways.",
    (
        must("reading", "The reading in words; `open` leaves the question open, and nothing that rests on it acts."),
        must("by", "Who decided."),
        must("decided", "The date of the decision."),
        must("reason", "Why this reading."),
        may("supersedes", "Clauses that this reading overrules."),
        may("others", "The readings that were not chosen, each as changes at places of this file."),
        may("note", "A remark for readers; it has no effect."),
    ),
)
