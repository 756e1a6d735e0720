"""Picked pieces that are missing or damaged at the bench: the order goes on without them, and nothing leaves the book unseen."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms.db import session
from wms.locations.models import Kind
from wms.orders import queries as order_queries
from wms.shipping import packing, shortages, waiting
from wms.shipping.shortages import Lack, Short
from wms.stock import operations
from wms.stock.models import Condition, Stock, UnitKind
from wms.stocktake import adjustments, counting, counts
from wms.tasks.models import TaskKind, TaskStatus

APPLE, PEAR = "6901234567892", "6901234567908"


@pytest.fixture(autouse=True)
def _goods(yard: Yard) -> None:
    yard.product("APPLE", APPLE, base_unit="pair", name="Apple", name_zh="苹果")
    yard.product("PEAR", PEAR)


def miss(yard: Yard, number: str, sku: str, quantity: int, carton: str, reason: Lack = Lack.LOST, lot: str | None = None) -> Short:
    with yard.w.transaction():
        product = yard.w.product(sku)
        return shortages.report(yard.order(number).id, product, quantity, reason=reason, by=yard.packer, key=yard.w.key(), lot=lot)


def found_again(yard: Yard, number: str, short: Short, carton: str) -> int:
    with yard.w.transaction():
        return shortages.take_back(yard.order(number).id, list(short.movements), carton, by=yard.packer, key=yard.w.key())


def lying(yard: Yard, condition: Condition) -> int:
    """Pieces in this condition, wherever they are in the house."""
    query = sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0))
    return int(session.execute(query.where(Stock.condition == condition.value, Stock.may_be_negative.is_(False))).scalar_one())


# -- the operation -----------------------------------------------------------------------------------------------------


def test_an_order_goes_on_without_the_piece_that_was_lost(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    carton = yard.carton("SO-1", by=yard.packer)
    yard.pack("SO-1", "APPLE", 3, carton)
    short = miss(yard, "SO-1", "APPLE", 1, carton)
    assert (short.left, short.packed) == (0, True)
    assert [yard.lines("SO-1", name) for name in ("ordered", "picked", "packed", "short")] == [[4], [3], [3], [1]]
    assert yard.status("SO-1") == "packed"
    assert yard.stages("SO-1") == {"packed"}
    assert yard.unit(carton).closed_at is not None
    assert yard.shipment("SO-1").packed_at is not None
    assert [task.status for task in yard.tasks(TaskKind.PACK)] == [TaskStatus.DONE]


def test_what_is_missing_stays_in_the_book_blocked_until_it_is_counted(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    miss(yard, "SO-1", "APPLE", 1, yard.carton("SO-1", by=yard.packer))
    assert yard.w.on_hand("APPLE") == 4
    assert (lying(yard, Condition.BLOCKED), yard.w.reserved("APPLE")) == (1, 3)
    count = yard.tasks(TaskKind.COUNT)[0]
    assert (count.source_id, count.product_id, count.status) == (yard.w.location("PACK").id, yard.w.product("APPLE").id, "open")
    miss(yard, "SO-1", "APPLE", 1, yard.carton("SO-1", by=yard.packer))
    assert len(yard.tasks(TaskKind.COUNT)) == 1, "one count of the place is enough"


def test_the_count_of_the_bench_takes_out_what_is_gone_and_leaves_other_goods_alone(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4, PEAR=2)
    miss(yard, "SO-1", "APPLE", 1, yard.carton("SO-1", by=yard.packer))
    first, second = yard.w.person("first", roles=["counter"]), yard.w.person("second", roles=["counter"])
    bench = yard.w.location("PACK").id
    with yard.w.transaction():
        count = counts.adopt(yard.tasks(TaskKind.COUNT)[0], by=first)
    for person in (first, second):
        with yard.w.transaction():
            counting.enter(count.id, bench, "APPLE", 3, by=person, sort=counting.Sort())
            counting.close_place(count.id, bench, by=person)
    with yard.w.transaction():
        adjustments.approve(count.number, by=yard.chief)
    assert (lying(yard, Condition.BLOCKED), yard.w.on_hand("APPLE", at="PACK"), yard.w.on_hand("PEAR", at="PACK")) == (0, 3, 2)


def test_damaged_pieces_wait_for_the_defect_area(yard: Yard) -> None:
    with yard.w.transaction():
        yard.w.location("DEFECT", kind=Kind.DEFECT)
    yard.picked("SO-1", APPLE=4)
    miss(yard, "SO-1", "APPLE", 2, yard.carton("SO-1", by=yard.packer), Lack.DAMAGED)
    assert lying(yard, Condition.DAMAGED) == 2
    assert yard.tasks(TaskKind.COUNT) == []
    assert [(task.quantity, task.source_id) for task in yard.tasks(TaskKind.PUT_BACK)] == [(2, yard.w.location("PACK").id)]
    assert (yard.lines("SO-1", "short"), yard.status("SO-1")) == ([2], "picked")


def test_sales_reads_that_pieces_are_short_and_why(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    miss(yard, "SO-1", "APPLE", 1, yard.carton("SO-1", by=yard.packer), Lack.OTHER_GOODS)
    for language, words, why in (("en", "Short: 1 of APPLE", "Other goods were picked"), ("zh_CN", "缺货：APPLE 少 1", "拣错货物")):
        told = next(one for one in order_queries.shown([yard.order("SO-1")], language)[0].events if one.code == "order.short")
        assert told.text.startswith(words)
        assert told.detail == why


def test_more_than_waits_cannot_be_missing_and_what_is_packed_is_not_missing(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    carton = yard.carton("SO-1", by=yard.packer)
    yard.pack("SO-1", "APPLE", 3, carton)
    for quantity in (0, 2):
        with pytest.raises(shortages.FewerWait):
            miss(yard, "SO-1", "APPLE", quantity, carton)
    yard.pack("SO-1", "APPLE", 1, carton)
    with pytest.raises(packing.NothingToPack):
        miss(yard, "SO-1", "APPLE", 1, carton)
    yard.picked("SO-2", APPLE=1)
    other = yard.carton("SO-2")
    yard.cancel("SO-2")
    with pytest.raises(packing.OrderTakenBack):
        miss(yard, "SO-2", "APPLE", 1, other)


def test_the_lot_that_is_named_is_the_one_that_is_missing(yard: Yard) -> None:
    yard.w.receive("APPLE", 2, at="A-01", lot="L1")
    yard.w.receive("APPLE", 2, at="A-01", lot="L2")
    yard.enter("SO-1", APPLE=4)
    yard.pick("SO-1")
    miss(yard, "SO-1", "APPLE", 2, yard.carton("SO-1", by=yard.packer), lot="l1")
    assert {claim.lot_key for claim in packing.picked_claims(yard.order("SO-1").id)} == {"l2"}


def test_an_order_of_which_nothing_is_left_leaves_the_bench_to_the_order_desk(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=2)
    short = miss(yard, "SO-1", "APPLE", 2, yard.carton("SO-1", by=yard.packer))
    assert (short.left, short.packed, yard.status("SO-1")) == (0, False, "picked")
    assert waiting.packing_waits(yard.by) == 0
    assert waiting.how_many(waiting.to_be_loaded(yard.by)) == 0
    yard.cancel("SO-1")
    assert yard.status("SO-1") == "cancelled"


def test_a_piece_found_again_is_packed_after_all(yard: Yard) -> None:
    yard.w.receive("APPLE", 4, at="A-01")
    yard.enter("SO-1", APPLE=4)
    yard.pick("SO-1", tote=yard.w.unit("TOTE-7", at="PACK", kind=UnitKind.TOTE))
    carton = yard.carton("SO-1", by=yard.packer)
    yard.pack("SO-1", "APPLE", 2, carton)
    short = miss(yard, "SO-1", "APPLE", 2, carton)
    assert yard.status("SO-1") == "packed"
    assert found_again(yard, "SO-1", short, carton) == 2
    assert [yard.lines("SO-1", name) for name in ("picked", "packed", "short")] == [[4], [2], [0]]
    assert (yard.status("SO-1"), yard.stages("SO-1")) == ("picked", {"picked", "packed"})
    assert [task.status for task in yard.tasks(TaskKind.COUNT)] == [TaskStatus.CANCELLED]
    assert "order.found_again" in yard.events("SO-1")
    assert (lying(yard, Condition.BLOCKED), yard.carton("SO-1", by=yard.packer)) == (0, carton)
    yard.pack("SO-1", "APPLE", 2, carton)
    assert yard.status("SO-1") == "packed"


def test_what_was_counted_away_meanwhile_is_not_found_again(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=2)
    carton = yard.carton("SO-1", by=yard.packer)
    short = miss(yard, "SO-1", "APPLE", 1, carton)
    with yard.w.transaction():
        operations.adjust("APPLE", "PACK", -1, by=yard.chief, condition=Condition.BLOCKED)
    with pytest.raises(shortages.LackMovedOn):
        found_again(yard, "SO-1", short, carton)


def test_a_part_on_a_truck_stays_there(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=2)
    carton = yard.carton("SO-1", by=yard.packer)
    yard.pack("SO-1", "APPLE", 1, carton)
    short = miss(yard, "SO-1", "APPLE", 1, carton)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    assert yard.status("SO-1") == "loaded"
    with pytest.raises(shortages.LackMovedOn):
        found_again(yard, "SO-1", short, carton)
    yard.leave(yard.close(load))
    assert (yard.status("SO-1"), yard.lines("SO-1", "shipped")) == ("shipped", [1])


# -- at the scanner ----------------------------------------------------------------------------------------------------


def test_the_packer_says_what_is_missing_how_many_and_why(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=4, PEAR=1)
    bench.scan("SO-1", "CMD:SHORT")
    assert (bench.step, bench.offers[:2]) == ("which", ["APPLE", "PEAR"])
    bench.scan("APPLE")
    assert bench.step == "lacking"
    bench.scan("5")
    assert (bench.step, bench.code) == ("lacking", "fewer_wait")
    bench.scan("2")
    assert (bench.step, bench.offers[:3]) == ("why", ["LOST", "OTHER_GOODS", "DAMAGED"])
    assert [(fact["value"], fact["detail"]) for fact in bench.screen["facts"] if fact["strong"]] == [("2", "pairs")]
    bench.scan("LOST")
    assert (bench.step, bench.tone, bench.said) == ("product", "ask", "SO-1 goes without 2 pairs of APPLE")
    assert bench.screen["progress"] == {"done": 0, "of": 3}
    bench.scan(APPLE, "2", PEAR)
    assert (bench.step, yard.status("SO-1")) == ("weight", "packed")


def test_the_last_piece_is_missing_and_the_order_is_packed_with_its_papers(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", APPLE, "CMD:BACK", "CMD:BACK", APPLE, "CMD:SHORT")
    assert bench.step == "lacking"
    bench.scan("CMD:BACK", "CMD:BACK", "CMD:BACK")
    assert yard.lines("SO-1", "short") == [0]
    bench.scan("CMD:CANCEL", "SO-1", APPLE, "CMD:DONE")
    assert yard.lines("SO-1", "packed") == [1]
    bench.scan("CMD:SHORT")
    assert bench.step == "why"  # one product, one piece: nothing to ask
    bench.scan("DAMAGED")
    assert (bench.step, bench.tone, yard.status("SO-1")) == ("weight", "ask", "packed")
    bench.scan("CMD:UNDO")
    assert (bench.step, bench.said, yard.status("SO-1")) == ("product", "To be packed again: 1 pair", "picked")
    bench.scan(APPLE)
    assert (yard.lines("SO-1", "packed"), yard.lines("SO-1", "short")) == ([2], [0])


def test_nothing_is_left_and_the_packer_goes_on_with_other_work(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1)
    bench.scan("SO-1", "CMD:SHORT", "LOST")
    assert (bench.step, bench.tone) == ("start", "ask")
    assert "order desk" in bench.screen["message"]["detail"]
    bench.scan("CMD:NEXT")
    assert bench.code == "no_work"


def test_the_rest_of_a_second_carton_is_missing(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", APPLE, "CMD:DONE", "CMD:FULL", "CMD:DONE", "CMD:SHORT", "LOST")
    assert (bench.step, yard.status("SO-1"), bench.printed) == ("start", "packed", ["delivery-note"])


def test_the_same_report_sent_twice_counts_once(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=4)
    bench.scan("SO-1", "CMD:SHORT", "1")
    version = bench.screen["version"]
    first = bench.send("LOST", key="tap", version=version)
    assert bench.send("LOST", key="tap", version=version).screen == first.screen
    assert yard.lines("SO-1", "short") == [1]


def test_a_product_that_is_not_in_the_order_is_not_missing(yard: Yard, bench: Scanner) -> None:
    yard.product("PLUM", "6901234567915")
    yard.picked("SO-1", APPLE=1, PEAR=1)
    bench.scan("SO-1", "CMD:SHORT", "PLUM")
    assert (bench.step, bench.code) == ("which", "wrong_piece")
