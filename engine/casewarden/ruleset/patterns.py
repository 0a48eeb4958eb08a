"""Regular expressions of authors: RE2 only, so that none can run for long; bounded in length and in memory."""

from typing import Any, Final

from casewarden.ruleset.forms import Context
from casewarden.ruleset.nodes import Node

MAX_LENGTH: Final = 1_000
MAX_MEMORY: Final = 1 << 20
"""Bytes that one compiled pattern may take; `a{1000}{1000}` and the like exceed it."""


def compile_pattern(pattern: str) -> Any:
    """The compiled pattern, without regard to case; raises `re2.error` for what RE2 cannot do."""
    import re2  # noqa: PLC0415  # a native library that most rulesets do not need

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    return re2.compile(pattern, options)


def check_pattern(context: Context, at: Node, pattern: str) -> bool:
    """Whether RE2 takes the pattern; else the reason is reported."""
    import re2  # noqa: PLC0415  # see above

    if len(pattern) > MAX_LENGTH:
        context.error("CW413", at, f"the pattern has {len(pattern)} characters", f"use at most {MAX_LENGTH}")
        return False
    try:
        compile_pattern(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be compiled"
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        fix = "RE2 has no look-ahead, look-behind or back references" if "(?" in reason or "\\" in reason else None
        context.error("CW413", at, f"the pattern is refused: {reason}", fix)
        return False
    return True
