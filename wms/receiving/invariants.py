"""What must always be true of what comes in: counters are movements, and a dock is booked for those who are expected there."""

from wms.audit import Invariant

# What became damaged counts as rejected, and what ceases to be damaged does not: at its receipt, or by what was decided about it later.
# What leaves the house again leaves as damaged (`wms.receiving.disposition`), and where goods come from they are good.
_NET = """
    SELECT movements.inbound_line_id, originals.kind,
           CASE WHEN originals.target_condition = 'damaged' THEN 1 ELSE 0 END
           - CASE WHEN originals.source_condition = 'damaged' THEN 1 ELSE 0 END AS worse,
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
                   SUM(CASE WHEN kind IN ('receipt', 'return') THEN quantity ELSE 0 END) AS moved_in,
                   SUM(worse * quantity) AS moved_damaged,
                   SUM(CASE WHEN kind IN ('putaway', 'pick') THEN quantity ELSE 0 END) AS moved_away
            FROM ({_NET}) AS net GROUP BY inbound_line_id
        ) AS moved ON moved.inbound_line_id = inbound_lines.id
        WHERE received <> moved_in OR rejected <> moved_damaged OR put_away <> moved_away
        UNION ALL
        SELECT inbound_lines.id, received, rejected, put_away, 0, 0, 0 FROM inbound_lines
        WHERE received + rejected + put_away <> 0 AND id NOT IN (SELECT inbound_line_id FROM movements WHERE inbound_line_id IS NOT NULL)
        """,
    ),
    Invariant(
        "appointments_are_booked",
        "An expected arrival with a dock and a time has that dock booked from then on.",
        """
        SELECT arrivals.id, arrivals.number FROM arrivals
        WHERE arrivals.status = 'planned' AND arrivals.dock_id IS NOT NULL AND arrivals.planned_from IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM dock_bookings WHERE dock_bookings.arrival_id = arrivals.id AND dock_bookings.dock_id = arrivals.dock_id
            AND dock_bookings.quarter = arrivals.planned_from
        )
        """,
    ),
    Invariant(
        "bookings_are_appointments",
        "A dock is booked only for an arrival that is not cancelled, and only within its time.",
        """
        SELECT dock_bookings.id, arrivals.number FROM dock_bookings JOIN arrivals ON arrivals.id = dock_bookings.arrival_id
        WHERE arrivals.status = 'cancelled' OR arrivals.planned_from IS NULL OR dock_bookings.dock_id <> arrivals.dock_id
        OR dock_bookings.quarter < arrivals.planned_from OR dock_bookings.quarter >= arrivals.planned_until
        """,
    ),
    Invariant(
        "arrivals_went_step_by_step",
        "An arrival has the times of the steps it has taken, and of no other.",
        """
        SELECT id, number, status FROM arrivals
        WHERE (status IN ('planned', 'cancelled')) <> (arrived_at IS NULL)
        OR (status IN ('unloading', 'unloaded') AND unloading_at IS NULL)
        OR (status = 'unloaded' AND unloaded_at IS NULL) OR (status = 'unloading' AND unloaded_at IS NOT NULL)
        OR (status = 'left') <> (left_at IS NOT NULL)
        """,
    ),
    Invariant(
        "inspections_are_their_movements",
        "What an inspection says was accepted and rejected equals the movements that its result made.",
        """
        SELECT inspections.id, inspections.number, accepted, conceded, rejected, found_good, found_bad FROM inspections
        LEFT JOIN (
            SELECT site_id, batch_id, reason,
                   SUM(CASE WHEN target_condition = 'good' THEN quantity ELSE 0 END) AS found_good,
                   SUM(CASE WHEN target_condition = 'damaged' THEN quantity ELSE 0 END) AS found_bad
            FROM movements WHERE kind = 'condition' AND source_condition = 'inspection' AND reason IS NOT NULL
            GROUP BY site_id, batch_id, reason
        ) AS decided ON decided.site_id = inspections.site_id AND decided.reason = inspections.number
            AND decided.batch_id = inspections.batch_id
        WHERE accepted + conceded <> COALESCE(found_good, 0) OR rejected <> COALESCE(found_bad, 0)
        """,
    ),
    Invariant(
        "empty_bins_are_known",
        "A storage bin that is sorted in and empty is among the vacancies, so that putaway finds it.",
        """
        SELECT locations.id, locations.code FROM locations
        WHERE kind = 'storage' AND group_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM vacancies WHERE vacancies.location_id = locations.id)
          AND NOT EXISTS (SELECT 1 FROM stock WHERE stock.location_id = locations.id AND on_hand <> 0)
        """,
    ),
    Invariant(
        "space_is_kept_by_live_work",
        "A task that keeps a place free says what for: goods or a unit, from a place.",
        """
        SELECT id, kind, target_id FROM tasks
        WHERE kind IN ('putaway', 'put_back') AND status IN ('waiting', 'open', 'claimed') AND target_id IS NOT NULL
          AND (source_id IS NULL OR (product_id IS NULL AND handling_unit_id IS NULL))
        """,
    ),
    Invariant(
        "putaway_waits_for_goods_out_of_place",
        "Goods that wait for putaway are not where they belong already: else they were put away, and nobody counted it.",
        """
        SELECT tasks.id, tasks.batch_id, tasks.handling_unit_id, locations.code, stock.condition, stock.on_hand FROM tasks
        JOIN stock ON stock.batch_id = tasks.batch_id AND stock.on_hand > 0
            AND (stock.handling_unit_id = tasks.handling_unit_id
                OR (tasks.handling_unit_id IS NULL AND stock.handling_unit_id IS NULL AND stock.location_id = tasks.source_id))
        JOIN locations ON locations.id = stock.location_id
        WHERE tasks.kind = 'putaway' AND tasks.status IN ('waiting', 'open', 'claimed')
          AND ((stock.condition = 'good' AND locations.kind IN ('storage', 'pick_face'))
            OR (stock.condition = 'inspection' AND locations.kind = 'inspection')
            OR (stock.condition = 'damaged' AND locations.kind IN ('defect', 'scrap'))
            OR (stock.condition = 'blocked' AND locations.kind IN ('inspection', 'defect')))
        """,
    ),
    Invariant(
        "return_lines_are_movements",
        "A line of a return is one movement of the same batch and quantity on its note, undone exactly when the line is undone or replaced.",
        """
        SELECT return_lines.id, returns.number, return_lines.line, return_lines.quantity, movements.quantity AS moved, return_lines.status
        FROM return_lines JOIN returns ON returns.id = return_lines.return_id JOIN movements ON movements.id = return_lines.movement_id
        WHERE movements.quantity <> return_lines.quantity OR movements.batch_id <> return_lines.batch_id
          OR movements.product_id <> return_lines.product_id OR movements.document <> returns.number
          OR COALESCE(movements.order_line_id, 0) <> COALESCE(return_lines.order_line_id, 0)
          OR (return_lines.status IN ('undone', 'replaced'))
             <> EXISTS (SELECT 1 FROM movements AS reversal WHERE reversal.reverses_id = movements.id)
        UNION ALL
        SELECT movements.id, returns.number, 0, 0, movements.quantity, '' FROM movements
        JOIN returns ON returns.number = movements.document AND returns.site_id = movements.site_id
        WHERE movements.kind = 'return' AND NOT EXISTS (SELECT 1 FROM return_lines WHERE return_lines.movement_id = movements.id)
        """,
    ),
    Invariant(
        "returns_are_where_their_lines_are",
        "A return waits for sales exactly while a line of it does, and is closed when nothing of it is left to do.",
        """
        SELECT id, number, status, waiting, undecided FROM (
            SELECT returns.id, returns.number, returns.status, returns.finished_at,
                SUM(CASE WHEN return_lines.status = 'waiting' THEN 1 ELSE 0 END) AS waiting,
                SUM(CASE WHEN return_lines.status IN ('to_send_back', 'to_scrap') THEN 1 ELSE 0 END) AS undecided
            FROM returns LEFT JOIN return_lines ON return_lines.return_id = returns.id
            GROUP BY returns.id, returns.number, returns.status, returns.finished_at
        ) AS headers
        WHERE (status = 'waiting') <> (waiting > 0)
           OR (status = 'closed') <> (finished_at IS NOT NULL AND waiting = 0 AND undecided = 0)
        """,
    ),
]
