"""Papers of what has left say the same for ever; who prints one again is counted, and the copy says so outside its content."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api
from tests.printing import reading
from tests.shipping.conftest import Yard
from tests.web.desk import Desk
from wms import clock, db
from wms.actor import Role
from wms.catalog.models import Partner, Product
from wms.db import session, transaction
from wms.locations.models import Location
from wms.orders.models import Order
from wms.printing import keeping, pdf, zpl
from wms.printing.models import KeptPaper, PaperPrint
from wms.shipping import jobs, kept
from wms.shipping.models import Load, Shipment

BAND = ("仅供查看", "For viewing", "正本 ·", "Original ·", "副本", "Copy, print no.")


class Left:
    """A truck with two orders that went through the gate, and whoever asks for its papers."""

    def __init__(self, yard: Yard, app: Any) -> None:
        self.yard, self.api = yard, Api(app)
        yard.w.product("APPLE", name="Apple", name_zh="苹果", name_en="Apple")
        self.carton = yard.packed("SO-1", APPLE=4, PEAR=2)
        second = yard.packed("SO-2", APPLE=1)
        self.load = yard.plan("SO-1", "SO-2", plate="豫A8F213", driver="李强")
        yard.load(self.load, second, self.carton)
        self.gate_pass = yard.close(self.load, seal="S-4711")
        self.shipment = yard.shipment("SO-1").number
        self.papers = [
            ("packing-slip", self.shipment),
            ("packing-slip", self.carton),
            ("delivery-note", self.shipment),
            ("outbound-note", self.shipment),
            ("load-sheet", self.load.number),
            ("loading-checklist", self.load.number),
            ("carrier-manifest", self.load.number),
            ("gate-pass", self.gate_pass),
        ]

    def look(self, kind: str, number: str, **query: Any) -> str:
        return self._text(self.api.client.get(f"/documents/{kind}/{number}.pdf", headers=self.api.headers, query_string=query))

    def print(self, kind: str, number: str, reason: str = "", *, status: int = 200, api: Api | None = None) -> str:
        api = api or self.api
        answer = api.client.post(f"/documents/{kind}/{number}.pdf", headers=api.headers, query_string={"reason": reason})
        assert answer.status_code == status, answer.text[:500]
        return self._text(answer) if status == 200 else str(answer.get_json()["code"])

    def _text(self, answer: Any) -> str:
        assert answer.status_code == 200, answer.text[:500]
        return "\n".join(reading.text_of(bytes(answer.data)))


def content(text: str) -> str:
    """A paper's text without the band in its margin."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(BAND))


def rename_everything() -> None:
    """Products, partners, addresses, places and vehicles have other names from now on."""
    with transaction():
        session.execute(sa.update(Product).values(name="Other", name_zh="别的", name_en="Other"))
        session.execute(sa.update(Partner).values(name="Somebody else", address={"name": "别处", "city": "别处"}))
        session.execute(sa.update(Order).values(ship_to={"name": "别处", "city": "别处"}, notes="other notes"))
        session.execute(sa.update(Load).values(plate="OTHER", driver="Other", vehicle="Other", seal="OTHER"))
        session.execute(sa.update(Location).values(code=Location.code + "-X", code_key=Location.code_key + "-x"))
        session.execute(sa.update(Shipment).values(tracking="OTHER-" + Shipment.number))


@pytest.fixture
def left(yard: Yard, app: Any) -> Left:
    one = Left(yard, app)
    yard.leave(one.gate_pass)
    jobs.keep_papers()
    return one


def test_every_paper_of_what_left_says_the_same_after_everything_was_renamed(left: Left) -> None:
    before = {paper: left.print(*paper) for paper in left.papers}
    assert "苹果" in before["packing-slip", left.carton]
    rename_everything()
    for paper, said in before.items():
        again = left.print(*paper, "printer jammed")
        assert content(again) == content(said), paper
        assert content(left.look(*paper)) == content(said), paper
        assert "Other" not in again
        assert "副本（第 2 次打印）" in again
        assert "Copy, print no. 2" in again
        assert "outside · printer jammed" in again


def test_a_paper_that_nobody_printed_is_kept_as_soon_as_the_truck_is_gone(left: Left) -> None:
    before = left.look("outbound-note", left.shipment)
    rename_everything()
    assert content(left.look("outbound-note", left.shipment)) == content(before)
    assert jobs.keep_papers() == 0


def test_before_the_truck_is_gone_a_paper_says_what_is_so_now(yard: Yard, app: Any) -> None:
    loaded = Left(yard, app)
    assert jobs.keep_papers() == 0
    first = loaded.print("delivery-note", loaded.shipment)
    rename_everything()
    assert "别的" in loaded.print("delivery-note", loaded.shipment, "renamed")
    assert "正本 ·" in first


