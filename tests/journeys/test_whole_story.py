"""The whole story: goods are announced, and in the end a customer has signed for them and finance has closed the order."""

from __future__ import annotations

import io
from typing import Any

from tests.journeys.cast import ADDRESS, EAN, House, day, gs1
from wms.actor import Role


def received(house: House) -> None:
    """The truck is at the dock: one GS1 scan a pallet; what is too much is refused; the label comes out at once."""
    house.announce("PO-1", {"sku": "TEA", "quantity": 30}, {"sku": "MILK", "quantity": 40}, {"sku": "NUT", "quantity": 2, "unit": "case"})
    arrivals = house.desk(Role.SUPERVISOR).get("/receiving/arrivals")
    assert "PO-1" in arrivals
    assert house.say("Deliveries due", "待收到货") in arrivals
    receiver = house.worker(Role.RECEIVER)
    assert receiver.look("receive").prompt == house.say("Scan the delivery paper", "扫描送货单")
    receiver.scan("po-1")
    assert receiver.screen.prompt == house.say("Scan the goods", "扫描货物")
    receiver.scan(gs1(EAN["MILK"], lot="M-EARLY", expires_on=day(90), quantity=20))
    assert receiver.screen.step == "product", "one scan is the whole receipt"
    assert house.say("20 pieces of MILK received", "已收 20 件 MILK") in receiver.screen.text
    label = receiver.get(f"/labels/handling-unit/{receiver.screen.printed['handling-unit']}.pdf")
    assert label.data.startswith(b"%PDF")
    assert house.api.get("/inbound-orders/PO-1")["status"] == "receiving"
    assert [line["received"] for line in house.api.get("/inbound-orders/PO-1")["lines"]] == [0, 20, 0]

    too_much = gs1(EAN["MILK"], lot="M-LATE", expires_on=day(300), quantity=21)
    receiver.send(too_much)
    assert (receiver.screen.step, receiver.screen.tone, receiver.screen.code) == ("quantity", "stop", "over_receipt")
    receiver.scan("20")
    receiver.scan(gs1(EAN["TEA"], lot="T-1"), "30")
    if receiver.screen.step == "quantity":
        receiver.scan("30")
    receiver.scan("16900000000035", "16900000000035", "16900000000035")
    assert receiver.screen.step == "order", f"everything is in: {receiver.screen}"
    assert house.api.get("/inbound-orders/PO-1")["status"] == "received"
    note = house.paper("goods-received-note", "PO-1")
    for word in ("入库单", "Goods received note", "绿茶", "Green tea", "M-EARLY", "T-1"):
        assert word in note


def put_away(house: House) -> None:
    """The suggested bin, and once another one, which is asked about."""
    receiver = house.worker(Role.RECEIVER)
    receiver.look("putaway")
    receiver.scan("CMD:NEXT")
    assert receiver.screen.prompt.startswith(house.say("Scan the pallet", "扫描托盘"))
    receiver.scan(receiver.screen.expected)
    assert receiver.screen.prompt.startswith(house.say("Put it in", "放入"))
    assert receiver.screen.facts[house.say("From", "从")].startswith("DOCK-1")
    receiver.scan(receiver.screen.expected)
    assert house.say("stored in", "已放入") in receiver.screen.text
    receiver.scan("CMD:NEXT")
    receiver.scan(receiver.screen.expected)
    other = "A-08" if receiver.screen.expected != "A-08" else "A-07"
    receiver.doubted(other, "another_location")
    receiver.scan(other)
    receiver.scan("CANNOT_REACH")
    for _ in range(2):
        receiver.scan("CMD:NEXT")
        receiver.scan(receiver.screen.expected)
        receiver.scan(receiver.screen.expected)
    receiver.refused("CMD:NEXT", "no_work", house.say("Nothing waits to be put away", "没有待上架的货物"))
    assert {row["location"][0] for row in house.rows()} == {"A"}, "nothing is left at the dock"
    assert [line["put_away"] for line in house.api.get("/inbound-orders/PO-1")["lines"]] == [30, 40, 24]


