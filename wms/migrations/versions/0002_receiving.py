"""Receiving and putaway: arrivals, inspections, differences, returns, plates on plates, groups of bins, rules for where goods go."""

from alembic import op

from wms.migrations import sql

revision = "0002"
down_revision = "0001"

# What rows that are there already get in a column, as SQL that both databases understand. Columns that say nothing stay empty; so does
# the group of a bin, for whoever looks for a place first sorts in what has none (`wms.locations.layout`).
VALUES = {
    "products.too_old": "'refuse'",
    "inbound_orders.check_in": "'announced'",
    "handling_units.root_id": (
        "(SELECT COALESCE(below.parent_id, below.id) FROM handling_units AS below WHERE below.id = handling_units.parent_id)"
    ),
}
# Columns and tables whose contents are given up: "table.column", "table".
DROPPED: set[str] = set()

# These flows note other things now. Who was in the midst of one begins it again: what was scanned and posted is posted.
_BEGUN_ANEW = """
    UPDATE scans SET step = 'older' WHERE flow IN ('receive', 'putaway', 'return') AND version = (
        SELECT MAX(newest.version) FROM scans AS newest WHERE newest.person_id = scans.person_id AND newest.flow = scans.flow)
"""


def upgrade() -> None:
    sql.run(__file__)
    op.execute(_BEGUN_ANEW)
