"""A driver on his phone: his own stops in their order, one signed clean, one with damage and a photo; nothing of anybody else."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image

from tests.journeys.cast import Handheld, House
from tests.journeys.test_permissions import addresses
from tests.web.desk import token_of
from wms.actor import PERMISSIONS, Role
from wms.app import Application

STROKES = "M60 120L90 40L120 120M70 90L112 90M150 60L150 120L200 118"
DOORS = {
    "GET /",
    "GET /scan/",
    "GET /sign-off", "GET /sign-off/nothing", "POST /sign-off/nothing",
    "POST /shipments/nothing/signed-copy", "GET /shipments/nothing/signature.svg",
    "GET /documents/nothing/nothing.pdf",
    "GET /photos/nothing/nothing", "POST /photos/nothing/nothing", "POST /photos/away/nothing",
    "GET /photos/full/nothing.jpg", "GET /photos/small/nothing.jpg",
    "POST /api/v1/orders/nothing/delivery", "POST /api/v1/shipments/nothing/signed-copy",
}  # fmt: skip
ELSEWHERE = (
    "stock", "movements", "orders", "orders/SO-1", "shipments/S-10001", "loads", "deliveries", "products/TEA", "locations/A-01", "tasks",
    "scan/load", "scan/gate", "scan/inquire", "scan/work", "papers/delivery-note/S-10001", "vehicles", "differences",
)  # fmt: skip


def photo() -> tuple[io.BytesIO, str]:
    stream = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(stream, "JPEG")
    stream.seek(0)
    return stream, "dented.jpg"


def post(driver: Handheld, path: str, status: int = 302, **fields: Any) -> Any:
    """A form of the phone, sent with its token; a double tap sends the same key twice."""
    fields = {"csrf_token": token_of(driver.get("/sign-off").text), **fields}
    answer = driver.client.post(path, data=fields)
    assert answer.status_code == status, f"{path}: {answer.status} {answer.text[:1500]}"
    return answer


def api(driver: Handheld, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    """The same over the API, with the browser's own sign-in."""
    headers = {"X-CSRF-Token": token_of(driver.get("/sign-off").text)}
    answer = driver.client.post(f"/api/v1{path}", json=body, headers=headers)
    return answer.status_code, answer.get_json()


def on_a_truck(house: House, driver: str, *orders: str) -> tuple[str, str]:
    """A truck with these stops, driven by one of ours, chosen at the desk; closed. Its number and its gate pass."""
    cartons = {}
    for number in orders:
        house.planned(number, TEA=4)
        house.pick(number)
        cartons[number] = house.pack(number)
    desk = house.desk(Role.DISPATCHER)
    assert f'value="{driver}"' in desk.get("/loads/new")
    desk.post("/loads/new", orders=list(orders), plate="沪B1", carrier="SWIFT", door="DOOR-1", driver="", driver_code=driver)
    load = desk.last.headers["Location"].rsplit("/", 1)[1]
    assert house.api.get(f"/loads/{load}")["driver_code"] == driver
    loader = house.crew(Role.DISPATCHER)
    loader.look("load")
    loader.scan(load, *(cartons[number] for number in reversed(orders)), f"SEAL-{orders[0]}")
    return load, loader.screen.printed["gate-pass"]


def note_of(house: House, number: str) -> str:
    return str(house.see(number)["shipments"][0]["number"])


