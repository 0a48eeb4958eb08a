"""`casewarden fmt`: one layout for all ruleset files."""

import sys
from pathlib import Path

import click


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a file is not formatted.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(files: tuple[Path, ...], check: bool, diff: bool) -> None:
    """Format ruleset files in place; comments, the order of keys and what the file says stay.

    A file that cannot be read is left as it is, its problems are shown, and the exit code is 2.
    """
    import os

    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.ruleset.files import read_bytes
    from casewarden.ruleset.format import format_text

    diagnostics = Diagnostics()
    changed, failed = 0, False
    for path in files:
        data = read_bytes(path, diagnostics)
        text = None if data is None else format_text(data, str(path), diagnostics)
        if data is None or text is None:
            failed = True
        elif text.encode("utf-8") != data:
            changed += 1
            failed = not _show_or_write(path, data, text, check=check, diff=diff) or failed
    click.echo(render_text(diagnostics, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
    if not diff:
        click.echo(_counts(len(files), changed, check=check), err=True)
    if failed:
        sys.exit(2)
    if check and changed:
        sys.exit(1)


def _show_or_write(path: Path, data: bytes, text: str, *, check: bool, diff: bool) -> bool:
    """Show a file's changes, name it, or write it; False where it could not be written."""
    from casewarden.cli.atomic import replace_text

    if diff:
        click.echo(_difference(path, data, text), nl=False)
    elif check:
        click.echo(f"{path} is not formatted")
    else:
        try:
            replace_text(path, text)
        except OSError as error:
            click.echo(f"{path} cannot be written: {error.strerror or error}", err=True)
            return False
        click.echo(f"{path} formatted")
    return True


def _counts(files: int, changed: int, *, check: bool) -> str:
    one = files == 1
    if not changed:
        return f"{files} file{'' if one else 's'}: nothing to change."
    return f"{files} file{'' if one else 's'}: {changed} {'to be formatted' if check else 'formatted'}."


def _difference(path: Path, data: bytes, text: str) -> str:
    """A unified diff; a line end that changes from CR LF or a lost last one shows as a changed line."""
    import difflib

    before = data.decode("utf-8", errors="replace").splitlines(keepends=True)
    lines = difflib.unified_diff(before, text.splitlines(keepends=True), f"{path}", f"{path} (formatted)", n=2)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
