"""What the bench prints for a carton, and when: once its weight is taken or waved through, so that label and slip bear it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import current_app

from wms.db import session
from wms.i18n import T, Text
from wms.printing import queue
from wms.scan.flow import Go, Notes, Printed, Scan
from wms.shipping import carrier_labels, shipments, staging
from wms.stock.models import HandlingUnit

WEIGHED_SINCE = T("It was weighed since", "打印后已称重")


def carton_papers(carton: str) -> list[Printed]:
    """What a closed carton prints."""
    papers = [
        Printed.tag("handling-unit", carton, T("Carton label", "箱标签")),
        Printed.paper("packing-slip", carton, T("Packing slip", "装箱单")),
    ]
    if carrier_labels.is_there(carton):
        papers.append(Printed.paper(carrier_labels.KIND, carton, T("Carrier's label", "承运商面单")))
    return papers


def order_papers(order_id: int) -> list[Printed]:
    """What a packed order prints."""
    return [Printed.paper("delivery-note", one.number, T("Delivery note", "发货单")) for one in shipments.open_of(order_id)]


def weights_asked() -> bool:
    """Whether the bench asks what a closed carton weighs."""
    return bool(current_app.config["WMS"].ask_weights)


def closed(go: Go, notes: Notes, cartons: Iterable[str], *, note: bool = False) -> Go:
    """Cartons were closed, and with `note` the whole order is packed: they are weighed before anything is printed of them. Where the house
    does not weigh, it is printed at once."""
    unprinted = list(dict.fromkeys([*(notes.get("unprinted") or []), *cartons]))
    due = {"unprinted": unprinted, "note": note or notes.get("note") or None}
    if weights_asked():
        return replace(go, notes={**go.notes, **due})
    return replace(go, notes={**go.notes, **_NOTHING_DUE}, printed=[*go.printed, *papers_due({**notes, **go.notes, **due})])


_NOTHING_DUE: dict[str, Any] = {"unprinted": None, "note": None}


def papers_due(notes: Notes) -> list[Printed]:
    """What is not printed yet of the order in hand: of a carton that was opened again meanwhile nothing, it is closed anew."""
    codes = notes.get("unprinted") or []
    mine = sa.select(HandlingUnit.code).where(
        HandlingUnit.code.in_(codes), HandlingUnit.order_id == notes.get("order"), HandlingUnit.closed_at.is_not(None)
    )
    there = set(session.execute(mine).scalars()) if codes else set()
    papers = [paper for code in codes if code in there for paper in carton_papers(code)]
    if notes.get("note") and all(one.packed_at is not None for one in shipments.open_of(notes["order"])):
        papers += order_papers(notes["order"])
    return papers


def with_due(go: Go, notes: Notes) -> Go:
    """All that was waiting for a weight is printed with this screen: nobody weighs it now."""
    due = papers_due(notes)
    return replace(go, notes={**go.notes, **_NOTHING_DUE}, printed=[*due, *go.printed])


def of_weighed(notes: Notes, carton: str, *, was: int | None, grams: int) -> tuple[list[Printed], dict[str, Any]]:
    """What is printed once a carton is weighed, and what is still due: of one that was printed before, its label and slip once more where
    they say another weight."""
    codes = list(notes.get("unprinted") or [])
    if carton in codes:
        papers = papers_due({**notes, "unprinted": [carton], "note": notes.get("note") if len(codes) == 1 else None})
        left = [code for code in codes if code != carton]
        return papers, {"unprinted": left or None, "note": notes.get("note") if left else None}
    again = [replace(one, reason=WEIGHED_SINCE.both()) for one in carton_papers(carton)[:2]]
    return again if was != grams else [], {}


def left_behind(notes: Notes, scan: Scan) -> None:
    """Whoever leaves the bench before weighing finds what is due at its printer."""
    for one in papers_due(notes):
        where = notes.get("bench_id") or notes.get("place")
        queue.by_scan(one.kind, one.number, location_id=where, by=scan.by, key=scan.key, reason=one.reason)


def whereto(order_id: int) -> Text | None:
    """Where the packer, or whoever fetches it, brings what is packed."""
    bound = staging.bound_for(order_id)
    if bound is None:
        return None
    if bound.load is None:
        return T("It goes to {place}, staging", "送往集货区 {place}", place=bound.place)
    about = {"place": bound.place, "load": bound.load, "plate": bound.plate or "–"}
    return T("It goes to {place}: {load}, {plate}", "送往 {place}：{load}，{plate}", **about)
