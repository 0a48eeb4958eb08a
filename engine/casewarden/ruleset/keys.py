"""The keys of every element of a ruleset: which there are, which must be there, and what each says, in one line.

The checker allows exactly these keys, and the JSON Schemas offer exactly these keys with these lines as hover texts.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an element; `about` is a sentence for authors."""

    name: str
    about: str
    required: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one element, in the order in which they are offered; `about` says what the element is.

    An element that `cites` enforces something and must name its clauses.
    """

    about: str
    entries: tuple[Key, ...]
    cites: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All keys."""
        return tuple(entry.name for entry in self.entries)

    @property
    def required(self) -> tuple[str, ...]:
        """The keys that may not be left out."""
        return tuple(entry.name for entry in self.entries if entry.required)


def _must(name: str, about: str) -> Key:
    return Key(name, about, required=True)


def _may(name: str, about: str) -> Key:
    return Key(name, about, required=False)


CITED: Final = (
    _may("clause", "The clauses of the policy that this element enforces."),
    _may("interpretation", "The readings, declared under `interpretations`, on which this element rests."),
    _may("note", "A remark for readers; it has no effect."),
)

TOP: Final = Keys(
    "A support policy as rules: what is promised, by when, and what is to happen.",
    (
        _must("casewarden", "The version of the language: 1. It makes the file a ruleset."),
        _may("ruleset", "The name of the ruleset, shown in decisions and reports."),
        _may("policy", "The file with the text of the policy that is enforced."),
        _may("clauses", "The file that lists the clauses of the policy with their status."),
        _may("include", "Files whose named elements belong to this ruleset as if they stood here."),
        _may("applies_to", "Which cases this ruleset governs; without it, all of them."),
        _may("revision", "From when the terms of this version hold, and for which cases."),
        _may("defaults", "What holds wherever an element says nothing of its own."),
        _may("people", "Persons, roles, teams, mailboxes and webhooks; their addresses stand in the configuration."),
        _may("close_reasons", "The reasons with which a case can be closed."),
        _may("calendars", "Open hours by name; a duration counts on one of them."),
        _may("fields", "The fields of cases, customers, contracts, services and linked tickets, with their types."),
        _may("severity", "The levels and the decision table that gives them."),
        _may("plans", "What customers can have bought: the calendar and how binding its promises are."),
        _may("channels", "The ways in which customers reach support, and for which plans."),
        _may("intake", "What a request of each type must bring along."),
        _may("scope", "Reasons for which a case is not covered."),
        _may("events", "Names for what happens at an instant; clocks and rules speak of events by name."),
        _may("clocks", "Promises with a start, a stop and a target."),
        _may("credits", "What a customer is given when a clock stops late."),
        _may("quotas", "How much of something a plan allows in a window of time."),
        _may("guards", "Conditions under which a case must not be closed or reopened."),
        _may("queue", "In which order work is taken up."),
        _may("rules", "What is done when something becomes true, or each time something happens."),
        _may("messages", "The texts that rules send, by language."),
        _may("interpretations", "The readings chosen where the policy can be read in several ways."),
    ),
)
REVISION: Final = Keys(
    "From when the terms hold. Terms are calendars, targets, severity and credits; rules are always the newest.",
    (
        _must("from", "The first day on which these terms hold; a date begins at midnight of the default calendar."),
        _must("binds", "Whether the terms bind cases opened from then on, or all cases."),
    ),
)
DEFAULTS: Final = Keys(
    "What holds wherever an element says nothing of its own.",
    (
        _must("calendar", "The calendar where neither contract nor plan names one; its zone is that of all dates."),
        _must("language", "The language of a message where the recipient's own has no text."),
        _may("plan", "The plan of customers of whom no plan is known."),
        _must("days", "How days on a calendar are counted."),
        _must("boundary", "Whether a deadline that falls on a closing instant stays there."),
        _must("on_change", "What a running clock does when severity, plan or contract change."),
    ),
)
DAYS: Final = Keys(
    "How days on a calendar are counted.",
    (
        _must("mode", "What a day is: its open time, the same time of day, or until closing."),
        _must("origin", "From where a start in closed time counts."),
        _may("first_day", "Whether the start's own date is day one; without it the day after is."),
    ),
)
CHANGES: Final = Keys(
    "What a running clock does when something changes under it.",
    (
        _may("severity", "When the severity changes."),
        _may("plan", "When the plan changes."),
        _may("contract", "When the contract changes."),
    ),
)
CALENDAR: Final = Keys(
    "Open hours in one zone.",
    (
        _must("zone", "The zone of the hours: an IANA name such as Europe/Zurich, or a fixed offset such as +01:00."),
        _must("open", "The open hours of each weekday, or 24x7 or 24x5."),
        _may("exceptions", "Single dates with other hours, or closed."),
        _must("holidays", "The public holidays on which nothing is open, or none."),
        _may("later", "What changes from a date on, in the order of the dates."),
        *CITED,
    ),
)
LATER: Final = Keys(
    "What changes about the calendar from a date on; all else stays.",
    (
        _must("from", "The first date of the change."),
        _may("open", "The open hours from then on."),
        _may("exceptions", "The single dates with other hours from then on."),
        _may("holidays", "The holidays from then on."),
        *CITED,
    ),
)
HOLIDAYS: Final = Keys(
    "Public holidays of a country or a part of it.",
    (
        _must("country", "The country's two letters: CH, DE, US."),
        _may("subdivision", "The canton, state or region: SG, BY, CA."),
        _must("years", "The years that are resolved: 2023-2035."),
        _may("add", "Further closed dates, each with its name."),
        _may("remove", "Holidays on which support is open all the same."),
    ),
)
FIELD: Final = Keys(
    "A field that cases, customers, contracts, services or linked tickets have.",
    (
        _must("type", "What its values are."),
        _may("of", "The values that it can have."),
        _may("fresh_for", "How long an observation counts as known; after that the value is unknown."),
        _may("confirmed_by", "Who must set or confirm the value before it holds; until then it is only proposed."),
        _may("when_missing", "The value where none was ever written."),
        *CITED,
    ),
)
SEVERITY: Final = Keys(
    "The levels, most severe first, and the table that gives them.",
    (
        _must("levels", "The levels with their labels, most severe first."),
        _must("until_classified", "What holds until the table gives a level: the reported severity, or one level."),
        _must("hit", "Whether at most one row may hold, or the first that holds decides."),
        _must("table", "Rows of conditions, each with the level that it gives."),
        _may("otherwise", "What holds where no row does: a level, or a person decides."),
        *CITED,
    ),
    cites=True,
)
ROW: Final = Keys(
    "A row of the severity table.",
    (
        _must("when", "Values that fields must have, all of them; a field that is left out may have any."),
        _must("gives", "The level."),
    ),
)
PLAN: Final = Keys(
    "What a customer can have bought.",
    (
        _must("calendar", "The calendar that `business` means for this plan, perhaps one for each severity."),
        _must("commitment", "How binding the targets are."),
        _may("also_called", "Other names under which the plan occurs in data."),
        *CITED,
    ),
)
CHANNEL: Final = Keys(
    "A way in which customers reach support.",
    (_must("included", "Who may use it: all, a list of plans, as each contract says, or unknown."), *CITED),
)
INTAKE: Final = Keys(
    "What a request of this type must bring along.",
    (
        _must("required", "The paths without which the intake is incomplete."),
        _may("wanted", "Paths that help and may be missing."),
        *CITED,
    ),
)
SCOPE: Final = Keys(
    "A reason for which a case is not covered.",
    (_must("when", "When the case is out of scope for this reason."), *CITED),
)
CLOCK: Final = Keys(
    "A promise: from a start to a stop within a target.",
    (
        _must("starts", "The event with which the clock comes into being."),
        _may("counts_from", "The event from which time is counted, where it is another than the start."),
        _must("stops", "The event that fulfils the promise; nothing else ends the clock."),
        _may("applies_if", "The clock applies unless this is false."),
        _may("pauses_while", "Time does not count while this is true; a clause or an interpretation must say so."),
        _may("target", "How long it may take."),
        _may("targets_by_severity", "How long it may take, for each severity."),
        _may("targets_by_plan", "How long it may take, for each plan, and there perhaps for each severity."),
        _may("owner", "The person who has to act; it makes the clock an obligation of theirs."),
        _may("runs", "Whether the clock runs once in a case, or each time it is started while no run is open."),
        _may("on_change", "What changes do to a run, where it is not what `defaults` say."),
        _may("on_reopen", "What becomes of a finished run when the case is reopened."),
        _may("days", "How days are counted, where it is not as `defaults` say."),
        _may("next_release", "What a frozen or a slipped release does to a target `next_release`."),
        _may("commitment", "How binding this clock is, where it is not as the plan says."),
        *CITED,
    ),
    cites=True,
)
RELEASE: Final = Keys(
    "How releases count for a target `next_release`.",
    (
        _must("frozen", "Whether a frozen release is skipped or counts."),
        _must("slipped", "Whether the due time moves with a release that slips."),
    ),
)
PER_CONTRACT: Final = Keys(
    "The contract's own target.",
    (_must("per_contract", "The target of contracts that name none."),),
)
CREDIT: Final = Keys(
    "What a customer is given when a clock stops late.",
    (
        _must("clock", "The clock that counts."),
        _must("award", "What is given for each unit of lateness."),
        _must("for_each", "The unit of lateness; it names the calendar on which lateness is counted."),
        _must("count", "Whether only full units count, or also one that was begun."),
        _must("cap", "The most that is given, or none."),
        _must("add_to", "The date of the contract or customer that is moved."),
        *CITED,
    ),
    cites=True,
)
QUOTA: Final = Keys(
    "How much of something a plan allows in a window of time.",
    (
        _must("counts", "The event that is counted."),
        _may("counts_if", "It counts unless this is false."),
        _may("amount", "The attribute that is added up, instead of counting events."),
        _must("per", "Whose quota it is."),
        _may("carry_over", "Whether what is left goes over to the next window."),
        _must("window", "The window of time."),
        _must("allowed", "How much each plan allows."),
        _must("over", "Which target a case beyond the quota gets on its clocks."),
        *CITED,
    ),
    cites=True,
)
WINDOW: Final = Keys(
    "A window of time.",
    (
        _must("every", "Its length."),
        _must("starting", "Whether it begins with the calendar, or on the contract's own day."),
        _must("zone", "The zone in which it begins."),
    ),
)
GUARD: Final = Keys(
    "What must not be done, and while what holds.",
    (
        _must("forbids", "What must not be done."),
        _must("while", "It is forbidden unless this is false."),
        _may("except_reasons", "Close reasons that the guard lets through."),
        *CITED,
    ),
    cites=True,
)
QUEUE: Final = Keys(
    "In which order work is taken up.",
    (
        _must("order", "What comes first: conditions that are true, severity, due time, opening; the first decides."),
        _may("at_once", "How many cases are worked on at one time."),
        _may("per", "For whom `at_once` holds."),
        *CITED,
    ),
)
RULE: Final = Keys(
    "What is done, and when.",
    (
        _may("when", "It fires when this turns true; with `each`, the event counts only where this is true."),
        _may("each", "It fires for every such event."),
        _must("then", "What is done, in order."),
        _may("about", "The record that the rule looks at; without it, a case."),
        _may("priority", "Which rule wins where two want different values at once: the higher; without it, 0."),
        _may("repeat", "It fires again and again while the condition stays true."),
        _may("limit", "How often it fires at most."),
        _may("over", "`person`: it may change what a person determined."),
        _may("even_if_over", "`yes`: its actions go out although the condition no longer holds."),
        _may("deliver", "Messages wait for these hours."),
        _may("if_unsupported", "What is done where the helpdesk cannot do an action."),
        *CITED,
    ),
    cites=True,
)
REPEAT: Final = Keys(
    "Firing again while the condition stays true.",
    (
        _must("every", "The interval."),
        _must("first", "Whether it fires at once or after the first interval."),
        _may("reset_by", "The event that begins the interval anew."),
        _may("from", "The path with the instant from which intervals count."),
        _may("catch_up", "What is done after an outage about firings that were missed."),
    ),
)
LIMIT: Final = Keys(
    "How often a rule fires at most.",
    (
        _must("times", "How often."),
        _may("per", "In the last so long; without it, in the life of the case."),
    ),
)
DELIVER: Final = Keys(
    "When messages go out.",
    (_must("in_hours", "The calendar in whose open hours they go out; `business` is the case's own."),),
)
TEXT: Final = Keys(
    "A message with a subject.",
    (
        _must("subject", "The subject line."),
        _must("body", "The text; `{{ PATH }}` shows a value."),
    ),
)
INTERPRETATION: Final = Keys(
    "The reading that was chosen where the policy can be read in several ways.",
    (
        _must("reading", "The reading in words; `open` leaves the question open, and nothing that rests on it acts."),
        _must("by", "Who decided."),
        _must("decided", "The date of the decision."),
        _must("reason", "Why this reading."),
        _may("supersedes", "Clauses that this reading overrules."),
        _may("others", "The readings that were not chosen, each as changes at places of this file."),
        _may("note", "A remark for readers; it has no effect."),
    ),
)
CONDITION: Final = Keys(
    "All entries must hold.",
    (
        _may("all", "All conditions of the list hold."),
        _may("any", "At least one condition of the list holds."),
        _may("not", "The one entry does not hold; unknown stays unknown."),
        _may("happened", "An event has happened, often enough and lately enough."),
        _may("since", "So much time has passed since an instant, or not yet."),
        _may("until", "At most so much time is left until an instant, or more."),
    ),
)
INSTANT: Final = Keys(
    "An instant, named by what lies there.",
    (
        _may("first", "The first time that the event happened."),
        _may("last", "The last time that the event happened."),
        _may("due", "When the clock is due; there is none once it has stopped or while it is paused."),
        _may("started", "When the clock started."),
        _may("stopped", "When the clock stopped."),
        _may("at", "The instant that stands at a path."),
    ),
)
SINCE: Final = Keys(
    "Time that has passed since an instant.",
    (
        *INSTANT.entries,
        _may("at_least", "True from so long after the instant on."),
        _may("less_than", "True until so long after the instant."),
    ),
)
UNTIL: Final = Keys(
    "Time that is left until an instant.",
    (
        *INSTANT.entries,
        _may("at_most", "True from so long before the instant on, also after it."),
        _may("more_than", "True until so long before the instant."),
    ),
)
HAPPENED: Final = Keys(
    "An event that has happened.",
    (
        _must("event", "The event."),
        _may("times", "How often at least; without it, once."),
        _may("since", "Counted from this instant; without it, from the opening."),
        _may("in_last", "Counted over the last so long."),
        _may("apart", "Counted only where at least so long after the last one counted."),
        _may("different", "An attribute that must show so many different values."),
    ),
)
LINKS: Final = Keys(
    "Linked tickets of one kind.",
    (
        _may("some", "At least one of them is so."),
        _may("every", "There is one, and all of them are so."),
        _may("none", "None of them is so."),
        _may("count", "How many there are."),
    ),
)
TESTS: Final = Keys(
    "A test of the value at a path.",
    (
        _may("is", "It is this, or one of these."),
        _may("not", "It is known and is none of these."),
        _may("at_least", "It is this or more."),
        _may("at_most", "It is this or less."),
        _may("more_than", "It is more than this."),
        _may("less_than", "It is less than this."),
        _may("contains", "The text contains this, in upper or lower case."),
        _may("matches", "The regular expression (RE2) fits somewhere in the text, in upper or lower case."),
        _may("has_any", "The set has at least one of these."),
        _may("has_all", "The set has all of these."),
        _may("has_none", "The set has none of these."),
        _may("in_hours", "It lies in the open hours of this calendar; `business` is the case's own."),
        _may("same_as", "It is equal to the value at another path."),
        _may("known", "Whether there is a fresh value at all."),
        _may("for", "It has been so for so long, without a break."),
    ),
)
DIFFERENT: Final = Keys(
    "An attribute and how many different values of it there must be.",
    (
        _may("via", "So many different channels."),
        _may("by", "So many different senders."),
        _may("to", "So many different recipients."),
        _may("language", "So many different languages."),
        _may("template", "So many different messages of ours."),
        _may("reason", "So many different reasons."),
        _may("change", "So many different changes of plan."),
    ),
)
ATTRIBUTES: Final = Keys(
    "What an entry of the history says of itself.",
    (
        _may("by", "Who: customer, agent (a person on our side), automation, or one of `people`."),
        _may("to", "To whom: customer, agent, automation, or one of `people`."),
        _may("via", "The channel."),
        _may("public", "Whether the customer sees it."),
        _may("automatic", "Whether a machine sent it."),
        _may("bounced", "Whether it came back undelivered."),
        _may("answered", "Whether the call was answered."),
        _may("text", "Its text."),
        _may("language", "Its language."),
        _may("template", "The message of this ruleset that it was."),
        _may("reason", "The close reason."),
        _may("change", "What happened to the plan."),
        _may("spent", "The time that was spent."),
    ),
)
EVENT_BECOMES: Final = Keys(
    "A condition that turns true.",
    (_must("becomes", "It happens each time that this turns true."), *CITED),
)
EVENT_TURNS: Final = Keys(
    "A clock that reaches a state.",
    (
        _must("clock", "The clock."),
        _must("turns", "What the clock does at that instant."),
        *CITED,
    ),
)
EVENT_ALL: Final = Keys(
    "Several events together.",
    (
        _must("all", "It happens with the last of these events."),
        _may("within", "All of them lie within so long."),
        _may("order", "Whether they must happen in the order of the list."),
        *CITED,
    ),
)
EVENT_ANY: Final = Keys(
    "One of several events.",
    (_must("any", "It happens with each of these events."), *CITED),
)
EVENT_ENTRY: Final = Keys(
    "An entry of the history.",
    (
        _must("kind", "It happens when an entry of this kind, or one of these kinds, stands in the history."),
        *ATTRIBUTES.entries,
        *CITED,
    ),
)
ACTIONS: Final = Keys(
    "One thing that is done.",
    (
        _may("set", "Want a value at a path; on `links.KIND.FIELD`, on all linked tickets."),
        _may("classify", "Forget the severity that was set by hand: the table's holds again."),
        _may("assign", "Want this assignee."),
        _may("tag", "Want tags added and taken away."),
        _may("close", "Close the case with a reason."),
        _may("reopen", "Reopen the case, or what else where the helpdesk cannot."),
        _may("reply", "Send this message to the customer, in the recipient's language, on the case's channel."),
        _may("note", "Write this message as an internal note."),
        _may("ask", "Ask the customer for data."),
        _may("notify", "Send a message to a person, a team or a webhook."),
        _may("publish", "Show a message on the status page of a service."),
        _may("link", "Create a linked ticket, or link one that exists."),
    ),
)
TAG: Final = Keys(
    "Tags to add and to take away.",
    (_may("add", "Tags to add."), _may("remove", "Tags to take away.")),
)
ASK: Final = Keys(
    "A request to the customer for data.",
    (
        _must("fields", "`missing`: what the intake lacks; or the paths that are asked for."),
        _must("message", "The message in which it is asked."),
    ),
)
NOTIFY: Final = Keys(
    "A message to a person, a team or a webhook.",
    (
        _must("who", "Who gets it; `owner` is the owner of the clock of which the rule speaks."),
        _must("message", "The message."),
    ),
)
PUBLISH: Final = Keys(
    "A message on a status page.",
    (_must("message", "The message."), _must("service", "The service on whose page it is shown.")),
)
LINK: Final = Keys(
    "A linked ticket.",
    (
        _must("kind", "The kind of link."),
        _may("create", "Create a ticket with these fields."),
        _may("to", "Link the ticket whose id stands at this path."),
    ),
)
FROM: Final = Keys("A value that is copied.", (_must("from", "The path from which the value is copied."),))
