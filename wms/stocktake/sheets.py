"""Counting on paper: sheets with numbered lines are made from a plan, and what was written on them is keyed in under their number.

What is keyed in goes through the same operations as a scan, in the name of who counted: blind, beside the book of that moment, with what
moved since they began in doubt. Where two persons key in, the second does not see the first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import PERMISSIONS, Actor, Permission, Role
from wms.auth.models import Person
from wms.catalog.models import Product, Tracking
from wms.catalog.units import shown_in
from wms.db import among, few, fold, insert_rows, session, table_of
from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused, WarehouseError
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.stock.models import Batch, Stock
from wms.stocktake import counting, counts, judging, posting, rules
from wms.stocktake.counting import Sort
from wms.stocktake.models import AGAIN, FIRST, CountPlace, CountPlan, CountVisit
from wms.stocktake.plan_models import CountSheet, CountSheetLine, SheetStatus

_C, _CP, _S, _B, _P, _SL, _SH = (table_of(one) for one in (CountPlan, CountPlace, Stock, Batch, Product, CountSheetLine, CountSheet))
S = SheetStatus
PLACES = 20
"""Places on a sheet, unless somebody says otherwise: about two pages."""
MOST_SHEETS = 500
LIVE = (S.PRINTED.value, S.KEYED.value, S.DIFFERS.value)


class SheetUnknown(NotFound):
    """No such sheet at this site."""

    code = "sheet_unknown"
    sentence = T("There is no count sheet {number}", "没有此盘点表：{number}")


class SheetOver(Conflict):
    """It was taken in, or is void."""

    code = "sheet_over"
    sentence = T("Sheet {number} is finished: {status}", "盘点表 {number} 已结束：{status}")


class NothingForPaper(Refused):
    """All places of the plan are counted, or on sheets already."""

    code = "nothing_for_paper"
    sentence = T("No place of {number} waits for a sheet", "{number} 没有待打印盘点表的库位")
    advice = T("Void a sheet to have its places on another", "如需重打，请先作废原盘点表")


class LineWrong(Invalid):
    """What was keyed into a line cannot be taken."""

    code = "sheet_line_wrong"
    sentence = T("Line {line}: {why}", "第 {line} 行：{why}")

    def __init__(self, line: int, why: Text) -> None:
        super().__init__(pointer=f"/lines/{line}", line=line, why=why)


class KeyedByYou(Forbidden):
    """The second look is another person's."""

    code = "keyed_by_you"
    sentence = T("You keyed in sheet {number} the first time; somebody else does it now", "盘点表 {number} 首次由您录入，须由他人二次录入")
    advice = T("Ask a colleague", "请同事录入")


class AnotherCounter(Invalid):
    """Who keyed in first has named somebody else as counter."""

    code = "another_counter"
    pointer = "/counted_by"
    sentence = T("Sheet {number} was keyed in for another counter the first time", "盘点表 {number} 首次录入的盘点人与此不同")
    advice = T("Read the name on the sheet; if the first one is wrong, void the sheet", "请核对表上姓名；若首次录入有误，请作废该表")