def test_looking_is_no_printing(left: Left) -> None:
    said = left.look("gate-pass", left.gate_pass)
    left.look("gate-pass", left.gate_pass)
    assert session.query(PaperPrint).count() == 0
    assert "仅供查看" in said
    assert "printed 0 times so far" in said


def test_a_second_print_asks_why_and_each_is_counted(left: Left) -> None:
    left.print("delivery-note", left.shipment)
    assert left.print("delivery-note", left.shipment, status=422) == "reprint_reason"
    left.print("delivery-note", left.shipment, "for the driver")
    prints = keeping.prints_of("delivery-note", left.shipment, by=left.yard.by)
    assert [(one.copy, one.reason, one.by) for one in prints] == [(2, "for the driver", "outside"), (1, None, "outside")]
    assert len({one.digest for one in prints}) == 1
    assert "printed 2 times so far" in left.look("delivery-note", left.shipment)


def test_a_copy_may_be_opened_by_who_had_it_printed_and_not_for_long(left: Left, app: Any, monkeypatch: Any) -> None:
    left.print("delivery-note", left.shipment)
    assert "正本 ·" in left.look("delivery-note", left.shipment, copy=1)
    assert "仅供查看" in left.look("delivery-note", left.shipment, copy=7)
    somebody = Api(app, Role.PACKER)
    answer = somebody.client.get(f"/documents/delivery-note/{left.shipment}.pdf?copy=1", headers=somebody.headers)
    assert "仅供查看" in reading.text_of(bytes(answer.data))[0]
    monkeypatch.setattr(keeping, "FRESH", dt.timedelta(0))
    assert "仅供查看" in left.look("delivery-note", left.shipment, copy=1)


def test_who_may_not_see_a_paper_may_not_print_it_though_it_is_kept(left: Left, app: Any) -> None:
    assert left.print("outbound-note", left.shipment, status=403, api=Api(app, Role.GATE)) == "not_permitted"
    elsewhere = Api(app, site_id=left.yard.w.site("NORTH"))
    assert left.print("outbound-note", left.shipment, status=404, api=elsewhere) == "shipment_unknown"


def test_a_truck_that_came_back_and_left_again_has_papers_of_both_times(left: Left) -> None:
    before = left.look("load-sheet", left.load.number)
    later = clock.now() + dt.timedelta(minutes=5)
    with transaction():
        session.execute(sa.update(Load).values(left_at=later, papers_kept_at=None, driver="王芳"))
        session.execute(sa.update(Shipment).values(left_at=later))
    assert jobs.keep_papers() > 0
    after = left.look("load-sheet", left.load.number)
    assert "王芳" in after
    assert "王芳" not in before
    rows = session.execute(sa.select(sa.func.count()).where(KeptPaper.kind == "load-sheet").select_from(KeptPaper)).scalar_one()
    assert rows == 2


def test_the_pass_of_a_truck_that_came_back_is_shown_as_void(left: Left, app: Any) -> None:
    said = left.look("gate-pass", left.gate_pass)
    left.yard.turn_back(left.load)
    void = left.look("gate-pass", left.gate_pass)
    assert "作废" in void
    assert "作废" not in said
    assert set(content(said).split()) <= set(content(void).split())
    outsider = Api(app, Role.PICKER)
    assert outsider.client.get(f"/documents/gate-pass/{left.gate_pass}.pdf", headers=outsider.headers).status_code == 403
    assert left.api.client.get("/documents/gate-pass/GP-99999.pdf", headers=left.api.headers).status_code == 404


def test_what_a_paper_said_when_the_truck_left_before_can_be_looked_at(left: Left) -> None:
    first = left.look("load-sheet", left.load.number)
    left.yard.turn_back(left.load)
    rename_everything()
    now = keeping.read("load-sheet", left.load.number, by=left.yard.by)
    assert isinstance(now, keeping.Standing)
    (before,) = keeping.other_versions(now, by=left.yard.by)
    assert before.final
    session.rollback()
    shown = left.look("load-sheet", left.load.number, kept=before.id)
    assert "已失效" in shown
    assert "豫A8F213" in shown
    assert "豫A8F213" not in left.look("load-sheet", left.load.number)
    assert "豫A8F213" in first
    assert "豫A8F213" not in left.look("load-sheet", left.load.number, kept=before.id + 100_000)


