"""`casewarden test`: scenario tests in virtual time."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from casewarden.scenario.coverage import Coverage
    from casewarden.scenario.suite import FileOutcome, Suite


@click.command()
@click.option("-k", "wanted", metavar="TEXT", help="Only tests whose name contains TEXT.")
@click.option("--coverage", "with_coverage", is_flag=True, help="Show what of the rulesets was never exercised.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit with 1 where a ruleset is covered by less (implies --coverage), or with --mutate kills less.",
)
@click.option(
    "--mutate", is_flag=True, help="Make small mistakes in the rulesets, and list those that no test notices."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="With --mutate: try N mutants of each ruleset only.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="With --mutate: processes; one for each core.")
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JUnit XML as well."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="Show every test, not only those that fail.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(
    paths: tuple[Path, ...],
    wanted: str | None,
    with_coverage: bool,
    fail_under: float | None,
    mutate: bool,
    limit: int | None,
    jobs: int | None,
    junit: Path | None,
    form: str,
    verbose: bool,
) -> None:
    """Run scenario tests: files, or folders with *.test.yaml files.

    Exits with 0 where all hold, 1 where one does not or the coverage is too low, 2 where a file cannot be read. With
    --mutate 1 says that too few mutants were killed, that an accepted one is not there or not needed, or that a test
    fails without any.
    """
    import os
    import time

    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.report.scenarios import render_file, render_json, render_summary
    from casewarden.scenario.suite import Suite, files_of

    files = list(files_of(paths))
    if not files:
        raise click.UsageError(f"there is no *.test.yaml in {', '.join(str(path) for path in paths)}")
    if mutate:
        if wanted is not None or with_coverage or junit is not None or verbose:
            raise click.UsageError("--mutate goes with --limit, --jobs, --fail-under and --format only")
        from casewarden.cli.mutation import run_mutants

        sys.exit(run_mutants(files, limit=limit, jobs=jobs, fail_under=fail_under, form=form))
    if limit is not None or jobs is not None:
        raise click.UsageError("--limit and --jobs go with --mutate")
    colour = wants_colour(sys.stdout, os.environ)
    suite = Suite(with_coverage=with_coverage or fail_under is not None)
    found: list[FileOutcome] = []
    seconds: dict[str, float] = {}
    begun = time.perf_counter()
    for file in files:
        start = time.perf_counter()
        one = suite.run(file, lambda scenario: wanted is None or wanted in scenario.name)
        seconds[str(file)] = time.perf_counter() - start
        found.append(one)
        if form == "text":
            click.echo(render_file(one, colour=colour, verbose=verbose), nl=False)
    if form == "json":
        click.echo(render_json(found, _covered(suite)), nl=False)
    else:
        took = time.perf_counter() - begun
        _tell_coverage(suite, colour=colour)
        click.echo(f"{render_summary(found, colour=colour).rstrip()} in {took:.2f} s")
    click.echo(render_text(suite.diagnostics, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
    if junit is not None:
        _write_junit(junit, found, suite, seconds)
    sys.exit(_exit_code(found, suite, fail_under, chose=wanted is not None))


def _exit_code(found: "list[FileOutcome]", suite: "Suite", fail_under: float | None, *, chose: bool) -> int:
    if any(one.file is None for one in found):
        return 2
    if chose and not any(one.outcomes for one in found):
        click.echo("No test has such a name.", err=True)
        return 2
    failed = any(not outcome.passed for one in found for outcome in one.outcomes)
    if fail_under is not None:
        for name, coverage in _covered(suite):
            if coverage.percent < fail_under:
                click.echo(f"{name} is covered by {coverage.percent:.1f}%, less than {fail_under:g}%.", err=True)
                failed = True
    return 1 if failed else 0


def _covered(suite: "Suite") -> "list[tuple[str, Coverage]]":
    """What was covered, by the ruleset's file as the tests name it."""
    return [(coverage.compiled.ruleset.files[0], coverage) for coverage in suite.coverage.values()]


def _tell_coverage(suite: "Suite", *, colour: bool) -> None:
    from casewarden.report.scenarios import render_coverage

    for name, coverage in _covered(suite):
        click.echo(render_coverage(coverage, name, colour=colour))


def _write_junit(path: Path, found: "list[FileOutcome]", suite: "Suite", seconds: dict[str, float]) -> None:
    from casewarden.report.junit import render_junit

    try:
        path.write_text(render_junit(found, suite.diagnostics, seconds), encoding="utf-8")
    except OSError as problem:
        click.echo(f"{path} cannot be written: {problem.strerror or problem}", err=True)
        sys.exit(2)
