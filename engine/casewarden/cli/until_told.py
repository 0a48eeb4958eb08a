"""A process of the sidecar, run until it is told to stop: signals, exit codes, and what keeps it from starting."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

import click

from casewarden.cli.opened import refusals

if TYPE_CHECKING:
    from casewarden.config.settings import Settings

LOG_FORMAT: Final = click.option(
    "--log-format", type=click.Choice(["json", "console"]), help="console on a terminal, json elsewhere."
)


class Process(Protocol):
    """What runs. `stopping` is set to let it end, and set by itself where it does."""

    stopping: threading.Event

    def start(self) -> None:
        """Begin."""

    def ask_to_reload(self) -> None:
        """Let the rulesets be loaded anew soon."""

    def stop(self) -> bool:
        """End, within ten seconds; whether everything ended by itself."""


def run(settings: "Settings", log_format: str | None, make: Callable[[], Process]) -> NoReturn:
    """Make it and run it; exit with 0 after a stop that was asked for, 1 if it ended by itself, 2 if it never began."""
    from casewarden.sidecar.assembly import StartError
    from casewarden.telemetry.logs import configure_logs
    from casewarden.web.serve import ServeError

    form = log_format or ("console" if sys.stderr.isatty() else "json")
    configure_logs(settings.log_level, sys.stderr, "console" if form == "console" else "json")
    asked = False
    with refusals():
        try:
            process = make()
            process.start()
        except (StartError, ServeError) as error:
            click.echo(f"error: {error}" + (f"\n  fix: {error.fix}" if error.fix else ""), err=True)
            sys.exit(2)

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal asked
        asked = True
        process.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, lambda _, __: process.ask_to_reload())
    while not process.stopping.wait(0.5):
        pass
    ended = process.stop()
    sys.exit(0 if asked and ended else 1)
