"""Finding plugins: every one that is installed must load. What is broken is told, never skipped."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final

import pluggy

from casewarden.plugin import hooks
from casewarden.plugin.contract import CONTRACT, Factory, Spec

_HOOK: Final = "casewarden_connectors"
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Found:
    """A connector that is there: its factory, the package that it lies in, and the distribution that brought it.

    `distribution` is a name and a version, None for a module that no distribution named. A plugin's package is that of
    the module which its entry point names.
    """

    factory: Factory
    spec: Spec
    package: str
    distribution: tuple[str, str] | None


class PluginError(Exception):
    """A plugin cannot be used; the message names it, says why, and what would be right."""


def load_plugins(extra: Iterable[object] = ()) -> Mapping[str, Factory]:
    """The factories of all plugins that are installed, and of the `extra` modules, by the names of their connectors.

    PluginError where one does not load, fails to say what it brings, was made for another contract, or has a name that
    another one has.
    """
    return MappingProxyType({name: found.factory for name, found in find_plugins(extra).items()})


def find_plugins(extra: Iterable[object] = ()) -> Mapping[str, Found]:
    """As `load_plugins`, with where each of them comes from."""
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    brought: dict[str, tuple[str, str]] = {}
    for point in sorted(entry_points(group=hooks.GROUP), key=lambda point: (point.name, point.value)):
        _register(manager, _load(point), _origin(point))
        if point.dist is not None:
            brought[_origin(point)] = (point.dist.name, point.dist.version)
    for module in extra:
        _register(manager, module, f"the plugin `{getattr(module, '__name__', repr(module))}`")
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"{manager.get_name(error.plugin)} has a hook that does not exist: {error}") from None
    found: dict[str, tuple[str, Found]] = {}
    for origin, module in manager.list_name_plugin():
        package = str(getattr(module, "__name__", "")).rpartition(".")[0]
        for factory in _factories(manager, origin, module):
            spec = _spec(origin, factory)
            if spec.name in found:
                raise PluginError(
                    f"{origin} brings a connector `{spec.name}`, and so does {found[spec.name][0]}; uninstall one of"
                    " them"
                )
            found[spec.name] = (origin, Found(factory, spec, package, brought.get(origin)))
    return MappingProxyType({name: found[name][1] for name in sorted(found)})


def _origin(point: EntryPoint) -> str:
    owner = f" of {point.dist.name} {point.dist.version}" if point.dist is not None else ""
    return f"the plugin `{point.name}`{owner}"


def _load(point: EntryPoint) -> object:
    try:
        return point.load()
    except (Exception, SystemExit) as error:  # a module may do anything while it is imported
        raise PluginError(f"{_origin(point)} cannot be loaded from `{point.value}`: {_reason(error)}") from error


def _register(manager: pluggy.PluginManager, module: object, origin: str) -> None:
    try:
        manager.register(module, origin)
    except pluggy.PluginValidationError as error:
        raise PluginError(f"{origin} implements its hook wrongly: {error}") from None
    except ValueError:
        raise PluginError(f"{origin} is there twice; uninstall one of the two") from None
    implementations = manager.get_hookcallers(module) or []
    if _HOOK not in [caller.name for caller in implementations]:
        raise PluginError(f"{origin} has no `{_HOOK}`: write it with `@casewarden.plugin.hookimpl`")


def _factories(manager: pluggy.PluginManager, origin: str, module: object) -> Sequence[Factory]:
    others = [other for other in manager.get_plugins() if other is not module]
    try:
        answers = manager.subset_hook_caller(_HOOK, others)() or [None]  # pluggy leaves None out
    except Exception as error:
        raise PluginError(f"{origin} fails to say which connectors it brings: {_reason(error)}") from error
    found: list[Factory] = []
    for made in answers:
        if not isinstance(made, Sequence) or isinstance(made, str):
            raise PluginError(f"{origin} returns {type(made).__name__} from `{_HOOK}`, not a list of factories")
        for factory in made:
            missing = [name for name in ("spec", "connect") if not callable(getattr(factory, name, None))]
            if missing:
                raise PluginError(f"{origin} brings {type(factory).__name__}, which has no `{missing[0]}`")
            found.append(factory)
    return found


def _spec(origin: str, factory: Factory) -> Spec:
    try:
        spec = factory.spec()
    except Exception as error:
        raise PluginError(f"{origin} fails to say what its connector can do: {_reason(error)}") from error
    contract = getattr(spec, "contract", None)
    if contract != CONTRACT:
        made_for = f"contract {contract}" if isinstance(contract, int) else "no contract that is known"
        raise PluginError(
            f"{origin} was made for {made_for}, this Casewarden has contract {CONTRACT}; install versions that agree"
        )
    if not isinstance(spec, Spec):
        raise PluginError(f"{origin} returns {type(spec).__name__} from `spec`, not `casewarden.plugin.Spec`")
    if not _NAME.fullmatch(spec.name):
        raise PluginError(
            f"{origin} calls its connector {spec.name!r}; a name has small letters, digits, - and _, and begins with a"
            " letter"
        )
    if spec.settings.get("type") != "object":
        raise PluginError(f"{origin}: the settings of `{spec.name}` are no JSON Schema of an object")
    return spec


def _reason(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