def ordered(house: House) -> None:
    """One order comes by the API, one in a file, one is typed at the desk."""
    house.partner("DEBTOR", "customer", credit_limit=1000, credit_days=30, balance_due=5000, oldest_due_on=day(-45))
    house.order("SO-1", TEA=10, MILK=6)
    sheet = "number,customer,line,sku,quantity\nSO-2,DEBTOR,1,NUT,12\nSO-2,DEBTOR,2,TEA,2\n"
    desk = house.desk(Role.SUPERVISOR)
    bad = sheet.replace("12", "zwölf")
    page = desk.post("/imports", status=422, kind="orders", file=(io.BytesIO(bad.encode()), "orders.csv"))
    assert house.say("must be a whole number", "必须是整数") in page
    house.api.get("/orders/SO-2", status=404)
    desk.post("/imports", status=200, kind="orders", file=(io.BytesIO(sheet.encode()), "orders.csv"))
    sales = house.desk(Role.SALES)
    form: dict[str, Any] = {"number": "SO-3", "customer": "SHOP", "kind": "settle_first", "priority": "5", "carrier": "SWIFT"}
    form |= {"sku": ["SOAP"], "quantity": ["6"], "ship_to_name": "韩梅梅", "ship_to_city": "上海"}
    page = sales.post("/orders/new", status=422, **{**form, "quantity": ["-6"]})
    assert house.say("Not saved yet", "尚未保存") in page
    sales.post("/orders/new", **form)
    assert house.say("Order SO-3 entered", "订单 SO-3 已录入") in sales.get("/orders/SO-3")


def held_and_released(house: House) -> None:
    """The gate says why it holds an order; whoever may lifts it, on record; a cause that is gone lifts itself."""
    desk, finance = house.desk(Role.SUPERVISOR), house.desk(Role.FINANCE)
    for number in ("SO-1", "SO-2", "SO-3"):
        desk.post(f"/orders/{number}/release")
    assert house.status("SO-1") == "released"
    assert {hold["code"] for hold in house.see("SO-2")["holds"]} == {"credit_limit", "credit_days"}
    assert {hold["code"] for hold in house.see("SO-3")["holds"]} == {"stock", "settlement", "address"}
    page = desk.get("/orders/SO-2")
    assert house.say("the credit limit is", "超过信誉额度") in page
    page = desk.get("/orders/SO-3")
    assert house.say("SOAP lacks 6", "SOAP 缺 6") in page
    assert house.say("The address lacks: street", "收货地址缺少：街道地址") in page
    assert house.say("To be settled before it is picked", "先结后配，尚未结算") in page

    desk.post("/orders/SO-2/approve", reason="old customer")
    assert house.status("SO-2") == "held", "credit is finance's to approve"
    finance.post("/orders/SO-2/approve", reason="paid on the phone")
    desk.post("/orders/SO-2/release")
    assert house.status("SO-2") == "released"

    finance.post("/orders/SO-3/settle")
    desk.post("/orders/SO-3/approve", reason="the driver knows the street")
    assert {hold["code"] for hold in house.see("SO-3")["holds"]} == {"stock"}
    house.announce("PO-2", {"sku": "SOAP", "quantity": 48})
    receiver = house.worker(Role.RECEIVER)
    receiver.look("receive")
    receiver.scan("PO-2", EAN["SOAP"], "48")
    if receiver.screen.step == "quantity":
        receiver.scan("48")
    receiver.look("putaway")
    receiver.scan("CMD:NEXT")
    receiver.scan(receiver.screen.expected)
    receiver.scan(receiver.screen.expected)
    assert house.see("SO-3")["holds"] == [], "the soap is here: the hold lifts by itself"
    desk.post("/orders/SO-3/release")
    assert house.status("SO-3") == "released"
    assert house.api.get("/availability", sku="TEA")["promised"] == 12
    assert house.api.get("/availability", sku="SOAP")["available"] == 42


def planned(house: House) -> dict[str, str]:
    """A wave: claims on the first to expire and the oldest; the face cannot serve, so goods are brought down."""
    desk = house.desk(Role.SUPERVISOR)
    assert "SO-1" in desk.get("/picking/plan")
    desk.post("/picking/plan", orders=["SO-1", "SO-2", "SO-3"], method="single")
    wave = desk.get(desk.last.headers["Location"])
    assert house.say("pick lists planned", "张拣货单") in wave
    lists = {}
    for row in house.api.get("/tasks", kind="pick")["items"]:
        lists[row["order"]] = row
    reserved = {(row["sku"], row["batch"]["lot"]): row["reserved"] for row in house.rows() if row["reserved"]}
    assert reserved[("MILK", "M-EARLY")] == 6, "first to expire, first out"
    return {document["number"]: order for order in lists for document in house.see(order)["documents"] if document["kind"] == "pick-list"}


