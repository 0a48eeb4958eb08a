"""The fake and the real Request Tracker, for tests that run against both."""

from collections.abc import Iterator

import pytest

from support.rt.desks import Desk, fake_desk, real_desk


@pytest.fixture(params=["fake", "real"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    if request.param == "fake":
        with fake_desk() as made:
            yield made
    else:
        with real_desk(request.getfixturevalue("request_tracker")) as made:
            yield made
