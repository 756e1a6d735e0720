"""What must always be true of orders: counters equal their movements, promises and claims, and the header is where its lines are."""

from wms.audit import Invariant


def _moved(kind: str) -> str:
    """Net pieces of a kind of movement per order line: what was done, less what was reversed."""
    return f"""
        SELECT line_id, SUM(quantity) AS moved FROM (
            SELECT order_line_id AS line_id, quantity FROM movements WHERE kind = '{kind}' AND order_line_id IS NOT NULL
            UNION ALL
            SELECT undone.order_line_id, -reversal.quantity FROM movements AS reversal
            JOIN movements AS undone ON undone.id = reversal.reverses_id
            WHERE undone.kind = '{kind}' AND undone.order_line_id IS NOT NULL
        ) AS net GROUP BY line_id
    """


def _counter(name: str, moved: str, less: str = "0") -> str:
    return f"""
        SELECT order_lines.id, order_lines.order_id, order_lines.{name}, {less} AS given_up, COALESCE(moved, 0) AS moved FROM order_lines
        LEFT JOIN ({moved}) AS journal ON journal.line_id = order_lines.id
        WHERE order_lines.{name} + {less} <> COALESCE(moved, 0)
    """


# What the bench found missing or damaged is no longer picked for its line: the movement that says so names the line.
_PICKED = f"""
        SELECT line_id, SUM(moved) AS moved FROM (
            {_moved("pick")} UNION ALL SELECT line_id, -moved FROM ({_moved("condition")}) AS missed
        ) AS kept GROUP BY line_id
    """

