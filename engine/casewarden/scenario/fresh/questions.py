"""What a blank ruleset asks: each question with its key, its words, and the default that is offered."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

Answers = Mapping[str, str]
"""Answers by key, as they were written. `first_response.PLAN` beats `first_response`."""

NONE: Final = "none"
_FIRST_YEAR: Final = 2026
_OBJECTIVES: Final = ("1 business hour", "4 business hours", "1 business day", "2 business days")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `default` makes the offered answer of those given before, `says` tells what may be answered."""

    key: str
    asks: str
    says: str
    default: Callable[[Answers], str]


def listed(answer: str) -> list[str]:
    """The items of an answer that is a list with commas; `none` has none."""
    items = [item.strip() for item in answer.split(",")]
    return [] if items == [NONE] else items


def plans_of(answers: Answers) -> dict[str, bool]:
    """The plans of the answer, each with whether it is served round the clock (`premium 24x7`)."""
    named = {}
    for item in listed(answers["plans"]):
        name, _, hours = item.rpartition(" ")
        named[name.strip() if hours == "24x7" and name else item] = hours == "24x7" and bool(name)
    return named


def _always(default: str) -> Callable[[Answers], str]:
    return lambda _: default


def _years(answers: Answers) -> str:
    """Ten years from the one in which the ruleset begins to bind."""
    begins = answers["from"][:4]
    first = int(begins) if begins.isdecimal() else _FIRST_YEAR
    return f"{first}-{first + 9}"


def _objectives(answers: Answers) -> str:
    """One target for each severity, longer ones for lesser levels."""
    count = max(1, len(listed(answers["severities"])))
    return ", ".join(_OBJECTIVES[min(index, len(_OBJECTIVES) - 1)] for index in range(count))


def _warning(answers: Answers) -> str:
    """Nobody is warned of a time that is not promised."""
    targets = [item for key, answer in answers.items() if key.startswith("first_response") for item in listed(answer)]
    return "30 minutes" if any(" " in target for target in targets) else NONE


def _first_response(plan: str | None) -> Question:
    key = "first_response" if plan is None else f"first_response.{plan}"
    of = "" if plan is None else f" of the plan {plan}"
    says = "one target for all, or one for each severity with commas: `4 business hours`, `30 elapsed minutes`,"
    return Question(key, f"First response{of} within", f"{says} `best_effort`, `none`", _objectives)


def questions(today: str) -> tuple[Question, ...]:
    """All questions in order; `today`, as `2026-01-31`, is when the ruleset binds from if nothing else is said.

    What a plan's own targets are is asked where `first_response` stands here, once for each plan: see `own_questions`.
    """
    return (
        Question("name", "Name of the ruleset", "lower case letters, digits and `_`", _always("support")),
        Question("from", "Binding for cases from", "a date, `2026-01-31`", _always(today)),
        Question("zone", "Time zone of the office", "as `Europe/Berlin`, or an offset as `+01:00`", _always("UTC")),
        Question(
            "hours",
            "Open hours",
            "`mon-thu 08:00-12:00 13:00-17:00, fri 08:00-12:00`, `24x5` or `24x7`",
            _always("mon-fri 09:00-17:00"),
        ),
        Question(
            "holidays",
            "Public holidays of",
            "a country as `DE`, with its subdivision as `DE-BE`, or `none`",
            _always(NONE),
        ),
        Question("years", "Holidays of the years", "`2026-2035`", _years),
        Question("language", "Language of messages to the team", "a code as `en`, `de`, `pt-BR`", _always("en")),
        Question("days", "A business day is", "`end_of_day`, `same_time` or `open_hours`", _always("end_of_day")),
        Question(
            "origin", "A start in closed time counts from", "its own `date`, or the `next_opening`", _always("date")
        ),
        Question(
            "boundary", "A deadline that falls on closing time is", "`closing` or `next_opening`", _always("closing")
        ),
        Question(
            "on_change",
            "When severity, plan or contract change, running clocks",
            "`keep`, `retarget`, `restart` or `segments`",
            _always("retarget"),
        ),
        Question(
            "severities",
            "Severities, most severe first",
            "names with commas, or `none`",
            _always("critical, major, minor"),
        ),
        Question(
            "plans",
            "Plans, the usual one first",
            "names with commas, `premium 24x7` for one that is served at all hours, or `none`",
            _always("standard"),
        ),
        _first_response(None),
        Question(
            "resolution",
            "Resolution within",
            "one target for all, or one for each severity with commas",
            _always("best_effort"),
        ),
        Question(
            "pauses",
            "The time for resolution pauses while a case is",
            "`waiting_on_customer`, `on_hold`, both with a comma, or `none`",
            _always(NONE),
        ),
        Question(
            "warning",
            "Tell whoever is on call before a response is due",
            "how long before, as `30 minutes` or `1 business hour`; or `none`",
            _warning,
        ),
    )


def own_questions(question: Question, answers: Answers) -> Iterator[Question]:
    """Yield what is to be asked of a question: nothing where it does not arise, one for each plan there is."""
    if question.key == "years" and answers["holidays"] == NONE:
        return
    plans = list(plans_of(answers)) if question.key == "first_response" else []
    if not plans:
        yield question
    for plan in plans:
        yield _first_response(plan)
