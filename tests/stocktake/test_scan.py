"""The counter's screens."""

from __future__ import annotations

import pytest

from tests.scanner import Scanner
from tests.warehouse import Warehouse
from wms.actor import Actor, Role
from wms.db import session, transaction
from wms.scan.engine import Engine
from wms.stock.models import Batch, MovementKind
from wms.stocktake import adjustments, counting, counts, queries, scan
from wms.stocktake.models import CountPlan, CountStatus
from wms.tasks.models import Task, TaskStatus


class Counter(Scanner):
    """Somebody who counts with a handheld."""

    def __init__(self, by: Actor) -> None:
        super().__init__(Engine([scan.flow]), by, "count")

    @property
    def facts(self) -> dict[str, str]:
        return {fact["label"]: fact["value"] for fact in self.screen["facts"]}


@pytest.fixture
def anna(w: Warehouse) -> Counter:
    return Counter(w.person("anna", roles=[Role.COUNTER]))


@pytest.fixture
def ben(w: Warehouse) -> Counter:
    return Counter(w.person("ben", roles=[Role.COUNTER]))


def opened(w: Warehouse, *codes: str, tolerance: int = 0) -> CountPlan:
    with transaction():
        return counts.open_count(by=w.by, locations=codes, tolerance=tolerance)


def status(count: CountPlan) -> str:
    return session.get_one(CountPlan, count.id, populate_existing=True).status


