"""What does not go as the list says, and is dealt with at the rack: other lots, numbers, weights, empty bins, colleagues."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.picking.conftest import Hall
from tests.scanner import Scanner
from wms import clock
from wms.config import Settings
from wms.db import session
from wms.orders import operations, weighed
from wms.picking import bringing
from wms.scan.engine import Engine
from wms.stock.models import Movement
from wms.tasks import workers
from wms.tasks.models import TaskKind, TaskStatus


@pytest.fixture
def mate(hall: Hall, engine: Engine) -> Scanner:
    return Scanner(engine, hall.w.person("mate", roles=["picker"]), "pick")


def set_house(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
    for module in ("scan_pick", "scan_trouble", "scan_careful"):
        monkeypatch.setattr(f"wms.picking.{module}.house", lambda: Settings(**settings))


def said(one: Scanner) -> str:
    return f"{one.screen['message']['text']} / {one.screen['message']['detail']}"


def facts(one: Scanner) -> dict[str, str]:
    return {fact["label"]: fact["value"] for fact in one.screen["facts"]}


# -- another lot -------------------------------------------------------------------------------------------------------


@pytest.fixture
def tea(hall: Hall) -> Hall:
    hall.w.product("TEA", tracking="lot")
    hall.put("TEA", 5, "A-01", lot="OLD", age=9)
    return hall


def test_a_lot_of_the_same_age_at_another_place_may_be_taken_there(tea: Hall, picker: Scanner) -> None:
    tea.put("TEA", 5, "A-04", lot="TWIN", age=9)
    tea.release("SO-1", ("TEA", 3))
    picker.scan(tea.list_of("SO-1"), "CMD:LOT", "twin")
    assert (picker.step, picker.screen["expected"], picker.tone) == ("source", "A-04", "good")
    picker.follow("document")
    assert (tea.w.on_hand("TEA", at="A-01"), tea.w.on_hand("TEA", at="A-04")) == (5, 2)


def test_a_lot_that_has_less_than_the_line_wants_leaves_the_rest_as_it_was(tea: Hall, picker: Scanner) -> None:
    tea.put("TEA", 2, "A-01", lot="TWIN", age=9)
    tea.release("SO-1", ("TEA", 5))
    number = tea.list_of("SO-1")
    picker.scan(number, "A-01", "CMD:LOT", "TWIN")
    assert (picker.step, facts(picker)["Quantity"]) == ("product", "2")
    assert "other 3 of lot OLD" in said(picker)
    picker.follow("document")
    assert tea.lines("SO-1", "picked") == [5]
    assert (tea.w.on_hand("TEA", lot="TWIN", at="PACK"), tea.w.on_hand("TEA", lot="OLD", at="PACK")) == (2, 3)


def test_a_younger_lot_is_refused_with_the_one_that_goes_first_and_since_when(tea: Hall, picker: Scanner) -> None:
    tea.put("TEA", 5, "A-01", lot="NEW", age=1)
    tea.release("SO-1", ("TEA", 3))
    picker.scan(tea.list_of("SO-1"), "A-01", "CMD:LOT", "NEW")
    since = clock.today() - dt.timedelta(days=9)
    assert (picker.step, picker.tone, picker.code) == ("other_lot", "stop", "lot_out_of_turn")
    assert said(picker) == f"Lot NEW may not go before OLD, received on {since} / Take OLD, or report it short"
    picker.scan("NO-SUCH")
    assert picker.code == "lot_not_free"
    picker.scan("CMD:BACK")
    assert picker.step == "product"


def test_within_the_window_of_the_house_a_younger_lot_may_go(tea: Hall, picker: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    tea.put("TEA", 5, "A-01", lot="NEXT", age=6)
    tea.put("TEA", 5, "A-01", lot="NEW", age=1)
    tea.release("SO-1", ("TEA", 3))
    set_house(monkeypatch, rotation_window_days=3)
    picker.scan(tea.list_of("SO-1"), "A-01", "CMD:LOT", "NEW")
    assert picker.code == "lot_out_of_turn"
    picker.scan("NEXT")
    assert picker.step == "product"
    picker.follow("document")
    assert tea.w.on_hand("TEA", lot="NEXT", at="PACK") == 3


def test_by_expiry_the_day_they_expire_decides(hall: Hall, picker: Scanner) -> None:
    hall.w.product("MILK", tracking="expiry", rotation="fefo")
    hall.put("MILK", 5, "A-01", lot="M-1", life=30, age=1)
    hall.put("MILK", 5, "A-01", lot="M-2", life=60, age=9)
    hall.release("SO-1", ("MILK", 3))
    picker.scan(hall.list_of("SO-1"), "A-01", "CMD:LOT", "M-2")
    assert f"which expires on {clock.today() + dt.timedelta(days=30)}" in said(picker)


def test_the_lot_that_the_order_asks_for_is_not_changed(tea: Hall, picker: Scanner) -> None:
    tea.put("TEA", 5, "A-01", lot="TWIN", age=9)
    tea.release("SO-1", ("TEA", 3, {"lot": "OLD"}))
    picker.scan(tea.list_of("SO-1"), "A-01", "CMD:LOT", "TWIN")
    assert picker.code == "lot_ordered"


# -- to a colleague ----------------------------------------------------------------------------------------------------


def test_a_list_is_handed_to_a_colleague_who_goes_on_at_the_same_step(hall: Hall, picker: Scanner, mate: Scanner) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "B-03")
    hall.release("SO-1", ("APPLE", 8), ("PEAR", 2))
    number = hall.list_of("SO-1")
    picker.scan(number)
    for _ in range(4):
        picker.scan(picker.screen["expected"])
    place = picker.screen["expected"]
    picker.scan(place, "CMD:HANDOVER", "mate")
    assert (picker.step, said(picker)) == ("document", f"{number} is with Mate now / None")
    answer = mate.send("CMD:NEXT")  # at the screen of before: nothing is done, and they are told
    assert (answer.status, mate.step, mate.tone, mate.code) == (409, "product", "ask", "handed_over")
    assert said(mate) == f"Picker handed {number} over to you / Go on here"
    assert mate.screen["progress"] == {"done": 1, "of": 2}
    mate.follow("document")
    assert hall.status("SO-1") == "picked"
    picker.scan(number)
    assert picker.code == "nothing_to_pick"


def test_what_was_counted_and_not_put_down_goes_over_too(hall: Hall, picker: Scanner, mate: Scanner, engine: Engine) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    picker.scan(hall.list_of("SO-1"), "A-01", "APPLE", "8", "CMD:HANDOVER", "mate")
    mate = Scanner(engine, mate.by, "pick")
    assert (mate.step, facts(mate)["Quantity"]) == ("target", "8")
    mate.scan("PACK")
    assert hall.lines("SO-1", "picked") == [8]
    assert session.execute(sa.select(Movement.by_id).order_by(Movement.id.desc()).limit(1)).scalar_one() == mate.by.id


def test_half_a_count_goes_over_too(hall: Hall, picker: Scanner, mate: Scanner, engine: Engine) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    picker.scan(hall.list_of("SO-1"), "A-01", "APPLE", "3", "CMD:HANDOVER", "mate")
    mate = Scanner(engine, mate.by, "pick")
    assert (mate.step, facts(mate)["Counted"]) == ("quantity", "3")
    mate.scan("CMD:DONE", "PACK")
    assert hall.lines("SO-1", "picked") == [3]
    mate.follow("document")
    assert hall.lines("SO-1", "picked") == [8]


def test_one_step_back_from_the_badge_keeps_what_was_counted(hall: Hall, picker: Scanner) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    picker.scan(hall.list_of("SO-1"), "A-01", "APPLE", "3", "CMD:HANDOVER")
    assert facts(picker)["Counted"] == "3", "what goes along is said"
    picker.scan("CMD:BACK")
    assert (picker.step, facts(picker)["Counted"]) == ("quantity", "3")
    picker.scan("CMD:DONE", "PACK")
    assert hall.lines("SO-1", "picked") == [3]


@pytest.mark.parametrize(
    ("whom", "code"),
    [("guard", "colleague_may_not"), ("busy", "colleague_busy"), ("picker", "colleague_same"), ("nobody", "person_unknown")],
)
def test_who_may_not_have_the_list_is_named_with_the_reason(hall: Hall, picker: Scanner, engine: Engine, whom: str, code: str) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "B-03")
    hall.w.person("guard", roles=["gate"])
    busy = Scanner(engine, hall.w.person("busy", roles=["picker"]), "pick")
    hall.release("SO-1", ("APPLE", 8))
    hall.release("SO-2", ("PEAR", 2))
    number = hall.list_of("SO-1")
    busy.scan(hall.list_of("SO-2"))
    picker.scan(number, "CMD:HANDOVER", whom)
    assert (picker.step, picker.tone, picker.code) == ("colleague", "stop", code)
    picker.scan("CMD:BACK")
    assert picker.step == "source"
    picker.follow("document")


def test_a_supervisor_hands_a_list_over_and_the_colleague_is_told_with_their_next_work(
    hall: Hall, picker: Scanner, mate: Scanner, engine: Engine
) -> None:
    from wms.picking import handover

    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    number = hall.list_of("SO-1")
    picker.scan(number, "A-01")
    (task,) = hall.tasks(TaskKind.PICK)
    with hall.w.transaction():
        handover.hand_over(task.id, to="mate", by=hall.w.person("chief", roles=["supervisor"]))
    picker.scan("APPLE", "8", "PACK")
    assert (picker.step, picker.code) == ("document", "task_over")
    mate.scan("CMD:NEXT")
    assert (mate.step, mate.tone) == ("source", "ask")
    assert said(mate).startswith(f"Chief handed {number} over to you")
    mate.follow("document")


def test_only_its_holder_or_a_supervisor_gives_a_list_away(hall: Hall, picker: Scanner, mate: Scanner) -> None:
    from wms.picking import handover
    from wms.tasks import queue

    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    picker.scan(hall.list_of("SO-1"))
    (task,) = hall.tasks(TaskKind.PICK)
    with pytest.raises(queue.TaskOver), hall.w.transaction():
        handover.hand_over(task.id, to="mate", by=mate.by)
    assert picker.follow("document")


# -- numbers -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def chips(hall: Hall) -> Hall:
    """Seven chips: SN-1 to SN-5 of one day, SN-6 and SN-7 younger."""
    hall.w.product("CHIP", tracking="serial")
    for number in range(1, 6):
        hall.put("CHIP", 1, "A-01", lot=f"SN-{number}", age=9)
    for number in (6, 7):
        hall.put("CHIP", 1, "A-01", lot=f"SN-{number}", age=2)
    return hall


def numbers_at(hall: Hall, at: str) -> list[str]:
    return [f"SN-{number}" for number in range(1, 8) if hall.w.on_hand("CHIP", at=at, lot=f"SN-{number}")]


def test_pieces_are_scanned_one_by_one_whichever_come_to_hand(chips: Hall, picker: Scanner) -> None:
    chips.release("SO-1", ("CHIP", 3))
    picker.scan(chips.list_of("SO-1"), "A-01", "CHIP")
    assert (picker.step, picker.screen["target"]) == ("serials", "1 / 3")
    picker.scan("SN-5", "sn-2")
    assert (facts(picker)["Scanned"], facts(picker)["Last"]) == ("2 / 3", "SN-2")
    picker.scan("SN-4")
    assert picker.step == "target"
    picker.scan("PACK")
    assert picker.step == "document"
    assert numbers_at(chips, "PACK") == ["SN-2", "SN-4", "SN-5"]
    assert chips.lines("SO-1", "picked") == [3]


@pytest.mark.parametrize(
    ("number", "code"), [("SN-1", "serial_twice"), ("SN-99", "serial_stranger"), ("SN-6", "serial_out_of_turn"), ("CHIP", "wrong_kind")]
)
def test_a_wrong_number_is_refused_in_words(chips: Hall, picker: Scanner, number: str, code: str) -> None:
    from wms.catalog.models import Barcode

    with chips.w.transaction():
        session.add(Barcode(code="6901234567892", code_key="06901234567892", product_id=chips.w.product("CHIP").id))
    chips.release("SO-1", ("CHIP", 3))
    picker.scan(chips.list_of("SO-1"), "A-01", "CHIP", "SN-1", "6901234567892" if number == "CHIP" else number)
    assert (picker.step, picker.tone, picker.code) == ("serials", "stop", code)
    assert facts(picker)["Scanned"] == "1 / 3"
    picker.follow("document")
    assert numbers_at(chips, "PACK") == ["SN-1", "SN-2", "SN-3"]


def test_the_last_number_is_undone_before_the_pieces_are_put_down(chips: Hall, picker: Scanner) -> None:
    chips.release("SO-1", ("CHIP", 2))
    picker.scan(chips.list_of("SO-1"), "A-01", "CHIP", "SN-1", "CMD:UNDO")
    assert (picker.step, picker.screen["target"], picker.tone) == ("serials", "1 / 2", "ask")
    picker.scan("SN-3", "SN-4", "PACK")
    assert numbers_at(chips, "PACK") == ["SN-3", "SN-4"]
    picker.scan("CMD:UNDO")
    assert (picker.step, numbers_at(chips, "PACK")) == ("source", ["SN-3"])
    picker.follow("document")
    assert chips.lines("SO-1", "picked") == [2]


def test_a_number_on_somebody_elses_list_changes_places_with_one_of_ours(chips: Hall, picker: Scanner, mate: Scanner) -> None:
    chips.release("SO-1", ("CHIP", 2))
    chips.release("SO-2", ("CHIP", 3))
    one, other = chips.list_of("SO-1"), chips.list_of("SO-2")
    mate.scan(other, "A-01", "CHIP")
    picker.scan(one, "A-01", "CHIP", "SN-4", "SN-1", "PACK")
    assert sorted(lot for _, lot, _ in chips.reserved("SO-1")) == ["SN-1", "SN-4"]
    mate.scan("SN-2", "SN-3", "SN-5", "PACK")
    assert mate.step == "document", mate.screen
    assert numbers_at(chips, "A-01") == ["SN-6", "SN-7"]
    assert (chips.status("SO-1"), chips.status("SO-2")) == ("picked", "picked")


def test_who_puts_the_last_piece_down_stands_there(chips: Hall, picker: Scanner) -> None:
    with chips.w.transaction():
        workers.standing(picker.by)  # who asked for work once
    chips.release("SO-1", ("CHIP", 1))
    picker.scan(chips.list_of("SO-1"), "A-01", "CHIP", "SN-1", "PACK")
    session.rollback()
    assert workers.standing(picker.by).place == "PACK"


def test_fewer_pieces_now_leave_the_rest_on_the_list(chips: Hall, picker: Scanner) -> None:
    chips.release("SO-1", ("CHIP", 3))
    picker.scan(chips.list_of("SO-1"), "A-01", "CHIP", "SN-3", "CMD:DONE", "PACK")
    assert (picker.step, facts(picker)["Quantity"]) == ("source", "2")
    picker.follow("document")
    assert numbers_at(chips, "PACK") == ["SN-1", "SN-2", "SN-3"]


@pytest.mark.parametrize("found", [0, 2])
def test_pieces_come_up_short_with_those_that_were_scanned(chips: Hall, picker: Scanner, found: int) -> None:
    chips.release("SO-1", ("CHIP", 3))
    picker.scan(chips.list_of("SO-1"), "A-01", "CHIP", *[f"SN-{number + 4}" for number in range(found)], "CMD:SHORT", "MISSING")
    if found:
        assert picker.step == "target"
        picker.scan("PACK")
    assert picker.step == "document"
    assert (chips.lines("SO-1", "picked"), chips.lines("SO-1", "short")) == ([found], [3 - found])
    assert len(chips.tasks(TaskKind.COUNT)) == 1


def test_a_line_of_numbers_is_skipped_as_a_whole(chips: Hall, picker: Scanner) -> None:
    chips.put("PEAR", 9, "B-03")
    chips.release("SO-1", ("CHIP", 3), ("PEAR", 1))
    picker.scan(chips.list_of("SO-1"))
    while picker.screen["expected"] != "A-01":
        picker.scan("CMD:SKIP")
    picker.scan("CMD:SKIP")
    assert picker.screen["expected"] == "B-03"
    picker.follow("document")
    assert chips.status("SO-1") == "picked"


# -- weight ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cheese(hall: Hall) -> Hall:
    """Ten wheels of about two kilograms."""
    with hall.w.transaction():
        hall.w.product("CHEESE", weight_grams=2000, catch_weight=True)
    hall.put("CHEESE", 10, "A-01")
    return hall


def grams(hall: Hall, number: str) -> list[int]:
    lines = [line.id for line in operations.find(number, by=hall.by).lines]
    known = weighed.grams_of_lines(lines)
    return [known.get(line, 0) for line in lines]


@pytest.mark.parametrize("typed", ["6120", "6120g", "6.12 kg", "6,12kg", "6.12 公斤"])
def test_goods_of_catch_weight_are_weighed_before_they_go(cheese: Hall, picker: Scanner, typed: str) -> None:
    cheese.release("SO-1", ("CHEESE", 3))
    picker.scan(cheese.list_of("SO-1"), "A-01", "CHEESE", "3")
    assert (picker.step, facts(picker)["Expected"]) == ("weigh", "6 kg")
    picker.scan(typed, "PACK")
    assert grams(cheese, "SO-1") == [6120]
    picker.scan("CMD:UNDO")
    assert grams(cheese, "SO-1") == [0]
    picker.scan("A-01", "CHEESE", "3", "5900", "PACK")
    assert grams(cheese, "SO-1") == [5900]


def test_a_weight_far_from_what_was_expected_is_asked_about(cheese: Hall, picker: Scanner) -> None:
    cheese.release("SO-1", ("CHEESE", 3))
    picker.scan(cheese.list_of("SO-1"), "A-01", "CHEESE", "3", "612")
    assert (picker.step, picker.tone, picker.code) == ("weigh", "ask", "weight_doubtful")
    picker.scan("61200")
    assert picker.code == "weight_doubtful"
    for nonsense in ("0", "-5", "heavy", "6.12", "1 kg 2"):
        picker.scan(nonsense)
        assert (picker.step, picker.code) == ("weigh", "weight_wrong"), nonsense
    picker.scan("9900")
    assert picker.code == "weight_doubtful"
    picker.scan("9900")
    assert picker.step == "target"
    picker.scan("PACK")
    assert grams(cheese, "SO-1") == [9900]


def test_weight_labels_are_added_up(cheese: Hall, picker: Scanner) -> None:
    cheese.release("SO-1", ("CHEESE", 2))
    picker.scan(cheese.list_of("SO-1"), "A-01", "CHEESE", "2", "(3103)002110")
    assert (picker.step, facts(picker)["Labels so far"]) == ("weigh", "1 / 2")
    picker.scan("(3103)001990")
    assert picker.step == "target"
    picker.scan("PACK")
    assert grams(cheese, "SO-1") == [4100]


def test_what_was_found_of_a_short_line_is_weighed_too(cheese: Hall, picker: Scanner) -> None:
    cheese.release("SO-1", ("CHEESE", 3))
    picker.scan(cheese.list_of("SO-1"), "A-01", "CMD:SHORT", "2", "DAMAGED", "4000", "PACK")
    assert (grams(cheese, "SO-1"), cheese.lines("SO-1", "short")) == ([4000], [1])


# -- an empty bin ------------------------------------------------------------------------------------------------------


def test_the_last_piece_asks_whether_the_bin_is_empty_now(hall: Hall, picker: Scanner) -> None:
    hall.put("APPLE", 8, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    picker.scan(hall.list_of("SO-1"), "A-01", "APPLE", "8")
    assert (picker.step, picker.screen["prompt"]) == ("emptied", "Is A-01 empty now?")
    picker.scan("CMD:NEXT", "PACK")
    (checked,) = hall.tasks(TaskKind.COUNT, TaskStatus.DONE)
    assert (checked.reasons[0]["code"], checked.quantity, checked.person_id) == ("found_empty", 0, picker.by.id)
    assert not hall.tasks(TaskKind.COUNT)


def test_what_is_still_there_is_counted_by_somebody(hall: Hall, picker: Scanner) -> None:
    hall.put("APPLE", 8, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    picker.scan(hall.list_of("SO-1"), "A-01", "APPLE", "8", "3")
    assert (picker.step, said(picker)) == ("target", "3 more there: a count is ordered / None")
    assert not hall.tasks(TaskKind.COUNT)  # with the goods, not before
    picker.scan("PACK")
    (count,) = hall.tasks(TaskKind.COUNT)
    assert (count.status, count.reasons) == ("open", [{"code": "not_empty", "left": 3, "by": "Picker"}])


def test_nobody_is_asked_where_something_is_left_or_the_house_does_not_want_it(
    hall: Hall, picker: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.put("APPLE", 8, "A-01")
    hall.put("PEAR", 1, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    picker.scan(hall.list_of("SO-1"), "A-01", "APPLE", "8")
    assert picker.step == "target"
    picker.scan("PACK")
    hall.release("SO-2", ("PEAR", 1))
    set_house(monkeypatch, ask_if_empty=False)
    picker.scan(hall.list_of("SO-2"), "A-01", "PEAR", "1")
    assert picker.step == "target"


# -- short -------------------------------------------------------------------------------------------------------------


def test_others_who_come_to_the_place_are_warned_at_their_next_scan(hall: Hall, picker: Scanner, mate: Scanner) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    hall.release("SO-2", ("APPLE", 8))
    one, other = hall.list_of("SO-1"), hall.list_of("SO-2")
    mate.scan(other)
    picker.scan(one, "CMD:SHORT", "0", "MISSING")
    mate.scan("A-01")
    assert (mate.step, mate.tone, mate.screen["message"]["text"]) == ("product", "ask", "Others came up short here: look twice")
    assert facts(mate)["Note"] == "Reported short here"
    mate.follow("document")


def test_a_face_that_comes_up_short_is_filled_before_all_others(hall: Hall, picker: Scanner) -> None:
    hall.face("F-01", "APPLE", 5, 20)
    hall.put("APPLE", 20, "F-01", age=9)
    hall.put("APPLE", 50, "B-01", age=1)
    hall.release("SO-1", ("APPLE", 8))
    number = hall.list_of("SO-1")
    hall.release("SO-2", ("APPLE", 2))
    other = hall.list_of("SO-2")
    assert not hall.tasks(TaskKind.REPLENISH)
    picker.scan(number, "CMD:SHORT", "0", "MISSING", "CMD:DONE")
    (task,) = hall.tasks(TaskKind.REPLENISH)
    assert (task.priority, task.quantity, task.reasons) == (9, 20, [{"code": "face_short", "quantity": 20}])
    picker.scan(other, "CMD:SHORT", "1", "MISSING", "PACK", "CMD:DONE")
    assert [task.quantity for task in hall.tasks(TaskKind.REPLENISH)] == [20]
    with hall.w.transaction():  # by the book the face has goods still, but nobody believes it: the task's goods find room
        task = bringing.next_task(by=hall.by)
        bringing.bring(task.id, 20, by=hall.by, key="fill")
    assert hall.w.on_hand("APPLE", at="F-01") > 20


# -- calm --------------------------------------------------------------------------------------------------------------


def test_a_code_scanned_twice_out_of_habit_is_no_mistake(hall: Hall, picker: Scanner) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    number = hall.list_of("SO-1")
    picker.scan(number, number)
    assert (picker.step, picker.tone, picker.code) == ("source", "calm", "taken_already")
    picker.scan("A-01", "A-01")
    assert (picker.step, picker.tone, picker.code) == ("product", "calm", "taken_already")
    picker.scan("B-03")
    assert picker.tone == "stop"
    assert picker.scan("A-01")["message"]["tone"] == "stop"  # only what was the last good scan


# -- until when a pick is undone (docs/picking.md, "What can be undone until when") -------------------------------------


def test_a_pick_is_undone_until_it_is_packed(hall: Hall, picker: Scanner) -> None:
    from wms.shipping import packing

    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    hall.release("SO-2", ("APPLE", 2))
    picker.scan(hall.list_of("SO-1"))
    picker.follow("document")
    picker.scan("CMD:UNDO")
    assert picker.step == "source"
    picker.follow("document")
    with hall.w.transaction():
        order = hall.order("SO-1")
        carton = packing.begin(order, by=hall.by, company_prefix="6900000")
        packing.pack(order.id, hall.w.product("APPLE"), 8, carton.code, by=hall.by, key="pack")
    picker.scan("CMD:UNDO")
    assert (picker.step, picker.code) == ("document", "nothing_to_undo")


def test_a_lot_changed_a_skip_and_a_short_are_mended_by_doing_the_opposite(tea: Hall, picker: Scanner) -> None:
    from wms.picking import shortages

    tea.put("TEA", 5, "A-01", lot="TWIN", age=9)
    tea.release("SO-1", ("TEA", 3))
    number = tea.list_of("SO-1")
    picker.scan(number, "CMD:LOT", "TWIN", "CMD:LOT", "OLD")
    assert picker.step == "product"
    picker.follow("document")
    assert tea.w.on_hand("TEA", lot="OLD", at="PACK") == 3
    tea.put("TEA", 9, "A-06", lot="LATE", age=1)
    tea.release("SO-2", ("TEA", 7))
    picker.scan(tea.list_of("SO-2"))
    while picker.step == "source":
        picker.scan("CMD:SHORT", "0", "MISSING", "CMD:DONE")
    (line,) = tea.order("SO-2").lines
    short = line.short
    assert short
    with tea.w.transaction():
        assert shortages.pick_again(line.id, by=tea.by).pick_lists
    assert tea.lines("SO-2", "short")[0] < short
