"""`casewarden import`: rules of other systems as a ruleset with tests."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from casewarden.importing.importers import Imported
    from casewarden.importing.options import Calendar

KINDS = ("jira-automation", "zendesk-automations", "zendesk-slas", "zendesk-triggers")


@click.command(name="import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write into; called like the ruleset if left out."
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--mapping", type=click.Path(path_type=Path), help="Which field, person and status is which, as YAML.")
@click.option(
    "--calendar",
    metavar="TEXT|FILE",
    help="The business hours: `Europe/Berlin mon-fri 09:00-17:00`, or the schedules as Zendesk's API gives them.",
)
@click.option("--language", default="en", show_default=True, help="Language in which the messages are written.")
@click.option("--from", "binds_from", metavar="DATE", help="The date from which it binds; today if left out.")
def command(
    kind: str,
    file: Path,
    out: Path | None,
    force: bool,
    mapping: Path | None,
    calendar: str | None,
    language: str,
    binds_from: str | None,
) -> None:
    """Turn exported business rules into a ruleset with tests.

    What has no equal stands in it as a comment, where it belongs, with the reason and the nearest thing. What is
    written passes `casewarden check` and `casewarden test`. Exits with 1 where something was left as a comment, and
    with 2 where the export cannot be read, or a file is there already.
    """
    from casewarden import clock
    from casewarden.importing.fate import Fate, ImportProblem
    from casewarden.importing.importers import import_rules
    from casewarden.importing.options import Calendar, Options, read_mapping

    try:
        fields, people, statuses = ({}, {}, {}) if mapping is None else read_mapping(mapping)
        hours = Calendar() if calendar is None else _calendar(calendar)
        options = Options(fields, people, statuses, hours, language)
        imported = import_rules(kind, _read(file), options, binds_from or clock.now().date().isoformat())
    except ImportProblem as problem:
        click.echo(f"{file}: {problem}; {problem.fix}", err=True)
        sys.exit(2)
    _write(out or Path(imported.name), imported, force=force)
    _tell(imported, out or Path(imported.name))
    if imported.count(Fate.LEFT):
        sys.exit(1)


def _read(file: Path) -> bytes:
    from casewarden.importing.export import MAX_BYTES
    from casewarden.importing.fate import ImportProblem

    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ImportProblem(f"the file cannot be read ({reason})", "give the file of the export") from None


def _calendar(text: str) -> "Calendar":
    from casewarden.importing.export import read_export
    from casewarden.importing.options import read_calendar_text, read_schedule
    from casewarden.ruleset.files import is_ordinary_file

    path = Path(text)
    return read_schedule(read_export(_read(path))) if is_ordinary_file(path) else read_calendar_text(text)


def _write(folder: Path, imported: "Imported", *, force: bool) -> None:
    from casewarden.cli.atomic import replace_text

    there = [name for name in imported.files if (folder / name).exists() or (folder / name).is_symlink()]
    if there and not force:
        click.echo(f"{', '.join(str(folder / name) for name in there)} is there already; see --force", err=True)
        sys.exit(2)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in imported.files.items():
            replace_text(folder / name, text)
    except OSError as error:
        click.echo(f"{folder} cannot be written: {error.strerror or error}", err=True)
        sys.exit(2)


def _tell(imported: "Imported", folder: Path) -> None:
    from casewarden.importing.fate import Fate

    for fate in Fate:
        count = imported.count(fate)
        click.echo(f"{count:6} {'part' if count == 1 else 'parts'} {fate}")
    if imported.dead:
        click.echo(f"{imported.dead:6} of {imported.elements} definitions stand as a comment as a whole")
    tests = imported.tests
    if tests is not None:
        click.echo(f"{tests.count:6} {'test' if tests.count == 1 else 'tests'} made, {len(tests.without)} could not be")
    click.echo(f"Written to {folder}. Next:")
    click.echo(f"  casewarden check {folder / imported.name}.yaml")
    if tests is not None:
        click.echo(f"  casewarden test {folder}")
