"""The keys of scenario tests, each with what it says: hover texts for editors.

A test holds every list here against the one that the reader knows.
"""

from typing import Final

from casewarden.ruleset import catalogue
from casewarden.ruleset.key import CITED, Keys, may, must
from casewarden.ruleset.keys import ACTIONS, ATTRIBUTES, TESTS

FILE: Final = Keys(
    "Scenario tests of one ruleset: cases played in virtual time.",
    (
        must("casewarden_test", "The version of the format: 1. It makes the file one of scenario tests."),
        must("ruleset", "The file of the ruleset under test; its path counts from this file."),
        must("zone", "The zone of all times that are written without an offset."),
        may(
            "customers", "A customer directory, from which tests take their customers; its path counts from this file."
        ),
        may("given", "What is known at the opening, in every test of this file."),
        must("tests", "The tests by name."),
        may("accepted_mutants", "Mutants that change nothing: the id that `--mutate` shows, and the reason."),
    ),
)
TEST: Final = Keys(
    "One test: what is known at first, what happens when, and what must hold.",
    (
        *CITED,
        may("readings", "Plays the test under a reading that was not chosen: the interpretation and the reading."),
        may("about", "Whose record the timeline is; without it, a case's."),
        may("live_from", "When the engine first sees the record; what was so before is no news."),
        may("customer", "Whose case or record it is: a customer of the directory, with plan, contract and contacts."),
        may("reporter", "Who opens the case: the id of a contact, or of somebody who is none."),
        may("given", "What is known at the opening; it goes before the file's own `given`, and before the directory."),
        must("timeline", "The steps, each later than the one before."),
    ),
)
STEP: Final = Keys(
    "One instant: what happens at it, and what must hold right after.",
    (
        may("at", "When the step is."),
        may("advance", "How long after the step before; a calendar word counts open time."),
        may("happened_at", "When the entries of this step happened, where they are learnt of only now."),
        may("expect", "What must hold at this instant."),
        may("message", "Somebody writes: a mail, a comment or a note."),
        may("call", "Somebody telephones."),
        may("opened", "The case is opened; it comes first, and once."),
        may("resolved", "The case is resolved."),
        may("closed", "The case is closed by somebody, not by a rule."),
        may("reopened", "The case is opened again by somebody, not by a rule."),
        may("plan", "The customer's plan starts, is renewed or ends."),
        may("work", "Time is booked on the case."),
        may("observed", "Somebody, or a machine, states values: what fields say from now on."),
        may("linked", "A linked ticket is there, or its fields are new."),
        may("unlinked", "A ticket is linked no longer."),
        may("release", "What is known of a release: planned, frozen or out."),
        may("granted", "What the customer's account answers about a quota."),
        may("claimed", "What other cases of the customer take of a quota."),
        may("reject", "The helpdesk refuses actions from now on."),
        may("watermark", "The history is complete up to an instant, and from now on only as far as watermarks say."),
    ),
)
_ABOUT: Final = {entry.name: entry.about for entry in ATTRIBUTES.entries} | {
    "by": "Who: customer, agent, automation, one of `people` (then a person on our side), or a list of both.",
    "public": "Whether the customer sees it; without it, yes.",
    "automatic": "Whether a machine sent it; `unclear` where that cannot be told. Without it, no.",
}
_REQUIRED: Final = {"plan": ("change",), "work": ("by", "spent")}


def history_entry(kind: str) -> Keys:
    """The keys of an entry that rulesets select by kind and attributes."""
    needed = _REQUIRED.get(kind, ("by",))
    entries = tuple((must if name in needed else may)(name, _ABOUT[name]) for name in catalogue.ENTRY_KINDS[kind])
    about = next(entry.about for entry in STEP.entries if entry.name == kind)
    return Keys(about, entries)


