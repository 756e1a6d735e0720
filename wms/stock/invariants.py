"""What must always be true of stock (the numbers are those of the ledger's table in docs/ledger.md)."""

from wms.audit import Invariant

_SIDES = """
    SELECT target_id AS location_id, batch_id, target_unit_id AS unit_id, target_condition AS condition, quantity FROM movements
    UNION ALL
    SELECT source_id, batch_id, source_unit_id, source_condition, -quantity FROM movements
"""

INVARIANTS = [
    Invariant(
        "stock_is_its_movements",
        "1. A stock row equals the sum of its movements.",
        f"""
        SELECT location_id, batch_id, unit_id, condition, SUM(booked) AS on_hand, SUM(moved) AS moved FROM (
            SELECT location_id, batch_id, COALESCE(unit_id, 0) AS unit_id, condition, 0 AS booked, quantity AS moved FROM ({_SIDES}) AS sides
            UNION ALL
            SELECT location_id, batch_id, COALESCE(handling_unit_id, 0), condition, on_hand, 0 FROM stock
        ) AS both_sides
        GROUP BY location_id, batch_id, unit_id, condition HAVING SUM(booked) <> SUM(moved)
        """,
    ),
    Invariant(
        "batches_sum_to_zero",
        "2. All locations of a batch, the outside included, sum to 0.",
        "SELECT batch_id, SUM(on_hand) AS total FROM stock GROUP BY batch_id HAVING SUM(on_hand) <> 0",
    ),
    Invariant(
        "no_negative_location",
        "3. No real location is negative, unless it is marked so.",
        """
        SELECT stock.id, stock.location_id, on_hand FROM stock JOIN locations ON locations.id = stock.location_id
        WHERE on_hand < 0 AND NOT (locations.kind = 'virtual' OR locations.allow_negative)
        """,
    ),
    Invariant(
        "rows_follow_their_location",
        "3. A stock row may be negative exactly where its location says so.",
        """
        SELECT stock.id, stock.location_id, may_be_negative FROM stock JOIN locations ON locations.id = stock.location_id
        WHERE may_be_negative <> (locations.kind = 'virtual' OR locations.allow_negative)
        """,
    ),
    Invariant(
        "reserved_is_its_claims",
        "4. 0 ≤ reserved ≤ on hand, and reserved is the sum of the pending claims.",
        """
        SELECT stock.id, on_hand, reserved, COALESCE(claimed, 0) AS claimed FROM stock
        LEFT JOIN (SELECT stock_id, SUM(quantity) AS claimed FROM reservations WHERE status = 'pending' GROUP BY stock_id) AS claims
            ON claims.stock_id = stock.id
        WHERE reserved <> COALESCE(claimed, 0) OR reserved < 0 OR (reserved > 0 AND reserved > on_hand)
        """,
    ),
    Invariant(
        "claims_end_once",
        "5. A claim ends at most once.",
        "SELECT id, status, ended_at FROM reservations WHERE (status = 'pending') <> (ended_at IS NULL)",
    ),
    Invariant(
        "contents_are_where_the_unit_is",
        "6. A handling unit is in one place and its contents are where it is.",
        """
        SELECT stock.id, stock.location_id, handling_units.location_id AS unit_location_id FROM stock
        JOIN handling_units ON handling_units.id = stock.handling_unit_id
        WHERE stock.on_hand <> 0 AND stock.location_id <> handling_units.location_id
        """,
    ),
    Invariant(
        "what_stands_on_a_unit_is_where_it_is",
        "6. A unit that stands on another one is where that is, belongs to the same stack, and no stack is a ring or too high.",
        """
        SELECT above.id, above.code, above.location_id, below.location_id AS below_location_id, above.root_id FROM handling_units AS above
        JOIN handling_units AS below ON below.id = above.parent_id
        LEFT JOIN handling_units AS lower ON lower.id = below.parent_id
        WHERE above.location_id <> below.location_id OR above.site_id <> below.site_id
           OR above.root_id <> COALESCE(below.root_id, below.id) OR above.root_id = above.id
           OR (lower.id IS NOT NULL AND lower.parent_id IS NOT NULL)
        UNION ALL
        SELECT id, code, location_id, NULL, root_id FROM handling_units
        WHERE (parent_id IS NULL) <> (root_id IS NULL) OR parent_id = id
        """,
    ),
    Invariant(
        "only_sound_stock_is_reserved",
        "7. Expired, blocked, damaged or uninspected stock is never reserved.",
        """
        SELECT reservations.id, stock.condition, batches.expires_on FROM reservations
        JOIN stock ON stock.id = reservations.stock_id JOIN batches ON batches.id = stock.batch_id
        WHERE reservations.status = 'pending'
          AND (stock.condition <> 'good' OR batches.expires_on < DAY_BEFORE(reservations.created_at))
        """,
    ),
    Invariant(
        "a_serial_is_one_piece",
        "A serial number is one piece, in one place: so many are in the house as there are numbers.",
        """
        SELECT batches.product_id, batches.lot_key, SUM(stock.on_hand) AS pieces, COUNT(*) AS places FROM stock
        JOIN batches ON batches.id = stock.batch_id JOIN products ON products.id = stock.product_id
        JOIN locations ON locations.id = stock.location_id
        WHERE products.tracking = 'serial' AND locations.kind <> 'virtual' AND stock.on_hand > 0
        GROUP BY batches.product_id, batches.lot_key HAVING SUM(stock.on_hand) > 1
        """,
    ),
    Invariant(
        "journal_matches_rows",
        "A movement, its batch and its stock rows speak of the same product and site.",
        """
        SELECT movements.id FROM movements JOIN batches ON batches.id = movements.batch_id WHERE batches.product_id <> movements.product_id
        UNION ALL
        SELECT stock.id FROM stock JOIN batches ON batches.id = stock.batch_id JOIN locations ON locations.id = stock.location_id
        WHERE batches.product_id <> stock.product_id OR locations.site_id <> stock.site_id
        """,
    ),
]