def test_the_screen_shows_how_much_one_has_counted_here_and_nothing_of_the_book(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.receive("PEAR", 5, at="A-01")
    anna.scan(opened(w, "A-01").number, "A-01")
    assert "Counted" not in anna.facts
    anna.scan("APPLE", "9")
    assert anna.facts["Counted"] == "1 product"
    anna.scan("APPLE", "10", "PEAR", "5")
    assert anna.facts == {"Location": "A-01", "Counted": "2 products"}


def test_a_count_that_ended_meanwhile_lets_its_counter_go(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    for before, then in ((["APPLE"], "10"), ([], "APPLE"), ([], "CMD:DONE")):
        count = opened(w, "A-01")
        anna.scan(count.number, "A-01", *before)
        with transaction():
            adjustments.refuse(count.number, by=w.by, reason="not now")
        anna.scan(then)
        assert (anna.step, anna.screen["message"]["tone"], anna.said) == ("start", "ask", f"Count {count.number} is finished")


def test_who_has_counted_is_told_that_somebody_else_recounts(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    count = opened(w, "A-01")
    done = f"Your part of {count.number} is done; somebody else recounts"
    anna.scan(count.number, "A-01", "APPLE", "9", "CMD:DONE")
    assert (anna.step, anna.screen["message"]["detail"]) == ("start", done)
    anna.scan(count.number)
    assert (anna.step, anna.said) == ("start", done)
    anna.scan("CMD:NEXT")
    assert (anna.step, anna.said) == ("start", "Nothing is to be counted now")
    assert TaskStatus.CLAIMED not in {task.status for task in session.query(Task)}
    ben.scan(count.number, "A-01", "APPLE", "9", "CMD:DONE")
    assert ben.screen["message"]["detail"] == f"{count.number} is counted; a supervisor decides"
    assert session.get_one(CountPlan, count.id, populate_existing=True).status == CountStatus.REVIEW


def test_a_place_whose_difference_waits_for_a_supervisor_is_not_counted_anew(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    count = opened(w, "A-01")
    for who in (anna, ben):
        who.scan("A-01", "APPLE", "8", "CMD:DONE")
    anna.scan("A-01")
    assert (anna.step, anna.said) == ("start", f"A-01 is counted in {count.number}; a supervisor decides")
    assert session.query(CountPlan).count() == 1


def test_damaged_goods_are_counted_as_damaged(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 5, at="DEF", condition="damaged")
    w.receive("PEAR", 3, at="INSP", condition="inspection")
    count = opened(w, "DEF", "INSP", tolerance=5)
    anna.scan(count.number, "DEF", "APPLE")
    assert anna.facts["Condition"] == "Damaged"
    anna.scan("5", "CMD:DONE", "INSP", "PEAR", "3", "CMD:DONE")
    assert status(count) == CountStatus.POSTED
    assert [(row.condition, row.on_hand) for row in w.stock("APPLE") + w.stock("PEAR")] == [("damaged", 5), ("inspection", 3)]


def test_where_goods_lie_in_several_conditions_the_counter_says_which(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 5, at="A-01", condition="damaged")
    w.receive("APPLE", 7, at="A-01")
    count = opened(w, "A-01")
    anna.scan(count.number, "A-01", "APPLE")
    assert (anna.step, anna.screen["accepts"]) == ("condition", ["reason"])
    anna.scan("DAMAGED", "5", "APPLE", "GOOD", "7", "CMD:DONE")
    assert status(count) == CountStatus.POSTED
    assert not w.movements("APPLE", kind=MovementKind.COUNT)


def test_a_change_of_condition_passes_under_no_tolerance(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.receive("APPLE", 5, at="A-01", condition="damaged")
    w.receive("APPLE", 7, at="A-01")
    count = opened(w, "A-01", tolerance=5)
    anna.scan(count.number, "A-01", "APPLE", "DAMAGED", "4", "APPLE", "GOOD", "8", "CMD:DONE")
    assert status(count) == CountStatus.RECOUNT
    assert [one.differences for one in queries.listing(w.by)[0]] == [2]
    ben.scan("CMD:NEXT")
    ben.scan(ben.screen["expected"], "APPLE", "DAMAGED", "4", "APPLE", "GOOD", "8", "CMD:DONE")
    assert status(count) == CountStatus.REVIEW
    with transaction():
        adjustments.approve(count.number, by=w.by)
    assert (w.on_hand("APPLE", condition="damaged"), w.on_hand("APPLE", condition="good")) == (4, 8)


def test_a_number_alone_is_refused_where_several_sorts_lie(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 5, at="A-01", condition="damaged")
    w.receive("APPLE", 7, at="A-01")
    count = opened(w, "A-01")
    with transaction(), pytest.raises(counting.SeveralSorts):
        counting.enter(count.id, w.location("A-01").id, "APPLE", 12, by=anna.by)


def test_goods_of_several_owners_are_counted_apart(w: Warehouse, anna: Counter, ben: Counter) -> None:
    theirs = w.partner("OWNER1").id
    w.receive("APPLE", 5, at="A-01", owner_id=theirs)
    w.receive("APPLE", 5, at="A-01")
    count = opened(w, "A-01", tolerance=3)
    for who in (anna, ben):
        who.scan(count.number, "A-01", "APPLE")
        assert (who.step, who.screen["accepts"]) == ("owner", ["reason"])
        who.scan(f"OWNER-{theirs}", "7", "APPLE", "OWNER-0", "3", "CMD:DONE")
    assert status(count) == CountStatus.REVIEW, "one owner's goods do not become another's under a tolerance"
    with transaction():
        adjustments.approve(count.number, by=w.by)
    owners = {row.id: row.owner_id for row in session.query(Batch)}
    assert {owners[row.batch_id]: row.on_hand for row in w.stock("APPLE")} == {theirs: 7, None: 3}


def test_two_counters_of_one_count_are_sent_to_two_places(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.receive("PEAR", 5, at="A-02")
    w.receive("PLUM", 5, at="A-03")
    count = opened(w, "A-01", "A-02", "A-03")
    anna.scan("CMD:NEXT")
    ben.scan("CMD:NEXT")
    assert (anna.screen["expected"], ben.screen["expected"]) == ("A-01", "A-02")
    ben.scan("A-01")
    assert (ben.step, ben.said) == ("location", "Anna is working on this")
    anna.scan("A-01", "APPLE", "10", "CMD:DONE")
    assert (anna.step, anna.screen["expected"]) == ("location", "A-03"), "ben is at A-02"
    ben.scan("A-02", "PEAR", "5", "CMD:DONE")
    assert (ben.step, ben.screen["message"]["detail"]) == ("start", f"The rest of {count.number} is in other hands")


def test_who_scans_a_count_is_not_sent_where_another_counter_of_it_was_sent(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.location("A-01")
    w.location("A-02")
    count = opened(w, "A-01", "A-02")
    anna.scan(count.number)
    ben.scan(count.number)
    assert (anna.screen["expected"], ben.screen["expected"]) == ("A-01", "A-02")


@pytest.mark.parametrize("way", ["CMD:CANCEL", "CMD:BACK"])
@pytest.mark.parametrize("begun", [["CMD:NEXT"], ["CMD:NEXT", "A-02"], ["CMD:NEXT", "A-02", "APPLE"]])
def test_who_leaves_a_count_leaves_its_places_to_others(w: Warehouse, anna: Counter, begun: list[str], way: str) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.location("A-02")
    opened(w, "A-01", "A-02")
    anna.scan(*begun)
    for _ in begun if way == "CMD:BACK" else [way]:
        anna.scan(way)
    assert anna.step == "start"
    assert {task.status for task in session.query(Task)} == {TaskStatus.OPEN}


def test_who_goes_to_another_place_than_the_one_named_leaves_that_one_to_others(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.location("A-01")
    w.location("A-02")
    opened(w, "A-01", "A-02")
    anna.scan("CMD:NEXT", "A-02")
    ben.scan("CMD:NEXT")
    assert ben.screen["expected"] == "A-01"


def test_a_second_number_of_the_same_goods_says_that_it_replaces_the_first(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    anna.scan(opened(w, "A-01").number, "A-01", "APPLE", "6")
    assert anna.screen["message"]["detail"] is None
    anna.scan("APPLE", "4")
    message = anna.screen["message"]
    assert (message["tone"], message["text"]) == ("ask", "4 pieces of APPLE counted")
    assert message["detail"] == "It replaced 6, nothing was added; if it is not all of it, scan it again"
    anna.scan("APPLE", "4")
    assert anna.screen["message"]["detail"] is None


def test_a_number_after_a_scanned_pallet_is_of_what_lies_beside_it(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 40, at="A-01", unit=w.unit("P-1", at="A-01"))
    w.receive("APPLE", 5, at="A-01")
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01", "P-1", "APPLE", "5")
    assert anna.screen["message"]["detail"] is None
    anna.scan("CMD:DONE")
    assert status(plan) == CountStatus.POSTED


def test_what_a_pallet_holds_is_not_told_when_a_number_for_all_of_it_is_replaced(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 40, at="A-01", unit=w.unit("P-1", at="A-01"))
    anna.scan(opened(w, "A-01").number, "A-01", "APPLE", "41", "APPLE", "5")
    assert anna.screen["message"]["detail"] == "It replaced what you counted here before; if it is not all of it, scan it again"


def test_two_do_not_count_one_place_at_a_time(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    count = opened(w, "A-01")
    anna.scan(count.number, "A-01", "APPLE", "8")
    ben.scan("A-01")
    assert ben.screen["message"]["code"] == "task_taken"
    anna.scan("CMD:DONE")
    ben.scan("A-01", "APPLE", "8", "CMD:DONE")
    assert status(count) == CountStatus.REVIEW
    ben.scan("CMD:NEXT")
    assert (anna.step, ben.said) == ("start", "Nothing is to be counted now")


def test_who_names_the_count_counts_beside_somebody_who_found_a_difference(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    count = opened(w, "A-01")
    anna.scan(count.number, "A-01")
    ben.scan(count.number)
    assert ben.step == "start", "nothing is known to differ yet"
    anna.scan("APPLE", "8")
    ben.scan(count.number, "A-01", "APPLE", "8")
    assert (ben.step, status(count)) == ("product", CountStatus.OPEN)
    with w.transaction():
        adjustments.approve(count.number, by=w.by, reason="two agree")  # nobody has said that they are done
    assert (status(count), w.on_hand("APPLE", at="A-01")) == (CountStatus.POSTED, 8)


def test_where_something_was_counted_by_nobody_a_place_is_not_ended_by_who_approves(w: Warehouse, anna: Counter, ben: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.receive("PEAR", 5, at="A-01")
    count = opened(w, "A-01")
    anna.scan(count.number, "A-01", "APPLE", "8")
    ben.scan(count.number, "A-01", "APPLE", "8")
    with pytest.raises(adjustments.NothingToApprove), w.transaction():
        adjustments.approve(count.number, by=w.by, reason="two agree")
    assert (status(count), w.on_hand("APPLE", at="A-01")) == (CountStatus.OPEN, 10)


def test_what_was_picked_meanwhile_is_asked_about_and_nothing_of_the_book_is_told(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01")
    w.move("APPLE", 3, "A-01", "B-01")
    anna.scan("APPLE", "7")
    assert (anna.step, anna.screen["prompt"], anna.screen["expected"]) == ("moved", "Gone when you counted?", None)
    assert (anna.facts["Taken away"], "Book" in anna.facts) == ("3", False)
    assert [one["scan"] for one in anna.screen["actions"]][:3] == ["YES", "NO", "AGAIN"]
    anna.scan("NO", "CMD:DONE")
    assert status(plan) == CountStatus.RECOUNT, "ten were there by the book before it was taken, and seven were seen"


@pytest.mark.parametrize(("answer", "ends"), [("YES", CountStatus.POSTED), ("NO", CountStatus.RECOUNT)])
def test_the_answer_picks_the_book_that_the_number_is_compared_with(w: Warehouse, anna: Counter, answer: str, ends: CountStatus) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.receive("APPLE", 5, at="B-01")
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01")
    w.move("APPLE", 5, "B-01", "A-01")
    anna.scan("APPLE", "15", answer, "CMD:DONE")
    assert status(plan) == ends


def test_who_is_not_sure_counts_once_more_and_is_not_asked_again(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01")
    w.move("APPLE", 3, "A-01", "B-01")
    anna.scan("APPLE", "10", "AGAIN")
    assert (anna.step, anna.said) == ("quantity", "Count them once more")
    anna.scan("7", "CMD:DONE")
    assert status(plan) == CountStatus.POSTED


def test_goods_that_came_while_one_counted_others_are_asked_about_at_the_end(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.receive("PEAR", 5, at="B-01")
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01", "APPLE", "10")
    w.move("PEAR", 5, "B-01", "A-01")
    anna.scan("CMD:DONE")
    assert (anna.step, anna.screen["prompt"]) == ("moved", "There when you counted?")
    anna.scan("NO")
    assert (anna.step, status(plan)) == ("start", CountStatus.POSTED)


def test_pieces_with_numbers_are_scanned_one_by_one(w: Warehouse, anna: Counter) -> None:
    w.product("CHIP", tracking="serial")
    for number in ("S1", "S2"):
        w.receive("CHIP", 1, at="A-01", lot=number)
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01", "CHIP", "S1")
    assert (anna.step, anna.said, scanned(anna)) == ("serial", "S1 is here", "1")
    anna.scan("S1")
    assert (anna.said, anna.screen["message"]["tone"], scanned(anna)) == ("S1 was scanned already", "ask", "1"), "not two pieces"
    anna.scan("S2")
    assert scanned(anna) == "2", "whoever scans thirty knows how far they are"
    anna.scan("CMD:DONE")
    assert anna.step == "product"
    anna.scan("CHIP")
    assert scanned(anna) == "2", "and goes on where they were"
    anna.scan("CMD:DONE", "CMD:DONE")
    assert status(plan) == CountStatus.POSTED


def scanned(one: Counter) -> str:
    return next(str(fact["value"]) for fact in one.screen["facts"] if fact["label"] == "Scanned")


def test_a_place_that_was_closed_without_anything_is_called_empty_and_only_then(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    for code in ("A-02", "A-03", "A-04"):
        w.location(code)
    plan = opened(w, "A-01", "A-02", "A-03", "A-04")
    anna.scan(plan.number, "A-01", "APPLE", "10", "CMD:DONE")
    assert anna.said == "A-01 is counted"
    anna.scan("A-02", "CMD:DONE")
    assert anna.said == "A-02 is counted: nothing there", "a wrong tap is seen before the next place"
    anna.scan("A-03", "CMD:OTHER", "blue box", "2", "CMD:DONE")
    assert anna.said == "A-03 is counted"
    anna.scan("A-04", "CMD:DONE")
    assert anna.said == "A-04 is counted: nothing there", "what was noted at another place does not fill this one"


def test_what_is_in_another_condition_is_told_back_so(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01", "APPLE", "CMD:OTHER", "DAMAGED", "2")
    assert anna.said == "2 pieces of APPLE counted: Damaged"


def test_a_pallet_of_another_place_is_scanned_twice_to_be_believed(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 40, at="B-01", unit=w.unit("P-1", at="B-01"))
    w.location("A-01")
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01", "P-1")
    assert (anna.screen["message"]["code"], "B-01" in str(anna.screen)) == ("unit_elsewhere", False)
    anna.scan("P-1")
    assert anna.said == "P-1 is here"
    anna.scan("CMD:DONE")
    assert status(plan) == CountStatus.RECOUNT


def test_unknown_goods_are_noted_with_a_picture(w: Warehouse, anna: Counter) -> None:
    w.location("A-01")
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01", "CMD:OTHER", "blue box", "2")
    assert (anna.step, anna.screen["printed"][0]["href"]) == ("product", "/photos/find/1")
    anna.scan("CMD:DONE")
    assert status(plan) == CountStatus.POSTED


def test_damaged_goods_among_good_ones_are_said_to_be(w: Warehouse, anna: Counter) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    anna.scan(plan.number, "A-01", "APPLE", "8", "APPLE", "CMD:OTHER", "DAMAGED", "2", "CMD:DONE")
    assert status(plan) == CountStatus.RECOUNT, "two have changed their condition: somebody else looks too"
