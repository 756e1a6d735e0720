"""Where is my order: asked by telephone with whatever the customer has at hand, read in plain words, and shown to him by a link."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
import time_machine

from tests.http import Client
from tests.journeys.cast import EAN, House
from tests.journeys.floor import shipped
from tests.web.desk import Desk
from wms import clock, db
from wms.actor import Role
from wms.app import Application
from wms.i18n import T, at
from wms.integrations import telling
from wms.sales import customer_views, links

SHIP_TO = {"name": "王小二", "phone": "+86 138-0000-1234", "street": "中州中路 287 号", "city": "洛阳", "region": "河南"}


@pytest.fixture
def language() -> str:
    """Both are read below, side by side."""
    return "en"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """Nobody has asked yet."""
    customer_views.LOOKS.forget()
    customer_views.WRONG.forget()


def left(house: House) -> str:
    """SO-10248 of SHOP is on the road with a tracking number; its shipment."""
    house.opening("TEA", 60, "A-01", lot="T-1")
    house.order("SO-10248", TEA=10, reference="PO 4711", ship_to=SHIP_TO, due_at=(clock.now() + dt.timedelta(hours=4)).isoformat())
    house.order("SO-20001", NUT=1, ship_to={**SHIP_TO, "phone": "0371 6789 9999", "name": "李四"})
    house.act("SO-10248", "release")
    house.api.post("/waves", {"orders": ["SO-10248"]})
    house.pick("SO-10248")
    shipped(house, ["SO-10248"])
    note = str(house.see("SO-10248")["shipments"][0]["number"])
    house.api.put(f"/tracking/{note}", {"tracking": "SF1234567890"})
    return note


def groups(page: str) -> dict[str, str]:
    """What was found, by what."""
    body = page[page.index("<main") :]
    return {
        html.unescape(re.sub(r"<[^>]+>.*", "", title)).strip(): rest
        for title, rest in re.findall(r'<section class="block"[^>]*>\s*<h2>(.*?)</h2>(.*?)</section>', body, re.DOTALL)
    }


def test_an_order_is_found_by_whatever_the_customer_has_at_hand(house: House) -> None:
    note = left(house)
    carton = house.api.get(f"/shipments/{note}")["parcels"][0]["sscc"]
    load = house.see("SO-10248")["shipments"][0]["load"]
    gate_pass = house.api.get(f"/loads/{load}")["gate_pass"]
    sales = house.desk(Role.SALES)
    for asked, by in {
        "so-10": "Order number",
        "0248": "Order number",
        "po 4711": "Customer's own number",
        "SF1234567890": "Tracking number",
        "sf 123 456 7890": "Tracking number",
        note.lower(): "Shipment, parcel or truck",
        carton: "Shipment, parcel or truck",
        load: "Shipment, parcel or truck",
        gate_pass: "Shipment, parcel or truck",
        "沪b·1": "Shipment, parcel or truck",
        "1234": "Telephone",
        "13800001234": "Telephone",
        "(+86) 138 0000 1234": "Telephone",
        EAN["TEA"]: "Product",
        "tea": "Product",
    }.items():
        found = groups(sales.get("/sales?q=" + asked.replace("+", "%2B")))
        named = next((rest for title, rest in found.items() if title.startswith(by)), "")
        assert ">SO-10248</a>" in named, f"{asked}: {list(found)}"
        assert ">SO-20001</a>" not in named, asked
    for asked in ("SHOP", "shop"):
        named = groups(sales.get(f"/sales?q={asked}"))
        assert all(number in "".join(named.values()) for number in ("SO-10248", "SO-20001"))

    # The whole number opens it at once; what nobody has says so, and what is no question finds nothing.
    assert "On its way to the customer" in sales.get("/sales?q=so-10248")
    assert "Nothing is called nobody." in sales.get("/sales?q=nobody")
    for odd in (
        "%25",
        "_",
        "' OR 1=1 --",
        "\\",
        "x" * 3000,
        "%F0%9F%98%80",
        "%EF%BF%BF",
        "%F4%8F%BF%BF",
        "%C2%A0",
        "0" * 99,
        "-",
        "%0A",
        "%1F",
    ):
        assert ">SO-10248</a>" not in sales.get(f"/sales?q={odd}"), odd


def test_the_page_of_an_order_speaks_plainly(house: House) -> None:
    house.opening("TEA", 4, "A-01", lot="T-1")
    house.announce("PO-1", {"sku": "TEA", "quantity": 24}, expected_on=(clock.today() + dt.timedelta(days=3)).isoformat())
    due = clock.now() + dt.timedelta(hours=1)
    house.order("SO-1", TEA=10, allow_backorder=True, due_at=due.isoformat())
    sales, chinese = house.desk(Role.SALES), house.desk(Role.SUPERVISOR)
    page = html.unescape(sales.get("/sales/orders/SO-1"))
    assert "We have it; it has not gone to the warehouse yet" in page
    on = (clock.today() + dt.timedelta(days=3)).isoformat()
    assert f"Can leave on {on}" in page
    assert "PO-1" in page
    assert "It will be late: all of it can leave on" in page
    assert "/sales/orders/SO-1" in sales.get("/sales?view=all")
    house.act("SO-1", "release")
    house.api.post("/waves", {"orders": ["SO-1"]})
    assert "/sales/orders/SO-1" in sales.get("/sales?view=risk"), "goods of it are not here"
    with time_machine.travel(due + dt.timedelta(minutes=10)):
        page = html.unescape(sales.get("/sales?view=late"))
        assert "It should have left" in page
        assert f"from {on}" in page
        assert "/sales/orders/SO-1" not in sales.get("/sales?view=risk")
    with time_machine.travel(clock.begins(clock.local(due).date()) + dt.timedelta(hours=23, minutes=59, seconds=59)):
        assert f"It should have left today at {clock.local(due):%H:%M}" in sales.get("/sales/orders/SO-1")
        assert T("", "应于{due} 发货", due=at(due)).say("zh_CN") == f"应于今天 {clock.local(due):%H:%M} 发货"
    page = html.unescape(chinese.get("/sales/orders/SO-1"))
    for jargon in ("P-1", "pick list", "reserved", "wave"):
        assert jargon not in page[page.index("What happened") : page.index("Whom to ask")], jargon
    assert "Given to the warehouse" in page


def stranger(app: Application) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    return client


def token_of(house: House, number: str, **facts: object) -> str:
    made = house.api.post(f"/orders/{number}/links", facts, status=201)
    assert made["url"].startswith("http://localhost/track/")
    return str(made["url"].removeprefix("http://localhost"))


def test_a_customer_sees_his_order_by_a_link_and_nothing_else(house: House, app: Application) -> None:
    note = left(house)
    path = token_of(house, "SO-10248")
    answer = stranger(app).get(path)
    page = html.unescape(answer.text)
    assert answer.status_code == 200
    for shown in ("SO-10248", "PO 4711", "货物正在送货途中", "SF1234567890", "洛阳", 'lang="zh-CN"'):
        assert shown in page, shown
    for secret in (
        "王小二",
        "1380000",
        "中州中路",
        "SO-20001",
        "A-01",
        "T-1",
        note,
        "SHOP",
        "csrf_token",
        'href="/orders',
        "/sign-in",
        "sales",
    ):
        assert secret not in page, secret
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "noindex" in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert "Your goods are on their way" in stranger(app).get(f"{path}?language=en").text
    assert 'lang="zh-CN"' in stranger(app).get(f"{path}?language=xx").text

    # Whoever is signed in sees there what the customer sees; and for machines it is a page too.
    assert "王小二" not in house.desk(Role.SUPERVISOR).get(path)
    house.act("SO-10248", "delivery", signed_by="赵六")
    page = html.unescape(stranger(app).get(path).text)
    assert "货物已送达" in page
    assert "赵六" not in page


def test_a_link_that_was_changed_ended_or_taken_back_says_so(house: House, app: Application) -> None:
    house.order("SO-1", NUT=1, ship_to={"name": "Ann", "street": "High Street", "city": "Leeds", "country": "GB"})
    house.order("SO-2", NUT=1)
    path = token_of(house, "SO-1", days=7)
    assert "We have your order" in stranger(app).get(path).text, "in English, by the address"

    changed = path[:-1] + ("A" if path[-1] != "A" else "B")
    body, _, signature = path.rpartition(".")
    other = token_of(house, "SO-2").rpartition(".")[0]
    for wrong in (
        changed,
        f"{other}.{signature}",
        body,
        "/track/x",
        "/track/.",
        "/track/1",
        "/track/" + "x" * 4000,
        "/track/%00",
        "/track/%F0%9F%98%80",
    ):
        answer = stranger(app).get(wrong, headers={"Accept-Language": "en"})
        assert answer.status_code in (400, 404), wrong
        assert "SO-" not in answer.text
    assert "This link leads nowhere" in stranger(app).get(changed, headers={"Accept-Language": "en"}).text
    assert "此链接无效" in stranger(app).get(changed, headers={"Accept-Language": "zh"}).text
    with time_machine.travel(clock.now() + dt.timedelta(days=7, seconds=1)):
        answer = stranger(app).get(path)
        assert (answer.status_code, "This link has ended" in answer.text, "SO-1" in answer.text) == (410, True, False)

    # The desk makes one, shows it, and takes it back; the answer over the API is the same.
    sales = house.desk(Role.SALES)
    sales.post("/sales/orders/SO-1/links", days="14", language="zh_CN")
    given = [html.unescape(one) for one in re.findall(r'value="http://localhost(/track/[^"]+)"', sales.get("/sales/orders/SO-1"))]
    assert len(given) == 2
    assert path in given
    [second] = [one for one in given if one != path]
    [first_id, second_id] = [link["id"] for link in house.api.get("/orders/SO-1/links")["items"]]
    sales.post(f"/sales/orders/SO-1/links/{second_id}/revoke")
    answer = stranger(app).get(second)
    assert (answer.status_code, "此链接已撤销" in answer.text, "SO-1" in answer.text) == (410, True, False)
    revoked = house.api.post(f"/orders/SO-1/links/{first_id}/revoke")
    assert house.api.post(f"/orders/SO-1/links/{first_id}/revoke") == revoked, "once more changes nothing"
    assert stranger(app).get(path).status_code == 410
    assert second not in html.unescape(sales.get("/sales/orders/SO-1"))


def test_links_are_refused_in_words(house: House, app: Application) -> None:
    house.order("SO-1", NUT=1)
    house.order("SO-2", NUT=1)
    for body, code in (
        ({"days": 0}, "greater_than_equal"),
        ({"days": 366}, "less_than_equal"),
        ({"language": "fr"}, "literal_error"),
        ({"x": 1}, "unknown_field"),
    ):
        assert house.api.post("/orders/SO-1/links", body, status=422)["errors"][0]["code"] == code
    assert house.api.post("/orders/NONE/links", {}, status=404)["code"] == "order_unknown"
    made = house.api.post("/orders/SO-1/links", {}, status=201)
    assert house.api.post(f"/orders/SO-2/links/{made['id']}/revoke", status=404)["code"] == "link_unknown"
    for _ in range(links.MOST_LIVE - 1):
        house.api.post("/orders/SO-1/links", {}, status=201)
    assert house.api.post("/orders/SO-1/links", {}, status=409)["code"] == "too_many_links"
    sales = house.desk(Role.SALES)
    for days in ("", "0", "-1", "9999", "ten", "１２"):
        sales.post("/sales/orders/SO-2/links", days=days)
        assert "A link lasts from 1 to 365 days" in sales.get("/sales/orders/SO-2")
    assert "/track/" not in sales.get("/sales/orders/SO-2")
    house.desk(Role.FINANCE).post("/sales/orders/SO-2/links", status=403, days="7")

    # A stranger may look now and then, and not try one after the other.
    path = str(made["url"].removeprefix("http://localhost"))
    answers = [stranger(app).get("/track/guess").status_code for _ in range(25)]
    assert (answers[0], answers[-1]) == (404, 429)
    assert int(stranger(app).get("/track/guess").headers["Retry-After"]) >= 1
    assert stranger(app).get(path).status_code == 200, "whoever has a link is not kept waiting by those who guess"
    looks = [stranger(app).get(path).status_code for _ in range(65)]
    assert (looks[0], looks[-1]) == (200, 429)


def test_sales_watches_at_the_desk_and_is_told(house: House) -> None:
    sales, other = house.desk(Role.SALES), house.desk(Role.FINANCE)
    house.order("SO-1", NUT=1)
    assert "You watch no order yet." in sales.get("/sales?view=mine")
    sales.post("/sales/orders/SO-1/watch")
    other.post("/sales/customers/SHOP/watch", back="SO-1")
    assert ">SO-1</a>" in sales.get("/sales?view=mine")
    assert "Watch no more" in sales.get("/sales/orders/SO-1")
    house.act("SO-1", "hold", reason="the customer calls back")
    with db.transaction():
        telling.spread()
    for desk in (sales, other):
        page = desk.get("/sales/notices?show=new")
        assert ">SO-1</a>" in page
        assert "New about orders that you watch" in desk.get("/")
    up_to = re.search(r'name="up_to" value="(\d+)"', sales.get("/sales/notices"))
    assert up_to
    sales.post("/sales/notices/seen", up_to=up_to[1])
    assert "Nothing new." in sales.get("/sales/notices?show=new")
    assert ">SO-1</a>" in sales.get("/sales/notices")
    assert ">SO-1</a>" in other.get("/sales/notices?show=new"), "that was another person"
    for odd in ("", "-1", "x", "9" * 30, "１"):
        other.post("/sales/notices/seen", up_to=odd)
    assert ">SO-1</a>" in other.get("/sales/notices?show=new")
    sales.post("/sales/orders/NONE/watch")
    assert "There is no partner NONE" in html.unescape(_followed(sales, "/sales/customers/NONE/watch"))
    sales.post("/sales/orders/SO-1/let-go")
    other.post("/sales/customers/SHOP/let-go")
    assert "You watch no order yet." in sales.get("/sales?view=mine")
    assert "You watch no order yet." in other.get("/sales?view=mine")


def _followed(desk: Desk, path: str) -> str:
    desk.post(path)
    return desk.get("/sales/notices")
