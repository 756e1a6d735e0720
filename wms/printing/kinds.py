"""What the papers and labels are called, and which of the two a kind is."""

from __future__ import annotations

from wms.errors import NotFound
from wms.i18n import T, Text
from wms.printing.models import Printer, PrinterKind, Takes
from wms.web.documents import LABELS, PAPERS, Kind


class KindUnknown(NotFound):
    """There is no paper or label of this name."""

    code = "kind_unknown"
    sentence = T("There is no paper or label of the kind {kind}", "没有此类单据或标签：{kind}")


WORDS: dict[str, Text] = {
    "goods-received-note": T("Goods received note", "入库单"),
    "putaway-list": T("Putaway list", "上架单"),
    "pick-list": T("Pick list", "拣货单"),
    "packing-slip": T("Packing slip", "装箱单"),
    "delivery-note": T("Delivery note", "发货单"),
    "outbound-note": T("Outbound note", "出库单"),
    "red-outbound-note": T("Red outbound note", "红字出库单"),
    "transfer-note": T("Transfer note", "调拨单"),
    "load-sheet": T("Load sheet", "装车单"),
    "loading-checklist": T("Loading check list", "出货检核表"),
    "gate-pass": T("Gate pass", "出门证"),
    "carrier-manifest": T("Handover manifest", "交接单"),
    "count-sheet": T("Count sheet", "盘点表"),
    "difference-report": T("Difference report", "盘点差异表"),
    "adjustment-note": T("Adjustment note", "盘盈盘亏单"),
    "carrier-label": T("Carrier's label", "承运商面单"),
    "product": T("Product label", "商品标签"),
    "location": T("Location label", "库位标签"),
    "handling-unit": T("Carton or pallet label", "箱托标签"),
    "address": T("Address label", "地址标签"),
    "carton-type": T("Carton type label", "箱型标签"),
    "person": T("Badge", "工牌"),
    "commands": T("Command barcodes", "指令条码"),
}


FINISHED = frozenset({"carrier-label"})
"""What somebody else drew as a PDF: a label printer takes it where labels are left in a folder, a printer of papers takes it anywhere."""


ONCE_EACH = frozenset({"handling-unit", "address"})
"""Labels of which a second one may end on another carton: like a paper, they are printed again with a reason. Of a product or a place there
are as many as there are boxes and beams."""


def asks_why(kind: str) -> bool:
    """Whether somebody who prints it once more says why."""
    return kind in ONCE_EACH or takes_of(kind) is Takes.PAPERS


def fits(kind: str, printer: Printer) -> bool:
    """Whether a printer takes this kind."""
    takes = takes_of(kind)
    return takes is None or printer.takes == takes or (kind in FINISHED and printer.kind == PrinterKind.FILE)


def words_of(kind: str) -> Text:
    """The kind as people call it."""
    return WORDS.get(kind) or Text(kind, kind)


def takes_of(kind: str) -> Takes | None:
    """Whether it is a label or a paper; None where it is neither."""
    return Takes.LABELS if kind in LABELS else Takes.PAPERS if kind in PAPERS else None


def known(kind: str) -> Kind | None:
    """The maker of a paper or label."""
    return LABELS.get(kind) or PAPERS.get(kind)
