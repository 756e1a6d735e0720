"""Plans, programmes, classes, rules, sheets, differences and results at the desk."""

from __future__ import annotations

import dataclasses
import re

import pytest
import sqlalchemy as sa
from werkzeug.test import Client

from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.auth.models import Person
from wms.db import session, transaction
from wms.locations import freezing
from wms.stock.models import MovementKind
from wms.stocktake import classes, counting, counts, deciding, opening, programmes, results, sheets, tolerances
from wms.stocktake.choice import Choice
from wms.stocktake.models import CountPlan
from wms.stocktake.plan_models import CountSheet, Programme
from wms.tasks import triggers
from wms.tasks.models import Trigger


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client, Role.SUPERVISOR)


def goods(w: Warehouse) -> None:
    for number in range(1, 5):
        w.location(f"A-0{number}", zone="A", aisle="A", y_mm=number)
    w.location("B-01", zone="B")
    w.product("APPLE", unit_value=250)
    w.receive("APPLE", 10, at="A-01")
    w.receive("PEAR", 4, at="B-01")


def number() -> str:
    return session.execute(sa.select(CountPlan.number).order_by(CountPlan.id.desc()).limit(1)).scalar_one()


def test_a_full_count_is_opened_with_a_zone_frozen_and_its_page_tells_how_far_each_zone_is(w: Warehouse, desk: Desk) -> None:
    goods(w)
    assert "Freeze zone A" in desk.get("/counting/new")
    desk.post("/counting/full", freeze="A", reason="month end")
    page = desk.get(f"/counts/{number()}")
    assert "frozen" in page
    assert "0/4" in page
    assert "0/1" in page
    assert [one.zone for one in freezing.frozen(w.site_id)] == ["A"]
    desk.post("/counting/zones/free", zone="A", back=f"/counts/{number()}")
    desk.post("/counting/zones/freeze", zone="B", number=number())
    session.close()
    assert [one.zone for one in freezing.frozen(w.site_id)] == ["B"]
    assert "Zone" in desk.get("/counting/rules")


def test_a_plan_is_chosen_by_several_things_and_as_a_sample(w: Warehouse, desk: Desk) -> None:
    goods(w)
    desk.post("/counting/new", zone="A", confidence="90", error="10")
    assert "4 locations, 90 % ± 10 %" in desk.get(f"/counts/{number()}")
    page = desk.post("/counting/new", status=422, owner="NOBODY")
    assert "There is no partner NOBODY" in page


def test_a_programme_is_made_changed_and_opens_its_day(w: Warehouse, desk: Desk) -> None:
    goods(w)
    assert "No programmes yet" in desk.get("/counting/programmes")
    desk.post("/counting/programmes/new", status=422, name="", every_days="0")
    desk.post("/counting/programmes/new", name="Aisle A", every_days="1", zone="A", active="1")
    one = session.execute(sa.select(Programme)).scalar_one()
    assert "Aisle A" in desk.get("/counting/programmes")
    assert 'value="Aisle A"' in desk.get(f"/counting/programmes/{one.id}")
    with transaction():
        session.execute(sa.text("INSERT INTO count_rules (site_id, abc_by, abc_a_percent, abc_b_percent, abc_margin_percent, abc_days, abc_automatic, working_days, shifts, suspicious_places, key_twice) VALUES (:s, 'picks', 80, 95, 2, 91, :f, '[0,1,2,3,4,5,6]', '[[\"08:00\", \"16:00\"]]', 2, :f)"), {"s": w.site_id, "f": False})  # fmt: skip  # noqa: E501
    desk.post(f"/counting/programmes/{one.id}/open")
    assert session.execute(sa.select(sa.func.count()).select_from(CountPlan)).scalar_one() == 1
    desk.post(f"/counting/programmes/{one.id}", name="All", every_days="7")
    session.close()
    assert programmes.listed(w.site_id)[0].name == "All"
    assert not session.execute(sa.select(Programme.active)).scalar_one()


def test_classes_are_computed_shown_exported_and_accepted(w: Warehouse, desk: Desk) -> None:
    goods(w)
    assert "Nothing computed yet" in desk.get("/counting/classes")
    desk.post("/counting/classes", do="compute")
    assert "Accept 2 changes" in desk.get("/counting/classes?show=changes&letter=C")
    desk.post("/counting/classes", do="accept")
    assert classes.class_of(w.site_id, w.product("APPLE").id) == "C"
    assert "APPLE" in desk.get("/counting/classes?export=csv")


