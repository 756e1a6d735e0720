"""The four kinds of sale from the telephone to the books; money that holds an order and lets it go; and an order that waits for goods."""

from __future__ import annotations

import datetime as dt
import html

from tests.journeys.cast import EAN, House, day
from tests.journeys.floor import shipped
from wms import clock, db
from wms.actor import Role
from wms.orders import reconsidering


def stocked(house: House) -> None:
    house.opening("TEA", 60, "A-01", lot="T-1", received_on=day(-9))
    house.opening("NUT", 60, "A-02")


def seconds_later() -> None:
    """The background has looked at the orders again."""
    db.session.rollback()
    reconsidering.reconsider_everything()


def sent(house: House, number: str) -> str:
    """What is promised to an order is picked, packed and let out; the note of its newest shipment."""
    house.api.post("/waves", {"orders": [number]})
    house.pick(number)
    shipped(house, [number])
    return str(house.see(number)["shipments"][-1]["number"])


def books(house: House) -> dict[str, set[str]]:
    """Where finance sees each order."""
    states = ("unsigned", "differences", "unsettled", "owed", "paid", "ready", "closed")
    desk, found = house.desk(Role.FINANCE), {}
    for state in states:
        page = desk.get(f"/postings?state={state}")
        found[state] = {number for number in ("SO-1", "SO-2") if f'href="/orders/{number}"' in page}
    return found


def codes(house: House, number: str) -> list[str]:
    """What happened to an order; the cartons aside."""
    told = [event["code"].removeprefix("order.") for event in house.see(number)["events"]]
    return [code for code in told if not code.startswith("carton")]


def test_settle_first(house: House) -> None:
    stocked(house)
    sales, finance, chief = (house.desk(role) for role in (Role.SALES, Role.FINANCE, Role.SUPERVISOR))
    house.order("SO-1", kind="settle_first", TEA=10)
    assert house.act("SO-1", "release")["status"] == "held"
    assert house.api.post("/waves", {"orders": ["SO-1"]}, status=409), "the warehouse may not pick"

    # Everybody reads why it waits and whose turn it is.
    why = house.say("To be settled before it is picked", "先结后配，尚未结算")
    for page in (
        sales.get("/orders/SO-1"),
        sales.get("/sales?q=SO-1"),
        sales.get("/order-exceptions?owner="),
        finance.get("/order-exceptions"),
    ):
        assert why in page
    [told] = house.api.get("/order-exceptions", owner="finance")["items"]
    assert (told["order"], told["code"], told["reason"]) == ("SO-1", "settlement", why)

    # The money is there: the hold lifts by itself, and only release releases.
    finance.post("/orders/SO-1/settle", reason="bank 4711")
    assert house.status("SO-1") == "received"
    assert house.api.get("/order-exceptions")["items"] == []
    assert books(house)["paid"] == {"SO-1"}, "settled, and not left"
    assert (
        house.api.post("/orders/SO-1/change", {"lines": [{"line": "1", "sku": "TEA", "quantity": 12}]}, status=409)["code"]
        == "already_settled"
    )
    chief.post("/orders/SO-1/release")
    sent(house, "SO-1")
    assert books(house)["paid"] == set()
    house.act("SO-1", "delivery", signed_by="李雷")
    assert books(house)["ready"] == {"SO-1"}
    finance.post("/postings/close", order=["SO-1"], state="ready")
    gone = ["picking", "picked", "packed", "loaded", "shipped", "delivered", "closed"]
    assert codes(house, "SO-1") == ["received", "held", "settled", "lifted", "received", "released", "planned", *gone]


