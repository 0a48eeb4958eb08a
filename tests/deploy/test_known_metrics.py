"""The check of queries notices what is not there."""

import pytest

from support.known_metrics import faults
from support.promql import Selector, read_query


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("casewarden_event_total", "there is no metric casewarden_event_total"),
        ("rate(casewarden_decision_lag_seconds[5m])", "there is no metric casewarden_decision_lag_seconds"),
        ('casewarden_events_total{kind="x"}', "casewarden_events_total has no label kind"),
        ('casewarden_outbox_actions{state="sent"}', "state of casewarden_outbox_actions is never sent"),
        ('casewarden_outbox_actions{state=~"sent|lost"}', "state of casewarden_outbox_actions is never sent|lost"),
        ("max by (lane) (casewarden_paused)", "nothing has a label lane: max by (lane) (casewarden_paused)"),
        ("sum(casewarden_paused", "a bracket is not closed: sum(casewarden_paused"),
        ("casewarden_paused)", "a bracket too many: casewarden_paused)"),
        ("summ(casewarden_paused)", "summ is no function that is known here: summ(casewarden_paused)"),
        ("casewarden_paused ? 1", "this is no query from here on: ? 1"),
        ("1 + 1", "nothing is asked for: 1 + 1"),
    ],
)
def test_a_fault_is_told(query: str, fault: str) -> None:
    assert faults(query) == [fault]


@pytest.mark.parametrize(
    "query",
    [
        'sum by (source) (rate(casewarden_events_total{source=~"$source", outcome!="new"}[$__rate_interval]))',
        "histogram_quantile(0.99, sum by (le, lane) (rate(casewarden_decision_duration_seconds_bucket[5m])))",
        "time() - max by (connector) (casewarden_connector_last_success_timestamp_seconds) > 3e2",
        'casewarden_outbox_actions{state=~"wait.*"} unless on () (max(casewarden_paused) == 1)',
        'absent(up{job="casewarden"})',
    ],
)
def test_what_is_there_is_no_fault(query: str) -> None:
    assert faults(query) == []


def test_selectors_are_read_with_their_matchers() -> None:
    query = read_query('sum by (le) (a{b="c", d!~"e,f"}) / on (g) h[5m] offset 5m')
    assert query.selectors == [Selector("a", (("b", "=", "c"), ("d", "!~", "e,f"))), Selector("h")]
    assert query.grouped == {"le", "g"}
