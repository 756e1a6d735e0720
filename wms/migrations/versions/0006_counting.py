"""Counting."""

from wms.migrations import sql

revision = "0006"
down_revision = "0005"

# What rows that are there already get in a column, as SQL that both databases understand.
VALUES: dict[str, str] = {
    "people.scopes": "'[]'",
    "webhooks.off_why": "CASE WHEN active THEN NULL ELSE 'gone' END",
    "webhooks.off_at": "CASE WHEN active THEN NULL ELSE created_at END",
    "webhook_deliveries.subject": (
        "(SELECT events.subject_kind || ':' || events.subject_id FROM events WHERE events.id = webhook_deliveries.event_id)"
    ),
}
# Columns and tables whose contents are given up: "table.column", "table".
DROPPED: set[str] = set()


def upgrade() -> None:
    sql.run(__file__)