def test_papers_of_a_cancelled_order_are_void_and_still_say_what_was_printed(yard: Yard, app: Any) -> None:
    loaded = Left(yard, app)
    loaded.print("packing-slip", loaded.shipment)
    loaded.api.post("/orders/SO-1/cancel", {"reason": "customer"})
    void = loaded.print("packing-slip", loaded.shipment, "for the file")
    assert "作废 VOID" in void
    assert "苹果" in void
    assert "作废 VOID" in loaded.look("delivery-note", loaded.shipment)


def test_two_people_who_print_at_once_have_different_copies(left: Left) -> None:
    by = left.yard.by
    one = keeping.read("delivery-note", left.shipment, by=by)
    other = keeping.read("delivery-note", left.shipment, by=by)
    assert isinstance(one, keeping.Standing)
    assert isinstance(other, keeping.Standing)
    with transaction():
        assert [keeping.count(each, by=by).copy for each in (one, other)] == [1, 2]


def test_the_api_tells_every_print(left: Left) -> None:
    left.print("delivery-note", left.shipment)
    left.print("delivery-note", left.shipment, "lost")
    paper = left.api.get(f"/papers/delivery-note/{left.shipment}")
    assert [(one["copy_number"], one["reason"], one["unchanged"]) for one in paper["prints"]] == [(2, "lost", True), (1, None, True)]
    assert paper["final_since"]
    assert paper["kept_at"]
    assert left.api.get("/papers/poster/1", status=404)["code"] == "kind_unknown"


def test_a_turn_with_nothing_to_do_looks_at_nothing(left: Left) -> None:
    """Sixty trucks a day for a year must not be looked through every two seconds."""
    session.rollback()
    if db.is_postgresql():
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    query = kept.waiting().compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plan = [str(row[-1]) for row in session.execute(sa.text(f"{'EXPLAIN' if db.is_postgresql() else 'EXPLAIN QUERY PLAN'} {query}"))]
    assert any("ix_loads_papers" in step for step in plan), plan
    assert session.execute(kept.waiting()).all() == []


def test_the_papers_of_several_trucks_are_kept_in_one_turn(yard: Yard, app: Any) -> None:
    loads = [_away(yard, number) for number in ("SO-1", "SO-2", "SO-3")]
    session.rollback()
    assert jobs.keep_papers() > 0
    assert all(yard.fresh(load).papers_kept_at is not None for load in loads)
    assert jobs.keep_papers() == 0


def _away(yard: Yard, number: str) -> Load:
    """A truck that has left with one order."""
    carton = yard.packed(number, APPLE=1)
    load = yard.plan(number)
    yard.load(load, carton)
    yard.leave(yard.close(load))
    return load


def test_a_load_whose_papers_cannot_be_made_holds_up_no_other(yard: Yard, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_TROUBLE", {})
    made = kept.papers_of
    loads = [_away(yard, number) for number in ("SO-1", "SO-2")]
    first = loads[0].id

    def papers_of(load: Load, by: Any) -> Any:
        if load.id == first:
            raise KeyError("broken")
        return made(load, by)

    session.rollback()
    with monkeypatch.context() as broken:
        broken.setattr(kept, "papers_of", papers_of)
        assert jobs.keep_papers() > 0
        assert jobs.keep_papers() == 0
    assert yard.fresh(loads[1]).papers_kept_at is not None
    assert yard.fresh(loads[0]).papers_kept_at is None
    monkeypatch.setattr(jobs, "_TROUBLE", {first: clock.now() - dt.timedelta(seconds=1)})
    session.rollback()
    assert jobs.keep_papers() > 0, "it is tried again after a while"


def test_nothing_is_drawn_inside_a_transaction(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """To look at, to print, many in one file, labels for a label printer, and by the background that keeps them."""
    drawn: list[str] = []

    def outside(what: str, draw: Any) -> Any:
        def drawing_one(*of: Any, **how: Any) -> Any:
            assert not db.in_transaction(), f"{what} is drawn inside a transaction"
            drawn.append(what)
            return draw(*of, **how)

        return drawing_one

    monkeypatch.setattr(pdf, "Layout", outside("paper", pdf.Layout))
    monkeypatch.setattr(zpl, "to_zpl", outside("label", zpl.to_zpl))
    for kind, number in left.papers:
        left.look(kind, number)
        left.print(kind, number, "lost")
    jobs.keep_papers()
    for kind, number in left.papers:
        left.look(kind, number)
    answer = left.api.client.post(f"/shipments/papers/packing-slip.pdf?load={left.load.number}&reason=lost", headers=left.api.headers)
    assert answer.status_code == 200, answer.text
    desk = Desk(left.api.client)
    assert "^XA" in desk.get("/labels/locations.zpl")
    assert drawn.count("paper") == 3 * len(left.papers) + 2, drawn
    assert drawn.count("label") > 1
