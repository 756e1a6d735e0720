"""Of what counting keeps pictures: goods that were found and that nobody knows."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.db import session
from wms.errors import NotFound
from wms.i18n import T
from wms.photos import photos
from wms.photos.photos import Subject
from wms.stocktake.models import CountFind, CountPlace, CountPlan


def _find(number: str, by: Actor) -> tuple[int, str]:
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
    rows = sa.select(CountFind.id).join(CountPlace).join(CountPlan).where(CountFind.id == wanted, CountPlan.site_id == by.site_id)
    if session.execute(rows).first() is None:
        raise NotFound(what=T("find", "不明货物"), code=number)
    return wanted, number


def _page(number: str) -> str:
    return f"/counting/finds/{number}"


FIND = Subject(
    "find",
    T("Unknown goods", "不明货物"),
    _find,
    see=Permission.COUNT,
    add=(Permission.COUNT, Permission.APPROVE_COUNT),
    href=_page,
    open_ids=lambda: sa.select(CountFind.id).where(CountFind.cleared_at.is_(None)),
)
photos.register(FIND)
