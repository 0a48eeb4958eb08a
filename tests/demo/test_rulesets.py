"""Copies of shipped rulesets that govern the cases of their brand, and nothing else about them is new."""

from pathlib import Path

import pytest

from casewarden.demo.rulesets import governing, write_rulesets
from casewarden.demo.world import DESKS, START, World
from casewarden.ruleset.diagnostics import Level
from casewarden.ruleset.load import load
from casewarden.shipped import shipped
from demo.driver import Driver


def test_copies_are_sound_and_have_the_name_of_the_original(mains: tuple[Path, ...]) -> None:
    assert [path.stem for path in mains] == list(DESKS)
    for main in mains:
        ruleset, diagnostics = load(main)
        assert ruleset is not None
        assert ruleset.name == main.stem
        assert ruleset.applies_to is not None
        assert not [item for item in diagnostics.items if item.level is Level.ERROR]


@pytest.mark.parametrize("name", DESKS)
def test_two_lines_are_new(mains: tuple[Path, ...], name: str) -> None:
    (main,) = (path for path in mains if path.stem == name)
    before = (shipped("rules") / name / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    after = main.read_text(encoding="utf-8").splitlines()
    added = [line for line in after if line not in before]
    assert [line.split("#")[0].strip() for line in added if "casewarden " not in line] == [
        f"applies_to: {{case.brand: {name}}}",
        "brand: {type: text}",
    ]
    assert len(after) == len(before) + 2


def test_each_case_is_governed_by_one_of_them(mains: tuple[Path, ...]) -> None:
    driver = Driver(World(1), mains, START)
    driver.run(START)
    for name, lane in driver.lanes.items():
        for other in driver.lanes.values():
            for case in [subject for subject in lane.times if subject.startswith("case:")]:
                decided = [d for place, subject, d in driver.decisions if subject == case and place == name]
                assert decided[-1].clocks, case
                assert other is lane or case not in other.times


def test_a_file_written_otherwise_is_refused() -> None:
    with pytest.raises(ValueError, match="the ruleset acme is not written as the shipped ones are"):
        governing("casewarden: 1\nruleset: other\n", "acme")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "starter").write_text("in the way")
    with pytest.raises(OSError, match="starter"):
        write_rulesets(tmp_path, ["starter"])
