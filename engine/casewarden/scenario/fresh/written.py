"""The text of a blank ruleset made of answers, with comments that say what each part decides."""

import json
import re
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.format import format_text
from casewarden.scenario.fresh.questions import NONE, Answers, listed, plans_of

_PLAIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_./-]|(?<=[0-9]):(?=[0-9])|(?<=[A-Za-z0-9]) (?=[A-Za-z0-9]))*")
_DUE_SOON: Final = {
    "de": "{{ case.number }} braucht eine Antwort bis {{ clock.first_response.due_at }}.",
    "en": "{{ case.number }} needs an answer by {{ clock.first_response.due_at }}.",
    "fr": "{{ case.number }} attend une réponse avant {{ clock.first_response.due_at }}.",
}
_DAYS: Final = {
    "end_of_day": "a business day ends with the closing of the day counted to",
    "same_time": "a business day ends at the same time of the day counted to",
    "open_hours": "a business day is an open day's worth of hours",
}
_BOUNDARY: Final = {
    "closing": "a deadline on closing time is that closing time",
    "next_opening": "a deadline on closing time is the next opening",
}


class AnswerError(Exception):
    """An answer that cannot be put into a ruleset; the message says why, `fix` what would be right."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


def blank(answers: Answers) -> str:
    """The ruleset as text, in the common layout; AnswerError where an answer has no place in one."""
    name = answers["name"]
    id_ = clause_prefix(name)
    parts = [
        _head(answers, id_),
        _defaults(answers),
        "" if answers["warning"] == NONE else "people: [on_call]  # addresses stand in the configuration, not here\n",
        _calendars(answers),
        _severity(answers, id_),
        _plans(answers),
        _clocks(answers, id_),
        _warning(answers, id_),
    ]
    text = "\n".join(part for part in parts if part)
    return format_text(text, f"{name}.yaml", Diagnostics()) or text


def clause_prefix(name: str) -> str:
    """What the ids of the clauses begin with: the ruleset's name in capitals."""
    return re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-") or "CLAUSE"


