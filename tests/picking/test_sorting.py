"""Batch, then sort: what several orders want of one place is picked as one quantity, and sorted to their positions afterwards."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from tests.picking.test_methods import fact, inside, said, stands_at
from tests.scanner import Scanner
from tests.warehouse import PREFIX
from wms import audit, db
from wms.app import Application
from wms.db import session
from wms.invariants import INVARIANTS
from wms.locations.models import Kind, Location
from wms.orders import bench, withdrawal
from wms.orders.models import OrderStatus
from wms.picking import sorting, together, waves
from wms.picking.models import Method
from wms.scan.engine import Engine
from wms.shipping import packing
from wms.stock.models import MovementKind
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

NOT_OVER = [TaskStatus(one) for one in LIVE]


@pytest.fixture
def batch(hall: Hall) -> Hall:
    """APPLE and PEAR in two bins, totes that stand about, and a wall of three places."""
    hall.put("APPLE", 60, "A-01")
    hall.put("PEAR", 60, "B-03")
    with hall.w.transaction():
        for number in range(1, 7):
            hall.w.unit(f"T-{number}", at="STAGE", kind="tote")
        hall.w.unit("BIG", at="STAGE", kind="pallet")
        for number in (1, 2, 3):
            hall.w.location(f"WALL-{number}", kind=Kind.PACKING, x_mm=6500)
    return hall


def three_orders(hall: Hall, *, pears: bool = False) -> str:
    for number, quantity in ((1, 2), (2, 3), (3, 4)):
        more = [("PEAR", 1)] if pears else []
        hall.release(f"SO-{number}", ("APPLE", quantity), *more)
    return hall.list_of("SO-1", "SO-2", "SO-3", method=Method.BATCH)


def sorter_of(engine: Engine, hall: Hall, code: str = "sorter") -> Scanner:
    return Scanner(engine, hall.w.person(code, roles=["packer"]), "sort")


def picked(hall: Hall, picker: Scanner, *, pears: bool = False) -> str:
    """Three orders, picked together into the pallet BIG."""
    number = three_orders(hall, pears=pears)
    picker.scan(number)
    while picker.step == "source":
        picker.follow("target")
        picker.scan("BIG")
    assert picker.step == "document", picker.screen
    return number


def stages(number: str) -> dict[str, int]:
    """How many of an order's pieces stand at each stage."""
    session.expire_all()
    return dict(
        session.execute(
            sa.text(
                "SELECT r.stage, SUM(r.quantity) FROM reservations r JOIN order_lines l ON l.id = r.order_line_id"
                " JOIN orders o ON o.id = l.order_id WHERE o.number = :number AND r.status = 'pending' GROUP BY r.stage"
            ),
            {"number": number},
        ).all()  # type: ignore[arg-type]
    )


# -- picked together ---------------------------------------------------------------------------------------------------


def test_what_three_orders_want_of_a_bin_is_one_quantity_and_one_scan(batch: Hall, picker: Scanner) -> None:
    picker.scan(three_orders(batch), "A-01", "APPLE")
    assert (picker.step, picker.screen["expected"]) == ("quantity", "9")
    picker.scan("9")
    assert "3 orders, sorted later" in fact(picker, "For")
    picker.scan("A-02")
    assert picker.code == "not_a_packing_place"
    picker.scan("BIG")
    assert (picker.step, stands_at("BIG")) == ("document", "PACK")
    assert inside("BIG") == {"SO-1": 2, "SO-2": 3, "SO-3": 4}, "every order keeps its own claim"
    assert [one.quantity for one in batch.w.movements("APPLE", kind=MovementKind.PICK)] == [2, 3, 4]
    assert {batch.status(f"SO-{n}") for n in (1, 2, 3)} == {"picked"}
    [task] = batch.tasks(TaskKind.SORT)
    assert (task.status, task.document) == ("open", batch_list(batch))
    assert {one.status for one in batch.tasks(TaskKind.PACK, *NOT_OVER)} == {"waiting"}, "nobody packs what is not sorted"


def batch_list(hall: Hall) -> str:
    return str(session.execute(sa.text("SELECT number FROM pick_lists WHERE method = 'batch'")).scalar_one())


def test_the_unit_of_the_first_pick_is_asked_for_at_the_next(batch: Hall, picker: Scanner) -> None:
    picker.scan(three_orders(batch, pears=True))
    picker.follow("target")
    assert picker.screen["expected"] == "PACK"
    picker.scan("BIG")
    picker.follow("target")
    assert picker.screen["expected"] == "BIG"
    picker.scan("T-1")
    assert picker.step == "document", "an empty tote may be begun at any time"
    assert inside("T-1")


