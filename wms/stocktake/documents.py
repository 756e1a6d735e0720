"""Count sheet, difference report and adjustment note."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

from wms import clock
from wms.actor import Actor, Permission
from wms.auth.models import Person
from wms.catalog.units import shown_in, unit_text
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, money
from wms.i18n import units as in_units
from wms.printing.pdf import WRITE, Cell, Column, Paper, Scan, Two
from wms.stock.models import Condition
from wms.stocktake import counts, deciding, finds, queries, results, sheets
from wms.stocktake.models import CountPlan, CountStatus
from wms.stocktake.plan_models import CountSheet, SheetStatus
from wms.stocktake.sheets import SheetLine
from wms.web.documents import paper

_PRODUCT, _LOT = T("Product", "商品"), T("Lot", "批号")
_LOCATION, _UNIT = T("Location", "库位"), T("Unit", "单位")
MOST_SHEETS = 100
MOST_LINES = 5_000
UNNUMBERED = 300
"""So many places of a plan are printed without numbered sheets."""
_NOTES = [
    T("Write down what is there, 0 where there is none. Do not ask for the book quantity.", "按实际数量填写，没有填 0；不得查询账面数。"),
    T(
        "Other goods found: the empty line of the location, with code and lot. A location left blank was not counted.",
        "发现其他商品：填在该库位空行，写明编码与批号。整个库位不填视为未盘。",
    ),
]  # fmt: skip
_UNKEYED = T(
    "This paper has no line numbers: enter the results on the scanner. To key them in at the desk, make numbered sheets first.",
    "本表无行号，结果请在手持终端录入；如需在办公台录入，请先生成带编号的盘点表。",
)
_SIGNED = [T("Counted by", "盘点人"), T("Begun at", "开始时间"), T("Keyed in by", "录入人"), T("Supervisor", "主管")]


class TooLongForPaper(Refused):
    """A plan of so many places is printed sheet by sheet."""

    code = "too_long_for_paper"
    sentence = T("{number} has too many locations for one paper", "{number} 库位过多，无法打印为一份")
    advice = T("Make count sheets on its page, and print those", "请在盘点单页面生成盘点表后逐张打印")


@paper("count-sheet", Permission.PLAN_WORK)
def count_sheet(number: str, by: Actor) -> Paper | list[Paper]:
    """Sheets to count with pen and paper, in walking order: what lies where, never how many; empty lines for what nobody expected.

    By the number of a sheet, or of a plan: all its sheets that are out; a small plan without sheets as it stands.
    """
    try:
        return [_sheet(one, lines) for one, lines in _with_lines([sheets.find(number, by=by)])]
    except NotFound:
        count = counts.find(number, by=by)
    out = sheets.out_of(count.id, MOST_SHEETS)
    return [_sheet(one, lines) for one, lines in _with_lines(out)] if out else _unnumbered(count)


def _with_lines(some: Sequence[CountSheet]) -> list[tuple[CountSheet, list[SheetLine]]]:
    lines = sheets.lines_of([one.id for one in some])
    return [(one, lines.get(one.id, [])) for one in some]


def _sheet(sheet: CountSheet, lines: Sequence[SheetLine]) -> Paper:
    plan = sheets.plan_of(sheet)
    places = len({line.place_id for line in lines})
    rows: list[list[Cell]] = []
    for _place, group in groupby(lines, key=lambda line: line.place_id):
        for number, line in enumerate(group):
            first: Cell = Scan(line.location) if not number else None
            rows.append([line.line, first, line.location, *_goods(line), WRITE])
    who = session.get(Person, sheet.person_id) if sheet.person_id else None
    return Paper(
        kind=T("Count sheet", "盘点表"),
        number=sheet.number,
        facts=[
            (T("Count", "盘点单"), plan.number),
            (T("Locations", "库位数"), places),
            (T("Made", "生成时间"), sheet.made_at),
            (T("Counted by", "盘点人"), who.name if who else "–"),
        ],
        columns=[
            Column(T("Line", "行"), align="right"),
            Column(T("Scan", "扫描")),
            Column(_LOCATION, strong=True),
            Column(_PRODUCT),
            Column(_LOT),
            Column(_UNIT),
            Column(T("Counted", "实盘数"), align="right"),
        ],
        rows=rows,
        notes=_NOTES,
        signatures=_SIGNED,
        void=sheet.status == SheetStatus.VOID,
    )


def _goods(line: SheetLine) -> list[Cell]:
    if line.sku is None or line.name is None:
        return [WRITE, WRITE, WRITE]
    told = Condition(line.condition).text if line.condition and line.condition != Condition.GOOD else None
    return [Two(line.sku, line.name), Two(line.lot, told) if told else line.lot, unit_text(shown_in(line.unit or "", line.decimals))]


def _unnumbered(count: CountPlan) -> Paper:
    places = queries.places_of(count, limit=UNNUMBERED + 1)
    if len(places) > UNNUMBERED:
        raise TooLongForPaper(number=count.number)
    known = sheets.known_at([place.id for place in places])
    rows: list[list[Cell]] = []
    for place in places:
        here = known.get(place.id, [])
        rows += [
            [Scan(place.location) if not number else None, place.location, Two(sku, name), lot, unit_text(unit), WRITE]
            for number, (sku, name, lot, unit) in enumerate(here)
        ]
        rows.append([None if here else Scan(place.location), place.location, WRITE, WRITE, WRITE, WRITE])
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
        ],
        rows=rows,
        notes=[_NOTES[0], _UNKEYED],
        signatures=_SIGNED,
    )


@paper("difference-report", Permission.SEE_BOOK)
def difference_report(number: str, by: Actor) -> Paper:
    """What differed, who found how many, why, what it is worth, and what was booked. It says the same for ever once the plan has ended."""
    count = counts.find(number, by=by)
    lines = deciding.lines_with_worth(count, limit=MOST_LINES)
    rows: list[list[Cell]] = [
        [
            Two(line.location, line.state.text),
            Two(line.sku, line.product),
            Two(line.lot or "–", Condition(line.condition).text),
            in_units(line.book or 0, line.decimals),
            Two(" / ".join(in_units(one.quantity, line.decimals) for one in line.counted), " / ".join(one.person for one in line.counted)),
            _signed(line.difference or 0, line.decimals),
            _signed(line.posted, line.decimals),
            money(value) if value else "–",
            line.cause.text if line.cause else "–",
        ]
        for line, value in lines
    ]
    gained = [(line.difference or 0, value) for line, value in lines if (line.difference or 0) > 0]
    lost = [(line.difference or 0, value) for line, value in lines if (line.difference or 0) < 0]
    found = results.of_plan(count)
    return Paper(
        kind=T("Difference report", "盘点差异表"),
        number=count.number,
        landscape=True,
        facts=[
            (T("Status", "状态"), CountStatus(count.status).text),
            (T("Locations counted", "已盘库位"), f"{counts.progress(count.id).counted} / {counts.progress(count.id).of}"),
            (T("Gained", "盘盈"), _sum(gained)),
            (T("Lost", "盘亏"), _sum(lost)),
            (T("Lines right", "明细准确率"), f"{100 * found.line_accuracy:.2f} %" if found.line_accuracy is not None else "–"),
            (T("Reason", "原因"), count.reason or "–"),
        ],
        columns=[
            Column(_LOCATION, strong=True),
            Column(_PRODUCT),
            Column(_LOT),
            Column(T("Book", "账面数"), align="right"),
            Column(T("Counted", "实盘数")),
            Column(T("Difference", "差异"), align="right", strong=True),
            Column(T("Posted", "已过账"), align="right"),
            Column(T("Worth", "金额"), align="right"),
            Column(T("Cause", "差异原因")),
        ],
        rows=rows,
        notes=[
            T("Unknown goods at {location}: {code} × {quantity}", "{location} 不明货物：{code} × {quantity}").settled(
                location=one.location, code=one.code, quantity=one.quantity
            )
            for one in finds.of_count(count.id, count.site_id, most=20)
        ],
        signatures=[T("Counted by", "盘点人"), T("Approved by", "审批人"), T("Finance", "财务")],
        final_since=_final(count),
    )


@paper("adjustment-note", Permission.SEE_BOOK)
def adjustment_note(number: str, by: Actor) -> Paper:
    """What was booked: each movement with the book before and after it, and what it is worth."""
    count = counts.find(number, by=by)
    rows_ = results.evidence(count, limit=MOST_LINES)
    rows: list[list[Cell]] = [
        [
            str(one.movement),
            Two(one.location, clock.local(one.at).strftime("%Y-%m-%d")),
            Two(one.sku, one.name),
            Two(one.lot or "–", Condition(one.condition).text),
            in_units(one.before, one.decimals),
            _signed(one.change, one.decimals),
            in_units(one.after, one.decimals),
            money(one.worth) if one.worth else "–",
            Two(one.by, one.reason or "–"),
        ]
        for one in rows_
    ]
    worth = sum(one.worth for one in rows_)
    return Paper(
        kind=T("Adjustment note", "盘盈盘亏单"),
        number=count.number,
        landscape=True,
        facts=[
            (T("Status", "状态"), CountStatus(count.status).text),
            (T("Movements", "流水数"), len(rows_)),
            (T("Worth, net", "净金额"), money(worth)),
            (T("Reason", "原因"), count.reason or "–"),
        ],
        columns=[
            Column(T("Movement", "流水号"), align="right"),
            Column(_LOCATION, strong=True),
            Column(_PRODUCT),
            Column(_LOT),
            Column(T("Before", "调整前"), align="right"),
            Column(T("Change", "调整数"), align="right", strong=True),
            Column(T("After", "调整后"), align="right"),
            Column(T("Worth", "金额"), align="right"),
            Column(T("Posted by, why", "过账人、原因")),
        ],
        rows=rows,
        signatures=[T("Approved by", "审批人"), T("Warehouse", "仓库"), T("Finance", "财务")],
        final_since=_final(count),
    )


def _final(count: CountPlan) -> dt.datetime | None:
    return count.ended_at if count.status in (CountStatus.POSTED, CountStatus.REFUSED) else None


def _signed(number: int, decimals: int = 0) -> str:
    return ("+" if number > 0 else "") + in_units(number, decimals)


def _sum(some: Sequence[tuple[int, int]]) -> str:
    pieces, value = sum(one for one, _ in some), sum(value for _, value in some)
    return f"{_signed(pieces)} ({money(value)})" if value else _signed(pieces)
