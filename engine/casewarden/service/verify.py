"""Decisions that were made are made again from the logs, with the rules that held then, and must come out the same.

Each is made from its whole log, from the first entry on: nothing that was derived for another helps it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from casewarden.decide import Compiled, compile_ruleset, decide
from casewarden.model.event import Event
from casewarden.model.instants import iso
from casewarden.model.subject import Subject
from casewarden.ruleset.able import adapted
from casewarden.service.course import decision_digest
from casewarden.service.revisions import stored_book
from casewarden.service.rulebook import Rulebook, UnknownRevisionError
from casewarden.service.ruleset_sources import StoredRulesetError
from casewarden.store.check import Finding
from casewarden.store.database import Database
from casewarden.store.log import Sealing, read_logs
from casewarden.store.sealing import SealError

_ALL: Final = 2**62
_NEWEST: Final = text(
    "SELECT decision.subject, decision.at, decision.length, decision.revision, decision.digest, "
    "subject.name, subject.lane, subject.terms, subject.sealed "
    "FROM (SELECT * FROM decision ORDER BY id DESC LIMIT :most) AS decision "
    "JOIN subject ON subject.id = decision.subject ORDER BY decision.subject, decision.id"
)
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Verified:
    """What came out otherwise, how many decisions were made again, and of how many the contact was erased meanwhile."""

    findings: tuple[Finding, ...]
    decided: int
    erased: int


def verify_decisions(database: Database, sealing: Sealing, digest_key: bytes, most: int | None) -> Verified:
    """Make the newest decisions that are kept again, all of them where `most` is None; nothing is written.

    Decisions on a log of which something was erased are left out: they cannot be made again, which erasing is for.
    """
    findings: list[Finding] = []
    decided = erased = 0
    with database.read() as connection:
        try:
            rules = _Rules(stored_book(connection))
        except StoredRulesetError as problem:
            return Verified((Finding("ruleset", "", str(problem)),), 0, 0)
        asked = {"most": _ALL if most is None else most}
        rows = connection.execute(_NEWEST, asked, execution_options={"yield_per": _AT_ONCE})
        for _, group in groupby(rows, attrgetter("subject")):
            decisions = list(group)
            if decisions[0].sealed:
                erased += len(decisions)
                continue
            findings += _differing(connection, sealing, digest_key, rules, decisions)
            decided += len(decisions)
    return Verified(tuple(findings), decided, erased)


def _differing(
    connection: Connection, sealing: Sealing, digest_key: bytes, rules: "_Rules", decisions: list[Row[Any]]
) -> Iterator[Finding]:
    """What comes out otherwise for one subject."""
    id_, name = decisions[0].subject, decisions[0].name
    try:
        log = [entry.event for entry in read_logs(connection, sealing, [id_])[id_]]
    except (SealError, ValueError) as problem:
        yield Finding("decision", f"{name} in {decisions[0].lane}", f"its log cannot be read: {problem}")
        return
    for row in decisions:
        where = f"{name} in {row.lane} at {iso(row.at)}"
        compiled = rules.of(row)
        if compiled is None:
            yield Finding("decision", where, f"its rules, revision {row.revision[:12]}, are not in the store")
        elif len(log) < row.length:
            yield Finding("decision", where, f"it knew {row.length} entries, and its log has {len(log)}")
        else:
            told: str | None = None
            for way in rules.ways(compiled):
                why = _otherwise(way, name, log[: row.length], row, digest_key)
                if why is None:
                    break
                told = told or why
            else:
                yield Finding("decision", where, str(told))


def _otherwise(compiled: Compiled, name: str, log: list[Event], row: Row[Any], digest_key: bytes) -> str | None:
    """Say what is wrong with a decision that these entries brought; None where it comes out the same."""
    try:
        decision = decide(compiled, Subject(name).with_events(log), row.at)
    except Exception as problem:  # noqa: BLE001  # in a log that was changed anything may stand
        return f"it cannot be decided again: {type(problem).__name__}: {problem}"
    return (
        None if decision_digest(decision, digest_key) == bytes(row.digest) else "decided again it comes out otherwise"
    )


class _Rules:
    """The rules that decisions were made with, found by the digest that each states."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._found: dict[tuple[str, str | None, str], Compiled | None] = {}
        self._adapted: dict[str, list[Compiled]] = {}

    def of(self, row: Row[Any]) -> Compiled | None:
        """The rules of a decision; None where the store has them not."""
        key = (row.lane, row.terms, row.revision)
        if key not in self._found:
            self._found[key] = next((one for one in self._candidates(*key) if one.ruleset.digest == row.revision), None)
        return self._found[key]

    def ways(self, compiled: Compiled) -> Iterator[Compiled]:
        """The rules as they are written, and then as connectors may have been that could not do all of it.

        What they could do at the time stands nowhere; a digest that agrees tells it.
        """
        yield compiled
        digest = compiled.ruleset.digest
        if digest not in self._adapted:
            self._adapted[digest] = [compile_ruleset(ruleset) for ruleset in adapted(compiled.ruleset)]
        yield from self._adapted[digest]

    def _candidates(self, lane: str, terms: str | None, revision: str) -> Iterator[Compiled]:
        """Every revision's rules under the terms that bind the subject, or, before any did, under their own."""
        known: Mapping[str, object] = self._book.known
        for operations in sorted(known, key=lambda digest: digest != revision):
            for bound in {terms or operations, operations}:
                try:
                    yield self._book.compiled(lane, bound, operations)
                except UnknownRevisionError:
                    continue