def test_goods_of_a_batch_go_nowhere_else(batch: Hall, engine: Engine, picker: Scanner) -> None:
    with batch.w.transaction():
        other = batch.w.unit("FULL", at="PACK", kind="tote")
    batch.w.receive("PEAR", 5, at="PACK", unit=other)
    picker.scan(three_orders(batch), "A-01", "APPLE", "4", "4", "FULL")
    assert picker.code == "not_the_batch_tote"
    picker.scan("BIG")
    assert (picker.step, picker.screen["expected"]) == ("quantity", "5"), "the rest of it"
    batch.release("SO-9", ("PEAR", 1))
    single = Scanner(engine, batch.w.person("second", roles=["picker"]), "pick")
    single.scan(batch.list_of("SO-9"), "B-03", "PEAR", "1", "BIG")
    assert single.code == "tote_of_another_order", "and nobody's own goods go among those that are to be sorted"
    single.scan("PACK")


def test_one_order_of_a_batch_needs_no_sorting(batch: Hall, picker: Scanner) -> None:
    batch.release("SO-1", ("APPLE", 2))
    picker.scan(batch.list_of("SO-1", method=Method.BATCH))
    picker.follow("document")
    assert (stages("SO-1"), batch.tasks(TaskKind.SORT)) == ({"picked": 2}, [])


def test_a_short_decides_by_priority_whose_goods_lack(batch: Hall, picker: Scanner) -> None:
    batch.release("SO-1", ("APPLE", 2), priority=1)
    batch.release("SO-2", ("APPLE", 3), priority=9)
    batch.release("SO-3", ("APPLE", 4), priority=5)
    picker.scan(batch.list_of("SO-1", "SO-2", "SO-3", method=Method.BATCH), "A-01", "CMD:SHORT", "5", "MISSING", "BIG")
    assert picker.step == "document", picker.screen
    assert inside("BIG") == {"SO-2": 3, "SO-3": 2}
    assert [batch.lines(f"SO-{n}", "short") for n in (1, 2, 3)] == [[2], [0], [2]]
    assert [task.source_id for task in batch.tasks(TaskKind.COUNT)] == [batch.w.location("A-01").id]


def test_what_lacks_is_taken_elsewhere_for_all_of_them(batch: Hall, picker: Scanner) -> None:
    batch.put("APPLE", 5, "A-05")
    number = three_orders(batch)
    picker.scan(number, "A-01", "CMD:SHORT", "3", "MISSING", "BIG")
    assert picker.step == "elsewhere"
    picker.scan("CMD:NEXT")
    assert (picker.step, picker.screen["expected"]) == ("source", "A-05")
    picker.scan("A-05", "APPLE")
    assert picker.screen["expected"] == "5"
    picker.scan("5", "CMD:NEXT", "BIG")
    assert inside("BIG") == {"SO-1": 2, "SO-2": 3, "SO-3": 3}
    assert batch.lines("SO-3", "short") == [1]


def test_who_leaves_it_short_leaves_all_lines_short(batch: Hall, picker: Scanner) -> None:
    batch.put("APPLE", 5, "A-05")
    picker.scan(three_orders(batch), "A-01", "CMD:SHORT", "0", "MISSING")
    assert picker.step == "elsewhere"
    picker.scan("CMD:DONE")
    assert picker.step == "document"
    assert [batch.lines(f"SO-{n}", "short") for n in (1, 2, 3)] == [[2], [3], [4]]
    assert batch.tasks(TaskKind.SORT) == []


def test_an_order_cancelled_while_its_goods_are_counted_is_told(batch: Hall, picker: Scanner) -> None:
    picker.scan(three_orders(batch), "A-01", "APPLE", "9")
    assert picker.step == "target"
    with batch.w.transaction():
        withdrawal.cancel("SO-1", by=batch.by)
    picker.scan("BIG")
    assert (picker.step, picker.screen["expected"]) == ("quantity", "7")
    assert "7 are wanted here now" in said(picker)
    picker.scan("7", "BIG")
    assert inside("BIG") == {"SO-2": 3, "SO-3": 4}


def test_a_pick_for_several_orders_is_undone_as_one(batch: Hall, picker: Scanner) -> None:
    number = picked(batch, picker)
    picker.scan("CMD:UNDO")
    assert (picker.step, inside("BIG"), batch.w.on_hand("APPLE", at="A-01")) == ("source", {}, 60)
    assert (batch.tasks(TaskKind.SORT), batch.task_status(number)) == ([], "claimed")
    assert {batch.status(f"SO-{n}") for n in (1, 2, 3)} == {"released"}
    picker.follow("document")
    assert len(batch.tasks(TaskKind.SORT)) == 1


