"""The keys of conditions, events and actions, each with what it says; `casewarden.ruleset.keys` offers them all."""

from typing import Final

from casewarden.ruleset.key import CITED, Keys, may, must

CONDITION: Final = Keys(
    "All entries must hold.",
    (
        may("all", "All conditions of the list hold."),
        may("any", "At least one condition of the list holds."),
        may("not", "The one entry does not hold; unknown stays unknown."),
        may("happened", "An event has happened, often enough and lately enough."),
        may("since", "So much time has passed since an instant, or not yet."),
        may("until", "At most so much time is left until an instant, or more."),
    ),
)
INSTANT: Final = Keys(
    "An instant, named by what lies there.",
    (
        may("first", "The first time that the event happened."),
        may("last", "The last time that the event happened."),
        may("due", "When the clock is due; there is none once it has stopped or while it is paused."),
        may("started", "When the clock started."),
        may("stopped", "When the clock stopped."),
        may("at", "The instant that stands at a path."),
    ),
)
SINCE: Final = Keys(
    "Time that has passed since an instant.",
    (
        *INSTANT.entries,
        may("at_least", "True from so long after the instant on."),
        may("less_than", "True until so long after the instant."),
    ),
)
UNTIL: Final = Keys(
    "Time that is left until an instant.",
    (
        *INSTANT.entries,
        may("at_most", "True from so long before the instant on, also after it."),
        may("more_than", "True until so long before the instant."),
    ),
)
HAPPENED: Final = Keys(
    "An event that has happened.",
    (
        must("event", "The event."),
        may("times", "How often at least; without it, once."),
        may("since", "Counted from this instant; without it, from the opening."),
        may("in_last", "Counted over the last so long."),
        may("apart", "Counted only where at least so long after the last one counted."),
        may("different", "An attribute that must show so many different values."),
    ),
)
LINKS: Final = Keys(
    "Linked tickets of one kind.",
    (
        may("some", "At least one of them is so."),
        may("every", "There is one, and all of them are so."),
        may("none", "None of them is so."),
        may("count", "How many there are."),
    ),
)
TESTS: Final = Keys(
    "A test of the value at a path.",
    (
        may("is", "It is this, or one of these."),
        may("not", "It is known and is none of these."),
        may("at_least", "It is this or more."),
        may("at_most", "It is this or less."),
        may("more_than", "It is more than this."),
        may("less_than", "It is less than this."),
        may("contains", "The text contains this, in upper or lower case."),
        may("matches", "The regular expression (RE2) fits somewhere in the text, in upper or lower case."),
        may("has_any", "The set has at least one of these."),
        may("has_all", "The set has all of these."),
        may("has_none", "The set has none of these."),
        may("in_hours", "It lies in the open hours of this calendar; `business` is the case's own."),
        may("same_as", "It is equal to the value at another path."),
        may("known", "Whether there is a fresh value at all."),
        may("for", "It has been so for so long, without a break."),
    ),
)
DIFFERENT: Final = Keys(
    "An attribute and how many different values of it there must be.",
    (
        may("via", "So many different channels."),
        may("by", "So many different senders."),
        may("to", "So many different recipients."),
        may("language", "So many different languages."),
        may("template", "So many different messages of ours."),
        may("reason", "So many different reasons."),
        may("change", "So many different changes of plan."),
    ),
)
ATTRIBUTES: Final = Keys(
    "What an entry of the history says of itself.",
    (
        may("by", "Who: customer, agent (a person on our side), automation, or one of `people`."),
        may("to", "To whom: customer, agent, automation, or one of `people`."),
        may("via", "The channel."),
        may("public", "Whether the customer sees it."),
        may("automatic", "Whether a machine sent it."),
        may("bounced", "Whether it came back undelivered."),
        may("answered", "Whether the call was answered."),
        may("text", "Its text."),
        may("language", "Its language."),
        may("template", "The message of this ruleset that it was."),
        may("reason", "The close reason."),
        may("change", "What happened to the plan."),
        may("plan", "The plan that starts, is renewed or ends."),
        may("spent", "The time that was spent."),
    ),
)
EVENT_BECOMES: Final = Keys(
    "A condition that turns true.",
    (must("becomes", "It happens each time that this turns true."), *CITED),
)
EVENT_TURNS: Final = Keys(
    "A clock that reaches a state.",
    (
        must("clock", "The clock."),
        must("turns", "What the clock does at that instant."),
        *CITED,
    ),
)
EVENT_ALL: Final = Keys(
    "Several events together.",
    (
        must("all", "It happens with the last of these events."),
        may("within", "All of them lie within so long."),
        may("order", "Whether they must happen in the order of the list."),
        *CITED,
    ),
)
EVENT_ANY: Final = Keys(
    "One of several events.",
    (must("any", "It happens with each of these events."), *CITED),
)
EVENT_ENTRY: Final = Keys(
    "An entry of the history.",
    (
        must("kind", "It happens when an entry of this kind, or one of these kinds, stands in the history."),
        *ATTRIBUTES.entries,
        *CITED,
    ),
)
ACTIONS: Final = Keys(
    "One thing that is done.",
    (
        may("set", "Want a value at a path; on `links.KIND.FIELD`, on all linked tickets."),
        may("classify", "Forget the severity that was set by hand: the table's holds again."),
        may("assign", "Want this assignee."),
        may("tag", "Want tags added and taken away."),
        may("close", "Close the case with a reason."),
        may("reopen", "Reopen the case, or what else where the helpdesk cannot."),
        may("reply", "Send this message to the customer, in the recipient's language, on the case's channel."),
        may("note", "Write this message as an internal note."),
        may("ask", "Ask the customer for data."),
        may("notify", "Send a message to a person, a team or a webhook."),
        may("publish", "Show a message on the status page of a service."),
        may("link", "Create a linked ticket, or link one that exists."),
    ),
)
TAG: Final = Keys(
    "Tags to add and to take away.",
    (may("add", "Tags to add."), may("remove", "Tags to take away.")),
)
ASK: Final = Keys(
    "A request to the customer for data.",
    (
        must("fields", "`missing`: what the intake lacks; or the paths that are asked for."),
        must("message", "The message in which it is asked."),
    ),
)
NOTIFY: Final = Keys(
    "A message to a person, a team or a webhook.",
    (
        must("who", "Who gets it; `owner` is the owner of the clock of which the rule speaks."),
        must("message", "The message."),
    ),
)
PUBLISH: Final = Keys(
    "A message on a status page.",
    (must("message", "The message."), must("service", "The service on whose page it is shown.")),
)
LINK: Final = Keys(
    "A linked ticket.",
    (
        must("kind", "The kind of link."),
        may("create", "Create a ticket with these fields."),
        may("to", "Link the ticket whose id stands at this path."),
    ),
)
FROM: Final = Keys("A value that is copied.", (must("from", "The path from which the value is copied."),))
