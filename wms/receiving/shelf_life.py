"""How much life goods must have left when they come in."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from wms import clock
from wms.catalog.models import Product, TooOldRule, Tracking
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.stock.models import Batch


class Expired(Refused):
    """The goods are past their date."""

    code = "expired"
    sentence = T("Lot {lot} of {sku} expired on {expires_on}", "{sku} 批号 {lot} 已于 {expires_on} 过期")
    advice = T("Refuse these goods and tell purchasing", "请拒收并通知采购")


class TooOld(Refused):
    """They will not keep long enough to be sold."""

    code = "too_old"
    sentence = T(
        "Lot {lot} of {sku} keeps until {expires_on}: {left} days, at least {least} are asked for",
        "{sku} 批号 {lot} 到期日 {expires_on}：剩余 {left} 天，要求至少 {least} 天",
    )
    advice = T("Refuse these goods and tell purchasing", "请拒收并通知采购")


def examine(product: Product, lot: str, expires_on: dt.date) -> bool:
    """Whether goods of this date are too old to be sold but are held all the same, for somebody to decide. Raises Expired, TooOld."""
    if expires_on < clock.today():
        raise Expired(lot=lot, sku=product.sku, expires_on=expires_on)
    left = (expires_on - clock.today()).days
    if product.min_receipt_days is None or left >= product.min_receipt_days:
        return False
    if product.too_old == TooOldRule.HOLD:
        return True
    raise TooOld(lot=lot, sku=product.sku, expires_on=expires_on, left=left, least=product.min_receipt_days)


def examine_batch(product: Product, batch_id: int) -> bool:
    """The same, for the batch that goods belong to: what is known of its lot counts, whatever was typed."""
    if product.tracking != Tracking.EXPIRY:
        return False
    batch = session.execute(sa.select(Batch.lot, Batch.expires_on).where(Batch.id == batch_id)).one()
    return batch.expires_on is not None and examine(product, batch.lot, batch.expires_on)
