"""Picking and replenishment: carts and totes, relays, continuous release, floor plans, workers, strategies."""

from wms.migrations import sql

revision = "0003"
down_revision = "0002"

# What rows that are there already get in a column, as SQL that both databases understand.
VALUES: dict[str, str] = {
    "products.catch_weight": "false",
    "waves.origin": "'desk'",
    "tasks.wanted_at": "created_at",  # work that is older than this order of things comes before what is newer
}
# Columns and tables whose contents are given up: "table.column", "table".
DROPPED: set[str] = set()


def upgrade() -> None:
    sql.run(__file__)
