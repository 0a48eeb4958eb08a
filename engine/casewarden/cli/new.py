"""`casewarden new`: something to start from."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from casewarden.scenario.fresh.copied import Fresh
    from casewarden.scenario.fresh.questions import Question

# Each option answers the question of its name; `binds_from` answers `from`.
_OPTIONS: Final = {
    "name": "Name of the ruleset.",
    "binds-from": "With --blank: the date from which it binds.",
    "zone": "With --blank: time zone of the office.",
    "hours": "With --blank: open hours, such as `mon-fri 09:00-17:00`.",
    "holidays": "With --blank: country or country-subdivision of the public holidays, or none.",
    "years": "With --blank: years whose holidays are listed.",
    "language": "With --blank: language of messages to the team.",
    "days": "With --blank: what a business day is.",
    "origin": "With --blank: from where a start in closed time counts.",
    "boundary": "With --blank: where a deadline on closing time lies.",
    "on-change": "With --blank: what running clocks do when severity, plan or contract change.",
    "severities": "With --blank: severities with commas, most severe first, or none.",
    "plans": "With --blank: plans with commas, the usual one first, or none.",
    "resolution": "With --blank: target of the resolution, or one for each severity.",
    "pauses": "With --blank: statuses in which the time for resolution pauses, or none.",
    "warning": "With --blank: how long before a response is due somebody is told, or none.",
}


def _answering(function: Callable[..., None]) -> Callable[..., None]:
    for name, text in reversed(_OPTIONS.items()):
        function = click.option(f"--{name}", metavar="TEXT", help=text)(function)
    return function


@click.group()
def command() -> None:
    """Begin something new, with tests that pass."""


@command.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--from", "source", metavar="RULES", help="Copy this ruleset: a shipped one by its name, or a path.")
@click.option("--blank", is_flag=True, help="Make one from a few answers; each question shows its default.")
@click.option("--answers", type=click.Path(path_type=Path, dir_okay=False), help="With --blank: answers as YAML.")
@click.option("--defaults", is_flag=True, help="With --blank: ask nothing, take defaults for what is not answered.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option(
    "--first-response",
    multiple=True,
    metavar="[PLAN=]TEXT",
    help="With --blank: target of the first response, or one for each severity; of one plan, or of all.",
)
@_answering
def ruleset(
    folder: Path | None,
    source: str | None,
    blank: bool,
    answers: Path | None,
    defaults: bool,
    force: bool,
    first_response: tuple[str, ...],
    **options: str | None,
) -> None:
    """Write a ruleset with its tests into FOLDER; the folder is called like the ruleset if it is left out.

    Either --from copies one, renamed with --name, or --blank makes one of answers: those of options, of --answers, and
    else those that are typed. Nothing is asked with --answers or --defaults. What is written passes `casewarden check
    --strict` and `casewarden test`. Exits with 2 where an answer is refused, or a file is there already.
    """
    from casewarden.scenario.cover_sources import SourceError

    given = {("from" if key == "binds_from" else key): text for key, text in options.items() if text is not None}
    given |= _by_plan(first_response)
    if blank == (source is not None):
        raise click.UsageError("say either --from RULES or --blank")
    if source is not None and (answers is not None or defaults or given.keys() - {"name"}):
        raise click.UsageError("--from goes with --name and --force only")
    try:
        fresh = _copy(source, given.get("name")) if source is not None else _ask(answers, given, silent=defaults)
    except SourceError as problem:
        click.echo(f"{problem}", err=True)
        sys.exit(2)
    _write(folder or Path(fresh.name), fresh, force=force)


def _by_plan(targets: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in targets:
        plan, equals, own = text.partition("=")
        found[f"first_response.{plan.strip()}" if equals else "first_response"] = own if equals else text
    return found


def _copy(source: str, name: str | None) -> "Fresh":
    from casewarden.ruleset.diagnostics import did_you_mean
    from casewarden.ruleset.files import exists
    from casewarden.ruleset.names import MAX_NAME, NAME
    from casewarden.scenario.cover_sources import SourceError
    from casewarden.scenario.fresh.copied import copied
    from casewarden.shipped import shipped

    if name is not None and not (NAME.fullmatch(name) and len(name) <= MAX_NAME):
        raise SourceError(f"`{name}` cannot name a ruleset; use lower case letters, digits and `_`")
    folder = shipped("rules")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    plain = source.removeprefix("rules/").rstrip("/")
    path = folder / plain if plain in names and not (plain != source and exists(Path(source))) else Path(source)
    if not exists(path):
        near = did_you_mean(plain, names)
        hint = f"did you mean `{near}`?" if near else f"shipped are {', '.join(names)}"
        raise SourceError(f"there is no ruleset `{source}`; {hint}")
    return copied(path, name)


def _ask(file: Path | None, given: dict[str, str], *, silent: bool) -> "Fresh":
    from casewarden import clock
    from casewarden.scenario.fresh.answers import Interview, UnaskedError, made
    from casewarden.scenario.fresh.written import AnswerError

    beforehand = {} if file is None else _read(file)
    interview = Interview(clock.now().date().isoformat(), beforehand | given)
    try:
        if silent or file is not None:
            return made(interview.gather())
        answers = interview.hold(_prompt, lambda problem: click.echo(f"  {problem}; {problem.fix}", err=True))
    except (AnswerError, UnaskedError) as problem:
        fix = f"; {problem.fix}" if isinstance(problem, AnswerError) else ""
        click.echo(f"{problem}{fix}", err=True)
        sys.exit(2)
    return made(answers)


def _prompt(question: "Question", default: str) -> str:
    try:
        answer: Any = click.prompt(f"{question.asks}\n  {question.says}\n ", default=default, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo(f"\nThe input ended before `{question.key}` was answered; see --defaults.", err=True)
        sys.exit(2)
    return str(answer)


def _read(file: Path) -> dict[str, str]:
    """The answers of a file; exits with 2 where it cannot be read."""
    import os

    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.ruleset.files import read_yaml_file
    from casewarden.scenario.fresh.answers import read_answers

    diagnostics = Diagnostics()
    node = read_yaml_file(file, diagnostics)
    found = None if node is None else read_answers(node, diagnostics)
    if found is None or diagnostics.has_errors:
        click.echo(render_text(diagnostics, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
        sys.exit(2)
    return found


def _write(folder: Path, fresh: "Fresh", *, force: bool) -> None:
    from casewarden.cli.atomic import replace_text

    there = [name for name in fresh.files if (folder / name).exists() or (folder / name).is_symlink()]
    if there and not force:
        click.echo(f"{', '.join(str(folder / name) for name in there)} is there already; see --force", err=True)
        sys.exit(2)
    try:
        for name, text in fresh.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            replace_text(folder / name, text)
    except OSError as error:
        click.echo(f"{folder} cannot be written: {error.strerror or error}", err=True)
        sys.exit(2)
    count = len(fresh.files)
    click.echo(f"{count} {'file' if count == 1 else 'files'} written to {folder}. Next:")
    click.echo(f"  casewarden check {folder / fresh.main}")
    if fresh.tests:
        click.echo(f"  casewarden test {folder}")
