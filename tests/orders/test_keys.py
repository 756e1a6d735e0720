"""By what an order is found, and that it still is when it has changed."""

from __future__ import annotations

import pytest

from tests.orders.desk import Desk
from wms.db import session
from wms.orders import editing, interception, keys
from wms.orders.keys import Kind


def found(desk: Desk, kind: Kind, start: str) -> list[str]:
    session.rollback()
    ids = [order_id for order_id, _ in keys.beginning(kind, start, site_id=desk.w.site_id, limit=10)]
    return [number for number in ("SO-10248", "SO-20248", "so-%_1") if desk.order(number).id in ids]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("138 0000 1234", ["13800001234"]),
        ("+86 138-0000-1234", ["8613800001234", "13800001234"]),
        ("（0371）6789 0000", ["037167890000", "37167890000"]),
        ("1234", ["1234"]),
        ("１３８００００１２３４", ["13800001234"]),
        ("no. 12", []),
        ("", []),
    ],
)
def test_of_a_telephone_number_only_the_digits_count(typed: str, written: list[str]) -> None:
    assert [one for one in keys.spoken(typed) if one in written] == written


def test_an_order_is_found_by_either_end_of_its_number_and_by_the_end_of_its_telephone(desk: Desk) -> None:
    desk.enter("SO-10248", APPLE=1, ship_to={"name": "A", "phone": "+86 138 0000 1234"}, reference=" PO 4711 ")
    desk.enter("SO-20248", APPLE=1, ship_to={"name": "B", "phone": "0371-6789 1234"})
    desk.enter("so-%_1", APPLE=1)
    assert found(desk, Kind.NUMBER, "so-1") == ["SO-10248"]
    assert found(desk, Kind.NUMBER, "so-") == ["SO-10248", "SO-20248", "so-%_1"]
    assert found(desk, Kind.NUMBER, "so-%") == ["so-%_1"], "a sign of searching means itself"
    assert found(desk, Kind.TAIL, "8420") == ["SO-10248", "SO-20248"]
    assert found(desk, Kind.TAIL, "84201") == ["SO-10248"]
    assert found(desk, Kind.PHONE, "4321") == ["SO-10248", "SO-20248"]
    assert found(desk, Kind.PHONE, "13800001234"[::-1]) == ["SO-10248"]
    assert found(desk, Kind.REFERENCE, "po 47") == ["SO-10248"]
    assert found(desk, Kind.REFERENCE, "") == []
    assert found(desk, Kind.NUMBER, "\U0010ffff") == []
    assert found(desk, Kind.NUMBER, "so\ud7ff") == []


def test_what_changes_is_found_by_its_new_words_before_and_after_release(desk: Desk) -> None:
    desk.w.receive("APPLE", 5, at="A-01")
    whole = {"name": "A", "street": "S", "city": "C"}
    desk.enter("SO-10248", APPLE=1, ship_to={**whole, "phone": "13800001234"}, reference="OLD")
    desk.enter("SO-20248", APPLE=1)
    desk.enter("so-%_1", APPLE=1)

    def edit(**changes: object) -> None:
        with desk.w.transaction():
            editing.edit("SO-10248", by=desk.w.by, changes=changes)  # type: ignore[arg-type]

    edit(reference="NEW", ship_to={**whole, "phone": "13800009999"})
    assert (found(desk, Kind.REFERENCE, "old"), found(desk, Kind.REFERENCE, "new")) == ([], ["SO-10248"])
    assert (found(desk, Kind.PHONE, "4321"), found(desk, Kind.PHONE, "9999")) == ([], ["SO-10248"])
    assert desk.release("SO-10248") in interception.INTERCEPTABLE
    edit(reference="", ship_to=whole)
    assert (found(desk, Kind.REFERENCE, "new"), found(desk, Kind.PHONE, "9999")) == ([], [])
    assert desk.order("SO-10248").reference is None
