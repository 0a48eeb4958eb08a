"""The published specifications of Jira, where they are beside the checkout."""

from collections.abc import Mapping

import pytest

from conftest import SHARED
from support.jira.specs import Published, published


@pytest.fixture(scope="session")
def jira_specs() -> Mapping[str, Published]:
    """The specifications by edition; empty where the shared folder is not there, so that requests go unjudged."""
    folder = SHARED / "specs"
    if not folder.is_dir():
        return {}
    return {edition: published(folder, edition) for edition in ("cloud", "data_center")}
