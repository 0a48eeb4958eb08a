"""`casewarden backfill`: a rule that was true already when cases were first seen acts on them after all."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from casewarden.cli.opened import CONFIG, alone, opened, present, refusals, settings_of


@click.command()
@click.argument("rule")
@click.option("--confirm", type=click.IntRange(min=1), help="The number of cases, as shown: then it acts on them.")
@CONFIG
def command(rule: str, confirm: int | None, config: Path) -> None:
    """Let RULE act on the open cases where it was true already when they were first seen.

    What is true at first sight is a baseline, about which nothing is done. This shows on how many cases the rule is
    still true; with --confirm and that number it fires on each of them, once. The number has to be right: a case more
    or less by then, and nothing is done.
    """
    settings = settings_of(config)
    with refusals(), opened(settings) as database:
        from casewarden.store.place import running

        found = None if database.path is None else running(database.path)
        if found is not None and found.url is not None:
            from casewarden.web.client import AskError, ask

            try:
                told = ask(found.url, found.token, "backfill", {"rule": rule, "confirm": confirm})
            except AskError as error:
                _refuse(str(error), error.fix)
            assert isinstance(told, dict)
            cases, done = told["cases"], told["done"]
            _tell(rule, [str(name) for name in cases] if isinstance(cases, list) else [], _number(done))
            return
        with alone(database, present()):
            _alone(rule, confirm, config)


def _alone(rule: str, confirm: int | None, config: Path) -> None:
    from casewarden.sidecar.assembly import StartError
    from casewarden.sidecar.syncing import RuleUnknownError, Standalone, audited, known_rule

    try:
        standalone = Standalone(settings_of(config), os.environ, present)
    except StartError as error:
        _refuse(str(error), error.fix)
    try:
        known_rule(standalone.parts.rules, rule)
        cases = standalone.candidates(rule)
        if confirm is None:
            _tell(rule, cases, None)
            return
        done = standalone.backfill(rule, confirm)
        from casewarden.web.client import login_name

        audited(standalone.database, present(), login_name(), rule, done)
        _tell(rule, cases, done)
    except RuleUnknownError as error:
        _refuse(str(error), error.fix)
    except ValueError as error:
        _refuse(str(error), "look at the number again, without --confirm")
    finally:
        standalone.close()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _tell(rule: str, cases: list[str], done: int | None) -> None:
    from casewarden.report.terminal import visible

    few = ", ".join(visible(name.removeprefix("case:")) for name in cases[:10])
    more = f" and {len(cases) - 10} more" if len(cases) > 10 else ""
    if done is not None:
        click.echo(f"{rule} fires on {done} cases: {few}{more}")
    elif cases:
        click.echo(f"{rule} is true on {len(cases)} cases and has never fired there: {few}{more}")
        click.echo(f"To let it act: casewarden backfill {rule} --confirm {len(cases)}")
    else:
        click.echo(f"There is no open case on which {rule} was true when it was first seen and still is.")


def _refuse(message: str, fix: str | None) -> NoReturn:
    click.echo(f"error: {message}" + (f"\n  fix: {fix}" if fix else ""), err=True)
    sys.exit(2)
