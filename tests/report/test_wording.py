"""Words of reports and explanations: instants, ages, plurals, and tables that fit a narrow terminal."""

import io

import pytest
from rich.console import Console

from casewarden.model.instants import parse_instant
from casewarden.report.blocks import Zone, age
from casewarden.report.summary import Heading, print_summary
from casewarden.report.tally_words import counted, held_back, posted
from casewarden.scenario.replay import Part
from casewarden.scenario.tally import Tally

SECOND = 1_000_000
BERLIN = Zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-03-09T07:40:00Z", "Mon 9 Mar 2026 08:40"),
        ("2026-03-09T07:40:05Z", "Mon 9 Mar 2026 08:40:05"),
        ("2026-03-09T07:40:00.000001Z", "Mon 9 Mar 2026 08:40 (just after)"),
        ("2026-03-09T07:40:05.000002Z", "Mon 9 Mar 2026 08:40:05 (just after)"),
        ("2026-03-09T07:40:00.250000Z", "Mon 9 Mar 2026 08:40:00.250000"),
        ("2026-10-25T00:30:00Z", "Sun 25 Oct 2026 02:30 (+0200)"),
        ("2026-10-25T01:30:00Z", "Sun 25 Oct 2026 02:30 (+0100)"),
    ],
)
def test_an_instant_in_a_zone(at: str, shown: str) -> None:
    assert BERLIN.when(parse_instant(at)) == shown


def test_instants_within_a_text_are_put_into_the_zone() -> None:
    assert BERLIN.text("1 of 2 from 2026-06-30T22:00:00Z: within") == "1 of 2 from Wed 1 Jul 2026 00:00: within"
    assert BERLIN.text("no instant: 2026-06-30") == "no instant: 2026-06-30"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "just now"),
        (1, "1 s ago"),
        (120, "2 min ago"),
        (3 * 3600 + 1200, "3 h 20 min ago"),
        (86_400, "1 day ago"),
        (2 * 86_400 + 4 * 3600, "2 days 4 h ago"),
    ],
)
def test_an_age(seconds: int, shown: str) -> None:
    assert age(seconds * SECOND) == shown


def tally() -> Tally:
    found = Tally()
    found.withheld.update({("a", "limit"): 1, ("b", "limit"): 2, ("b", "would_have_fired"): 1200})
    found.ledger.update({("late", "posted"): 1, ("later", "posted"): 77, ("incidents", "claimed"): 1})
    found.ledger.update({("incidents", "granted"): 3})
    found.clocks.update({("first_response", "2026-01", "met"): 1_000, ("first_response", "2026-01", "missed"): 234})
    return found


def test_one_is_not_several() -> None:
    assert [counted(number, "case") for number in (0, 1, 1200)] == ["0 cases", "1 case", "1,200 cases"]


def test_what_was_held_back_and_posted() -> None:
    assert held_back(tally()) == "3 beyond the rule's limit, 1,200 learnt of too late"
    assert held_back(Tally()) == ""
    assert posted(tally()) == [
        ("incidents", "claimed", "1 time"),
        ("incidents", "granted", "3 times"),
        ("late", "posted", "1 day"),
        ("later", "posted", "77 days"),
    ]


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_width_breaks_a_number_or_loses_a_column(width: int) -> None:
    out = io.StringIO()
    heading = Heading("r", "0", "h.jsonl", "known", None, ("first_response",))
    print_summary(Console(file=out, width=width), heading, Part(tally=tally()))
    text = out.getvalue()
    for number in ("1,234", "1,000", "234", "81.0%"):
        assert number in text
    assert "first" in text
