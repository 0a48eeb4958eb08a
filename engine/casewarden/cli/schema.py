"""`casewarden schema`: JSON Schemas for editors."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

SCHEMAS: dict[str, tuple[str, str]] = {
    "clauses": ("casewarden.ruleset.schema.clauses", "clauses_schema"),
    "config": ("casewarden.config.schema", "config_schema"),
    "customers": ("casewarden.scenario.customers.schema", "customers_schema"),
    "event": ("casewarden.scenario.schema", "event_schema"),
    "mapping": ("casewarden.scenario.schema", "mapping_schema"),
    "ruleset": ("casewarden.ruleset.schema", "ruleset_schema"),
    "scenario": ("casewarden.scenario.scenario_schema", "scenario_schema"),
}
"""What `--all` writes to NAME.schema.json: the module and the function that gives the schema; imported when asked."""


@click.command()
@click.option("--all", "everything", is_flag=True, help="Write every schema there is into the folder of --to.")
@click.option("--to", "target", type=click.Path(path_type=Path), help="The file to write, or with --all the folder.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def command(file: Path | None, everything: bool, target: Path | None) -> None:
    """Print the JSON Schema of rulesets; of FILE, one that also knows the names of this file.

    Editors complete and check rulesets with it: put `# yaml-language-server: $schema=SCHEMA` on the first line of a
    ruleset, or name the schema in the editor's settings.
    """
    if everything:
        if file is not None or target is None:
            raise click.UsageError("--all writes into the folder that --to names, and takes no FILE.")
        _write_all(target)
        return
    schema = schema_of("ruleset") if file is None else _schema_of_file(file)
    if target is None:
        click.echo(render(schema), nl=False)
    else:
        _write(target, render(schema))


def schema_of(name: str) -> dict[str, Any]:
    """One of the schemas of `SCHEMAS`."""
    import importlib

    module, function = SCHEMAS[name]
    make: Callable[[], dict[str, Any]] = getattr(importlib.import_module(module), function)
    return make()


def render(schema: dict[str, Any]) -> str:
    """The text of a schema file, the same on every machine."""
    import json

    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _schema_of_file(file: Path) -> dict[str, Any]:
    """The schema with the names of a file and its includes, however much else of the file is wrong; else exit 2."""
    import os

    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.ruleset.document import read_file
    from casewarden.ruleset.files import read_bytes
    from casewarden.ruleset.schema import open_vocabulary, ruleset_schema

    diagnostics = Diagnostics()
    data = read_bytes(file, diagnostics)
    vocabulary = None if data is None else open_vocabulary(data, file, read_file, diagnostics)
    if vocabulary is None:
        click.echo(render_text(diagnostics, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
        sys.exit(2)
    return ruleset_schema(vocabulary)


def _write_all(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _refuse(folder, error)
    for name in SCHEMAS:
        _write(folder / f"{name}.schema.json", render(schema_of(name)))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        _refuse(path, error)
    click.echo(f"{path} written", err=True)


def _refuse(path: Path, error: OSError) -> None:
    click.echo(f"{path} cannot be written: {error.strerror or error}", err=True)
    sys.exit(2)