INVARIANTS = [
    Invariant(
        "picked_is_its_movements",
        "8. What a line has picked equals its pick movements, less what the bench found missing and what was not wanted any more.",
        _counter("picked", _PICKED, "withdrawn"),
    ),
    Invariant("shipped_is_its_movements", "8. What a line has shipped equals its ship movements.", _counter("shipped", _moved("ship"))),
    Invariant(
        "returned_is_its_movements", "8. What a line has returned equals its return movements.", _counter("returned", _moved("return"))
    ),
    Invariant(
        "counters_nest",
        "8. Per order line: shipped ≤ packed ≤ picked ≤ ordered.",
        """
        SELECT id, order_id, ordered, picked, packed, shipped, delivered FROM order_lines
        WHERE NOT (delivered <= shipped AND shipped <= packed AND packed <= picked AND picked <= ordered
            AND promised + reserved + picked + short <= ordered)
        """,
    ),
    Invariant(
        "nothing_is_picked_for_cancelled_orders",
        "Of a cancelled order nothing is picked or packed any more: it goes back, and is counted apart.",
        """
        SELECT order_lines.id, order_lines.order_id, picked, packed, withdrawn FROM order_lines
        JOIN orders ON orders.id = order_lines.order_id WHERE orders.status = 'cancelled' AND (picked > 0 OR packed > 0)
        """,
    ),
    Invariant(
        "reserved_is_pending_claims",
        "What a line has reserved equals its pending claims on goods in the racks.",
        """
        SELECT order_lines.id, order_lines.order_id, reserved, COALESCE(claimed, 0) AS claimed FROM order_lines
        LEFT JOIN (
            SELECT order_line_id, SUM(quantity) AS claimed FROM reservations WHERE status = 'pending' AND stage = 'reserved' GROUP BY order_line_id
        ) AS claims ON claims.order_line_id = order_lines.id
        WHERE reserved <> COALESCE(claimed, 0)
        """,
    ),
    Invariant(
        "claims_in_the_racks_are_on_live_lists",
        "Goods claimed in the racks for a pick list are on one that somebody still walks.",
        """
        SELECT reservations.id, reservations.order_line_id, tasks.id AS task_id, tasks.document, tasks.status FROM reservations
        JOIN tasks ON tasks.id = reservations.task_id
        WHERE reservations.status = 'pending' AND reservations.stage = 'reserved' AND tasks.status IN ('done', 'cancelled')
        """,
    ),
    Invariant(
        "promised_is_its_lines",
        "What is promised of a product equals what its order lines were promised.",
        """
        SELECT site_id, product_id, SUM(promised) AS promised, SUM(wanted) AS wanted FROM (
            SELECT site_id, product_id, promised, 0 AS wanted FROM promises
            UNION ALL
            SELECT orders.site_id, order_lines.product_id, 0, order_lines.promised FROM order_lines JOIN orders ON orders.id = order_lines.order_id
        ) AS both_sides GROUP BY site_id, product_id HAVING SUM(promised) <> SUM(wanted)
        """,
    ),
    Invariant(
        "only_released_orders_claim",
        "An order that is not on the floor claims nothing.",
        """
        SELECT orders.id, orders.number, orders.status, order_lines.promised, order_lines.reserved FROM orders
        JOIN order_lines ON order_lines.order_id = orders.id
        WHERE orders.status IN ('received', 'held', 'cancelled', 'delivered', 'closed')
          AND (order_lines.promised > 0 OR order_lines.reserved > 0)
        UNION ALL
        SELECT orders.id, orders.number, orders.status, 0, reservations.quantity FROM orders
        JOIN order_lines ON order_lines.order_id = orders.id
        JOIN reservations ON reservations.order_line_id = order_lines.id
        WHERE orders.status IN ('received', 'held', 'cancelled') AND reservations.status = 'pending'
        """,
    ),
    Invariant(
        "header_is_where_its_lines_are",
        "An order is in the state of its least advanced line that is neither short nor cancelled.",
        """
        SELECT id, number, status, behind_picked, behind_packed, behind_shipped, started FROM (
            SELECT orders.id, orders.number, orders.status,
                SUM(CASE WHEN picked < ordered - short - cancelled THEN 1 ELSE 0 END) AS behind_picked,
                SUM(CASE WHEN packed < ordered - short - cancelled THEN 1 ELSE 0 END) AS behind_packed,
                SUM(CASE WHEN shipped < ordered - short - cancelled THEN 1 ELSE 0 END) AS behind_shipped,
                SUM(CASE WHEN ordered - short - cancelled > 0 THEN 1 ELSE 0 END) AS wanting,
                SUM(picked) AS started
            FROM orders JOIN order_lines ON order_lines.order_id = orders.id
            GROUP BY orders.id, orders.number, orders.status
        ) AS headers
        WHERE wanting > 0 AND (
            (status IN ('received', 'held', 'released') AND started > 0)
            OR (status = 'picking' AND (behind_picked = 0 OR started = 0))
            OR (status = 'picked' AND (behind_picked > 0 OR behind_packed = 0))
            OR (status IN ('packed', 'loaded') AND (behind_packed > 0 OR behind_shipped = 0))
            OR (status IN ('shipped', 'delivered', 'closed') AND behind_shipped > 0)
        )
        """,
    ),
    Invariant(
        "held_has_a_reason",
        "A held order has an open hold, and only a held one has.",
        """
        SELECT orders.id, orders.number, orders.status FROM orders
        WHERE (status = 'held') <> EXISTS (SELECT 1 FROM holds WHERE holds.order_id = orders.id AND holds.lifted_at IS NULL)
        """,
    ),
    Invariant(
        "signed_for_is_what_left",
        "What customers signed for of a line is no more than left, all of it once the order is delivered; delivered is what they kept, and "
        "what arrived after all.",
        """
        SELECT order_lines.id, order_lines.order_id, order_lines.shipped, order_lines.delivered, signed, kept FROM order_lines
        JOIN orders ON orders.id = order_lines.order_id
        JOIN (
            SELECT order_line_id, SUM(shipped) AS signed, SUM(delivered) AS kept, SUM(missing) AS lost
            FROM sign_off_lines GROUP BY order_line_id
        ) AS told ON told.order_line_id = order_lines.id
        LEFT JOIN (
            SELECT order_id, product_id, SUM(quantity) AS arrived FROM differences
            WHERE kind = 'not_delivered' AND outcome IN ('corrected', 'delivered_later') GROUP BY order_id, product_id
        ) AS later ON later.order_id = order_lines.order_id AND later.product_id = order_lines.product_id
        WHERE signed > order_lines.shipped OR order_lines.delivered < kept
           OR (order_lines.delivered > kept AND order_lines.delivered - kept > CASE
                  WHEN lost < COALESCE(arrived, 0) THEN lost ELSE COALESCE(arrived, 0) END)
           OR (orders.status IN ('delivered', 'closed') AND signed <> order_lines.shipped)
        """,
    ),
    Invariant(
        "what_was_not_kept_is_followed_up",
        "What a customer did not keep is announced as a return or came back before; what was missing is a difference.",
        """
        SELECT sign_offs.id, sign_offs.order_id, told.back, COALESCE(expected, 0) AS expected, told.returned FROM sign_offs
        JOIN (
            SELECT sign_off_id, SUM(damaged + refused) AS back, SUM(order_lines.returned) AS returned FROM sign_off_lines
            JOIN order_lines ON order_lines.id = sign_off_lines.order_line_id GROUP BY sign_off_id
        ) AS told ON told.sign_off_id = sign_offs.id
        LEFT JOIN (
            SELECT sign_off_id, SUM(expected) AS expected FROM (
                SELECT id AS sign_off_id, return_id AS inbound_order_id FROM sign_offs
                UNION
                SELECT sign_offs.id, inbound_orders.id FROM sign_offs JOIN orders ON orders.id = sign_offs.order_id
                LEFT JOIN shipments ON shipments.id = sign_offs.shipment_id
                JOIN inbound_orders ON inbound_orders.kind = 'customer_return' AND inbound_orders.status = 'closed'
                    AND inbound_orders.site_id = sign_offs.site_id
                    AND inbound_orders.reference = COALESCE(shipments.number, orders.number)
            ) AS notes JOIN inbound_lines ON inbound_lines.inbound_order_id = notes.inbound_order_id GROUP BY sign_off_id
        ) AS announced ON announced.sign_off_id = sign_offs.id
        WHERE told.back > COALESCE(expected, 0) + told.returned
        UNION ALL
        SELECT order_lines.id, order_lines.order_id, leaned.came, 0, order_lines.returned FROM order_lines
        JOIN (SELECT order_line_id, SUM(came_before) AS came FROM sign_off_lines GROUP BY order_line_id) AS leaned
            ON leaned.order_line_id = order_lines.id
        WHERE leaned.came > order_lines.returned
        UNION ALL
        SELECT lost.order_id, lost.order_id, lost.missing, COALESCE(noted, 0), 0 FROM (
            SELECT sign_offs.order_id, SUM(missing) AS missing FROM sign_off_lines
            JOIN sign_offs ON sign_offs.id = sign_off_lines.sign_off_id GROUP BY sign_offs.order_id
        ) AS lost
        LEFT JOIN (
            SELECT order_id, SUM(quantity) AS noted FROM differences WHERE kind = 'not_delivered' GROUP BY order_id
        ) AS told ON told.order_id = lost.order_id
        WHERE lost.missing <> COALESCE(noted, 0)
        """,
    ),
    Invariant(
        "claims_are_at_the_orders_site",
        "What is claimed for an order lies at its site.",
        """
        SELECT reservations.id, orders.number, orders.site_id, stock.site_id AS goods_at FROM reservations
        JOIN order_lines ON order_lines.id = reservations.order_line_id JOIN orders ON orders.id = order_lines.order_id
        JOIN stock ON stock.id = reservations.stock_id
        WHERE reservations.status = 'pending' AND stock.site_id <> orders.site_id
        """,
    ),
    Invariant(
        "orders_are_found_by_what_they_say",
        "By a number or a customer's number an order is found that has it, and every order with a customer's number is found by it.",
        """
        SELECT orders.id, orders.number, orders.reference, order_keys.key FROM orders
        JOIN order_keys ON order_keys.order_id = orders.id
        WHERE (order_keys.kind = 'number' AND order_keys.key <> SUBSTR(orders.number_key, 1, 200))
            OR (order_keys.kind = 'reference' AND orders.reference IS NULL)
        UNION ALL
        SELECT orders.id, orders.number, orders.reference, '' FROM orders
        WHERE orders.reference IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM order_keys WHERE order_keys.order_id = orders.id AND order_keys.kind = 'reference')
        """,
    ),
]
