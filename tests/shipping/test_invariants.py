"""The audit finds what the operations refuse to do: each invariant of shipping, broken on purpose."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.shipping.conftest import Yard
from wms import audit
from wms.db import session
from wms.shipping.invariants import INVARIANTS

pytestmark = pytest.mark.broken


def broken(yard: Yard, *statements: str) -> set[str]:
    """The names of what the audit finds after somebody wrote into the tables."""
    with yard.w.transaction():
        for statement in statements:
            session.execute(sa.text(statement))
    return {finding.invariant.name for finding in audit.run(INVARIANTS)}


@pytest.fixture
def trucks(yard: Yard) -> Yard:
    """A truck that left with SO-1, one that is being loaded with SO-2, and SO-3 packed at the bench."""
    first = yard.packed("SO-1", APPLE=2)
    gone = yard.plan("SO-1")
    yard.load(gone, first)
    yard.leave(yard.close(gone))
    second = yard.packed("SO-2", APPLE=3)
    here = yard.plan("SO-2")
    yard.load(here, second)
    yard.packed("SO-3", APPLE=1)
    assert audit.run(INVARIANTS) == []
    return yard


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("packed_is_its_movements", "UPDATE order_lines SET packed = 0 WHERE packed = 1"),
        (
            "cartons_hold_one_order",
            "UPDATE handling_units SET order_id = (SELECT id FROM orders WHERE number = 'SO-2') "
            "WHERE order_id = (SELECT id FROM orders WHERE number = 'SO-3')",
        ),
        ("loaded_claims_are_on_board", "UPDATE reservations SET stage = 'packed' WHERE status = 'pending' AND stage = 'loaded'"),
        (
            "units_on_board_are_at_the_door",
            "UPDATE handling_units SET location_id = (SELECT id FROM locations WHERE code = 'PACK') WHERE load_id IS NOT NULL",
        ),
        ("units_on_board_are_planned", "UPDATE handling_units SET loaded_at = NULL"),
        (
            "what_left_is_outside",
            "UPDATE handling_units SET load_id = (SELECT id FROM loads WHERE status = 'left') "
            "WHERE load_id = (SELECT id FROM loads WHERE status = 'loading')",
        ),
        ("shipments_leave_with_their_load", "UPDATE shipments SET left_at = NULL WHERE left_at IS NOT NULL"),
        (
            "signed_for_has_left",
            "INSERT INTO sign_offs (site_id, order_id, shipment_id, signed_by, signed_at, recorded_at, recorded_by_id) "
            "SELECT site_id, order_id, id, 'Wang', created_at, created_at, 1 FROM shipments WHERE left_at IS NULL",
        ),
        ("one_number_is_one_parcel", "UPDATE handling_units SET tracking = 'SF-1234'"),
        ("one_number_is_one_parcel", "UPDATE shipments SET tracking = 'SF-1234'"),
    ],
)
def test_the_audit_finds_it(trucks: Yard, name: str, statement: str) -> None:
    assert name in broken(trucks, statement)


def test_every_invariant_of_shipping_is_tripped_here() -> None:
    tripped = {case[0] for case in test_the_audit_finds_it.pytestmark[-1].args[1]}  # type: ignore[attr-defined]
    assert tripped == {invariant.name for invariant in INVARIANTS}