class CannotCount(Invalid):
    """Who is named as counter is nobody who counts here."""

    code = "not_a_counter"
    pointer = "/counted_by"
    sentence = T("{code} is nobody who counts here", "{code} 不是本仓库的盘点人员")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was written on a line. No quantity: nothing was written."""

    quantity: int | None = None
    sku: str | None = None
    lot: str | None = None


# -- making ------------------------------------------------------------------------------------------------------------


def make(count: CountPlan, *, by: Actor, zone: str | None = None, places: int = PLACES, most: int = MOST_SHEETS) -> list[CountSheet]:
    """Sheets for the places of a plan that wait to be counted and are on none yet, in walking order, none over two zones.

    What the book knows to lie there is named, never how many; each place has an empty line for what it does not know. Raises
    NothingForPaper.
    """
    session.execute(sa.select(_C.c.id).where(_C.c.id == count.id).with_for_update(key_share=True))  # two make them one after the other
    count = session.get_one(CountPlan, count.id, populate_existing=True)
    counts.must_be_open(count)
    on_paper = sa.select(_SL.c.place_id).join(_SH, _SH.c.id == _SL.c.sheet_id).where(_SH.c.count_id == count.id, _SH.c.status.in_(LIVE))
    waiting = sa.select(_CP.c.id, _CP.c.location_id, _CP.c.zone).where(_CP.c.count_id == count.id, _CP.c.state.in_((*FIRST, *AGAIN)))
    waiting = waiting.where(_CP.c.id.not_in(on_paper))
    if zone is not None:
        waiting = waiting.where(sa.func.coalesce(_CP.c.zone, "") == zone)
    rows = session.execute(waiting.order_by(_CP.c.sequence).limit(places * most)).all()
    if not rows:
        raise NothingForPaper(number=count.number)
    known = _known([row.location_id for row in rows], count.product_id)
    first = session.execute(sa.select(sa.func.count()).where(_SH.c.count_id == count.id)).scalar_one()
    parts = [part for _zone, group in groupby(rows, key=lambda row: row.zone) for part in few(list(group), places)]
    moment = clock.now()
    sheets = [
        CountSheet(site_id=count.site_id, count_id=count.id, number=f"{count.number}-{first + number:03}", made_at=moment, made_by_id=by.id)
        for number in range(1, len(parts[:most]) + 1)
    ]
    session.add_all(sheets)
    session.flush()  # their lines name them
    lines = [
        {"sheet_id": sheet.id, "line": number, "place_id": place, **goods}
        for sheet, part in zip(sheets, parts, strict=False)
        for number, (place, goods) in enumerate(
            ((row.id, goods) for row in part for goods in [*known.get(row.location_id, []), _NOTHING]), start=1
        )
    ]
    for some in few(lines, 2000):
        insert_rows(_SL, some)
    events.record(count, "count.sheets", by=by, sheets=len(sheets))
    return sheets


_NOTHING: dict[str, Any] = {"product_id": None, "lot": "", "owner_id": None, "condition": None}


def _known(location_ids: Sequence[int], product_id: int | None) -> dict[int, list[dict[str, Any]]]:
    """What the book has at these places: sorts, without how many of them."""
    tracked = sa.case((_P.c.tracking != Tracking.NONE.value, _B.c.lot), else_="").label("lot")
    rows = sa.select(_S.c.location_id, _S.c.product_id, tracked, _B.c.owner_id, _S.c.condition, _P.c.sku_key).distinct()
    rows = rows.select_from(_S.join(_B, _B.c.id == _S.c.batch_id).join(_P, _P.c.id == _S.c.product_id))
    rows = rows.where(among(_S.c.location_id, list(location_ids)), _S.c.on_hand != 0)
    if product_id is not None:
        rows = rows.where(_S.c.product_id == product_id)
    found: dict[int, list[dict[str, Any]]] = {}
    for row in session.execute(rows.order_by(_S.c.location_id, _P.c.sku_key, "lot", _S.c.condition)):
        goods = {"product_id": row.product_id, "lot": row.lot, "owner_id": row.owner_id, "condition": row.condition}
        found.setdefault(row.location_id, []).append(goods)
    return found


def find(number: str, *, by: Actor) -> CountSheet:
    """The sheet with this number. Raises SheetUnknown."""
    found = session.execute(
        sa.select(CountSheet).where(CountSheet.site_id == by.site_id, CountSheet.number_key == fold(number))
    ).scalar_one_or_none()
    if found is None:
        raise SheetUnknown(number=number)
    return found


def _locked(sheet: CountSheet) -> CountSheet:
    session.execute(sa.select(_SH.c.id).where(_SH.c.id == sheet.id).with_for_update(key_share=True))
    session.refresh(sheet)
    if sheet.status not in LIVE:
        raise SheetOver(number=sheet.number, status=SheetStatus(sheet.status).text)
    return sheet


def void(number: str, *, by: Actor) -> CountSheet:
    """The sheet is thrown away: nothing on it counts, and its places may be put on another. Raises SheetUnknown, SheetOver."""
    sheet = _locked(find(number, by=by))
    sheet.status, sheet.taken_at = S.VOID.value, clock.now()
    session.flush()
    return sheet


# -- keying in ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line of a sheet in words."""

    id: int
    line: int
    place_id: int
    location: str
    state: str
    sku: str | None
    name: Text | None
    unit: str | None
    decimals: int
    lot: str
    condition: str | None
    first: Typed
    second: Typed
    owner_id: int | None

    @property
    def agrees(self) -> bool:
        """Whether both have keyed in the same."""
        return _same(self.first) == _same(self.second)


def _same(typed: Typed) -> tuple[int | None, str, str]:
    return typed.quantity, fold(typed.sku or ""), fold(typed.lot or "")


