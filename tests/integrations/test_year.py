"""Real orders go all the way: from the file over the gate, the racks, the bench and the truck to the signature and the books."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.bench import year
from tests.warehouse import Warehouse
from wms.db import session
from wms.orders.models import Order


@pytest.mark.parametrize("shop", ["northwind", "superstore"])
@pytest.mark.skipif(not year.NORTHWIND.exists() or not year.SUPERSTORE.exists(), reason="the data of the two shops is not on this machine")
def test_the_first_weeks_of_a_year_end_signed_for_and_closed(w: Warehouse, shop: str) -> None:
    """All the weeks of it: `python -m tests.bench.year`."""
    worked = year.Year(w)
    take_in = year.of_northwind if shop == "northwind" else year.of_superstore
    weeks = take_in(worked, 1)
    worked.work(weeks)
    states = dict(session.execute(sa.select(Order.status, sa.func.count()).group_by(Order.status)).all())
    assert states == {"closed": sum(len(numbers) for numbers in weeks.values())}
    assert worked.done["pick"] == worked.done["pack"] >= states["closed"] > 1
