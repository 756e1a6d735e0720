"""Returns over HTTP: at the desk, over the API, on paper."""

from __future__ import annotations

import datetime as dt
import io
import re

import pypdf
import pytest

from tests.http import Api, Client
from tests.printing.reading import scan_pdf
from tests.receiving.conftest import Dock
from tests.receiving.customers import Customers
from tests.receiving.test_plans import plans
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import clock
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.locations.models import Kind
from wms.orders.models import OrderKind
from wms.receiving import outstanding

LONG_AGO = clock.today() - dt.timedelta(days=40)


@pytest.fixture
def customers(w: Warehouse, dock: Dock) -> Customers:
    found = Customers(w)
    w.receive("TEA", 20, at="A-01", received_on=LONG_AGO)
    found.sent("SO-1", ("TEA", 10))
    return found


def words(api: Api, path: str) -> str:
    answer = api.client.get(path, headers=api.headers)
    assert answer.status_code == 200, answer.text[:300]
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages)


def test_kilograms_come_back_as_the_orders_page_shows_them(client: Client, w: Warehouse, dock: Dock, api: Api) -> None:
    found, desk = Customers(w), Desk(client, Role.SUPERVISOR)
    w.product("RICE", base_unit="kg", decimals=3)
    w.receive("RICE", 2500, at="A-01", received_on=LONG_AGO)
    w.receive("TEA", 4, at="A-01", received_on=LONG_AGO)
    found.sent("SO-1", ("RICE", 2500), ("TEA", 4))
    lines = [{"sku": "RICE", "quantity": 1250}, {"sku": "TEA", "quantity": 4}]
    api.post("/returns", {"order": "SO-1", "lines": lines}, status=201)
    note = words(api, "/documents/red-outbound-note/R-10001.pdf")
    assert "-1.25 千克" in note
    assert "2 行" in note
    page = desk.get("/orders/SO-1")
    assert "Partly came back 1/2 lines" in page
    assert "1.25 kg + 4 pieces" in page
    assert re.findall(r'data-label="Pieces">([^<]*)', desk.get("/returns")) == ["2 lines"]


