"""Count sheet and difference report."""

from __future__ import annotations

from wms.actor import Actor, Permission
from wms.catalog.units import unit_text
from wms.i18n import T
from wms.printing.pdf import WRITE, Cell, Column, Paper, Scan, Two
from wms.stock.models import Condition
from wms.stocktake import counts, queries
from wms.stocktake.models import CountStatus
from wms.web.documents import paper

_PRODUCT, _LOT = T("Product", "商品"), T("Lot", "批号")
_LOCATION, _UNIT = T("Location", "库位"), T("Unit", "单位")


@paper("count-sheet", Permission.PLAN_WORK)
def count_sheet(number: str, by: Actor) -> Paper:
    """A sheet to count with pen and paper: what lies where, never how many; empty rows for what nobody expected."""
    count = counts.find(number, by=by)
    lines = queries.lines_of(count)
    places = [place.location for place in queries.places_of(count)]
    rows: list[list[Cell]] = []
    for place in places:
        here = [line for line in lines if line.location == place]
        rows += [
            [Scan(place) if not index else None, place, Two(line.sku, line.product), line.lot, unit_text(line.unit), WRITE, WRITE]
            for index, line in enumerate(here)
        ]
        rows.append([None if here else Scan(place), place, WRITE, WRITE, WRITE, WRITE, WRITE])
    return Paper(
        kind=T("Count sheet", "盘点表"),
        number=count.number,
        facts=[(T("Locations", "库位数"), len(places)), (T("Opened", "创建时间"), count.created_at)],
        columns=[
            Column(T("Scan", "扫描")),
            Column(_LOCATION, strong=True),
            Column(_PRODUCT),
            Column(_LOT),
            Column(_UNIT),
            Column(T("Counted", "实盘数"), align="right"),
            Column(T("Recounted", "复盘数"), align="right"),
        ],
        rows=rows,
        notes=[T("Write down what is there, 0 included. Do not ask for the book quantity.", "按实际数量填写，没有填 0；不得查询账面数。")],
        signatures=[T("Counted by", "初盘人"), T("Recounted by", "复盘人"), T("Supervisor", "主管")],
    )


@paper("difference-report", Permission.APPROVE_COUNT)
def difference_report(number: str, by: Actor) -> Paper:
    """What differed, who found how many, and what was booked."""
    count = counts.find(number, by=by)
    lines = queries.lines_of(count)
    rows: list[list[Cell]] = [
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
        number=count.number,
        facts=[
            (T("Status", "状态"), CountStatus(count.status).text),
            (T("Gained", "盘盈"), f"+{gained}"),
            (T("Lost", "盘亏"), f"{lost}"),
            (T("Reason", "原因"), count.reason or "–"),
        ],
        columns=[
            Column(_LOCATION, strong=True),
            Column(_PRODUCT),
            Column(_LOT),
            Column(T("Book", "账面数"), align="right"),
            Column(T("Counted", "实盘数")),
            Column(T("Difference", "差异"), align="right", strong=True),
        ],
        rows=rows,
        signatures=[T("Counted by", "盘点人"), T("Approved by", "审批人"), T("Finance", "财务")],
        final_since=count.ended_at if count.status in (CountStatus.POSTED, CountStatus.REFUSED) else None,
    )
