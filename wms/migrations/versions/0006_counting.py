"""Counting."""

from wms.migrations import sql

revision = "0006"
down_revision = "0005"

_STATUS = "(SELECT status FROM counts WHERE counts.id = count_places.count_id)"
_LINES = "EXISTS (SELECT 1 FROM count_lines WHERE count_lines.place_id = count_places.id AND count_lines.difference <> 0"
# A place that was counted and where nothing differs has ended; what one alone found is counted again; anything else is decided.
_STATE = (
    f"CASE WHEN {_STATUS} IN ('posted', 'refused') THEN {_STATUS} WHEN counted_at IS NULL THEN 'open'"  # noqa: S608
    f" WHEN {_LINES} AND (SELECT COUNT(*) FROM count_entries WHERE count_entries.line_id = count_lines.id) < 2) THEN 'recount'"
    f" WHEN {_LINES}) THEN 'review' ELSE 'posted' END"
)

# What is missing by a sign-off names its shipment, or the order before there were shipments. Where nothing was announced, all had come.
_SIGNED = (
    "(SELECT sign_offs.id FROM sign_offs JOIN orders ON orders.id = sign_offs.order_id"
    " LEFT JOIN shipments ON shipments.id = sign_offs.shipment_id WHERE differences.kind = 'not_delivered'"
    " AND sign_offs.order_id = differences.order_id AND (differences.note = COALESCE(shipments.number, orders.number)"
    " OR differences.note LIKE COALESCE(shipments.number, orders.number) || ' · %'))"
)
_CAME = "CASE WHEN (SELECT return_id FROM sign_offs WHERE sign_offs.id = sign_off_id) IS NULL THEN damaged + refused ELSE 0 END"

# What rows that are there already get in a column, as SQL that both databases understand.
VALUES: dict[str, str] = {
    "people.scopes": "'[]'",
    "carrier_accounts.given_before": "0",
    "count_lines.place_id": (
        "(SELECT count_places.id FROM count_places WHERE count_places.count_id = count_lines.count_id"
        " AND count_places.location_id = count_lines.location_id)"
    ),
    "count_lines.lot": "(SELECT lot FROM batches WHERE batches.id = count_lines.batch_id)",
    "count_lines.lot_key": "(SELECT lot_key FROM batches WHERE batches.id = count_lines.batch_id)",
    "count_lines.owner_id": "(SELECT owner_id FROM batches WHERE batches.id = count_lines.batch_id)",
    "count_lines.taken_at": "(SELECT MAX(at) FROM count_entries WHERE count_entries.line_id = count_lines.id)",
    "count_lines.allowed": "(SELECT tolerance FROM counts WHERE counts.id = count_lines.count_id)",
    "count_lines.disputed": "FALSE",
    "count_entries.plate": "FALSE",
    "count_places.zone": "(SELECT zone FROM locations WHERE locations.id = count_places.location_id)",
    "count_places.opened_at": "counted_at",
    "count_places.state": _STATE,
    "count_places.ended_at": (
        f"CASE WHEN {_STATE} IN ('posted', 'refused') THEN"  # noqa: S608
        " COALESCE((SELECT ended_at FROM counts WHERE counts.id = count_places.count_id), counted_at) END"
    ),
    "differences.sign_off_id": _SIGNED,
    "loads.papers_kept_at": (
        "CASE WHEN EXISTS (SELECT 1 FROM kept_papers WHERE kept_papers.site_id = loads.site_id AND kept_papers.kind = 'gate-pass'"
        " AND kept_papers.number = loads.gate_pass AND kept_papers.since = loads.left_at) THEN left_at END"
    ),
    "sign_off_lines.came_before": _CAME,
    "order_lines.withdrawn": "0",
    "order_lines.withdrawn_packed": "0",
    "webhooks.off_why": "CASE WHEN active THEN NULL ELSE 'gone' END",
    "webhooks.off_at": "CASE WHEN active THEN NULL ELSE created_at END",
    "webhook_deliveries.subject": (
        "(SELECT events.subject_kind || ':' || events.subject_id FROM events WHERE events.id = webhook_deliveries.event_id)"
    ),
}
# Columns and tables whose contents are given up: "table.column", "table".
DROPPED: set[str] = {"count_lines.count_id", "count_lines.location_id"}


def upgrade() -> None:
    sql.run(__file__)
