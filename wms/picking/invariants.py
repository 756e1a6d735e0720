"""What must always be true of goods that were picked together."""

from wms.audit import Invariant

INVARIANTS = [
    Invariant(
        "what_is_to_be_sorted_is_somebodys_work",
        "Goods that were picked for several orders together are on a list that is still walked, or somebody sorts them.",
        """
        SELECT reservations.id, reservations.order_line_id, picks.document, picks.status FROM reservations
        LEFT JOIN tasks AS picks ON picks.id = reservations.task_id
        WHERE reservations.status = 'pending' AND reservations.stage = 'to_sort' AND (picks.id IS NULL OR (
            picks.status NOT IN ('waiting', 'open', 'claimed') AND NOT EXISTS (
                SELECT 1 FROM tasks AS sorts WHERE sorts.kind = 'sort' AND sorts.document = picks.document
                AND sorts.site_id = picks.site_id AND sorts.status IN ('waiting', 'open', 'claimed')
            )
        ))
        """,
    ),
    Invariant(
        "what_is_to_be_sorted_is_not_packed_yet",
        "No packing task is open for an order whose goods are still to be sorted.",
        """
        SELECT tasks.id, tasks.document FROM tasks WHERE tasks.kind = 'pack' AND tasks.status = 'open' AND EXISTS (
            SELECT 1 FROM reservations JOIN order_lines ON order_lines.id = reservations.order_line_id
            WHERE order_lines.order_id = tasks.order_id AND reservations.status = 'pending' AND reservations.stage = 'to_sort'
        )
        """,
    ),
]