def test_a_return_is_taken_in_by_one_call(customers: Customers, api: Api, w: Warehouse) -> None:
    made = api.post(
        "/returns",
        {
            "order": "so-1",
            "reason": "wrong size",
            "lines": [
                {"sku": "TEA", "quantity": 2},
                {"sku": "TEA", "quantity": 1, "found": "damaged", "reason": "wet"},
                {"sku": "TEA", "quantity": 1, "found": "good", "disposition": "hold"},
                {"sku": "TEA", "quantity": 1, "found": "unusable"},
            ],
        },
        status=201,
    )
    assert (made["number"], made["status"], made["order"], made["kind"]) == ("R-10001", "closed", "SO-1", "order")
    assert [(line["disposition"], line["location"], line["status"]) for line in made["lines"]] == [
        ("restock", "DOCK", "booked"),
        ("defect", "DEF", "booked"),
        ("hold", "INSP", "booked"),
        ("scrap", "SCRAP", "scrapped"),
    ]
    order = api.get("/orders/SO-1")
    assert (order["lines"][0]["returned"], order["returns"][0]["quantity"]) == (5, 5)
    assert order["documents"][-1] == {"kind": "red-outbound-note", "number": "R-10001", "href": "/documents/red-outbound-note/R-10001.pdf"}
    assert order["events"][-1]["code"] == "order.returned"
    assert [one["number"] for one in api.get("/returns", order="SO-1")["items"]] == ["R-10001"]
    told = words(api, "/documents/red-outbound-note/R-10001.pdf")
    for said in ("红字出库单", "Red outbound note", "SO-1", "wrong size", "残损", "Damaged", "wet", "报废", "Scrap", "-5", "财务"):
        assert said in told, f"{said} is not on the note"


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({"lines": []}, 422, None, "/lines"),
        ({"order": "NO", "lines": [{"sku": "TEA", "quantity": 1}]}, 422, "order_unknown", "/order"),
        ({"order": "SO-1", "consignment": "CONS", "lines": [{"sku": "TEA", "quantity": 1}]}, 422, "order_or_consignment", "/consignment"),
        ({"consignment": "A-01", "lines": [{"sku": "TEA", "quantity": 1}]}, 422, "no_consignment", "/consignment"),
        ({"order": "SO-1", "lines": [{"sku": "TEA", "quantity": 11}]}, 409, "nothing_to_return", None),
        ({"order": "SO-1", "lines": [{"sku": "TEA", "quantity": 0}]}, 422, None, "/lines/0/quantity"),
        ({"order": "SO-1", "lines": [{"sku": "TEA", "quantity": 1, "found": "lovely"}]}, 422, None, "/lines/0/found"),
        ({"order": "SO-1", "lines": [{"sku": "TEA", "quantity": 1, "location": "A-01"}]}, 409, "wrong_area", None),
        ({"order": "SO-1", "lines": [{"sku": "TEA", "quantity": 1, "disposition": "scrap"}]}, 409, "disposition_not_fitting", None),
        ({"lines": [{"sku": "TEA", "quantity": 1}], "colour": "red"}, 422, None, "/colour"),
    ],
)
def test_what_is_wrong_with_a_return_is_said_and_nothing_is_booked(
    customers: Customers, api: Api, w: Warehouse, body: dict[str, object], status: int, code: str | None, pointer: str | None
) -> None:
    answer = api.post("/returns", body, status=status)
    assert code in (None, answer["code"])
    if pointer:
        assert pointer in [one["pointer"] for one in answer["errors"]]
    assert (api.get("/returns")["items"], customers.returned("SO-1")) == ([], [0])


def test_sales_links_what_came_without_papers_and_the_floor_may_not(customers: Customers, app: Application, api: Api, w: Warehouse) -> None:
    receiver, sales = Api(app, Role.RECEIVER), Api(app, Role.SALES)
    lines = [{"sku": "TEA", "quantity": 3}]
    made = receiver.post("/returns", {"sender": "CUSTOMER, Luoyang", "lines": lines}, status=201)
    assert (made["status"], made["candidates"][0]["order"], made["candidates"][0]["sender_fits"]) == ("waiting", "SO-1", True)
    receiver.post("/returns/R-10001/link", {"order": "SO-1"}, status=403)
    sales.post("/returns", {"lines": lines}, status=403)
    sales.post("/returns/R-10001/lines/1/undo", {}, status=403)
    assert sales.post("/returns/R-10001/link", {"order": "SO-9"}, status=404)["code"] == "order_unknown"
    linked = sales.post("/returns/R-10001/link", {"order": "SO-1", "reason": "they called"})
    assert (linked["status"], linked["order"], [line["status"] for line in linked["lines"]]) == ("closed", "SO-1", ["replaced", "booked"])
    assert api.get("/orders/SO-1")["lines"][0]["returned"] == 3
    assert sales.post("/returns/R-10001/link", {"order": "SO-1"}, status=409)["code"] == "nothing_waits"


