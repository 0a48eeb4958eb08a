"""Jira's limits, kept and obeyed."""

import pytest

from casewarden.plugin import Applied, Retry
from casewarden.plugin.http import LimitedError
from casewarden.testing.wire import json_reply
from connectors.jira.conftest import Desk


def test_an_issue_is_not_written_to_faster_than_jira_allows(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("help"), desk.connect()
    answers = [desk.write(connector, "reply", ticket, {"text": str(n)}, key=str(n)) for n in range(21)]
    assert all(isinstance(one, Applied) for one in answers[:20])
    last = answers[20]
    assert isinstance(last, Retry)
    assert last.reached
    assert last.after == 2
    assert len(desk.fake.state.issues[ticket].comments) == 20
    desk.fake.advance(2)
    assert isinstance(desk.write(connector, "reply", ticket, {"text": "20"}, key="20"), Applied)


def test_an_issue_takes_a_hundred_writes_in_thirty_seconds() -> None:
    from casewarden_jira.pacing import IssuePace

    now = 0
    pace = IssuePace(lambda: now)
    for number in range(100):
        now = number * 200_000
        pace.take("10001")
    with pytest.raises(LimitedError, match="100 writes in 30 seconds") as told:
        pace.take("10001")
    assert told.value.after == 30 - 19.8
    pace.take("10002")
    now = 30_000_000
    pace.take("10001")


def limited(desk: Desk, path: str, **headers: str) -> None:
    """Let Jira refuse requests of a path, as too many."""
    desk.fake.change_answer = lambda request, reply: (
        json_reply({"errorMessages": ["Rate limit exceeded"]}, 429, **headers) if path in request.path else reply
    )


def test_a_limit_of_one_issue_is_none_of_the_others(desk: Desk) -> None:
    one, other, connector = desk.fake.open_ticket("one"), desk.fake.open_ticket("other"), desk.connect()
    limited(desk, f"/issue/{one}/comment", retry_after="7", ratelimit_reason="jira-per-issue-on-write")
    answer = desk.write(connector, "reply", one, {"text": "hello"})
    assert isinstance(answer, Retry)
    assert answer.after == 7
    assert isinstance(desk.write(connector, "reply", other, {"text": "hello"}), Applied)


def test_a_limit_of_the_account_lets_everything_rest_until_it_ends(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("one"), desk.connect()
    limited(desk, "/search", retry_after="30", ratelimit_reason="jira-quota-based")
    with pytest.raises(LimitedError):
        connector.changes(None)
    desk.fake.change_answer, asked = None, len(desk.fake.requests)
    answer = desk.write(connector, "reply", ticket, {"text": "hello"})
    assert isinstance(answer, Retry)
    assert answer.after == 30
    assert len(desk.fake.requests) == asked  # which would count against us
    desk.fake.advance(30)
    assert isinstance(desk.write(connector, "reply", ticket, {"text": "hello"}), Applied)


def test_data_center_says_with_its_bucket_when_to_come_again(data_center: Desk) -> None:
    connector = data_center.connect()
    limited(
        data_center, "/search", x_ratelimit_limit="10", x_ratelimit_remaining="0", x_ratelimit_interval_seconds="5",
        x_ratelimit_fillrate="1",
    )  # fmt: skip
    with pytest.raises(LimitedError) as told:
        connector.changes(None)
    assert told.value.after == 5


def test_a_limit_without_a_time_is_left_to_the_sidecars_back_off(desk: Desk) -> None:
    ticket, connector = desk.fake.open_ticket("one"), desk.connect()
    limited(desk, "/comment", ratelimit_reason="jira-burst-based")
    answer = desk.write(connector, "reply", ticket, {"text": "hello"})
    assert isinstance(answer, Retry)
    assert (answer.after, answer.reached) == (None, True)
