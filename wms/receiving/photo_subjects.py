"""Of what the inbound side keeps pictures: differences, returns and inspections."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.db import session
from wms.i18n import T
from wms.orders.differences import DifferenceUnknown
from wms.orders.models import Difference, DifferenceStatus
from wms.photos import photos
from wms.photos.photos import Subject
from wms.receiving import inspection, returns
from wms.receiving.models import Inspection, InspectionStatus, Return, ReturnStatus

P = Permission


def _difference(number: str, by: Actor) -> tuple[int, str]:
    row = session.execute(
        sa.select(Difference.id, Difference.number).where(Difference.site_id == by.site_id, Difference.number == number.strip().upper())
    ).one_or_none()
    if row is None:
        raise DifferenceUnknown(number=number)
    return row.id, row.number


def _return(number: str, by: Actor) -> tuple[int, str]:
    found = returns.find(number, by=by)
    return found.id, found.number


def _inspection(number: str, by: Actor) -> tuple[int, str]:
    found = inspection.find(number, by=by)
    return found.id, found.number


def _open(model: Any, status: str) -> sa.Select[Any]:
    return sa.select(model.id).where(model.status == status)


DIFFERENCE = Subject(
    "difference",
    T("Difference", "收货差异"),
    _difference,
    see=P.SEE_STOCK,
    add=(P.RECEIVE, P.RETURN_GOODS, P.DECIDE),
    href=lambda number: f"/receiving/differences/{quote(number)}",
    open_ids=lambda: _open(Difference, DifferenceStatus.OPEN.value),
)
RETURN = Subject(
    "return",
    T("Return", "退货"),
    _return,
    see=P.SEE_STOCK,
    add=(P.RETURN_GOODS, P.DECIDE),
    href=lambda number: f"/returns/{quote(number)}",
    open_ids=lambda: sa.select(Return.id).where(Return.status != ReturnStatus.CLOSED.value),
)
INSPECTION = Subject(
    "inspection",
    T("Inspection", "检验"),
    _inspection,
    see=P.SEE_STOCK,
    add=(P.RECEIVE, P.DECIDE),
    href=lambda number: f"/photos/inspection/{quote(number)}",
    open_ids=lambda: _open(Inspection, InspectionStatus.OPEN.value),
)
for _subject in (DIFFERENCE, RETURN, INSPECTION):
    photos.register(_subject)
