"""Packing slip, delivery note, outbound note, load sheet and check list, handover manifest, gate pass; labels of cartons and addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import current_app

from wms.actor import Actor, Permission
from wms.catalog.models import Product, Tracking
from wms.catalog.units import in_unit, shown_in, unit_text
from wms.db import fold, session
from wms.errors import Refused
from wms.i18n import T, Text
from wms.i18n import units as in_units
from wms.orders import driven, services
from wms.orders.addresses import address_line, at_home, town_line
from wms.orders.models import Order
from wms.orders.services import ServiceView
from wms.printing.barcodes import gs1_128, is_sscc
from wms.printing.labels import Address, AddressLabel, HandlingUnitLabel
from wms.printing.papers import Signed
from wms.printing.pdf import TICK, WRITE, Cell, Column, Paper, Row, Scan, Section, Two
from wms.shipping import gate, loads, queries, shipments, signed_notes
from wms.shipping.models import LoadStatus, Shipment
from wms.shipping.queries import Content, LoadView, Parcel, ShipmentView
from wms.stock import handling_units
from wms.stock.models import Batch, HandlingUnit, Movement, MovementKind, Stock, UnitKind
from wms.web.access import NotPermitted
from wms.web.documents import label, paper, signed

_PACKERS = (Permission.PACK, Permission.SEE_ORDERS)
_LOADERS = (Permission.LOAD, Permission.SEE_ORDERS)
_GATE = (Permission.GATE, Permission.LOAD, Permission.SEE_ORDERS)

_NO, _PRODUCT, _LOT = T("No.", "序号"), T("Product", "商品"), T("Lot", "批号")
_EXPIRES, _UNIT, _QUANTITY = T("Expires", "到期日"), T("Unit", "单位"), T("Quantity", "数量")
_ORDER, _CUSTOMER, _UNITS = T("Order", "订单"), T("Customer", "客户"), T("Units", "件数")
_CARRIER, _PLATE, _DRIVER, _SEAL = T("Carrier", "承运商"), T("Plate", "车牌"), T("Driver", "司机"), T("Seal", "封签")
_DOOR, _STOP, _WEIGHT = T("Door", "发货门"), T("Stop", "站点"), T("Weight kg", "重量 kg")
_TOTAL = T("Total", "合计")
_CANCELLED = T("Cancelled", "作废")
_RECEIVED_BY = T("Received by", "收货人")
_MORE_COMES = T("Not all packed yet", "尚未全部装箱")
_NOT_PACKED = T("not packed", "未打包")
_GOODS = [
    Column(_NO, align="right"),
    Column(_PRODUCT),
    Column(_LOT),
    Column(_EXPIRES),
    Column(_UNIT),
    Column(_QUANTITY, align="right", strong=True),
]


class NothingIsSent(Refused):
    """Its order was cancelled: a label with the address would send it off all the same."""

    code = "order_cancelled"
    sentence = T("{number} was cancelled: nothing of it is sent", "{number} 已取消，不再发运")
    advice = T("Take the old label off the carton", "请撕去箱上的旧标签")


def _only_for(by: Actor, permissions: Iterable[Permission]) -> None:
    """A paper goes to whoever handles the goods and to whoever sees the order."""
    wanted = list(permissions)
    if not any(by.may(one) for one in wanted):
        raise NotPermitted(permission=wanted[0].text)


def _shipment(number: str, by: Actor) -> ShipmentView:
    return queries.shipments(by, ids=[shipments.find(number, by=by).id])[0]


def _load(number: str, by: Actor) -> LoadView:
    return queries.load_view(loads.find(number, by=by), by)


# -- what stands on them -----------------------------------------------------------------------------------------------


def _kilograms(grams: int | None) -> str:
    return f"{grams / 1000:.2f}" if grams else "–"


def _weighs(parcels: Sequence[Parcel]) -> str | Text | None:
    """What parcels weigh together, marked where it was reckoned and not weighed; None while that of one is not known. Of what has left it
    is reckoned too, so that the paper that is kept says what the one on the truck says."""
    grams = [parcel.weight_grams or parcel.reckoned for parcel in parcels]
    if not grams or not all(grams):
        return None
    if all(parcel.weight_grams for parcel in parcels):
        return _kilograms(sum(grams))
    return T("{kilograms}, computed", "{kilograms}（计算值）", kilograms=_kilograms(sum(grams)))


def _quantity(quantity: int, decimals: int) -> str:
    return in_units(quantity, decimals)


def _with_weight(one: Content) -> Cell:
    """How many; of goods sold by weight, what they weighed too."""
    counted = _quantity(one.quantity, one.decimals)
    return counted if one.grams is None else Two(counted, f"{one.grams / 1000:.3f} kg")


def _rows(contents: Sequence[Content]) -> list[Row]:
    return [
        [
            place,
            Two(one.name, one.sku),
            one.lot,
            one.expires_on or "–",
            unit_text(shown_in(one.unit, one.decimals)),
            _with_weight(one),
        ]
        for place, one in enumerate(contents, start=1)
    ]


def _total(contents: Sequence[Content]) -> Row:
    """The sum, where all is counted in whole pieces."""
    whole = all(not one.decimals for one in contents)
    return [None, _TOTAL, None, None, None, _quantity(sum(one.quantity for one in contents), 0)] if whole and contents else ()


def _together(parcels: Iterable[Parcel]) -> list[Content]:
    """The contents of several parcels, one row for each line and batch."""
    sums: dict[tuple[str, str, str], int] = {}
    grams: dict[tuple[str, str, str], int | None] = {}
    first: dict[tuple[str, str, str], Content] = {}
    for parcel in parcels:
        for one in parcel.contents:
            key = (one.line, one.sku, one.lot)
            sums[key] = sums.get(key, 0) + one.quantity
            grams[key] = None if one.grams is None else (grams.get(key) or 0) + one.grams
            first.setdefault(key, one)
    return [replace(one, quantity=sums[key], grams=grams[key]) for key, one in first.items()]


def _about(one: ShipmentView) -> list[tuple[Text, Cell]]:
    """Who gets it, and by whom."""
    return [
        (_CUSTOMER, Two(one.customer_name, one.customer)),
        (_ORDER, one.order),
        (_CARRIER, one.carrier_name or "–"),
        (T("Ship to", "收货方"), one.ship_to.get("name") or one.customer_name),
        (T("Address", "地址"), address_line(one.ship_to) or "–"),
        (T("Phone", "电话"), one.ship_to.get("phone") or "–"),
    ]


def _stamp(one: ShipmentView) -> Text | None:
    return _CANCELLED if one.void else None


# -- papers of a shipment ----------------------------------------------------------------------------------------------


@paper("packing-slip", Permission.IN_HOUSE)
def packing_slip(number: str, by: Actor) -> Paper:
    """What is in each carton: of a whole shipment by its number, of one carton by its SSCC."""
    _only_for(by, _PACKERS)
    unit = session.execute(
        sa.select(HandlingUnit).where(HandlingUnit.site_id == by.site_id, HandlingUnit.code_key == fold(number))
    ).scalar_one_or_none()
    one = queries.shipment_of_unit(unit, by) if unit else _shipment(number, by)
    if one is None:
        raise shipments.ShipmentUnknown(number=number)
    return slips([(one, unit.id if unit else None)], unit.code if unit else None)[0]


def slips(wanted: Sequence[tuple[ShipmentView, int | None]], code: str | None = None) -> list[Paper]:
    """The packing slips of shipments, or of one of their cartons each; of one that was emptied by its `code`."""
    asked = services.of_orders(sorted({one.order_id for one, _ in wanted}))
    return [_slip(one, unit_id, code, asked.get(one.order_id, ())) for one, unit_id in wanted]


def _slip(one: ShipmentView, unit_id: int | None, code: str | None, services_asked: Sequence[ServiceView]) -> Paper:
    chosen = [parcel for parcel in one.parcels if unit_id is None or parcel.id == unit_id]
    of = len(one.parcels)
    sections = [
        Section(
            columns=_GOODS,
            rows=_rows(parcel.contents),
            title=_which_carton(one, parcel),
            total=_total(parcel.contents),
            facts=[(_WEIGHT, said)] if (said := _weighs([parcel])) else [],
        )
        for parcel in chosen
    ]
    work = _work(services_asked, {item.line for parcel in chosen for item in parcel.contents})
    sections += [work] if work else []
    facts = _about(one)
    facts.append((T("Shipment", "发货单号"), one.number))
    facts.append((T("Cartons", "箱数"), f"{len(chosen)}/{of}" if unit_id and one.packed_at else len(chosen)))
    if one.packed_at:
        facts.append((T("Packed", "打包时间"), one.packed_at))
    return Paper(
        kind=T("Packing slip", "装箱单"),
        number=code or (chosen[0].code if unit_id and chosen else one.number),
        facts=facts,
        sections=sections,
        notes=one.notes or "",
        signatures=[T("Checked by", "复核人"), T("Packed by", "打包人")],
        stamp=_stamp(one) or (None if one.packed_at else _MORE_COMES),
        void=one.void,
        final_since=one.left_at,
    )


def _which_carton(one: ShipmentView, parcel: Parcel) -> Text:
    """Its place among the cartons; of how many is not known while the order is being packed."""
    known = {"n": one.parcels.index(parcel) + 1, "of": len(one.parcels), "code": parcel.code}
    if one.packed_at is None:
        return T("Carton {n} · {code}", "第 {n} 箱 · {code}", **known)
    return T("Carton {n} of {of} · {code}", "第 {n}/{of} 箱 · {code}", **known)


def _work(services_asked: Sequence[ServiceView], lines: set[str]) -> Section | None:
    """The value-added work on these lines and on the order as a whole, with who confirmed it and when."""
    asked = [each for each in services_asked if each.line is None or each.line in lines]
    if not asked:
        return None
    rows: list[Row] = [
        [
            each.line or "–",
            Two(each.code.text, each.sku) if each.sku else each.code.text,
            each.text or "–",
            each.done_by or WRITE,
            each.done_at or WRITE,
        ]
        for each in asked
    ]
    columns = [
        Column(T("Line", "行")),
        Column(T("Work", "加工")),
        Column(T("How", "要求")),
        Column(T("Confirmed by", "确认人")),
        Column(T("At", "时间")),
    ]
    return Section(title=T("Value-added work", "增值加工"), columns=columns, rows=rows)


@paper("delivery-note", Permission.SIGNED_IN)
def delivery_note(number: str, by: Actor) -> Paper:
    """What the customer receives and signs for, in three copies; a driver has those of what he drove."""
    _only_for(by, (*_PACKERS, Permission.SIGN_OFF))
    if not any(by.may(one) for one in _PACKERS):
        driven.must_drive(number, by=by)
    return delivery(_shipment(number, by))


def delivery(one: ShipmentView) -> Paper:
    """The delivery note of a shipment."""
    contents = _together(one.parcels)
    return Paper(
        kind=T("Delivery note", "发货单"),
        number=one.number,
        facts=[
            *_about(one),
            (T("Cartons", "箱数"), len(one.parcels)),
            (_WEIGHT, _weighs(one.parcels) or "–"),
        ],
        columns=_GOODS,
        rows=_rows(contents),
        total=_total(contents),
        notes=[
            *([one.notes] if one.notes else []),
            T("Count the goods before signing; differences are written on this note.", "签收前请清点，差异请注明在本单上。"),
        ],
        signatures=[T("Issued by", "发货人"), _DRIVER, _RECEIVED_BY, T("Date", "日期")],
        copies=[T("Warehouse copy", "仓库联"), T("Customer copy", "客户联"), T("Finance copy", "财务联")],
        stamp=_stamp(one) or (None if one.packed_at else _MORE_COMES),
        void=one.void,
        final_since=one.left_at,
    )


@paper("outbound-note", Permission.IN_HOUSE)
def outbound_note(number: str, by: Actor) -> Paper:
    """What the warehouse gives out, with the truck that takes it: the paper that finance books from."""
    _only_for(by, _PACKERS)
    return outbound(_shipment(number, by))


def outbound(one: ShipmentView) -> Paper:
    """The outbound note of a shipment."""
    contents = _together(one.parcels)
    return Paper(
        kind=T("Outbound note", "出库单"),
        number=one.number,
        facts=[
            *_about(one),
            (T("Load", "装车单"), one.load or "–"),
            (_PLATE, one.plate or "–"),
            (T("Gate pass", "出门证"), one.gate_pass or "–"),
            (T("Left the gate", "出门时间"), one.left_at or "–"),
        ],
        columns=_GOODS,
        rows=_rows(contents),
        total=_total(contents),
        signatures=[T("Warehouse", "仓库"), T("Finance", "财务"), T("Approved by", "审批人")],
        stamp=_stamp(one) or (None if one.gate_pass else T("Not given out yet", "尚未出库")),
        void=one.void,
        final_since=one.left_at,
    )


@signed("delivery-note")
def who_signed(numbers: Sequence[str], by: Actor) -> dict[str, Signed]:
    """What the customer signed for, on every copy; the drawn signature stands above the line of who receives."""
    return signed_notes.of_shipments(numbers, by, field=_RECEIVED_BY)


# -- papers of a load --------------------------------------------------------------------------------------------------


def _truck(view: LoadView) -> list[tuple[Text, Cell]]:
    return [
        (_PLATE, view.plate or "–"),
        (T("Vehicle", "车辆"), view.vehicle or "–"),
        (_DRIVER, view.driver or "–"),
        (_CARRIER, view.carrier_name or "–"),
        (_DOOR, view.door),
        (_UNITS, len(view.units)),
    ]


def _weight(shipped: Iterable[ShipmentView]) -> int | None:
    """What they weigh together; None while somebody has not weighed a parcel."""
    weights = [one.weight_grams for one in shipped]
    return None if None in weights else sum(one or 0 for one in weights)


def _stops_reversed(view: LoadView) -> list[int]:
    return sorted({one.stop or 0 for one in view.shipments}, reverse=True)


def _stop_title(view: LoadView, stop: int) -> Text:
    return T("Stop {n} · {name}", "第 {n} 站 · {name}", n=stop, name=view.stop_name(stop))


_LOAD_FIRST = T("Load from top to bottom: what is delivered last goes on first.", "自上而下装车：后送的先装。")


@paper("load-sheet", Permission.IN_HOUSE)
def load_sheet(number: str, by: Actor) -> Paper:
    """The orders of a load in loading order, which is the reverse of the delivery order."""
    _only_for(by, _LOADERS)
    return sheet_of(_load(number, by))


def sheet_of(view: LoadView) -> Paper:
    """The load sheet."""
    sections = []
    for stop in _stops_reversed(view):
        here = [one for one in view.shipments if (one.stop or 0) == stop]
        rows: list[Row] = [
            [
                Scan(one.order),
                Two(one.ship_to.get("name") or one.customer_name, address_line(one.ship_to)),
                one.number,
                len(one.parcels),
                _kilograms(one.weight_grams),
                TICK,
            ]
            for one in here
        ]
        sections.append(
            Section(
                title=_stop_title(view, stop),
                columns=[
                    Column(_ORDER),
                    Column(T("Ship to", "收货方")),
                    Column(T("Shipment", "发货单号")),
                    Column(_UNITS, align="right", strong=True),
                    Column(_WEIGHT, align="right"),
                    Column(T("Loaded", "已装")),
                ],
                rows=rows,
                total=[_TOTAL, None, None, sum(len(one.parcels) for one in here), _kilograms(_weight(here)), None] if len(here) > 1 else [],
            )
        )
    return Paper(
        kind=T("Load sheet", "装车单"),
        number=view.number,
        facts=[*_truck(view), (_WEIGHT, _kilograms(_weight(view.shipments)))],
        sections=sections,
        notes=_LOAD_FIRST,
        signatures=[T("Loaded by", "装车人"), _DRIVER, T("Dispatcher", "发运调度")],
        final_since=view.left_at,
    )


@paper("loading-checklist", Permission.IN_HOUSE)
def loading_checklist(number: str, by: Actor) -> Paper:
    """Every unit of a load with its barcode, in loading order, to tick while loading."""
    _only_for(by, _LOADERS)
    return checklist_of(_load(number, by))


def checklist_of(view: LoadView) -> Paper:
    """The check list of a load."""
    rows: list[Row] = [
        [
            place,
            T("Stop {n}", "第 {n} 站", n=unit.stop),
            Scan(gs1_128([("00", unit.code)]) if is_sscc(unit.code) else unit.code),
            Two(unit.order, unit.customer),
            unit.location,
            unit.amount,
            _kilograms(unit.weight_grams),
            T("on board", "已装") if unit.loaded_at else TICK,
        ]
        for place, unit in enumerate(view.units, start=1)
    ]
    return Paper(
        kind=T("Loading check list", "出货检核表"),
        number=view.number,
        facts=_truck(view),
        columns=[
            Column(_NO, align="right"),
            Column(_STOP),
            Column(T("Unit", "箱号")),
            Column(_ORDER),
            Column(T("Where", "位置")),
            Column(T("Pieces", "数量"), align="right"),
            Column(_WEIGHT, align="right"),
            Column(T("Loaded", "已装")),
        ],
        rows=rows,
        notes=_LOAD_FIRST,
        signatures=[T("Loaded by", "装车人"), T("Checked by", "检核人")],
        final_since=view.left_at,
    )


@paper("carrier-manifest", Permission.IN_HOUSE)
def carrier_manifest(number: str, by: Actor) -> Paper:
    """What is handed over to the carrier, shipment by shipment, in delivery order: what is on board of a closed truck, before that what
    is planned."""
    _only_for(by, _LOADERS)
    return manifest_of(_load(number, by))


def manifest_of(view: LoadView) -> Paper:
    """The handover manifest of a load."""
    closed = view.status in (LoadStatus.CLOSED, LoadStatus.LEFT)
    handed = [(one, sum(parcel.loaded_at is not None or not closed for parcel in one.parcels)) for one in view.shipments]
    rows: list[Row] = [
        [
            place,
            Two(one.number, one.order),
            Two(one.ship_to.get("name") or one.customer_name, address_line(one.ship_to)),
            one.ship_to.get("phone") or "–",
            one.tracking or WRITE,
            count or _NOT_PACKED,
            _kilograms(one.weight_grams),
        ]
        for place, (one, count) in enumerate(handed, start=1)
    ]
    return Paper(
        kind=T("Handover manifest", "交接单"),
        number=view.number,
        facts=[*_truck(view), (_SEAL, view.seal_said), (T("Gate pass", "出门证"), view.gate_pass or "–")],
        columns=[
            Column(_NO, align="right"),
            Column(T("Shipment", "发货单号")),
            Column(T("Ship to", "收货方")),
            Column(T("Phone", "电话")),
            Column(T("Tracking", "运单号")),
            Column(_UNITS if closed else T("Units planned", "计划件数"), align="right", strong=True),
            Column(_WEIGHT, align="right"),
        ],
        rows=rows,
        total=[None, None, _TOTAL, None, None, sum(count for _, count in handed), _kilograms(_weight(view.shipments))],
        stamp=None if closed else T("Not closed yet", "尚未封车"),
        signatures=[T("Handed over by", "交货人"), T("Taken over by", "承运人"), T("Date and time", "日期时间")],
        final_since=view.left_at,
    )


@paper("gate-pass", Permission.IN_HOUSE)
def gate_pass(number: str, by: Actor) -> Paper:
    """What the guard compares with the truck and scans twice."""
    _only_for(by, _GATE)
    load = gate.find(number, by=by)
    return pass_of(queries.load_view(load, by))


def pass_of(view: LoadView) -> Paper:
    """The gate pass of a closed load."""
    assert view.gate_pass
    return Paper(
        kind=T("Gate pass", "出门证"),
        number=view.gate_pass,
        facts=[
            (_PLATE, view.plate or "–"),
            (_SEAL, view.seal_said),
            (_UNITS, view.loaded),
            (T("Vehicle", "车辆"), view.vehicle or "–"),
            (_DRIVER, view.driver or "–"),
            (_CARRIER, view.carrier_name or "–"),
            (T("Load", "装车单"), view.number),
            (_DOOR, view.door),
            (T("Closed", "封车时间"), view.closed_at or "–"),
        ],
        columns=[
            Column(_NO, align="right"),
            Column(_ORDER),
            Column(_CUSTOMER),
            Column(T("City", "城市")),
            Column(_UNITS, align="right", strong=True),
        ],
        rows=[
            [
                place,
                one.order,
                one.customer_name,
                one.ship_to.get("city") or "–",
                sum(parcel.loaded_at is not None for parcel in one.parcels),
            ]
            for place, one in enumerate(view.shipments, start=1)
        ],
        total=[None, _TOTAL, None, None, view.loaded],
        notes=T("Good for one truck, once.", "一车一证，一次有效。"),
        signatures=[T("Dispatcher", "发运调度"), _DRIVER, T("Gate", "门卫")],
        stamp=T("Used", "已使用") if view.status == LoadStatus.LEFT else None,
        void=view.withdrawn > 0,
        final_since=view.left_at,
    )


# -- labels ------------------------------------------------------------------------------------------------------------

_KINDS = {UnitKind.PALLET: T("Pallet", "托盘"), UnitKind.CARTON: T("Carton", "箱"), UnitKind.TOTE: T("Tote", "周转箱")}


def _recipient(ship_to: dict[str, Any], name: str) -> Address:
    lines = [str(ship_to.get("street") or ""), town_line(ship_to)]
    if at_home(ship_to):
        lines.reverse()
    return Address(str(ship_to.get("name") or name), [line for line in lines if line], str(ship_to.get("phone") or ""))


def _sender() -> str:
    return str(current_app.config["WMS"].company_name)


@label("handling-unit", Permission.SEE_STOCK)
def handling_unit(code: str, by: Actor) -> HandlingUnitLabel:
    """A carton on its way to a customer, with the address; any other unit with what is in it."""
    unit = handling_units.find(code, by=by)
    kind = _KINDS[UnitKind(unit.kind)]
    one = queries.shipment_of_unit(unit, by) if unit.order_id else None
    codes = [parcel.id for parcel in one.parcels] if one else []
    if one is None or unit.id not in codes:
        return _unit_of_goods(unit, kind)
    parcel = one.parcels[codes.index(unit.id)]
    return HandlingUnitLabel(
        unit.code,
        kind=kind,
        ship_to=_recipient(one.ship_to, one.customer_name),
        sender=_sender(),
        sequence=f"{codes.index(unit.id) + 1}/{len(codes)}" if one.packed_at else "",
        facts=[
            (_ORDER, one.order),
            (_CARRIER, one.carrier_name),
            (_WEIGHT, _weighs([parcel])),
        ],
        contents=[(f"{item.sku} · {item.lot}", _quantity(item.quantity, item.decimals)) for item in parcel.contents],
    )


def _unit_of_goods(unit: HandlingUnit, kind: Text) -> HandlingUnitLabel:
    """A unit that stays in the house: what is in it and on it and how much, and, of one batch, its lot, its date and its delivery."""
    rows = session.execute(
        sa.select(Product, Batch, sa.func.sum(Stock.on_hand))
        .join(Stock, Stock.product_id == Product.id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(Stock.handling_unit_id.in_(handling_units.tree(unit.id)), Stock.on_hand > 0)
        .group_by(Product.id, Batch.id)
        .order_by(Product.sku_key, Batch.id)
    ).all()
    facts: list[tuple[Text, str | dt.date | None]] = []
    if len(rows) == 1:
        product, batch, _ = rows[0]
        tracked = product.tracking != Tracking.NONE
        facts = [
            (_PRODUCT, product.sku),
            (_LOT, batch.lot if tracked else None),
            (_EXPIRES, batch.expires_on),
            (T("Inbound order", "到货通知"), _delivery(unit.id, batch.id)),
            (T("Received", "入库日期"), batch.received_on),
        ]
    contents = [
        (product.text if facts else f"{product.sku} · {batch.lot}", _amount(product, int(on_hand))) for product, batch, on_hand in rows
    ]
    return HandlingUnitLabel(unit.code, kind=kind, facts=facts, contents=contents)


def _amount(product: Product, quantity: int) -> Text:
    written = _quantity(quantity, product.decimals)
    return T(
        "{quantity} {unit}", "{quantity} {unit}", quantity=written, unit=in_unit(quantity, shown_in(product.base_unit, product.decimals))
    )


def _delivery(unit_id: int, batch_id: int) -> str | None:
    receipts = sa.select(Movement.document).where(
        Movement.batch_id == batch_id, Movement.target_unit_id == unit_id, Movement.kind == MovementKind.RECEIPT.value
    )
    return session.execute(receipts.order_by(Movement.id.desc()).limit(1)).scalar_one_or_none()


@label("address", Permission.IN_HOUSE)
def address(code: str, by: Actor) -> AddressLabel:
    """Where an order, a shipment or a carton goes."""
    _only_for(by, _PACKERS)
    one = _addressed(code, by)
    if one.void:
        raise NothingIsSent(number=one.order)
    company = current_app.config["WMS"]
    return AddressLabel(
        to=_recipient(one.ship_to, one.customer_name),
        sender=Address(company.company_name, [company.company_address] if company.company_address else [], company.company_phone),
        code=one.tracking or one.number,
        facts=[(_ORDER, one.order), (_CARRIER, one.carrier_name), (T("Cartons", "箱数"), len(one.parcels))],
    )


def _addressed(code: str, by: Actor) -> ShipmentView:
    unit = session.execute(
        sa.select(HandlingUnit).where(HandlingUnit.site_id == by.site_id, HandlingUnit.code_key == fold(code))
    ).scalar_one_or_none()
    found = queries.shipment_of_unit(unit, by) if unit else None
    if found is not None:
        return found
    newest = (
        sa.select(Shipment.id)
        .join(Order, Order.id == Shipment.order_id)
        .where(Shipment.site_id == by.site_id, Order.number_key == fold(code))
        .order_by(Shipment.id.desc())
        .limit(1)
    )
    of_order = session.execute(newest).scalar_one_or_none()
    return queries.shipments(by, ids=[of_order])[0] if of_order else _shipment(code, by)
