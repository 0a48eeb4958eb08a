"""Conditions that are false, not unknown, where a value is missing: in a helpdesk a missing value equals nothing."""

from typing import Final

from casewarden.importing.written import Data

_ALWAYS_KNOWN: Final = ("case.status", "case.channel", "case.subject", "now")


def two_valued(data: Data) -> Data:
    """The condition with a test beside each value that may be missing."""
    if not isinstance(data, dict):
        return data
    found: list[Data] = []
    for key, value in data.items():
        if key in ("all", "any") and isinstance(value, list):
            found.append({key: [two_valued(one) for one in value]})
        elif key == "not":
            found.append({key: two_valued(value)})
        elif "." not in key or key in _ALWAYS_KNOWN or value in ({"known": "yes"}, {"known": "no"}):
            found.append({key: value})
        else:
            found.append({"all": [{key: {"known": "yes"}}, {key: value}]})
    return found[0] if len(found) == 1 else {"all": found}
