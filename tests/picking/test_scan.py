"""The picker's screens, driven as a scanner drives them."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.crowd import all_at_once
from tests.http import Api
from tests.picking.conftest import Hall
from tests.scanner import Scanner
from wms import clock, db
from wms.actor import Role
from wms.app import Application
from wms.catalog.models import Barcode
from wms.db import session
from wms.orders import editing, withdrawal
from wms.orders.lines import NewLine
from wms.picking import scan as room
from wms.picking import together, waves
from wms.picking.lines import next_line
from wms.picking.models import Method
from wms.scan.engine import Engine
from wms.stock.ledger import Place
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

EAN, CASE = "6901234567892", "16901234567899"


@pytest.fixture
def apples(hall: Hall) -> Hall:
    """20 APPLE with barcodes, in cases of 6, and PEAR."""
    with hall.w.transaction():
        apple = hall.w.product("APPLE", packagings={"case": 6}, name_zh="苹果")
        session.add(Barcode(code=EAN, code_key="0" + EAN, product_id=apple.id))
        session.add(Barcode(code=CASE, code_key=CASE, product_id=apple.id, packaging_id=apple.packagings[0].id))
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "B-03")
    return hall


def facts(screen: dict) -> dict[str, str]:  # type: ignore[type-arg]
    return {fact["label"]: fact["value"] for fact in screen["facts"]}


def test_a_list_is_picked_by_scanning_what_is_expected(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8), ("PEAR", 2))
    number = apples.list_of("SO-1")
    picker.scan(number)
    assert picker.step == "source"
    assert picker.screen["progress"] == {"done": 0, "of": 2}
    assert facts(picker.screen)["Into"] == "PACK"
    screen = picker.follow("document")
    assert screen["message"]["tone"] == "good"
    assert "PACK" in screen["message"]["detail"]
    assert apples.status("SO-1") == "picked"


@pytest.mark.parametrize("what", ["P-10001", "p-10001", "SO-1", "CMD:NEXT"])
def test_work_begins_with_a_list_an_order_or_next(apples: Hall, picker: Scanner, what: str) -> None:
    apples.release("SO-1", ("APPLE", 8))
    apples.wave("SO-1")
    assert picker.scan(what)["step"] == "source"


def test_goods_move_with_the_last_scan_only(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), "A-01", EAN, "8")
    assert picker.step == "target"
    assert apples.w.on_hand("APPLE", at="PACK") == 0
    picker.scan("PACK")
    assert apples.w.on_hand("APPLE", at="PACK") == 8


def test_the_list_or_the_goods_scanned_at_the_drop_off_are_called_by_name(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8))
    number = apples.list_of("SO-1")
    picker.scan(number, "A-01", EAN, "8")
    for text, said in ((number, f"{number} is what you are working on"), (EAN, f"{EAN} is product APPLE, which is not asked for here")):
        picker.scan(text)
        assert picker.step == "target"
        assert (picker.screen["message"]["text"], picker.screen["message"]["detail"]) == (said, "Put it at PACK")


def test_a_case_and_pieces_are_counted_by_scanning_them(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), "A-01", EAN)
    assert picker.screen["expected"] == "8"
    assert next(fact for fact in picker.screen["facts"] if fact["strong"])["detail"] == "pieces = 1 case + 2"
    picker.scan(CASE, EAN)
    assert picker.step == "quantity"
    picker.scan(EAN)
    assert picker.step == "target"
    picker.scan("PACK")
    assert apples.lines("SO-1", "picked") == [8]


def test_fewer_may_be_put_down_and_the_rest_stays_on_the_list(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), "A-01", EAN, "3", "CMD:DONE", "PACK")
    assert picker.step == "source"
    assert facts(picker.screen)["Quantity"] == "5"
    assert apples.lines("SO-1", "picked") == [3]
    picker.follow("document")
    assert apples.lines("SO-1", "picked") == [8]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ((), None),
        (("B-03",), "wrong_location"),
        (("NOWHERE",), "not_recognised"),
        (("A-01", "PEAR"), "wrong_product"),
        (("A-01", "6900000000000"), "product_unknown"),
        (("A-01", EAN, "0"), "quantity_zero"),
        (("A-01", EAN, "-1"), "quantity_wrong"),
        (("A-01", EAN, "1.5"), "quantity_wrong"),
        (("A-01", EAN, "9"), "too_many"),
        (("A-01", EAN, "9999999"), "quantity_wrong"),
        (("A-01", EAN, "8", "A-02"), "not_a_packing_place"),
        (("A-01", EAN, "8", "x" * 10_000), "scan_too_long"),
        (("A-01", EAN, "8", "PA\x00CK"), "scan_unreadable"),
        (("A-01", EAN, "8", "CMD:FLY"), "command_not_here"),
    ],
)
def test_a_wrong_scan_keeps_the_step_and_moves_nothing(apples: Hall, picker: Scanner, sent: tuple[str, ...], code: str | None) -> None:
    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), *sent[:-1])
    step, version = picker.step, picker.screen["version"]
    if sent:
        picker.scan(sent[-1])
        assert (picker.step, picker.tone, picker.code) == (step, "stop", code)
        assert picker.screen["version"] == version + 1
        assert picker.screen["message"]["detail"]
    assert apples.w.on_hand("APPLE", at="A-01") == 20
    picker.follow("document")


def test_every_scan_sent_three_times_acts_once(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8))
    for number, text in enumerate((apples.list_of("SO-1"), "A-01", EAN, "8", "PACK")):
        version = picker.screen["version"]
        answers = [picker.send(text, key=f"once-{number}", version=version).screen for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
    assert apples.lines("SO-1", "picked") == [8]
    assert apples.w.on_hand("APPLE", at="PACK") == 8


def test_short_with_reason_and_nothing_elsewhere(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), "A-01", "CMD:SHORT")
    assert picker.step == "found"
    picker.scan("9")
    assert picker.code == "more_than_wanted"
    picker.scan("2")
    assert [action["scan"] for action in picker.screen["actions"]][:2] == ["MISSING", "DAMAGED"]
    picker.scan("BORED")
    assert picker.code == "reason_unknown"
    picker.scan("missing")
    assert picker.step == "target"
    assert apples.w.on_hand("APPLE", at="PACK") == 0
    picker.scan("PACK")
    assert picker.step == "document"
    assert (apples.lines("SO-1", "picked"), apples.lines("SO-1", "short")) == ([2], [6])
    assert len(apples.tasks(TaskKind.COUNT)) == 1


def test_short_with_nothing_found_offers_the_goods_elsewhere(apples: Hall, picker: Scanner) -> None:
    apples.put("APPLE", 5, "A-04")
    apples.release("SO-1", ("APPLE", 8))
    for sent in (apples.list_of("SO-1"), "CMD:SHORT"), ("0",):
        picker.scan(*sent)
        assert facts(picker.screen)["Location"] == "A-01"  # nobody has scanned it
    picker.scan("MISSING")
    assert (picker.step, picker.tone, facts(picker.screen)["Short at"]) == ("elsewhere", "ask", "A-01")
    assert "A-04" in picker.screen["prompt"]
    picker.scan("CMD:NEXT")
    assert picker.step == "source"
    assert picker.screen["expected"] == "A-04"
    picker.follow("document")
    assert (apples.lines("SO-1", "picked"), apples.lines("SO-1", "short")) == ([5], [3])


def test_the_offer_may_be_declined(apples: Hall, picker: Scanner) -> None:
    apples.put("APPLE", 5, "A-04")
    apples.release("SO-1", ("APPLE", 8), ("PEAR", 1))
    picker.scan(apples.list_of("SO-1"))
    while picker.screen["expected"] != "A-01":
        picker.scan("CMD:SKIP")
    picker.scan("CMD:SHORT", "0", "DAMAGED", "CMD:DONE")
    assert picker.step == "source"
    assert apples.lines("SO-1", "short") == [8, 0]
    picker.follow("document")
    assert apples.status("SO-1") == "picked"


def test_skip_goes_to_the_next_line_and_comes_back(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8), ("PEAR", 2))
    picker.scan(apples.list_of("SO-1"))
    first = picker.screen["expected"]
    picker.scan("CMD:SKIP")
    assert picker.screen["expected"] != first
    picker.follow("document")
    assert apples.lines("SO-1", "picked") == [8, 2]


def test_undo_in_the_list_and_after_it(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8), ("PEAR", 2))
    number = apples.list_of("SO-1")
    picker.scan(number)
    assert "CMD:UNDO" not in [action["scan"] for action in picker.screen["actions"]]
    for _ in range(4):
        picker.scan(picker.screen["expected"])
    assert picker.screen["progress"]["done"] == 1
    picker.scan("CMD:UNDO")
    assert picker.screen["progress"] == {"done": 0, "of": 2}
    assert apples.status("SO-1") == "released"
    picker.follow("document")
    picker.scan("CMD:UNDO")
    assert picker.step == "source"
    assert apples.task_status(number) == TaskStatus.CLAIMED
    picker.follow("document")
    assert apples.status("SO-1") == "picked"


def test_leaving_gives_the_list_back(apples: Hall, picker: Scanner, engine: Engine) -> None:
    apples.release("SO-1", ("APPLE", 8))
    number = apples.list_of("SO-1")
    picker.scan(number, "A-01", "CMD:CANCEL")
    assert picker.step == "document"
    other = Scanner(engine, apples.w.person("other", roles=["picker"]), "pick")
    other.scan(number)
    assert other.step == "source"
    picker.scan(number)
    assert picker.code == "task_taken"


def test_a_lost_device_goes_on_at_the_same_step(apples: Hall, picker: Scanner, engine: Engine) -> None:
    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), "A-01", EAN)
    again = Scanner(engine, picker.by, "pick")
    assert again.step == "quantity"
    again.follow("document")
    assert picker.send("8").status == 409
    assert picker.step == "document"


def test_a_lot_is_asked_for_where_several_lie(apples: Hall, picker: Scanner) -> None:
    apples.w.product("TEA", tracking="lot")
    apples.put("TEA", 5, "A-02", lot="OLD", age=9)
    apples.put("TEA", 5, "A-02", lot="NEW", age=1)
    apples.release("SO-1", ("TEA", 2))
    picker.scan(apples.list_of("SO-1"), "A-02", "TEA")
    assert (picker.step, picker.screen["expected"]) == ("lot", "OLD")
    picker.scan("NEW")
    assert picker.code == "wrong_lot"
    picker.scan("CMD:LOT", "NEW")
    assert picker.code == "lot_out_of_turn"
    picker.scan("CMD:BACK")
    picker.follow("document")
    assert apples.w.on_hand("TEA", at="A-02", lot="OLD") == 3


def test_an_order_withdrawn_under_the_pickers_hands_is_said(apples: Hall, picker: Scanner) -> None:
    from wms.orders import withdrawal

    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), "A-01", EAN, "8")
    with db.transaction():
        withdrawal.cancel("SO-1", by=apples.by)
    picker.scan("PACK")
    assert (picker.tone, picker.code, picker.step) == ("stop", "claim_gone", "document")
    assert picker.screen["message"]["text"] == "SO-1 was cancelled: put these back to A-01"
    assert apples.w.on_hand("APPLE", at="PACK") == 0


def only_wants(hall: Hall, number: str, quantity: int) -> None:
    with db.transaction():
        editing.edit(number, by=hall.by, changes={}, lines=[NewLine("APPLE", quantity, line="1")])


@pytest.mark.parametrize(("scans", "step"), [([], "source"), (["A-01", EAN], "quantity"), (["A-01", EAN, "8"], "quantity")])
def test_a_screen_that_is_opened_again_shows_what_is_wanted_now(apples: Hall, picker: Scanner, scans: list[str], step: str) -> None:
    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), *scans)
    before = picker.screen["version"]
    only_wants(apples, "SO-1", 5)

    picker.screen = picker.engine.show("pick", by=picker.by)

    assert (picker.step, picker.tone, picker.said) == (step, "stop", "SO-1 was changed: only 5 are wanted here now")
    assert facts(picker.screen)["Quantity"] == "5"
    assert picker.screen["version"] == before + 1
    again = picker.engine.show("pick", by=picker.by)
    assert again == picker.screen, "whoever looks twice sees the same"
    picker.scan("A-01") if step == "source" else picker.scan("5")
    assert picker.tone != "stop", "the scan that follows is taken: nobody hears it twice"
    picker.follow("document")
    assert apples.w.on_hand("APPLE", at="PACK") == 5


def test_a_screen_that_is_opened_again_after_a_cancellation_says_so(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), "A-01", EAN, "8")
    with db.transaction():
        withdrawal.cancel("SO-1", by=apples.by)
    picker.screen = picker.engine.show("pick", by=picker.by)
    assert (picker.step, picker.tone) == ("document", "stop")
    assert picker.said == "SO-1 was cancelled: put these back to A-01"


def test_the_picker_of_a_cancelled_order_goes_on_with_the_next_one(apples: Hall, picker: Scanner) -> None:
    from wms.orders import withdrawal

    apples.release("SO-1", ("APPLE", 8))
    apples.release("SO-2", ("PEAR", 2))
    picker.scan(apples.list_of("SO-1", "SO-2", method=Method.BATCH), "B-03", "PEAR", "2")
    with db.transaction():
        withdrawal.cancel("SO-2", by=apples.by)
    picker.scan("PACK")
    assert (picker.tone, picker.code, picker.step) == ("stop", "claim_gone", "source")
    assert picker.screen["message"]["text"] == "SO-2 was cancelled: put these back to B-03"
    assert (picker.screen["progress"]["done"], picker.screen["progress"]["of"]) == (0, 1)
    picker.follow("document")
    assert apples.status("SO-1") == "picked"


def test_a_list_handed_to_somebody_else_lets_its_picker_go(apples: Hall, picker: Scanner) -> None:
    apples.release("SO-1", ("APPLE", 8))
    picker.scan(apples.list_of("SO-1"), "A-01", EAN, "8")
    with db.transaction():
        (task,) = apples.tasks(TaskKind.PICK)
        db.session.execute(sa.update(Task).where(Task.id == task.id).values(lease_until=clock.now() - dt.timedelta(hours=1)))
        queue.claim(task.id, by=apples.w.person("wang", roles=["picker"]))
    picker.scan("PACK")
    assert (picker.tone, picker.code, picker.step) == ("stop", "task_over", "document")
    assert apples.w.on_hand("APPLE", at="PACK") == 0


@pytest.mark.parametrize("answer", ["CMD:NEXT", "CMD:DONE"])
def test_who_lost_the_list_while_deciding_claims_nothing_more_for_it(apples: Hall, picker: Scanner, engine: Engine, answer: str) -> None:
    apples.put("APPLE", 20, "A-02")
    apples.release("SO-1", ("APPLE", 8))
    apples.release("SO-2", ("PEAR", 5))
    number, _ = apples.list_of("SO-1"), apples.list_of("SO-2")
    picker.scan(number, "CMD:SHORT", "0", "MISSING")
    assert picker.step == "elsewhere"
    with db.transaction():
        session.execute(sa.update(Task).where(Task.document == number).values(lease_until=clock.now() - dt.timedelta(hours=1)))
    ben = Scanner(engine, apples.w.person("ben", roles=["picker"]), "pick")
    assert ben.scan("CMD:NEXT")["step"] == "source"
    picker.scan(answer)
    assert (picker.tone, picker.code, picker.step) == ("stop", "task_over", "document")
    assert (apples.lines("SO-1", "promised"), apples.lines("SO-1", "reserved")) == ([8], [0])
    apples.wave("SO-1")
    assert [place for place, _, _ in apples.reserved("SO-1")] == ["A-02"]


def test_work_begun_at_one_site_does_not_go_on_at_another(apples: Hall, app: Application) -> None:
    apples.w.site("SECOND")
    apples.release("SO-1", ("APPLE", 8))
    number = apples.list_of("SO-1")
    api = Api(app, Role.ADMIN)
    version = api.get("/scan/pick")["version"]
    here = api.post("/scan/pick", {"scan": number, "version": version, "key": "1"})
    there = api.get("/scan/pick", site="SECOND")
    assert (here["step"], there["step"], there["document"]) == ("source", "document", None)
    there = api.post("/scan/pick", {"scan": "A-01", "version": there["version"], "key": "2"}, site="SECOND")
    assert (there["step"], there["message"]["tone"]) == ("document", "stop")


def test_both_languages(apples: Hall, engine: Engine) -> None:
    apples.release("SO-1", ("APPLE", 8))
    number = apples.list_of("SO-1")
    wang = Scanner(engine, apples.w.person("wang", roles=["picker"], language="zh_CN"), "pick")
    wang.scan(number)
    assert wang.screen["prompt"] == "扫描库位 A-01"
    assert facts(wang.screen)["商品"] == "苹果"
    wang.scan("B-03")
    assert wang.screen["message"]["text"] == "这是库位 B-03，不是 A-01"


def test_a_confirming_scan_in_the_middle_of_an_order_needs_eight_statements(apples: Hall, picker: Scanner) -> None:
    apples.put("PLUM", 5, "A-05")
    apples.release("SO-1", ("APPLE", 8), ("PEAR", 2), ("PLUM", 2))
    picker.scan(apples.list_of("SO-1"))
    counts: list[int] = []
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_more):  # type: ignore[no-untyped-def]
        seen.append(statement)

    event.listen(db.database.engine, "before_cursor_execute", note)
    try:
        while picker.step != "document":
            confirming = picker.step == "target"
            seen.clear()
            picker.scan(picker.screen["expected"])
            if confirming:
                counts.append(len([one for one in seen if not one.startswith("BEGIN")]))
            else:
                # one of them looks whether anybody still wants the goods
                assert len([one for one in seen if not one.startswith("BEGIN")]) <= 4, seen
    finally:
        event.remove(db.database.engine, "before_cursor_execute", note)
    assert counts[1] <= 8, counts


def test_a_face_is_filled_by_scan(apples: Hall, engine: Engine) -> None:
    apples.face("F-01", "APPLE", 6, 12)
    apples.refill()
    worker = Scanner(engine, apples.w.person("worker", roles=["picker"]), "replenish")
    worker.scan("B-01")
    assert worker.code == "nothing_to_replenish"
    worker.scan("A-01")
    assert worker.step == "product"
    worker.scan("PEAR")
    assert worker.code == "wrong_product"
    worker.scan(EAN, CASE, CASE, "B-03")
    assert (worker.step, worker.code) == ("target", "wrong_location")
    worker.scan("F-01")
    assert worker.step == "task"
    assert apples.w.on_hand("APPLE", at="F-01") == 12
    worker.scan("CMD:NEXT")
    assert worker.code == "no_work"


def test_missing_goods_of_a_face_are_counted(apples: Hall, engine: Engine) -> None:
    apples.face("F-01", "APPLE", 6, 12)
    apples.refill()
    worker = Scanner(engine, apples.w.person("worker", roles=["picker"]), "replenish")
    worker.scan("CMD:NEXT", "CMD:SHORT")
    assert worker.step == "task"
    assert len(apples.tasks(TaskKind.COUNT)) == 1


def test_a_replenishment_asks_for_no_more_than_is_left_where_it_begins(apples: Hall, engine: Engine) -> None:
    apples.face("F-01", "APPLE", 6, 12)
    [task] = apples.refill()
    assert task.quantity == 12
    apples.w.move("APPLE", 9, "A-01", "A-05")
    worker = Scanner(engine, apples.w.person("worker", roles=["picker"]), "replenish")
    worker.scan("A-01")
    assert (worker.step, worker.tone, facts(worker.screen)["Quantity"]) == ("product", "ask", "11")
    assert worker.screen["message"]["text"] == "Bring 11 APPLE, not 12: no more is free at A-01"
    worker.scan("CMD:CANCEL", "CMD:NEXT")
    assert (worker.step, worker.tone, facts(worker.screen)["Quantity"]) == ("source", "calm", "11"), "said once"
    apples.w.move("APPLE", 2, "A-01", "A-05")
    worker.scan("A-01")
    assert (worker.step, facts(worker.screen)["Quantity"]) == ("product", "9")
    worker.scan("CMD:BACK")
    assert worker.step == "product", "the larger figure does not come back"
    worker.follow("task")
    assert apples.w.on_hand("APPLE", at="F-01") == 9


def test_what_orders_wait_for_counts_as_left_for_their_replenishment(apples: Hall, engine: Engine) -> None:
    apples.face("F-01", "APPLE", 6, 12)
    apples.release("SO-1", ("APPLE", 5))
    apples.wave("SO-1")
    assert [task.quantity for task in apples.tasks(TaskKind.REPLENISH)] == [12]
    apples.w.move("APPLE", 15, "A-01", "A-05")
    worker = Scanner(engine, apples.w.person("worker", roles=["picker"]), "replenish")
    worker.scan("CMD:NEXT")
    assert (worker.step, facts(worker.screen)["Quantity"]) == ("source", "5")
    worker.follow("task")
    assert [place for place, _, _ in apples.reserved("SO-1")] == ["F-01"]


@pytest.mark.parametrize("at_the_rack", [False, True])
def test_a_replenishment_with_nothing_left_ends(apples: Hall, engine: Engine, at_the_rack: bool) -> None:
    apples.face("F-01", "APPLE", 6, 12)
    apples.refill()
    worker = Scanner(engine, apples.w.person("worker", roles=["picker"]), "replenish")
    if at_the_rack:
        worker.scan("CMD:NEXT")
    apples.w.move("APPLE", 20, "A-01", "A-05")
    worker.scan("A-01" if at_the_rack else "CMD:NEXT")
    assert (worker.step, worker.tone) == ("task", "ask")
    assert worker.screen["message"]["text"] == "No APPLE is free at A-01 any more: this task is over"
    assert apples.tasks(TaskKind.REPLENISH, *(TaskStatus.OPEN, TaskStatus.CLAIMED)) == []
    apples.refill()
    worker.scan("CMD:NEXT")
    assert (worker.step, worker.screen["expected"]) == ("source", "A-05")


def test_the_guard_is_offered_no_next_work(hall: Hall) -> None:
    assert room.work.waiting is not None
    assert room.work.waiting(hall.w.person("guard", roles=["gate"])) is None
    assert room.work.waiting(hall.w.person("worker", roles=["picker"])) == 0


def test_work_hands_out_the_most_urgent_task_of_any_kind(apples: Hall, engine: Engine) -> None:
    apples.face("F-01", "APPLE", 6, 12)
    apples.release("SO-1", ("PEAR", 2), priority=9)
    apples.wave("SO-1")
    apples.refill()
    worker = Scanner(engine, apples.w.person("worker", roles=["picker"]), "work")
    worker.scan("CMD:NEXT")
    assert (worker.screen["flow"], worker.step) == ("pick", "source")
    pick = Scanner(engine, worker.by, "pick")
    pick.follow("document")
    worker = Scanner(engine, worker.by, "work")
    worker.scan("CMD:NEXT")
    assert (worker.screen["flow"], worker.step) == ("replenish", "source")


def test_without_work_the_worker_is_told(apples: Hall, engine: Engine) -> None:
    worker = Scanner(engine, apples.w.person("worker", roles=["picker"]), "work")
    worker.scan("CMD:NEXT")
    assert (worker.tone, worker.code) == ("stop", "no_work")


def test_a_tote_takes_the_goods_of_one_order(apples: Hall, picker: Scanner) -> None:
    with apples.w.transaction():
        apples.w.unit("T-1", at="PACK", kind="tote")
    apples.release("SO-1", ("APPLE", 2))
    apples.release("SO-2", ("APPLE", 3))
    picker.scan(apples.list_of("SO-1", "SO-2", method=Method.CLUSTER), "CMD:NEXT", "A-01", EAN, "2", "T-1")
    assert picker.step == "quantity"
    picker.scan("3", "T-1")
    assert picker.code == "tote_in_use"
    picker.scan("PACK")
    assert picker.step == "bring"
    picker.scan("PACK")
    assert picker.step == "document"
    assert session.execute(sa.text("SELECT COUNT(*) FROM stock WHERE handling_unit_id IS NOT NULL AND reserved = 2")).scalar() == 1


@pytest.mark.parametrize("last", ["pick", "cancel"])
def test_the_last_pick_and_the_last_order_withdrawn_together_leave_no_list(
    hall: Hall, picker: Scanner, app: Application, last: str
) -> None:
    """One of them is done and waits with its commit, for half a second at most, until the other is done too."""
    for number in (1, 2):
        hall.put(f"P{number}", 9, f"A-0{number}")
        hall.release(f"SO-{number}", (f"P{number}", 1))
    number_ = hall.list_of("SO-1", "SO-2", method=Method.BATCH)
    picker.scan(number_)
    picker.follow("target")
    task = waves.find_list(number_, by=hall.by).task_id
    line = next_line(task)
    assert line is not None
    other = next(one for one in ("SO-1", "SO-2") if one != line.order_number)
    first_is_done, second_is_done, pack = threading.Event(), threading.Event(), hall.w.location("PACK").id

    def put() -> None:
        together.confirm(line.claim_id, 1, task_id=task, target=Place(pack), by=picker.by, key="last")

    def cancel() -> None:
        withdrawal.cancel(other, by=hall.by)

    def first() -> None:
        with db.transaction():
            (cancel if last == "pick" else put)()
            first_is_done.set()
            second_is_done.wait(0.5)

    def second() -> None:
        first_is_done.wait(10)
        with db.transaction():
            (put if last == "pick" else cancel)()
            second_is_done.set()

    session.remove()
    assert all_at_once(app, [first, second]) == [None, None]
    session.rollback()
    if hall.task_status(number_) == "claimed":  # each saw the goods of the other still on it
        picker.scan("PACK")
        assert (picker.step, picker.tone) == ("document", "stop")
    assert hall.task_status(number_) in ("done", "cancelled")
    assert [one.document for one in hall.tasks(TaskKind.SORT, TaskStatus.OPEN)] == [number_]


def test_who_leaves_a_list_without_a_line_ends_it(hall: Hall, picker: Scanner) -> None:
    hall.put("APPLE", 5, "A-01", age=9)
    hall.put("APPLE", 5, "B-03")
    hall.release("SO-1", ("APPLE", 3))
    number = hall.list_of("SO-1")
    picker.scan(number, "A-01", "CMD:SHORT", "0", "MISSING")
    assert picker.step == "elsewhere"
    picker.scan("CMD:CANCEL")
    assert picker.screen["message"]["text"] == f"Nothing else is left on {number}: it has ended"
    assert hall.task_status(number) == "done"
    assert hall.lines("SO-1", "promised") == [3], "it waits to be planned"
    assert hall.list_of("SO-1") != number
