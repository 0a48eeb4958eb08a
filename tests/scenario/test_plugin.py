"""The pytest plugin, as users have it: in a pytest of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TEST = """# ours
casewarden_test: 1
ruleset: ruleset.yaml
zone: Europe/Berlin
tests:
  answered:
    timeline:
      - {at: Mon 2026-03-02 10:00, opened: {by: customer}}
      - {at: Mon 2026-03-02 11:00, message: {by: agent}, expect: {clocks: {answer: STATE}}}
"""


def pytest_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "ruleset.yaml").write_text((HERE / "bad" / "ruleset.yaml").read_text())
    (tmp_path / "good.test.yaml").write_text(TEST.replace("STATE", "met"))
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n")
    return tmp_path


def test_scenarios_are_collected_beside_other_tests(project: Path) -> None:
    found = pytest_in(project, "--collect-only")
    assert "good.test.yaml::answered" in found.stdout
    assert "test_own.py::test_own" in found.stdout
    assert pytest_in(project).returncode == 0


def test_a_failure_shows_expected_against_actual(project: Path) -> None:
    (project / "bad.test.yaml").write_text(TEST.replace("STATE", "missed"))
    found = pytest_in(project)
    assert found.returncode == 1
    assert "clock answer: state" in found.stdout
    assert "expected  missed" in found.stdout
    assert "1 failed, 2 passed" in found.stdout
    assert "Traceback" not in found.stdout


def test_a_file_that_cannot_be_read_is_an_error_with_its_diagnostics(project: Path) -> None:
    (project / "bad.test.yaml").write_text(TEST.replace("STATE", "done"))
    found = pytest_in(project)
    assert found.returncode == 2
    assert "error[CW204]" in found.stdout
    assert "Traceback" not in found.stdout


def test_files_of_others_are_left_alone(project: Path) -> None:
    (project / "theirs.test.yaml").write_text("- name: some other tool\n  casewarden_test: not at the top\n")
    (project / "binary.test.yaml").write_bytes(b"\xff\xfe\x00")
    found = pytest_in(project)
    assert found.returncode == 0
    assert "2 passed" in found.stdout


def test_it_can_be_turned_off(project: Path) -> None:
    assert "1 passed" in pytest_in(project, "-p", "no:casewarden").stdout


def test_without_scenario_files_nothing_of_the_engine_is_imported(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_own.py").write_text(
        "import sys\n\ndef test_own():\n"
        "    loaded = {n for n in sys.modules if n.startswith('casewarden')}\n"
        "    assert loaded == {'casewarden', 'casewarden.testing', 'casewarden.testing.pytest_plugin'}\n"
    )
    assert pytest_in(tmp_path).returncode == 0
