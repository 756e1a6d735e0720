"""Plates are built up, merged, split and taken apart, and the work that waited for their goods follows them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.receiving.conftest import Dock
from tests.warehouse import PREFIX, Warehouse
from wms import db
from wms.db import session
from wms.errors import Conflict, Refused
from wms.locations.models import Kind
from wms.orders.lines import NewLine
from wms.receiving import inspection, inspection_rules, moves, plate_goods, plates, putaway, whole_plates
from wms.receiving.inspection import Verdict
from wms.receiving.inspection_rules import NewRule
from wms.receiving.plates import Built
from wms.stock import handling_units
from wms.stock import operations as stock
from wms.stock.capacity import LocationFull, NotTogether
from wms.stock.ledger import NotEnough
from wms.stock.models import Condition, HandlingUnit, UnitKind
from wms.tasks import queue
from wms.tasks.models import Task, TaskStatus


class Floor:
    """What people do with plates, by their codes."""

    def __init__(self, dock: Dock) -> None:
        self.dock, self.w = dock, dock.w

    def unit(self, code: str | int) -> HandlingUnit:
        unit_id = code if isinstance(code, int) else handling_units.find(code, by=self.w.by).id
        return session.get_one(HandlingUnit, unit_id, populate_existing=True)

    def do(self, act: Any, *units: str | int, **facts: Any) -> Any:
        with self.w.transaction():
            if act is not plates.take_unit_off:
                facts.setdefault("key", self.w.key())
            return act(*(self.unit(one) for one in units), by=self.w.by, **facts)

    def put_on(self, unit: str, onto: str) -> Built:
        return self.do(plates.put_unit_on, unit, onto)

    def merge(self, unit: str, onto: str) -> Built:
        return self.do(plates.merge, unit, onto)

    def fill(self, onto: str, sku: str, quantity: int, at: str, **facts: Any) -> Built:
        with self.w.transaction():
            product, place = self.w.product(sku), self.dock.id(at)
            return plates.put_goods_on(self.unit(onto), product, quantity, place, by=self.w.by, key=self.w.key(), **facts)

    def split(self, unit: str, sku: str, quantity: int, onto: str, **facts: Any) -> Built:
        with self.w.transaction():
            product = self.w.product(sku)
            return plates.take_goods_off(self.unit(unit), product, quantity, self.unit(onto), by=self.w.by, key=self.w.key(), **facts)

    def undo(self, built: Built) -> None:
        with self.w.transaction():
            plates.undo(Built.again(built.kept()), by=self.w.by, key=self.w.key())

    def new(self, code: str, at: str = "DOCK", kind: str = "pallet") -> str:
        self.w.unit(code, at=at, kind=UnitKind(kind))
        return code

    def store(self, code: str, at: str) -> Any:
        with self.w.transaction():
            return whole_plates.put_away(self.unit(code), self.dock.id(at), by=self.w.by, key=self.w.key())

    def tasks(self) -> list[tuple[str | None, str, int | None, str | None]]:
        """The open work: plate, product, quantity, inbound line."""
        rows = session.execute(
            sa.text(
                "SELECT handling_units.code, products.sku, tasks.quantity, inbound_lines.line FROM tasks "
                "LEFT JOIN handling_units ON handling_units.id = tasks.handling_unit_id JOIN products ON products.id = tasks.product_id "
                "LEFT JOIN inbound_lines ON inbound_lines.id = tasks.inbound_line_id WHERE tasks.status IN ('open', 'claimed') "
                "ORDER BY handling_units.code, products.sku, tasks.quantity"
            )
        ).all()
        session.rollback()
        return [tuple(row) for row in rows]

    def counts(self, *lines: str) -> list[tuple[int, int]]:
        found = [self.dock.line(line=line) for line in lines or ("1",)]
        return [(one.received, one.put_away) for one in found]


@pytest.fixture
def floor(dock: Dock) -> Floor:
    """Three plates at the dock: A and B with tea of one line, C with soap of another."""
    floor = Floor(dock)
    dock.announce(("TEA", 30), ("SOAP", 20))
    for code, sku, quantity in (("A", "TEA", 10), ("B", "TEA", 20), ("C", "SOAP", 20)):
        dock.receive(sku, quantity, unit_code=code)
    return floor


# -- a pallet and what stands on it --------------------------------------------------------------------------------------------


def test_a_pallet_with_its_cartons_is_put_away_by_one_scan(floor: Floor) -> None:
    floor.new("P")
    for code in ("A", "B", "C"):
        floor.put_on(code, "P")
    stored = floor.store("P", "A-02")
    assert (stored.pieces, stored.tasks) == (50, 3)
    assert (floor.w.on_hand("TEA", at="A-02"), floor.w.on_hand("SOAP", at="A-02")) == (30, 20)
    assert floor.tasks() == []
    assert floor.counts("1", "2") == [(30, 30), (20, 20)]
    assert floor.unit("B").root_id == floor.unit("P").id


def test_the_work_of_a_stack_has_one_place(floor: Floor) -> None:
    floor.new("P")
    floor.put_on("A", "P")
    floor.put_on("C", "P")
    targets = session.execute(sa.select(Task.target_id).where(Task.handling_unit_id.in_([floor.unit(one).id for one in "AC"]))).scalars()
    assert len(set(targets)) == 1


def test_a_stack_of_two_products_is_not_sent_where_one_product_lies(floor: Floor) -> None:
    for code in ("A-01", "A-02", "A-03"):
        with floor.w.transaction():
            session.get_one(type(floor.w.location(code)), floor.dock.id(code)).mixing = "one_product"
    floor.new("P")
    floor.put_on("A", "P")
    floor.put_on("C", "P")
    targets = set(session.execute(sa.select(Task.target_id).where(Task.handling_unit_id == floor.unit("A").id)).scalars())
    assert targets == {floor.dock.id("A-04")}
    with pytest.raises(NotTogether):
        floor.store("P", "A-01")


def test_the_weight_of_all_that_stands_on_it_counts(floor: Floor) -> None:
    with floor.w.transaction():
        for sku in ("TEA", "SOAP"):
            session.get_one(type(floor.w.product(sku)), floor.w.product(sku).id).weight_grams = 100
        for code in ("A-01", "A-02", "A-03"):
            session.get_one(type(floor.w.location(code)), floor.dock.id(code)).max_weight_grams = 2_500
    floor.new("P")
    floor.put_on("A", "P")
    floor.put_on("C", "P")
    with pytest.raises(LocationFull):
        floor.store("P", "A-01")
    assert {session.get_one(Task, task.id).target_id for task in whole_plates.waiting(floor.unit("P").id)} == {floor.dock.id("A-04")}


def test_a_stack_is_brought_back_by_undoing(floor: Floor) -> None:
    floor.new("P")
    for code in ("A", "C"):
        floor.put_on(code, "P")
    before = floor.tasks()
    stored = floor.store("P", "A-02")
    with floor.w.transaction():
        whole_plates.undo(stored.movement_ids, stored.unit_id, by=floor.w.by, key=floor.w.key())
    assert floor.w.on_hand("TEA", at="DOCK", unit=floor.unit("A")) == 10
    assert (floor.unit("A").root_id, floor.unit("A").location_id) == (floor.unit("P").id, floor.dock.id("DOCK"))
    assert floor.tasks() == before
    assert floor.counts("1", "2") == [(30, 0), (20, 0)]


def test_at_a_pick_face_a_stack_is_dissolved(floor: Floor) -> None:
    tea = floor.w.product("TEA")
    floor.w.location("F-01", kind=Kind.PICK_FACE, assigned_product_id=tea.id)
    floor.new("P")
    for code in ("A", "B"):
        floor.put_on(code, "P")
    floor.store("P", "F-01")
    assert [row.handling_unit_id for row in floor.w.stock("TEA", at="F-01")] == [None]
    assert floor.unit("P").location_id == floor.dock.id("DOCK")


def test_a_carton_is_put_away_alone_and_thereby_taken_off(floor: Floor) -> None:
    floor.new("P")
    for code in ("A", "B"):
        floor.put_on(code, "P")
    (task,) = whole_plates.waiting(floor.unit("A").id)
    floor.dock.store(task, "A-03")
    assert (floor.unit("A").parent_id, floor.w.on_hand("TEA", at="A-03", unit=floor.unit("A"))) == (None, 10)
    floor.store("P", "A-02")
    assert floor.w.on_hand("TEA", at="A-02") == 20


def test_a_plate_that_is_moved_by_hand_goes_with_all_that_stands_on_it(floor: Floor) -> None:
    floor.new("P")
    for code in ("A", "C"):
        floor.put_on(code, "P")
    with floor.w.transaction():
        moves.move_plate(floor.unit("P"), floor.dock.id("A-01"), by=floor.w.by, key=floor.w.key())
    assert (floor.w.on_hand("TEA", at="A-01"), floor.w.on_hand("SOAP", at="A-01")) == (10, 20)
    assert floor.counts("1", "2") == [(30, 10), (20, 20)]


def test_work_in_other_hands_is_left_to_them(floor: Floor) -> None:
    floor.new("P")
    (task,) = whole_plates.waiting(floor.unit("A").id)
    with floor.w.transaction():
        queue.claim(task.id, by=floor.w.person("ann"))
    for act in (lambda: floor.put_on("A", "P"), lambda: floor.merge("A", "B"), lambda: floor.split("A", "TEA", 1, "P")):
        with pytest.raises(queue.TaskTaken):
            act()


# -- merge ---------------------------------------------------------------------------------------------------------------------


def test_merged_plates_have_one_piece_of_work(floor: Floor) -> None:
    floor.merge("A", "B")
    assert floor.tasks() == [("B", "TEA", 30, "1"), ("C", "SOAP", 20, "2")]
    assert floor.w.on_hand("TEA", unit=floor.unit("B")) == 30
    (task,) = whole_plates.waiting(floor.unit("B").id)
    floor.dock.store(task, "A-01")
    assert floor.counts() == [(30, 30)]
    assert floor.unit("B").location_id == floor.dock.id("A-01"), "the plate goes along, for it holds these goods and nothing else"


def test_different_goods_on_one_plate_keep_their_own_work(floor: Floor) -> None:
    floor.merge("C", "B")
    assert floor.tasks() == [("A", "TEA", 10, "1"), ("B", "SOAP", 20, "2"), ("B", "TEA", 20, "1")]
    stored = floor.store("B", "A-01")
    assert (stored.tasks, stored.pieces) == (2, 40)
    assert floor.counts("1", "2") == [(30, 20), (20, 20)]


def test_what_stood_on_a_merged_plate_stands_on_the_other(floor: Floor) -> None:
    floor.new("P")
    floor.put_on("A", "P")
    floor.new("Q")
    floor.merge("P", "Q")
    assert floor.unit("A").parent_id == floor.unit("Q").id


def test_a_merge_is_undone_with_its_work(floor: Floor) -> None:
    before = floor.tasks()
    built = floor.merge("A", "B")
    floor.undo(built)
    assert floor.tasks() == before
    assert (floor.w.on_hand("TEA", unit=floor.unit("A")), floor.w.on_hand("TEA", unit=floor.unit("B"))) == (10, 20)


def test_what_has_moved_on_is_not_undone(floor: Floor) -> None:
    built = floor.merge("A", "B")
    floor.store("B", "A-01")
    with pytest.raises(plates.PlateChanged):
        floor.undo(built)


def test_a_receipt_for_several_lines_keeps_count_when_it_is_merged(dock: Dock) -> None:
    dock.announce(NewLine("TEA", 10, line="1"), NewLine("TEA", 15, line="2"))
    floor = Floor(dock)
    dock.receive("TEA", 25, unit_code="A")
    floor.new("P")
    floor.merge("A", "P")
    assert floor.tasks() == [("P", "TEA", 10, "1"), ("P", "TEA", 15, "2")]
    floor.store("P", "A-01")
    assert floor.counts("1", "2") == [(10, 10), (15, 15)]


@pytest.mark.beneath_orders
def test_reserved_goods_stay_reserved_when_their_plate_is_merged(w: Warehouse, floor: Floor) -> None:
    for code in ("R1", "R2"):
        w.receive("RICE", 10, at="A-01", unit=w.unit(code, at="A-01"))
    claim = w.reserve(w.order_line("RICE", 4), 4, at="A-01")
    built = floor.merge("R1", "R2")
    assert (w.reserved("RICE", unit=floor.unit("R2")), w.on_hand("RICE", unit=floor.unit("R2"))) == (4, 20)
    with pytest.raises(NotEnough):
        floor.split("R2", "RICE", 17, "R1")
    floor.undo(built)
    assert (w.reserved("RICE", unit=floor.unit("R1")), w.claim(claim).quantity) == (4, 4)


@pytest.mark.beneath_orders
def test_picked_goods_are_not_poured_about(w: Warehouse, floor: Floor) -> None:
    w.location("PACK", kind=Kind.PACKING)
    w.receive("RICE", 10, at="A-01")
    claim = w.reserve(w.order_line("RICE", 4), 4, at="A-01")
    tote = w.unit("T", at="PACK", kind="tote")
    w.carry(claim, 4, "RICE", "A-01", "PACK", to_unit=tote)
    floor.new("N", at="PACK")
    for act in (
        lambda: floor.merge("T", "N"),
        lambda: floor.do(plates.dissolve, "T"),
        lambda: floor.split("T", "RICE", 1, "N"),
        lambda: floor.fill("T", "RICE", 1, at="A-01"),
        lambda: floor.put_on("T", "N"),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code in ("packed_stays", "unit_being_packed")


def test_a_receipt_whose_plate_was_merged_is_not_taken_back(dock: Dock) -> None:
    dock.announce(("TEA", 30), ("SOAP", 20))
    floor = Floor(dock)
    tea, soap = dock.receive("TEA", 10, unit_code="A"), dock.receive("SOAP", 20, unit_code="C")
    floor.merge("C", "A")
    for receipt in (tea, soap):
        with pytest.raises(Refused) as refusal:
            dock.undo(receipt)
        assert refusal.value.code == "receipt_on_another"
    assert floor.counts("1", "2") == [(10, 0), (20, 0)]


# -- split ---------------------------------------------------------------------------------------------------------------------


def test_a_part_goes_onto_a_new_plate_with_its_share_of_the_work(floor: Floor) -> None:
    floor.new("N")
    built = floor.split("B", "TEA", 5, "N")
    assert floor.tasks() == [("A", "TEA", 10, "1"), ("B", "TEA", 15, "1"), ("C", "SOAP", 20, "2"), ("N", "TEA", 5, "1")]
    floor.undo(built)
    assert floor.tasks() == [("A", "TEA", 10, "1"), ("B", "TEA", 20, "1"), ("C", "SOAP", 20, "2")]


def test_no_more_is_split_off_than_is_free(w: Warehouse, floor: Floor) -> None:
    floor.new("N")
    with pytest.raises(NotEnough):
        floor.split("B", "TEA", 21, "N")
    with pytest.raises(plate_goods.NotOnIt):
        floor.split("B", "SOAP", 1, "N")


def test_a_carton_is_taken_off_and_put_back(floor: Floor) -> None:
    floor.new("P")
    floor.put_on("A", "P")
    built = floor.do(plates.take_unit_off, "A")
    assert floor.unit("A").parent_id is None
    floor.undo(built)
    assert floor.unit("A").parent_id == floor.unit("P").id
    with pytest.raises(plates.NotStanding):
        floor.do(plates.take_unit_off, "B")


def test_a_place_for_one_pallet_does_not_take_two(w: Warehouse, floor: Floor) -> None:
    w.location("S-01", kind=Kind.STORAGE, max_units=1)
    w.receive("RICE", 10, at="S-01", unit=w.unit("R", at="S-01"))
    floor.new("N", at="S-01")
    with pytest.raises(LocationFull):
        floor.split("R", "RICE", 4, "N")
    floor.new("K", at="S-01", kind="carton")
    floor.put_on("K", "R")
    floor.split("R", "RICE", 4, "K")
    with pytest.raises(LocationFull):
        floor.do(plates.take_unit_off, "K")


# -- goods onto a plate, and a plate taken apart -------------------------------------------------------------------------------


def test_loose_goods_are_put_on_a_plate_and_taken_off_again(w: Warehouse, floor: Floor) -> None:
    w.receive("RICE", 10, at="A-04")
    floor.new("N")
    built = floor.fill("N", "RICE", 6, at="A-04")
    assert floor.unit("N").location_id == floor.dock.id("A-04"), "an empty plate is brought to the goods"
    assert (w.on_hand("RICE", unit=floor.unit("N")), w.on_hand("RICE", at="A-04")) == (6, 10)
    with pytest.raises(NotEnough):
        floor.fill("N", "RICE", 5, at="A-04")
    floor.undo(built)
    assert [(row.handling_unit_id, row.on_hand) for row in w.stock("RICE", at="A-04") if row.on_hand] == [(None, 10)]


def test_a_plate_taken_apart_leaves_its_goods_and_their_work_where_it_stood(floor: Floor) -> None:
    floor.new("P")
    floor.put_on("C", "P")
    floor.merge("A", "P")
    built = floor.do(plates.dissolve, "P")
    assert (None, "TEA", 10, "1") in floor.tasks()
    assert floor.unit("C").parent_id is None
    floor.undo(built)
    assert (floor.unit("C").parent_id, ("P", "TEA", 10, "1") in floor.tasks()) == (floor.unit("P").id, True)


def test_good_and_damaged_goods_of_one_batch_do_not_lie_loose_together(floor: Floor) -> None:
    floor.dock.announce(("TEA", 20), number="IN-9")
    good = floor.dock.receive("TEA", 10, number="IN-9")
    damaged = floor.dock.receive("TEA", 5, number="IN-9", condition=Condition.DAMAGED)
    floor.do(plates.dissolve, good.unit.code)
    with pytest.raises(plates.OtherwiseLoose):
        floor.do(plates.dissolve, damaged.unit.code)


def test_loose_work_is_put_away_like_any_other(floor: Floor) -> None:
    floor.do(plates.dissolve, "A")
    (task,) = [session.get_one(Task, one) for one in session.execute(sa.select(Task.id).where(Task.handling_unit_id.is_(None))).scalars()]
    floor.dock.store(task, "A-01")
    assert floor.counts() == [(30, 10)]


# -- what is refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda floor: floor.merge("A", "A"), "unit_on_itself"),
        (lambda floor: floor.merge("N", "A"), "unit_empty"),
        (lambda floor: floor.merge("BAD", "A"), "conditions_apart"),
        (lambda floor: floor.fill("A", "JUNK", 1, at="DEF", condition=None), "conditions_apart"),
        (lambda floor: floor.put_on("BAD", "A"), "conditions_apart"),
        (lambda floor: floor.split("BAD", "JUNK", 1, "A"), "units_apart"),
        (lambda floor: floor.do(plates.dissolve, "N"), "unit_empty"),
        (lambda floor: floor.merge("A", "FAR"), "units_apart"),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(w: Warehouse, floor: Floor, act: Any, code: str) -> None:
    floor.new("N")
    w.receive("JUNK", 5, at="DEF", unit=w.unit("BAD", at="DEF"), condition="damaged")
    w.receive("JUNK", 5, at="DEF", condition="damaged")
    w.receive("RICE", 5, at="A-04", unit=w.unit("FAR", at="A-04"))
    with pytest.raises(Refused) as refusal:
        act(floor)
    assert refusal.value.code == code if code != "conditions_apart" else refusal.value.code in (code, "not_enough")
    assert refusal.value.advise("zh_CN")


# -- at once -------------------------------------------------------------------------------------------------------------------


def test_who_merges_and_who_puts_away_at_once_lose_nothing(app, floor: Floor) -> None:
    units = {code: floor.unit(code).id for code in ("A", "B", "C")}
    (task,) = whole_plates.waiting(units["A"])
    task_id, bins = task.id, [floor.dock.id(f"A-0{number}") for number in (1, 2, 3)]
    session.rollback()

    def tried(act: Any) -> bool:
        try:
            with db.transaction():
                act()
        except (Refused, Conflict):
            return False
        return True

    by = floor.w.by

    def store_one() -> None:
        claimed = queue.claim(task_id, by=by)
        putaway.put_away(claimed.id, bins[0], by=by, key="one")

    acts = [
        lambda: plates.merge(floor.unit(units["A"]), floor.unit(units["B"]), by=by, key="m1"),
        lambda: plates.merge(floor.unit(units["B"]), floor.unit(units["C"]), by=by, key="m2"),
        lambda: plates.put_unit_on(floor.unit(units["A"]), floor.unit(units["C"]), by=by, key="p1"),
        lambda: whole_plates.put_away(floor.unit(units["B"]), bins[1], by=by, key="w1"),
        store_one,
    ]
    all_at_once(app, [lambda act=act: tried(act) for act in acts])
    assert (floor.w.on_hand("TEA"), floor.w.on_hand("SOAP")) == (30, 20)
    for code in ("A", "B", "C"):
        if whole_plates.waiting(units[code]) and floor.unit(code).parent_id is None:
            floor.store(code, "A-04")
    assert [received == away for received, away in floor.counts("1", "2")] == [True, True]
    assert not session.execute(sa.select(Task.id).where(Task.status != TaskStatus.DONE.value, Task.status != "cancelled")).all()


def test_a_new_plate_has_a_number_of_its_own(floor: Floor) -> None:
    with floor.w.transaction():
        unit = plates.begin(UnitKind.PALLET, floor.dock.id("DOCK"), by=floor.w.by, company_prefix=PREFIX)
    floor.merge("A", unit.code)
    assert floor.w.on_hand("TEA", unit=unit.id) == 10


# -- undoing a putaway after somebody went on with the plate -------------------------------------------------------------------


def test_a_putaway_is_not_undone_once_other_goods_are_on_the_plate(w: Warehouse, dock: Dock) -> None:
    floor = Floor(dock)
    dock.announce(("TEA", 10))
    receipt = dock.receive("TEA", 10)
    stored = dock.store(receipt.task, "A-01")
    w.receive("MUG", 3, at="A-01")
    floor.fill(receipt.unit.code, "MUG", 3, "A-01")
    with pytest.raises(putaway.PutawayGone), w.transaction():
        putaway.undo_put_away(stored.movement_id, by=w.by, key=w.key())
    assert (w.on_hand("TEA", at="A-01"), floor.unit(receipt.unit.id).location_id) == (10, dock.id("A-01"))


def test_a_putaway_is_not_undone_once_a_full_carton_stands_on_the_plate(w: Warehouse, dock: Dock) -> None:
    floor = Floor(dock)
    dock.announce(("TEA", 10))
    floor.new("P")
    receipt = dock.receive("TEA", 10, unit_code="P")
    stored = dock.store(receipt.task, "A-01")
    floor.new("C1", at="A-01", kind="carton")
    with w.transaction():
        stock.adjust("TEA", "A-01", 3, by=w.by, handling_unit="C1", company_prefix=PREFIX)
    floor.put_on("C1", "P")
    with pytest.raises(putaway.PutawayGone), w.transaction():
        putaway.undo_put_away(stored.movement_id, by=w.by, key=w.key())


def test_a_putaway_is_not_undone_once_the_plate_stands_on_another(w: Warehouse, dock: Dock) -> None:
    floor = Floor(dock)
    dock.announce(("TEA", 10))
    receipt = dock.receive("TEA", 10)
    stored = dock.store(receipt.task, "A-01")
    floor.new("P", at="A-01")
    floor.put_on(receipt.unit.code, "P")
    with pytest.raises(putaway.PutawayGone), w.transaction():
        putaway.undo_put_away(stored.movement_id, by=w.by, key=w.key())


def test_all_that_is_left_on_a_plate_needs_a_pallet_place(w: Warehouse, dock: Dock) -> None:
    """Four were found missing; the six that are left take the plate along, and the work is over with them."""
    w.location("ONE", x_mm=5, max_units=1)
    dock.announce(("TEA", 10))
    receipt = dock.receive("TEA", 10)
    w.unit("P9", at="ONE")
    with w.transaction():
        stock.adjust("TEA", "ONE", 1, by=w.by, handling_unit="P9", company_prefix=PREFIX)
        stock.adjust("TEA", "DOCK", -4, by=w.by, handling_unit=receipt.unit.code)
    with pytest.raises(LocationFull):
        dock.store(receipt.task, "ONE", quantity=6)
    stored = dock.store(receipt.task, "A-01", quantity=6)
    assert (stored.quantity, stored.rest, dock.task_of(receipt).status) == (6, 0, TaskStatus.DONE)


# -- what was found in review --------------------------------------------------------------------------------------------------


def test_a_plate_under_inspection_keeps_its_goods(w: Warehouse, dock: Dock) -> None:
    """Its inspection finds them there; merged, split or taken apart, the result would find nothing."""
    floor = Floor(dock)
    w.product("TEA")
    with w.transaction():
        inspection_rules.add_rule(NewRule(sku="TEA"), by=w.by)
    dock.announce(("TEA", 20))
    for code in ("A", "B"):
        dock.receive("TEA", 10, unit_code=code)
    floor.new("E")
    with pytest.raises(plates.UnderInspection):
        floor.merge("A", "B")
    with pytest.raises(plates.UnderInspection):
        floor.split("A", "TEA", 5, "E")
    with pytest.raises(plates.UnderInspection):
        floor.do(plates.dissolve, "A")
    with w.transaction():
        inspection.result("Q-10001", Verdict(accepted=10), by=w.by, key=w.key(), company_prefix=PREFIX)
    floor.do(plates.dissolve, "A")


def test_lots_put_on_a_plate_elsewhere_are_weighed_together(w: Warehouse, dock: Dock) -> None:
    floor = Floor(dock)
    w.location("HEAVY", x_mm=5, max_weight_grams=1000)
    w.product("TEA", tracking="lot", weight_grams=100)
    w.product("MUG")
    floor.new("P", at="HEAVY")
    with w.transaction():
        stock.adjust("MUG", "HEAVY", 1, by=w.by, handling_unit="P", company_prefix=PREFIX)
        for lot in ("L1", "L2"):
            stock.adjust("TEA", "DOCK", 8, by=w.by, lot=lot)
    with pytest.raises(LocationFull):
        floor.fill("P", "TEA", 16, "DOCK")


def test_goods_do_not_go_back_where_others_took_their_room(w: Warehouse, dock: Dock) -> None:
    floor = Floor(dock)
    w.location("HEAVY", x_mm=5, max_weight_grams=1000)
    w.product("TEA", weight_grams=100)
    w.product("MUG")
    floor.new("P", at="A-01")
    with w.transaction():
        stock.adjust("MUG", "A-01", 1, by=w.by, handling_unit="P", company_prefix=PREFIX)
        stock.adjust("TEA", "HEAVY", 8, by=w.by)
    built = floor.fill("P", "TEA", 8, "HEAVY")
    with w.transaction():
        stock.adjust("TEA", "HEAVY", 9, by=w.by)
    with pytest.raises(LocationFull):
        floor.undo(built)


def test_a_stack_does_not_go_back_where_another_took_its_place(w: Warehouse, dock: Dock) -> None:
    floor = Floor(dock)
    w.location("IONE", kind=Kind.INSPECTION, x_mm=5, max_units=1)
    w.product("TEA", tracking="lot")
    floor.new("P1", at="IONE")
    floor.new("P2")
    with w.transaction():
        for lot in ("L1", "L2"):
            stock.adjust("TEA", "IONE", 5, by=w.by, lot=lot, handling_unit="P1", company_prefix=PREFIX)
        facts = {"handling_unit": "P2", "condition": Condition.INSPECTION, "company_prefix": PREFIX}
        stock.adjust("TEA", "DOCK", 5, by=w.by, lot="L2", **facts)
    stored = floor.store("P1", "A-01")
    floor.store("P2", "IONE")
    with pytest.raises(LocationFull), w.transaction():
        whole_plates.undo(stored.movement_ids, stored.unit_id, by=w.by, key=w.key())