def lines_of(sheet_ids: Sequence[int]) -> dict[int, list[SheetLine]]:
    """The lines of some sheets."""
    rows = session.execute(
        sa.select(CountSheetLine, Location.code, CountPlace.state, Product)
        .join(CountPlace, CountPlace.id == CountSheetLine.place_id)
        .join(Location, Location.id == CountPlace.location_id)
        .outerjoin(Product, Product.id == CountSheetLine.product_id)
        .where(among(CountSheetLine.sheet_id, list(sheet_ids)))
        .order_by(CountSheetLine.sheet_id, CountSheetLine.line)
        .options(sa.orm.lazyload("*"))
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[SheetLine]] = {}
    for one, code, state, product in rows:
        found.setdefault(one.sheet_id, []).append(
            SheetLine(
                id=one.id,
                line=one.line,
                place_id=one.place_id,
                location=code,
                state=state,
                sku=product.sku if product else None,
                name=product.text if product else None,
                unit=product.base_unit if product else None,
                decimals=product.decimals if product else 0,
                lot=one.lot,
                condition=one.condition,
                first=Typed(one.first_quantity, one.first_sku, one.first_lot),
                second=Typed(one.second_quantity, one.second_sku, one.second_lot),
                owner_id=one.owner_id,
            )
        )
    return found


@dataclass(frozen=True)
class Taken:
    """What came of keying a sheet in."""

    sheet: CountSheet
    counted: int = 0
    """Places that were counted by it."""
    empty: int = 0
    """Places that nothing was written for: they stay open."""
    over: tuple[str, ...] = ()
    """Places that somebody else had finished meanwhile."""
    differing: tuple[int, ...] = ()
    """Lines that the two persons keyed in differently."""


def counter(code: str, *, by: Actor) -> Actor:
    """Who counted, as the actor in whose name it is entered. Raises CannotCount."""
    person = session.execute(sa.select(Person).where(Person.code_key == fold(code))).scalar_one_or_none()
    if person is not None:
        who = Actor(person.id, person.code, person.name, frozenset(Role(one) for one in person.roles), by.site_id, by.language)
        if who.may(Permission.COUNT) and person.site_id in (None, by.site_id) and person.active:
            return who
    raise CannotCount(code=code)


def counters(by: Actor) -> list[tuple[str, str]]:
    """Who may have counted: code and name of the people of the site, to choose from."""
    rows = sa.select(Person.code, Person.name, Person.roles).where(
        sa.or_(Person.site_id == by.site_id, Person.site_id.is_(None)), Person.active, ~Person.is_token
    )
    able = {role.value for role in Role if Permission.COUNT in PERMISSIONS[role]}
    return [(code, name) for code, name, roles in session.execute(rows.order_by(Person.name).limit(500)) if able & set(roles)]


def key_in(number: str, typed: Mapping[int, Typed], *, counted_by: str, counted_from: dt.datetime | None = None, by: Actor) -> Taken:
    """What was written on a sheet, by line number. Where the site wants two persons to key in, the second one's is compared first.

    Raises SheetUnknown, SheetOver, KeyedByYou, AnotherCounter, CannotCount, LineWrong.
    """
    sheet = _locked(find(number, by=by))
    who = counter(counted_by, by=by)
    lines = lines_of([sheet.id])[sheet.id]
    _check(lines, typed)
    second = sheet.status == S.DIFFERS and by.id != sheet.first_by_id
    if sheet.status == S.KEYED:
        if by.id == sheet.first_by_id:
            raise KeyedByYou(number=sheet.number)
        second = True
    if second and sheet.person_id not in (None, who.id):
        raise AnotherCounter(number=sheet.number)
    _keep(sheet, lines, typed, second=second, by=by)
    began = min(counted_from or sheet.made_at, clock.now())
    sheet.person_id, sheet.counted_from = who.id, max(began, sheet.made_at)
    if not second and sheet.status == S.PRINTED and rules.of_site(sheet.site_id).key_twice:
        sheet.status = S.KEYED.value
        session.flush()
        return Taken(sheet)
    if second or sheet.status == S.DIFFERS:
        lines = lines_of([sheet.id])[sheet.id]
        wrong = tuple(line.line for line in lines if not line.agrees)
        if wrong:
            sheet.status = S.DIFFERS.value
            session.flush()
            return Taken(sheet, differing=wrong)
    return _take_in(sheet, lines, typed, who, by=by)


_WRITTEN_BEFORE = T("{sku} is in line {line} already: write all of it there", "{sku} 已在第 {line} 行，请合并填写")