def test_what_is_being_sorted_is_not_undone_at_the_rack(batch: Hall, engine: Engine, picker: Scanner) -> None:
    number = picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan(number)
    picker.scan("CMD:UNDO")
    assert picker.code == "sorting_begun"
    assert stages("SO-1") == {"to_sort": 2}


def test_a_skip_puts_all_of_it_to_the_end(batch: Hall, picker: Scanner) -> None:
    picker.scan(three_orders(batch, pears=True))
    first = picker.screen["expected"]
    picker.scan("CMD:SKIP")
    assert picker.screen["expected"] not in (first, None)
    picker.follow("document")
    assert [batch.status(f"SO-{n}") for n in (1, 2, 3)] == ["picked"] * 3


# -- sorted ------------------------------------------------------------------------------------------------------------


def test_every_orders_goods_stand_in_its_tote_afterwards(batch: Hall, engine: Engine, picker: Scanner) -> None:
    number = picked(batch, picker, pears=True)
    sorter = sorter_of(engine, batch)
    sorter.scan("CMD:NEXT")
    assert (sorter.step, sorter.screen["document"]) == ("product", number)
    sorter.scan("APPLE")
    assert (sorter.step, sorter.screen["expected"]) == ("position", None)
    assert "2 to position 1" in sorter.screen["prompt"]
    sorter.scan("T-1")
    assert "3 to position 2" in sorter.screen["prompt"]
    sorter.scan("T-1")
    assert (sorter.code, sorter.step) == ("tote_in_use", "position")
    sorter.scan("T-2", "T-3")
    assert sorter.step == "product", "all APPLE is sorted"
    assert sorter.screen["progress"] == {"done": 9, "of": 12}
    sorter.scan("PEAR")
    assert sorter.screen["expected"] == "T-1"
    sorter.scan("T-2")
    assert (sorter.code, sorter.screen["expected"]) == ("wrong_tote", "T-1") or sorter.code == "wrong_position"
    sorter.scan("T-1", "T-2", "T-3")
    assert sorter.step == "document"
    assert "is sorted" in said(sorter)
    assert [inside(f"T-{n}") for n in (1, 2, 3)] == [{"SO-1": 3}, {"SO-2": 4}, {"SO-3": 5}]
    assert (inside("BIG"), batch.tasks(TaskKind.SORT)) == ({}, [])
    assert {task.status for task in batch.tasks(TaskKind.PACK, *NOT_OVER)} == {"open"}
    assert stages("SO-1") == {"picked": 3}


def test_an_order_is_packed_as_soon_as_its_own_goods_are_sorted(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "T-1")
    packs = {task.document: task.status for task in batch.tasks(TaskKind.PACK, *NOT_OVER)}
    assert packs == {"SO-1": "open", "SO-2": "waiting", "SO-3": "waiting"}
    assert bench.to_be_sorted(batch.order("SO-2").id)


