"""The customer signs on the driver's phone, keeps a part of it, and finance closes when the rest is accounted for."""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
import threading
from typing import Any

from PIL import Image

from tests.http import Api
from tests.journeys.cast import EAN, House
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Role

STROKES = "M60 120L90 40L120 120M70 90L112 90M150 60L150 120L200 118"


def on_the_road(house: House, number: str, **goods: int) -> str:
    """An order on its way; its delivery note's number."""
    house.planned(number, **goods)
    house.pick(number)
    house.let_out(house.load(number, house.pack(number), close=True))
    return str(house.see(number)["shipments"][0]["number"])


def photo() -> tuple[io.BytesIO, str]:
    stream = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(stream, "JPEG")
    stream.seek(0)
    return stream, "note.jpg"


def stocked(house: House) -> None:
    house.opening("TEA", 60, "A-01", lot="T-1")
    house.opening("NUT", 60, "A-02")


def test_signed_with_damages_taken_back_and_closed(house: House) -> None:
    stocked(house)
    note = on_the_road(house, "SO-1", TEA=10, NUT=6)
    finance, driver = house.desk(Role.FINANCE), house.desk(Role.DISPATCHER)
    assert "SO-1" in finance.get("/postings?state=unsigned")

    # At the customer's door: two tins are dented, one is not wanted, one is not there.
    page = driver.get("/sign-off")
    assert f"/sign-off/{note}" in page
    page = driver.get(f"/sign-off/{note}")
    assert house.say("What was delivered", "送达情况") in page
    wrong = {"damaged-1": "2", "refused-1": "1", "missing-1": "1", "reason-1": "crushed"}
    once = re.findall(r'name="once" value="([^"]+)"', page)[0]
    for _ in range(2):  # a double tap
        driver.post(f"/sign-off/{note}", once=once, signed_by="李雷", signature=STROKES, photo=photo(), **wrong)
    page = driver.get(f"/sign-off/{note}")
    assert house.say("Crushed or broken", "压损、破损") in page
    order = house.see("SO-1")
    assert (order["status"], house.lines("SO-1", "delivered")) == ("delivered", [6, 6])
    signed = order["shipments"][0]["sign_off"]
    assert (signed["signed_by"], signed["signature"]) == ("李雷", f"/shipments/{note}/signature.svg")
    tea = signed["lines"][0]
    assert [tea[name] for name in ("delivered", "damaged", "refused", "missing", "lot")] == [6, 2, 1, 1, "T-1"]
    announced = signed["announced"]
    told = house.api.get(f"/inbound-orders/{announced}")
    assert (told["kind"], told["reference"], told["lines"][0]["expected"], told["lines"][0]["lot"]) == ("customer_return", note, 3, "T-1")
    paper = house.paper("delivery-note", note)
    assert paper.count("李雷 ·") == 3, "the name stands on every copy"

    # Sales and the order system read it the same second.
    codes = [event["code"] for event in order["events"]]
    assert codes[-3:] == ["order.delivered", "order.return_announced", "inbound.difference"]
    assert house.say("Signed for by 李雷", "已签收，签收人 李雷") in house.desk(Role.SALES).get("/orders/SO-1")

    # Finance may not post it yet.
    finance.post("/orders/SO-1/settle")
    assert "SO-1" in finance.get("/postings?state=differences")
    finance.post("/postings/close", order=["SO-1"], state="ready")
    assert house.say("differences that are still open", "尚未处理完") in finance.get("/postings?state=differences")
    assert house.status("SO-1") == "delivered"

    # The truck is back: the receiver scans the delivery note and judges what is on it.
    receiver = house.worker(Role.RECEIVER)
    receiver.look("return")
    receiver.scan(note)
    receiver.scan("DAMAGED", EAN["TEA"], EAN["TEA"], "GOOD", EAN["TEA"], "CMD:DONE")
    while receiver.screen.step == "place":
        receiver.scan(receiver.screen.expected)
    receiver.scan("CMD:DONE")
    back = house.see("SO-1")["returns"][0]["number"]
    assert (house.lines("SO-1", "delivered"), house.lines("SO-1", "returned")) == ([6, 6], [3, 0])
    red = house.paper("red-outbound-note", back)
    for word in ("红字出库单", "Red outbound note", announced, "-3", "残损"):
        assert word in red, word
    assert house.api.get(f"/inbound-orders/{announced}")["lines"][0]["received"] == 3

    # The one that is missing has an owner: the carrier pays.
    [lost] = [one for one in house.api.get("/differences")["items"] if one["kind"] == "not_delivered"]
    assert (lost["owner"], lost["quantity"], lost["order"]) == ("supervisor", 1, "SO-1")
    finance.post("/orders/SO-1/close")
    assert house.status("SO-1") == "delivered"
    house.api.post(f"/differences/{lost['number']}/settle", {"outcome": "carrier_pays", "text": "their driver knows"})

    # The signed paper comes back, and finance closes.
    driver.post(f"/shipments/{note}/signed-copy", photo=photo())
    assert house.say("Here since", "已收回") in driver.get(f"/shipments/{note}")
    assert "SO-1" in finance.get("/postings?state=ready")
    finance.post("/postings/close", order=["SO-1"], state="ready")
    assert house.status("SO-1") == "closed"
    codes = [event["code"] for event in house.see("SO-1")["events"]]
    assert codes[-2:] == ["order.copy_received", "order.closed"]
    assert house.on_hand("TEA") == 53, "sixty, less ten, and three that came back"