OBSERVED: Final = Keys(
    "Values that somebody states, by path.",
    (
        may("by", "Who states it; without it, a machine."),
        may("determined", "`yes`: a person decides it so, and rules leave it alone unless they may go over persons."),
        may("reason", "Why, in the words of who states it."),
    ),
)
LINKED: Final = Keys(
    "A linked ticket.",
    (
        must("kind", "The kind of link, as in `links.KIND` of the ruleset."),
        must("id", "The ticket's id; the same id is the same ticket."),
        may("fields", "What its fields say."),
    ),
)
UNLINKED: Final = Keys("A ticket that is linked no longer.", LINKED.entries[:2])
RELEASE: Final = Keys(
    "What is known of a release.",
    (
        must("name", "Its name; the same name is the same release."),
        may("planned", "When it is to come out."),
        may("frozen", "Whether it is frozen."),
        may("released", "`yes`: it is out."),
    ),
)
GRANTED: Final = Keys(
    "What the customer's account answers about a quota.",
    (
        must("quota", "The quota."),
        must("is", "Whether this case is within it."),
        may("left", "How much of it is left."),
    ),
)
CLAIMED: Final = Keys(
    "What other cases of the customer take of a quota.",
    (
        must("quota", "The quota."),
        must("at", "When they claim; at one instant they come before the case of the test."),
        may("times", "How many of them; without it, one."),
    ),
)
WATERMARK: Final = Keys(
    "How far the history is complete.",
    (must("through", "Nothing is missing up to this instant."),),
)
REJECT: Final = Keys(
    "What the helpdesk refuses from now on: the actions, of one rule or of all, of one kind or of any.",
    (
        may("rule", "The rule whose actions it refuses; without it, those of all rules."),
        may("action", "The kind of action that it refuses; without it, any."),
        must("reason", "Why, in the helpdesk's words."),
    ),
)
EXPECT: Final = Keys(
    "What must hold at this instant: values by path, and what the engine has done since the last `expect`.",
    (
        may("severity_by", "Whence the severity in force comes."),
        may("clocks", "How clocks stand, by name; of each its newest run."),
        may("actions", "Actions decided since the last `expect`; each item finds one of its own."),
        may("nothing_else", "`yes`: no actions were decided but those listed."),
        may("withheld", "What was held back since the last `expect`."),
        may("ledger", "Every credit entry so far, or `none`."),
        may("alerts", "Alerts raised since the last `expect`."),
        may("corrections", "Corrections put up for approval since the last `expect`."),
        may("queue", "What the queue looks at for this case, item by item, or `none` where no work waits."),
        may("revision", "Whether the terms of this revision are those of the case."),
        may("next_wakeup", "When the engine asks to be woken next, or `none`."),
    ),
)
CLOCK: Final = Keys(
    "How one run of a clock stands; what is left out may be anything.",
    (
        may("state", "Its state."),
        may("due", "When it is due, or `none`."),
        may("started", "When it started."),
        may("stopped", "When it stopped, or `none`."),
        may("remaining", "The open time that is left, in minutes or hours."),
        may("used", "The share of the target that is used up, or bounds of it."),
        may("target", "The target as the ruleset writes it, such as `2 business hours`."),
        may("owner", "The person who has to act."),
        may("reason", "Why it does not apply, pauses, or has no due time, in the engine's words."),
        may("run", "Which run is meant, counted from 1; without it, the newest."),
    ),
)
ACTION: Final = Keys(
    "An action that was decided: who decided it, what it is, what it says. What is left out may be anything.",
    (
        may("rule", "The rule that decided it."),
        *ACTIONS.entries,
        may("language", "The language of its message."),
        may("says", "A text that its message contains, or several."),
        may("at", "When it was decided."),
        may("deliver_at", "When it goes out, where it waits for its hours."),
        may("provisional", "Whether it was decided before the history was complete."),
        may("late", "Whether it was decided later than it was right to."),
        may("times", "So many such actions; without it, one."),
    ),
)
WITHHELD: Final = Keys(
    "Something that was held back.",
    (
        may("rule", "The rule that wanted it."),
        may("why", "What held it back."),
        may("says", "A text that the explanation contains."),
    ),
)
LEDGER: Final = Keys(
    "A credit.",
    (
        must("credit", "The credit's name in the ruleset."),
        may("days", "How many days it gives."),
        may("state", "How far it is."),
        may("arithmetic", "How it was worked out, in the engine's words."),
    ),
)
ALERT: Final = Keys(
    "Something that was raised for a person to look at.",
    (must("kind", "What it is about."), may("says", "A text that it contains.")),
)
CORRECTION: Final = Keys(
    "Something that late knowledge changes, for a person to approve.",
    (must("kind", "What would change."), may("says", "A text that it contains.")),
)
_BOUND_WORDS: Final = ("at_least", "at_most", "more_than", "less_than")
SHARE: Final = Keys("Bounds of a share.", tuple(entry for entry in TESTS.entries if entry.name in _BOUND_WORDS))