def replenished(house: House) -> None:
    """The face has no soap yet: a case is brought down from the rack, with the order's claim on it."""
    picker = house.worker(Role.PICKER)
    picker.look("replenish")
    picker.scan("CMD:NEXT")
    assert picker.screen.facts[house.say("Into", "补到")] == "F-01"
    source = picker.screen.expected
    picker.refused("A-01" if source != "A-01" else "A-02", "wrong_location", str(source))
    picker.scan(source, EAN["SOAP"])
    count = picker.screen.expected
    picker.scan(count)
    picker.scan("F-01")
    assert house.say("SOAP in F-01", "已补到 F-01") in picker.screen.text
    assert house.on_hand("SOAP", location="F-01") == int(str(count))


def picked(house: House, lists: dict[str, str]) -> None:
    """In walking order; one line is skipped, one comes up short, the rest is directed."""
    picker = house.worker(Role.PICKER)
    picker.look("pick")
    mine = next(number for number, order in lists.items() if order == "SO-1")
    picker.scan(mine)
    first = picker.screen
    assert first.prompt == house.say("Scan location ", "扫描库位 ") + str(first.expected)
    picker.scan("CMD:SKIP")
    assert picker.screen.expected != first.expected, "the skipped line goes to the end"
    for status in ("released", "picking"):
        assert house.status("SO-1") == status
        picker.scan(picker.screen.expected)
        picker.scan(picker.screen.expected)
        while picker.screen.step in ("lot", "quantity"):
            picker.scan(picker.screen.expected)
        assert picker.screen.step == "target"
        picker.scan("PACK-1")
    assert house.status("SO-1") == "picked"
    assert house.say("take it to PACK-1", "请送到 PACK-1") in picker.screen.detail

    other = next(number for number, order in lists.items() if order == "SO-2")
    picker.scan(other)
    while "NUT" not in " ".join(picker.screen.facts.values()):
        picker.scan("CMD:SKIP")
    place = picker.screen.expected
    picker.scan("CMD:SHORT", "9")
    assert house.say("Damaged", "货物破损") in picker.screen.actions.values()
    picker.scan("MISSING", "PACK-1")
    if picker.screen.step == "elsewhere":
        picker.scan("CMD:DONE")
    while picker.screen.step != "document":
        picker.scan(picker.screen.expected)
    assert house.lines("SO-2", "picked") == [9, 2]
    assert house.lines("SO-2", "short") == [3, 0]
    assert house.status("SO-2") == "picked"
    counts = [task for task in house.api.get("/tasks", kind="count")["items"] if task["source"] == place]
    assert counts, "where something lacked, somebody counts"

    picker.scan("CMD:NEXT")
    while picker.screen.step != "document":
        picker.scan(picker.screen.expected)
    assert house.status("SO-3") == "picked"


def packed(house: House) -> dict[str, str]:
    """Every piece is checked again: a wrong one is caught; slip, carton label and delivery note come out."""
    packer = house.terminal(Role.PACKER)
    packer.look("pack")
    packer.scan("SO-1")
    packer.refused(EAN["NUT"], None, "NUT")
    packer.scan(EAN["TEA"], "10")
    packer.refused(EAN["MILK"] if packer.screen.step == "quantity" else EAN["SOAP"])
    while packer.screen.step == "quantity":
        packer.scan("10")
    packer.scan(EAN["MILK"], "6")
    if packer.screen.step == "quantity":
        packer.scan("6")
    assert packer.screen.step == "weight", packer.screen
    assert house.say("SO-1 is packed", "SO-1 已全部装箱") in packer.screen.text
    packer.doubted("100", "weight_far_off")
    packer.scan("8700")
    cartons = {"SO-1": packer.screen.printed["handling-unit"]}
    slip = house.paper("packing-slip", cartons["SO-1"])
    for word in ("装箱单", "Packing slip", "牛奶", "Milk", "SO-1"):
        assert word in slip
    note = house.paper("delivery-note", packer.screen.printed["delivery-note"])
    for word in ("发货单", "Delivery note", "李雷", "南京路 2 号", "上海"):
        assert word in note
    assert "8.70" in note
    assert "8.70" in slip
    for number, goods in (("SO-2", {"NUT": 9, "TEA": 2}), ("SO-3", {"SOAP": 6})):
        packer.scan(number)
        for sku, quantity in goods.items():
            packer.scan(EAN[sku])
            while packer.screen.step == "quantity":
                packer.scan(quantity)
        packer.scan("CMD:DONE")
        cartons[number] = packer.screen.printed["handling-unit"]
        assert house.status(number) == "packed"
    return cartons


