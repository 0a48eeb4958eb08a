"""Write the next step of the migrations from the difference between the last one and the tables."""

import sys
import tempfile
from pathlib import Path

from alembic import command

from casewarden.store.database import Database
from casewarden.store.schema import configuration, expected_revision, upgrade


def main(message: str) -> None:
    """Write `versions/vNNNN_....py`, to be read and made safe by hand."""
    number = f"{int(expected_revision()) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'last.db'}")
        if number != "0001":
            upgrade(database)
        with database.engine().connect() as connection:
            command.revision(configuration(connection), message, autogenerate=True, rev_id=number)
        database.close()


if len(sys.argv) != 2 or not sys.argv[1].strip():
    sys.exit('say what changes: make migration WHAT="..."')
main(sys.argv[1])