def _check(lines: Sequence[SheetLine], typed: Mapping[int, Typed]) -> None:
    """What can be said without looking at the places: every line of a counted place is filled, and what stands in it can be read."""
    numbers = {line.line for line in lines}
    for number in typed:
        if number not in numbers:
            raise LineWrong(number, T("the sheet has no such line", "盘点表没有此行"))
    for _place, group in groupby(lines, key=lambda line: line.place_id):
        here = list(group)
        written = [line for line in here if typed.get(line.line, Typed()).quantity is not None]
        for line in here:
            one = typed.get(line.line, Typed())
            if line.sku is None and one.sku and one.quantity is None:
                raise LineWrong(line.line, T("say how many, 0 where there is none", "请填数量，没有填 0"))
            if line.sku is None and not one.sku and one.quantity:
                raise LineWrong(line.line, T("say of which product", "请填商品编码"))
            if line.sku is None and one.sku:
                try:
                    sku = counts.product_of(one.sku).sku
                except NotFound as wrong:
                    raise LineWrong(line.line, wrong.said) from None
                same = [other for other in here if other.sku == sku and (not one.lot or fold(other.lot) in ("", fold(one.lot)))]
                if same:  # a second number of the same goods would stand in the place of the first
                    raise LineWrong(line.line, _WRITTEN_BEFORE.settled(sku=sku, line=same[0].line))
            if line.sku is not None and written and one.quantity is None:
                raise LineWrong(
                    line.line,
                    T("{location} was counted: 0 where there is none", "{location} 已盘，没有填 0").settled(location=line.location),
                )


def _keep(sheet: CountSheet, lines: Sequence[SheetLine], typed: Mapping[int, Typed], *, second: bool, by: Actor) -> None:
    part = "second" if second else "first"
    rows = [
        {"row": line.id, "new_quantity": one.quantity, "new_sku": one.sku, "new_lot": one.lot}
        for line in lines
        for one in [typed.get(line.line, Typed())]
    ]
    statement = sa.update(_SL).where(_SL.c.id == sa.bindparam("row"))
    values = {f"{part}_{name}": sa.bindparam(f"new_{name}", type_=_SL.c[f"{part}_{name}"].type) for name in ("quantity", "sku", "lot")}
    session.connection().execute(statement.values(values), rows)
    if second:
        sheet.second_by_id = by.id
    else:
        sheet.first_by_id, sheet.first_at = by.id, clock.now()
    session.flush()


def _take_in(sheet: CountSheet, lines: Sequence[SheetLine], typed: Mapping[int, Typed], who: Actor, *, by: Actor) -> Taken:
    """Place after place, as if the counter stood there. All of them are locked first, and the plan last: who closes a place of it meanwhile
    neither waits for the whole sheet nor is waited for. What its counter has closed by scanner is not taken a second time."""
    counted, empty, over = 0, 0, []
    places = _locked_places(sheet, lines, typed)
    done = sa.select(CountVisit.place_id).where(CountVisit.person_id == who.id, CountVisit.closed_at.is_not(None))
    mine = set(session.execute(done.where(among(CountVisit.place_id, list(places)))).scalars())
    for place_id, group in groupby(lines, key=lambda line: line.place_id):
        here = list(group)
        if place_id not in places:
            empty += 1
            continue
        place = places[place_id]
        if place.state not in (*FIRST, *AGAIN) or place.id in mine:
            over.append(here[0].location)
            continue
        try:
            counting.begin_place(sheet.count_id, place.location_id, by=who, keyed_by=by, at=sheet.counted_from)
        except WarehouseError as refusal:  # somebody stands there now
            raise LineWrong(here[0].line, refusal.said) from refusal
        for line in here:
            one = typed.get(line.line, Typed())
            if one.quantity is None or (line.sku is None and not one.sku):
                continue
            _enter(sheet, place, line, one, who)
        counting.close_place(sheet.count_id, place.location_id, by=who, settled=False)
        counted += 1
    if counted:
        counts.settle(sheet.count_id, by=who)
    sheet.status, sheet.taken_at = S.TAKEN.value, clock.now()
    session.flush()
    return Taken(sheet, counted, empty, tuple(over))


def _locked_places(sheet: CountSheet, lines: Sequence[SheetLine], typed: Mapping[int, Typed]) -> dict[int, CountPlace]:
    """The places that something was written for, locked in their sequence, with all that judging them locks before any row of stock."""
    written = sorted({line.place_id for line in lines if typed.get(line.line, Typed()).quantity is not None})
    rows = sa.select(CountPlace).where(among(CountPlace.id, written)).order_by(CountPlace.id)
    rows = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
    places = {row.id: row for row in session.execute(rows).scalars()}
    count = session.get_one(CountPlan, sheet.count_id)
    if judging.Tolerances(count, ()).any():
        posting.lock_ahead([place.location_id for place in places.values()], count.product_id)
    return places


