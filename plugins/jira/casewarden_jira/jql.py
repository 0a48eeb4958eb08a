"""Jira's query language: names are put into it as texts, whatever stands in them. Pure."""

from collections.abc import Iterable


def quoted(text: str) -> str:
    """A text as a query has it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def of_projects(projects: Iterable[str]) -> str:
    """The condition that an issue is in one of these projects."""
    return f"project in ({', '.join(map(quoted, projects))})"
