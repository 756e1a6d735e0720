"""What a supervisor of processes asks: is it alive, is it ready, how much does it do. These three answer without sign-in."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from wms.db import session
from wms.jobs import runner
from wms.web import metrics
from wms.web.access import PUBLIC, allow

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
