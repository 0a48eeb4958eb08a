"""The configuration and its store, opened for a command; what stands in the way is told, and ends it with 2."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from casewarden.config.settings import Settings
    from casewarden.store.database import Database

CONFIG: Final = click.option(
    "--config", default="casewarden.yaml", show_default=True, type=click.Path(path_type=Path), help="The configuration."
)


def settings_of(config: Path) -> "Settings":
    """The settings of a configuration; what is wrong with it is shown, and the process ends with 2."""
    from casewarden.config.read_settings import read_settings
    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.report.terminal import visible

    if not config.exists():
        click.echo(f"error: there is no configuration `{visible(str(config))}`", err=True)
        click.echo("  fix: `casewarden init` writes one; --config names one that is elsewhere", err=True)
        sys.exit(2)
    settings, diagnostics = read_settings(config)
    if settings is None:
        click.echo(render_text(diagnostics, colour=wants_colour(sys.stderr, os.environ)), err=True, nl=False)
        sys.exit(2)
    return settings


@contextmanager
def opened(settings: "Settings", *, readonly: bool = False, makes: bool = False) -> Iterator["Database"]:
    """The store of a configuration, closed at the end; StoreError where it is missing and not to be made."""
    from casewarden.config.secrets import store_url
    from casewarden.store.database import Database

    url = store_url(settings, environ=os.environ)
    if not makes:
        Database(url, readonly=True).close()
    with closing(Database(url, readonly=readonly)) as database:
        yield database


@contextmanager
def alone(database: "Database", now: int) -> Iterator[None]:
    """Hold the place of an SQLite store; on PostgreSQL nobody has to."""
    from casewarden.store.place import take_place

    if database.path is None:
        yield
        return
    with take_place(database.path, now):
        yield


@contextmanager
def refusals() -> Iterator[None]:
    """Tell what the store or a secret refuses, with what would be right, and end the process with 2."""
    from casewarden.config.secrets import SecretError
    from casewarden.report.terminal import visible
    from casewarden.store.database import StoreError
    from casewarden.store.sealing import SealError

    try:
        yield
    except (StoreError, SealError, SecretError) as error:
        click.echo(f"error: {visible(str(error))}" + (f"\n  fix: {visible(error.fix)}" if error.fix else ""), err=True)
        sys.exit(2)


def present() -> int:
    """The present instant, in microseconds."""
    from casewarden import clock
    from casewarden.worktime import to_us

    return to_us(clock.now())