def test_a_position_may_be_a_place_of_the_wall(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picker.scan(three_orders(batch, pears=True))
    picker.follow("document")
    sorter = sorter_of(engine, batch)
    sorter.scan("APPLE")
    assert sorter.step == "product", "a product finds its list too"
    sorter.scan("APPLE", "PACK")
    assert sorter.code == "position_taken", "the unsorted goods lie there"
    sorter.scan("A-01")
    assert sorter.code == "position_taken"
    sorter.scan("WALL-1", "WALL-1")
    assert sorter.code == "position_taken", "two orders never share a place"
    sorter.scan("WALL-2", "WALL-3", "PEAR")
    assert sorter.screen["expected"] == "WALL-1"
    sorter.scan("WALL-2")
    assert sorter.code == "wrong_position"
    sorter.scan("WALL-1", "WALL-2", "WALL-3")
    assert sorter.step == "document"
    assert batch.w.on_hand("APPLE", at="WALL-3") == 4
    assert batch.w.on_hand("APPLE", at="PACK") == 0


def test_a_piece_that_is_missing_is_never_lost(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "T-1", "T-2", "CMD:SHORT", "4")
    assert (sorter.code, sorter.step) == ("more_than_wanted", "found")
    sorter.scan("3", "MISSING")
    assert (sorter.step, "3 to position 3" in sorter.screen["prompt"]) == ("position", True)
    sorter.scan("T-3")
    assert (sorter.step, sorter.screen["prompt"]) == ("again", "Have 1 picked at A-01?")
    sorter.scan("CMD:DONE")
    assert sorter.step == "document"
    assert inside("T-3") == {"SO-3": 3}
    assert (batch.lines("SO-3", "picked"), batch.lines("SO-3", "short")) == ([3], [1])
    assert batch.w.on_hand("APPLE", condition="blocked") == 1, "the book keeps it until somebody has counted"
    [count] = batch.tasks(TaskKind.COUNT)
    assert (count.source_id, count.reasons[0]["code"]) == (batch.w.location("PACK").id, "short_at_sorting")


def rows(sorter: Scanner) -> list[tuple[str, str]]:
    return [(one["label"], one["value"]) for one in sorter.screen["facts"] if one["label"] != "Sorted at"]


def choices(sorter: Scanner) -> list[str]:
    return [one["scan"] for one in sorter.screen["actions"] if not one["scan"].startswith("CMD:")]


def test_the_screen_lists_what_is_still_to_be_sorted(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker, pears=True)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG")
    assert rows(sorter) == [("APPLE", "9 pieces"), ("PEAR", "3 pieces")]
    assert fact(sorter, "APPLE") == "9 pieces Apple, 3 orders"
    sorter.scan("PEAR", "T-1", "T-2", "CMD:BACK")
    sorter.scan("T-3")
    assert (sorter.step, rows(sorter)) == ("product", [("APPLE", "9 pieces")])


def test_of_many_products_the_screen_lists_some(batch: Hall, engine: Engine, picker: Scanner) -> None:
    for number in range(1, 8):
        batch.put(f"P-{number}", 10, f"{'AB'[number > 4]}-0{number if number < 5 else number - 4}")
    for order in ("SO-1", "SO-2"):
        batch.release(order, *((f"P-{number}", 1) for number in range(1, 8)))
    picker.scan(batch.list_of("SO-1", "SO-2", method=Method.BATCH))
    while picker.step != "document":
        picker.follow("target")
        picker.scan("BIG")
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG")
    assert [label for label, _ in rows(sorter)] == ["P-1", "P-2", "P-3", "P-4", "P-5", "And more"]
    assert fact(sorter, "And more") == "2 products 4 pieces"


def test_a_code_that_nobody_knows_is_told_from_one_that_is_not_wanted_here(batch: Hall, engine: Engine, picker: Scanner) -> None:
    number = picked(batch, picker, pears=True)
    batch.release("SO-9", ("PEAR", 1))
    other = batch.list_of("SO-9")
    sorter = sorter_of(engine, batch)
    sorter.scan("T-30")
    assert (sorter.code, said(sorter)) == ("not_recognised", "There is no T-30 Scan a batch tote, its list or a product")
    sorter.scan("A-02")
    assert said(sorter) == "A-02 is a location, which is not asked for here Scan a batch tote, its list or a product"
    sorter.scan("SORTER")
    assert said(sorter).startswith("SORTER is a badge, which is not asked for here")
    sorter.scan(number, "T-1")
    assert (sorter.step, sorter.code) == ("product", "product_unknown")
    assert said(sorter) == "T-1 is a tote, which is not asked for here Scan a product of the batch"
    sorter.scan("APPLE", "T-30")
    assert (sorter.step, sorter.code) == ("position", "not_recognised")
    assert said(sorter) == "There is no T-30 Scan the tote or place of this position"
    sorter.scan("PEAR")
    assert said(sorter) == "PEAR is product PEAR, which is not asked for here Scan the tote or place of this position"
    loader = Scanner(engine, batch.w.person("second", roles=["picker"]), "replenish")
    loader.scan(other)
    assert (loader.code, said(loader)) == (
        "not_recognised",
        f"{other} is a document of other work Scan a reserve location or pallet",
    )


def test_what_nobody_can_scan_is_reported_short_by_a_button(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker, pears=True)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "CMD:SHORT")
    assert (sorter.step, choices(sorter)) == ("missing", ["APPLE", "PEAR"]), "it asks which"
    sorter.scan("T-1")
    assert (sorter.step, sorter.tone) == ("missing", "stop")
    sorter.scan("PEAR")
    assert (sorter.step, fact(sorter, "Position")) == ("found", "Position 1 SO-1")
    sorter.scan("0", "MISSING")
    sorter.scan("CMD:DONE") if sorter.step == "again" else None
    assert (sorter.step, batch.lines("SO-1", "short")) == ("position", [0, 1]), "on with the same product for the next order"
    sorter.scan("T-2", "T-3", "APPLE", "T-1", "T-2", "T-3")
    assert sorter.step == "document"
    assert [inside(f"T-{n}") for n in (1, 2, 3)] == [{"SO-1": 2}, {"SO-2": 4}, {"SO-3": 5}]


