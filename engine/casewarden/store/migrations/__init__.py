"""The way of the tables from version to version, by Alembic; `casewarden.store.schema` goes it.

`python -m casewarden.store.migrations "what changes"` writes the next step from what the tables say now. Each step is
read and made safe by hand after that: docs/decisions/0012-migrations.md has the rules.
"""

from typing import Final

VERSION_TABLE: Final = "casewarden_version"
"""A name of our own: a PostgreSQL database may be another application's too."""
WORKS_WITH: Final = "schema_works_with"
"""The setting that names the oldest version whose processes get on with the tables as they are."""
