"""The wheel: what is in it, that it runs from elsewhere, and that it asks for what it imports."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from casewarden import __version__
from casewarden.shipped import shipped

ROOT = Path(__file__).parents[2]
HEAVY = {"rich", "yaml", "holidays", "re2", "jinja2", "jsonschema", "numpy", "casewarden.decide", "casewarden.ruleset"}
ONLY_DATA = {"tzdata"}
EXTRAS = ("vector", "durable", "postgres", "otel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)], cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel is installed to, with its commands in `bin`."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", "--target", str(folder)]
    run([sys.executable, "-m", "pip", "install", *options, str(wheel)])
    return folder


def run(command: list[str], cwd: Path | None = None, first: Path | None = None) -> str:
    """What a command prints, run with `first` in front of all that Python knows."""
    environment = dict(os.environ) | ({} if first is None else {"PYTHONPATH": str(first)})
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_it_holds_the_package_and_what_comes_along(wheel: Path) -> None:
    roots = (ROOT / "engine", *(path for path in (ROOT / "plugins").iterdir() if path.is_dir()))
    files = [path.relative_to(root) for root in roots for path in root.rglob("*") if path.is_file()]
    tracked = {path.as_posix() for path in files if path.suffix != ".pyc" and not path.parts[1].startswith(".")}
    data = {
        f"casewarden/_data/{path.relative_to(ROOT).as_posix()}"
        for folder in ("rules", "schemas")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    data.add("casewarden/_data/examples/history.jsonl")
    found = {name for name in names(wheel) if ".dist-info/" not in name}
    assert "casewarden/_data/rules/starter/starter.yaml" in found
    assert "casewarden/_data/schemas/ruleset.schema.json" in found
    assert found == tracked | data


def test_it_declares_its_command_its_plugin_and_its_connectors(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        points = archive.read(f"casewarden-{__version__}.dist-info/entry_points.txt").decode()
    assert "[console_scripts]\ncasewarden = casewarden.cli:main\n" in points
    assert "\nfiles = casewarden_files.plugin\n" in points.partition("[casewarden]")[2].partition("[")[0]
    assert "[pytest11]\ncasewarden = casewarden.testing.pytest_plugin\n" in points


def test_it_runs_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    asked = "import casewarden, casewarden.shipped as s; print(casewarden.__file__); print(s.shipped('rules'))"
    where, rules = run([sys.executable, "-c", asked], tmp_path, installed).splitlines()
    assert Path(where).is_relative_to(installed)
    assert Path(rules) == installed / "casewarden" / "_data" / "rules"
    command = str(installed / "bin" / "casewarden")
    assert run([command, "--version"], tmp_path, installed).split()[-1] == __version__
    starter = Path(rules) / "starter"
    for file, what in (("starter.yaml", "1 ruleset"), ("starter.test.yaml", "1 file of tests")):
        assert run([command, "check", str(starter / file)], tmp_path, installed).startswith(what)


def test_the_demo_needs_no_checkout(installed: Path, tmp_path: Path) -> None:
    shown = run(
        [str(installed / "bin" / "casewarden"), "demo", "--seconds", "8", "--speed", "3600"], tmp_path, installed
    )
    assert shown.startswith("A sidecar beside an invented helpdesk, 3600 times as fast as life.")
    assert "(warn_before_response_is_due)" in shown
    assert (tmp_path / "out" / "demo" / "casewarden.db").is_file()


def test_an_editable_install_finds_the_folders_of_the_checkout() -> None:
    assert shipped("rules") == ROOT / "rules"
    assert (shipped("schemas") / "event.schema.json").is_file()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"], ["replay", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    asked = (
        "import sys; from casewarden.cli import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        "print(*sys.modules, sep='\\n')"
    )
    loaded = set(run([sys.executable, "-c", asked]).splitlines())
    assert "casewarden.cli" in loaded
    assert loaded & HEAVY == set()


def test_what_is_imported_is_asked_for_and_the_reverse() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    always = {_name(line) for line in project["dependencies"]}
    extras = {_name(line) for extra in EXTRAS for line in project["optional-dependencies"][extra]}
    rooms = [ROOT / "engine", *(ROOT / "plugins").iterdir()]
    modules = {module for room in rooms for path in room.rglob("*.py") for module in _imported(path)}
    known = packages_distributions()
    ours = {"casewarden", *(f"casewarden_{room.name}" for room in rooms)}
    foreign = modules - set(sys.stdlib_module_names) - ours
    imported = {_name(known[module][0]) for module in foreign if module in known}
    assert {module for module in foreign if module not in known} <= {"durable"}  # not on every Python
    assert imported - extras - {"pytest"} == always - ONLY_DATA  # the plugin is imported by pytest alone


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None
    return found[0].replace("_", "-").lower()


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
