"""JSON without blanks, by encoders that are made once: `json` makes one anew for each text, which costs as much again.

The bytes are those of `json.JSONEncoder` with the same settings.
"""

import json
from collections.abc import Callable
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any


def compact(*, ascii_only: bool = True, in_order: bool = False, allow_nan: bool = True) -> Callable[[Any], str]:
    """Return a function that gives a value as JSON text: keys as they come, or `in_order`.

    It raises TypeError for what JSON has not, ValueError for an infinite number where none is allowed. What contains
    itself is not looked for.
    """
    encoder = json.JSONEncoder(
        ensure_ascii=ascii_only,
        sort_keys=in_order,
        separators=(",", ":"),
        check_circular=False,
        allow_nan=allow_nan,
    )
    made = json.encoder.c_make_encoder  # type: ignore[attr-defined]  # None where Python has no such part in C
    if made is None:
        return encoder.encode
    quoted = encode_basestring_ascii if ascii_only else encode_basestring
    parts = made(None, encoder.default, quoted, None, ":", ",", in_order, False, allow_nan)

    def encode(value: Any) -> str:
        return "".join(parts(value, 0))

    return encode
