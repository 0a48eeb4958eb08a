"""Many tickets in one job, which may complete and hold failures."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from casewarden.plugin.http import Http, Pace, UnreachableError
from casewarden.plugin.http.login import Basic
from casewarden_zendesk.bulk import Change, Gatherer, update_many
from casewarden_zendesk.server import Server
from connectors.zendesk.conftest import Desk
from support.zendesk.state import API_TOKEN, EMAIL


@pytest.fixture
def server(desk: Desk) -> Server:
    desk.fake.custom_field(3600, "Due")
    http = Http(desk.fake.url, login=Basic(f"{EMAIL}/token", API_TOKEN), now=desk.fake.clock.now)
    desk.made.append(http)  # type: ignore[arg-type]  # it is closed with the connectors
    return Server(http, *(Pace(100_000, 60.0) for _ in range(3)))


def due(ticket: str) -> Change:
    return Change(ticket, {"custom_fields": [{"id": 3600, "value": "soon"}]})


def test_a_completed_job_is_read_row_by_row(desk: Desk, server: Server) -> None:
    tickets = [desk.fake.open_ticket(f"ticket {number}") for number in range(3)]
    desk.fake.fails_in_bulk = {int(tickets[1])}
    outcomes = update_many(server, [due(one) for one in tickets], lambda _: None)
    assert [outcomes[one] for one in tickets] == [None, "TicketUpdateFailed cannot be updated", None]


def test_a_job_that_does_not_end_is_not_known(desk: Desk, server: Server) -> None:
    ticket = desk.fake.open_ticket("one")

    def never(_: float) -> None:
        for job in desk.fake.state.jobs.values():
            job["status"] = "working"

    with pytest.raises(UnreachableError, match="not done in time"):
        update_many(server, [due(ticket)], never)


def test_what_several_write_at_once_goes_together_by_the_hundred(desk: Desk, server: Server) -> None:
    tickets = [desk.fake.open_ticket(f"ticket {number}") for number in range(5)]
    desk.fake.fails_in_bulk = {int(tickets[4])}
    everybody = ThreadPoolExecutor(len(tickets))
    gate = iter([True])

    def wait(_: float) -> None:
        while next(gate, False):  # the first waits until all others have come
            while len(gatherer._waiting) < len(tickets):
                pass

    gatherer = Gatherer(server, lambda change: pytest.fail(f"{change} went alone"), wait)
    with everybody:
        answers = list(everybody.map(gatherer.write, map(due, tickets)))
    assert answers == [None, None, None, None, "TicketUpdateFailed cannot be updated"]
    (job,) = desk.asked("/api/v2/tickets/update_many")
    assert sorted(one["id"] for one in json.loads(job.body)["tickets"]) == sorted(map(int, tickets))


def test_a_job_that_cannot_be_begun_is_told_to_all(desk: Desk, server: Server) -> None:
    ticket = desk.fake.open_ticket("one")
    server.http.close()

    def alone(change: Change) -> str | None:
        return str(server.update(change.ticket, change.body))

    gatherer = Gatherer(server, alone, lambda _: None)
    with pytest.raises(RuntimeError, match="closed"):
        gatherer.write(due(ticket))
