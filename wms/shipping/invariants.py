"""What must always be true of cartons, loads and what has left."""

from wms.audit import Invariant

_INSIDE = """
    SELECT stock.handling_unit_id AS unit_id, reservations.stage, reservations.quantity, order_lines.order_id
    FROM reservations JOIN stock ON stock.id = reservations.stock_id JOIN order_lines ON order_lines.id = reservations.order_line_id
    WHERE reservations.status = 'pending' AND stock.handling_unit_id IS NOT NULL
"""

INVARIANTS = [
    Invariant(
        "packed_is_its_movements",
        "8. What a line has packed equals its pack movements, less what was not wanted any more.",
        """
        SELECT order_lines.id, order_lines.order_id, order_lines.packed, withdrawn_packed, COALESCE(moved, 0) AS moved FROM order_lines
        LEFT JOIN (
            SELECT line_id, SUM(quantity) AS moved FROM (
                SELECT order_line_id AS line_id, quantity FROM movements WHERE kind = 'pack' AND order_line_id IS NOT NULL
                UNION ALL
                SELECT undone.order_line_id, -reversal.quantity FROM movements AS reversal
                JOIN movements AS undone ON undone.id = reversal.reverses_id
                WHERE undone.kind = 'pack' AND undone.order_line_id IS NOT NULL
            ) AS net GROUP BY line_id
        ) AS journal ON journal.line_id = order_lines.id
        WHERE order_lines.packed + withdrawn_packed <> COALESCE(moved, 0)
        """,
    ),
    Invariant(
        "cartons_hold_one_order",
        "Several orders are never in one carton.",
        f"""
        SELECT handling_units.id, handling_units.code, inside.order_id FROM handling_units
        JOIN ({_INSIDE}) AS inside ON inside.unit_id = handling_units.id
        WHERE handling_units.order_id IS NOT NULL AND inside.stage IN ('packed', 'loaded') AND inside.order_id <> handling_units.order_id
        """,
    ),
    Invariant(
        "loaded_claims_are_on_board",
        "Goods are claimed as loaded exactly where their unit is on board of a load that has not left.",
        f"""
        SELECT handling_units.id, handling_units.code, inside.stage, handling_units.load_id FROM handling_units
        JOIN ({_INSIDE}) AS inside ON inside.unit_id = handling_units.id
        LEFT JOIN loads ON loads.id = handling_units.load_id
        WHERE (inside.stage = 'loaded') <> (handling_units.load_id IS NOT NULL AND loads.status <> 'left')
        UNION ALL
        SELECT reservations.id, 'not in a unit', reservations.stage, NULL FROM reservations JOIN stock ON stock.id = reservations.stock_id
        WHERE reservations.status = 'pending' AND reservations.stage IN ('packed', 'loaded') AND stock.handling_unit_id IS NULL
        """,
    ),
    Invariant(
        "units_on_board_are_at_the_door",
        "A unit on board of a load that has not left stands at its door, and everything in it is claimed.",
        f"""
        SELECT handling_units.id, handling_units.code, loads.number, on_hand, claimed FROM handling_units
        JOIN loads ON loads.id = handling_units.load_id
        LEFT JOIN (SELECT handling_unit_id, SUM(on_hand) AS on_hand FROM stock GROUP BY handling_unit_id) AS goods
            ON goods.handling_unit_id = handling_units.id
        LEFT JOIN (SELECT unit_id, SUM(quantity) AS claimed FROM ({_INSIDE}) AS inside GROUP BY unit_id) AS claims
            ON claims.unit_id = handling_units.id
        WHERE loads.status <> 'left'
          AND (handling_units.location_id <> loads.door_id OR COALESCE(on_hand, 0) <> COALESCE(claimed, 0) OR COALESCE(claimed, 0) = 0)
        """,
    ),
    Invariant(
        "units_on_board_are_planned",
        "A unit is on board only of the load that carries its order's shipment, with the moment it went on.",
        """
        SELECT handling_units.id, handling_units.code, handling_units.load_id, handling_units.loaded_at FROM handling_units
        WHERE (handling_units.load_id IS NULL) <> (handling_units.loaded_at IS NULL)
           OR (handling_units.load_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM shipments
                WHERE shipments.order_id = handling_units.order_id AND shipments.load_id = handling_units.load_id))
        """,
    ),
    Invariant(
        "what_left_is_outside",
        "Units of a load that has left are outside the house (or consigned), and nothing in them is claimed any more.",
        f"""
        SELECT handling_units.id, handling_units.code, movements.id AS movement FROM handling_units
        JOIN loads ON loads.id = handling_units.load_id
        LEFT JOIN movements ON movements.source_unit_id = handling_units.id AND movements.kind = 'ship'
            AND NOT EXISTS (SELECT 1 FROM movements AS undone WHERE undone.reverses_id = movements.id)
        WHERE loads.status = 'left' AND movements.id IS NULL
        UNION ALL
        SELECT handling_units.id, handling_units.code, NULL FROM handling_units
        JOIN loads ON loads.id = handling_units.load_id
        JOIN ({_INSIDE}) AS inside ON inside.unit_id = handling_units.id
        WHERE loads.status = 'left'
        """,
    ),
    Invariant(
        "shipments_leave_with_their_load",
        "A shipment has left exactly when its load has, and then something of its order was shipped.",
        """
        SELECT shipments.id, shipments.number, shipments.left_at, loads.status FROM shipments
        LEFT JOIN loads ON loads.id = shipments.load_id
        WHERE (shipments.left_at IS NOT NULL) <> (loads.id IS NOT NULL AND loads.status = 'left')
        UNION ALL
        SELECT shipments.id, shipments.number, shipments.left_at, 'nothing shipped' FROM shipments
        WHERE shipments.left_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM order_lines WHERE order_lines.order_id = shipments.order_id AND order_lines.shipped > 0)
        """,
    ),
    Invariant(
        "signed_for_has_left",
        "What somebody has signed for has left the gate, and has not come back onto a truck.",
        """
        SELECT shipments.id, shipments.number, shipments.signed_by, shipments.left_at FROM shipments
        LEFT JOIN sign_offs ON sign_offs.shipment_id = shipments.id
        WHERE (shipments.left_at IS NULL AND shipments.signed_at IS NOT NULL)
           OR ((shipments.left_at IS NULL OR shipments.signed_at IS NULL) AND sign_offs.id IS NOT NULL)
        """,
    ),
    Invariant(
        "one_number_is_one_parcel",
        "No carrier's number is on two parcels, nor on shipments of two orders.",
        """
        SELECT tracking, COUNT(*) AS parcels FROM handling_units WHERE tracking IS NOT NULL GROUP BY tracking HAVING COUNT(*) > 1
        UNION ALL
        SELECT tracking, COUNT(DISTINCT order_id) FROM shipments WHERE tracking IS NOT NULL GROUP BY tracking HAVING COUNT(DISTINCT order_id) > 1
        """,
    ),
]
