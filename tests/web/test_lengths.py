"""A text that is longer than its column is refused alike on both databases, with the place where it stands."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import db
from wms.db import TooLong
from wms.locations.models import Site
from wms.stock.models import Movement


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/stock/moves", {"sku": "APPLE", "quantity": 1, "source": "A-01", "target": "A-02", "reason": "r" * 301}, "/reason"),
        ("/stock/adjustments", {"sku": "APPLE", "quantity": 1, "location": "A-01", "handling_unit": "u" * 60}, "/handling_unit"),
        ("/counts", {"locations": ["A-01"], "reason": "r" * 400}, "/reason"),
    ],
)
def test_the_api_says_which_text_is_too_long(w: Warehouse, api: Api, path: str, body: dict[str, Any], pointer: str) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.location("A-02")
    refused = api.post(path, body, status=422)
    assert [one["pointer"] for one in refused["errors"]] == [pointer]
    assert refused["errors"][0]["code"] == "string_too_long"
    assert "too long" in refused["errors"][0]["detail"]


def test_a_form_says_it_beside_the_field(w: Warehouse, client: Client) -> None:
    w.product("APPLE")
    w.location("A-01")
    desk = Desk(client)
    for name, text in (("reason", "r" * 301), ("handling_unit", "u" * 60)):
        fields = {"sku": "APPLE", "location": "A-01", "quantity": "5", "reason": "found", name: text}
        page = desk.post("/stock/adjust", status=422, **fields)
        assert "too long" in page.split(f'id="{name}-error"')[1].split("</span>")[0]
    assert w.on_hand("APPLE") == 0


def test_no_way_of_writing_passes_it_by(w: Warehouse) -> None:
    session, long = db.session, "x" * 300
    for write in (
        lambda: session.add(Site(code=long, name="X")),
        lambda: session.execute(sa.insert(Site), [{"code": "OK", "name": "X"}, {"code": "NO", "name": long}]),
        lambda: session.execute(sa.update(Site).values(name=long)),
    ):
        with pytest.raises(TooLong), db.transaction():
            write()
    w.product("APPLE")
    with pytest.raises(TooLong):
        w.receive("APPLE", 1, at="A-01", lot=long)
    assert session.execute(sa.select(sa.func.count(Movement.id))).scalar_one() == 0
