"""Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)."""

import json
from typing import Final

from casewarden.plugin import WebhookError

_VERSION: Final = "4"


def read_notification(body: bytes) -> int:
    """How many alerts a notification is about; WebhookError where it is none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise WebhookError("the body is no JSON") from None
    if not isinstance(told, dict) or told.get("version") != _VERSION or not isinstance(told.get("alerts"), list):
        raise WebhookError("this is no notification of Alertmanager (version 4)")
    return len(told["alerts"])
