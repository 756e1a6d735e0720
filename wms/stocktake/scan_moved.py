"""The counter is asked about what moved while they counted: nothing is guessed, and nothing of the book is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.catalog.models import Product
from wms.catalog.units import in_unit
from wms.db import session
from wms.i18n import T, Text
from wms.scan.flow import Fact, Notes
from wms.stocktake.doubts import Moving
from wms.tasks.models import TaskKind

YES, NO, AGAIN = "YES", "NO", "AGAIN"
_DOES = {
    TaskKind.PICK.value: T("picks it here now", "正在此处拣货"),
    TaskKind.REPLENISH.value: T("replenishes with it now", "正在补货"),
    TaskKind.PUTAWAY.value: T("puts it away now", "正在上架"),
    TaskKind.PUT_BACK.value: T("puts it back now", "正在回库"),
}


def noted(moving: Sequence[Moving]) -> list[dict[str, Any]]:
    """What is to be asked, as notes of the flow; only of booked goods is told how many moved."""
    return [
        {
            "keys": one.keys,
            "gone": one.quantity < 0 or (one.quantity == 0 and one.at is None),
            "person": one.person,
            "kind": one.kind,
            "product": one.product_id,
            "many": abs(one.quantity) if one.at is not None else None,
            "at": one.at.isoformat() if one.at is not None else None,
        }
        for one in moving
    ]


def question(notes: Notes) -> Text:
    """Did it happen before they looked?"""
    if _asked(notes)["gone"]:
        return T("Gone when you counted?", "您盘点时已取走？")
    return T("There when you counted?", "您盘点时已放入？")


def reasons(notes: Notes) -> dict[str, Text]:
    """The answers."""
    gone = _asked(notes)["gone"]
    return {
        YES: T("Yes, gone already", "是，已取走") if gone else T("Yes, I counted it too", "是，已计入"),
        NO: T("No, I counted it too", "否，我已计入") if gone else T("No, it came later", "否，之后才放入"),
        AGAIN: T("Not sure: count once more", "不确定，重新清点"),
    }


def facts(notes: Notes) -> list[Fact]:
    """Who moved what, and when."""
    one = _asked(notes)
    product = session.execute(sa.select(Product).where(Product.id == one["product"])).scalar_one()
    said = [Fact(T("Location", "库位"), notes["location"]), Fact(T("Product", "商品"), product.text, detail=product.sku)]
    if one["many"] is None:
        return [*said, Fact(T("In work", "作业中"), one["person"], detail=_DOES.get(one["kind"]))]
    label = T("Taken away", "取走") if one["gone"] else T("Brought", "放入")
    at = f"{clock.local(dt.datetime.fromisoformat(one['at'])):%H:%M}"
    many = Fact(label, one["many"], detail=in_unit(one["many"], product.base_unit), strong=True)
    return [*said, many, Fact(T("By", "操作人"), one["person"], detail=at)]


def _asked(notes: Notes) -> dict[str, Any]:
    return notes["moved"][0]  # type: ignore[no-any-return]
