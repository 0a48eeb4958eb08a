"""A log's chain: the same events, the same bytes; whatever is done to the entries afterwards is found."""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.model import Event
from casewarden.store.chain import GENESIS, Entry, canonical_event, commitment, entry_hash, first_broken

EVENT = Event(
    "case:1", "message", 10, 11, "customer", "desk", "m-1", 3, ("manager",), {"text": "Grüße", "public": True}
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
DATA = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


def log(count: int) -> list[Entry]:
    """Entries of as many events, numbered from 1."""
    entries: list[Entry] = []
    head = GENESIS
    for number in range(1, count + 1):
        event = canonical_event(replace(EVENT, key=f"m-{number}", at=number))
        salt = bytes([number]) * 16
        bound = commitment(salt, event)
        head = entry_hash(head, bound)
        entries.append(Entry(number, salt, bound, head, event))
    return entries


def test_the_hashes_are_the_documented_ones() -> None:
    event = (
        b'{"at":10,"by":"customer","data":{"public":true,"text":"Gr\\u00fc\\u00dfe"},"key":"m-1","kind":"message",'
        b'"seen_at":11,"sequence":3,"source":"desk","subject":"case:1","who":["manager"]}'
    )
    assert canonical_event(EVENT) == event
    salt = bytes(range(16))
    assert commitment(salt, event) == sha256(b"\0" + salt + event).digest()
    assert (
        entry_hash(GENESIS, commitment(salt, event))
        == sha256(b"\1" + bytes(32) + sha256(b"\0" + salt + event).digest()).digest()
    )


@given(DATA)
def test_an_event_that_was_kept_as_json_is_the_same(data: dict[str, Any]) -> None:
    event = replace(EVENT, data=data)
    kept = json.loads(json.dumps(dict(reversed(data.items())), ensure_ascii=False))
    assert canonical_event(event) == canonical_event(replace(EVENT, data=kept))
    assert canonical_event(event) == canonical_event(replace(EVENT, data=MappingProxyType(data)))
    assert json.loads(canonical_event(event))["data"] == data


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "case:2"}, {"kind": "call"}, {"at": 9}, {"seen_at": 12}, {"by": "agent"}, {"source": "mail"},
        {"key": "m-2"}, {"sequence": 4}, {"who": ()}, {"data": {"text": "Grüße"}}, {"data": {}},
    ],
)  # fmt: skip
def test_another_event_has_another_commitment(change: dict[str, Any]) -> None:
    other = canonical_event(replace(EVENT, **change))
    assert commitment(bytes(16), other) != commitment(bytes(16), canonical_event(EVENT))


def test_what_no_json_can_say_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_event(replace(EVENT, data={"share": float("nan")}))
    assert b"\\ud800" in canonical_event(replace(EVENT, data={"text": "\ud800"}))


@given(st.integers(0, 6))
def test_a_log_as_it_was_entered_is_whole(count: int) -> None:
    entries = log(count)
    head = entries[-1].chain if entries else GENESIS
    assert first_broken(entries, head) is None


@given(st.integers(1, 6), st.data())
def test_an_entry_that_was_changed_is_found_where_it_is(count: int, data: st.DataObject) -> None:
    entries = log(count)
    place = data.draw(st.integers(0, count - 1))
    head = entries[-1].chain
    name = data.draw(st.sampled_from(["salt", "commitment", "chain", "event"]))
    value = bytearray(getattr(entries[place], name))
    value[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 255))
    change: dict[str, Any] = {name: bytes(value)}
    entries[place] = replace(entries[place], **change)
    assert first_broken(entries, head) == place + 1


@given(st.integers(2, 6), st.data())
def test_entries_that_were_taken_out_swapped_or_repeated_are_found(count: int, data: st.DataObject) -> None:
    entries = log(count)
    head = entries[-1].chain
    place = data.draw(st.integers(0, count - 2))
    taken_out = [*entries[:place], *entries[place + 1 :]]
    swapped = [*entries[:place], entries[place + 1], entries[place], *entries[place + 2 :]]
    repeated = [*entries[: place + 1], *entries[place:]]
    for others in (taken_out, swapped, repeated, renumbered(taken_out), renumbered(swapped), renumbered(repeated)):
        found = first_broken(others, head)
        assert found is not None
        assert place + 1 <= found <= place + 2
    assert first_broken(entries[:-1], head) == count
    assert first_broken(entries, entries[-2].chain) == count + 1
    assert first_broken([], head) == 0


def renumbered(entries: Sequence[Entry]) -> list[Entry]:
    return [replace(entry, number=number) for number, entry in enumerate(entries, 1)]


def test_what_was_erased_is_still_chained() -> None:
    entries = log(5)
    erased = [replace(entry, event=None, salt=b"") if entry.number in {2, 4} else entry for entry in entries]
    assert first_broken(erased, entries[-1].chain) is None
    erased[3] = replace(erased[3], commitment=commitment(b"", b"another"))
    assert first_broken(erased, entries[-1].chain) == 4
