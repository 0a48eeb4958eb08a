"""The closed words of scenario tests, each with what it means: hover texts for editors.

A test holds every list here against the one that the reader knows.
"""

from typing import Final

from casewarden.ruleset import keys as ruleset_keys
from casewarden.ruleset import words

Words = dict[str, str]

ONLY_YES: Final[Words] = {"yes": "It is so; where it is not, the key is left out."}
NONE: Final[Words] = {"none": "There is none."}
UNKNOWN: Final[Words] = {"unknown": "Nothing is known of it."}
AUTOMATIC: Final[Words] = {
    "yes": "A machine sent it.",
    "no": "A person sent it.",
    "unclear": "It only looks as if a machine had sent it.",
}
ABOUT: Final[Words] = {"case": "A case, as without the key.", "customer": "A customer, with plan and contract."}
SEVERITY_BY: Final[Words] = {
    "person": "A person set it.",
    "rule": "A rule set it.",
    "table": "The severity table gives it.",
    "reported": "The reporter said so, and nothing else decided yet.",
    "none": "No severity is in force.",
}
REVISION: Final[Words] = {
    "binds": "The case was opened when it was in force, or it binds all cases.",
    "does_not_bind": "The case was opened before, and keeps the terms of then.",
}
CLOCK_STATES: Final[Words] = {**words.CLOCK_STATES, "cancelled": "It ended without being met or missed."}
WITHHELD: Final[Words] = {
    "guard": "A guard forbade it.",
    "limit": "The rule had fired as often as it may.",
    "would_have_fired": "It became known too late to act on.",
    "conflict": "Another rule wanted something else there.",
    "sequence": "An action before it in the same rule was held back.",
    "person_determined": "A person had decided the value.",
    "unknown_value": "The value that it was to take from elsewhere was not known.",
    "withdrawn": "Its condition no longer held when it was to go out.",
    "rejected": "The helpdesk rejected it.",
}
ACTIONS: Final[Words] = {entry.name: entry.about for entry in ruleset_keys.ACTIONS.entries}
ALERTS: Final[Words] = {
    "rule_loop": "Rules undo each other without end.",
    "rule_conflict": "Rules of equal priority want different values.",
}
CORRECTIONS: Final[Words] = {
    "deadline": "The due time of a clock.",
    "credit": "A credit that was posted.",
    "quota": "A place in a quota that was granted.",
}
LEDGER_STATES: Final[Words] = {
    "accruing": "It still grows, since its clock has not stopped.",
    "posted": "Its clock stopped late, and it is given.",
}
