"""A plugin of this checkout is named in several settings; each of them knows all of `plugins/*`."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casewarden.testing.verdict import read

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())
MAY_BE_IMPORTED = {"casewarden.plugin", "casewarden.model"}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def packages() -> set[str]:
    return {f"casewarden_{name}" for name in PLUGINS}


def test_each_folder_is_a_source_root_with_one_typed_package_and_a_page() -> None:
    for name in PLUGINS:
        found = [path.name for path in (ROOT / "plugins" / name).iterdir() if path.is_dir()]
        assert found == [f"casewarden_{name}"]
        assert (ROOT / "plugins" / name / f"casewarden_{name}" / "py.typed").is_file()
        assert (ROOT / "docs" / "connectors" / f"{name}.md").is_file()


def test_each_is_held_to_the_conformance_kit_and_ships_its_verdict() -> None:
    for name in PLUGINS:
        assert (ROOT / "tests" / "connectors" / name / "test_conformance.py").is_file()
        assert read(f"casewarden_{name}") is not None, "write it with `make verdicts`"


def test_each_is_found_by_its_entry_point(project: dict[str, Any]) -> None:
    assert project["project"]["entry-points"]["casewarden"] == {name: f"casewarden_{name}.plugin" for name in PLUGINS}


def test_each_is_in_the_wheel_and_in_an_editable_install(project: dict[str, Any]) -> None:
    build = project["tool"]["hatch"]["build"]
    roots = {f"plugins/{name}" for name in PLUGINS}
    assert set(build["dev-mode-dirs"]) == {"engine"} | roots
    included = {path for path in build["targets"]["wheel"]["only-include"] if path.startswith("plugins/")}
    assert included == {f"plugins/{name}/casewarden_{name}" for name in PLUGINS}
    sources = build["targets"]["wheel"]["sources"]
    assert {path: sources[path] for path in sources if path.startswith("plugins/")} == dict.fromkeys(roots, "")


def test_each_is_linted_and_typed(project: dict[str, Any]) -> None:
    roots = {f"plugins/{name}" for name in PLUGINS}
    tool = project["tool"]
    assert "plugins" in tool["mypy"]["files"]
    assert roots <= set(tool["mypy"]["mypy_path"].split(":"))
    assert roots <= set(tool["ruff"]["src"])


def test_each_is_held_to_the_import_contracts(project: dict[str, Any]) -> None:
    linter = project["tool"]["importlinter"]
    contracts = {contract["name"]: contract for contract in linter["contracts"]}
    assert set(linter["root_packages"]) == {"casewarden"} | packages()
    assert set(contracts["connectors know the contract and the model"]["source_modules"]) == packages()
    assert set(contracts["the engine knows no connector"]["forbidden_modules"]) == packages()
    known = contracts["connectors know the contract and the model"]
    assert known["forbidden_modules"] == ["casewarden"]
    allowed = ("casewarden.plugin", "casewarden.plugin.**", "casewarden.model.**")
    assert set(known["ignore_imports"]) == {f"{package}.** -> {room}" for package in packages() for room in allowed}


def test_connectors_import_the_contract_and_the_model_only() -> None:
    for name in PLUGINS:
        for path in (ROOT / "plugins" / name).rglob("*.py"):
            for module in imported(path):
                top = module.partition(".")[0]
                if top == "casewarden" or top.startswith("casewarden_"):
                    room = ".".join(module.split(".")[:2])
                    assert room in MAY_BE_IMPORTED or top == f"casewarden_{name}", f"{path} imports {module}"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
