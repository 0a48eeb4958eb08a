"""JSON of encoders that are made once, against those that `json` makes for each text."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.model.compact import compact

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("in_order", [True, False])
@given(value=VALUES)
def test_the_bytes_are_those_of_json(value: object, ascii_only: bool, in_order: bool) -> None:
    said = json.dumps(value, ensure_ascii=ascii_only, sort_keys=in_order, separators=(",", ":"))
    assert compact(ascii_only=ascii_only, in_order=in_order)(value) == said


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused_where_it_is_not_allowed(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        compact(allow_nan=False)([number])


def test_what_json_has_not_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        compact()({"a": {1, 2}})
