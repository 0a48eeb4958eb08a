"""The name of a logged event is a constant: a text made of values is how what persons wrote gets into logs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import casewarden
from casewarden.telemetry.harmless import HARMLESS_KEYS

ROOT = Path(casewarden.__file__).parent
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}


def logging_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls such as `log.info(...)`, `self._log.bind(...).error(...)`, `structlog.get_logger().info(...)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            whose = ast.unparse(node.func.value)
            if whose.split(".")[-1].partition("(")[0].strip("_") in {"log", "logger", "logging", "bind", "get_logger"}:
                yield node


def not_constant(source: str) -> list[int]:
    """The lines of logging calls whose event is not written out."""
    return [
        call.lineno
        for call in logging_calls(ast.parse(source))
        if not (call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
        or len(call.args) > 1
    ]


def test_events_have_constant_names() -> None:
    files = {str(file.relative_to(ROOT)): not_constant(file.read_text(encoding="utf-8")) for file in ROOT.rglob("*.py")}
    assert {file: lines for file, lines in files.items() if lines} == {}


def not_written(source: str) -> dict[int, set[str]]:
    """The keys of logging calls at `info` and above that would be left out, by line."""
    found = {
        call.lineno: {str(key.arg) for key in call.keywords} - HARMLESS_KEYS - {"exc_info"}
        for call in logging_calls(ast.parse(source))
        if isinstance(call.func, ast.Attribute) and call.func.attr != "debug"
    }
    return {line: keys for line, keys in found.items() if keys}


def test_keys_at_info_and_above_are_on_the_list() -> None:
    files = {str(file.relative_to(ROOT)): not_written(file.read_text(encoding="utf-8")) for file in ROOT.rglob("*.py")}
    left_out = {file: lines for file, lines in files.items() if lines}
    fix = "add ids, numbers and words of our own to `harmless.HARMLESS_KEYS`; log the rest at debug"
    assert not left_out, f"{fix}: {left_out}"


def test_keys_that_are_not_on_the_list_are_noticed() -> None:
    assert not_written('log.info("a", case=1, body=2)\nlog.debug("a", body=2)\nlog.bind(x=1).error("a", **more)\n') == {
        1: {"body"},
        3: {"None"},
    }


def test_other_names_are_noticed() -> None:
    source = """
log.info("fine", case=1)
self._log.bind(case=1).error("fine")
log.info(f"not {fine}")
structlog.get_logger().error("not %s", fine)
self.log.exception(error)
logger.warning()
catalogue.info(name)
"""
    assert not_constant(source) == [4, 5, 6, 7]
