"""The names and types of a ruleset for reading what speaks of it: the same readers check tests and rulesets."""

from collections.abc import Iterable, Mapping

from casewarden.ruleset.diagnostics import Diagnostics, HasPlace, Place
from casewarden.ruleset.forms import Context
from casewarden.ruleset.names import Names, Sort
from casewarden.ruleset.syntax import Cited, Interpretation, Ruleset


def vocabulary(ruleset: Ruleset, diagnostics: Diagnostics) -> Context:
    """A reading context that knows all that the ruleset declares."""
    names = Names()
    nowhere = Place(ruleset.files[0] if ruleset.files else ruleset.name, 1, 1, 1, 1)

    def declare(sort: Sort, declared: Mapping[str, Cited | HasPlace | Interpretation]) -> None:
        names.declared[sort] = {name: one.place for name, one in declared.items()}

    def name(sort: Sort, words: Iterable[str]) -> None:
        names.declared[sort] = dict.fromkeys(words, nowhere)

    declare(Sort.CALENDAR, {key: one.cited for key, one in ruleset.calendars.items()})
    plans = ruleset.plans.values()  # tests may use the names of plans that occur in data
    declare(Sort.PLAN, {name: one.cited for one in plans for name in (one.name, *one.also_called)})
    declare(Sort.CHANNEL, {key: one.cited for key, one in ruleset.channels.items()})
    declare(Sort.REQUEST_TYPE, {key: one.cited for key, one in ruleset.intake.items()})
    declare(Sort.SCOPE, {key: one.cited for key, one in ruleset.scope.items()})
    declare(Sort.EVENT, {key: one.cited for key, one in ruleset.events.items()})
    declare(Sort.CLOCK, {key: one.cited for key, one in ruleset.clocks.items()})
    declare(Sort.CREDIT, {key: one.cited for key, one in ruleset.credits.items()})
    declare(Sort.QUOTA, {key: one.cited for key, one in ruleset.quotas.items()})
    declare(Sort.GUARD, {key: one.cited for key, one in ruleset.guards.items()})
    declare(Sort.RULE, {key: one.cited for key, one in ruleset.rules.items()})
    declare(Sort.MESSAGE, {key: one.cited for key, one in ruleset.messages.items()})
    declare(Sort.INTERPRETATION, ruleset.interpretations)
    name(Sort.PERSON, ruleset.people)
    name(Sort.REASON, ruleset.close_reasons)
    name(Sort.LEVEL, ruleset.severity.levels if ruleset.severity else ())
    records = [path.split(".") for path in ruleset.fields]
    name(Sort.SERVICE, dict.fromkeys(parts[1] for parts in records if parts[0] == "service"))
    name(Sort.LINK_KIND, dict.fromkeys(parts[1] for parts in records if parts[0] == "links"))
    names.field_paths = {path: one.cited.place for path, one in ruleset.fields.items()}
    context = Context(diagnostics, names, dict(ruleset.fields))
    context.required_paths = tuple(
        dict.fromkeys(path.text for intake in ruleset.intake.values() for path in intake.required)
    )
    context.zone = ruleset.calendars[ruleset.defaults.calendar].spec.zone
    return context
