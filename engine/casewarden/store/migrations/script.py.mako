"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = "${up_revision}"
down_revision = ${repr(down_revision).replace("'", '"')}
works_with = "${down_revision or up_revision}"
"""The oldest version whose processes may go on running once this step is done."""

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """${message}."""
    ${upgrades}
