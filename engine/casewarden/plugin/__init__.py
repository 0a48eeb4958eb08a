"""What connectors are held to: the hook by which they are found, the calls, the answers."""

from casewarden.plugin.contract import (
    CONTRACT,
    AlreadyApplied,
    Answer,
    Applied,
    Attempt,
    Check,
    Conflict,
    Connector,
    Factory,
    Finding,
    Listening,
    Page,
    Rejected,
    Retry,
    Spec,
    WebhookError,
)
from casewarden.plugin.hooks import hookimpl

__all__ = [
    "CONTRACT",
    "AlreadyApplied",
    "Answer",
    "Applied",
    "Attempt",
    "Check",
    "Conflict",
    "Connector",
    "Factory",
    "Finding",
    "Listening",
    "Page",
    "Rejected",
    "Retry",
    "Spec",
    "WebhookError",
    "hookimpl",
]