def test_the_only_product_that_is_left_is_not_asked_for(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "CMD:SHORT")
    assert (sorter.step, fact(sorter, "Product")) == ("found", "Apple APPLE")
    sorter.scan("CMD:BACK")
    assert (sorter.step, rows(sorter)) == ("product", [("APPLE", "9 pieces")])
    sorter.scan("CMD:SHORT", "1", "MISSING", "T-1")
    sorter.scan("CMD:DONE") if sorter.step == "again" else None
    assert (sorter.step, inside("T-1"), batch.lines("SO-1", "short")) == ("position", {"SO-1": 1}, [1])


def test_a_number_that_is_missing_is_chosen_by_itself(batch: Hall, engine: Engine, picker: Scanner) -> None:
    batch.w.product("PHONE", tracking="serial")
    for serial in ("S1", "S2"):
        batch.put("PHONE", 1, "A-02", lot=serial)
    batch.release("SO-1", ("PHONE", 1))
    batch.release("SO-2", ("PHONE", 1))
    picker.scan(batch.list_of("SO-1", "SO-2", method=Method.BATCH), "A-02", "PHONE", "S1", "BIG", "PHONE", "S2", "CMD:NEXT", "BIG")
    assert picker.step == "document", picker.screen
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "CMD:SHORT")
    assert choices(sorter) == ["PHONE S1", "PHONE S2"]
    sorter.scan("PHONE")
    assert sorter.step == "lot"
    sorter.scan("CMD:BACK", "PHONE S2", "0", "MISSING")
    sorter.scan("CMD:DONE") if sorter.step == "again" else None
    assert (sorter.step, sum(batch.lines("SO-1", "short") + batch.lines("SO-2", "short"))) == ("product", 1)
    assert rows(sorter) == [("PHONE", "1 piece")], "with one number left it is the product"


def test_what_was_found_of_goods_sold_by_weight_is_weighed(batch: Hall, engine: Engine, picker: Scanner) -> None:
    batch.w.product("HAM", catch_weight=True, weight_grams=1000)
    batch.put("HAM", 9, "A-02")
    batch.release("SO-1", ("HAM", 3))
    batch.release("SO-2", ("HAM", 1))
    picker.scan(batch.list_of("SO-1", "SO-2", method=Method.BATCH), "A-02", "HAM", "4", "BIG")
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "CMD:SHORT", "2", "MISSING")
    assert (sorter.step, fact(sorter, "Expected")) == ("weigh", "2 kg")
    sorter.scan("2.1 kg", "T-1")
    assert inside("T-1") == {"SO-1": 2}


def test_an_order_whose_goods_are_all_missing_goes_without(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "CMD:SHORT", "0", "DAMAGED", "CMD:DONE")
    assert "3 to position 2" in sorter.screen["prompt"]
    assert batch.lines("SO-1", "short") == [2]
    assert [task.quantity for task in batch.tasks(TaskKind.PUT_BACK)] == [2]
    assert batch.tasks(TaskKind.PACK, *NOT_OVER)[0].document == "SO-2"
    sorter.scan("T-2", "T-3")
    assert sorter.step == "document"


def test_what_lacks_at_the_wall_is_picked_again_on_the_spot(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "T-1", "CMD:SHORT", "1", "DAMAGED", "T-2")
    assert sorter.step == "again"
    assert {one["label"]: (one["value"], one["detail"]) for one in sorter.screen["facts"]}["More of it"] == ("A-01", "2 pieces")
    assert batch.lines("SO-2", "promised") == [0], "nothing is taken before somebody says so"
    sorter.scan("CMD:NEXT")
    assert (sorter.step, sorter.tone) == ("position", "good")
    assert "4 to position 3" in sorter.screen["prompt"], "and sorting goes on"
    assert [batch.lines("SO-2", one) for one in ("picked", "reserved", "short")] == [[1], [2], [0]]
    sorter.scan("T-3")
    assert sorter.step == "document"
    more = str(session.execute(sa.text("SELECT number FROM pick_lists ORDER BY id DESC LIMIT 1")).scalar_one())
    picker.scan(more)
    picker.follow("document")
    assert (batch.status("SO-2"), batch.lines("SO-2", "picked")) == ("picked", [3])


def test_nothing_is_offered_at_the_wall_that_somebody_else_is_promised(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    batch.release("SO-9", ("APPLE", 51))
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "T-1", "CMD:SHORT", "0", "MISSING")
    assert (sorter.step, batch.lines("SO-2", "short")) == ("position", [3])
    assert "short for SO-2; a count is ordered" in said(sorter)