def test_rules_are_saved_as_a_whole_or_told_what_is_wrong(w: Warehouse, desk: Desk) -> None:
    facts = {"abc_by": "value", "a_percent": "70", "b_percent": "90", "margin_percent": "3", "days": "30", "suspicious_places": "3"}
    desk.post("/counting/rules", shifts="07:00-15:00", working_days=["0", "1"], triggers=["last_unit", "short"], key_twice="1", **facts)
    page = desk.get("/counting/rules")
    assert 'value="07:00-15:00"' in page
    assert [one for one, on in triggers.of_site(w.site_id).items() if on] == [Trigger.SHORT, Trigger.LAST_UNIT]
    page = desk.post("/counting/rules", status=422, shifts="07:00", **facts)
    assert "is no row of shifts" in page
    desk.post("/counting/rules", status=422, shifts="07:00-15:00", **{**facts, "b_percent": "60"})


def test_a_sheet_is_made_printed_keyed_in_and_thrown_away(w: Warehouse, desk: Desk, client: Client) -> None:
    goods(w)
    w.person("anna", roles=[Role.COUNTER])
    with transaction():
        plan = opening.open_chosen(Choice(), by=w.by)
    desk.post(f"/counting/sheets/make/{plan.number}", places="4")
    first, second = session.execute(sa.select(CountSheet.number).order_by(CountSheet.id)).scalars().all()
    assert first in desk.get("/counting/sheets")
    assert client.get(f"/documents/count-sheet/{first}.pdf").data.startswith(b"%PDF")
    assert client.get(f"/documents/count-sheet/{plan.number}.pdf").data.startswith(b"%PDF")
    page = desk.get(f"/counting/sheets/{first}")
    assert 'name="quantity-1"' in page
    assert "10" not in re.sub(r"[\w-]*\d\d\d[\w-]*|datetime[^>]*|C-10\d*", "", page.split("<tbody>")[1].split("</tbody>")[0])
    page = desk.post(f"/counting/sheets/{first}", status=422, counted_by="anna", **{"quantity-1": "some"})
    assert "Line 1: some is no quantity of it" in page
    assert 'value="anna"' in page
    desk.post(f"/counting/sheets/{first}", status=422, counted_by="nobody", **{"quantity-1": "10"})
    desk.post(f"/counting/sheets/{first}", counted_by="anna", **{"quantity-1": "10", "quantity-3": "0"})
    session.close()
    assert counts.progress(plan.id).counted == 2
    assert "This sheet is finished" in desk.get(f"/counting/sheets/{first}")
    desk.post(f"/counting/sheets/void/{second}")
    session.close()
    assert sheets.find(second, by=w.by).status == "void"
    assert client.get(f"/counting/sheets?number={second.lower()}").status_code == 302


def test_a_plans_number_leads_to_its_only_sheet_or_to_where_its_sheets_are(w: Warehouse, desk: Desk, client: Client) -> None:
    goods(w)
    with transaction():
        plan = opening.open_chosen(Choice(zone="A"), by=w.by)
    asked = f"/counting/sheets?number={plan.number}"
    assert client.get(asked).location == f"/counts/{plan.number}#sheets", "none is made yet"
    assert "No sheet of" in desk.get(f"/counts/{plan.number}")
    desk.post(f"/counting/sheets/make/{plan.number}", places="4")
    only = session.execute(sa.select(CountSheet.number)).scalar_one()
    assert client.get(asked).location == f"/counting/sheets/{only}"
    page = desk.get("/counting/sheets")
    assert all(words in page for words in (f"/counts/{plan.number}", f"/papers/count-sheet/{only}", "A-01 – A-04", "4 locations"))
    assert client.get("/counting/sheets?number=C-99").location == "/counting/sheets"


def test_what_cannot_be_read_on_a_sheet_is_where_the_cursor_stands(w: Warehouse, desk: Desk) -> None:
    goods(w)
    with transaction():
        plan = opening.open_chosen(Choice(), by=w.by)
        sheet = sheets.make(plan, by=w.by, places=4)[0].number
    page = desk.get(f"/counting/sheets/{sheet}")
    assert re.search(r'name="counted_by"[^>]* autofocus', page)
    assert re.findall(r'data-stop name="(quantity-\d+)"', page) == ["quantity-1", "quantity-3", "quantity-4", "quantity-5"], (
        "what is printed, and the empty places; not the empty line of a place with goods"
    )
    page = desk.post(f"/counting/sheets/{sheet}", status=422, **{"quantity-1": "10", "quantity-3": "x", "quantity-4": "y"})
    assert re.findall(r'autofocus name="(quantity-\d+)"', page) == ["quantity-3"]
    assert not re.search(r'name="counted_by"[^>]* autofocus', page)