def scalar(text: str) -> str:
    """A text as a YAML scalar, quoted unless it is plain beyond doubt."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _head(answers: Answers, id_: str) -> str:
    lines = [f"#   {id_}-{number} {what}" for number, what in _promises(answers).items()]
    return "\n".join(
        [
            f"# What {answers['name']} promises, and what is done about it.",
            "# Its clauses so far are these; write in their place the ids of your own policy.",
            *lines,
            f"#   casewarden check {answers['name']}.yaml    is it sound?",
            "#   casewarden test . --coverage    does it do what its tests say, and what do they leave out?",
            "casewarden: 1",
            f"ruleset: {scalar(answers['name'])}",
            f"revision: {{from: {scalar(answers['from'])}, binds: new_cases}}",
            "",
        ]
    )


def _promises(answers: Answers) -> dict[int, str]:
    said = {
        1: "how severe a case is",
        2: "the first response",
        3: "the resolution",
        4: "the warning before a response is due",
    }
    if not listed(answers["severities"]):
        del said[1]
    if answers["warning"] == NONE:
        del said[4]
    return said


def _defaults(answers: Answers) -> str:
    plans = list(plans_of(answers))
    change = scalar(answers["on_change"])
    closing = _BOUNDARY.get(answers["boundary"], "deadlines on closing time")
    return "\n".join(
        [
            "# What holds where an element says nothing of its own.",
            "defaults:",
            "  calendar: office",
            f"  language: {scalar(answers['language'])}",
            *([f"  plan: {scalar(plans[0])}  # of customers of whom no plan is known"] if plans else []),
            f"  # {_DAYS.get(answers['days'], 'what a business day is')}",
            f"  days: {{mode: {scalar(answers['days'])}, origin: {scalar(answers['origin'])}}}",
            f"  boundary: {scalar(answers['boundary'])}  # {closing}",
            f"  on_change: {{severity: {change}, plan: {change}, contract: {change}}}  # of running clocks",
            "",
        ]
    )


def _calendars(answers: Answers) -> str:
    zone = scalar(answers["zone"])
    lines = [
        f"calendars:\n  office: {{zone: {zone}, open: {_hours(answers['hours'])}, holidays: {_holidays(answers)}}}"
    ]
    if any(plans_of(answers).values()):
        lines.append(f"  always: {{zone: {zone}, open: 24x7, holidays: none}}")
    return "\n".join(lines) + "\n"


def _hours(answer: str) -> str:
    if answer in ("24x7", "24x5"):
        return answer
    found: dict[str, str] = {}
    for item in listed(answer):
        days, *stretches = item.split()
        if not stretches or days in found:
            message = f"`{item}` names no hours" if not stretches else f"`{days}` is said twice"
            raise AnswerError(message, "write days and hours: `mon-fri 09:00-17:00`")
        hours = [scalar(stretch) for stretch in stretches]
        found[days] = hours[0] if len(hours) == 1 else f"[{', '.join(hours)}]"
    return "{" + ", ".join(f"{scalar(days)}: {hours}" for days, hours in found.items()) + "}"


def _holidays(answers: Answers) -> str:
    country, _, subdivision = answers["holidays"].partition("-")
    if country == NONE:
        return NONE
    within = f", subdivision: {scalar(subdivision)}" if subdivision else ""
    return f"{{country: {scalar(country)}{within}, years: {scalar(answers['years'])}}}"


def _severity(answers: Answers, id_: str) -> str:
    levels = listed(answers["severities"])
    if not levels:
        return ""
    said = ", ".join(f"{scalar(level)}: {scalar(level.replace('_', ' ').capitalize())}" for level in levels)
    rows = [f"    - {{when: {{case.urgency: {scalar(level)}}}, gives: {scalar(level)}}}" for level in levels]
    return "\n".join(
        [
            "# So far a level is what a person says. Declare instead what you observe (what is down, for how many,",
            "# a way around it), and let the rows tell the level from that; the checker lists what they leave out.",
            f"fields: {{case: {{urgency: {{type: choice, of: [{', '.join(map(scalar, levels))}]}}}}}}",
            "",
            "severity:",
            f"  clause: [{id_}-1]",
            f"  levels: {{{said}}}  # most severe first",
            "  until_classified: reported  # what the customer said",
            "  hit: unique",
            "  table:",
            *rows,
            "",
        ]
    )


def _plans(answers: Answers) -> str:
    plans = plans_of(answers)
    if not plans:
        return ""
    if len(plans) < len(listed(answers["plans"])):
        raise AnswerError("a plan is named twice", "name each plan once")
    lines = [
        f"  {scalar(plan)}: {{calendar: {'always' if always else 'office'}, commitment: slo}}"
        for plan, always in plans.items()
    ]
    return "\n".join(["plans:", *lines, ""])


def _clocks(answers: Answers, id_: str) -> str:
    plans = list(plans_of(answers))
    if plans:
        own = [f"      {scalar(plan)}: {_targets(answers, response_key(answers, plan))}" for plan in plans]
        response = ["    targets_by_plan:  # `business` counts the open hours of the case's plan", *own]
    else:
        response = [_target_line(answers, "first_response")]
    pauses = listed(answers["pauses"])
    while_ = f"    pauses_while: {{case.status: [{', '.join(map(scalar, pauses))}]}}"
    return "\n".join(
        [
            "clocks:",
            "  first_response:",
            f"    clause: [{id_}-2]",
            "    starts: case_opened",
            "    stops: agent_reply  # a public answer by a person; automatic ones are none",
            *response,
            "  resolution:",
            f"    clause: [{id_}-3]",
            "    starts: case_opened",
            "    stops: case_resolved",
            *([while_] if pauses else []),
            _target_line(answers, "resolution"),
            "",
        ]
    )


def response_key(answers: Answers, plan: str) -> str:
    """Under which key the targets of a plan were answered."""
    own = f"first_response.{plan}"
    return own if own in answers else "first_response"


def _target_line(answers: Answers, key: str) -> str:
    word = "targets_by_severity" if listed(answers["severities"]) else "target"
    return f"    {word}: {_targets(answers, key)}"


def _targets(answers: Answers, key: str) -> str:
    """One target, or one for each severity."""
    levels, given = listed(answers["severities"]), listed(answers[key]) or [NONE]
    if not levels:
        if len(given) > 1:
            raise AnswerError(f"these are {len(given)} targets, and there are no severities", "give one target")
        return scalar(given[0])
    if len(given) == 1:
        given *= len(levels)
    if len(given) != len(levels):
        raise AnswerError(
            f"these are {len(given)} targets for {len(levels)} severities", "give one for all, or one for each"
        )
    return "{" + ", ".join(f"{scalar(level)}: {scalar(one)}" for level, one in zip(levels, given, strict=True)) + "}"


def _warning(answers: Answers, id_: str) -> str:
    if answers["warning"] == NONE:
        return ""
    language = answers["language"]
    text = _DUE_SOON.get(language.partition("-")[0])
    translate = "" if text else "  # to be translated"
    return "\n".join(
        [
            "rules:",
            "  warn_before_response_is_due:",
            f"    clause: [{id_}-4]",
            f"    when: {{until: {{due: first_response, at_most: {scalar(answers['warning'])}}}}}",
            "    then: [notify: {who: on_call, message: response_due}]",
            "",
            "messages:",
            f'  response_due: {{{scalar(language)}: "{text or _DUE_SOON["en"]}"}}{translate}',
            "",
        ]
    )
