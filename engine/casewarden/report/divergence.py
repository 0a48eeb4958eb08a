"""What hangs on interpretations, for people and machines."""

from collections.abc import Sequence
from typing import Any, Final

from casewarden.report.scenarios import Painter
from casewarden.report.terminal import json_text, visible
from casewarden.ruleset.syntax import Interpretation
from casewarden.scenario.diverge import Divergence, Sample
from casewarden.scenario.outcome import Difference

_SHOWN: Final = 3  # samples of one reading in the text; JSON has all


def render_text(found: Sequence[Divergence], without: Sequence[Interpretation], *, colour: bool = False) -> str:
    """Each interpretation with its readings not chosen and what would come out otherwise on sample cases."""
    paint = Painter(colour=colour)
    lines: list[str] = []
    last = ""
    for one in found:
        name = one.interpretation.name
        if name != last:
            last = name
            lines += ["", f"{paint('head', name)}  {visible(one.interpretation.reading)}"]
            if one.clauses:
                lines.append(paint("quiet", f"     {', '.join(one.clauses)}"))
        lines += _reading(one, paint)
    for interpretation in without:
        said = "open: nothing that rests on it is enforced" if interpretation.is_open else "no other reading is stated"
        lines += ["", f"{paint('head', interpretation.name)}  {visible(interpretation.reading)}"]
        lines.append(paint("quiet", f"     {said}"))
    return "\n".join(lines[1:]) + "\n"


def _reading(one: Divergence, paint: Painter) -> list[str]:
    if not one.samples:
        said = f"no difference in {one.played} sample cases"
        return [f"  or {paint('head', visible(one.reading))}: {paint('unsure', said)}"]
    lines = [f"  or {paint('head', visible(one.reading))}: {len(one.samples)} of {one.played} sample cases differ"]
    for sample in one.samples[:_SHOWN]:
        lines.append(f"    {visible(sample.name)}  {paint('quiet', sample.place or 'a made case')}")
        lines += [f"      {visible(_words(difference))}" for difference in sample.differences]
    if len(one.samples) > _SHOWN:
        lines.append(paint("quiet", f"    and {len(one.samples) - _SHOWN} more"))
    return lines


def _words(difference: Difference) -> str:
    return f"{difference.what}: {difference.before} or {difference.after}{difference.unit}"


def as_json(found: Sequence[Divergence], without: Sequence[Interpretation]) -> dict[str, Any]:
    """`interpretations`, each with its `readings` not chosen, their `samples` and `differences`."""
    grouped: dict[str, dict[str, Any]] = {}
    for one in found:
        entry = grouped.setdefault(one.interpretation.name, _interpretation(one.interpretation, one.clauses))
        entry["readings"].append(
            {"name": one.reading, "played": one.played, "samples": [_sample(sample) for sample in one.samples]}
        )
    for interpretation in without:
        grouped[interpretation.name] = _interpretation(interpretation, ())
    return {"interpretations": list(grouped.values())}


def _interpretation(interpretation: Interpretation, clauses: Sequence[str]) -> dict[str, Any]:
    return {
        "id": interpretation.name,
        "reading": interpretation.reading,
        "open": interpretation.is_open,
        "by": interpretation.by,
        "decided": interpretation.decided.isoformat(),
        "reason": interpretation.reason,
        "clauses": list(clauses),
        "readings": [],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "case": sample.name,
        "place": sample.place,
        "differences": [
            {"what": d.what, "chosen": d.before, "other": d.after, "text": _words(d)} for d in sample.differences
        ],
    }


def render_json(found: Sequence[Divergence], without: Sequence[Interpretation]) -> str:
    """`as_json` as text."""
    return json_text(as_json(found, without))
