"""The live view: exactly as large as it is told, harmless whatever stands in it, plain lines without a terminal."""

import io
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style

from casewarden.demo.drawing import BAD, DEEDS, GOOD, GRADES, HEALTH, WARN
from casewarden.demo.moments import HOUR, MINUTE
from casewarden.demo.snapshot import Breach, CaseRow, Counts, Deed, Health, NextClock, Snapshot, by_urgency
from casewarden.demo.view import render, show
from casewarden.demo.world import START

KEPT = Path(__file__).parent / "snapshots"
SIZES = [(80, 24), (120, 32), (200, 60), (60, 15), (40, 10)]

NOW = START + 77 * MINUTE
CASES = by_urgency(
    [
        CaseRow(
            "S-1009",
            "Larkspur Ferries",
            "premium",
            "starter",
            "new",
            "Nobody can log in",
            "Critical",
            0,
            NextClock("first_response", "missed", NOW - 14 * MINUTE, 1.0),
        ),
        CaseRow(
            "Z-1011",
            "Quarzhof Kliniken",
            "custom",
            "zitadel",
            "open",
            "Webhooks kommen doppelt",
            "Degraded",
            1,
            NextClock("initial_response", "running", NOW + 9 * MINUTE, 0.85),
        ),
        CaseRow(
            "S-1012",
            "Tannhain Versand",
            "premium",
            "starter",
            "open",
            "Alles antwortet mit 503",
            "Critical",
            0,
            NextClock("resolution", "running", NOW + 7 * HOUR + 35 * MINUTE, 0.05),
        ),
        CaseRow(
            "S-1010",
            "Ostermoor Druck",
            "standard",
            "starter",
            "open",
            "Export takes an hour",
            "Major",
            1,
            NextClock("resolution", "running", NOW + 30 * HOUR, 0.4),
        ),
        CaseRow(
            "S-1001",
            "Pellworth Museum",
            "standard",
            "starter",
            "waiting_on_customer",
            "How do we rotate a signing key?",
            "Minor",
            2,
            NextClock("resolution", "paused"),
        ),
        CaseRow("W-1004", "Maple Quay Books", "premium", "workato", "open", "Dates shifted by a day", "Low", 3),
        CaseRow("W-1005", "Juniper Flat Tours", "free", "workato", "on_hold"),
    ]
)
SNAPSHOT = Snapshot(
    now=NOW,
    zone="Europe/Berlin",
    speed=600,
    counts=Counts(1204, 2733, 129, open=24, closed=31, waiting=2, missed=3, credit_days=4),
    cases=CASES,
    deeds=(
        Deed(9, NOW - 4 * MINUTE, "Z-1006", "reply", "writes: core recovered", "lower_severity"),
        Deed(8, NOW - 4 * MINUTE, "Z-1006", "lowered", "lowered from Critical to Standard", "lower_severity"),
        Deed(7, NOW - 4 * MINUTE, "Z-1005", "reply", "writes: core recovered", "lower_severity"),
        Deed(6, NOW - 4 * MINUTE, "Z-1005", "lowered", "lowered from Critical to Standard", "lower_severity"),
        Deed(
            5,
            NOW - 14 * MINUTE,
            "S-1009",
            "assign",
            "hands over to lead",
            "hand_over_to_lead",
            "the first response is late",
        ),
        Deed(4, NOW - 60 * MINUTE, "S-1003", "close", "closes it: customer unreachable", "close_unreachable"),
        Deed(3, NOW - 70 * MINUTE, "S-1006", "reopen", "opens it again", "reopen_when_customer_writes"),
        Deed(2, NOW - 75 * MINUTE, "core", "publish", "publishes: core is down", "publish_outage"),
    ),
    breaches=(
        Breach(2, NOW - 14 * MINUTE, "S-1009", "first_response"),
        Breach(1, NOW - 16 * HOUR, "Z-1007", "initial_response", "4 days"),
    ),
    services=(Health("core", "degraded", NOW - 6 * MINUTE), Health("q_and_a", "planned", START)),
)


