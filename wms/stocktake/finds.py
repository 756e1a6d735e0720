"""Goods that a counter found and nobody knew: they wait, with their pictures, until somebody says what they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.catalog.models import Partner, Product, Tracking
from wms.db import fold, session, table_of
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.stock.models import Stock
from wms.stocktake import counting, counts
from wms.stocktake.counting import Sort
from wms.stocktake.models import CountFind, CountLine, CountPlace, CountPlan, FindEnd
from wms.tasks.models import Task, TaskKind

_T = table_of(Task)
LONGEST_NOTE = 200


class FindUnknown(NotFound):
    """No such goods were found, or not at this person's site."""

    code = "find_unknown"
    sentence = T("No unknown goods have the number {number}", "没有编号为 {number} 的不明货物")


class FindOver(Refused):
    """They were explained before."""

    code = "find_over"
    sentence = T("{code} at {location} was explained already: {how}", "{location} 的 {code} 已处理：{how}")


class FindSaysNothing(Invalid):
    """Goods that are not counted leave with a word."""

    code = "find_note_missing"
    pointer = "/note"
    sentence = T("Say whose they are, why they were thrown away, or as what they were counted", "请说明货主、丢弃原因或已按何种商品盘点")


class FindProductMissing(Invalid):
    """Which product they are."""

    code = "find_product_missing"
    pointer = "/sku"
    sentence = T("Say which product they are", "请填写是哪种商品")


@dataclass(frozen=True, slots=True)
class Find:
    """Unknown goods in words."""

    id: int
    count: str
    location: str
    zone: str | None
    code: str
    quantity: int
    by: str
    at: dt.datetime
    outcome: FindEnd | None
    sku: str | None
    product: Text | None
    note: str | None
    follows: str | None
    """The count by which what was found comes into the book."""
    cleared_at: dt.datetime | None
    cleared_by: str | None


_BY, _CLEARED = sa.orm.aliased(Person), sa.orm.aliased(Person)
_FOLLOWS = sa.orm.aliased(CountPlan)
SORTS: dict[str, Any] = {"at": (CountFind.at, CountFind.id), "location": Location.code_key, "code": CountFind.code}


def statement(site_id: int, *, waiting: bool | None = True, count_id: int | None = None) -> sa.Select[Any]:
    """What was found at a site: what waits, what is over, or (None) all of it; of one count alone. Rows are made readable by `shown`."""
    rows = (
        sa.select(CountFind, CountPlan.number, Location.code, CountPlace.zone, _BY.name, _CLEARED.name, Product, _FOLLOWS.number)
        .join(CountPlace, CountPlace.id == CountFind.place_id)
        .join(CountPlan, CountPlan.id == CountPlace.count_id)
        .join(Location, Location.id == CountPlace.location_id)
        .join(_BY, _BY.id == CountFind.by_id)
        .outerjoin(_CLEARED, _CLEARED.id == CountFind.cleared_by_id)
        .outerjoin(Product, Product.id == CountFind.product_id)
        .outerjoin(_FOLLOWS, _FOLLOWS.id == CountFind.count_id)
        .where(CountPlan.site_id == site_id)
    )
    if waiting is not None:
        rows = rows.where(CountFind.cleared_at.is_(None) if waiting else CountFind.cleared_at.is_not(None))
    return rows if count_id is None else rows.where(CountPlan.id == count_id)


def shown(row: Any) -> Find:
    """A row of `statement` in words."""
    find, number, location, zone, by, cleared_by, product, follows = row
    return Find(
        id=find.id,
        count=number,
        location=location,
        zone=zone,
        code=find.code,
        quantity=find.quantity,
        by=by,
        at=find.at,
        outcome=FindEnd(find.outcome) if find.outcome else None,
        sku=product.sku if product else None,
        product=product.text if product else None,
        note=find.note,
        follows=follows,
        cleared_at=find.cleared_at,
        cleared_by=cleared_by,
    )


def one(number: int, *, by: Actor) -> Find:
    """Unknown goods by their number; raises FindUnknown."""
    row = session.execute(statement(by.site_id, waiting=None).where(CountFind.id == number)).first()
    if row is None:
        raise FindUnknown(number=number)
    return shown(row)


def of_count(count_id: int, site_id: int, *, most: int = 50) -> list[Find]:
    """What was found in one count, the first found first."""
    rows = statement(site_id, waiting=None, count_id=count_id).order_by(CountFind.id).limit(most)
    return [shown(row) for row in session.execute(rows)]


