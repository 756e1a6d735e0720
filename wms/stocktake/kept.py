"""The reports of a count are kept as soon as it has ended: before anybody renames a product or a place."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
import structlog

from wms import clock
from wms.actor import Actor, Role
from wms.db import session
from wms.errors import WarehouseError
from wms.printing import keeping
from wms.printing.keeping import Standing
from wms.printing.models import KeptPaper
from wms.stocktake.documents import adjustment_note, difference_report
from wms.stocktake.models import CountPlan

REPORTS = {"adjustment-note": adjustment_note, "difference-report": difference_report}
_LAST = "difference-report"  # made last of a count's papers: where it is kept, both are
LOOKS_BACK = dt.timedelta(days=30)
AT_ONCE = 5
log = structlog.get_logger("wms.stocktake")


def not_kept() -> list[tuple[Standing, Actor]]:
    """The papers of counts that ended lately and whose report is not kept, the last ended first. What is too long for paper has none."""
    mine = (KeptPaper.site_id == CountPlan.site_id, KeptPaper.kind == _LAST, KeptPaper.number_key == sa.func.lower(CountPlan.number))
    kept = sa.exists().where(*mine, KeptPaper.since == CountPlan.ended_at)
    lately = CountPlan.ended_at > clock.now() - LOOKS_BACK
    wanted = sa.select(CountPlan.number, CountPlan.site_id).where(lately, ~kept).order_by(CountPlan.ended_at.desc()).limit(AT_ONCE)
    found: list[tuple[Standing, Actor]] = []
    for number, site_id in session.execute(wanted).all():
        by = Actor(0, "", "", frozenset({Role.ADMIN}), site_id)
        for kind, make in REPORTS.items():
            try:
                found.append((keeping.standing_of(kind, [make(number, by)], by=by), by))
            except WarehouseError as refusal:
                log.warning("report_not_kept", count=number, kind=kind, why=refusal.say("en"))
    return [one for one in found if one[0].since is not None]
