"""Finishing."""

import sqlalchemy as sa
from alembic import op

from wms.migrations import sql

revision = "0007"
down_revision = "0006"

# What rows that are there already get in a column, as SQL that both databases understand.
VALUES: dict[str, str] = {
    "loads.plate_key": "NULLIF(LOWER(REPLACE(REPLACE(REPLACE(REPLACE(plate, '·', ''), ' ', ''), '-', ''), '.', '')), '')",
}
# Columns and tables whose contents are given up: "table.column", "table".
DROPPED: set[str] = set()


def upgrade() -> None:
    sql.run(__file__)
    _keys_of_orders()


def _keys_of_orders() -> None:
    """By what orders that are there already are found: the number from either end, the telephone from its end."""
    bind = op.get_bind()
    some = sa.text("SELECT id, site_id, number_key, ship_to ->> 'phone' AS phone FROM orders WHERE id > :last ORDER BY id LIMIT 5000")
    insert = sa.text("INSERT INTO order_keys (site_id, order_id, kind, key) VALUES (:site_id, :order_id, :kind, :key)")
    last = 0
    while rows := bind.execute(some, {"last": last}).all():
        last = rows[-1].id
        found = []
        for row in rows:
            phone = "".join(one for one in row.phone or "" if one in "0123456789")
            keys = {"number": row.number_key, "tail": row.number_key[::-1], "phone": phone[::-1] if len(phone) >= 4 else ""}
            found += [{"site_id": row.site_id, "order_id": row.id, "kind": kind, "key": key[:200]} for kind, key in keys.items() if key]
        bind.execute(insert, found)