def shipped(house: House, cartons: dict[str, str]) -> None:
    """Loaded in the reverse of the stops, sealed; the guard scans the gate pass once, and the goods are gone."""
    dispatcher = house.worker(Role.DISPATCHER)
    stops = [{"name": name, "orders": [order]} for name, order in (("先 First", "SO-1"), ("后 Second", "SO-2"), ("末 Last", "SO-3"))]
    plan = house.api.post("/loads", {"carrier": "SWIFT", "door": "DOOR-1", "plate": "沪A12345", "driver": "王师傅", "stops": stops})
    sheet = house.paper("load-sheet", plan["number"])
    for word in ("装车单", "Load sheet", "沪A12345", "王师傅"):
        assert word in sheet
    dispatcher.look("load")
    dispatcher.scan(plan["number"])
    assert dispatcher.screen.expected == cartons["SO-3"], "what is delivered last goes on first"
    dispatcher.doubted(cartons["SO-1"], "out_of_turn")
    for number in ("SO-3", "SO-2", "SO-1"):
        dispatcher.scan("00" + cartons[number])
    assert house.status("SO-1") == "loaded"
    assert dispatcher.screen.prompt == house.say("Scan the seal", "扫描封签")
    dispatcher.scan("SEAL-77")
    gate_pass = dispatcher.screen.printed["gate-pass"]
    paper = house.paper("gate-pass", gate_pass)
    for word in ("出门证", "Gate pass", "沪A12345", "SEAL-77"):
        assert word in paper

    before = house.on_hand("TEA")
    guard = house.worker(Role.GATE)
    guard.look("gate")
    guard.scan(gate_pass)
    assert guard.screen.facts[house.say("Plate", "车牌")] == "沪A12345"
    assert house.status("SO-1") == "loaded", "the first scan only shows the truck"
    guard.scan(gate_pass)
    assert house.say("沪A12345 has left with 3 cartons", "沪A12345 已放行，共 3 箱") in guard.screen.text
    guard.refused(gate_pass)
    assert house.on_hand("TEA") == before - 12
    assert {house.status(number) for number in cartons} == {"shipped"}
    assert house.api.post("/orders/SO-1/cancel", {}, status=409)["code"] == "order_has_left"


def asked_by_sales(house: House) -> None:
    """Sales types the number and sees everything that happened, in words of their own."""
    page = house.desk(Role.SALES).get("/sales?q=so-1")
    for words in (
        house.say("Given to the warehouse", "已交给仓库"),
        house.say("All goods are collected", "货已备齐"),
        house.say("Packed", "已打包"),
        house.say("On the truck", "已装车"),
    ):
        assert words in page, f"{words!r} is not in the timeline"
    codes = [event["code"] for event in house.see("SO-1")["events"]]
    states = ["received", "released", "picking", "picked", "packed", "loaded", "shipped"]
    reached = [code.split(".")[1] for code in codes if code.split(".")[-1] in states]
    assert reached == states, codes
    shipment = house.see("SO-1")["shipments"][0]
    assert shipment["left_at"]
    kinds = {paper["kind"] for paper in house.see("SO-1")["documents"]}
    assert {"pick-list", "packing-slip", "delivery-note", "load-sheet", "gate-pass"} <= kinds
    for paper in house.see("SO-1")["documents"]:
        assert house.api.client.get(paper["href"], headers=house.api.headers).data.startswith(b"%PDF"), paper


def signed_and_closed(house: House) -> None:
    """The customer signs, with a damaged piece on record; finance closes only then."""
    finance = house.desk(Role.FINANCE)
    finance.post("/orders/SO-1/close")
    assert house.status("SO-1") == "shipped", "nobody has signed yet"
    house.desk(Role.DISPATCHER).post("/orders/SO-1/delivery", signed_by="李雷")
    assert house.status("SO-1") == "delivered"
    assert house.lines("SO-1", "delivered") == [10, 6]
    finance.post("/orders/SO-1/settle")
    finance.post("/orders/SO-1/close")
    assert house.status("SO-1") == "closed"
    house.act("SO-2", "delivery", signed_by="王五", lines=[{"line": "1", "delivered": 8, "damaged": 1, "reason": "wet"}])
    assert house.lines("SO-2", "delivered") == [8, 2]


def test_from_the_announcement_to_the_signature(house: House) -> None:
    assert ADDRESS["city"] == "上海"
    received(house)
    put_away(house)
    ordered(house)
    held_and_released(house)
    lists = planned(house)
    replenished(house)
    picked(house, lists)
    cartons = packed(house)
    shipped(house, cartons)
    asked_by_sales(house)
    signed_and_closed(house)
    assert house.on_hand("MILK") == 34
    assert house.on_hand("SOAP") == 42