def test_two_stops_signed_for_and_nothing_of_another_drivers(house: House, app: Application) -> None:
    house.opening("TEA", 60, "A-01", lot="T-1")
    gao, li = house.worker(Role.DRIVER, name="gao"), house.worker(Role.DRIVER, name="li")
    home = gao.client.get("/scan", follow_redirects=True)
    assert home.request.path == "/sign-off"
    assert house.say("No stops today", "今天没有配送任务") in home.text

    load, gate_pass = on_a_truck(house, "gao", "SO-1", "SO-2")
    first, second = note_of(house, "SO-1"), note_of(house, "SO-2")
    page = gao.client.get(f"/sign-off?q={first}", follow_redirects=True).text
    assert house.say("has not left the gate", "尚未出门") in page, "his own truck, but it stands here"
    assert first not in re.sub(r'<div class="message".*?</div>', "", gao.get("/sign-off").text, flags=re.DOTALL)
    house.let_out(gate_pass)
    other_load, other_pass = on_a_truck(house, "li", "SO-3")
    house.let_out(other_pass)
    other = note_of(house, "SO-3")

    # His stops, in the order in which he goes there.
    page = gao.get("/sign-off").text
    assert page.index(first) < page.index(second)
    for words in (
        'href="tel:13900000000"',
        "南京路 2 号",
        house.say("1 carton", "1 箱"),
        house.say("0 of 2 signed for", "已签收 0/2"),
        "沪B1",
    ):
        assert words in page, words
    assert other not in page
    assert other in li.get("/sign-off").text

    # The first is clean; the second has a dent, with a photo of it.
    assert gao.client.get(f"/sign-off?q={gate_pass}").status_code == 200
    once = re.findall(r'name="once" value="([^"]+)"', gao.get(f"/sign-off/{first}").text)[0]
    for _ in range(2):
        post(gao, f"/sign-off/{first}", once=once, signed_by="李雷", signature=STROKES)
    assert f'href="/sign-off/{second}"' in gao.get(f"/sign-off/{first}").text, "the next stop is one tap away"
    wrong = {"damaged-1": "1", "reason-1": "crushed"}
    post(gao, f"/sign-off/{second}", signed_by="韩梅梅", signature=STROKES, photo=photo(), **wrong)
    page = gao.get("/sign-off").text
    for words in ("李雷", "韩梅梅", house.say("2 of 2 signed for", "已签收 2/2"), house.say("1 line differs", "1 行有差异")):
        assert words in page, words
    signed = house.see("SO-2")["shipments"][0]["sign_off"]
    assert (signed["recorded_by"], signed["lines"][0]["damaged"]) == ("Gao", 1)

    # What he recorded he sees: the drawn signature, the photo, the customer's note. The signed paper he brings back.
    page = gao.get(f"/sign-off/{second}").text
    picture = re.findall(r'href="(/photos/full/[^"]+)"', page)[0]
    seen = (picture, f"/photos/shipment/{second}", f"/shipments/{second}/signature.svg", f"/documents/delivery-note/{second}.pdf")
    for path in seen:
        assert gao.get(path).status_code == 200, path
        assert li.get(path).status_code in (403, 404), path
    post(gao, f"/shipments/{second}/signed-copy")
    assert house.see("SO-2")["shipments"][0]["sign_off"]["copy_received_at"]

    # Another driver's truck: refused in words, the same as for what does not exist, and nothing is written.
    before = house.ledger()
    told = house.say("is on no truck that you drive", "不在您驾驶的车上")
    for text in (other, "SO-3", other_load, other_pass, "SO-999"):
        assert told in gao.client.get(f"/sign-off?q={text}", follow_redirects=True).text, text
    for number in (other, "S-99999"):
        refused = gao.get(f"/sign-off/{number}")
        assert (refused.status_code, told in refused.text) == (403, True)
        assert gao.get(f"/photos/shipment/{number}").status_code == 403
        assert gao.get(f"/documents/delivery-note/{number}.pdf").status_code == 403
        assert gao.get(f"/shipments/{number}/signature.svg").status_code == 403
        post(gao, f"/sign-off/{number}", 403, signed_by="x")
        post(gao, f"/photos/shipment/{number}", 403, photo=photo())
        post(gao, f"/shipments/{number}/signed-copy")
        assert api(gao, f"/shipments/{number}/signed-copy", {})[0] == 403
    for number in ("SO-3", "SO-999"):
        assert api(gao, f"/orders/{number}/delivery", {"signed_by": "x"})[1]["code"] == "not_your_truck"
    for kind in ("outbound-note", "packing-slip", "load-sheet", "gate-pass"):
        for number in (second, load, gate_pass):
            assert gao.get(f"/documents/{kind}/{number}.pdf").status_code == 403
    for path in ELSEWHERE:
        assert gao.get(f"/api/v1/{path}").status_code == 403, path
    assert house.ledger() == before
    assert house.status("SO-3") == "shipped"

    # Over the API he is answered his own shipments, and nothing of the order.
    status, answer = api(li, "/orders/SO-3/delivery", {"signed_by": "王芳"})
    assert (status, answer["status"], [one["signed_by"] for one in answer["shipments"]]) == (200, "delivered", ["王芳"])
    assert not any(answer[name] for name in ("lines", "holds", "events", "documents", "returns", "notes", "source"))
    assert api(li, "/orders/SO-3/delivery", {"signed_by": "王芳"})[1]["code"] == "signed_already"

    # The dispatcher still has all of it.
    assert house.desk(Role.DISPATCHER).get(f"/sign-off/{second}")


@pytest.mark.sqlite
def test_a_driver_has_these_doors_and_no_others(app: Application) -> None:
    """Whoever opens another one to everybody who is signed in has thought of drivers when it is written here."""
    found = {f"{method} {address}" for method, address, needed in addresses(app) if needed in PERMISSIONS[Role.DRIVER]}
    assert found == DOORS
