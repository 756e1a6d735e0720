"""ABC classes of a site's products, computed from what was picked; counting goes by those that were accepted.

A product's class in the master data holds where nothing was accepted: another system may keep classes of its own, and they are not written
over. See docs/decisions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product
from wms.catalog.worth import worth
from wms.db import among, few, session, table_of, upsert
from wms.i18n import Text
from wms.stock.models import Movement, MovementKind, Stock
from wms.stocktake import pareto, rules
from wms.stocktake.pareto import Placed
from wms.stocktake.plan_models import CountRules, ProductClass, Turnover

_M, _P, _S, _PC = (table_of(one) for one in (Movement, Product, Stock, ProductClass))


def class_column(site_id: int) -> sa.ColumnElement[str | None]:
    """The class of a product at a site, for a query that has Product: the accepted one, else the master data's."""
    mine = sa.select(_PC.c.accepted).where(_PC.c.site_id == site_id, _PC.c.product_id == _P.c.id).correlate(_P)
    return sa.func.coalesce(mine.scalar_subquery(), sa.func.upper(_P.c.abc))


def class_of(site_id: int, product_id: int) -> str | None:
    """The class of one product at a site."""
    return session.execute(sa.select(class_column(site_id)).select_from(_P).where(_P.c.id == product_id)).scalar_one_or_none()


# -- computing ---------------------------------------------------------------------------------------------------------


def placed(site_id: int) -> dict[int, Placed]:
    """Where each product of the site would stand now: those that lie here, and those that were picked in the time that is looked at."""
    said = rules.of_site(site_id)
    turnover = dict.fromkeys(
        session.execute(sa.select(_S.c.product_id).where(_S.c.site_id == site_id, _S.c.on_hand != 0).distinct()).scalars(), 0
    )
    turnover |= _turnover(site_id, said)
    held = dict(session.execute(sa.select(_P.c.id, class_column(site_id)).where(among(_P.c.id, sorted(turnover)))).tuples().all())
    return pareto.classify(turnover, rules.limits(said), {key: letter for key, letter in held.items() if letter})


def _turnover(site_id: int, said: CountRules) -> dict[int, int]:
    """How often each product was picked, or what of it was worth; what was undone does not count."""
    undone = _M.alias("undone")
    since = clock.now() - dt.timedelta(days=said.abc_days)
    rows = session.execute(
        sa.select(_M.c.product_id, sa.func.count().label("picks"), sa.func.sum(_M.c.quantity).label("pieces"))
        .where(_M.c.site_id == site_id, _M.c.kind == MovementKind.PICK.value, _M.c.at >= since)
        .where(~sa.exists().where(undone.c.reverses_id == _M.c.id))
        .group_by(_M.c.product_id)
    ).all()
    if said.abc_by == Turnover.PICKS:
        return {row.product_id: row.picks for row in rows}
    values = {
        row.id: row
        for row in session.execute(
            sa.select(_P.c.id, _P.c.unit_value, _P.c.decimals).where(among(_P.c.id, [one.product_id for one in rows]))
        )
    }
    return {row.product_id: worth(int(row.pieces), values[row.product_id].unit_value, values[row.product_id].decimals) for row in rows}


def keep(site_id: int, found: Mapping[int, Placed]) -> int:
    """Writes down where products stand; where the site says so their classes are taken over at once. How many would change, or did."""
    moment = clock.now()
    rows = [
        {
            "site_id": site_id,
            "product_id": key,
            "proposed": one.letter,
            "turnover": one.turnover,
            "before": one.before,
            "computed_at": moment,
        }
        for key, one in sorted(found.items())
    ]
    for some in few(rows):
        statement = upsert(_PC).values(some)
        new = {name: statement.excluded[name] for name in ("proposed", "turnover", "before", "computed_at")}
        session.execute(statement.on_conflict_do_update(index_elements=["site_id", "product_id"], set_=new))
    session.execute(sa.delete(_PC).where(_PC.c.site_id == site_id, _PC.c.computed_at < moment, _PC.c.accepted.is_(None)))
    said = session.get(CountRules, site_id)
    if said is None:
        said = CountRules(site_id=site_id)
        session.add(said)
        session.flush()  # what holds at first is filled in
    said.abc_computed_at = moment
    return _take_over(site_id) if said.abc_automatic else differing(site_id)


def compute(site_id: int) -> int:
    """Both, for a button: how many would change, or did."""
    return keep(site_id, placed(site_id))


def accept(skus: Sequence[str] | None = None, *, by: Actor) -> int:
    """The proposed classes hold from now on, of these products or of all; how many changed."""
    only = [] if skus is None else [_PC.c.product_id.in_(sa.select(_P.c.id).where(_P.c.sku.in_(list(skus))))]
    return _take_over(by.site_id, *only, by_id=by.id)


def _take_over(site_id: int, *only: sa.ColumnElement[bool], by_id: int | None = None) -> int:
    done = session.execute(
        sa.update(_PC)
        .where(_PC.c.site_id == site_id, _PC.c.accepted.is_distinct_from(_PC.c.proposed), *only)
        .values(accepted=_PC.c.proposed, accepted_at=clock.now(), accepted_by_id=by_id)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


# -- reading -----------------------------------------------------------------------------------------------------------


def differing(site_id: int) -> int:
    """How many products would change their class."""
    return session.execute(
        sa.select(sa.func.count()).select_from(_PC.join(_P, _P.c.id == _PC.c.product_id)).where(_PC.c.site_id == site_id, _changes(site_id))
    ).scalar_one()


def _changes(site_id: int) -> sa.ColumnElement[bool]:
    return class_column(site_id).is_distinct_from(_PC.c.proposed)


@dataclass(frozen=True, slots=True)
class Row:
    """A product in the list of classes."""

    sku: str
    name: Text
    held: str | None
    proposed: str
    turnover: int
    before: float
    """What those above it make up of the whole, in percent."""

    @property
    def changes(self) -> bool:
        """Whether accepting would change it."""
        return self.held != self.proposed


def listed(site_id: int, *, changed: bool = False, letter: str | None = None) -> sa.Select[Any]:
    """Products with their classes, those that turn over most first; rows are made readable by `shown`."""
    statement = sa.select(Product, class_column(site_id).label("held"), ProductClass).join(
        ProductClass, ProductClass.product_id == Product.id
    )
    statement = statement.where(ProductClass.site_id == site_id).options(sa.orm.lazyload("*"))
    if changed:
        statement = statement.where(_changes(site_id))
    return statement.where(_PC.c.proposed == letter) if letter else statement


def shown(row: Any) -> Row:
    """One of them."""
    product, held, one = row
    return Row(product.sku, product.text, held, one.proposed, one.turnover, one.before / 100)


def shares(site_id: int) -> list[tuple[str, int, int]]:
    """(class, products, turnover) as proposed."""
    rows = session.execute(
        sa.select(_PC.c.proposed, sa.func.count(), sa.func.sum(_PC.c.turnover)).where(_PC.c.site_id == site_id).group_by(_PC.c.proposed)
    ).all()
    return sorted((letter, many, int(turned or 0)) for letter, many, turned in rows)
