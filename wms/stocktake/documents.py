"""Count sheet and difference report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from wms.i18n import T
from wms.printing.pdf import WRITE, Column, Company, Paper, Scan, Two
from wms.stock.models import Condition
from wms.stocktake.queries import Line

_PRODUCT, _LOT = T("Product", "商品"), T("Lot", "批号")
_LOCATION, _UNIT = T("Location", "库位"), T("Unit", "单位")


def count_sheet(
    number: str, places: Sequence[str], lines: Sequence[Line], *, company: Company, printed_at: dt.datetime, printed_by: str
) -> Paper:
    """A sheet to count with pen and paper: what lies where, never how many; empty rows for what nobody expected."""
    rows: list[list[object]] = []
    for place in places:
        here = [line for line in lines if line.location == place]
        rows += [
            [Scan(place) if not index else None, place, Two(line.sku, line.product), line.lot, line.unit, WRITE, WRITE]
            for index, line in enumerate(here)
        ]
        rows.append([None if here else Scan(place), place, WRITE, WRITE, WRITE, WRITE, WRITE])
    return Paper(
        kind=T("Count sheet", "盘点表"),
        number=number,
        facts=[(T("Locations", "库位数"), len(places)), (T("Printed", "打印时间"), printed_at)],
        columns=[
            Column(T("Scan", "扫描")),
            Column(_LOCATION, strong=True),
            Column(_PRODUCT),
            Column(_LOT),
            Column(_UNIT),
            Column(T("Counted", "实盘数"), align="right"),
            Column(T("Recounted", "复盘数"), align="right"),
        ],
        rows=rows,  # type: ignore[arg-type]
        notes=[T("Write down what is there, 0 included. Do not ask for the book quantity.", "按实际数量填写，没有填 0；不得查询账面数。")],
        signatures=[T("Counted by", "初盘人"), T("Recounted by", "复盘人"), T("Supervisor", "主管")],
        company=company,
        printed_at=printed_at,
        printed_by=printed_by,
    )


def difference_report(
    number: str, lines: Sequence[Line], status: object, reason: str | None, *, company: Company, printed_at: dt.datetime, printed_by: str
) -> Paper:
    """What differed, who found how many, and what was booked."""
    rows = [
        [
            line.location,
            Two(line.sku, line.product),
            Two(line.lot, Condition(line.condition).text),
            line.book,
            " / ".join(f"{one.quantity} {one.person}" for one in line.counted),
            f"{line.difference:+d}" if line.difference else "0",
        ]
        for line in lines
        if line.differs
    ]
    gained = sum(line.difference or 0 for line in lines if line.differs and (line.difference or 0) > 0)
    lost = sum(line.difference or 0 for line in lines if line.differs and (line.difference or 0) < 0)
    return Paper(
        kind=T("Difference report", "盘点差异表"),
        number=number,
        facts=[
            (T("Status", "状态"), getattr(status, "text", str(status))),
            (T("Gained", "盘盈"), f"+{gained}"),
            (T("Lost", "盘亏"), f"{lost}"),
            (T("Reason", "原因"), reason or "–"),
        ],
        columns=[
            Column(_LOCATION, strong=True),
            Column(_PRODUCT),
            Column(_LOT),
            Column(T("Book", "账面数"), align="right"),
            Column(T("Counted", "实盘数")),
            Column(T("Difference", "差异"), align="right", strong=True),
        ],
        rows=rows,  # type: ignore[arg-type]
        signatures=[T("Counted by", "盘点人"), T("Approved by", "审批人"), T("Finance", "财务")],
        company=company,
        printed_at=printed_at,
        printed_by=printed_by,
    )
