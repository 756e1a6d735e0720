"""One story that makes every paper of the contract, in the words of the journeys."""

from __future__ import annotations

from tests.journeys.cast import House
from tests.warehouse import PREFIX, Warehouse
from wms.catalog import products
from wms.orders import inbound
from wms.receiving.check_in import check_in
from wms.stock import operations as by_hand

STROKES = "M60 120L90 40L120 120M70 90L112 90M150 60L150 120L200 118M240 60L300 60L270 140"


def told(house: House, w: Warehouse) -> dict[str, str]:
    """The number of a paper of each kind."""
    house.announce("PO-1", {"sku": "TEA", "quantity": 30, "lot": "T-0"}, {"sku": "SOAP", "quantity": 24})
    dock = w.location("DOCK-1").id
    with w.transaction():
        order = inbound.find_inbound("PO-1", by=w.by)
        tea = products.find_product("TEA")
        check_in(order.id, tea, 28, dock_id=dock, by=w.by, key="po-1", company_prefix=PREFIX, lot="T-0")
    house.opening("TEA", 30, "A-01", lot="T-1")
    house.opening("NUT", 24, "A-02")
    pick_list = house.planned("SO-1", TEA=10, NUT=6)
    house.pick("SO-1")
    carton = house.pack("SO-1")
    gate_pass = house.load("SO-1", carton, close=True)
    house.let_out(gate_pass)
    order_1 = house.see("SO-1")
    shipment, load = order_1["shipments"][0]["number"], order_1["shipments"][0]["load"]
    line = {"line": "1", "delivered": 8, "damaged": 1, "refused": 1, "reason": "wet"}
    house.act("SO-1", "delivery", signed_by="李雷", signature=STROKES, lines=[line])
    back = house.api.post("/returns", {"order": "SO-1", "lines": [{"sku": "TEA", "quantity": 2, "found": "damaged"}]}, status=201)
    with w.transaction():
        by_hand.move_goods("NUT", 3, "A-02", "A-03", key="by-hand", by=w.by, reason="too full", document="T-HAND")
    count = house.api.post("/counts", {"locations": ["A-01", "A-02"], "blind": True, "tolerance": 0}, status=201)["number"]
    return {
        "goods-received-note": "PO-1",
        "putaway-list": "PO-1",
        "pick-list": pick_list,
        "packing-slip": shipment,
        "delivery-note": shipment,
        "outbound-note": shipment,
        "red-outbound-note": back["number"],
        "transfer-note": "T-HAND",
        "load-sheet": load,
        "loading-checklist": load,
        "gate-pass": gate_pass,
        "carrier-manifest": load,
        "count-sheet": count,
        "difference-report": count,
        "adjustment-note": count,
    }
