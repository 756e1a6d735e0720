"""What must always be true of counts."""

from wms.audit import Invariant

INVARIANTS = [
    Invariant(
        "counts_equal_their_movements",
        "What a count has posted equals its movements.",
        """
        SELECT count_lines.id, count_lines.posted, COALESCE(moved, 0) AS moved FROM count_lines
        JOIN counts ON counts.id = count_lines.count_id
        LEFT JOIN (
            SELECT document, batch_id, location_id, SUM(quantity) AS moved FROM (
                SELECT document, batch_id, target_id AS location_id, quantity FROM movements WHERE kind = 'count'
                UNION ALL
                SELECT document, batch_id, source_id, -quantity FROM movements WHERE kind = 'count'
            ) AS sides GROUP BY document, batch_id, location_id
        ) AS journal ON journal.document = counts.number AND journal.batch_id = count_lines.batch_id
            AND journal.location_id = count_lines.location_id
        WHERE (SELECT SUM(others.posted) FROM count_lines AS others WHERE others.count_id = count_lines.count_id
               AND others.batch_id = count_lines.batch_id AND others.location_id = count_lines.location_id) <> COALESCE(moved, 0)
        """,
    ),
    Invariant(
        "differences_were_recounted",
        "A difference above the tolerance was posted only after two people had counted it.",
        """
        SELECT count_lines.id FROM count_lines JOIN counts ON counts.id = count_lines.count_id
        WHERE ABS(count_lines.posted) > counts.tolerance
          AND (SELECT COUNT(DISTINCT person_id) FROM count_entries WHERE line_id = count_lines.id) < 2
        """,
    ),
]