def test_whatever_is_sent_nothing_wrong_is_signed_for(house: House, w: Warehouse) -> None:
    stocked(house)
    house.planned("SO-9", TEA=2)
    house.pick("SO-9")
    house.pack("SO-9")
    refused = house.api.post("/orders/SO-9/delivery", {"signed_by": "x"}, status=409)
    assert refused["code"] == "state_not_allowed", "it is still here"
    note = on_the_road(house, "SO-1", TEA=10)
    before = house.ledger()
    pdf = "data:image/png;base64," + base64.b64encode(b"%PDF-1.7\n" + b"x" * 500).decode()
    now = clock.now()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"signature": pdf}, "not_a_signature"),
        ({"signature": "data:application/pdf;base64,JVBERi0="}, "not_a_signature"),
        ({"signature": '<svg onload="alert(1)">'}, "not_a_signature"),
        ({"signature": "M1 1" * 1_300_000}, "invalid_input"),
        ({"signature": "M1 1" * 9_000}, "signature_too_large"),
        ({"lines": [{"line": "1", "delivered": 11}]}, "more_than_shipped"),
        ({"lines": [{"line": "1", "delivered": 9, "damaged": 1, "refused": 1}]}, "more_than_shipped"),
        ({"lines": [{"line": "1", "delivered": -1}]}, "invalid_input"),
        ({"lines": [{"line": "7", "delivered": 1}]}, "line_unknown"),
        ({"lines": [{"line": "1", "delivered": 1, "lot": "NONE"}]}, "lot_not_shipped"),
        ({"lines": [{"line": "1", "delivered": 10}, {"line": "1", "delivered": 1}]}, "line_twice"),
        ({"signed_at": (now - dt.timedelta(days=2)).isoformat()}, "signed_at_wrong"),
        ({"signed_at": (now + dt.timedelta(hours=2)).isoformat()}, "signed_at_wrong"),
        ({"signed_by": ""}, "invalid_input"),
        ({"signed_by": "x" * 201}, "invalid_input"),
        ({"signed_by": "a\x07b"}, "invalid_input"),
        ({"shipment": "S-99999"}, "shipment_unknown"),
        ({"signatures": "x"}, "invalid_input"),
    ]
    for body, code in wrong:
        answer = house.api.post("/orders/SO-1/delivery", {"signed_by": "李雷", **body}, status=404 if code == "shipment_unknown" else 422)
        assert answer["code"] == code, (body.keys(), answer)
    assert (house.status("SO-1"), house.ledger()) == ("shipped", before)
    elsewhere = Api(house.app, Role.DISPATCHER, site_id=w.site("NORTH"))
    elsewhere.post("/orders/SO-1/delivery", {"signed_by": "x"}, status=404)
    elsewhere.post(f"/shipments/{note}/signed-copy", {}, status=404)
    assert elsewhere.get("/deliveries")["items"] == []
    Api(house.app, Role.PACKER).post("/orders/SO-1/delivery", {"signed_by": "x"}, status=403)
    house.api.post("/orders/SO-1/close", {}, status=409)
    house.api.post("/deliveries/close", {"orders": []}, status=422)
    house.api.post("/orders/SO-1/accept-differences", {"reason": "x"}, status=409)


def test_two_people_sign_at_once_and_one_asks_twice(house: House) -> None:
    stocked(house)
    on_the_road(house, "SO-1", TEA=10)
    drivers = [Api(house.app, Role.DISPATCHER) for _ in range(2)]
    both, answers = threading.Barrier(2), []

    def sign(api: Api, damaged: int) -> None:
        both.wait()
        line = {"line": "1", "delivered": 10 - damaged, "damaged": damaged, "reason": "wet"}
        body, headers = {"signed_by": f"D{damaged}", "lines": [line]}, {**api.headers, "Idempotency-Key": "k"}
        answer = api.client.post("/api/v1/orders/SO-1/delivery", json=body, headers=headers)
        answers.append((answer.status_code, damaged, api))

    threads = [threading.Thread(target=sign, args=(api, place)) for place, api in enumerate(drivers, start=1)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(status for status, *_ in answers) == [200, 409]
    [(_, damaged, first)] = [one for one in answers if one[0] == 200]
    assert house.lines("SO-1", "delivered") == [10 - damaged]
    again = {"signed_by": f"D{damaged}", "lines": [{"line": "1", "delivered": 10 - damaged, "damaged": damaged, "reason": "wet"}]}
    first.post("/orders/SO-1/delivery", again, key="k", status=200)
    announced = [one for one in house.api.get("/inbound-orders")["items"] if one["kind"] == "customer_return"]
    assert [one["lines"][0]["expected"] for one in announced] == [damaged], "asked again, announced once"
    assert house.api.post("/orders/SO-1/delivery", {"signed_by": "third"}, status=409)["code"] == "signed_already"
