"""What mutants say of tests, for people and machines: the score, and what no test noticed."""

from collections.abc import Sequence
from typing import Any

from casewarden.report.scenarios import Painter
from casewarden.report.terminal import json_text, visible
from casewarden.scenario.mutation.run import Fate, Report, Verdict

_MOST_NAMES = 3


def render_text(report: Report, *, colour: bool = False) -> str:
    """The survivors with their places, then one line that sums up; tests that fail anyway, where there are some."""
    paint = Painter(colour=colour)
    name = visible(str(report.ruleset))
    if report.failing:
        listed = visible(", ".join(report.failing))
        return f"{paint('bad', 'not tried')} {name}: these tests fail without any mutant: {listed}\n"
    lines = [_survivor(one, paint) for one in report.of(Fate.SURVIVED)]
    lines += [
        f"{paint('unsure', 'stale')} {visible(mutant)}\n  accepted, but there is no such mutant or a test kills it"
        for mutant in report.stale
    ]
    killed = len(report.of(Fate.KILLED))
    word = "good" if killed == report.counted else "head"
    more = "".join(
        f", {count} {said}"
        for count, said in (
            (len(report.of(Fate.ACCEPTED)), "accepted"),
            (len(report.of(Fate.REFUSED)), "refused by the checker"),
            (report.left_out, "left out"),
        )
        if count
    )
    lines.append(f"{paint(word, f'{name}: {killed} of {report.counted} mutants killed, {report.score:.1f}%')}{more}")
    return "\n".join(lines) + "\n"


def _survivor(one: Verdict, paint: Painter) -> str:
    tests = list(one.exercised_by)
    if not tests:
        exercised = f"no test exercises {one.mutant.element}"
    else:
        more = f" and {len(tests) - _MOST_NAMES} more" if len(tests) > _MOST_NAMES else ""
        exercised = f"{one.mutant.element} is exercised by {', '.join(tests[:_MOST_NAMES])}{more}"
    return (
        f"{paint('bad', 'survived')} {visible(str(one.mutant.place))}  {visible(one.mutant.change)}\n"
        f"  {visible(exercised)}\n  {paint('quiet', visible(f'id: {one.mutant.id}'))}"
    )


def as_json(reports: Sequence[Report]) -> dict[str, Any]:
    """All reports as one object.

    `rulesets`: for each `ruleset`, `score` (percent, rounded to a hundredth), `killed`, `counted`, `refused`,
    `left_out`, `failing` and `stale` (lists of text), and `mutants`: for each `id`, `element`, `place` (`file`,
    `line`, `column`), `change`, `fate`, `by` (the test that failed first, the reason for accepting it, or null) and
    `exercised_by`.
    """
    return {"rulesets": [_report(report) for report in reports]}


def render_json(reports: Sequence[Report]) -> str:
    """The object of `as_json` as text."""
    return json_text(as_json(reports))


def _report(report: Report) -> dict[str, Any]:
    return {
        "ruleset": str(report.ruleset),
        "score": round(report.score, 2),
        "killed": len(report.of(Fate.KILLED)),
        "counted": report.counted,
        "refused": len(report.of(Fate.REFUSED)),
        "left_out": report.left_out,
        "failing": list(report.failing),
        "stale": list(report.stale),
        "mutants": [_mutant(one) for one in report.verdicts],
    }


def _mutant(one: Verdict) -> dict[str, Any]:
    place = one.mutant.place
    return {
        "id": one.mutant.id,
        "element": one.mutant.element,
        "place": {"file": place.file, "line": place.line, "column": place.column},
        "change": one.mutant.change,
        "fate": one.fate.value,
        "by": one.by,
        "exercised_by": list(one.exercised_by),
    }
