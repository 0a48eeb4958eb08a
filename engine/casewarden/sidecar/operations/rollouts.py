"""Rollouts begun, promoted, taken back and ended; what is in force changes once that is committed."""

from collections.abc import Callable
from typing import Any

from casewarden.service import rollouts
from casewarden.service.revisions import hold_book
from casewarden.service.rollouts import By, Changed, RolloutError
from casewarden.service.ruleset_sources import Revision, StoredRulesetError, stored_revision, written_of
from casewarden.sidecar.operations.work import Arguments, Work, given, reason, several
from casewarden.store.database import StoreError
from casewarden.web.doors import ControlError


def start(work: Work, arguments: Arguments) -> list[str]:
    """Try a revision beside the one in force: `files` are its files as the asker read them, `digest` what they give."""
    name, head = given(arguments, "name"), _head(work, arguments)
    return _done(work, arguments, lambda book, by: rollouts.start(work.connection, book, name, head, by))


def promote(work: Work, arguments: Arguments) -> list[str]:
    """Take `rules` over into the live lane, or with `all` the whole revision."""
    name, rules = given(arguments, "name"), several(arguments, "rules")
    if arguments.get("all") is True:
        if rules:
            raise ControlError("it is either rules or all", "leave one of them out")
        return _done(work, arguments, lambda book, by: rollouts.promote_whole(work.connection, book, name, by))
    return _done(work, arguments, lambda book, by: rollouts.promote(work.connection, book, name, rules, by))


def back(work: Work, arguments: Arguments) -> list[str]:
    """Put in force again what was before the rollout."""
    name = given(arguments, "name")
    return _done(work, arguments, lambda book, by: rollouts.back(work.connection, book, name, by))


def end(work: Work, arguments: Arguments) -> list[str]:
    """End the trial of a rollout."""
    name = given(arguments, "name")
    return _done(work, arguments, lambda book, by: rollouts.end(work.connection, book, name, by))


def _done(work: Work, arguments: Arguments, change: Callable[[Any, By], Changed]) -> list[str]:
    rules = work.rules
    if rules.able is None:
        raise StoreError("what the connectors can do is not known")
    by = By(work.who, reason(arguments), work.now, rules.able)
    hold_book(work.connection)
    rules.look(work.connection)
    try:
        changed = change(rules.book, by)
    except RolloutError as problem:
        raise ControlError(str(problem), problem.fix) from None

    def take_effect() -> None:
        rules.book = changed.book

    work.afterwards.append(take_effect)
    return list(changed.said)


def _head(work: Work, arguments: Arguments) -> Revision:
    said = arguments.get("files")
    files = {str(name): text for name, text in said.items() if isinstance(text, str)} if isinstance(said, dict) else {}
    if not files or not isinstance(said, dict) or len(files) != len(said):
        raise ControlError("`files` are not texts by their names", "give the ruleset's main file first")
    try:
        lane = written_of(files).ruleset.name
        return stored_revision(
            files,
            digest=given(arguments, "digest"),
            lane=lane,
            origin=given(arguments, "origin"),
            effective_at=work.now,
            added_at=work.now,
        )
    except StoredRulesetError as problem:
        raise ControlError(str(problem)) from None
