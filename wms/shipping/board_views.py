"""The loading board at the desk: every truck that has not left, fresh every quarter of a minute."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.i18n import T
from wms.shipping import board
from wms.shipping.models import LoadStatus
from wms.shipping.views import TONES
from wms.web.access import allow
from wms.web.navigation import SHIPPING, Entry
from wms.web.render import render

blueprint = Blueprint("loading_board", __name__)
navigation = [Entry(SHIPPING, T("Loading board", "装车看板"), "loading_board.index", Permission.LOAD)]


@blueprint.get("/loads/board")
@allow(Permission.LOAD)
def index() -> ResponseReturnValue:
    """How loading goes: truck, door, on board, pace, when it will be done; late ones in red and first."""
    rows = board.board(actor())
    return render(
        "shipping/board",
        rows=rows,
        now=clock.now(),
        loading=sum(one.row.status is LoadStatus.LOADING for one in rows),
        closed=sum(one.row.status is LoadStatus.CLOSED for one in rows),
        late=sum(one.lateness is not None for one in rows),
        units=sum(one.row.units - one.row.loaded for one in rows),
        left=board.left_today(actor()),
        tones=TONES,
    )
