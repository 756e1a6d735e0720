"""What may be changed at the rack: other goods only where nobody else waits for them and the order may have them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.picking.conftest import Hall
from wms.db import session
from wms.errors import WarehouseError
from wms.orders import reasons
from wms.picking import lots, picks
from wms.picking.lines import Pick
from wms.stock.ledger import Place
from wms.stock.models import Reservation


def change(hall: Hall, number: str, lot: str) -> Pick:
    """Opens the order's list and asks for another lot."""
    opened = hall.open(hall.list_of(number))
    with hall.w.transaction():
        return lots.change_lot(opened.line.claim_id, lot, task_id=opened.task_id, order_id=opened.line.order_id, by=hall.by)[0]


def take(hall: Hall, number: str, *numbers: str) -> None:
    opened = hall.open(hall.list_of(number))
    with hall.w.transaction():
        where: dict[str, Any] = {"task_id": opened.task_id, "order_id": opened.line.order_id, "by": hall.by}
        picks.confirm_serials(opened.line.claim_id, numbers, target=Place(opened.target_id), key=hall.w.key(), window=99, **where)


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(WarehouseError) as error:
        yield
    assert error.value.code == code, error.value


@pytest.fixture
def tea(hall: Hall) -> Hall:
    """Two lots of one day: L1 in A-01, L2 in A-02."""
    hall.w.product("TEA", tracking="lot")
    hall.put("TEA", 6, "A-01", lot="L1", age=5)
    hall.put("TEA", 6, "A-02", lot="L2", age=5)
    return hall


def test_a_lot_that_waits_for_an_order_that_names_it_is_not_taken(tea: Hall) -> None:
    tea.release("NAMED", ("TEA", 6, {"lot": "L2"}))
    tea.release("SO-1", ("TEA", 3))
    with refused("lot_kept"):
        change(tea, "SO-1", "L2")
    tea.wave("NAMED")
    assert tea.reserved("NAMED") == [("A-02", "L2", 6)]


def test_of_a_lot_that_is_kept_only_the_rest_is_taken(tea: Hall) -> None:
    tea.release("NAMED", ("TEA", 4, {"lot": "L2"}))
    tea.release("SO-1", ("TEA", 3))
    change(tea, "SO-1", "L2")
    assert tea.reserved("SO-1") == [("A-01", "L1", 1), ("A-02", "L2", 2)], "what is at hand comes first"


def test_a_line_of_one_batch_changes_as_a_whole_or_not_at_all(tea: Hall) -> None:
    tea.put("TEA", 2, "B-01", lot="L3", age=5)
    tea.release("SO-1", ("TEA", 5, {"one_batch": True}))
    opened = tea.open(tea.list_of("SO-1"))
    where: dict[str, Any] = {"task_id": opened.task_id, "order_id": opened.line.order_id, "by": tea.by}
    with refused("lot_not_whole"), tea.w.transaction():
        lots.change_lot(opened.line.claim_id, "L3", **where)
    with tea.w.transaction():
        line, _ = lots.change_lot(opened.line.claim_id, "L2", **where)
    assert tea.reserved("SO-1") == [("A-02", "L2", 5)]
    tea.pick(opened, line, 2)
    left = tea.open(opened.number).line
    with refused("lot_not_whole"), tea.w.transaction():
        lots.change_lot(left.claim_id, "L1", **where)


def test_goods_that_were_changed_say_who_took_them_and_instead_of_what(tea: Hall) -> None:
    tea.release("SO-1", ("TEA", 3))
    change(tea, "SO-1", "L2")
    (why,) = session.execute(sa.select(Reservation.reasons).where(Reservation.status == "pending")).scalars()
    assert reasons.of_claim(why, "en") == [f"Chosen by {tea.by.name} at the rack, instead of L1"]
    assert reasons.of_claim(why, "zh_CN") == [f"由{tea.by.name}在货架处改选，原为 L1"]


# -- pieces with numbers -----------------------------------------------------------------------------------------------


def chips(hall: Hall, first: int, second: int) -> None:
    """SN-1 and SN-2 of one day, which keep so many days."""
    hall.w.product("CHIP", tracking="serial")
    for number, life in enumerate((first, second), start=1):
        hall.put("CHIP", 1, "A-01", lot=f"SN-{number}", age=5, life=life)


def test_a_piece_that_waits_for_an_order_that_names_it_is_not_taken(hall: Hall) -> None:
    chips(hall, 99, 99)
    hall.release("NAMED", ("CHIP", 1, {"lot": "SN-2"}))
    hall.release("SO-1", ("CHIP", 1))
    with refused("serial_taken"):
        take(hall, "SO-1", "SN-2")
    hall.wave("NAMED")
    assert hall.reserved("NAMED") == [("A-01", "SN-2", 1)]


def test_a_piece_that_keeps_too_short_for_the_customer_is_not_taken(hall: Hall) -> None:
    chips(hall, 10, 90)
    hall.release("SO-1", ("CHIP", 1, {"min_remaining_days": 60}))
    with refused("serial_too_old"):
        take(hall, "SO-1", "SN-1")


def test_a_piece_is_not_exchanged_for_one_that_the_other_customer_does_not_take(hall: Hall) -> None:
    chips(hall, 10, 90)
    hall.release("FRESH", ("CHIP", 1, {"min_remaining_days": 60}))
    hall.release("SO-1", ("CHIP", 1))
    hall.wave("FRESH")
    assert hall.reserved("FRESH") == [("A-01", "SN-2", 1)]
    with refused("serial_taken"):
        take(hall, "SO-1", "SN-2")
    assert hall.reserved("FRESH") == [("A-01", "SN-2", 1)]


def test_pieces_that_change_places_say_so_on_both_orders(hall: Hall) -> None:
    chips(hall, 90, 90)
    hall.release("SO-1", ("CHIP", 1))
    hall.release("SO-2", ("CHIP", 1))
    first = hall.list_of("SO-1")
    hall.wave("SO-2")
    opened = hall.open(first)
    with hall.w.transaction():
        where: dict[str, Any] = {"task_id": opened.task_id, "order_id": opened.line.order_id, "by": hall.by}
        picks.confirm_serials(opened.line.claim_id, ["SN-2"], target=Place(opened.target_id), key="k", **where)
    said = session.execute(sa.select(Reservation.reasons).where(Reservation.status == "pending").order_by(Reservation.id)).scalars()
    assert [reasons.of_claim(why, "en") for why in said] == [
        [f"Chosen by {hall.by.name} at the rack, instead of SN-1"],
        [f"Exchanged for SN-2, which {hall.by.name} picked for another order"],
    ]
