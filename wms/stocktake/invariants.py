"""What must always be true of counts."""

from wms.audit import Invariant

INVARIANTS = [
    Invariant(
        "counts_equal_their_movements",
        "What a count has posted equals its movements.",
        """
        SELECT lines.count_id, lines.location_id, lines.product_id, lines.posted, COALESCE(moved, 0) AS moved FROM (
            SELECT count_places.count_id, count_places.location_id, count_lines.product_id, SUM(count_lines.posted) AS posted
            FROM count_lines JOIN count_places ON count_places.id = count_lines.place_id
            GROUP BY count_places.count_id, count_places.location_id, count_lines.product_id
        ) AS lines JOIN counts ON counts.id = lines.count_id
        LEFT JOIN (
            SELECT site_id, document, product_id, location_id, SUM(quantity) AS moved FROM (
                SELECT site_id, document, product_id, target_id AS location_id, quantity FROM movements WHERE kind = 'count'
                UNION ALL
                SELECT site_id, document, product_id, source_id, -quantity FROM movements WHERE kind = 'count'
            ) AS sides GROUP BY site_id, document, product_id, location_id
        ) AS journal ON journal.document = counts.number AND journal.site_id = counts.site_id
            AND journal.product_id = lines.product_id AND journal.location_id = lines.location_id
        WHERE lines.posted <> COALESCE(moved, 0)
        """,
    ),
    Invariant(
        "differences_were_recounted",
        "A difference above the tolerance was posted only after two people had counted it.",
        """
        SELECT count_lines.id FROM count_lines
        WHERE ABS(count_lines.posted) > count_lines.allowed AND COALESCE(count_lines.outcome, '') <> 'relocated'
          AND (SELECT COUNT(DISTINCT person_id) FROM count_entries WHERE line_id = count_lines.id) < 2
        """,
    ),
    Invariant(
        "differences_were_counted",
        "A difference is what somebody counted, against the book of that moment and what they saw of what moved.",
        """
        SELECT count_lines.id, count_lines.difference FROM count_lines
        WHERE count_lines.difference IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM count_entries WHERE count_entries.line_id = count_lines.id
              AND count_entries.quantity - count_entries.book - count_entries.correction = count_lines.difference)
        """,
    ),
    Invariant(
        "corrections_are_explained",
        "By how much a count went beyond the book of its moment is what its counter said of each movement.",
        """
        SELECT count_entries.id, count_entries.correction, COALESCE(SUM(CASE
            WHEN count_doubts.movement_id IS NOT NULL AND NOT count_doubts.seen THEN -count_doubts.delta
            WHEN count_doubts.task_id IS NOT NULL AND count_doubts.seen THEN count_doubts.delta ELSE 0 END), 0) AS said
        FROM count_entries LEFT JOIN count_doubts ON count_doubts.entry_id = count_entries.id
        GROUP BY count_entries.id, count_entries.correction
        HAVING count_entries.correction <> COALESCE(SUM(CASE
            WHEN count_doubts.movement_id IS NOT NULL AND NOT count_doubts.seen THEN -count_doubts.delta
            WHEN count_doubts.task_id IS NOT NULL AND count_doubts.seen THEN count_doubts.delta ELSE 0 END), 0)
        """,
    ),
    Invariant(
        "nobody_approves_their_own_count",
        "Who has counted a place, or has keyed in all that was counted there, has not approved what was found there.",
        """
        SELECT count_places.id FROM count_places JOIN count_visits ON count_visits.place_id = count_places.id
        WHERE count_places.state = 'posted' AND count_places.decided_by_id IS NOT NULL GROUP BY count_places.id, count_places.decided_by_id
        HAVING COUNT(CASE WHEN count_visits.person_id = count_places.decided_by_id THEN 1 END) > 0
          OR COUNT(CASE WHEN count_visits.keyed_by_id = count_places.decided_by_id THEN NULL ELSE 1 END) = 0
        """,
    ),
    Invariant(
        "goods_have_one_line",
        "Goods of one sort are one line of a place: two would be counted, and posted, twice.",
        """
        SELECT place_id, product_id, lot_key, condition FROM count_lines
        GROUP BY place_id, product_id, lot_key, COALESCE(owner_id, 0), condition, COALESCE(handling_unit_id, 0) HAVING COUNT(*) > 1
        """,
    ),
    Invariant(
        "count_movements_have_their_count",
        "What moved goods as found by a count names a count of its house.",
        """
        SELECT movements.id, movements.document FROM movements
        LEFT JOIN counts ON counts.number = movements.document AND counts.site_id = movements.site_id
        WHERE movements.kind = 'count' AND counts.id IS NULL
        """,
    ),
    Invariant(
        "serial_numbers_are_one_piece",
        "Nobody has counted more than one piece of one serial number at a place.",
        """
        SELECT count_entries.id, count_entries.quantity FROM count_entries
        JOIN count_lines ON count_lines.id = count_entries.line_id JOIN products ON products.id = count_lines.product_id
        WHERE products.tracking = 'serial' AND count_entries.quantity > 1 AND NOT count_entries.plate
        """,
    ),
    Invariant(
        "a_count_is_as_far_as_its_places",
        "A count has ended exactly when all its places have.",
        """
        SELECT counts.id, counts.status FROM counts
        WHERE (counts.status IN ('posted', 'refused')) <> (NOT EXISTS (
            SELECT 1 FROM count_places WHERE count_places.count_id = counts.id AND count_places.state NOT IN ('posted', 'refused')))
        """,
    ),
]