def drawn(
    snapshot: Snapshot, width: int, height: int, *, color: Literal["256"] | None = None, encoding: str = "utf-8"
) -> tuple[list[str], str]:
    """The lines as text, and all that went to the terminal."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=out, width=width, height=height, force_terminal=color is not None, color_system=color)
    console.print(render(snapshot, width, height))
    out.flush()
    sent = out.buffer.getvalue().decode(encoding)
    return re.sub(r"\x1b\[[0-9;]*m", "", sent).split("\n")[:-1], sent


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_is_exactly_as_large_as_it_is_told(width: int, height: int) -> None:
    lines, _ = drawn(SNAPSHOT, width, height)
    assert len(lines) == height
    assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize("name", ["80x24", "120x32", "200x60"])
def test_texts_are_as_they_were(name: str) -> None:
    """Written anew with CASEWARDEN_UPDATE_SNAPSHOTS=1, to be read before they are committed."""
    width, height = map(int, name.split("x"))
    lines, _ = drawn(SNAPSHOT, width, height)
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    kept = KEPT / f"{name}.txt"
    if os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    assert text == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(("width", "height"), SIZES[:3])
def test_all_that_a_newcomer_looks_for_is_there(width: int, height: int) -> None:
    text = "\n".join(drawn(SNAPSHOT, width, height)[0])
    for word in ("3 March 2026", "13:17", "Berlin", "600", "core", "degraded", "1,204 events", "2,733 decisions"):
        assert word in text
    for row in CASES:
        assert row.number in text
    for word in ("Critical", "Major", "13:26", "Wed 19:17", "-14m", "9m", "7h35", "paused", "waits", "hold"):
        assert word in text
    for word in ("lowered from Critical", "hands over to lead", "the first response is late", "closes it", "opens it"):
        assert word in text
    for word in ("3 missed", "4 days of credit", "S-1009 first response 13:03"):
        assert word in text


def test_without_colours_nothing_is_lost() -> None:
    plain, sent = drawn(SNAPSHOT, 120, 32)
    assert "\x1b" not in sent
    coloured, _ = drawn(SNAPSHOT, 120, 32, color="256")
    assert [line.rstrip() for line in coloured] == [line.rstrip() for line in plain]


def test_the_environment_can_ask_for_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    _, sent = drawn(SNAPSHOT, 120, 32, color="256")
    assert "38;5" not in sent


@pytest.mark.parametrize("colour", sorted({*GRADES, *HEALTH.values(), *DEEDS.values(), GOOD, WARN, BAD}))
def test_colours_can_be_read_on_dark_and_on_light_ground(colour: str) -> None:
    """A contrast of 3 to 1 and more (WCAG 2.2, 1.4.11) on both; the words say the same."""
    style = Style.parse(colour)
    assert isinstance(style.color, Color)
    light = _luminance(*style.color.get_truecolor())
    assert (light + 0.05) / 0.05 >= 3
    assert 1.05 / (light + 0.05) >= 3


def _luminance(*parts: int) -> float:
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_terminal_that_knows_no_lines_gets_signs_that_it_knows() -> None:
    lines, _ = drawn(SNAPSHOT, 80, 24, encoding="ascii")
    assert "==" in "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "[bold red]You have WON[/] [link=https://prize.example]here[/link]",
        "\x1b[2J\x1b]0;owned\x07 gone",
        "a\nb\rc\td\x00e",
        "left\u202eright",
        "漢字かな交じり文" * 6,
        "x" * 300,
        "{0} %s {case.number}",
    ],
)
def test_hostile_texts_are_harmless(text: str) -> None:
    clock = NextClock(text, "running", NOW + HOUR, 0.5)
    row = CaseRow(text, text, text, text, text, text, text, 1, clock)
    hostile = Snapshot(
        NOW,
        "Europe/Berlin",
        600,
        Counts(missed=1),
        (row,) * 3,
        (Deed(1, NOW, text, text, text, text, text),),
        (Breach(1, NOW, text, text, text),),
        (Health(text, text),),
    )
    for width, height in SIZES:
        lines, _ = drawn(hostile, width, height)
        assert len(lines) == height
        assert all(cell_len(line) <= width for line in lines)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", "".join(lines))
    if text.startswith("["):
        assert "[bold red]" in "\n".join(drawn(hostile, 200, 60)[0])  # as it was written


_TEXTS = st.text(max_size=40)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(20, 220),
    st.integers(6, 70),
    st.lists(
        st.tuples(_TEXTS, st.integers(-(10**13), 10**13), st.none() | st.floats(-1, 9), st.none() | st.integers(-1, 9)),
        max_size=30,
    ),
    st.lists(st.tuples(_TEXTS, _TEXTS), max_size=30),
)
def test_any_snapshot_fits(
    width: int,
    height: int,
    rows: list[tuple[str, int, float | None, int | None]],
    deeds: list[tuple[str, str]],
) -> None:
    snapshot = replace(
        SNAPSHOT,
        cases=tuple(
            CaseRow(text, text, text, text, text, text, text, grade, NextClock(text, "running", NOW + due, used))
            for text, due, used, grade in rows
        ),
        deeds=tuple(Deed(number, NOW, on, "set", words, "rule") for number, (on, words) in enumerate(deeds)),
    )
    lines, _ = drawn(snapshot, width, height)
    assert len(lines) == height
    assert all(cell_len(line) <= width for line in lines)


# Where there is no terminal


def test_plain_lines_tell_each_thing_once_as_it_happens() -> None:
    out = io.StringIO()
    first = replace(SNAPSHOT, deeds=SNAPSHOT.deeds[4:], breaches=SNAPSHOT.breaches[1:])
    show(Console(file=out, width=60), [first, first, SNAPSHOT, SNAPSHOT])
    assert out.getvalue().splitlines() == [
        "2026-03-02 21:17  Z-1007  initial response missed, 4 days of credit",
        "2026-03-03 12:00  q_and_a  is planned",
        "2026-03-03 12:02  core  publishes: core is down (publish_outage)",
        "2026-03-03 12:07  S-1006  opens it again (reopen_when_customer_writes)",
        "2026-03-03 12:17  S-1003  closes it: customer unreachable (close_unreachable)",
        "2026-03-03 13:03  S-1009  hands over to lead, because the first response is late (hand_over_to_lead)",
        "2026-03-03 13:11  core  is degraded",
        "2026-03-03 13:03  S-1009  first response missed",
        "2026-03-03 13:13  Z-1005 +1  lowered from Critical to Standard, writes: core recovered (lower_severity)",
    ]


def test_a_live_screen_is_left_as_it_was_found() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, force_terminal=True, _environ={"TERM": "xterm-256color"})
    show(console, [SNAPSHOT, SNAPSHOT])
    sent = out.getvalue()
    assert sent.index("\x1b[?1049h") < sent.index("Larkspur") < sent.index("\x1b[?1049l")
    assert sent.rindex("\x1b[?25h") > sent.index("\x1b[?25l")