def test_who_leaves_before_the_question_is_answered_leaves_it_short(batch: Hall, engine: Engine, picker: Scanner) -> None:
    number = picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "CMD:SHORT", "0", "MISSING")
    assert sorter.step == "again"
    with batch.w.transaction():
        withdrawal.cancel("SO-1", by=batch.by)
    sorter.scan("CMD:NEXT")
    assert (sorter.step, sorter.code) == ("again", "too_late_for_more")
    sorter.scan("CMD:CANCEL")
    assert said(sorter).startswith("The work is back in the queue")
    assert "Put" not in said(sorter)
    sorter.scan(number, "APPLE")
    assert "3 to position 2" in sorter.screen["prompt"]


def test_what_is_left_over_is_counted(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    batch.w.product("PLUM")
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "PLUM")
    assert (sorter.code, sorter.tone) == ("left_over", "ask")
    sorter.scan("PLUM")
    assert sorter.tone == "good"
    assert [task.reasons[0]["code"] for task in batch.tasks(TaskKind.COUNT)] == ["left_over"]


def test_goods_of_a_cancelled_order_stay_and_are_put_back(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker, pears=True)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE")
    with batch.w.transaction():
        withdrawal.cancel("SO-1", by=batch.by)
    sorter.scan("T-1")
    assert (sorter.step, "3 to position 2" in sorter.screen["prompt"]) == ("position", True)
    assert "keep the goods in the batch" in said(sorter)
    sorter.scan("T-2", "T-3", "APPLE")
    assert (sorter.code, sorter.step) == ("of_cancelled_order", "product")
    sorter.scan("PEAR", "T-2", "T-3")
    assert sorter.step == "document"
    assert sorted((task.quantity, task.status) for task in batch.tasks(TaskKind.PUT_BACK)) == [(1, "open"), (2, "open")]
    assert batch.w.free("APPLE", at="PACK") == 2


def test_when_all_orders_are_cancelled_nobody_sorts(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    for number in ("SO-1", "SO-2", "SO-3"):
        with batch.w.transaction():
            withdrawal.cancel(number, by=batch.by)
    assert batch.tasks(TaskKind.SORT) == []
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG")
    assert sorter.code == "nothing_to_sort"
    sorter.scan("CMD:NEXT")
    assert sorter.code == "no_work"


def test_the_last_scan_is_undone_also_when_all_is_sorted(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "T-1", "CMD:UNDO")
    assert (sorter.step, sorter.screen["expected"], inside("T-1")) == ("position", "T-1", {})
    assert inside("BIG") == {"SO-1": 2, "SO-2": 3, "SO-3": 4}
    sorter.scan("T-1", "T-2", "T-3", "CMD:UNDO")
    assert (sorter.step, inside("T-3"), stages("SO-3")) == ("position", {}, {"to_sort": 4})
    assert batch.tasks(TaskKind.SORT)[0].status == "claimed"
    sorter.scan("T-3")
    assert sorter.step == "document"


def test_undo_takes_back_one_act_however_alike_the_keys_of_two_are(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE")
    for tote, key in (("T-1", "a"), ("T-2", "a/1"), ("T-3", "a/2")):
        sorter.send(tote, key=key)
    sorter.send("CMD:UNDO", key="b")
    assert [inside(f"T-{n}") for n in (1, 2, 3)] == [{"SO-1": 2}, {"SO-2": 3}, {}]
    sorter.send("T-3", key="b/1")
    sorter.send("CMD:UNDO", key="b/2")
    assert [inside(f"T-{n}") for n in (1, 2, 3)] == [{"SO-1": 2}, {"SO-2": 3}, {}]
    assert sorter.step == "position", sorter.screen


def test_undo_at_the_rack_takes_back_one_act_however_alike_the_keys_of_two_are(batch: Hall, picker: Scanner) -> None:
    picker.scan(three_orders(batch), "A-01", "APPLE", "4", "4")
    picker.send("BIG", key="a/1")
    picker.follow("target")
    picker.send("BIG", key="a/2")
    assert (picker.step, sum(inside("BIG").values())) == ("document", 9)
    picker.send("CMD:UNDO", key="b")
    assert sum(inside("BIG").values()) == 4, "the second pick alone"
    picker.follow("target")
    picker.send("BIG", key="b/1")
    assert (picker.tone, sum(inside("BIG").values())) == ("good", 9)


def test_what_somebody_packs_is_not_unsorted(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "T-1")
    with batch.w.transaction():
        [task] = [one for one in batch.tasks(TaskKind.PACK) if one.document == "SO-1"]
        session.execute(sa.update(Task).where(Task.id == task.id).values(status="claimed", person_id=batch.by.id))
    sorter.scan("CMD:UNDO")
    assert sorter.code == "nothing_to_undo"


def test_a_full_tote_of_the_wall_is_followed_by_another(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker, pears=True)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "PEAR", "T-1", "T-2", "T-3", "APPLE", "T-1", "T-2", "CMD:FULL", "1")
    assert (sorter.step, sorter.screen["expected"]) == ("position", None)
    assert "3 to position 3" in sorter.screen["prompt"]
    sorter.scan("T-3")
    assert sorter.tone == "stop"
    sorter.scan("T-4")
    assert (inside("T-3"), inside("T-4")) == ({"SO-3": 2}, {"SO-3": 3})


def test_another_sorter_goes_on_where_the_first_left(batch: Hall, engine: Engine, picker: Scanner) -> None:
    number = picked(batch, picker)
    first, second = sorter_of(engine, batch), sorter_of(engine, batch, "second")
    first.scan("BIG", "APPLE", "T-1")
    second.scan(number)
    assert second.code == "task_taken"
    first.scan("CMD:CANCEL")
    second.scan(number, "APPLE")
    assert "3 to position 2" in second.screen["prompt"]
    second.scan("T-2", "T-3")
    assert second.step == "document"


def test_each_order_gets_its_own_lot(batch: Hall, engine: Engine, picker: Scanner) -> None:
    batch.w.product("MILK", tracking="lot")
    batch.put("MILK", 3, "A-02", age=9, lot="L1")
    batch.put("MILK", 9, "A-02", age=1, lot="L2")
    batch.release("SO-1", ("MILK", 2))
    batch.release("SO-2", ("MILK", 3))
    number = batch.list_of("SO-1", "SO-2", method=Method.BATCH)
    picker.scan(number, "A-02", "MILK", "L1", "3", "BIG")
    assert picker.screen["message"]["tone"] == "good"
    picker.follow("document")
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "MILK")
    assert sorter.step == "lot"
    sorter.scan("L9")
    assert sorter.tone == "stop"
    sorter.scan("L2")
    assert "2 to position 2" in sorter.screen["prompt"]
    sorter.scan("T-2", "MILK", "T-1", "T-2")
    assert sorter.step == "document"
    assert (inside("T-1"), inside("T-2")) == ({"SO-1": 2}, {"SO-2": 3})


