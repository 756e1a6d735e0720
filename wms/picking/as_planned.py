"""Whether a list is still walked as it was planned: one reading for its page, the index of lists, the waves and the API.

What was planned for a list (metres, minutes, how other walks compare) is shown and added up only while the list is as it was planned. Once
it lost a line, or is walked anew, what is left of it is reckoned instead (`wms.picking.walks`).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.picking.models import PickList
from wms.stock.models import Claim, Reservation


def changed() -> sa.ColumnElement[bool]:
    """Whether something was taken off a list since it was planned, other goods are picked for it, or goods of it were brought elsewhere."""
    given_up = sa.exists().where(Reservation.task_id == PickList.task_id, Reservation.status == Claim.VOIDED.value)
    return sa.or_(PickList.walked_anew_at.is_not(None), given_up.correlate(PickList))


def planned(column: Any) -> sa.ColumnElement[Any]:
    """A figure of the plan; nothing where the list is not walked so any more."""
    return sa.case((~changed(), column))
