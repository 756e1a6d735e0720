"""Finding the batch that goods belong to, or opening it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from wms import clock
from wms.catalog.models import Product, Tracking
from wms.db import compiled_once, fold, is_postgresql, session, table_of
from wms.errors import Invalid, Refused
from wms.i18n import T
from wms.stock.models import Batch


class LotMissing(Invalid):
    """The product is tracked by lot and none was given."""

    code = "lot_missing"
    sentence = T("{sku} is tracked by lot; no lot was given", "{sku} 按批号管理，缺少批号")
    advice = T("Scan or enter the lot on the label", "请扫描或输入标签上的批号")


class ExpiryMissing(Invalid):
    """The product is tracked by expiry and no date was given."""

    code = "expiry_missing"
    sentence = T("{sku} is tracked by expiry date; none was given", "{sku} 按效期管理，缺少到期日")
    advice = T("Enter the date on the label, as 2027-03-31", "请输入标签上的日期，如 2027-03-31")


class LotExpiryDiffers(Refused):
    """One lot has one expiry date."""

    code = "lot_expiry_differs"
    sentence = T("Lot {lot} of {sku} expires on {known}, not on {given}", "{sku} 批号 {lot} 的到期日为 {known}，不是 {given}")
    advice = T("Check the label; ask your supervisor if it is right", "请核对标签；如标签无误请找主管")


def open_batch(
    product: Product,
    *,
    lot: str | None,
    received_on: dt.date | None = None,
    expires_on: dt.date | None = None,
    produced_on: dt.date | None = None,
    owner_id: int | None = None,
    supplier_id: int | None = None,
    certificate: str | None = None,
) -> int:
    """The id of the batch with these facts; opened when it is new.

    A product that is not tracked by lot gets the day as its lot, so everything received on one day is one FIFO layer.
    Raises LotMissing, ExpiryMissing, LotExpiryDiffers.
    """
    day = received_on or clock.today()
    lot = (lot or "").strip()
    if not lot and product.tracking != Tracking.NONE:
        raise LotMissing(sku=product.sku)
    lot = lot or day.strftime("%Y%m%d")
    known = _known_expiry(product.id, lot)
    if expires_on is None and known is None and product.tracking == Tracking.EXPIRY:
        raise ExpiryMissing(sku=product.sku)
    if expires_on is not None and known is not None and known != expires_on:
        raise LotExpiryDiffers(lot=lot, sku=product.sku, known=known, given=expires_on)
    expires_on = expires_on or known
    values = {
        "of_product": product.id,
        "of_owner": owner_id,
        "of_lot": lot,
        "of_lot_key": fold(lot),
        "of_day": day,
        "until": expires_on,
        "made": produced_on,
        "from_supplier": supplier_id,
        "under_certificate": certificate,
        "moment": clock.now(),
    }
    found: int = session.execute(_OPEN[owner_id is not None, is_postgresql()], values).scalar_one()
    return found


_B = table_of(Batch)


def _opening(owned: bool, dialect: Any) -> sa.TextClause:
    """Writes a batch, or returns the row that is there; a date learned only now is not lost."""

    def given(name: str, column: str) -> sa.BindParameter[Any]:
        return sa.bindparam(name, type_=_B.c[column].type)

    statement = dialect.insert(_B).values(
        product_id=given("of_product", "product_id"),
        owner_id=given("of_owner", "owner_id"),
        lot=given("of_lot", "lot"),
        lot_key=given("of_lot_key", "lot_key"),
        received_on=given("of_day", "received_on"),
        expires_on=given("until", "expires_on"),
        produced_on=given("made", "produced_on"),
        supplier_id=given("from_supplier", "supplier_id"),
        certificate=given("under_certificate", "certificate"),
        created_at=given("moment", "created_at"),
    )
    statement = statement.on_conflict_do_update(
        index_elements=["product_id", "lot_key", "received_on", *(["owner_id"] if owned else [])],
        index_where=_B.c.owner_id.is_not(None) if owned else _B.c.owner_id.is_(None),
        set_={name: sa.func.coalesce(_B.c[name], statement.excluded[name]) for name in ("expires_on", "produced_on")},
    )
    return compiled_once(statement.returning(_B.c.id), dialect)


_OPEN = {(owned, dialect is postgresql): _opening(owned, dialect) for owned in (False, True) for dialect in (sqlite, postgresql)}


def _known_expiry(product_id: int, lot: str) -> dt.date | None:
    return session.execute(
        sa.select(Batch.expires_on)
        .where(Batch.product_id == product_id, Batch.lot_key == fold(lot), Batch.expires_on.is_not(None))
        .limit(1)
    ).scalar_one_or_none()