def after(site_id: int, *, after: int, waiting: bool | None, limit: int) -> list[Find]:
    """Those after this number, the first found first."""
    rows = statement(site_id, waiting=waiting).where(CountFind.id > after).order_by(CountFind.id).limit(limit)
    return [shown(row) for row in session.execute(rows)]


def waiting(by: Actor) -> int:
    """How many wait to be explained."""
    rows = sa.select(sa.func.count()).select_from(CountFind).join(CountPlace).join(CountPlan)
    return session.execute(rows.where(CountFind.cleared_at.is_(None), CountPlan.site_id == by.site_id)).scalar_one()


def explain(
    number: int,
    outcome: FindEnd,
    *,
    by: Actor,
    sku: str | None = None,
    lot: str | None = None,
    owner: str | None = None,
    note: str | None = None,
) -> CountFind:
    """What they are. A product is counted where they lie: a count of that product alone is opened there, and where nothing of it was known
    there the number that was found is its first voice, as if it came from paper; somebody else counts it again. Whatever else they are
    leaves with a word, and the book never had it.

    Raises FindUnknown, FindOver, FindProductMissing, FindSaysNothing, NotFound.
    """
    find = _locked(number, by=by)
    if outcome is not FindEnd.PRODUCT and not (note or "").strip():
        raise FindSaysNothing
    if outcome is FindEnd.PRODUCT:
        if not (sku or "").strip():
            raise FindProductMissing
        product = counts.product_of(sku or "")
        find.product_id = product.id
        find.count_id = _counted(find, product, lot=(lot or "").strip() or None, owner_id=_owner(owner), by=by).id
    find.outcome, find.note = outcome.value, (note or "").strip()[:LONGEST_NOTE] or None
    find.cleared_at, find.cleared_by_id = clock.now(), by.id
    session.flush()
    return find


def _locked(number: int, *, by: Actor) -> CountFind:
    session.execute(sa.select(CountFind.id).where(CountFind.id == number).with_for_update(key_share=True))
    known = one(number, by=by)
    if known.outcome is not None:
        raise FindOver(code=known.code, location=known.location, how=known.outcome.text)
    return session.get_one(CountFind, number, populate_existing=True)


def _owner(code: str | None) -> int | None:
    if code is None or not code.strip():
        return None
    found = session.execute(sa.select(Partner.id).where(Partner.code_key == fold(code))).scalar_one_or_none()
    if found is None:
        raise NotFound(what=T("partner", "往来单位"), code=code)
    return found


def _counted(find: CountFind, product: Product, *, lot: str | None, owner_id: int | None, by: Actor) -> CountPlan:
    """A count of the product where it lies."""
    place = session.get_one(CountPlace, find.place_id)
    why = T("{code} is {sku}", "{code} 即 {sku}").settled(code=find.code[:60], sku=product.sku)
    said = {"code": "find_explained", "sku": product.sku, "what": find.code[:60]}
    count = counts.open_plan([place.location_id], by=by, reason=why.both(), product_id=product.id, priority=6, reasons=[said])
    finder = _finder(find, by)
    known = sa.select(Stock.id).where(Stock.location_id == place.location_id, Stock.product_id == product.id, Stock.on_hand != 0)
    seen = sa.select(CountLine.id).where(CountLine.place_id == place.id, CountLine.product_id == product.id)
    tracked = product.tracking != Tracking.NONE and not (lot and product.tracking == Tracking.LOT)
    if finder is None or tracked or session.execute(known).first() or session.execute(seen).first():
        return count  # there is more of it, or more to be read off it: somebody looks at all of it
    counting.begin_place(count.id, place.location_id, by=finder, keyed_by=by, at=find.at)
    counting.enter(count.id, place.location_id, product.sku, find.quantity, by=finder, lot=lot, sort=Sort(owner_id=owner_id))
    counting.close_place(count.id, place.location_id, by=finder)
    _say_again(count, said)
    return count


def _say_again(count: CountPlan, said: dict[str, Any]) -> None:
    """Whoever counts it after the finder reads what it is about, too."""
    mine = (_T.c.document == count.number, _T.c.site_id == count.site_id, _T.c.kind == TaskKind.COUNT.value, _T.c.status == "open")
    session.execute(sa.update(_T).where(*mine).values(reasons=[said]))


def _finder(find: CountFind, by: Actor) -> Actor | None:
    """Who found them, as the one whose number it is; nobody where they are gone, or explain it themselves: they may not count it alone."""
    person = session.get_one(Person, find.by_id)
    if not person.active or person.id == by.id:
        return None
    return Actor(person.id, person.code, person.name, frozenset(Role(role) for role in person.roles), by.site_id, by.language)
