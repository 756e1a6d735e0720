"""Goods are inspected before anybody may promise them: by a rule, with a sample, decided whole or in part."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.http import Api
from tests.orders.desk import Desk
from tests.receiving.conftest import Dock
from tests.warehouse import PREFIX, Warehouse
from wms import clock, db
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.errors import Conflict
from wms.orders import differences, operations
from wms.orders.inbound import find_inbound
from wms.orders.lines import NewLine
from wms.orders.models import Difference, DifferenceKind, InboundKind, InboundLine, Outcome
from wms.orders.timeline import timelines
from wms.picking import replenishment
from wms.receiving import disposition, inspection, inspection_rules, moves, return_queries, returns, settling
from wms.receiving.check_in import Receipt
from wms.receiving.documents import goods_received_note
from wms.receiving.inspection import Result, Verdict
from wms.receiving.inspection_rules import NewRule
from wms.receiving.models import Found, Inspection, InspectionStatus, Return, Sampling
from wms.stock import operations as stock
from wms.stock import promises
from wms.stock.models import Batch, Condition, HandlingUnit
from wms.stock.operations import NotInRacks
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


class House:
    """Deliveries of TEA that a rule wants inspected."""

    def __init__(self, w: Warehouse, dock: Dock) -> None:
        self.w, self.dock = w, dock

    def rule(self, **facts: Any) -> None:
        with self.w.transaction():
            inspection_rules.add_rule(NewRule(**facts), by=self.w.by)

    def comes(self, quantity: int = 50, number: str = "IN-1", **facts: Any) -> Receipt:
        self.dock.announce(("TEA", quantity), number=number)
        return self.dock.receive("TEA", quantity, number=number, **facts)

    def one(self, number: str = "Q-10001") -> Inspection:
        return session.execute(
            sa.select(Inspection).where(Inspection.number == number).execution_options(populate_existing=True)
        ).scalar_one()

    def result(self, number: str = "Q-10001", *, by: Any = None, key: str | None = None, **verdict: Any) -> Result:
        with self.w.transaction():
            return inspection.result(number, Verdict(**verdict), by=by or self.w.by, key=key or self.w.key(), company_prefix=PREFIX)

    def available(self) -> int:
        return promises.available(self.w.site_id, self.w.product("TEA").id)

    def tasks(self, kind: TaskKind) -> list[Task]:
        live = [TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]
        return list(session.execute(sa.select(Task).where(Task.kind == kind.value, Task.status.in_(live)).order_by(Task.id)).scalars())


@pytest.fixture
def house(w: Warehouse, dock: Dock) -> House:
    return House(w, dock)


def counters(dock: Dock) -> tuple[int, int, int]:
    line = dock.line()
    return line.received, line.rejected, line.put_away


# -- opened with the receipt ---------------------------------------------------------------------------------------------------


def test_what_a_rule_asks_for_comes_in_uninspected_with_its_task(w: Warehouse, house: House) -> None:
    house.rule(sampling=Sampling.FIXED, sample=5)
    receipt = house.comes()
    one = house.one()
    assert w.on_hand("TEA", at="DOCK", unit=receipt.unit, condition="inspection") == 50
    assert (one.status, one.quantity, one.sample_size, one.fails_from) == ("open", 50, 5, 1)
    assert one.why == [{"en": "Rule 1: each delivery", "zh_CN": "规则 1：每批必检"}]
    (task,) = house.tasks(TaskKind.INSPECT)
    assert (task.document, task.quantity, task.handling_unit_id) == ("Q-10001", 50, receipt.unit.id)
    order = find_inbound("IN-1", by=w.by)
    assert "50 × TEA wait for inspection Q-10001" in [line.text for line in timelines("inbound_order", [order.id], "en")[order.id]]


def test_what_no_rule_asks_for_is_good_at_once(w: Warehouse, house: House) -> None:
    house.rule(sku=w.product("SOAP").sku)
    house.comes()
    assert (house.available(), session.query(Inspection).count()) == (50, 0)


def test_each_line_of_a_receipt_has_an_inspection_of_its_own(house: House, dock: Dock) -> None:
    house.rule()
    dock.announce(("TEA", 5), ("TEA", 7))
    dock.receive("TEA", 12)
    assert [house.one(number).quantity for number in ("Q-10001", "Q-10002")] == [5, 7]
    house.result("Q-10002", rejected=7)
    house.result("Q-10001", accepted=5)
    for task in house.tasks(TaskKind.PUTAWAY):
        dock.store(task)
    assert [(one.received, one.rejected, one.put_away) for one in (dock.line(line="1"), dock.line(line="2"))] == [(5, 0, 5), (7, 7, 7)]


def test_an_undone_receipt_takes_its_inspection_with_it(house: House, dock: Dock) -> None:
    house.rule()
    dock.undo(house.comes())
    assert (house.one().status, house.tasks(TaskKind.INSPECT)) == ("withdrawn", [])
    with pytest.raises(inspection.InspectionOver):
        house.result(accepted=1)


# -- nothing uninspected is promised -------------------------------------------------------------------------------------------


def test_nothing_uninspected_is_promised_and_what_is_accepted_is_at_once(house: House, w: Warehouse) -> None:
    desk = Desk(w)
    desk.enter("SO-1", TEA=30)
    house.rule()
    house.comes()
    assert (house.available(), desk.release("SO-1"), list(desk.reasons("SO-1"))) == (0, "held", ["stock"])
    house.result(accepted=20, rejected=0)
    assert desk.status("SO-1") == "held"
    house.result(accepted=10)
    assert (desk.status("SO-1"), desk.reasons("SO-1")) == ("received", {})
    assert desk.release("SO-1") == "released"
    assert house.available() == 0


def test_uninspected_goods_are_neither_put_into_racks_nor_brought_to_a_face(w: Warehouse, house: House, dock: Dock) -> None:
    with w.transaction():
        w.location("F-01", kind="pick_face", assigned_product_id=w.product("TEA").id, assigned_minimum=5, assigned_maximum=40)
    house.rule()
    receipt = house.comes()
    with w.transaction():
        assert replenishment.refill(w.site_id) == []
    assert dock.target(receipt) == "INSP"
    for place in ("A-01", "F-01"):
        with pytest.raises(NotInRacks), w.transaction():
            moves.move_plate(session.get_one(HandlingUnit, receipt.unit.id), dock.id(place), by=w.by, key=w.key())
        with pytest.raises(NotInRacks), w.transaction():
            stock.move_goods("TEA", 5, "DOCK", place, by=w.by, condition=Condition.INSPECTION)
    dock.store(receipt.task)
    with w.transaction():
        assert replenishment.refill(w.site_id) == []
    assert (w.on_hand("TEA", at="INSP"), house.available()) == (50, 0)


def test_accepted_where_it_was_inspected_it_is_promised_and_put_away_from_there(w: Warehouse, house: House, dock: Dock) -> None:
    house.rule()
    dock.store(house.comes().task)
    house.result(accepted=50)
    assert house.available() == 50
    (task,) = house.tasks(TaskKind.PUTAWAY)
    dock.store(task)
    assert (w.on_hand("TEA", at="INSP"), counters(dock)) == (0, (50, 0, 50))


def test_the_order_and_the_inspector_at_one_moment_promise_each_piece_once(app: Application, w: Warehouse, house: House) -> None:
    desk = Desk(w)
    for number in range(4):
        desk.enter(f"SO-{number}", TEA=20)
    house.rule()
    house.comes()
    session.rollback()

    def release(number: int) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                return operations.release(f"SO-{number}", by=w.by).status

        return unit

    def accept() -> Any:
        with db.transaction():
            return inspection.result("Q-10001", Verdict(accepted=50), by=w.by, key="race", company_prefix=PREFIX).inspection.status

    answers = all_at_once(app, [release(0), accept, release(1), release(2), release(3)])
    assert answers[1] == "accepted"
    for number in range(4):
        if desk.status(f"SO-{number}") in ("received", "held"):
            desk.release(f"SO-{number}")
    released = [number for number in range(4) if desk.status(f"SO-{number}") == "released"]
    assert (len(released), house.available()) == (2, 10)


def test_two_results_at_one_moment_decide_about_each_piece_once(app: Application, w: Warehouse, house: House) -> None:
    house.rule()
    house.comes()
    session.rollback()

    def decide(number: int, verdict: Verdict) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                return inspection.result("Q-10001", verdict, by=w.by, key=f"race-{number}", company_prefix=PREFIX).inspection.status

        return unit

    verdicts = [Verdict(accepted=50), Verdict(rejected=50), Verdict(accepted=48, rejected=2)]
    answers = all_at_once(app, [decide(number, verdict) for number, verdict in enumerate(verdicts)])
    assert sorted(type(one).__name__ for one in answers) == ["InspectionOver", "InspectionOver", "str"]
    assert all(isinstance(one, str | Conflict) for one in answers)
    assert house.one().open_quantity == 0


# -- results -------------------------------------------------------------------------------------------------------------------


def test_a_part_is_accepted_and_a_part_is_rejected(w: Warehouse, house: House, dock: Dock) -> None:
    house.rule()
    receipt = house.comes(500)
    found = house.result(accepted=480, rejected=20, defects={"dirty": 15, "broken": 5}, note="wet pallet")
    (carton,) = found.units
    assert w.on_hand("TEA", unit=receipt.unit, condition="good") == 480
    assert w.on_hand("TEA", unit=carton, condition="damaged") == 20
    assert (house.one().status, counters(dock), house.available()) == ("partly", (500, 20, 0), 480)
    assert sorted(task.quantity or 0 for task in house.tasks(TaskKind.PUTAWAY)) == [20, 480]
    assert house.tasks(TaskKind.INSPECT) == []
    difference = found.difference
    assert difference is not None
    assert (difference.kind, difference.quantity, difference.reason, difference.note) == ("rejected", 20, "dirty", "wet pallet")


def test_what_was_rejected_is_settled_from_the_work_list(w: Warehouse, house: House, dock: Dock) -> None:
    house.rule()
    house.comes()
    difference = house.result(accepted=48, rejected=2).difference
    assert difference is not None
    with w.transaction():
        settling.settle(difference.number, Outcome.SENT_BACK, by=w.by, key=w.key(), company_prefix=PREFIX)
    assert (w.on_hand("TEA"), counters(dock)) == (48, (50, 2, 0))
    assert [task.quantity for task in house.tasks(TaskKind.PUTAWAY)] == [48]


def test_it_may_be_decided_bit_by_bit(house: House, w: Warehouse) -> None:
    house.rule()
    house.comes()
    house.result(accepted=10)
    assert (house.one().status, house.available(), house.one().open_quantity) == ("open", 10, 40)
    house.result(rejected=15)
    house.result(accepted=25)
    assert (house.one().status, house.available(), w.on_hand("TEA", condition="damaged")) == ("partly", 35, 15)


@pytest.mark.parametrize(
    ("verdict", "refusal"),
    [
        ({}, inspection.ResultWrong),
        ({"accepted": 51}, inspection.ResultWrong),
        ({"accepted": 40, "rejected": 11}, inspection.ResultWrong),
        ({"accepted": 60, "rejected": -10}, inspection.ResultWrong),
        ({"accepted": 50, "defects": {"dirty": 1}}, inspection.DefectiveAccepted),
        ({"accepted": 49, "defects": {"dirty": 1}}, inspection.SampleFailed),
        ({"rejected": 50, "defects": {"ugly": 1}}, inspection.DefectWrong),
        ({"rejected": 50, "defects": {"dirty": 0}}, inspection.DefectWrong),
        ({"rejected": 50, "defects": {"dirty": 51}}, inspection.DefectWrong),
        ({"conceded": 50}, inspection.ConcessionReason),
        ({"conceded": 50, "concession": "  "}, inspection.ConcessionReason),
    ],
)
def test_a_result_that_does_not_fit_changes_nothing(house: House, w: Warehouse, verdict: dict[str, Any], refusal: type[Exception]) -> None:
    house.rule(sampling=Sampling.FIXED, sample=5)
    house.comes()
    with pytest.raises(refusal):
        house.result(**verdict)
    assert (house.one().status, house.one().defects, w.on_hand("TEA", condition="inspection")) == ("open", [], 50)


def test_a_sample_that_failed_is_sorted_rejected_or_conceded(house: House) -> None:
    house.rule(sampling=Sampling.FIXED, sample=5)
    for number in ("IN-1", "IN-2", "IN-3"):
        house.comes(number=number)
    house.result("Q-10001", accepted=45, rejected=5, defects={"dirty": 5}, sorted_out=True)
    house.result("Q-10002", rejected=50, defects={"dirty": 1})
    house.result("Q-10003", conceded=50, defects={"looks": 2}, concession="label only, the shop agrees")
    assert [house.one(f"Q-1000{number}").status for number in (1, 2, 3)] == ["partly", "rejected", "accepted"]
    third = house.one("Q-10003")
    assert (third.conceded, third.allowed_by_id, third.concession) == (50, house.w.by.id, "label only, the shop agrees")


def test_so_many_defective_ones_may_be_let_pass(house: House) -> None:
    house.rule(sampling=Sampling.FIXED, sample=20, allowed=2)
    house.comes()
    house.result(accepted=48, rejected=2, defects={"dirty": 2})
    assert house.one().status == "partly"


def test_a_concession_is_a_supervisors(w: Warehouse, house: House) -> None:
    house.rule()
    house.comes()
    receiver, supervisor = w.person("receiver", roles=[Role.RECEIVER]), w.person("boss", roles=[Role.SUPERVISOR])
    with pytest.raises(inspection.ConcessionForbidden):
        house.result(by=receiver, conceded=50, concession="looks fine")
    house.result(by=supervisor, conceded=50, concession="looks fine")
    assert house.one().allowed_by_id == supervisor.id


def test_goods_that_wait_for_a_result_are_decided_by_it_alone(w: Warehouse, house: House) -> None:
    house.rule()
    receipt = house.comes()
    which = disposition.Which(house.one().batch_id, 50, unit_id=receipt.unit.id)
    for verb in (disposition.scrap, disposition.send_back):
        with pytest.raises(disposition.UnderInspection), w.transaction():
            verb(which, by=w.by, key=w.key())


def test_another_plate_of_the_batch_is_left_alone(w: Warehouse, house: House, dock: Dock) -> None:
    house.rule()
    dock.announce(("TEA", 100))
    first, second = dock.receive("TEA", 50), dock.receive("TEA", 50)
    house.result("Q-10002", accepted=50)
    assert w.on_hand("TEA", unit=second.unit, condition="good") == 50
    assert w.on_hand("TEA", unit=first.unit, condition="inspection") == 50


def test_lost_goods_end_their_inspection(w: Warehouse, house: House) -> None:
    house.rule()
    house.comes()
    with pytest.raises(inspection.GoodsAreThere), w.transaction():
        inspection.drop("Q-10001", by=w.by)
    house.result(accepted=10)
    with w.transaction():
        stock.adjust("TEA", "DOCK", -40, by=w.by, condition=Condition.INSPECTION, reason="stolen")
    with pytest.raises(disposition.NotHeld):
        house.result(accepted=40)
    with w.transaction():
        inspection.drop("Q-10001", by=w.by, reason="stolen")
    assert (house.one().status, house.one().quantity, house.tasks(TaskKind.INSPECT)) == ("accepted", 10, [])


def test_whoever_held_the_task_is_told_that_the_desk_was_quicker(w: Warehouse, house: House) -> None:
    house.rule()
    house.comes()
    inspector = w.person("inspector")
    with w.transaction():
        claimed = queue.claim(house.tasks(TaskKind.INSPECT)[0].id, by=inspector)
    house.result(accepted=50)
    with pytest.raises(queue.TaskOver), w.transaction():
        queue.finish(claimed.id, epoch=claimed.epoch, by=inspector)


def test_another_site_does_not_know_it(w: Warehouse, house: House) -> None:
    house.rule()
    house.comes()
    with pytest.raises(inspection.InspectionUnknown):
        house.result(by=w.person("stranger", site=w.site("SOUTH")), accepted=50)


def test_the_goods_received_note_tells_what_waits_and_what_was_found(house: House, w: Warehouse) -> None:
    house.rule()
    house.comes()
    assert _inspected(w) == [["Q-10001", "TEA", None, 50, None, None, None, None, None]]
    house.result(accepted=40)
    house.result(rejected=10, certificate="QC-1")
    assert _inspected(w) == [["Q-10001", "TEA", None, None, 40, None, 10, "QC-1", "Tester"]]


def _inspected(w: Warehouse) -> list[list[Any]]:
    session.rollback()
    (section,) = [one for one in goods_received_note("IN-1", w.by).sections if one.title and one.title.en == "Inspection"]
    return [list(row) for row in section.rows]


def test_what_came_back_in_doubt_is_inspected_like_anything_else(house: House, w: Warehouse, dock: Dock) -> None:
    desk = Desk(w)
    w.receive("TEA", 10, at="A-01")
    desk.enter("SO-1", TEA=10)
    desk.release("SO-1")
    claim = desk.plan("SO-1", "A-01")
    desk.pick("SO-1", claim, "A-01")
    desk.ship("SO-1", desk.pack("SO-1", claim))
    with w.transaction():
        header = returns.open_return(order=desk.order("SO-1"), by=w.by)
        back = returns.take_back(
            header.number, w.product("TEA"), 4, location_id=dock.id("INSP"), found=Found.OPENED, by=w.by, key=w.key(), company_prefix=PREFIX
        )
    one = house.one()
    assert (one.quantity, one.document, one.handling_unit_id) == (4, header.number, back.unit and back.unit.id)
    assert one.why[0]["en"] == "It came back, and is in doubt"
    assert _line_of(header).state.say("en") == "Waits for inspection"
    house.result(accepted=3)
    assert (_line_of(header).state.say("en"), _line_of(header).tone) == ("3 of 4 decided by quality", "ask")
    house.result(rejected=1)
    assert house.available() == 3
    assert (_line_of(header).state.say("en"), _line_of(header).tone) == ("3 accepted, 1 rejected", "stop")


def _line_of(header: Return) -> return_queries.LineView:
    session.rollback()
    (view,) = return_queries.shown([header], "en")
    return view.lines[0]


# -- production and its certificate --------------------------------------------------------------------------------------------


def produced(house: House, certificate: str | None = None) -> Receipt:
    house.dock.announce(NewLine(sku="TEA", quantity=50, certificate=certificate or "QC-1"), number="PN-1", kind=InboundKind.PRODUCTION)
    if certificate is None:  # the notice came from a system that knew none yet
        with house.w.transaction():
            session.execute(sa.update(InboundLine).values(certificate=None))
        session.expire_all()
    return house.dock.receive("TEA", 50, number="PN-1")


def test_production_with_its_certificate_is_good_and_the_batch_has_it(w: Warehouse, house: House) -> None:
    produced(house, "QC-7")
    assert (house.available(), session.query(Batch).one().certificate) == (50, "QC-7")


def test_production_without_its_certificate_waits_for_it(w: Warehouse, house: House) -> None:
    produced(house)
    one = house.one()
    assert (house.available(), one.sample_size, one.needs_certificate) == (0, 0, True)
    with pytest.raises(inspection.CertificateWanted):
        house.result(accepted=50)
    with pytest.raises(inspection.CertificateWanted):
        house.result(conceded=50, concession="tomorrow")
    house.result(accepted=50, certificate="QC-8")
    assert (house.available(), session.query(Batch).one().certificate, house.one().status) == (50, "QC-8", "accepted")


def test_without_a_certificate_it_may_still_be_rejected(house: House) -> None:
    produced(house)
    house.result(rejected=50)
    assert (house.one().status, house.available()) == ("rejected", 0)


def test_the_certificate_may_come_before_the_result(house: House, w: Warehouse) -> None:
    produced(house)
    with pytest.raises(inspection.CertificateWanted), w.transaction():
        inspection.enter_certificate("Q-10001", " ", by=w.by)
    with w.transaction():
        inspection.enter_certificate("Q-10001", " QC-9 ", by=w.by)
    house.result(accepted=50)
    assert session.query(Batch).one().certificate == "QC-9"


# -- over the API --------------------------------------------------------------------------------------------------------------


def listed(api: Api, path: str, **query: str) -> list[dict[str, Any]]:
    """A list, with `status` among its filters."""
    return list(api._ask("GET", path, None, query_string=query)["items"])


def test_a_machine_reads_inspections_and_enters_results(api: Api, house: House) -> None:
    house.rule(sampling=Sampling.AQL, sample=250)
    receipt = house.comes(500)
    (one,) = listed(api, "/inspections", status="open", sku="tea", inbound_order="in-1")
    assert (one["number"], one["sample_size"], one["fails_from"], one["handling_unit"]) == ("Q-10001", 50, 4, receipt.unit.code)
    body = {"accepted": 497, "rejected": 3, "defects": [{"reason": "dirty", "quantity": 2}, {"reason": "dirty", "quantity": 1}]}
    answer = api.post("/inspections/q-10001/result", body, key="r-1")
    assert api.post("/inspections/q-10001/result", body, key="r-1") == answer
    assert (answer["inspection"]["status"], answer["inspection"]["defects"]) == ("partly", [{"reason": "dirty", "quantity": 3}])
    (told,) = api.get("/inbound-orders/IN-1")["differences"]
    assert (told["number"], told["kind"], told["quantity"], told["owner"]) == (answer["difference"], "rejected", 3, "supervisor")
    assert api.get("/availability", sku="TEA")["available"] == 497
    assert api.post("/inspections/Q-10001/result", {"accepted": 1}, status=409)["code"] == "inspection_over"
    assert api.post("/inspections/Q-9/result", {"accepted": 1}, status=404)["code"] == "inspection_unknown"
    assert api.post("/inspections/Q-10001/result", {"accepted": -1}, status=422)["errors"][0]["pointer"] == "/accepted"
    assert api.post("/inspections/Q-10001/result", {"defects": [{"reason": "ugly", "quantity": 1}]}, status=422)["code"]


def test_a_machine_settles_a_difference(api: Api, house: House) -> None:
    house.rule()
    house.comes()
    number = api.post("/inspections/Q-10001/result", {"accepted": 40, "rejected": 10})["difference"]
    assert listed(api, "/differences", status="open", kind="rejected", owner="supervisor")[0]["number"] == number
    refused = api.post(f"/differences/{number}/settle", {"outcome": "delivered_later"}, status=409)
    assert refused["code"] == "outcome_not_fitting"
    settled = api.post(f"/differences/{number.lower()}/settle", {"outcome": "scrapped", "text": "wet"})
    assert (settled["difference"]["outcome"], settled["difference"]["ending"], settled["difference"]["outcomes"]) == ("scrapped", "wet", [])
    assert api.client.get(f"/documents/transfer-note/{settled['transfer_note']}.pdf", headers=api.headers).status_code == 200
    assert api.post(f"/differences/{number}/settle", {"outcome": "scrapped"}, status=409)["code"] == "difference_over"
    assert listed(api, "/differences", status="open") == []
    assert api.get("/differences/D-9", status=404)["code"] == "difference_unknown"


@pytest.mark.parametrize(("role", "result", "settle"), [(Role.RECEIVER, 200, 403), (Role.PICKER, 403, 403), (Role.SALES, 403, 200)])
def test_who_inspects_and_who_decides(app: Application, house: House, role: Role, result: int, settle: int) -> None:
    house.rule()
    house.comes()
    house.comes(number="IN-2")
    difference = house.result("Q-10002", rejected=50).difference
    assert difference is not None
    machine = Api(app, role)
    machine.post("/inspections/Q-10001/result", {"accepted": 50}, status=result)
    machine.post(f"/differences/{difference.number}/settle", {"outcome": "credited"}, status=settle)


def test_every_status_and_moment_is_kept(house: House, w: Warehouse) -> None:
    house.rule()
    house.comes()
    house.result(accepted=50)
    one = house.one()
    assert one.ended_at is not None
    assert clock.now() - one.ended_at < dt.timedelta(minutes=1)
    assert {InspectionStatus(one.status).text.say("zh_CN"), InspectionStatus.PARTLY.tone} == {"合格", "ask"}
    assert session.query(Difference).count() == 0
    with pytest.raises(differences.DifferenceUnknown), w.transaction():
        settling.settle("D-1", Outcome.SCRAPPED, by=w.by, key=w.key(), company_prefix=PREFIX)


def test_a_surplus_that_is_accepted_is_inspected_like_the_rest_of_its_delivery(w: Warehouse, dock: Dock) -> None:
    with w.transaction():
        w.product("TEA")
        inspection_rules.add_rule(NewRule(sku="TEA"), by=w.by)
    dock.announce(("TEA", 10))
    dock.receive("TEA", 10)
    surplus = dock.receive("TEA", 5, objection=DifferenceKind.OVER)
    number = session.execute(sa.select(Difference.number)).scalar_one()
    with w.transaction():
        _, decided = settling.settle(number, Outcome.ACCEPTED, by=w.by, key=w.key(), company_prefix=PREFIX)
    assert decided is not None
    assert promises.available(w.site_id, w.product("TEA").id) == 0
    opened = inspection.find(decided.inspections[0], by=w.by)
    assert (opened.quantity, opened.handling_unit_id) == (5, surplus.unit.id)
    with w.transaction():
        inspection.result(opened.number, Verdict(accepted=5), by=w.by, key=w.key(), company_prefix=PREFIX)
    assert promises.available(w.site_id, w.product("TEA").id) == 5


def test_production_without_a_certificate_waits_for_it_also_when_it_was_objected_to(w: Warehouse, dock: Dock) -> None:
    order = dock.announce(NewLine(sku="TEA", quantity=10, certificate="QC-1"), kind=InboundKind.PRODUCTION)
    with w.transaction():  # the notice came from a system that knew none yet
        session.execute(sa.update(InboundLine).values(certificate=None))
    session.expire_all()
    dock.receive("TEA", 5, objection=DifferenceKind.OVER)
    number = session.execute(sa.select(Difference.number)).scalar_one()
    with w.transaction():
        _, decided = settling.settle(number, Outcome.ACCEPTED, by=w.by, key=w.key(), company_prefix=PREFIX)
    assert decided is not None
    assert promises.available(w.site_id, w.product("TEA").id) == 0
    opened = inspection.find(decided.inspections[0], by=w.by)
    assert (opened.needs_certificate, opened.inbound_order_id) == (True, order.id)
