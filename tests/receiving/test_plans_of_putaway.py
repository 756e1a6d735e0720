"""How a suggestion is looked up where there are 15,000 bins (`--soak`: 50,000): by indexes alone, on both databases."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from tests.bench import putaway as bench
from wms.app import Application
from wms.db import is_postgresql, session, transaction
from wms.locations.models import Location
from wms.receiving import suggestion

LARGE = ("locations", "stock", "tasks", "handling_units", "batches", "products")


@pytest.mark.broken  # written past the ledger: only the looking is measured
@pytest.mark.parametrize("occupancy", [0.0, 0.1, 0.999])
def test_no_large_table_is_read_from_end_to_end(app: Application, occupancy: float, soak: bool) -> None:
    w = bench.build(occupancy, aisles=50 if soak else 15)
    dock = session.execute(sa.select(Location).where(Location.code == "DOCK")).scalar_one()
    goods = bench.pallets(12)
    with transaction():
        for one in goods[:3]:
            suggestion.suggest(one, dock, site_id=w.site_id)  # the layout is reckoned once, from each start
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            said.append((statement, parameters))

    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    with transaction():
        found = [suggestion.suggest(one, dock, site_id=w.site_id) for one in goods]
    sa.event.remove(session.get_bind(), "before_cursor_execute", note)
    assert all(one.reasons for one in found)
    assert len(goods) <= len(said) <= 40 * len(goods), "a suggestion is a handful of questions, however full the house is"
    plans = {statement: _plan(statement, parameters) for statement, parameters in said}
    for statement, plan in plans.items():
        # Of the bins that may be empty there are fifty in a full warehouse: no matter how they are read.
        large = LARGE if occupancy > 0.9 else (*LARGE, "vacancies")
        if not occupancy:  # everything stands at one dock: two thousand pieces of work may be read once, the stock not bin by bin
            large = ("stock", "locations")
        assert not _scanned(plan, large), f"{statement}\n{plan}"


def _plan(statement: str, parameters: Any) -> str:
    explain = "EXPLAIN " if is_postgresql() else "EXPLAIN QUERY PLAN "
    rows = session.connection().exec_driver_sql(explain + statement, parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def _scanned(plan: str, large: tuple[str, ...]) -> list[str]:
    """The large tables that this plan reads from end to end."""
    found = re.findall(r"Seq Scan on (\w+)", plan) if is_postgresql() else re.findall(r"^SCAN (\w+)(?! USING)", plan, re.MULTILINE)
    return [table for table in found if table in large]
