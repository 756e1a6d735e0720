"""The scanner at the dock when goods come for the first time: nobody knows yet what one of them weighs and how large it is."""

from __future__ import annotations

from collections.abc import Callable

from wms.catalog import products
from wms.i18n import T, Text
from wms.receiving.scan_receive import receive
from wms.receiving.scan_received import AHEAD
from wms.receiving.screens import name_of, none_of, product_in_hand
from wms.scan.flow import Fact, Go, Handler, Kind, Notes, Scan

_SIDES = (
    ("length", T("Its length, mm", "长（毫米）")),
    ("width", T("Its width, mm", "宽（毫米）")),
    ("height", T("Its height, mm", "高（毫米）")),
)


def _facts(notes: Notes) -> list[Fact]:
    known = [Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"])]
    if notes.get("grams"):
        known.append(Fact(T("Weight", "重量"), T("{n} g", "{n} 克", n=notes["grams"])))
    known += [Fact(words, notes[f"{name}_mm"]) for name, words in _SIDES if notes.get(f"{name}_mm")]
    return known


@receive.command(
    "product",
    "MEASURE",
    label=T("Weigh and measure it", "补录重量尺寸"),
    when=lambda notes: bool(notes.get("unmeasured")),
    leads_to=["weight"],
)
def measure(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    product_id, sku, words = notes["unmeasured"]
    return Go("weight", notes={"product": product_id, "sku": sku, "name": words, **none_of(*AHEAD)})


@receive.step(
    "weight",
    ask=T("Weigh one piece, in grams", "称一件的重量（克）"),
    accepts=[Kind.WEIGHT],
    facts=_facts,
    leads_to=["length"],
)
def weighed(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("length", notes={"grams": scan.quantity})


def _side(name: str, ask: Text, onward: str) -> Callable[[Handler], Handler]:
    return receive.count(name, ask=ask, product=None, typed_confirms=True, facts=_facts, leads_to=[onward])


@_side("length", _SIDES[0][1], "width")
def long(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("width", notes={"length_mm": scan.quantity})


@_side("width", _SIDES[1][1], "height")
def wide(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("height", notes={"width_mm": scan.quantity})


@_side("height", _SIDES[2][1], "product")
def high(scan: Scan, notes: Notes) -> Go:
    product = product_in_hand(notes)
    products.measure(product, grams=notes["grams"], length_mm=notes["length_mm"], width_mm=notes["width_mm"], height_mm=scan.quantity)
    said = T("{sku}: {grams} g, {sides} mm", "{sku}：{grams} 克，{sides} 毫米", sku=product.sku, grams=product.weight_grams)
    struck = dict.fromkeys(("product", "sku", "name", "grams", "length_mm", "width_mm", "unmeasured"))
    sides = f"{product.length_mm} × {product.width_mm} × {product.height_mm}"
    return Go("product", notes=struck, say=said.with_facts(sides=sides), posted=True)
