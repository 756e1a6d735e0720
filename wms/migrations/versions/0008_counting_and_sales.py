"""Counting and sales."""

from alembic import op

from wms.migrations import sql

revision = "0008"
down_revision = "0007"

# What rows that are there already get in a column, as SQL that both databases understand.
VALUES: dict[str, str] = {}
# Columns and tables whose contents are given up: "table.column", "table".
DROPPED: set[str] = set()


def upgrade() -> None:
    sql.run(__file__)
    # What was settled and cancelled before anybody kept a list of it: finance says of each that it is paid back.
    op.execute("UPDATE orders SET owed_back_at = updated_at WHERE status = 'cancelled' AND settled_at IS NOT NULL")
