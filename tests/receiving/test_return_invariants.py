"""The audit finds what the operations refuse to do: each invariant of returns, broken on purpose."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.receiving.customers import Customers
from tests.warehouse import Warehouse
from wms import audit
from wms.db import session
from wms.invariants import INVARIANTS

pytestmark = pytest.mark.broken


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("return_lines_are_movements", "UPDATE return_lines SET quantity = 4 WHERE quantity = 2"),
        ("return_lines_are_movements", "UPDATE return_lines SET status = 'undone', ended_at = '2026-01-01' WHERE quantity = 2"),
        ("return_lines_are_movements", "UPDATE return_lines SET order_line_id = NULL WHERE quantity = 2"),
        ("return_lines_are_movements", "DELETE FROM return_lines WHERE quantity = 2"),
        ("returned_is_its_movements", "UPDATE order_lines SET returned = 1"),
        ("returns_are_where_their_lines_are", "UPDATE returns SET status = 'open' WHERE status = 'waiting'"),
        ("returns_are_where_their_lines_are", "UPDATE returns SET status = 'closed', closed_at = created_at WHERE status = 'open'"),
    ],
)  # fmt: skip
def test_what_is_broken_is_found(w: Warehouse, dock: Dock, name: str, statement: str) -> None:
    customers = Customers(w)
    w.receive("TEA", 9, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    customers.back(customers.begin("SO-1"), "TEA", 2, "DOCK")
    customers.unclaimed("TEA", 3)
    assert audit.run(INVARIANTS) == []
    with w.transaction():
        session.execute(sa.text(statement))
    assert name in {finding.invariant.name for finding in audit.run(INVARIANTS)}
