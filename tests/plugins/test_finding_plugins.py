"""Plugins are found where they are installed; what is broken stops everything and says why."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from casewarden.plugin import CONTRACT, Spec, hookimpl
from casewarden.plugin.manager import PluginError, load_plugins
from support.installed import install

SOUND = """\
    from casewarden.plugin import Spec, hookimpl

    class Factory:
        def spec(self):
            return Spec({name!r}, "2.0", {{"type": "object"}}, frozenset({{"note"}}))
        def connect(self, instance, settings):
            raise ValueError("`token` is missing")

    @hookimpl
    def casewarden_connectors():
        return [Factory()]
"""

BRINGS = "from casewarden.plugin import hookimpl\n@hookimpl\ndef casewarden_connectors():\n    "


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that installed packages are looked for in, beside the environment's own."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def refusal(site: Path, module: str, **how: str) -> str:
    """What is said of a plugin `broken` with this module."""
    install(site, "broken", module, **how)
    with pytest.raises(PluginError) as caught:
        load_plugins()
    return str(caught.value)


def test_the_built_in_connectors_come_in_by_entry_point() -> None:
    found = load_plugins()
    assert found["files"].spec().name == "files"
    assert all(factory.spec().contract == CONTRACT for factory in found.values())


def test_what_is_installed_is_found_beside_them(site: Path) -> None:
    install(site, "casewarden-acme", SOUND.format(name="acme"))
    found = load_plugins()
    assert {"acme", "files"} <= set(found)
    assert list(found) == sorted(found)
    assert found["acme"].spec().version == "2.0"


def test_nothing_is_remembered_from_one_time_to_the_next(site: Path) -> None:
    before = load_plugins()
    install(site, "casewarden-acme", SOUND.format(name="acme"))
    sys.path_importer_cache.clear()
    assert set(load_plugins()) - set(before) == {"acme"}


def test_a_plugin_that_does_not_load_is_told_with_its_distribution_and_the_reason(site: Path) -> None:
    said = refusal(site, "raise RuntimeError('no licence on this machine')\n")
    assert said == (
        "the plugin `broken` of broken 1.0 cannot be loaded from `broken`: RuntimeError: no licence on this machine"
    )


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("import a_library_that_is_missing\n", "ModuleNotFoundError: No module named 'a_library_that_is_missing'"),
        ("def (\n", "SyntaxError: "),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
        ("x = 1\n", "has no `casewarden_connectors`: write it with `@casewarden.plugin.hookimpl`"),
        ("def casewarden_connectors():\n    return []\n", "has no `casewarden_connectors`"),
        (
            BRINGS.replace("()", "(settings)") + "return []\n",
            "implements its hook wrongly",
        ),
        (
            BRINGS + "return []\n@hookimpl\ndef casewarden_rules():\n    return []\n",
            "has a hook that does not exist: unknown hook 'casewarden_rules'",
        ),
        (
            BRINGS + "1 / 0\n",
            "fails to say which connectors it brings: ZeroDivisionError: division by zero",
        ),
        (
            BRINGS + "return 'x'\n",
            "returns str from `casewarden_connectors`, not a list of factories",
        ),
        (
            BRINGS + "return None\n",
            "returns NoneType from `casewarden_connectors`, not a list of factories",
        ),
        (
            BRINGS + "return [object()]\n",
            "brings object, which has no `spec`",
        ),
        (SOUND.format(name="acme").replace('frozenset({"note"})', "frozenset(), False, 9"), "was made for contract 9"),
        (SOUND.format(name="acme").replace("Spec('acme'", "dict(a=Spec('acme'").replace("}))", "})))"), "no contract"),
        (SOUND.format(name="Acme Corp"), "calls its connector 'Acme Corp'"),
        (SOUND.format(name="acme").replace('"object"', '"array"'), "are no JSON Schema of an object"),
    ],
)
def test_every_way_of_being_broken_has_its_reason(site: Path, module: str, reason: str) -> None:
    said = refusal(site, module)
    assert said.startswith("the plugin `broken` of broken 1.0")
    assert reason in said


def test_an_entry_point_that_leads_nowhere_is_told(site: Path) -> None:
    assert "cannot be loaded from `nowhere.plugin`: ModuleNotFoundError" in refusal(
        site, "", point="broken = nowhere.plugin"
    )


def test_one_name_is_one_connector(site: Path) -> None:
    install(site, "casewarden-other", SOUND.format(name="files"))
    with pytest.raises(PluginError, match=r"brings a connector `files`, and so does .*; uninstall one of them"):
        load_plugins()


def test_a_plugin_of_a_later_contract_names_both(site: Path) -> None:
    module = SOUND.format(name="acme").replace('frozenset({"note"})', "frozenset(), False, 2")
    assert re.search(rf"contract 2, this Casewarden has contract {CONTRACT}", refusal(site, module))


class AFactory:
    def __init__(self, name: str) -> None:
        self.name = name

    def spec(self) -> Spec:
        return Spec(self.name, "1", {"type": "object"}, frozenset())

    def connect(self, instance: str, settings: object) -> object:
        raise NotImplementedError


def a_module(*names: str) -> ModuleType:
    """A module that brings connectors of these names."""
    module = ModuleType("extra_plugin")

    @hookimpl
    def casewarden_connectors() -> list[AFactory]:
        return [AFactory(name) for name in names]

    module.casewarden_connectors = casewarden_connectors  # type: ignore[attr-defined]
    return module


def test_modules_given_by_hand_come_in_beside_the_installed_ones() -> None:
    assert set(load_plugins([a_module("one", "two")])) == {*load_plugins(), "one", "two"}


def test_modules_given_by_hand_are_held_to_the_same() -> None:
    with pytest.raises(PluginError, match="the plugin `extra_plugin` brings a connector `files`, and so does"):
        load_plugins([a_module("files")])
    one = a_module("one")
    with pytest.raises(PluginError, match="the plugin `extra_plugin` is there twice"):
        load_plugins([one, one])
    with pytest.raises(PluginError, match="has no `casewarden_connectors`"):
        load_plugins([object()])
