"""Outcomes of scenario tests for people and machines: text with expected against actual and the trace, and JSON."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from casewarden.report.terminal import json_text, visible
from casewarden.ruleset.diagnostics import Place
from casewarden.scenario.coverage import Coverage
from casewarden.scenario.mismatch import Mismatch, RuleSaid
from casewarden.scenario.play import Outcome
from casewarden.scenario.suite import FileOutcome

_RESET: Final = "\x1b[0m"
_STYLES: Final = {
    "good": "\x1b[32m",
    "bad": "\x1b[1;31m",
    "unsure": "\x1b[33m",
    "head": "\x1b[1m",
    "quiet": "\x1b[2m",
}
_TRUTH: Final = {True: ("true", "good"), False: ("false", "bad"), None: ("unknown", "unsure")}
_WIDE: Final = 80  # columns of a leaf's text before the value that it found


class Painter:
    """Puts texts in colour, or leaves them as they are."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, style: str, text: str) -> str:
        """The text in a style."""
        return f"{_STYLES[style]}{text}{_RESET}" if self._colour and text else text


def render_file(found: FileOutcome, *, colour: bool = False, verbose: bool = False) -> str:
    """One file: a line for each test where `verbose`, else one for the file; then every failure in full."""
    paint = Painter(colour=colour)
    failed = [outcome for outcome in found.outcomes if not outcome.passed]
    if found.file is None:
        lines = [f"{paint('bad', 'cannot be read')} {found.path}"]
    else:
        word = paint("bad", "FAIL") if failed else paint("good", "ok  ")
        count = len(found.outcomes)
        said = f"{count} test{'' if count == 1 else 's'}" + (f", {len(failed)} failed" if failed else "")
        lines = [f"{word} {found.path} ({said})"]
    if verbose:
        for outcome in found.outcomes:
            mark = paint("good", "ok  ") if outcome.passed else paint("bad", "FAIL")
            lines.append(f"     {mark} {outcome.scenario.name}")
    for outcome in failed:
        lines += ["", render_failure(outcome, colour=colour)]
    return "\n".join(lines) + "\n" + ("\n" if failed else "")


def render_failure(outcome: Outcome, *, colour: bool = False) -> str:
    """One failed test: every mismatch with its place, expected against actual, and the trace."""
    paint = Painter(colour=colour)
    lines = [f"{paint('bad', 'FAIL')} {paint('head', outcome.scenario.name)}  {outcome.scenario.place}"]
    for mismatch in outcome.mismatches:
        lines += _mismatch(mismatch, paint)
    return "\n".join(lines)


def _mismatch(mismatch: Mismatch, paint: Painter) -> list[str]:
    lines = [
        f"  {mismatch.place}  {paint('head', visible(mismatch.what))}  {paint('quiet', f'at {mismatch.time}')}",
        f"    expected  {paint('good', visible(mismatch.expected))}",
        f"    actual    {paint('bad', visible(mismatch.actual))}",
    ]
    for said in mismatch.trace:
        lines += _rule(said, paint)
    return lines


def _rule(said: RuleSaid, paint: Painter) -> list[str]:
    lines = []
    if said.leaves:
        word, style = _TRUTH[said.truth]
        lines.append(f"    rule {paint('head', said.rule)} ({said.place}): its condition is {paint(style, word)}")
        width = min(_WIDE, max(len(leaf.text) for leaf in said.leaves))
        for leaf in said.leaves:
            word, style = _TRUTH[leaf.truth]
            text, actual = visible(leaf.text).ljust(width), visible(leaf.actual)
            row = f"      {paint(style, word.ljust(8))}{text}  {paint('quiet', actual)}"
            lines.append(row.rstrip())
    else:
        lines.append(f"    rule {paint('head', said.rule)} ({said.place})")
    lines.extend(f"      {visible(remark)}" for remark in said.remarks)
    return lines


def render_summary(found: Sequence[FileOutcome], *, colour: bool = False) -> str:
    """One line: how many tests passed and failed, in how many files."""
    paint = Painter(colour=colour)
    outcomes = [outcome for one in found for outcome in one.outcomes]
    failed = sum(not outcome.passed for outcome in outcomes)
    unread = sum(one.file is None for one in found)
    parts = [f"{len(outcomes) - failed} passed"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{unread} file{'' if unread == 1 else 's'} could not be read"] if unread else []
    return paint("bad" if failed or unread else "good", ", ".join(parts)) + "\n"


def render_coverage(coverage: Coverage, name: str, *, colour: bool = False) -> str:
    """What the tests of one ruleset exercised, by group, and everything that they never did, with its place."""
    paint = Painter(colour=colour)
    percent = f"{_floor(coverage.percent)}%"
    lines = [f"Coverage of {paint('head', name)}: {paint('good' if not coverage.missing else 'unsure', percent)}"]
    for group, (met, total) in coverage.counts.items():
        style = "good" if met == total else "unsure"
        lines.append(f"  {group.ljust(14)} {paint(style, f'{met} of {total}')}")
    missing = coverage.missing
    if missing:
        lines.append("  never exercised:")
    lines.extend(f"    {item.place}  {item.element}: {item.what}" for item in missing)
    return "\n".join(lines) + "\n"


def _floor(percent: float) -> str:
    """A percentage with one digit, rounded down: 100 means all."""
    tenths = int(percent * 10 + 1e-9)
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


def as_json(found: Iterable[FileOutcome], coverage: Iterable[tuple[str, Coverage]]) -> dict[str, Any]:
    """Outcomes and coverage as one object: `files` with their `tests` and `mismatches`, `coverage` by ruleset."""
    return {
        "files": [
            {
                "file": str(one.path),
                "readable": one.file is not None,
                "tests": [_outcome(outcome) for outcome in one.outcomes],
            }
            for one in found
        ],
        "coverage": {name: _coverage(one) for name, one in coverage},
    }


def render_json(found: Iterable[FileOutcome], coverage: Iterable[tuple[str, Coverage]]) -> str:
    """`as_json` as text."""
    return json_text(as_json(found, coverage))


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.scenario.name,
        "place": _place(outcome.scenario.place),
        "clauses": list(outcome.scenario.clauses),
        "passed": outcome.passed,
        "decisions": outcome.decisions,
        "mismatches": [
            {
                "place": _place(mismatch.place),
                "time": mismatch.time,
                "what": mismatch.what,
                "expected": mismatch.expected,
                "actual": mismatch.actual,
                "trace": [_said(said) for said in mismatch.trace],
            }
            for mismatch in outcome.mismatches
        ],
    }


def _said(said: RuleSaid) -> dict[str, Any]:
    return {
        "rule": said.rule,
        "place": _place(said.place),
        "truth": _TRUTH[said.truth][0],
        "leaves": [
            {"text": leaf.text, "truth": _TRUTH[leaf.truth][0], "actual": leaf.actual, "place": _place(leaf.place)}
            for leaf in said.leaves
        ],
        "remarks": list(said.remarks),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "percent": round(coverage.percent, 1),
        "groups": {group: {"exercised": met, "total": total} for group, (met, total) in coverage.counts.items()},
        "never_exercised": [
            {"group": item.group, "element": item.element, "what": item.what, "place": _place(item.place)}
            for item in coverage.missing
        ],
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"file": place.file, "line": place.line, "column": place.column}
