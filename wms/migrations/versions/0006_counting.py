"""Counting."""

from wms.migrations import sql

revision = "0006"
down_revision = "0005"

# What rows that are there already get in a column, as SQL that both databases understand.
VALUES: dict[str, str] = {}
# Columns and tables whose contents are given up: "table.column", "table".
DROPPED: set[str] = set()


def upgrade() -> None:
    sql.run(__file__)
