"""Times in tests: what is shown is read back as the same instant, in every zone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.forms import Context
from casewarden.ruleset.names import Names
from casewarden.ruleset.nodes import Scalar
from casewarden.scenario.times import read_time, shown
from casewarden.worktime.zones import zone

PLACE = Place("f", 1, 1, 1, 2)
ZONES = ("Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC", "-03:30")
SECOND = 1_000_000
# Around the changes of the clocks of several zones, where reading and showing could part.
CHANGES = (1_774_746_000, 1_792_890_000, 1_793_509_200, 1_325_239_200, 1_775_314_800)


def read(text: str, name: str) -> tuple[int | None, list[str]]:
    diagnostics = Diagnostics()
    found = read_time(Context(diagnostics, Names()), Scalar(text, PLACE, quoted=False), "`at`", zone(name))
    return found, [item.code for item in diagnostics.items]


@settings(max_examples=300)
@given(
    st.sampled_from(ZONES),
    st.one_of(
        st.integers(86_400 * SECOND, 7_000_000_000 * SECOND),
        st.builds(lambda c, d: (c + d) * SECOND, st.sampled_from(CHANGES), st.integers(-7200, 7200)),
    ),
)
def test_what_is_shown_is_read_as_the_same_instant(name: str, instant: int) -> None:
    assert read(shown(instant, zone(name)), name) == (instant, [])


def test_all_forms_of_one_instant_are_the_same() -> None:
    forms = (
        "Fri 2026-07-17 16:40",
        "2026-07-17 16:40",
        "2026-07-17T16:40:00",
        "2026-07-17T14:40Z",
        "2026-07-17 16:40+02:00",
        "Fri 2026-07-17T18:10+03:30",
    )
    assert {read(form, "Europe/Zurich")[0] for form in forms} == {1_784_299_200 * SECOND}


def test_a_time_that_clocks_skip_or_repeat_is_refused_unless_its_offset_is_said() -> None:
    assert read("2026-03-29 02:30", "Europe/Zurich") == (None, ["CW904"])
    assert read("2026-10-25 02:30", "Europe/Zurich") == (None, ["CW905"])
    first, _ = read("2026-10-25 02:30+02:00", "Europe/Zurich")
    second, _ = read("2026-10-25 02:30+01:00", "Europe/Zurich")
    assert first is not None
    assert second is not None
    assert second - first == 3600 * SECOND
    assert read("2011-12-30 12:00", "Pacific/Apia") == (None, ["CW904"])


def test_what_is_no_time_is_told() -> None:
    for text in (
        "tomorrow",
        "16:40",
        "2026-07-17",
        "17.07.2026 16:40",
        "2026-07-17 24:00",
        "2026-07-17 16:40 CET",
        "2026-07-17 16:40+24:00",
        "2026-07-17 16:40-23:60",
    ):
        assert read(text, "UTC") == (None, ["CW902"])
    assert read("1969-12-31 23:00", "UTC") == (None, ["CW902"])
    assert read("Thu 2026-07-17 16:40", "UTC") == (None, ["CW903"])
    assert read("fri 2026-07-17 16:40", "UTC") == (None, ["CW903"])
