"""What was picked for orders that were cancelled since is picked for nobody."""

from alembic import op

from wms.migrations import sql

revision = "0009"
down_revision = "0008"

# What rows that are there already get in a column, as SQL that both databases understand.
VALUES: dict[str, str] = {}
# Columns and tables whose contents are given up: "table.column", "table".
DROPPED: set[str] = set()


def upgrade() -> None:
    sql.run(__file__)
    # Cancelling left the counters as they were, although all of it was put back: it is counted apart, as what a change takes out.
    op.execute(
        "UPDATE order_lines SET withdrawn = withdrawn + picked, withdrawn_packed = withdrawn_packed + packed, picked = 0, packed = 0 "
        "WHERE picked > 0 AND shipped = 0 AND order_id IN (SELECT id FROM orders WHERE status = 'cancelled')"
    )
