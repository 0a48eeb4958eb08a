"""The part of `casewarden test` that tries mutants."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click


def run_mutants(
    files: Sequence[Path], *, limit: int | None, jobs: int | None, fail_under: float | None, form: str
) -> int:
    """Try the mutants of every ruleset that the files test; return the exit code."""
    import os

    from casewarden.report.diagnostics import render_text as render_problems
    from casewarden.report.diagnostics import wants_colour
    from casewarden.report.mutation import render_json, render_text
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.scenario.mutation.run import Report, mutate
    from casewarden.scenario.read_scenario import load_scenarios
    from casewarden.scenario.scenario import ScenarioFile
    from casewarden.scenario.variation import Base

    problems = Diagnostics()
    by_ruleset: dict[Path, list[ScenarioFile]] = {}
    readable = True
    for path in files:
        file, found = load_scenarios(path)
        problems.extend(found)
        readable = readable and file is not None
        if file is not None:
            by_ruleset.setdefault(file.ruleset_path.resolve(), []).append(file)
    click.echo(render_problems(problems, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
    if not readable:
        return 2
    reports: list[Report] = []
    for group in by_ruleset.values():
        base, _ = Base.open(group[0].ruleset_path)
        assert base is not None, "the tests were read with it"
        reports.append(mutate(base, group, limit, jobs or os.cpu_count() or 1))
        if form == "text":
            click.echo(render_text(reports[-1], colour=wants_colour(sys.stdout, os.environ)), nl=False)
    if form == "json":
        click.echo(render_json(reports), nl=False)
    failed = any(report.failing or report.stale for report in reports)
    for report in reports:
        if fail_under is not None and not report.failing and report.score < fail_under:
            click.echo(f"{report.ruleset} kills {report.score:.1f}%, less than {fail_under:g}%.", err=True)
            failed = True
    return 1 if failed else 0
