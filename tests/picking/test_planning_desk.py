"""What a planner is told: what is missing and of whom, what the cart does not take, who planned, who was faster, why no order matches."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlencode

import pytest

from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk, form_of
from wms import clock
from wms.actor import Role
from wms.app import Application
from wms.db import transaction
from wms.picking import cart_kinds, jobs, stream, waves
from wms.picking.cart_kinds import CartFacts
from wms.picking.models import Method
from wms.picking.stream import StreamFacts


@pytest.fixture
def desk(app: Application, hall: Hall) -> Desk:
    return Desk(Client(app), Role.ADMIN)


def text_of(page: str) -> str:
    """What is read on a page, without its marks and from its main part on."""
    main = page[page.index("<main") :]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def stocked(hall: Hall, orders: int) -> list[str]:
    hall.put("APPLE", 100, "A-01")
    numbers = [f"SO-{n}" for n in range(1, orders + 1)]
    for number in numbers:
        hall.release(number, ("APPLE", 1))
    return numbers


def test_a_simulated_list_of_nine_orders_says_nine(hall: Hall, app: Application) -> None:
    stocked(hall, 9)
    simulated = {"do": "simulate", "method": "cluster", "seconds": "0"}
    assert "SO-4 and 5 more" in text_of(Desk(Client(app), Role.ADMIN).post("/picking/plan", 200, **simulated))
    chinese = Desk(Client(app), Role.ADMIN, name="li", language="zh_CN").post("/picking/plan", 200, **simulated)
    assert "SO-4 等 9 张" in text_of(chinese)


def test_what_is_missing_is_said_order_by_order(hall: Hall, desk: Desk) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.w.receive("APPLE", 20)  # still at the dock: promised, and nobody can pick it
    hall.release("SO-1", ("APPLE", 12))
    hall.put("PEAR", 1, "A-02")
    hall.release("SO-2", ("PEAR", 1))
    hall.release("SO-3", ("APPLE", 2))
    simulated = text_of(desk.post("/picking/plan", 200, do="simulate", method="cluster", seconds="0"))
    assert "SO-1 lacks 7, SO-3 lacks 2" in simulated.replace(" ,", ",")
    assert 'href="/picking/plan?order=SO-1"' in desk.get("/orders/SO-1"), "a released order leads to its planning"
    assert desk.get("/picking/plan?order=SO-1").count(" checked") == 1
    desk.post("/picking/plan", do="selected", orders=["SO-1", "SO-2"], method="single", seconds="0")
    page = text_of(desk.get("/picking/waves/W-10001"))
    assert "Goods are missing: SO-1 lacks 7" in page
    assert "Goods that are missing 1" in page
    assert "/picking/plan?order=" not in desk.get("/orders/SO-2"), "what is planned is not offered again"
    hall.w.receive("APPLE", 20, at="A-03")
    desk.post("/picking/plan", do="all", method="single", seconds="0")
    assert "Goods that are missing" not in desk.get("/picking/waves/W-10001"), "what lacked is on another list now"


def test_kilograms_are_planned_and_picked_as_the_orders_page_shows_them(hall: Hall, desk: Desk) -> None:
    hall.w.product("RICE", base_unit="kg", decimals=3)
    hall.put("RICE", 1250, "A-01")
    hall.w.receive("RICE", 500)  # still at the dock
    hall.put("APPLE", 3, "A-02")
    hall.release("SO-1", ("RICE", 2000), allow_backorder=True)
    hall.release("SO-2", ("APPLE", 3))
    plan = text_of(desk.get("/picking/plan"))
    assert "SO-1 lacks 0.25" in plan
    assert "Pieces 2 lines" in plan
    rows = desk.get("/picking/plan").split("<tbody", 1)[1].split("</tr>")
    assert [re.findall(r'data-label="Pieces">([^<]*)', row) for row in rows[:2]] == [["1.75"], ["3"]]
    desk.post("/picking/plan", do="selected", orders=["SO-1"], method="single", seconds="0")
    assert "SO-1 lacks 0.75" in text_of(desk.get("/picking/waves/W-10001"))
    assert "to pick" in text_of(desk.get("/picking/lists/P-10001"))
    assert ">1.25 <" in desk.get("/picking/lists/P-10001")
    opened = hall.open("P-10001")
    hall.short(opened, 1000)
    shown = text_of(desk.get("/picking/shortages"))
    assert "2 1 0.5 0.25" in shown, "ordered, picked, still to come, short"
    line = hall.order("SO-1").lines[0].id
    desk.post(f"/picking/shortages/{line}/cancel")
    assert " 1 cancelled" in text_of(desk.get("/picking/shortages"))


def test_the_api_names_the_orders_that_lack(hall: Hall, api: Api) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.w.receive("APPLE", 20)
    hall.release("SO-1", ("APPLE", 12))
    lacks = api.post("/waves/simulate", {"seconds": 0})["shortages"]
    assert [(one["sku"], one["missing"], one["orders"]) for one in lacks] == [("APPLE", 7, [{"order": "SO-1", "missing": 7}])]


def test_a_list_of_several_orders_names_them(hall: Hall, desk: Desk) -> None:
    stocked(hall, 3)
    with hall.w.transaction():
        cart_kinds.put("C-12", CartFacts(12, "Twelve"), by=hall.by)
    number = hall.list_of(method=Method.CLUSTER, cart="C-12")
    hall.release("SO-4", ("APPLE", 1))
    hall.wave("SO-4")
    page = text_of(desk.get("/picking/lists"))
    assert "3: SO-1 …" in page
    assert "1: SO-4" not in page
    assert number in desk.get("/picking/lists?q=so-3"), "found by any of its orders"
    assert "3: SO-1 …" in desk.get("/picking/lists?export=csv")
    wave = text_of(desk.get("/picking/waves/W-10001"))
    assert "3 orders" in wave
    assert "Cart C-12 · Twelve" in wave
    assert "SO-1 , SO-2 , SO-3" in wave


@pytest.mark.parametrize(
    ("method", "tote", "cart", "said"),
    [
        ("cluster", 1000, None, "2 lines exceed the cart&#39;s tote"),
        ("batch", None, 1000, "2 lines exceed the cart"),
        ("cluster", 1200, None, "1 line exceeds the cart&#39;s tote"),
        ("cluster", 5000, None, None),
    ],
)
def test_lines_that_no_tote_of_the_cart_takes_are_counted(
    hall: Hall, desk: Desk, method: str, tote: int | None, cart: int | None, said: str | None
) -> None:
    hall.w.product("STONE", weight_grams=550)
    hall.put("STONE", 50, "A-01")
    for number, quantity in (("SO-1", 1), ("SO-2", 2), ("SO-3", 3)):
        hall.release(number, ("STONE", quantity))
    with hall.w.transaction():
        cart_kinds.put("C-1", CartFacts(4, tote_weight_grams=tote, max_weight_grams=cart), by=hall.by)
    asked = {"method": method, "cart": "C-1", "seconds": "0"}
    simulated = desk.post("/picking/plan", 200, do="simulate", **asked)
    desk.post("/picking/plan", do="all", **asked)
    page = desk.get("/picking/waves/W-10001")
    for shown in (simulated, page):
        assert (said in shown) if said else ("exceed" not in shown)


def test_who_planned_a_wave(hall: Hall, desk: Desk) -> None:
    stocked(hall, 1)
    hall.wave("SO-1")
    assert "Planned by" in desk.get("/picking/waves/W-10001")
    hall.release("SO-2", ("APPLE", 1))
    with transaction():
        stream.put(StreamFacts(running=True, method=Method.SINGLE), by=hall.by)
    jobs.release()
    page = desk.get("/picking/waves/W-10002")
    assert "Planned by" not in page
    assert "Continuous release ·" in text_of(page)
    assert "Continuous release" in text_of(desk.get("/picking/waves"))


def test_rules_that_are_saved_while_it_runs_are_saved_and_not_started(hall: Hall, desk: Desk) -> None:
    rules = {"method": "single", "horizon_minutes": 60, "most_orders": 1, "most_lists": 3, "zone_lines": 50}
    desk.post("/picking/release", do="start", **rules)
    assert "Work is released by itself" in desk.get("/picking/release")
    desk.post("/picking/release", do="save", **rules)
    page = text_of(desk.get("/picking/release"))
    assert "Saved" in page
    assert "Work is released by itself" not in page
    assert "running" in page


def test_an_order_that_somebody_planned_meanwhile_is_named_with_its_list(hall: Hall, desk: Desk) -> None:
    stocked(hall, 3)
    number = hall.list_of("SO-1")
    page = text_of(desk.post("/picking/plan", 422, do="selected", orders="SO-1", method="single", seconds="0"))
    assert f"SO-1 is already on {number}. Reload the page" in page
    hall.wave("SO-2")
    page = text_of(desk.post("/picking/plan", 422, do="selected", orders=["SO-1", "SO-2"], method="single", seconds="0"))
    assert f"SO-1 is already on {number}, and 1 more are planned too" in page


def test_a_filter_that_lets_no_order_through_says_why(hall: Hall, desk: Desk, api: Api) -> None:
    stocked(hall, 1)
    hall.w.partner("SF", kind="carrier")
    said = {
        "There is no carrier NOBODY": {"carrier": "NOBODY"},
        "No waiting order goes with SF": {"carrier": "SF"},
        "No waiting order goes to Tibet": {"region": "Tibet"},
        "No waiting order has goods in zone B": {"zone": "B"},
        "No waiting order has priority 8 or more": {"priority": "8"},
    }
    for words, cut in said.items():
        assert words in text_of(desk.post("/picking/plan", 200, do="simulate", method="single", seconds="0", **cut))
        assert words in text_of(desk.get(f"/picking/plan?{urlencode(cut)}"))
    refused = api.post("/waves", {"carrier": "NOBODY", "seconds": 0}, status=409)
    assert refused["code"] == "nothing_to_plan"
    assert refused["detail"].startswith("There is no carrier NOBODY")


def test_the_table_shows_which_orders_match_and_all_means_those(hall: Hall, desk: Desk) -> None:
    stocked(hall, 2)
    hall.release("SO-9", ("APPLE", 1), priority=8)
    page = desk.get("/picking/plan?priority=8&due_hours=soon")
    assert "1 of 3 waiting orders match" in text_of(page)
    assert ("SO-9" in page, "SO-1" in page) == (True, False)
    assert "Plan all 1 order that matches?" in page
    fields = form_of(page)
    assert fields["priority"] == "8"
    desk.post("/picking/plan?priority=8", do="all", method="single", priority=fields["priority"], seconds="0")
    page = desk.get("/picking/plan")
    assert ("SO-9" in page, "SO-1" in page, "SO-2" in page) == (False, True, True)


def test_what_was_simulated_is_released_as_it_was(hall: Hall, desk: Desk) -> None:
    stocked(hall, 3)
    page = desk.post("/picking/plan", 200, do="simulate", method="cluster", orders_per_list="2", orders=["SO-1", "SO-2"], seconds="0")
    form = page[page.index('<form class="inline release"') :]
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[: form.index("</form>")])
    hall.release("SO-4", ("APPLE", 1))
    again = [(name, value) for name, value in fields if name != "csrf_token"]
    sent = {name: [value for key, value in again if key == name] for name, _ in again}
    assert (sent["orders"], sent["method"], sent["orders_per_list"], sent["do"]) == (["SO-1", "SO-2"], ["cluster"], ["2"], ["selected"])
    desk.post("/picking/plan", **sent)
    desk.post("/picking/plan", **sent)
    assert "SO-1 , SO-2" in text_of(desk.get("/picking/waves/W-10001"))
    desk.get("/picking/waves/W-10002", 404)


def test_a_cart_without_weight_says_that_it_must_have_some_and_stays_new(hall: Hall, desk: Desk) -> None:
    page = text_of(desk.post("/picking/carts", 422, code="C-9", positions="4", tote_kg="0"))
    assert "must be more than 0" in page
    assert "New cart" in page
    assert "Edit C-9" not in page


def test_a_walk_that_is_longer_is_not_called_saved(hall: Hall) -> None:
    from wms.picking.views import saved

    assert saved(142, 100).say("en") == "42 % longer"
    assert saved(73, 100).say("zh_CN") == "节省 27 %"
    assert saved(5, 0).say("en") == "–"


def test_lists_begin_with_what_is_not_finished_and_due_first(hall: Hall, desk: Desk) -> None:
    stocked(hall, 3)
    hall.release("SO-8", ("APPLE", 1), due_at=clock.now() + dt.timedelta(hours=9))
    hall.release("SO-9", ("APPLE", 1), due_at=clock.now() + dt.timedelta(hours=2))
    done = hall.list_of("SO-1")
    hall.pick_all(done)
    later, soon = hall.list_of("SO-8"), hall.list_of("SO-9")
    page = desk.get("/picking/lists")
    assert done not in page
    assert page.index(soon) < page.index(later)
    assert done in desk.get("/picking/lists?status=all")
    assert done in desk.get("/picking/lists?status=done")


def test_a_list_that_was_cancelled_is_not_an_orders_live_paper(hall: Hall, desk: Desk) -> None:
    stocked(hall, 1)
    before = hall.list_of("SO-1")
    assert "cancelled" not in text_of(desk.get("/orders/SO-1"))
    desk.post("/picking/orders/SO-1/reallocate")
    papers = text_of(desk.get("/orders/SO-1"))
    assert f"Pick list, cancelled {before}" in papers
    assert "Pick list P-10002" in papers
    assert 'href="/picking/lists/P-10002"' in desk.get("/orders/SO-1"), "and its goods lead to it"


def test_a_task_leads_to_its_list_and_its_order_and_begins_at_once_where_it_is_urgent(hall: Hall, desk: Desk) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 1), priority=9)
    number = hall.list_of("SO-1")
    task = waves.find_list(number, by=hall.by).task_id
    page = desk.get(f"/tasks/{task}")
    for place in (page, desk.get("/tasks")):
        assert f'href="/picking/lists/{number}"' in place
        assert 'href="/orders/SO-1"' in place
    assert "Begin by at once" in text_of(page)
    assert "at once" in desk.get("/tasks?export=csv")
    desk.post(f"/tasks/{task}/assign", person="ann")
    assert "Given to Ann; it is the next they get" in desk.get(f"/tasks/{task}")