def test_ship_first(house: House) -> None:
    stocked(house)
    finance = house.desk(Role.FINANCE)
    house.order("SO-1", kind="ship_first", TEA=10)
    house.act("SO-1", "release")
    sent(house, "SO-1")
    assert {state: numbers for state, numbers in books(house).items() if numbers} == {"unsigned": {"SO-1"}, "owed": {"SO-1"}}

    # It cannot be posted before it is signed for, nor before it is settled.
    assert house.api.post("/orders/SO-1/close", {}, status=409)["code"] == "state_not_allowed"
    house.act("SO-1", "delivery", signed_by="李雷")
    assert (books(house)["unsettled"], books(house)["owed"]) == ({"SO-1"}, {"SO-1"})
    finance.post("/orders/SO-1/close")
    assert house.say("SO-1 is not settled yet", "SO-1 尚未结算") in finance.get("/orders/SO-1")
    finance.post("/orders/SO-1/settle")
    assert (books(house)["ready"], books(house)["owed"]) == ({"SO-1"}, set())
    finance.post("/orders/SO-1/close")
    assert house.status("SO-1") == "closed"


def test_consignment(house: House) -> None:
    house.place("CONS-1", "consignment", partner="SHOP", allow_negative=True)
    house.opening("TEA", 60, "A-01", lot="T-1", received_on=day(-9))
    house.order("SO-1", kind="consignment", TEA=10)
    house.act("SO-1", "release")
    sent(house, "SO-1")

    # The goods are with the customer and still ours.
    there = {row["location"]: row["on_hand"] for row in house.rows(sku="TEA")}
    assert there == {"A-01": 50, "CONS-1": 10}
    assert house.api.get("/availability", sku="TEA")["available"] == 50, "nobody is promised what stands in a shop"
    assert books(house)["owed"] == set(), "nobody owes anything for them"
    house.act("SO-1", "delivery", signed_by="李雷")
    assert books(house)["ready"] == {"SO-1"}
    assert house.say("Waits for finance to settle it", "待财务结算") not in house.desk(Role.SALES).get("/orders")
    finance = house.desk(Role.FINANCE)
    assert 'formaction="/orders/SO-1/settle"' not in finance.get("/orders/SO-1")
    assert house.api.post("/orders/SO-1/settle", {}, status=409)["code"] == "nothing_owed"
    finance.post("/orders/SO-1/close")
    assert house.status("SO-1") == "closed"

    # Twelve rejects come back, more than the book says there are: to the defect area by a transfer; the shop's place goes below zero.
    receiver = house.worker(Role.RECEIVER)
    receiver.look("return")
    receiver.scan("CONS-1", "DAMAGED")
    for _ in range(12):
        receiver.scan(EAN["TEA"])
        if receiver.screen.step == "lot":
            receiver.scan("T-1")
    receiver.scan("CMD:DONE")
    assert receiver.screen.step == "place"
    receiver.scan("DEF-1")
    note = receiver.screen.printed.get("transfer-note") or receiver.scan("CMD:DONE").printed["transfer-note"]
    assert "调拨单" in house.paper("transfer-note", note)
    there = {(row["location"], row["condition"]): row["on_hand"] for row in house.rows(sku="TEA")}
    assert there == {("A-01", "good"): 50, ("CONS-1", "good"): -2, ("DEF-1", "damaged"): 12}


