"""What counting has found: accuracy by place, product, value, class, person and time, losses, and the evidence in the ledger.

Only what was posted counts: there the book was compared, recounted where it differed, and decided. A line without a posting was right.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.auth.models import Person
from wms.catalog.models import Product, Tracking
from wms.catalog.worth import worth
from wms.db import session, table_of
from wms.i18n import T, Text, Worded
from wms.locations.models import Kind, Location
from wms.stock.models import Batch, HandlingUnit, Movement, MovementKind
from wms.stocktake import sampling
from wms.stocktake.classes import class_column
from wms.stocktake.models import Cause, CountEntry, CountLine, CountPlace, CountPlan, CountVisit, PlaceState
from wms.stocktake.opening import origin_of

_CL, _CP, _C, _CE, _L, _P, _M, _B, _U = (
    table_of(one) for one in (CountLine, CountPlace, CountPlan, CountEntry, Location, Product, Movement, Batch, HandlingUnit)
)


class By(Worded):
    """What results are gathered by."""

    ZONE = "zone", T("Zone", "库区")
    LOCATION = "location", T("Location", "库位")
    PRODUCT = "product", T("Product", "商品")
    CLASS = "class", T("Class", "ABC 分类")
    VALUE = "value", T("Value of one unit", "单位价值")
    CAUSE = "cause", T("Cause", "差异原因")
    PERSON = "person", T("Person", "盘点人")
    PLAN = "plan", T("Count", "盘点单")
    DAY = "day", T("Day", "日期")
    MONTH = "month", T("Month", "月份")


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to a day, both included."""

    first: dt.date
    last: dt.date

    @property
    def within(self) -> sa.ColumnElement[bool]:
        """Whether a place was counted in it."""
        return sa.and_(_CP.c.counted_at >= clock.begins(self.first), _CP.c.counted_at < clock.begins(self.last + dt.timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class Result:
    """What was counted of something, and how right the book was."""

    key: str
    name: Text | None = None
    places: int = 0
    places_right: int = 0
    lines: int = 0
    lines_right: int = 0
    book: int = 0
    gained: int = 0
    lost: int = 0
    """Pieces, both above zero."""
    worth: int = 0
    worth_gained: int = 0
    worth_lost: int = 0

    @property
    def line_accuracy(self) -> float | None:
        """Which part of the lines was right; None where there was none."""
        return self.lines_right / self.lines if self.lines else None

    @property
    def place_accuracy(self) -> float | None:
        """Which part of the places was right."""
        return self.places_right / self.places if self.places else None

    @property
    def loss_rate(self) -> float | None:
        """What is lost, of what the book said is worth: losses less gains."""
        return (self.worth_lost - self.worth_gained) / self.worth if self.worth else None

    @property
    def worth_net(self) -> int:
        """Gains less losses."""
        return self.worth_gained - self.worth_lost


def _latest_book() -> Any:
    """What the book had of a line when it was counted last, with what moved meanwhile."""
    last = sa.select(sa.func.max(_CE.c.id)).where(_CE.c.line_id == _CL.c.id).correlate(_CL).scalar_subquery()
    book = sa.select(_CE.c.book + _CE.c.correction).where(_CE.c.id == last).correlate(_CL)
    return sa.func.coalesce(book.scalar_subquery(), 0)


def _posted(site_id: int, *where: sa.ColumnElement[bool]) -> list[sa.ColumnElement[bool]]:
    return [_C.c.site_id == site_id, _CP.c.state == PlaceState.POSTED.value, *where]


_PLACES = _CP.join(_C, _C.c.id == _CP.c.count_id).join(_L, _L.c.id == _CP.c.location_id)
_LINES = _CL.join(_CP, _CP.c.id == _CL.c.place_id).join(_C, _C.c.id == _CP.c.count_id).join(_L, _L.c.id == _CP.c.location_id)
_GOODS = _LINES.join(_P, _P.c.id == _CL.c.product_id)


def _lines(site_id: int, key: Any, *where: sa.ColumnElement[bool], group: bool = True) -> Sequence[Any]:
    """Sums over lines by something."""
    raw = (
        sa.select(key.label("key"), _CL.c.posted.label("posted"), _latest_book().label("book"))
        .add_columns(_P.c.unit_value, _P.c.decimals)
        .select_from(_GOODS)
        .where(*_posted(site_id, *where), _CL.c.difference.is_not(None))
        .subquery("raw")
    )
    posted, book = raw.c.posted, raw.c.book
    scale = sa.case({number: 10**number for number in range(1, 7)}, value=raw.c.decimals, else_=1)

    def worth(quantity: Any) -> Any:
        return (2 * quantity * sa.func.coalesce(raw.c.unit_value, 0) + scale) // (2 * scale)

    def total(value: Any) -> Any:
        return sa.func.coalesce(sa.func.sum(value), 0)

    gained, lost = sa.case((posted > 0, posted), else_=0), sa.case((posted < 0, -posted), else_=0)
    counted = sa.case((book > 0, book), else_=0)
    sums = sa.select(
        *([raw.c.key] if group else [sa.literal("").label("key")]),
        sa.func.count().label("lines"),
        total(sa.case((posted == 0, 1), else_=0)).label("right"),
        total(counted).label("book"),
        total(gained).label("gained"),
        total(lost).label("lost"),
        total(worth(counted)).label("worth"),
        total(worth(gained)).label("worth_gained"),
        total(worth(lost)).label("worth_lost"),
    )
    return session.execute(sums.group_by(raw.c.key) if group else sums).all()


def _place_sums(site_id: int, key: Any, *where: sa.ColumnElement[bool], group: bool = True) -> dict[str, tuple[int, int]]:
    wrong = sa.select(sa.literal(1)).where(_CL.c.place_id == _CP.c.id, _CL.c.posted != 0).correlate(_CP).exists()
    right = sa.func.coalesce(sa.func.sum(sa.case((wrong, 0), else_=1)), 0)
    sums = sa.select(key if group else sa.literal(""), sa.func.count(), right).select_from(_PLACES).where(*_posted(site_id, *where))
    return {
        str(one if one is not None else ""): (many, int(fine)) for one, many, fine in session.execute(sums.group_by(key) if group else sums)
    }


def _result(row: Any, places: tuple[int, int] = (0, 0), name: Text | None = None) -> Result:
    return Result(
        str(row.key if row.key is not None else ""),
        name,
        *places,
        *(int(one) for one in (row.lines, row.right, row.book, row.gained, row.lost, row.worth, row.worth_gained, row.worth_lost)),
    )


def whole(site_id: int, period: Period) -> Result:
    """Everything that was counted and posted in a period."""
    where = period.within
    places = _place_sums(site_id, sa.literal(""), where, group=False)
    return _result(_lines(site_id, sa.literal(""), where, group=False)[0], places.get("", (0, 0)))


def of_plan(count: CountPlan) -> Result:
    """What a plan found."""
    where = _CP.c.count_id == count.id
    places = _place_sums(count.site_id, sa.literal(""), where, group=False)
    return _result(_lines(count.site_id, sa.literal(""), where, group=False)[0], places.get("", (0, 0)))


def estimate(count: CountPlan) -> sampling.Interval | None:
    """What a sample says of all the places it was drawn from: the share that is right, with the confidence that was stated."""
    origin = origin_of(count.id)
    if origin is None or origin.confidence_percent is None:
        return None
    places, right = _place_sums(count.site_id, sa.literal(""), _CP.c.count_id == count.id, group=False).get("", (0, 0))
    return sampling.accuracy(right, places, origin.population, confidence=origin.confidence_percent / 100)


_VALUES = (
    T("no value", "未设价值"),
    T("below 10", "10 以下"),
    T("10 to 100", "10–100"),
    T("100 to 1,000", "100–1,000"),
    T("1,000 and more", "1,000 以上"),
)


def gathered(site_id: int, period: Period, by: By) -> list[Result]:
    """Results by something, the most lines first; by time, first to last."""
    if by is By.PERSON:
        return _by_person(site_id, period)
    key, at_places = (_day_key(site_id, period), True) if by in (By.DAY, By.MONTH) else _KEYS[by](site_id)
    rows = _lines(site_id, key, period.within, *((_CL.c.posted != 0,) if by is By.CAUSE else ()))
    places = _place_sums(site_id, key, period.within) if at_places else {}
    names = _names(by, [row.key for row in rows])
    found = [_result(row, places.get(str(row.key if row.key is not None else ""), (0, 0)), names.get(row.key)) for row in rows]
    if at_places:  # places where nothing lay have no lines
        known = {one.key for one in found}
        found += [Result(key_, places=many, places_right=fine) for key_, (many, fine) in places.items() if key_ not in known]
    if by in (By.DAY, By.MONTH):
        return sorted(_of_months(found) if by is By.MONTH else found, key=lambda one: one.key)
    if by is By.PLAN:
        return sorted(found, key=lambda one: (len(one.key), one.key), reverse=True)
    if by in (By.CLASS, By.ZONE, By.VALUE):
        return sorted(found, key=lambda one: one.key)
    return sorted(found, key=lambda one: (one.worth_net, -(one.gained + one.lost), -one.lines, one.key))


def _value_key() -> sa.ColumnElement[Any]:
    value = sa.func.coalesce(_P.c.unit_value, 0)
    return sa.case((value <= 0, 0), (value < 1_000, 1), (value < 10_000, 2), (value < 100_000, 3), else_=4)


def _day_key(site_id: int, period: Period) -> sa.ColumnElement[Any]:
    """The day on which a place was counted, by the house's clock: the database knows the moment alone."""
    ends = sa.select(sa.func.min(_CP.c.counted_at), sa.func.max(_CP.c.counted_at)).select_from(_PLACES)
    first, last = session.execute(ends.where(*_posted(site_id, period.within))).one()
    if first is None:
        return sa.literal("")
    day, until = clock.local(first).date(), clock.local(last).date()
    days = [day + dt.timedelta(days=number) for number in range((until - day).days)]
    before = [(_CP.c.counted_at < clock.begins(one + dt.timedelta(days=1)), one.isoformat()) for one in days]
    return sa.case(*before, else_=until.isoformat()) if before else sa.literal(until.isoformat())


_KEYS: dict[By, Callable[[int], tuple[Any, bool]]] = {
    By.ZONE: lambda _site: (sa.func.coalesce(_L.c.zone, ""), True),
    By.LOCATION: lambda _site: (_L.c.code, True),
    By.PRODUCT: lambda _site: (_P.c.sku, False),
    By.CLASS: lambda site: (sa.func.coalesce(class_column(site), ""), False),
    By.VALUE: lambda _site: (_value_key(), False),
    By.CAUSE: lambda _site: (sa.func.coalesce(_CL.c.cause, ""), False),
    By.PLAN: lambda _site: (_C.c.number, True),
}


def _names(by: By, keys: Sequence[Any]) -> dict[Any, Text]:
    if by is By.PRODUCT:
        found = session.execute(sa.select(Product).where(Product.sku.in_(keys[:20_000])).options(sa.orm.lazyload("*"))).scalars()
        return {one.sku: one.text for one in found}
    if by is By.VALUE:
        return dict(enumerate(_VALUES))
    if by is By.CAUSE:
        return {"": T("not said", "未说明"), **{one.value: one.text for one in Cause}}
    return {}


def _of_months(days: Sequence[Result]) -> list[Result]:
    months: dict[str, Result] = {}
    for one in days:
        month = one.key[:7]
        before = months.get(month, Result(month))
        numbers = [getattr(before, name) + getattr(one, name) for name in _NUMBERS]
        months[month] = Result(month, None, *numbers)
    return list(months.values())


_NUMBERS = ("places", "places_right", "lines", "lines_right", "book", "gained", "lost", "worth", "worth_gained", "worth_lost")


def _by_person(site_id: int, period: Period) -> list[Result]:
    """Who counted what in the end was found: a person's number is right where it says what the line came to."""
    counted = _CE.c.quantity - _CE.c.book - _CE.c.correction
    right = sa.func.sum(sa.case((counted == _CL.c.difference, 1), else_=0))
    rows = session.execute(
        sa.select(Person.code, Person.name, sa.func.count(), right, sa.func.count(_CL.c.place_id.distinct()), sa.func.sum(_CE.c.quantity))
        .select_from(_LINES.join(_CE, _CE.c.line_id == _CL.c.id).join(table_of(Person), table_of(Person).c.id == _CE.c.person_id))
        .where(*_posted(site_id, period.within), _CL.c.difference.is_not(None))
        .group_by(Person.code, Person.name)
        .order_by(sa.func.count().desc())
    )
    return [
        Result(code, T("{name}", "{name}").settled(name=name), places=places, lines=many, lines_right=int(fine), book=int(pieces))
        for code, name, many, fine, places, pieces in rows
    ]


# -- who is how far ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counter:
    """How far somebody has come in a plan."""

    name: str
    places: int
    last_at: dt.datetime | None


def counters(count_id: int) -> list[Counter]:
    """Who has counted how many places of a plan, the most first."""
    visits = table_of(CountVisit)
    rows = session.execute(
        sa.select(Person.name, sa.func.count(), sa.func.max(visits.c.closed_at))
        .select_from(visits.join(_CP, _CP.c.id == visits.c.place_id).join(table_of(Person), table_of(Person).c.id == visits.c.person_id))
        .where(_CP.c.count_id == count_id, visits.c.closed_at.is_not(None))
        .group_by(Person.id, Person.name)
        .order_by(sa.func.count().desc())
    )
    return [Counter(*row) for row in rows]


# -- evidence ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """One movement that a plan has booked, with the book before and after it."""

    movement: int
    at: dt.datetime
    location: str
    sku: str
    name: Text
    lot: str
    condition: str
    unit: str | None
    change: int
    before: int
    decimals: int
    worth: int
    by: str
    reason: str | None

    @property
    def after(self) -> int:
        """What the book had after it."""
        return self.before + self.change


def evidence(count: CountPlan, *, limit: int | None = None) -> list[Evidence]:
    """What a plan has booked, by location, and what the book had at that very row before."""
    came = _target_is_real()
    unit_id, condition = (sa.case((came, _M.c[f"target_{name}"]), else_=_M.c[f"source_{name}"]) for name in ("unit_id", "condition"))
    here = _L.alias("here")
    statement = (
        sa.select(Movement, here.c.code, Product, Batch.lot, Person.name, _U.c.code.label("unit"), condition.label("condition"))
        .add_columns((here.c.id == _M.c.target_id).label("comes"), _before(here.c.id, unit_id, condition).label("before"))
        .select_from(Movement)
        .join(here, here.c.id == sa.case((came, _M.c.target_id), else_=_M.c.source_id))
        .join(Product, Product.id == Movement.product_id)
        .join(Batch, Batch.id == Movement.batch_id)
        .join(Person, Person.id == Movement.by_id)
        .outerjoin(_U, _U.c.id == unit_id)
        .where(Movement.site_id == count.site_id, Movement.kind == MovementKind.COUNT.value, Movement.document == count.number)
        .order_by(here.c.code_key, Movement.id)
        .options(sa.orm.lazyload("*"))
    )
    found = []
    for move, code, product, lot, name, unit, state, comes, before in session.execute(statement.limit(limit) if limit else statement).all():
        change = move.quantity if comes else -move.quantity
        value = worth(abs(change), product.unit_value, product.decimals)
        told = "" if product.tracking == Tracking.NONE else lot  # without lots it is the day on which the batch came in
        found.append(
            Evidence(
                *(move.id, move.at, code, product.sku, product.text, told, state, unit),
                *(change, int(before), product.decimals, value if change > 0 else -value, name, move.reason),
            )
        )
    return found


def _target_is_real() -> sa.ColumnElement[bool]:
    target = _L.alias("target_place")
    return sa.select(sa.literal(1)).where(target.c.id == _M.c.target_id, target.c.kind != Kind.VIRTUAL.value).correlate(_M).exists()


def _before(place: Any, unit_id: Any, condition: Any) -> sa.ColumnElement[int]:
    """The book of the row before each movement (of Movement): all that came to it before, less all that went."""

    def moved(side: str) -> sa.ColumnElement[int]:
        m = _M.alias(f"before_{side}")
        row = sa.and_(m.c[f"{side}_id"] == place, m.c[f"{side}_condition"] == condition, m.c.batch_id == _M.c.batch_id)
        row = sa.and_(row, m.c[f"{side}_unit_id"].is_not_distinct_from(unit_id), m.c.id < _M.c.id)
        return sa.func.coalesce(sa.select(sa.func.sum(m.c.quantity)).where(row).correlate_except(m).scalar_subquery(), 0)

    return moved("target") - moved("source")


def default_period() -> Period:
    """The last 30 days."""
    today = clock.today()
    return Period(today - dt.timedelta(days=29), today)