def test_a_list_in_work_is_not_sorted(batch: Hall, engine: Engine, picker: Scanner) -> None:
    number = three_orders(batch)
    picker.scan(number, "A-01", "APPLE", "4", "4", "BIG")
    sorter = sorter_of(engine, batch)
    sorter.scan(number)
    assert sorter.code == "still_picked"
    sorter.scan("T-1")
    assert sorter.code == "nothing_to_sort"


def test_pieces_with_numbers_are_sorted_by_their_numbers(batch: Hall, engine: Engine, picker: Scanner) -> None:
    batch.w.product("PHONE", tracking="serial")
    for serial in ("S1", "S2", "S3"):
        batch.put("PHONE", 1, "A-02", lot=serial)
    batch.release("SO-1", ("PHONE", 1))
    batch.release("SO-2", ("PHONE", 2))
    picker.scan(batch.list_of("SO-1", "SO-2", method=Method.BATCH), "A-02", "PHONE", "S3", "BIG")
    assert picker.tone == "good", picker.screen
    picker.scan("A-02") if picker.step == "source" else None
    picker.scan("PHONE") if picker.step == "product" else None
    picker.scan("S1", "S2", "CMD:NEXT", "BIG")
    assert picker.step == "document", picker.screen
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "PHONE", "S2")
    assert "1 to position 2" in sorter.screen["prompt"]
    sorter.scan("T-2", "PHONE", "S3", "T-1", "PHONE", "T-2")
    assert sorter.step == "document", sorter.screen
    assert (inside("T-1"), inside("T-2")) == ({"SO-1": 1}, {"SO-2": 2})


