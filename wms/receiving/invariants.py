"""What must always be true of inbound orders: their counters are their movements."""

from wms.audit import Invariant

_NET = """
    SELECT movements.inbound_line_id, originals.kind, originals.target_condition AS condition,
           CASE WHEN movements.id = originals.id THEN movements.quantity ELSE -movements.quantity END AS quantity
    FROM movements JOIN movements AS originals ON originals.id = COALESCE(movements.reverses_id, movements.id)
    WHERE movements.inbound_line_id IS NOT NULL
"""

INVARIANTS = [
    Invariant(
        "inbound_counters_are_movements",
        "What an inbound line says was received, rejected and put away equals its movements.",
        f"""
        SELECT inbound_lines.id, received, rejected, put_away, moved_in, moved_damaged, moved_away FROM inbound_lines
        JOIN (
            SELECT inbound_line_id,
                   SUM(CASE WHEN kind = 'receipt' THEN quantity ELSE 0 END) AS moved_in,
                   SUM(CASE WHEN kind = 'receipt' AND condition = 'damaged' THEN quantity ELSE 0 END) AS moved_damaged,
                   SUM(CASE WHEN kind = 'putaway' THEN quantity ELSE 0 END) AS moved_away
            FROM ({_NET}) AS net GROUP BY inbound_line_id
        ) AS moved ON moved.inbound_line_id = inbound_lines.id
        WHERE received <> moved_in OR rejected <> moved_damaged OR put_away <> moved_away
        UNION ALL
        SELECT inbound_lines.id, received, rejected, put_away, 0, 0, 0 FROM inbound_lines
        WHERE received + rejected + put_away <> 0 AND id NOT IN (SELECT inbound_line_id FROM movements WHERE inbound_line_id IS NOT NULL)
        """,
    ),
]
