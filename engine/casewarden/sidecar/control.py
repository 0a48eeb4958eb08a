"""What operators ask of a running sidecar; carried out in the owner's thread, and written into the audit."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import text

from casewarden.model.event import Json
from casewarden.service.going_live import backfill, candidates
from casewarden.service.personal import ERASE, erase_as_told
from casewarden.sidecar.operations import OPERATIONS, LiveStore, carry_out
from casewarden.sidecar.syncing import RuleUnknownError, audited, known_rule
from casewarden.store.database import StoreError
from casewarden.web.doors import ControlError

if TYPE_CHECKING:
    from casewarden.sidecar.running import Sidecar

Arguments = Mapping[str, Json]


class Controls:
    """The commands by name."""

    def __init__(self, sidecar: "Sidecar") -> None:
        self._sidecar = sidecar
        self._commands: dict[str, Callable[[Arguments, str], Json]] = {
            "ping": self._ping,
            "reload": self._reload,
            "backfill": self._backfill,
            "status": self._status,
            ERASE: self._erase,
            **{name: self._operation(name) for name in OPERATIONS},
        }

    def add(self, name: str, run: Callable[[Arguments, str], Json]) -> None:
        """Add a command."""
        self._commands[name] = run

    async def ask(self, command: str, arguments: Arguments, who: str) -> Json:
        """Carry out a command; ControlError says why not."""
        run = self._commands.get(command)
        if run is None:
            raise ControlError(f"there is no command `{command}`", f"known are {', '.join(sorted(self._commands))}")
        found: Json = await asyncio.wrap_future(self._sidecar.owner.command(lambda: run(arguments, who)))
        return found

    def refused(self, connector: str, reason: str) -> None:
        """Put before a person what a connector brought that is no event."""
        now = self._sidecar.now()
        with self._sidecar.database.write() as connection:
            connection.execute(
                text(
                    "INSERT INTO obligation (key, kind, message, opened_at, state, details) "
                    "VALUES (:key, 'refused', :message, :now, 'open', '{}') ON CONFLICT (key) DO NOTHING"
                ),
                {"key": f"refused/{connector}/{reason[:200]}", "message": f"{connector}: {reason[:500]}", "now": now},
            )

    def _ping(self, _: Arguments, __: str) -> Json:
        return {"now": self._sidecar.now(), "lanes": list(self._sidecar.parts.rules.book.lanes)}

    def _operation(self, name: str) -> Callable[[Arguments, str], Json]:
        sidecar = self._sidecar
        parts = sidecar.parts
        store = LiveStore(sidecar.database, sidecar.sealing, parts.rules)
        return lambda arguments, who: carry_out(store, name, arguments, who, sidecar.now())

    def _status(self, _: Arguments, __: str) -> Json:
        """Tell what only the process knows of itself."""
        owner, now = self._sidecar.owner, self._sidecar.now()
        breakers: dict[str, Json] = {name: budget.state(now) for name, budget in owner.deliverer.budgets.items()}
        return {"breakers": breakers, "error": owner.error}

    def _backfill(self, arguments: Arguments, who: str) -> Json:
        """Tell on which cases a rule was true at first sight and still is; with `confirm`, let it fire on them."""
        sidecar, rule, confirm = self._sidecar, str(arguments.get("rule")), arguments.get("confirm")
        now, parts, processor = sidecar.now(), sidecar.parts, sidecar.owner.processor
        try:
            known_rule(parts.rules, rule)
            with sidecar.database.read() as connection:
                found = candidates(connection, sidecar.sealing, processor, parts.manner, rule, now)
            cases: list[Json] = [held.name for held in found]
            if not isinstance(confirm, int):
                return {"cases": cases, "done": None}
            done = backfill(sidecar.database, sidecar.sealing, processor, parts.manner, rule, confirm, now)
        except RuleUnknownError as problem:
            raise ControlError(str(problem), problem.fix) from None
        except ValueError as problem:
            raise ControlError(str(problem), "look at the number again, without --confirm") from None
        audited(sidecar.database, now, who, rule, done)
        return {"cases": cases, "done": done}

    def _erase(self, arguments: Arguments, who: str) -> Json:
        sidecar = self._sidecar
        try:
            return erase_as_told(sidecar.database, sidecar.sealing.sealer, arguments, who, sidecar.now())
        except StoreError as problem:
            raise ControlError(str(problem), problem.fix) from None

    def _reload(self, _: Arguments, who: str) -> Json:
        return self._sidecar._reloader.reload(self._sidecar.now(), who)  # noqa: SLF001  # its own parts
