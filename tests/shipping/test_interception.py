"""An order is changed on the floor: the least advanced goods first, what was picked goes back, and what is different is said."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.shipping.conftest import Yard
from wms import clock
from wms.db import session
from wms.errors import WarehouseError
from wms.orders import editing, interception
from wms.orders.lines import NewLine
from wms.orders.services import NewService, OrderService, Service
from wms.shipping import coming_off, gate, loading, packing, taking_out
from wms.tasks import queue
from wms.tasks.models import TaskKind

MOVED = {"name": "李雷", "street": "中州路 1", "city": "洛阳", "country": "CN"}


def change(yard: Yard, number: str, *lines: tuple[str, str, int], **facts: Any) -> None:
    new = [NewLine(sku, quantity, line=line) for line, sku, quantity in lines] if lines else None
    with yard.w.transaction():
        editing.edit(number, by=yard.by, changes=facts, lines=new)  # type: ignore[arg-type]


def means(yard: Yard, number: str, *lines: tuple[str, str, int], **facts: Any) -> list[str]:
    new = [NewLine(sku, quantity, line=line) for line, sku, quantity in lines] if lines else None
    said = [one.say("en") for one in editing.preview(number, by=yard.by, changes=facts, lines=new).means]  # type: ignore[arg-type]
    session.rollback()
    return said


def counters(yard: Yard, number: str, *names: str) -> list[tuple[int, ...]]:
    return list(zip(*(yard.lines(number, name) for name in names), strict=True))


def put_back(yard: Yard) -> list[tuple[int | None, bool]]:
    """(pieces, in a unit) of the tasks that take goods back."""
    return [(task.quantity, task.handling_unit_id is not None) for task in yard.tasks(TaskKind.PUT_BACK) if task.status == "open"]


def take_out(yard: Yard, number: str, carton: str) -> None:
    with yard.w.transaction():
        taking_out.take_out(yard.order(number).id, carton, by=yard.packer, key=yard.w.key())


def close_carton(yard: Yard, number: str, carton: str) -> None:
    with yard.w.transaction():
        packing.close_carton(yard.order(number).id, carton, by=yard.packer)


def test_the_least_advanced_goods_go_first(yard: Yard) -> None:
    yard.w.receive("APPLE", 10, at="A-01")
    yard.enter("SO-1", APPLE=10)
    yard.pick("SO-1", only=7)
    carton = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 4, carton)
    assert counters(yard, "SO-1", "promised", "picked", "packed") == [(3, 7, 4)]
    expected = {
        8: ["2 APPLE are not planned yet: the promise is given back"],
        6: ["3 APPLE are not planned yet: the promise is given back", "1 APPLE is picked: put back by a task"],
    }
    for quantity, said in expected.items():
        assert means(yard, "SO-1", ("1", "APPLE", quantity)) == said
    said = means(yard, "SO-1", ("1", "APPLE", 3))
    assert said[-2:] == [
        "1 APPLE is packed: taken out and put back by a task",
        f"Carton …{carton[-6:]} is opened again to take out 1 × APPLE",
    ]
    change(yard, "SO-1", ("1", "APPLE", 6))
    assert counters(yard, "SO-1", "ordered", "cancelled", "promised", "picked", "packed", "withdrawn") == [(10, 4, 0, 6, 4, 1)]
    assert put_back(yard) == [(1, False)]
    assert yard.w.free("APPLE", at="PACK") == 1
    change(yard, "SO-1", ("1", "APPLE", 6))
    assert yard.events("SO-1").count("order.changed") == 1, "the same again is nothing"


def test_what_a_change_means_is_said_in_kilograms_where_the_page_shows_them(yard: Yard) -> None:
    yard.w.product("RICE", base_unit="kg", decimals=3)
    yard.w.receive("RICE", 2500, at="A-01")
    yard.w.receive("FIG", 4, at="A-01")
    yard.enter("SO-1", RICE=4000, FIG=4, allow_backorder=True)
    yard.pick("SO-1")
    carton = yard.carton("SO-1")
    yard.pack("SO-1", "RICE", 2250, carton)
    yard.pack("SO-1", "FIG", 4, carton)
    assert means(yard, "SO-1", ("1", "RICE", 1000), ("2", "FIG", 3)) == [
        "1.5 RICE were not promised yet",
        "0.25 RICE are picked: put back by a task",
        "1.25 RICE are packed: taken out and put back by a task",
        "1 FIG is packed: taken out and put back by a task",
        f"Carton …{carton[-6:]} is opened again to take out 1.25 × RICE, 1 × FIG",
    ]
    for quantity, facts, refused in (
        (4001, {}, "Line 1 has 4: once released it can only become less"),
        (3250, {"allow_backorder": False}, "SO-1 still waits for stock: 0.75 × RICE"),
    ):
        with pytest.raises(WarehouseError, match=f"^{refused}$"):
            means(yard, "SO-1", ("1", "RICE", quantity), ("2", "FIG", 4), **facts)


def test_what_came_up_short_is_taken_from_what_is_not_wanted_any_more(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=5)
    with yard.w.transaction():
        line = yard.order("SO-1").lines[0]
        line.ordered, line.short = 8, 3
    change(yard, "SO-1", ("1", "APPLE", 6))
    assert counters(yard, "SO-1", "short", "cancelled", "picked") == [(1, 2, 5)]
    assert put_back(yard) == []


@pytest.mark.parametrize(
    ("lines", "facts", "refusal"),
    [
        ([("1", "APPLE", 3), ("2", "PEAR", 2)], {}, interception.OnlyLess),
        ([("1", "APPLE", 2), ("2", "PEAR", 2), ("9", "PEAR", 1)], {}, interception.NothingNew),
        ([("1", "PEAR", 1), ("2", "PEAR", 2)], {}, interception.OtherGoods),
        ([], {"ship_to": {"name": "李雷", "city": "洛阳"}}, interception.AddressIncomplete),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(
    yard: Yard, lines: list[tuple[str, str, int]], facts: dict[str, Any], refusal: type[WarehouseError]
) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=2)
    with pytest.raises(refusal):
        change(yard, "SO-1", *lines, **facts)
    assert counters(yard, "SO-1", "picked", "cancelled") == [(2, 0), (2, 0)]


def test_all_lines_out_is_a_cancellation_and_work_stays_as_it_was_released(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=2)
    change(yard, "SO-1", ("2", "PEAR", 2))
    assert counters(yard, "SO-1", "picked", "cancelled") == [(0, 2), (2, 0)]
    with pytest.raises(interception.NothingNew):
        change(yard, "SO-1", ("1", "APPLE", 1))
    with yard.w.transaction():
        session.add(OrderService(order_id=yard.order("SO-1").id, position=1, code="gift_wrap"))
    with pytest.raises(interception.ServicesFixed), yard.w.transaction():
        editing.edit("SO-1", by=yard.by, services=[NewService(Service.INSERT)])
    with yard.w.transaction():
        editing.edit("SO-1", by=yard.by, services=[NewService(Service.GIFT_WRAP)], changes={"priority": 7})
        session.execute(sa.delete(OrderService))
    assert [task.priority for task in yard.tasks(TaskKind.PACK)] == [7], "the floor has the new priority"


def test_a_carton_gives_up_pieces_and_is_closed_only_without_them(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=5)
    change(yard, "SO-1", ("1", "APPLE", 3))
    assert (yard.status("SO-1"), yard.unit(carton).closed_at) == ("packed", None)
    assert put_back(yard) == [(2, True)]
    assert [task.status for task in yard.tasks(TaskKind.PACK)][-1] == "open", "somebody at the bench sees to it"
    with pytest.raises(taking_out.StillInside, match="2 pieces of APPLE"):
        close_carton(yard, "SO-1", carton)
    take_out(yard, "SO-1", carton)
    assert put_back(yard) == [(2, False)]
    close_carton(yard, "SO-1", carton)
    assert yard.shipment("SO-1").packed_at is not None
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    assert counters(yard, "SO-1", "shipped", "cancelled", "withdrawn_packed") == [(3, 2, 2)]


def test_nobody_takes_out_what_somebody_is_putting_back(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=5)
    change(yard, "SO-1", ("1", "APPLE", 3))
    (task,) = yard.tasks(TaskKind.PUT_BACK)
    with yard.w.transaction():
        queue.claim(task.id, by=yard.chief)
    with pytest.raises(queue.TaskTaken, match="Chief"):
        take_out(yard, "SO-1", carton)


def test_as_few_cartons_as_possible_are_opened(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=9)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 5, first)
    second = yard.full("SO-1", first)
    yard.pack("SO-1", "APPLE", 2, second)
    third = yard.full("SO-1", second)
    yard.pack("SO-1", "APPLE", 2, third)
    change(yard, "SO-1", ("1", "APPLE", 7))
    assert [yard.unit(code).closed_at is None for code in (first, second, third)] == [False, False, True]
    assert yard.unit(third).order_id is None, "a carton that is empty of the order is not the order's"
    assert packing.to_close(yard.order("SO-1").id) == []
    assert (yard.status("SO-1"), yard.shipment("SO-1").packed_at is not None) == ("packed", True)


def test_a_unit_that_is_too_full_comes_off_the_truck(yard: Yard) -> None:
    small, big = yard.packed("SO-2", PEAR=1), yard.packed("SO-1", APPLE=5)
    load = yard.plan("SO-2", "SO-1")
    yard.load(load, big, small)
    gate_pass = yard.close(load)
    change(yard, "SO-1", ("1", "APPLE", 4))
    assert (yard.status("SO-1"), yard.unit(big).load_id) == ("packed", None)
    assert yard.shipment("SO-1").load_id == load.id, "it still goes with this truck"
    with pytest.raises(gate.LoadChanged):
        yard.leave(gate_pass)
    assert coming_off.of(load) == [big]


def test_another_address_makes_the_labels_void_and_leaves_the_load(yard: Yard) -> None:
    first, other = yard.packed("SO-1", APPLE=2), yard.packed("SO-2", PEAR=1)
    load = yard.plan("SO-2", "SO-1")
    yard.load(load, first, other)
    assert means(yard, "SO-1", ship_to=MOVED) == [
        f"Carton …{first[-6:]} gets a new label and packing slip; the old ones are void",
        f"Carton …{first[-6:]} comes off {load.number}",
        f"It leaves load {load.number}, and waits to be planned again",
    ]
    change(yard, "SO-1", ship_to=MOVED)
    assert yard.shipment("SO-1").load_id is None
    assert (yard.unit(first).closed_at, coming_off.of(load)) == (None, [first])
    assert put_back(yard) == []
    yard.unload(load, first)
    again = yard.plan("SO-1")
    with pytest.raises(loading.NotClosed):
        yard.load(again, first)
    close_carton(yard, "SO-1", first)
    yard.load(again, first)
    assert yard.status("SO-1") == "loaded"
    assert yard.leave(yard.close(load)).orders == ("SO-2",)


def test_another_carrier_makes_the_old_ones_numbers_void(yard: Yard) -> None:
    yard.w.partner("SF", kind="carrier")
    carton = yard.packed("SO-1", APPLE=2)
    with yard.w.transaction():
        yard.unit(carton).tracking = "OLD-1234"
        yard.shipment("SO-1").tracking = "OLD-1234"
    change(yard, "SO-1", carrier="SF")
    shipment = yard.shipment("SO-1")
    assert (shipment.tracking, yard.unit(carton).tracking) == (None, None)
    assert shipment.carrier_id == yard.order("SO-1").carrier_id is not None


def test_a_part_that_has_left_is_the_least_that_an_order_can_have(yard: Yard) -> None:
    yard.w.receive("APPLE", 3, at="A-01")
    yard.enter("SO-1", APPLE=5, allow_backorder=True)
    yard.pick("SO-1")
    carton = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 3, carton)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    with pytest.raises(interception.PartHasLeft):
        change(yard, "SO-1", ("1", "APPLE", 2))
    change(yard, "SO-1", ("1", "APPLE", 3))
    assert (yard.status("SO-1"), counters(yard, "SO-1", "shipped", "cancelled")) == ("shipped", [(3, 2)])


def test_wishes_about_the_same_goods_stay_as_they_were_released(yard: Yard) -> None:
    yard.w.receive("APPLE", 6, at="A-01")
    yard.enter("SO-1", APPLE=6)
    for wish in ({"min_remaining_days": 60}, {"one_batch": True}):
        with pytest.raises(interception.OtherTerms), yard.w.transaction():
            editing.edit("SO-1", by=yard.by, lines=[NewLine("APPLE", 6, line="1", **wish)])
    with yard.w.transaction():
        editing.edit("SO-1", by=yard.by, lines=[NewLine("APPLE", 5, line="1", min_remaining_days=0, one_batch=False)])
    assert yard.lines("SO-1", "cancelled") == [1]


def test_nobody_waits_for_goods_that_nobody_would_bring(yard: Yard) -> None:
    yard.w.receive("APPLE", 4, at="A-01")
    yard.enter("SO-1", APPLE=6, allow_backorder=True)
    with pytest.raises(interception.StillWaits):
        change(yard, "SO-1", allow_backorder=False)
    change(yard, "SO-1", ("1", "APPLE", 4), allow_backorder=False)
    assert (yard.order("SO-1").allow_backorder, yard.lines("SO-1", "promised")) == (False, [4])


def test_another_due_time_is_another_promise(yard: Yard) -> None:
    yard.w.receive("APPLE", 4, at="A-01")
    due = clock.now() + dt.timedelta(days=2)
    yard.enter("SO-1", APPLE=4, due_at=due)
    assert yard.order("SO-1").promised_on == clock.local(due).date()
    later = due + dt.timedelta(days=5)
    change(yard, "SO-1", due_at=later)
    assert yard.order("SO-1").promised_on == clock.local(later).date()
    change(yard, "SO-1", ("1", "APPLE", 3))
    assert yard.order("SO-1").promised_on == clock.local(later).date(), "fewer pieces are the same promise"
