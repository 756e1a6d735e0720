"""Which columns and signatures each kind of paper has: what a template chooses from. A test compares it with the papers that are made."""

from __future__ import annotations

from wms.i18n import T, Text

_NO, _PRODUCT, _LOT, _LABEL = T("No.", "序号"), T("Product", "商品"), T("Lot", "批号"), T("Label", "标签")
_EXPIRES, _UNIT, _QUANTITY = T("Expires", "到期日"), T("Unit", "单位"), T("Quantity", "数量")
_ORDER, _UNITS, _WEIGHT, _LOADED = T("Order", "订单"), T("Units", "件数"), T("Weight kg", "重量 kg"), T("Loaded", "已装")
_FROM, _INTO, _SCAN, _DONE = T("From", "从"), T("Into", "到"), T("Scan", "扫描"), T("Done", "完成")
_LOCATION, _FOUND, _DISPOSITION = T("Location", "库位"), T("Found", "实物状态"), T("Disposition", "处置")
_COUNTED, _DIFFERENCE, _SHIP_TO = T("Counted", "实盘数"), T("Difference", "差异"), T("Ship to", "收货方")
_WORTH = T("Worth", "金额")
_SHIPMENT = T("Shipment", "发货单号")
_GOODS = (_NO, _PRODUCT, _LOT, _EXPIRES, _UNIT, _QUANTITY)

COLUMNS: dict[str, tuple[Text, ...]] = {
    "goods-received-note": (
        *(T("Line", "行"), _PRODUCT, T("Ordered", "应收"), T("Received", "实收"), T("Damaged", "残损"), T("Sound", "完好")),
        _DIFFERENCE,
        *(T("Time", "时间"), _LOT, _LABEL, T("Condition", "状态"), _QUANTITY, T("By", "操作人")),
    ),
    "putaway-list": (_FROM, _SCAN, _PRODUCT, _LOT, _QUANTITY, _INTO, _DONE),
    "pick-list": (_NO, _LOCATION, _SCAN, _PRODUCT, _LOT, _QUANTITY, _ORDER, _DONE),
    "packing-slip": _GOODS,
    "delivery-note": _GOODS,
    "outbound-note": _GOODS,
    "red-outbound-note": (_PRODUCT, _LOT, _FOUND, _DISPOSITION, T("Put at", "放置"), _QUANTITY),
    "transfer-note": (_FROM, _INTO, _PRODUCT, _LOT, _LABEL, _FOUND, _DISPOSITION, _QUANTITY),
    "load-sheet": (_ORDER, _SHIP_TO, _SHIPMENT, _UNITS, _WEIGHT, _LOADED),
    "loading-checklist": (*(_NO, T("Stop", "站点"), T("Unit", "箱号"), _ORDER, T("Where", "位置"), T("Pieces", "数量"), _WEIGHT, _LOADED),),
    "gate-pass": (_NO, _ORDER, T("Customer", "客户"), T("City", "城市"), _UNITS),
    "carrier-manifest": (_NO, _SHIPMENT, _SHIP_TO, T("Phone", "电话"), T("Tracking", "运单号"), _UNITS, _WEIGHT),
    "count-sheet": (T("Line", "行"), _SCAN, _LOCATION, _PRODUCT, _LOT, _UNIT, _COUNTED),
    "difference-report": (
        *(_LOCATION, _PRODUCT, _LOT, T("Book", "账面数"), _COUNTED, _DIFFERENCE, T("Posted", "已过账"), _WORTH, T("Cause", "差异原因")),
    ),
    "adjustment-note": (
        *(T("Movement", "流水号"), _LOCATION, _PRODUCT, _LOT, T("Before", "调整前"), T("Change", "调整数"), T("After", "调整后"), _WORTH),
        T("Posted by", "过账人"),
    ),
}
"""A kind of several tables has the columns of all of them; a table with another column is not rearranged."""

MUST: dict[str, tuple[str, ...]] = {
    "goods-received-note": ("product", "received", "quantity"),
    "putaway-list": ("product", "quantity", "into"),
    "pick-list": ("location", "product", "quantity"),
    "packing-slip": ("product", "quantity"),
    "delivery-note": ("product", "quantity"),
    "outbound-note": ("product", "quantity"),
    "red-outbound-note": ("product", "quantity"),
    "transfer-note": ("from", "into", "product", "quantity"),
    "load-sheet": ("order", "units"),
    "loading-checklist": ("unit",),
    "gate-pass": ("order", "units"),
    "carrier-manifest": ("shipment", "units"),
    "count-sheet": ("location", "product", "counted"),
    "difference-report": ("location", "product", "difference"),
    "adjustment-note": ("location", "product", "change"),
}
"""Without these a paper does not say what it is for."""

SAME = {"units-planned": "units", "posted-by-why": "posted-by", "of-it-damaged": "damaged", "sound-less-ordered": "difference"}
"""Headings that say more than the column's name, and the column that they are."""

SIGNATURES: dict[str, tuple[Text, ...]] = {
    "goods-received-note": (T("Delivered by", "送货人"), T("Received by", "收货人"), T("Checked by", "复核人")),
    "putaway-list": (T("Put away by", "上架人"),),
    "pick-list": (T("Picked by", "拣货人"), T("Checked by", "复核人")),
    "packing-slip": (T("Checked by", "复核人"), T("Packed by", "打包人")),
    "delivery-note": (T("Issued by", "发货人"), T("Driver", "司机"), T("Received by", "收货人"), T("Date", "日期")),
    "outbound-note": (T("Warehouse", "仓库"), T("Finance", "财务"), T("Approved by", "审批人")),
    "red-outbound-note": (T("Returned by", "退货人"), T("Received by", "收货人"), T("Finance", "财务")),
    "transfer-note": (T("Handed over by", "移交人"), T("Taken over by", "接收人")),
    "load-sheet": (T("Loaded by", "装车人"), T("Driver", "司机"), T("Dispatcher", "发运调度")),
    "loading-checklist": (T("Loaded by", "装车人"), T("Checked by", "检核人")),
    "gate-pass": (T("Dispatcher", "发运调度"), T("Driver", "司机"), T("Gate", "门卫")),
    "carrier-manifest": (T("Handed over by", "交货人"), T("Taken over by", "承运人"), T("Date and time", "日期时间")),
    "count-sheet": (T("Counted by", "盘点人"), T("Begun at", "开始时间"), T("Keyed in by", "录入人"), T("Supervisor", "主管")),
    "difference-report": (T("Counted by", "盘点人"), T("Approved by", "审批人"), T("Finance", "财务")),
    "adjustment-note": (T("Approved by", "审批人"), T("Warehouse", "仓库"), T("Finance", "财务")),
}