def differing(w: Warehouse) -> CountPlan:
    goods(w)
    with transaction():
        plan = opening.open_chosen(Choice(locations=("A-01",)), by=w.by)
    place = w.location("A-01").id
    for name in ("anna", "ben"):
        who = w.person(name, roles=[Role.COUNTER])
        with transaction():
            counting.begin_place(plan.id, place, by=who)
        with transaction():
            counting.enter(plan.id, place, "APPLE", 8, by=who)
        with transaction():
            counting.close_place(plan.id, place, by=who)
    return plan


def test_differences_are_decided_place_by_place_and_leave_evidence_and_papers(w: Warehouse, desk: Desk, client: Client) -> None:
    plan = differing(w)
    page = desk.get("/counting/differences")
    assert all(words in page for words in ("A-01", "-2", "-5.00", "Approve and post"))
    assert "APPLE" in desk.get("/counting/differences?export=csv")
    place = re.search(r"/counting/differences/(\d+)", page)
    assert place is not None
    desk.post(place.group(), do="dance")
    desk.post(place.group(), do="approve", cause="lost", reason="=1+1")
    assert w.on_hand("APPLE", at="A-01") == 8
    page = desk.get(f"/counting/results/evidence/{plan.number}")
    assert all(words in page for words in ("10", "-2", "8", "-5.00"))
    assert ",'=1+1" in desk.get(f"/counting/results/evidence/{plan.number}?export=csv")
    for kind in ("difference-report", "adjustment-note"):
        assert client.get(f"/documents/{kind}/{plan.number}.pdf").data.startswith(b"%PDF")
    for by in ("zone", "location", "product", "class", "value", "person", "day", "month", "nonsense"):
        assert "Loss rate" in desk.get(f"/counting/results?by={by}")
    assert "20.00" in desk.get("/counting/results?by=product&export=csv")
    page = desk.get("/counting/results?until=2026-03-01&from=never")  # the days that hold stand in their fields
    assert all(f'name="{name}" value="{day}"' in page for name, day in (("from", results.default_period().first), ("until", "2026-03-01")))


def test_a_difference_is_sent_back_to_be_counted_once_more_or_refused(w: Warehouse, desk: Desk) -> None:
    plan = differing(w)
    place = re.search(r"/counting/differences/(\d+)", desk.get("/counting/differences"))
    assert place is not None
    desk.post(place.group(), do="recount")
    assert "No difference waits" in desk.get("/counting/differences")
    at, carl = w.location("A-01").id, w.person("carl", roles=[Role.COUNTER])
    with transaction():
        counting.begin_place(plan.id, at, by=carl)
        counting.enter(plan.id, at, "APPLE", 7, by=carl)
        counting.close_place(plan.id, at, by=carl)
    assert place.group() in desk.get("/counting/differences"), "three disagree"
    desk.post(place.group(), do="refuse", reason="the shelf was being moved")
    assert "No difference waits" in desk.get("/counting/differences")
    assert (w.on_hand("APPLE", at="A-01"), session.get_one(CountPlan, plan.id, populate_existing=True).status) == (10, "refused")
    assert not w.movements("APPLE", kind=MovementKind.COUNT)


def test_who_counted_there_is_told_that_somebody_else_approves(w: Warehouse, client: Client) -> None:
    goods(w)
    desk = Desk(client, Role.SUPERVISOR)
    assert "No difference waits" in desk.get("/counting/differences")