def _enter(sheet: CountSheet, place: CountPlace, line: SheetLine, one: Typed, who: Actor) -> None:
    sort = Sort(line.condition, line.owner_id) if line.condition else None
    try:
        counting.enter(
            sheet.count_id,
            place.location_id,
            line.sku or one.sku or "",
            one.quantity or 0,
            by=who,
            lot=line.lot or one.lot or None,
            sort=sort,
        )
    except WarehouseError as refusal:
        raise LineWrong(line.line, refusal.said) from refusal


# -- listing -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A sheet in a list."""

    number: str
    status: SheetStatus
    plan: str
    first: str
    last: str
    places: int
    lines: int
    made_at: dt.datetime
    person: str | None


def how_many(count_id: int) -> int:
    """How many sheets a plan has."""
    return session.execute(sa.select(sa.func.count()).where(_SH.c.count_id == count_id)).scalar_one()


def of_plan(count_id: int, most: int = MOST_SHEETS) -> list[SheetRow]:
    """The sheets of a plan, first to last."""
    return _rows(sa.select(_SH.c.id).where(_SH.c.count_id == count_id).order_by(_SH.c.id).limit(most))


def waiting(site_id: int, most: int = 100) -> list[SheetRow]:
    """The sheets that are out, oldest first."""
    return _rows(sa.select(_SH.c.id).where(_SH.c.site_id == site_id, _SH.c.status.in_(LIVE)).order_by(_SH.c.id).limit(most))


def _rows(some: sa.Select[tuple[int]]) -> list[SheetRow]:
    ids = list(session.execute(some).scalars())
    ends = (
        sa.select(_SL.c.sheet_id, sa.func.min(_SL.c.id).label("first"), sa.func.max(_SL.c.id).label("last"))
        .add_columns(sa.func.count(_SL.c.place_id.distinct()).label("places"), sa.func.count().label("lines"))
        .where(among(_SL.c.sheet_id, ids))
        .group_by(_SL.c.sheet_id)
        .subquery("ends")
    )
    rows = session.execute(
        sa.select(CountSheet, ends, Person.name, CountPlan.number.label("plan"))
        .join(ends, ends.c.sheet_id == CountSheet.id)
        .join(CountPlan, CountPlan.id == CountSheet.count_id)
        .outerjoin(Person, Person.id == CountSheet.person_id)
        .order_by(CountSheet.id)
    ).all()
    codes = _codes([end for row in rows for end in (row.first, row.last)])
    return [
        SheetRow(
            number=row[0].number,
            status=SheetStatus(row[0].status),
            plan=row.plan,
            first=codes[row.first],
            last=codes[row.last],
            places=row.places,
            lines=row.lines,
            made_at=row[0].made_at,
            person=row.name,
        )
        for row in rows
    ]


def _codes(line_ids: Sequence[int]) -> dict[int, str]:
    rows = sa.select(_SL.c.id, Location.code).join(_CP, _CP.c.id == _SL.c.place_id).join(Location, Location.id == _CP.c.location_id)
    return dict(session.execute(rows.where(among(_SL.c.id, list(line_ids)))).tuples().all())


def plan_of(sheet: CountSheet) -> CountPlan:
    """The plan whose places are on it."""
    return session.get_one(CountPlan, sheet.count_id)


def out_of(count_id: int, most: int) -> list[CountSheet]:
    """The sheets of a plan that are out, first to last."""
    rows = sa.select(CountSheet).where(CountSheet.count_id == count_id, CountSheet.status.in_(LIVE)).order_by(CountSheet.id)
    return list(session.execute(rows.limit(most)).scalars())


def known_at(place_ids: Sequence[int]) -> dict[int, list[tuple[str, Text, str, str]]]:
    """What the book has at some places of a plan: (sku, name, lot, unit), never how many."""
    places = dict(session.execute(sa.select(_CP.c.location_id, _CP.c.id).where(among(_CP.c.id, list(place_ids)))).tuples().all())
    known = _known(list(places), None)
    ids = {int(goods["product_id"]) for some in known.values() for goods in some}
    rows = session.execute(sa.select(Product).where(among(Product.id, sorted(ids))).options(sa.orm.lazyload("*"))).scalars()
    products = {one.id: one for one in rows}

    def told(goods: Mapping[str, Any]) -> tuple[str, Text, str, str]:
        product = products[goods["product_id"]]
        return product.sku, product.text, str(goods["lot"]), shown_in(product.base_unit, product.decimals)

    return {places[location]: [told(goods) for goods in some] for location, some in known.items()}
