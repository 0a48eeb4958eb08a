"""`casewarden rollout`: a change of a ruleset, planned over the stored cases, tried beside the live one, taken over."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from casewarden.cli.live import FORMAT, REASON, WHO, Live, WithDefault, able, looking, order, refuse, show
from casewarden.cli.opened import CONFIG, present

if TYPE_CHECKING:
    from casewarden.report.live.rollout_plan import RolloutPlan
    from casewarden.service.ruleset_sources import Revision

_FILE: Final = click.argument("file", type=click.Path(path_type=Path))
_NAME: Final = click.argument("name")


@click.group(cls=WithDefault)
def command() -> None:
    """Plan a change of a ruleset, try it beside the live one, take it over, or back; without a command, list them."""


@command.command()
@_FILE
@FORMAT
@CONFIG
def plan(file: Path, form: str, config: Path) -> None:
    """Tell what FILE would move of the stored cases, if it were in force now; nothing is changed.

    Every open case is decided both ways, with the terms that bind it: deadlines, severities, messages and credits that
    move, rules that are true already, actions that would go out at once; then ten cases with why. JSON has every case.
    """
    head = _read(file)
    with looking(config) as live:
        view = _planned(live, head, form)
    if form == "json":
        from casewarden.report.live.rollout_plan import plan_json
        from casewarden.report.terminal import json_text

        click.echo(json_text(plan_json(view)), nl=False)
        return
    from casewarden.report.diagnostics import wants_colour
    from casewarden.report.live.rollout_plan import blocks, examples_text
    from casewarden.report.terminal import visible_lines

    show(blocks(view), view, form)
    colour = wants_colour(sys.stdout, os.environ)
    said = examples_text(view, colour=colour, width=100)
    click.echo(said if colour else visible_lines(said), nl=False, color=True)


@command.command()
@_NAME
@_FILE
@REASON
@WHO
@CONFIG
def start(name: str, file: Path, reason: str | None, who: str | None, config: Path) -> None:
    """Try FILE beside the live ruleset, under a NAME: it decides all that the live one does, and sends nothing."""
    head = _read(file)
    arguments = {
        "name": name,
        "files": dict(head.files),
        "digest": head.digest,
        "origin": head.origin,
        "reason": reason,
    }
    order(config, "rollout-start", arguments, who)  # type: ignore[arg-type]  # texts all of it


@command.command()
@_NAME
@FORMAT
@CONFIG
def status(name: str, form: str, config: Path) -> None:
    """Tell what comes otherwise in the trial of rollout NAME than live, since it began."""
    from casewarden.report.live import rollout_status as page
    from casewarden.service.rollout_diff import status as compared
    from casewarden.service.rollouts import RolloutError, in_force, rollout
    from casewarden.sidecar.standing import rules_for

    with looking(config) as live:
        rules = rules_for(live.connection)
        try:
            one = rollout(live.connection, name)
            current = in_force(rules.book, one.lane, live.now).digest
        except RolloutError as error:
            refuse(str(error), error.fix)
        view = compared(live.connection, live.sealing(), one, current, live.looked(rules))
    show(page.blocks(view), view, form)


@command.command("list")
@FORMAT
@CONFIG
def list_(form: str, config: Path) -> None:
    """List all rollouts that there were."""
    from casewarden.report.live import rollout_status as page
    from casewarden.service.rollout_diff import row_of
    from casewarden.service.rollouts import rollouts

    with looking(config) as live:
        view = page.Rollouts(live.looked(), tuple(row_of(one) for one in rollouts(live.connection)))
    show(page.list_blocks(view), view, form)


@command.command()
@_NAME
@click.argument("rules", nargs=-1)
@click.option("--all", "whole", is_flag=True, help="The whole revision, with its terms.")
@REASON
@WHO
@CONFIG
def promote(
    name: str, rules: tuple[str, ...], *, whole: bool, reason: str | None, who: str | None, config: Path
) -> None:
    """Take RULES of rollout NAME over into the live ruleset, or with --all the whole revision.

    Messages, events and fields that a rule needs come with it; terms come with the whole revision only. Nothing is sent
    for what is true already.
    """
    arguments = {"name": name, "rules": list(rules), "all": whole, "reason": reason}
    order(config, "rollout-promote", arguments, who)  # type: ignore[arg-type]  # texts and a yes or no


@command.command()
@_NAME
@REASON
@WHO
@CONFIG
def back(name: str, reason: str | None, who: str | None, config: Path) -> None:
    """Put in force again what was before rollout NAME."""
    order(config, "rollout-back", {"name": name, "reason": reason}, who)


@command.command()
@_NAME
@REASON
@WHO
@CONFIG
def end(name: str, reason: str | None, who: str | None, config: Path) -> None:
    """End the trial of rollout NAME; what was promoted stays in force, what the trial decided is kept."""
    order(config, "rollout-end", {"name": name, "reason": reason}, who)


def _read(file: Path) -> "Revision":
    """The revision that a file gives; what is wrong with it is shown, and the process ends with 2."""
    from casewarden.config.settings import RulesetSource
    from casewarden.report.diagnostics import render_text, wants_colour
    from casewarden.service.ruleset_sources import read_source

    found = read_source(RulesetSource(file.resolve()), present())
    if found.revision is None:
        colour = wants_colour(sys.stderr, os.environ)
        click.echo(render_text(found.diagnostics, colour=colour), err=True, nl=False)
        sys.exit(2)
    return found.revision


def _planned(live: Live, head: "Revision", form: str) -> "RolloutPlan":
    from casewarden.service.revisions import stored_book
    from casewarden.service.rollout_plan import Planner
    from casewarden.service.rollouts import RolloutError
    from casewarden.sidecar.assembly import StartError

    try:
        book = stored_book(live.connection)
        planner = Planner(live.database, live.with_key(), book, head, able(live.settings), live.now)
    except (RolloutError, StartError) as error:
        refuse(str(error), error.fix)
    if form == "json" or not sys.stderr.isatty():
        for _ in planner.decide():
            pass
        return planner.plan()
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("deciding", total=planner.count())
        for number in planner.decide():
            progress.advance(task, number)
    return planner.plan()
