"""Picking a list: goods leave with their claim; nothing is counted twice and nothing is left behind."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from tests.scanner import Scanner
from tests.warehouse import PREFIX
from wms import db
from wms.actor import Actor
from wms.app import Application
from wms.catalog.models import Product
from wms.db import session
from wms.locations.models import Location
from wms.orders import operations, withdrawal
from wms.picking import lines, lots, picks
from wms.picking.lots import LotNotFree, LotOutOfTurn
from wms.picking.models import Method, PickList
from wms.picking.picks import MoreThanLine, NotAPackingPlace, NothingToUndo, OnlyLine, Opened, OtherOrdersTote
from wms.shipping import packing
from wms.stock.capacity import LocationFull
from wms.stock.ledger import ClaimGone, Place
from wms.stock.models import HandlingUnit, MovementKind
from wms.tasks import queue
from wms.tasks.models import TaskKind, TaskStatus


def test_goods_go_to_packing_together_with_their_claim(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    hall.pick_all(hall.list_of("SO-1"))
    assert hall.w.on_hand("APPLE", at="A-01") == 14
    assert hall.w.reserved("APPLE", at="A-01") == 0
    assert hall.w.reserved("APPLE", at="PACK") == 6
    assert hall.lines("SO-1", "picked") == [6]
    assert hall.lines("SO-1", "reserved") == [0]
    assert hall.status("SO-1") == "picked"


def test_the_order_is_picking_after_its_first_piece_and_picked_after_its_last(hall: Hall) -> None:
    for number, sku in enumerate(("APPLE", "PEAR", "PLUM"), start=1):
        hall.put(sku, 5, f"A-0{number}")
    hall.release("SO-1", ("APPLE", 5), ("PEAR", 5), ("PLUM", 5))
    opened = hall.open(hall.list_of("SO-1"))
    seen = []
    line = opened.line
    while line is not None:
        line = hall.pick(opened, line).next
        seen.append(hall.status("SO-1"))
    assert seen == ["picking", "picking", "picked"]
    assert hall.task_status(opened.number) == TaskStatus.DONE


def test_a_line_may_be_picked_in_parts(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    opened = hall.open(hall.list_of("SO-1"))
    rest = hall.pick(opened, quantity=2).next
    assert rest is not None
    assert rest.quantity == 4
    assert hall.status("SO-1") == "picking"
    assert hall.pick(opened, rest).next is None
    assert hall.status("SO-1") == "picked"


def test_more_than_the_line_asks_for_is_refused(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    opened = hall.open(hall.list_of("SO-1"))
    with pytest.raises(MoreThanLine):
        hall.pick(opened, quantity=7)
    assert hall.w.on_hand("APPLE", at="A-01") == 20


def test_the_same_line_is_not_picked_twice(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "A-02")
    hall.release("SO-1", ("APPLE", 6), ("PEAR", 1))
    opened = hall.open(hall.list_of("SO-1"))
    hall.pick(opened)
    with pytest.raises(ClaimGone):
        hall.pick(opened)
    assert sum(hall.lines("SO-1", "picked")) in (1, 6)


def test_two_pickers_on_one_list_are_one_too_many(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    number = hall.list_of("SO-1")
    opened = hall.open(number)
    other = hall.w.person("other", roles=["picker"])
    with pytest.raises(queue.TaskTaken):
        hall.open(number, by=other)
    with pytest.raises(queue.TaskOver):
        hall.pick(opened, by=other)


def test_the_last_two_lines_finished_at_once_leave_no_order_open(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.put("PEAR", 5, "B-01")
    hall.release("SO-1", ("APPLE", 5), ("PEAR", 5))
    planned = hall.wave("SO-1", method=Method.ZONE)
    people = [hall.w.person(f"picker{n}", roles=["picker"]) for n in range(2)]
    with hall.w.transaction():  # zones of a hall without a relay are picked at once
        session.execute(sa.update(PickList).values(follows_id=None))
    opened = [hall.open(one.number, by=by) for one, by in zip(planned.pick_lists, people, strict=True)]

    def finish(n: int) -> None:
        with db.transaction():
            line = opened[n].line
            picks.confirm(
                line.claim_id,
                line.quantity,
                task_id=opened[n].task_id,
                order_id=line.order_id,
                target=Place(opened[n].target_id),
                by=people[n],
                key=f"finish-{n}",
            )

    db.session.remove()
    assert all_at_once(app, [lambda: finish(0), lambda: finish(1)]) == [None, None]
    assert hall.status("SO-1") == "picked"


def test_a_short_pick_takes_what_is_there_and_orders_a_count(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    opened = hall.open(hall.list_of("SO-1"))
    result = hall.short(opened, 2)
    assert (result.missing, result.elsewhere, result.next) == (3, None, None)
    assert hall.lines("SO-1", "picked") == [2]
    assert hall.lines("SO-1", "short") == [3]
    assert hall.lines("SO-1", "promised") == [0]
    assert hall.status("SO-1") == "picked"
    (count,) = hall.tasks(TaskKind.COUNT)
    assert count.reasons[0]["code"] == "short_pick"
    assert hall.w.reserved("APPLE", at="A-01") == 0


def test_nothing_more_is_allocated_from_a_place_that_came_up_short_until_it_is_counted(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01", age=9)
    hall.put("APPLE", 10, "A-02", age=1)
    hall.release("SO-1", ("APPLE", 5))
    hall.release("SO-2", ("APPLE", 5))
    opened = hall.open(hall.list_of("SO-1"))
    result = hall.short(opened, 0)
    assert result.elsewhere == "A-02"
    hall.wave("SO-2")
    assert [place for place, _, _ in hall.reserved("SO-2")] == ["A-02"]


def test_the_rest_of_a_short_pick_is_taken_elsewhere_when_the_picker_says_so(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01", age=9)
    hall.put("APPLE", 10, "A-02", age=1)
    hall.release("SO-1", ("APPLE", 5))
    opened = hall.open(hall.list_of("SO-1"))
    result = hall.short(opened, 2)
    assert (result.elsewhere, result.elsewhere_quantity) == ("A-02", 3)
    assert hall.lines("SO-1", "promised") == [3]
    with hall.w.transaction():
        line = picks.take_elsewhere(opened.line.order_line_id, 3, reason="MISSING", task_id=opened.task_id, by=hall.by)
    assert line is not None
    assert (line.location, line.quantity) == ("A-02", 3)
    assert hall.pick(opened, line).next is None
    assert hall.lines("SO-1", "picked") == [5]
    assert hall.status("SO-1") == "picked"


def test_other_work_at_a_short_place_is_warned(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.release("SO-2", ("APPLE", 5))
    first, second = hall.wave("SO-1", "SO-2").pick_lists
    hall.short(hall.open(first.number), 0)
    assert hall.open(second.number).line.doubted


def test_a_skipped_line_comes_last(hall: Hall) -> None:
    for place, sku in (("A-01", "APPLE"), ("A-02", "PEAR"), ("A-03", "PLUM")):
        hall.put(sku, 5, place)
    hall.release("SO-1", ("APPLE", 1), ("PEAR", 1), ("PLUM", 1))
    opened = hall.open(hall.list_of("SO-1"))
    skipped = opened.line.sku
    with hall.w.transaction():
        line = picks.skip(opened.line.claim_id, task_id=opened.task_id, order_id=opened.line.order_id, by=hall.by)
    seen = []
    while line is not None:
        seen.append(line.sku)
        line = hall.pick(opened, line).next  # type: ignore[assignment]
    assert seen[-1] == skipped


def test_the_only_line_cannot_be_skipped(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 1))
    opened = hall.open(hall.list_of("SO-1"))
    with pytest.raises(OnlyLine), hall.w.transaction():
        picks.skip(opened.line.claim_id, task_id=opened.task_id, order_id=opened.line.order_id, by=hall.by)


def test_the_last_pick_is_undone_by_a_counter_movement_and_its_claim_goes_back(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 3))
    opened = hall.open(hall.list_of("SO-1"))
    hall.pick(opened)
    assert hall.status("SO-1") == "picked"
    with hall.w.transaction():
        again = picks.undo(task_id=opened.task_id, by=hall.by, key="undo")
    assert again.line.location == "A-01"
    assert hall.w.reserved("APPLE", at="A-01") == 3
    assert hall.status("SO-1") == "released"
    assert hall.w.movements("APPLE", kind=MovementKind.REVERSAL)
    with pytest.raises(NothingToUndo), hall.w.transaction():
        picks.undo(task_id=opened.task_id, by=hall.by, key="undo-2")
    assert hall.pick(again).next is None
    assert hall.status("SO-1") == "picked"


def test_a_cancelled_order_leaves_the_list_and_no_claim(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "A-02")
    hall.release("SO-1", ("APPLE", 6))
    hall.release("SO-2", ("PEAR", 6))
    number = hall.list_of("SO-1", "SO-2", method=Method.BATCH)
    opened = hall.open(number)
    with hall.w.transaction():
        withdrawal.cancel("SO-1", by=hall.by)
    assert hall.w.reserved("APPLE") == 0
    line = opened.line
    if line.sku == "APPLE":
        with pytest.raises(ClaimGone):
            hall.pick(opened)
        line = hall.open(number).line
    assert line.sku == "PEAR"
    assert hall.pick(opened, line).next is None


def test_another_lot_is_taken_only_where_rotation_leaves_the_choice(hall: Hall) -> None:
    hall.w.product("TEA", tracking="lot")
    hall.put("TEA", 5, "A-01", lot="OLD", age=9)
    hall.put("TEA", 5, "A-01", lot="TWIN", age=9)
    hall.put("TEA", 5, "A-01", lot="NEW", age=1)
    hall.release("SO-1", ("TEA", 3))
    opened = hall.open(hall.list_of("SO-1"))
    assert opened.line.lot == "OLD"
    assert opened.line.several_lots
    for lot, refusal in (("NEW", LotOutOfTurn), ("UNHEARD-OF", LotNotFree)):
        with pytest.raises(refusal), hall.w.transaction():
            lots.change_lot(opened.line.claim_id, lot, task_id=opened.task_id, order_id=opened.line.order_id, by=hall.by)
    with hall.w.transaction():
        line, _ = lots.change_lot(opened.line.claim_id, "twin", task_id=opened.task_id, order_id=opened.line.order_id, by=hall.by)
    assert line.lot == "TWIN"
    assert hall.pick(opened, line).next is None
    assert hall.w.on_hand("TEA", at="A-01", lot="TWIN") == 2


def test_goods_go_to_packing_or_staging_or_into_a_tote_there(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    one, two = hall.release("SO-1", ("APPLE", 1)), hall.release("SO-2", ("APPLE", 1))
    with hall.w.transaction():
        tote = hall.w.unit("T-1", at="PACK", kind="tote")
        astray = hall.w.unit("T-2", at="A-02", kind="tote")

        def into(order, **where):  # type: ignore[no-untyped-def]
            found = {"location": None, "unit": None, **where}
            return picks.into(**found, order_id=order.id, order_number=order.number, expected="PACK", by=hall.by)

        assert into(one, unit=tote).unit_id == tote.id
        assert into(one, unit=tote).unit_id == tote.id
        with pytest.raises(NotAPackingPlace):
            into(two, unit=astray)
        with pytest.raises(NotAPackingPlace):
            into(two, location=hall.w.location("A-02"))
        assert into(two, location=hall.w.location("STAGE")).unit_id is None


def test_a_held_back_order_takes_its_lines_off_the_list(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 3))
    number = hall.list_of("SO-1")
    with hall.w.transaction():
        operations.hold("SO-1", by=hall.by, reason="check")
    assert hall.w.reserved("APPLE") == 0
    with pytest.raises(picks.ListDone):
        hall.open(number)


def test_a_picker_whose_goods_were_brought_down_meanwhile_takes_them_at_the_face(hall: Hall) -> None:
    hall.face("FACE", "APPLE", 1, 20)
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 4))
    opened = hall.open(hall.list_of("SO-1"))
    hall.bring(hall.tasks(TaskKind.REPLENISH)[0])
    with pytest.raises(lines.GoodsMoved) as refusal:
        hall.pick(opened, location_id=opened.line.location_id)
    assert refusal.value.facts == {"location": "FACE"}
    again = hall.open(opened.number)
    hall.pick(again, location_id=again.line.location_id)
    assert hall.lines("SO-1", "picked") == [4]


def test_the_last_of_two_equal_picks_into_two_totes_is_the_one_undone(hall: Hall) -> None:
    hall.put("APPLE", 4, "A-01")
    hall.release("SO-1", ("APPLE", 4))
    opened = hall.open(hall.list_of("SO-1"))
    totes = [hall.w.unit(code, at="PACK", kind="tote") for code in ("T1", "T2")]
    rest = hall.pick(opened, quantity=2, target=hall.w.place("PACK", unit=totes[0])).next
    hall.pick(opened, rest, target=hall.w.place("PACK", unit=totes[1]))
    for left in (2, 0):
        with hall.w.transaction():
            picks.undo(task_id=opened.task_id, by=hall.by, key=hall.w.key())
        assert hall.lines("SO-1", "picked") == [left]
        assert hall.w.on_hand("APPLE", unit=totes[0]) == left


def test_an_emptied_tote_serves_the_next_order_and_a_filled_one_only_its_own(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    tote = hall.w.unit("T-1", at="PACK", kind="tote").id
    hall.release("SO-1", ("APPLE", 2))
    hall.release("SO-2", ("APPLE", 2))
    first, second = hall.open(hall.list_of("SO-1")), hall.open(hall.list_of("SO-2"))
    hall.pick(first, target=into_tote(hall, first, tote))
    with pytest.raises(OtherOrdersTote):
        into_tote(hall, second, tote)
    with hall.w.transaction():
        carton = packing.begin(hall.order("SO-1"), by=hall.by, company_prefix=PREFIX).code
        packing.pack(hall.order("SO-1").id, hall.w.product("APPLE"), 2, carton, by=hall.by, key="pack")
    hall.pick(second, target=into_tote(hall, second, tote))
    assert hall.w.on_hand("APPLE", unit=tote) == 2


@pytest.mark.postgresql
def test_two_pickers_do_not_fill_one_empty_tote(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 10, "A-01")
    tote = hall.w.unit("T-1", at="PACK", kind="tote").id
    hall.release("SO-1", ("APPLE", 2))
    hall.release("SO-2", ("APPLE", 2))
    ben = hall.w.person("ben", roles=["picker"])
    first, second = hall.open(hall.list_of("SO-1")), hall.open(hall.list_of("SO-2"), by=ben)

    def fill(opened: Opened, by: Actor) -> None:
        with db.transaction():
            place = into(opened, tote, by)
            time.sleep(0.2)
            order_id = opened.line.order_id
            picks.confirm(opened.line.claim_id, 2, task_id=opened.task_id, order_id=order_id, target=place, by=by, key=opened.number)

    db.session.remove()
    done = all_at_once(app, [lambda: fill(first, hall.by), lambda: fill(second, ben)])
    assert [type(one) for one in done].count(OtherOrdersTote) == 1
    assert hall.w.on_hand("APPLE", unit=tote) == 2


def into(opened: Opened, tote: int, by: Actor) -> Place:
    unit = db.session.get_one(HandlingUnit, tote, populate_existing=True)
    return picks.into(None, unit, order_id=opened.line.order_id, order_number=opened.line.order_number, expected="PACK", by=by)


def into_tote(hall: Hall, opened: Opened, tote: int) -> Place:
    with hall.w.transaction():
        return into(opened, tote, hall.by)


def test_a_last_line_that_comes_up_short_after_packing_leaves_its_carton_to_be_closed(hall: Hall) -> None:
    hall.put("APPLE", 4, "A-01")
    hall.put("PEAR", 4, "A-02")
    hall.release("SO-1", ("APPLE", 4), ("PEAR", 4))
    opened = hall.open(hall.list_of("SO-1"))
    second = hall.pick(opened).next
    with hall.w.transaction():
        carton = packing.begin(hall.order("SO-1"), by=hall.by, company_prefix=PREFIX).code
        packing.pack(hall.order("SO-1").id, hall.w.product(opened.line.sku), 4, carton, by=hall.by, key="pack")
    hall.short(opened, 0, second)
    assert (hall.status("SO-1"), sorted(hall.lines("SO-1", "short"))) == ("packed", [0, 4])
    assert len(hall.tasks(TaskKind.PACK)) == 1, "the carton was left open for what does not come"
    with hall.w.transaction():
        packing.close_carton(hall.order("SO-1").id, carton, by=hall.by)
    assert not hall.tasks(TaskKind.PACK)


def test_a_pick_is_not_undone_into_a_place_that_something_else_has_filled(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 3))
    opened = hall.open(hall.list_of("SO-1"))
    hall.pick(opened)
    place, pear = hall.w.location("A-01").id, hall.w.product("PEAR", weight_grams=1000)
    hall.put("PEAR", 3, "A-01")
    with hall.w.transaction():
        session.get_one(Location, place).max_weight_grams = 3000
        session.get_one(Product, hall.w.product("APPLE").id).weight_grams = 100
    with pytest.raises(LocationFull), hall.w.transaction():
        picks.undo(task_id=opened.task_id, by=hall.by, key="undo")
    assert (hall.w.on_hand("APPLE", at="A-01"), hall.status("SO-1"), pear.sku) == (2, "picked", "PEAR")


def test_a_pick_is_undone_onto_a_pallet_that_it_emptied(hall: Hall) -> None:
    unit = hall.w.unit(at="A-01")
    hall.w.receive("APPLE", 3, at="A-01", unit=unit)
    with hall.w.transaction():
        hall.w.location("A-01").max_units = 1
    hall.release("SO-1", ("APPLE", 3))
    opened = hall.open(hall.list_of("SO-1"))
    hall.pick(opened)
    with hall.w.transaction():
        picks.undo(task_id=opened.task_id, by=hall.by, key="undo")
    assert hall.w.on_hand("APPLE", at="A-01", unit=unit) == 3


def test_a_list_that_lost_its_last_line_while_its_picker_decided_ends_when_they_leave_it(hall: Hall, picker: Scanner) -> None:
    hall.put("APPLE", 5, "A-01", age=2)
    hall.put("APPLE", 5, "A-02", age=1)
    hall.release("SO-1", ("APPLE", 5))
    number = hall.list_of("SO-1")
    picker.scan(number, "CMD:SHORT", 0, "MISSING")
    assert picker.step == "elsewhere"
    with hall.w.transaction():
        withdrawal.cancel("SO-1", by=hall.by)
    picker.scan("CMD:CANCEL")
    assert (picker.step, picker.screen["message"]["text"]) == ("document", f"Nothing else is left on {number}: it has ended")
    assert hall.task_status(number) == "done"
