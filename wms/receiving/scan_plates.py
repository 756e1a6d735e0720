"""The scanner where plates are built: cartons and goods onto a pallet, one plate into another, a part off, all apart."""

from __future__ import annotations

from typing import Any

from wms.actor import Permission
from wms.catalog.gs1 import is_sscc, shown
from wms.catalog.models import Product, Tracking
from wms.db import session
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.receiving import plate_facts, plate_goods, plates
from wms.receiving.plate_goods import Lying
from wms.receiving.plates import Built
from wms.receiving.scan_stock import LotNotHere, MoreThanFree, NothingHere
from wms.receiving.screens import (
    company_prefix,
    goods_facts,
    many,
    mixed_hint,
    none_of,
    plate_label,
    product_in_hand,
    product_notes,
    short_code,
)
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Scan
from wms.scan.recognise import NotRecognised
from wms.stock import handling_units
from wms.stock.models import Condition, HandlingUnit, UnitKind

GOODS = ("product", "sku", "name", "tracking", "lot", "expires_on", "quantity", "condition", "free", "base_unit", "shelf_life")
_NEW = {"CARTON": T("New carton", "新建纸箱"), "TOTE": T("New tote", "新建周转箱")}
_MERGE = T("Merge a plate in", "并入另一托盘")
_OFF = T("Take off", "取下货物")
_APART = T("Take it apart", "拆托")


class NotOnThisPlate(Refused):
    """The carton stands elsewhere."""

    code = "not_on_plate"
    sentence = T("{unit} does not stand on {plate}", "{unit} 不在 {plate} 上")
    advice = T("Scan a carton or goods that are on it", "请扫描该托盘上的箱或货物")


def _facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes)
    if "unit" in notes:
        facts = [*plate_facts.of(session.get_one(HandlingUnit, notes["unit"]), few=bool(facts)), *facts]
    if notes.get("from"):
        facts.append(Fact(T("Goods from", "取自"), notes["from"]))
    return facts


building = Flow(
    "plate",
    title=T("Build plates", "组托"),
    needs=Permission.MOVE_STOCK,
    document=lambda notes: short_code(notes["code"]) if notes.get("code") else None,
    facts=_facts,
    station=lambda notes: _unit(notes).location_id if notes.get("unit") else None,
)


def _unit(notes: Notes) -> HandlingUnit:
    return session.get_one(HandlingUnit, notes["unit"], populate_existing=True)


def _chosen(unit: HandlingUnit, **more: Any) -> Go:
    return Go("onto", notes={"unit": unit.id, "code": unit.code, **none_of(*GOODS, "from", "source"), **more})


