"""All analyses of a ruleset, in the order in which their findings help: what can happen at all comes first."""

from collections.abc import Sequence

from casewarden.analysis.findings import Analysis
from casewarden.analysis.gaps import find_severity_gaps, find_target_gaps
from casewarden.analysis.languages import find_missing_translations
from casewarden.analysis.neighbours import find_loops
from casewarden.analysis.never import find_endless_clocks, find_rules_that_never_fire
from casewarden.analysis.overruled import find_fights, find_shadowed
from casewarden.analysis.rings import find_rings
from casewarden.analysis.search import MOST_STEPS
from casewarden.decide.enforced import enforced
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.syntax import Ruleset


def check_deep(
    ruleset: Ruleset,
    diagnostics: Diagnostics,
    most_steps: int = MOST_STEPS,
    neighbours: Sequence[Ruleset] = (),
) -> None:
    """Add all findings on a sound ruleset; what rests on an open reading is not enforced and not looked at.

    `neighbours` say what the helpdesk does by itself: they are looked at for loops with this one, and for nothing else.

    `most_steps` bounds what is tried for one question; what takes more is told as not decided.
    """
    analysis = Analysis(enforced(ruleset), diagnostics, most_steps)
    find_severity_gaps(analysis)
    find_target_gaps(analysis)
    silent = find_rules_that_never_fire(analysis)
    find_endless_clocks(analysis)
    find_shadowed(analysis, silent)
    find_fights(analysis, silent)
    find_rings(analysis, silent)
    find_missing_translations(analysis)
    if neighbours:
        find_loops(ruleset, neighbours, diagnostics, most_steps)
