"""Actions on their way out: rows of the outbox, what is personal in them sealed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row

from casewarden.model.compact import compact
from casewarden.model.event import Json
from casewarden.store.contacts import ContactKey, keys_by_id
from casewarden.store.log import Sealing
from casewarden.store.sealing import identity, join, split_content
from casewarden.store.statements import Statement
from casewarden.store.storable import storable

OPEN: Final = frozenset({"waiting", "sending", "asking"})
PROVISIONAL, EVEN_IF_OVER, LATE = 1, 2, 4

_encode: Final = compact()

_COLUMNS: Final = (
    "id, subject, slot, lane, key, firing, position, rule, kind, content, sealed, contact, flags, connector, ticket, "
    "decided_at, length, deadline, state, state_detail, next_try, attempts, again, sent_at, done_at"
)
_PUT: Final = Statement(
    f"INSERT INTO outbox ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _COLUMNS.split(', '))})"  # noqa: S608
)
_UPDATE: Final = Statement(
    "UPDATE outbox SET state = :state, state_detail = :state_detail, next_try = :next_try, attempts = :attempts, "
    "again = :again, sent_at = :sent_at, done_at = :done_at, request = coalesce(:request, request), "
    "answer = coalesce(:answer, answer) WHERE id = :id"
)
_OPEN: Final = Statement(
    f"SELECT {_COLUMNS} FROM outbox WHERE subject IN :subjects* "  # noqa: S608
    "AND state IN ('waiting', 'sending', 'asking') ORDER BY id"
)


@dataclass(slots=True)
class OpenAction:
    """One row of the outbox. `changed` tells that it differs from what stands in the store; a new one has `is_new`.

    `is_erased`: the contact whose texts it carries was erased, and the texts with it.
    """

    id: int
    subject: int
    slot: int
    lane: str
    key: str
    firing: str
    position: int
    rule: str
    kind: str
    content: Mapping[str, Json]
    flags: int
    connector: str
    ticket: str | None
    decided_at: int
    length: int
    deadline: int | None
    state: str
    next_try: int
    state_detail: str | None = None
    attempts: int = 0
    again: bool = False
    sent_at: int | None = None
    done_at: int | None = None
    request: Mapping[str, Json] | None = None
    answer: Mapping[str, Json] | None = None
    contact: int | None = None
    is_new: bool = False
    changed: bool = False
    is_erased: bool = False

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self.state in OPEN

    def settle(self, state: str, now: int, detail: str | None = None) -> None:
        """Let it end in a state, or wait in another."""
        self.state, self.state_detail, self.changed = state, detail, True
        if state not in OPEN:
            self.done_at = now


def put_actions(
    connection: Connection, sealing: Sealing, actions: Sequence[OpenAction], contacts: Mapping[int, ContactKey]
) -> None:
    """Write new actions and changes of known ones; `contacts` gives for each subject the contact whose key seals."""
    new = [action for action in actions if action.is_new]
    old = [action for action in actions if action.changed and not action.is_new]
    if new:
        _PUT.run(connection, [_row(action, sealing, contacts.get(action.subject)) for action in new])
    late = [action for action in new if action.request is not None or action.answer is not None]
    if old or late:
        keys = {key.id: key.key for key in contacts.values()}
        said = [action.contact for action in old if action.request is not None or action.answer is not None]
        if unknown := {contact for contact in said if contact is not None and contact not in keys}:
            keys.update(keys_by_id(connection, sealing.sealer, unknown))
        _UPDATE.run(connection, [_changes(action, sealing, keys) for action in (*old, *late)])
    for action in actions:
        action.is_new = action.changed = False


def read_open(connection: Connection, sealing: Sealing, subjects: Sequence[int]) -> Iterator[OpenAction]:
    """Yield what is open of subjects, in the order in which it was decided."""
    if not subjects:
        return
    rows = _OPEN.ask(connection, subjects=subjects).all()
    contacts = {row.contact for row in rows if row.contact is not None}
    keys = keys_by_id(connection, sealing.sealer, contacts) if contacts else {}
    for row in rows:
        yield _action(row, keys, sealing)


def has_personal(action: OpenAction, sealing: Sealing) -> bool:
    """Whether something of the action has to be sealed."""
    return split_content(action.content, sealing.paths)[1] is not None


def _row(action: OpenAction, sealing: Sealing, contact: ContactKey | None) -> dict[str, Any]:
    clear, parts = split_content(action.content, sealing.paths)
    sealed = None
    if parts is not None:
        if contact is None:
            raise AssertionError(f"no contact to seal {action.key} for")
        action.contact = contact.id
        sealed = sealing.sealer.seal(contact.key, parts, identity(action.lane, action.key))
    return {
        "id": action.id,
        "subject": action.subject,
        "slot": action.slot,
        "lane": action.lane,
        "key": action.key,
        "firing": action.firing,
        "position": action.position,
        "rule": action.rule,
        "kind": action.kind,
        "content": _encode(clear),
        "sealed": sealed,
        "contact": action.contact,
        "flags": action.flags,
        "connector": action.connector,
        "ticket": action.ticket,
        "decided_at": action.decided_at,
        "length": action.length,
        "deadline": action.deadline,
        "state": action.state,
        "state_detail": None if action.state_detail is None else storable(action.state_detail),
        "next_try": action.next_try,
        "attempts": action.attempts,
        "again": action.again,
        "sent_at": action.sent_at,
        "done_at": action.done_at,
    }


def _changes(action: OpenAction, sealing: Sealing, keys: Mapping[int, bytes]) -> dict[str, Any]:
    def said(what: str, value: Mapping[str, Json] | None) -> str | None:
        if value is None or action.contact is None:
            return None if value is None else _encode(value)
        key = keys.get(action.contact)  # none any more: the contact was erased while this was under way
        sealed_for = identity(action.lane, action.key, what)
        return None if key is None else sealing.sealer.seal_json(key, dict(value), sealed_for)

    return {
        "id": action.id,
        "state": action.state,
        "state_detail": None if action.state_detail is None else storable(action.state_detail),
        "next_try": action.next_try,
        "attempts": action.attempts,
        "again": action.again,
        "sent_at": action.sent_at,
        "done_at": action.done_at,
        "request": said("request", action.request),
        "answer": said("answer", action.answer),
    }


def content_of(row: Row[Any], keys: Mapping[int, bytes], sealing: Sealing) -> dict[str, Json]:
    """What an action says, without what is sealed where the contact's key is not among `keys`."""
    content: dict[str, Json] = json.loads(row.content)
    if row.sealed is not None and (key := keys.get(row.contact)) is not None:
        return join(content, sealing.sealer.unseal(key, bytes(row.sealed), identity(row.lane, row.key)))
    return content


def _action(row: Row[Any], keys: Mapping[int, bytes], sealing: Sealing) -> OpenAction:
    return OpenAction(
        row.id,
        row.subject,
        row.slot,
        row.lane,
        row.key,
        row.firing,
        row.position,
        row.rule,
        row.kind,
        content_of(row, keys, sealing),
        row.flags,
        row.connector,
        row.ticket,
        row.decided_at,
        row.length,
        row.deadline,
        row.state,
        row.next_try,
        row.state_detail,
        row.attempts,
        bool(row.again),
        row.sent_at,
        row.done_at,
        contact=row.contact,
        is_erased=row.contact is not None and row.contact not in keys,
    )
