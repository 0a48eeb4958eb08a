"""From names of files to a source of events: JSON lines, or a table with its mapping, perhaps with a directory."""

from pathlib import Path

from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.customers.read_directory import load_directory
from casewarden.scenario.customers.source import WithCustomers
from casewarden.scenario.history import HistoryError, JsonLines, Source, open_history
from casewarden.scenario.mapping import TableMapping
from casewarden.scenario.mapping_reader import load_mapping
from casewarden.scenario.table import open_table


def source_of(
    history: Path, mapping_file: Path | None, diagnostics: Diagnostics, present: int | None, until: int | None
) -> tuple[Source | None, TableMapping | None]:
    """The source and, for a table, its mapping; no source where it cannot be read, with the reason in `diagnostics`.

    `present`: rows written after it are refused; `until`: what was learnt after it is left out.
    """
    try:
        if mapping_file is None:
            open_history(history, str(history)).close()
            return JsonLines(history, present, until), None
        mapping = load_mapping(mapping_file, diagnostics)
        return (None if mapping is None else open_table(history, mapping, "", present, until)), mapping
    except HistoryError as error:
        diagnostics.error(error.code, error.place, str(error), error.fix)
        return None, None


def with_customers(source: Source, customers: Path | None, ruleset: Ruleset, diagnostics: Diagnostics) -> Source | None:
    """The source with what the directory knows, where one is named; None where it has errors."""
    if customers is None:
        return source
    directory = load_directory(customers, ruleset, diagnostics)
    return None if directory is None else WithCustomers(source, directory)
