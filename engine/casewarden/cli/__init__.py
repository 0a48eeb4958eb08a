"""The command line: one module per command, imported when it is called, so that --help stays fast."""

import gc
import sys

import click

import casewarden

COMMANDS: dict[str, str] = {
    "backfill": "Let a rule act on cases where it was true already when they were first seen.",
    "backtest": "Run a history through two versions of a ruleset; tell what differs.",
    "case": "Show everything of one case of the live store; merge, split, end, take up again.",
    "cases": "List the open cases of the live store by urgency.",
    "check": "Check rulesets, tests, mappings and customers; show every problem with its place and fix.",
    "config": "Check the configuration of a sidecar, or show all that it says.",
    "connector": "Write a connector, or check one that is configured.",
    "cover": "Show what enforces each clause of a policy, and what is missing.",
    "db": "Look after the store of a sidecar: its version, its soundness, backups.",
    "demo": "Watch a sidecar at work beside an invented helpdesk.",
    "explain": "Tell why, why not and when, for one case of the live store or of a history.",
    "fmt": "Format ruleset files; comments stay.",
    "import": "Turn business rules exported from Zendesk or Jira into a ruleset with tests.",
    "ingest": "Take events in over HTTP, for the workers of a store on PostgreSQL.",
    "init": "Write a configuration for a sidecar, with a fresh key.",
    "lint": "Show warnings, and what hangs on interpretations.",
    "lock": "Write the lock file: resolved holidays, zone data, versions.",
    "new": "Begin a ruleset: a copy of a shipped one, or a blank one from a few answers.",
    "obligations": "Show what waits for a person; approve or dismiss it.",
    "outbox": "Show actions on their way out; try again, take back, let go.",
    "pause": "Stop all sending; cases go on being decided.",
    "personal": "Write out or erase what is held on a contact; change the key that seals it.",
    "plugins": "List the connectors that are installed, and how they stand to the conformance kit.",
    "replay": "Run a ticket history through a ruleset.",
    "resume": "Send again after a pause.",
    "rollout": "Plan a change of a ruleset, try it beside the live one, take it over, or back.",
    "schema": "Write the JSON Schema that editors complete and check with.",
    "serve": "Run the sidecar beside a helpdesk.",
    "service": "Tell what services are like, where no monitor does.",
    "status": "Show how the sidecar stands, and what needs a person.",
    "sync": "Take in all that the helpdesks have, and tell what would come of it.",
    "test": "Run scenario tests in virtual time.",
    "worker": "Do a share of the work on a store on PostgreSQL.",
    "worktime": "Add, subtract and measure business time.",
}
_MODULES = {"import": "import_rules"}  # `import` is a word of Python


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        import importlib

        module = importlib.import_module(f"casewarden.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else f" Commands: {', '.join(sorted(COMMANDS))}."
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(casewarden.__version__, prog_name="casewarden")
def app() -> None:
    """Support policies as rules: checked, tested in virtual time, enforced exactly, explained."""


def main() -> None:
    """Run the command line; the exit code is 0 for success, 1 for problems found, 2 for wrong usage or input."""
    gc.set_threshold(50_000, 20, 20)  # commands build large trees that live to the end: look for cycles less often
    try:
        app(prog_name="casewarden")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