def test_a_month_is_counted_zone_by_zone_from_the_plan_to_the_cause(w: Warehouse, desk: Desk) -> None:
    goods(w)
    desk.post("/counting/full", zones="A", freeze=["A", "B"], reason="November")
    plan = f"/counts/{number()}"
    assert "zones A" in desk.get(plan)
    assert [one.zone for one in freezing.frozen(w.site_id)] == ["A"], "a zone that is not counted is not frozen"
    crew = [w.person(name, roles=[Role.COUNTER]) for name in ("anna", "ben")]
    plan_id = session.execute(sa.select(CountPlan.id)).scalar_one()
    for at in ("A-01", "A-02", "A-03", "A-04"):
        for who in crew if at == "A-01" else crew[:1]:
            with transaction():
                counting.begin_place(plan_id, w.location(at).id, by=who)
                if at == "A-01":
                    counting.enter(plan_id, w.location(at).id, "APPLE", 8, by=who)
                counting.close_place(plan_id, w.location(at).id, by=who)
        assert ("Approve and post" in desk.get(plan)) == (at == "A-01"), "one place waits; nothing is offered where none does"
        if at == "A-01":
            desk.post(f"{plan}/decide", do="approve", cause="damage", reason="fell down")
    assert w.on_hand("APPLE", at="A-01") == 8
    assert "Damaged or spoiled" in desk.get("/counting/results?by=cause")
    assert "Adjustment note" in desk.get(plan)


def test_a_supervisor_reads_the_limits_that_the_manager_sets(w: Warehouse, desk: Desk, app: Application) -> None:
    assert "The manager sets these" in desk.get("/counting/tolerances")
    desk.post("/counting/tolerances", status=403, approval_limit="500")
    boss = Desk(app.test_client(), Role.MANAGER, name="boss")
    boss.post("/counting/tolerances", approval_limit="500.00")
    assert 'value="500.00"' in boss.get("/counting/tolerances")


def test_a_count_beyond_the_supervisors_limit_says_that_the_manager_decides_and_offers_nothing(
    w: Warehouse, desk: Desk, app: Application
) -> None:
    plan = differing(w)
    assert "Approve and post" in desk.get(f"/counts/{plan.number}")
    with transaction():
        tolerances.choose({}, 499, by=w.by)
    page = desk.get(f"/counts/{plan.number}")
    assert "1 location differs by more than 4.99, your limit, or in goods without a value: the manager decides" in page
    assert "Approve and post" not in page
    assert "The manager approves" in desk.get("/counts/")
    manager = Desk(app.test_client(), Role.MANAGER, name="max")
    assert "1 location is yours to decide" in manager.get(f"/counts/{plan.number}")


def test_who_counted_reads_that_somebody_else_decides(w: Warehouse) -> None:
    plan = differing(w)
    anna = session.execute(sa.select(Person.id).where(Person.code == "anna")).scalar_one()
    own = deciding.yours(plan, by=dataclasses.replace(w.by, id=anna))
    assert (own.within, own.above, own.own) == (0, 0, 1)


def test_what_is_left_out_of_a_plan_because_it_is_being_counted_is_named(w: Warehouse, desk: Desk) -> None:
    goods(w)
    desk.post("/counting/new", locations="A-01 A-02")
    desk.post("/counting/new", locations="A-02 A-03")
    page = desk.get(f"/counts/{number()}")
    assert "Left out, being counted in another count: A-02" in page
    assert "0 / 1" in page
    page = desk.post("/counting/new", status=422, locations="A-01 A-02")
    assert "All 2 locations of this choice are in other counts" in page
    desk.post("/counting/full", zones="A")
    assert "3 locations are in another count" in desk.get(f"/counts/{number()}")
    assert "No location matches this choice" in desk.post("/counting/new", status=422, aisle="Z")


def test_finance_reads_what_counting_has_found_and_signs_its_papers_but_plans_and_decides_nothing(
    w: Warehouse, desk: Desk, app: Application
) -> None:
    plan = differing(w)
    desk.post(f"/counts/{plan.number}/decide", do="approve", reason="worn")
    finance = Desk(app.test_client(), Role.FINANCE, name="fay")
    page = finance.get("/counting/results?by=plan")
    assert f"/counting/results/evidence/{plan.number}" in page
    page = finance.get(f"/counting/results/evidence/{plan.number}")
    assert "-5.00" in page
    assert "/counts/" not in page, "no way to where finance may not go"
    for kind in ("difference-report", "adjustment-note"):
        assert f"/documents/{kind}/{plan.number}.pdf" in page
        assert finance.client.get(f"/documents/{kind}/{plan.number}.pdf").data.startswith(b"%PDF")
    assert finance.client.get(f"/documents/count-sheet/{plan.number}.pdf").status_code == 403
    assert finance.client.get(f"/counts/{plan.number}").status_code == 403
