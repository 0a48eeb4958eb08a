"""`casewarden demo`: replay a history that is at hand through a ruleset that is at hand."""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from casewarden.cli.replay import Order

_CHECKOUT = Path(__file__).resolve().parents[3]


@click.command()
@click.option("--jobs", type=click.IntRange(1, 512), help="Processes; one for each core if left out.")
def command(*, jobs: int | None) -> None:
    """Replay a ticket history and show what the rules decide.

    Takes the incident log of the shared data where it lies beside the checkout, else the example history. The results
    go to the folder `out` here, or to a temporary one where that cannot be written.
    """
    from casewarden.cli.replay import play

    order = _order(jobs or os.cpu_count() or 1)
    if order is None:
        click.echo(
            "There is no history here: run the demo in a checkout, or name your own with\n"
            "    casewarden replay --ruleset FILE --history FILE [--map FILE]",
            err=True,
        )
        sys.exit(2)
    click.echo(f"Replaying {order.history.name} through {order.ruleset.name} ...")
    sys.exit(play(replace(order, out=_folder())))


def _order(jobs: int) -> "Order | None":
    """What to replay: the first pair of history and ruleset that is there."""
    from casewarden.cli.replay import Order
    from casewarden.shipped import shipped

    tests = _CHECKOUT / "tests" / "incident_log"
    candidates = (
        Order(
            ruleset=tests / "ruleset.yaml",
            history=_CHECKOUT.parent / "shared" / "data" / "incident_event_log.csv",
            mapping=tests / "mapping.yaml",
            out=Path("out"),
            jobs=jobs,
        ),
        Order(
            ruleset=shipped("rules") / "starter" / "starter.yaml",
            history=shipped("examples") / "history.jsonl",
            mapping=None,
            out=Path("out"),
            jobs=jobs,
        ),
    )
    return next((order for order in candidates if order.history.is_file() and order.ruleset.is_file()), None)


def _folder() -> Path:
    """`out` in the current folder, or a new temporary folder where that cannot be written."""
    here = Path("out").absolute()
    try:
        here.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=here):
            return here
    except OSError:
        return Path(tempfile.mkdtemp(prefix="casewarden-"))