def test_sales_says_send_it_back_and_the_floor_carries_it_out(customers: Customers, app: Application, w: Warehouse) -> None:
    receiver, sales = Api(app, Role.RECEIVER), Api(app, Role.SALES)
    receiver.post("/returns", {"lines": [{"sku": "TEA", "quantity": 3}]}, status=201)
    assert sales.post("/returns/R-10001/decide", {"decision": "send_back", "reason": "not ours"})["status"] == "open"
    sales.post("/returns/R-10001/lines/1/carry-out", {}, status=403)
    done = receiver.post("/returns/R-10001/lines/1/carry-out", {})
    assert (done["status"], done["lines"][0]["status"], w.on_hand("TEA", at="INSP")) == ("closed", "sent_back", 0)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_at_the_desk_sales_sees_what_waits_and_links_it(customers: Customers, app: Application, w: Warehouse, language: str) -> None:
    customers.finish(customers.unclaimed("TEA", 3, sender="CUSTOMER").note)
    desk = Desk(app.test_client(), Role.SALES, language=language)  # type: ignore[arg-type]
    listed = desk.get("/returns")
    assert "R-10001" in listed
    assert ("待销售确认" if language == "zh_CN" else "Waits for sales") in listed
    page = desk.get("/returns/R-10001")
    assert "SO-1" in page
    assert ("关联" if language == "zh_CN" else "Link") in page
    desk.get("/returns/new", status=403)
    desk.post("/returns/R-10001/link", order="SO-1")
    assert customers.returned("SO-1") == [3]
    order = desk.get("/orders/SO-1")
    assert "R-10001" in order
    assert ("部分退回 3/10" if language == "zh_CN" else "Partly came back 3/10") in order


def test_a_return_is_typed_at_the_desk_once(customers: Customers, app: Application) -> None:
    desk = Desk(app.test_client(), Role.RECEIVER)  # type: ignore[arg-type]
    typed = {"order": "SO-1", "line_sku": ["TEA", "TEA"], "line_quantity": ["2", "1"], "line_found": ["", "damaged"], "once": "k"}
    for _ in range(2):
        desk.post("/returns/new", **typed)
    assert customers.returned("SO-1") == [3]
    assert "10 left with SO-1" in desk.post("/returns/new", status=422, order="SO-1", line_sku="TEA", line_quantity="99")
    session.rollback()  # somebody else's writes are seen by a new reading only
    desk.post("/returns/R-10001/lines/1/undo")
    assert customers.returned("SO-1") == [1]


def test_rejects_from_consignment_have_a_transfer_note(customers: Customers, api: Api, w: Warehouse) -> None:
    with w.transaction():
        w.location("CONS", kind=Kind.CONSIGNMENT, allow_negative=True, partner_id=w.partner("SHOP").id)
    customers.sent("SO-2", ("TEA", 2), kind=OrderKind.CONSIGNMENT, customer="SHOP", to="CONS")
    made = api.post(
        "/returns", {"consignment": "CONS", "lines": [{"sku": "TEA", "quantity": 3, "found": "damaged", "reason": "faded"}]}, status=201
    )
    assert (made["kind"], made["status"], made["customer"], made["documents"][0]["kind"]) == (
        "consignment",
        "closed",
        "SHOP",
        "transfer-note",
    )
    told = words(api, made["documents"][0]["href"])
    for said in ("调拨单", "Transfer note", "CONS", "DEF", "faded", "移交人"):
        assert said in told, f"{said} is not on the note"
    assert w.on_hand("TEA", at="CONS") == -1
    printed = api.client.get(made["documents"][0]["href"], headers=api.headers).data
    assert scan_pdf(printed) == [{made["number"]}], "the barcode of the note is its number"


def test_a_return_of_another_site_is_not_there(customers: Customers, app: Application, w: Warehouse) -> None:
    customers.unclaimed("TEA", 1)
    stranger = Api(app, Role.ADMIN, site_id=w.site("SOUTH"))
    assert stranger.get("/returns/R-10001", status=404)["code"] == "return_unknown"
    assert stranger.get("/returns")["items"] == []


@pytest.mark.parametrize("index", ["ix_shipments_tracking", "ix_handling_units_tracking"])
def test_a_parcel_is_known_by_its_numbers_without_reading_them_all(customers: Customers, w: Warehouse, index: str) -> None:
    asked = plans(lambda: outstanding.find_order("SF1234567890", by=w.by), None)
    assert any(index in plan for plan in asked), asked
    assert not any("SCAN " in plan or "Seq Scan" in plan for plan in asked), asked