def test_goods_sold_by_weight_are_weighed_when_they_are_sorted(batch: Hall, engine: Engine, picker: Scanner) -> None:
    batch.w.product("HAM", catch_weight=True, weight_grams=1000)
    batch.put("HAM", 9, "A-02")
    batch.release("SO-1", ("HAM", 1))
    batch.release("SO-2", ("HAM", 2))
    picker.scan(batch.list_of("SO-1", "SO-2", method=Method.BATCH), "A-02", "HAM", "3", "BIG")
    assert picker.step == "document"
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "HAM")
    assert (sorter.step, fact(sorter, "Expected")) == ("weigh", "1 kg")
    sorter.scan("1.1 kg", "T-1", "9 kg")
    assert sorter.code == "weight_doubtful"
    sorter.scan("2050", "T-2")
    assert sorter.step == "document"
    grams = session.execute(sa.text("SELECT grams FROM catch_weights ORDER BY grams")).scalars().all()
    assert grams == [1100, 2050]


def test_a_total_that_is_too_large_is_refused_and_nothing_moves(batch: Hall) -> None:
    number = three_orders(batch)
    opened = batch.open(number)
    place = batch.w.place("PACK")
    with pytest.raises(together.TotalChanged), batch.w.transaction():
        together.confirm(opened.line.claim_id, 10, task_id=opened.task_id, target=place, by=batch.by, key="k")
    assert batch.w.on_hand("APPLE", at="A-01") == 60
    assert batch.status("SO-1") == OrderStatus.RELEASED


# -- at the same moment ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", ["put", "cancel"])
def test_the_last_piece_sorted_and_the_last_order_cancelled_together_leave_no_work(
    batch: Hall, picker: Scanner, app: Application, last: str
) -> None:
    """One of them is done and waits with its commit, for half a second at most, until the other is done too."""
    batch.release("SO-1", ("APPLE", 2))
    batch.release("SO-2", ("PEAR", 1))
    batch.release("SO-3", ("PEAR", 2))
    number = batch.list_of("SO-1", "SO-2", "SO-3", method=Method.BATCH)
    picker.scan(number)
    while picker.step == "source":
        picker.follow("target")
        picker.scan("BIG")
    with batch.w.transaction():
        withdrawal.cancel("SO-3", by=batch.by)
    sorter = batch.w.person("sorter", roles=["packer"])
    apple, tote = batch.w.product("APPLE").id, batch.w.location("WALL-1").id
    first_is_done, second_is_done = threading.Event(), threading.Event()

    def put() -> None:
        here = sorting.open_list(waves.find_list(number, by=sorter), by=sorter)
        share = sorting.share_of(here.list_id, apple)
        assert share is not None
        place = sorting.where_to(share, session.get_one(Location, tote), list_id=here.list_id, target_id=here.target_id, by=sorter)
        sorting.put(here, share, 2, place, by=sorter, key="last")

    def cancel() -> None:
        withdrawal.cancel("SO-2", by=batch.by)

    def first() -> None:
        with db.transaction():
            (cancel if last == "put" else put)()
            first_is_done.set()
            second_is_done.wait(0.5)

    def second() -> None:
        first_is_done.wait(10)
        with db.transaction():
            (put if last == "put" else cancel)()
            second_is_done.set()

    with batch.w.transaction():
        sorting.open_list(waves.find_list(number, by=sorter), by=sorter)
    db.session.remove()
    assert all_at_once(app, [first, second]) == [None, None]
    assert batch.tasks(TaskKind.SORT, *NOT_OVER) == []
    assert (stages("SO-1"), batch.status("SO-2")) == ({"picked": 2}, "cancelled")


# -- the audit finds what may never be ---------------------------------------------------------------------------------


@pytest.mark.broken
@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ("UPDATE tasks SET status = 'cancelled' WHERE kind = 'sort'", "what_is_to_be_sorted_is_somebodys_work"),
        ("UPDATE tasks SET status = 'open' WHERE kind = 'pack'", "what_is_to_be_sorted_is_not_packed_yet"),
    ],
)
def test_the_audit_sees_goods_that_nobody_sorts(batch: Hall, picker: Scanner, wrong: str, found: str) -> None:
    picked(batch, picker)
    assert audit.run(INVARIANTS) == []
    with batch.w.transaction():
        session.execute(sa.text(wrong))
    assert {broken.invariant.name for broken in audit.run(INVARIANTS)} == {found}


def test_nobody_packs_what_is_not_sorted(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    with pytest.raises(packing.NotSorted), batch.w.transaction():
        packing.begin(batch.order("SO-1"), by=batch.by, company_prefix=PREFIX)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "T-1")
    with batch.w.transaction():
        carton = packing.begin(batch.order("SO-1"), by=batch.by, company_prefix=PREFIX).code
        product = batch.w.product("APPLE")
        packing.pack(batch.order("SO-1").id, product, 2, carton, by=batch.by, key="p1")
    assert (batch.status("SO-1"), inside("BIG")) == ("packed", {"SO-2": 3, "SO-3": 4})
