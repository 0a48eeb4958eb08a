"""The keys of a customer directory, each with what it says: the reader, the schema and editors' hover texts."""

from typing import Final

from casewarden.ruleset.key import Keys, may, must

_FROM: Final = "The first day, from its beginning, or an instant."
_UNTIL: Final = "The last day, to its end, or an instant; without it there is no end."

FILE: Final = Keys(
    "A customer directory: customers with their plans, contracts, contacts and licences.",
    (
        must("casewarden_customers", "The version of the format: 1. It makes the file a customer directory."),
        must("ruleset", "The ruleset whose plans, calendars and fields it speaks of; its path counts from this file."),
        must("zone", "The zone of all days, and of times that are written without an offset."),
        must("customers", "The customers by their ids: those that the helpdesk, or the fact `customer.id`, says."),
    ),
)
CUSTOMER: Final = Keys(
    "One customer.",
    (
        may("name", "Its name; it becomes `customer.name` where the ruleset has that field."),
        may("language", "The language in which it is written to, unless a contact has another."),
        may("subscriptions", "Its plans, one at a time."),
        may("contract", "What its contract says otherwise than its plan, one at a time."),
        may("contacts", "Who of it may ask for support, and who may not; anybody else may not."),
        may("licences", "How many licences it has, or the licences with their dates."),
        may("services", "The services that it uses; its cases hear of no other. Without it, of all."),
        may("facts", "Values of fields that the ruleset declares for customers and contracts, at all times."),
    ),
)
SUBSCRIPTION: Final = Keys(
    "A plan for a time.",
    (
        must("plan", "The plan, by its name in the ruleset or one of its other names."),
        must("from", _FROM),
        may("until", _UNTIL),
        may("term_start", "The first day of the contract's term; without it, that of the subscription."),
        may("term_end", "The last day of the contract's term; without it, that of the subscription."),
    ),
)
CONTRACT: Final = Keys(
    "What a contract says for a time; it goes before the plan.",
    (
        must("from", _FROM),
        may("until", _UNTIL),
        may("calendar", "Its own calendar, or one for each severity."),
        may("commitment", "How binding its promises are."),
        may("channels", "The channels that it includes."),
        may("targets", "Its own targets by clock, perhaps for each severity."),
        may("quotas", "What it allows of quotas that are `per_contract`; `licences` is as many as are valid."),
        may("facts", "Values of the contract's fields that the ruleset declares."),
    ),
)
CONTACT: Final = Keys(
    "A person of the customer.",
    (
        must("id", "The mail address, or the id in the helpdesk; capital and small letters are alike."),
        may("name", "The name, for readers."),
        may("authorised", "Whether this person may ask for support; without it, yes."),
        may("language", "The language in which this person is written to."),
        may("from", _FROM),
        may("until", _UNTIL),
    ),
)
LICENCE: Final = Keys(
    "A licence.",
    (must("id", "Its number or name."), may("from", _FROM), may("until", _UNTIL)),
)
