"""Texts from outside as both databases take them: no NUL, no half of a surrogate pair, not without end."""

import re
from typing import Final

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_MOST: Final = 2_000


def storable(text: str, most: int = _MOST) -> str:
    """Return a text with what no database stores replaced, cut off after so many characters."""
    return _UNSTORABLE.sub("\ufffd", text[:most])
