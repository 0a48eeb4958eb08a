"""A ticket's past is what it was: taking changes back gives what stood there, for any life of a ticket."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from casewarden_rt.past import Names, past_of
from casewarden_rt.records import ticket_of, transaction_of
from support.rt.server import FakeRequestTracker
from support.rt.state import State, Ticket, User

TAGS = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True, max_size=4)
PEOPLE = st.lists(st.sampled_from(["kim@customer.example", "lee@customer.example"]), unique=True)
CORES = st.sampled_from(["down", "available", None])
CHANGES = st.one_of(
    st.fixed_dictionaries({"Subject": st.sampled_from(["One", "Two", ""])}),
    st.fixed_dictionaries({"Priority": st.sampled_from(["0", "10", "50"])}),
    st.fixed_dictionaries({"Status": st.sampled_from(["new", "open", "stalled", "resolved"])}),
    st.fixed_dictionaries({"Owner": st.sampled_from(["alice", "bob", "Nobody"])}),
    st.fixed_dictionaries({"Queue": st.sampled_from(["Support", "Sales"])}),
    st.fixed_dictionaries({"Due": st.sampled_from(["2026-12-05 10:00:00", "2026-12-06 00:00:00"])}),
    st.fixed_dictionaries({"Requestor": PEOPLE}),
    st.fixed_dictionaries({"CustomFields": st.fixed_dictionaries({"Tags": TAGS})}),
    st.fixed_dictionaries({"CustomFields": st.fixed_dictionaries({"Core": CORES})}),
    st.fixed_dictionaries({"CustomFields": st.fixed_dictionaries({"Answer due": st.just("2026-12-05 10:00:00")})}),
)  # fmt: skip


def _looks(server: FakeRequestTracker, ticket: Ticket) -> dict[str, Any]:
    """A ticket as it stands, with sets as sets: the order in which values are listed says nothing."""
    found = ticket_of(server.as_json(ticket))
    looks: dict[str, Any] = {name: frozenset(v) if isinstance(v, list) else v for name, v in found.fields.items()}
    return looks | {f"CF.{{{found.names[key]}}}": frozenset(values) for key, values in found.custom.items()}


@given(st.lists(CHANGES, max_size=12))
def test_taking_changes_back_gives_each_state_of_a_ticket(changes: list[dict[str, Any]]) -> None:
    server = FakeRequestTracker()
    state: State = server.state
    alice = state.user("alice")
    assert isinstance(alice, User)
    id_ = state.create({"Queue": "Support", "Subject": "One", "CustomFields": {"Tags": ["a"]}}, alice, server.now())
    ticket = state.tickets[id_]
    looked = {state.transactions[-1].id: _looks(server, deepcopy(ticket))}
    for change in changes:
        state.update(ticket, change, alice, server.now())
        looked[state.transactions[-1].id] = _looks(server, ticket)
    history = [
        transaction_of(server.transaction_as_json(one)) for one in state.transactions if one.type != "SetWatcher"
    ]
    names = Names(
        lambda number: state.users[number].name,
        lambda number: state.queues[number],
        lambda number: state.fields[number].name,
    )
    past = past_of(ticket_of(server.as_json(ticket)), history, names)
    now = {name: _set(value) for name, value in past.opening.items()}
    for one in history:
        if one.id in past.changes:
            change_ = past.changes[one.id]
            assert {name: _set(value) for name, value in change_.before.items()}.items() <= now.items()
            now |= {name: _set(value) for name, value in change_.after.items()}
        if one.id in looked:
            assert now == looked[one.id]


def _set(value: Any) -> Any:
    return frozenset(value) if isinstance(value, list) else value
