"""What a supervisor of processes asks: is it alive, is it ready, how much does it do. These three answer without sign-in.

Whoever leads is told on the home board while background jobs do not run: screens look well meanwhile, and nothing goes out.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from wms.actor import Actor, Permission, Role
from wms.db import session
from wms.i18n import T
from wms.jobs import runner
from wms.web import metrics
from wms.web.access import PUBLIC, allow
from wms.web.home import Board, Panel, Row

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@allow(PUBLIC)
def alive() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@allow(PUBLIC)
def ready() -> ResponseReturnValue:
    """The database answers and has this version's tables; tells whether background jobs run, and is ready without them."""
    try:
        session.execute(sa.text("SELECT 1 FROM sites"))
        jobs = runner.are_running()
    except SQLAlchemyError:
        session.rollback()
        return {"status": "not ready", "database": False, "jobs": False}, 503
    return {"status": "ready", "database": True, "jobs": jobs}


@blueprint.get("/metrics")
@allow(PUBLIC)
def figures() -> ResponseReturnValue:
    """Prometheus."""
    text, kind = metrics.exposed()
    return Response(text, content_type=kind)


def _board(_by: Actor) -> Board:
    if runner.are_running():
        return Board()
    why = T(
        "No paper of what leaves is kept, no message sent, no count programme opened, until somebody starts “wms jobs”.",
        "在启动 wms jobs 之前，出门单据不会存档，推送不会发出，盘点方案不会启动。",
    )
    status = T("Not running", "未运行")
    return Board(rows=[Row("wms jobs", url_for("health.ready"), why=why, tone="stop", status=status, status_tone="stop")])


panels = [Panel("background-jobs", T("Background jobs", "后台任务"), Permission.IN_HOUSE, _board, roles=(Role.ADMIN,), only_trouble=True)]