@building.step(
    "plate",
    ask=T("Scan a pallet", "扫描托盘"),
    accepts=[Kind.HANDLING_UNIT, Kind.REASON],
    reasons=_NEW,
    new_units=True,
    leads_to=["onto"],
    hint=T("Pallet, carton or tote", "托盘、箱或周转箱"),
    help=T(
        "Scan the plate that things go on. Action makes a new pallet, carton or tote and prints its label",
        "扫描要放货的托盘或箱；在“操作”中可新建托盘、箱或周转箱并打印标签",
    ),
)
def scan_plate(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    if scan.kind is Kind.REASON:
        return _begun(UnitKind.CARTON if scan.value == "CARTON" else UnitKind.TOTE, scan)
    if scan.found is not None:
        return _chosen(scan.handling_unit)
    if not is_sscc(scan.value):
        raise NotRecognised(scanned=shown(scan.text))
    return _chosen(plates.begin_with(scan.value, plates.first_place(by=scan.by), by=scan.by, company_prefix=company_prefix()))


@building.command("plate", "NEXT", label=T("New pallet", "新建托盘"), leads_to=["onto"])
def new_pallet(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _begun(UnitKind.PALLET, scan)


def _begun(kind: UnitKind, scan: Scan) -> Go:
    unit = plates.begin(kind, plates.first_place(by=scan.by), by=scan.by, company_prefix=company_prefix())
    went = _chosen(unit)
    said = T("New plate {code}", "新托盘号 {code}", code=short_code(unit.code))
    return Go("onto", notes=went.notes, say=said, printed=[plate_label(unit)], posted=True)


# -- putting on ----------------------------------------------------------------------------------------------------------------


def _what_else(notes: Notes) -> dict[str, Text]:
    if not plate_facts.holds_anything(notes.get("unit")):
        return {"MERGE": _MERGE}
    return {"MERGE": _MERGE, "OFF": _OFF, "DISSOLVE": _APART}


@building.step(
    "onto",
    ask=T("Scan what goes on", "扫描要放上的货物"),
    accepts=[Kind.HANDLING_UNIT, Kind.PRODUCT, Kind.LOCATION, Kind.REASON],
    reasons=_what_else,
    target=lambda notes: short_code(notes["code"]),
    leads_to=["onto", "lot", "quantity", "merge", "off", "dissolve"],
    hint=T("Carton, goods, place", "箱、货物或其库位"),
    help=T(
        "Scan a carton that goes on the plate, or loose goods; a location says where the goods are taken from",
        "扫描要放上的箱，或散货；先扫库位可指定取货位置",
    ),
)
def scan_onto(scan: Scan, notes: Notes) -> Go:
    onto = _unit(notes)
    if scan.kind is Kind.REASON:
        return Go({"MERGE": "merge", "OFF": "off", "DISSOLVE": "dissolve"}[scan.value], tone="calm")
    if scan.kind is Kind.LOCATION:
        return Go("onto", notes={"source": scan.location.id, "from": scan.value}, tone="calm")
    if scan.kind is Kind.PRODUCT:
        source_id = notes.get("source") or onto.location_id
        found = plate_goods.lots_loose(scan.product, source_id)
        if not found:
            raise NothingHere(sku=scan.product.sku, location=session.get_one(Location, source_id).code)
        return _lot_or_quantity(scan.product, found, "lot", "quantity")
    built = plates.put_unit_on(scan.handling_unit, onto, by=scan.by, key=scan.key)
    return _did(onto, built, T("{unit} is on it", "{unit} 已放上", unit=short_code(scan.value)))


def _did(plate: HandlingUnit, built: Built, said: Text, **more: Any) -> Go:
    return Go("onto", notes={**_chosen(plate).notes, "undo": built.kept()}, say=said, posted=True, **more)


def _lot_or_quantity(product: Product, found: list[Lying], lot_step: str, quantity_step: str) -> Go:
    known = {**product_notes(product), **none_of("lot", "expires_on", "quantity")}
    if product.tracking != Tracking.NONE and len({one.lot for one in found}) > 1:
        return Go(lot_step, notes=known)
    return Go(quantity_step, notes={**known, **_lying(product, found)})


def _lying(product: Product, found: list[Lying]) -> dict[str, Any]:
    """The lot that is meant, its condition, and how much of it is free; good goods before others."""
    one = next((one for one in found if one.condition == Condition.GOOD), found[0])
    tracked = product.tracking != Tracking.NONE
    free = sum(other.free for other in found if other.condition == one.condition and (not tracked or other.lot == one.lot))
    return {"lot": one.lot if tracked else None, "condition": one.condition, "free": free}


def _of_lot(found: list[Lying], lot: str, product: Product, where: str) -> list[Lying]:
    of_lot = [one for one in found if one.lot.casefold() == lot.casefold()]
    if not of_lot:
        raise LotNotHere(lot=lot, sku=product.sku, location=where, known=", ".join(dict.fromkeys(one.lot for one in found)))
    return of_lot


@building.step("lot", ask=T("Scan the lot", "扫描批号"), accepts=[Kind.LOT], product="product", leads_to=["quantity"])
def scan_lot(scan: Scan, notes: Notes) -> Go:
    product, place = product_in_hand(notes), _source(notes)
    return Go("quantity", notes=_lying(product, _of_lot(plate_goods.lots_loose(product, place.id), scan.value, product, place.code)))


def _source(notes: Notes) -> Location:
    return session.get_one(Location, notes.get("source") or _unit(notes).location_id)


@building.count(
    "quantity", ask=T("Count what goes on", "清点放上数量"), product="product", complete_at="free", hint=mixed_hint, leads_to=["onto"]
)
def counted(scan: Scan, notes: Notes) -> Go:
    onto, product, place = _unit(notes), product_in_hand(notes), _source(notes)
    _must_be_free(scan, notes, place.code)
    condition = Condition(notes["condition"])
    built = plates.put_goods_on(onto, product, scan.quantity, place.id, by=scan.by, key=scan.key, lot=notes.get("lot"), condition=condition)
    return _did(onto, built, T("{many} of {sku} are on it", "已放上 {many} {sku}", many=many(scan.quantity, notes), sku=product.sku))


def _must_be_free(scan: Scan, notes: Notes, where: str) -> None:
    if scan.quantity > notes["free"]:
        raise MoreThanFree(free=notes["free"], sku=notes["sku"], location=where, wanted=scan.quantity)


# -- one plate into another ----------------------------------------------------------------------------------------------------


@building.step(
    "merge",
    ask=T("Scan the plate that goes in", "扫描要并入的托盘"),
    accepts=[Kind.HANDLING_UNIT],
    leads_to=["onto"],
    help=T("All that is on it goes onto the plate above; its label is free afterwards", "其上全部货物并入上面的托盘，原标签可再使用"),
)
def scan_merged(scan: Scan, notes: Notes) -> Go:
    onto = _unit(notes)
    built = plates.merge(scan.handling_unit, onto, by=scan.by, key=scan.key)
    return _did(onto, built, T("{unit} is merged into it", "{unit} 已并入", unit=short_code(scan.value)))


# -- a part off ----------------------------------------------------------------------------------------------------------------


@building.step(
    "off",
    ask=T("Scan what comes off", "扫描要取下的箱或货物"),
    accepts=[Kind.HANDLING_UNIT, Kind.PRODUCT],
    leads_to=["onto", "off_lot", "off_quantity"],
    hint=T("Carton or goods", "其上的箱或货物"),
)
def scan_off(scan: Scan, notes: Notes) -> Go:
    plate = _unit(notes)
    if scan.kind is Kind.PRODUCT:
        return _lot_or_quantity(scan.product, plate_goods.lots_on(scan.product, plate), "off_lot", "off_quantity")
    unit = scan.handling_unit
    if unit.id not in {one.id for one in handling_units.standing_on(plate.id)}:
        raise NotOnThisPlate(unit=short_code(unit.code), plate=short_code(plate.code))
    return _did(plate, plates.take_unit_off(unit, by=scan.by), T("{unit} stands beside it", "{unit} 已取下", unit=short_code(unit.code)))


@building.step("off_lot", ask=T("Scan the lot", "扫描批号"), accepts=[Kind.LOT], product="product", leads_to=["off_quantity"])
def scan_off_lot(scan: Scan, notes: Notes) -> Go:
    product, plate = product_in_hand(notes), _unit(notes)
    lots = plate_goods.lots_on(product, plate)
    return Go("off_quantity", notes=_lying(product, _of_lot(lots, scan.value, product, short_code(plate.code))))


@building.count("off_quantity", ask=T("Count what comes off", "清点取下数量"), product="product", hint=mixed_hint, leads_to=["off_to"])
def off_counted(scan: Scan, notes: Notes) -> Go:
    _must_be_free(scan, notes, short_code(notes["code"]))
    return Go("off_to", notes={"quantity": scan.quantity})


@building.step(
    "off_to",
    ask=T("Scan the plate it goes on", "扫描放入的托盘"),
    accepts=[Kind.HANDLING_UNIT],
    leads_to=["onto"],
    help=T(
        "Scan an empty plate or one beside it, or choose a new pallet, carton or tote", "扫描空托盘或旁边的托盘，或新建托盘、纸箱、周转箱"
    ),
)
def scan_off_to(scan: Scan, notes: Notes) -> Go:
    return _split(scan, notes, scan.handling_unit, new=False)


@building.command("off_to", "NEXT", label=T("New pallet", "新建托盘"), leads_to=["onto"])
def off_to_new(scan: Scan, notes: Notes) -> Go:
    return _off_to_new(UnitKind.PALLET, scan, notes)


@building.command("off_to", "CARTON", label=_NEW["CARTON"], leads_to=["onto"])
def off_to_new_carton(scan: Scan, notes: Notes) -> Go:
    return _off_to_new(UnitKind.CARTON, scan, notes)


@building.command("off_to", "TOTE", label=_NEW["TOTE"], leads_to=["onto"])
def off_to_new_tote(scan: Scan, notes: Notes) -> Go:
    return _off_to_new(UnitKind.TOTE, scan, notes)


def _off_to_new(kind: UnitKind, scan: Scan, notes: Notes) -> Go:
    unit = plates.begin(kind, _unit(notes).location_id, by=scan.by, company_prefix=company_prefix())
    return _split(scan, notes, unit, new=True)


def _split(scan: Scan, notes: Notes, onto: HandlingUnit, *, new: bool) -> Go:
    plate, product = _unit(notes), product_in_hand(notes)
    built = plates.take_goods_off(plate, product, notes["quantity"], onto, by=scan.by, key=scan.key, lot=notes.get("lot"))
    goods = T("{many} of {sku}", "{many} {sku}", many=many(notes["quantity"], notes), sku=product.sku)
    said = T("{goods} → {unit}", "{goods} → {unit}", goods=goods, unit=short_code(onto.code))
    return _did(plate, built, said, printed=[plate_label(onto)] if new else [])


# -- all apart -----------------------------------------------------------------------------------------------------------------


@building.step(
    "dissolve",
    ask=T("Scan it again to take it apart", "再扫一次确认拆托"),
    accepts=[Kind.HANDLING_UNIT],
    expected="code",
    only_expected=True,
    target=lambda notes: short_code(notes["code"]),
    leads_to=["onto"],
    help=T("Its goods lie loose afterwards, its cartons stand beside it", "拆托后货物散放，其上的箱放在旁边"),
)
def scan_dissolved(scan: Scan, notes: Notes) -> Go:
    plate = _unit(notes)
    return _did(plate, plates.dissolve(plate, by=scan.by, key=scan.key), T("Taken apart", "已拆托"))


# -- at any plate --------------------------------------------------------------------------------------------------------------


@building.command("onto", "UNDO", label=T("Undo", "撤销"), when=lambda notes: "undo" in notes)
def undo_built(scan: Scan, notes: Notes) -> Go:
    plates.undo(Built.again(notes["undo"]), by=scan.by, key=scan.key)
    return Go("onto", notes={**_chosen(_unit(notes)).notes, "undo": None}, say=T("Undone", "已撤销"), tone="ask", posted=True)


@building.command("onto", "PRINT", label=T("Print its label", "打印标签"))
def print_label(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    unit = _unit(notes)
    return Go("onto", say=T("Label of {code}", "标签 {code}", code=short_code(unit.code)), printed=[plate_label(unit)])


@building.command("onto", "DONE", label=T("Plate done", "本托完成"), leads_to=["plate"])
def plate_done(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    unit = _unit(notes)
    return Go("plate", say=T("{code} is done", "{code} 已完成", code=short_code(unit.code)), printed=[plate_label(unit)])