def test_instalment(house: House) -> None:
    house.opening("TEA", 6, "A-01", lot="T-1", received_on=day(-9))
    finance = house.desk(Role.FINANCE)
    house.order("SO-1", kind="instalment", allow_backorder=True, TEA=10)
    house.act("SO-1", "release")
    house.api.post("/waves", {"orders": ["SO-1"]})
    house.pick("SO-1")
    first = house.pack("SO-1")
    house.let_out(house.load("SO-1", first, close=True))
    note = house.see("SO-1")["shipments"][0]["number"]
    house.act("SO-1", "delivery", signed_by="李雷", shipment=note, lines=[{"line": "1", "delivered": 4, "damaged": 2, "reason": "wet"}])

    # Sales reads that a part has left, who took it, and that some of it comes back.
    told = html.unescape(house.desk(Role.SALES).get("/sales/orders/SO-1"))
    assert house.say("A part of it left for the customer", "部分货物已发货") in told
    assert house.say(f"{note} signed for by 李雷", f"{note} 已签收，签收人 李雷") in told
    assert house.say("2 × TEA come back, announced as", "将退回 2 × TEA，退货通知") in told

    # One delivery of two: nothing is settled yet, on the page nor over the API.
    assert house.api.post("/orders/SO-1/settle", {}, status=409)["code"] == "instalment_open"
    assert 'formaction="/orders/SO-1/settle"' not in finance.get("/orders/SO-1")

    # The rest comes and goes; what was wet comes back; then all of it is settled together.
    house.opening("TEA", 4, "A-03", lot="T-2", received_on=day(-1))
    seconds_later()
    second = sent(house, "SO-1")
    assert second != note
    house.act("SO-1", "delivery", signed_by="韩梅梅", shipment=second)
    assert house.lines("SO-1", "delivered") == [8]
    assert house.api.post("/orders/SO-1/settle", {}, status=409)["code"] == "differences_open", "two pieces are still on their way back"
    receiver = house.worker(Role.RECEIVER)
    receiver.look("return")
    receiver.scan(note, "DAMAGED", EAN["TEA"], "T-1", EAN["TEA"], "T-1", "CMD:DONE")
    while receiver.screen.step == "place":
        receiver.scan(receiver.screen.expected)
    receiver.scan("CMD:DONE")
    assert (house.lines("SO-1", "shipped"), house.lines("SO-1", "returned")) == ([10], [2])
    told = html.unescape(house.desk(Role.SALES).get("/sales/orders/SO-1"))
    assert house.say("2 × TEA came back", "退回 2 × TEA") in told
    finance.post("/orders/SO-1/settle")
    finance.post("/orders/SO-1/close")
    assert house.status("SO-1") == "closed"
    assert codes(house, "SO-1").count("settled") == 1


def test_a_credit_hold_lifts_by_itself(house: House) -> None:
    stocked(house)
    terms = {"credit_limit": 500_000, "credit_days": 30}
    house.partner("SHOP", "customer", **terms, balance_due=620_000)
    sales, chief, finance = (house.desk(role) for role in (Role.SALES, Role.SUPERVISOR, Role.FINANCE))

    # The order is held as it comes in; sales reads why and who, and neither sales nor the floor may let it go.
    assert house.order("SO-1", TEA=10)["status"] == "held"
    why = house.say("The customer owes 6,200.00, the credit limit is 5,000.00", "客户欠款 6,200.00，超过信誉额度 5,000.00")
    assert why in html.unescape(sales.get("/orders/SO-1"))
    chief.post("/orders/SO-1/approve", reason="a good customer")
    assert house.say("You may not lift what holds this order", "您无权解除此订单的暂挂") in chief.get("/orders/SO-1")
    finance.post("/orders/SO-1/approve")
    assert house.say("Say why", "请填写原因") in finance.get("/orders/SO-1")
    assert house.status("SO-1") == "held"

    # The night's file brings another balance: the hold is gone the same moment, and on record as lifted by its cause.
    house.partner("SHOP", "customer", **terms, balance_due=480_000)
    order = house.see("SO-1")
    assert (order["status"], order["holds"]) == ("received", [])
    assert codes(house, "SO-1") == ["received", "held", "lifted", "received"]
    assert house.say("its cause is gone", "原因已消除") in sales.get("/orders/SO-1")

    # An old debt is another reason; finance answers for this one with a word, for these goods and no more.
    house.partner("SHOP", "customer", **terms, balance_due=480_000, oldest_due_on=day(-31))
    assert [hold["code"] for hold in house.see("SO-1")["holds"]] == ["credit_days"]
    finance.post("/orders/SO-1/approve", reason="pays on Monday")
    assert "pays on Monday" in sales.get("/orders/SO-1")
    house.act("SO-1", "change", lines=[{"line": "1", "sku": "TEA", "quantity": 12}])
    assert [hold["code"] for hold in house.see("SO-1")["holds"]] == ["credit_days"], "those were fewer goods"
    house.act("SO-1", "change", lines=[{"line": "1", "sku": "TEA", "quantity": 9}])
    chief.post("/orders/SO-1/release")
    assert house.status("SO-1") == "released"

    # Blocked: nothing new goes, what the floor has begun goes on.
    house.partner("SHOP", "customer", blocked=True, blocked_reason="in court")
    assert house.order("SO-2", TEA=1)["status"] == "held"
    assert house.say("The customer is blocked: in court", "客户已冻结：in court") in sales.get("/orders/SO-2")
    assert house.status("SO-1") == "released"


def test_a_back_order_is_served_by_a_receipt(house: House) -> None:
    house.opening("TEA", 6, "A-01", lot="T-1", received_on=day(-9))
    house.partner("SHOP", "customer", allow_backorder=True)
    house.partner("MALL", "customer", ship_complete=True, allow_backorder=True)
    house.announce("PO-1", {"sku": "TEA", "quantity": 24}, expected_on=day(2))
    sales = house.desk(Role.SALES)
    asked = house.api.get("/availability", sku="TEA", quantity=10)
    assert (asked["available"], asked["can_ship_on"]) == (6, day(2))
    assert asked["can_ship_why"][0] == house.say("6 in stock", "现货 6")
    assert "PO-1" in asked["can_ship_why"][1]

    # The shop takes what there is and waits for the rest, the mall wants all at once; the customers' terms say so, not the orders.
    due = (clock.now() + dt.timedelta(days=1)).isoformat()
    house.order("SO-1", TEA=10, due_at=due)
    house.order("SO-2", customer="MALL", TEA=12, priority=9)
    for number in ("SO-1", "SO-2"):
        assert house.act(number, "release")["status"] == "released"
    assert [house.lines(number, "promised") for number in ("SO-1", "SO-2")] == [[6], [0]]
    assert [house.see(number)["promised_on"] for number in ("SO-1", "SO-2")] == [day(2), day(2)]
    page = html.unescape(sales.get("/orders/SO-1"))
    assert house.say("It will be late: all of it can leave on", "将逾期：全部货物最早") in page
    assert house.say("4 with PO-1", "4 随 PO-1 到货") in page
    waiting = {one["order"]: one["reason"] for one in house.api.get("/order-exceptions", code="back_order")["items"]}
    assert waiting == {
        number: house.say(f"Waiting for stock: {n} × TEA", f"待到货：{n} × TEA") for number, n in (("SO-1", 4), ("SO-2", 12))
    }
    first = sent(house, "SO-1")
    assert house.lines("SO-1", "shipped") == [6]

    # Fourteen come in: the more urgent one is served first, the other has what is left, and a new order finds nothing.
    receiver = house.crew(Role.RECEIVER)
    receiver.look("receive")
    receiver.scan("PO-1", EAN["TEA"])
    receiver.scan("T-2", "14", "CMD:DONE")
    assert "SO-2" in str(receiver.screen.facts), "it could go there straight from the dock"
    receiver.scan("CMD:SKIP")
    house.order("SO-3", customer="MALL", TEA=3, allow_backorder=False)
    assert house.act("SO-3", "release")["status"] == "held", "what came in a moment ago is for those who wait"
    seconds_later()
    assert [house.lines(number, "promised") for number in ("SO-1", "SO-2")] == [[2], [12]]
    assert codes(house, "SO-2")[-1] == "promised"
    house.put_everything_away()
    sent(house, "SO-2")
    order = house.see("SO-2")
    assert (order["status"], order["left_on"], order["promised_on"]) == ("shipped", day(0), day(2))
    assert house.say("as promised", "如期") in sales.get("/orders/SO-2")
    assert house.see("SO-1")["shipments"][0]["number"] == first
