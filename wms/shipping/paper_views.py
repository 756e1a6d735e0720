"""Many papers at once, to look at or to print."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import again, few, session, transaction
from wms.i18n import Text
from wms.printing import keeping, queue
from wms.printing.keeping import Standing
from wms.printing.kinds import KindUnknown
from wms.printing.views import file_of
from wms.shipping import many_papers
from wms.shipping.views import STATES
from wms.web.access import allow
from wms.web.lists import arg

blueprint = Blueprint("shipment_papers", __name__)
AT_ONCE = 25
"""So many prints are counted in one transaction: the floor's own writes come in between."""


def _chosen(kind: str) -> list[Standing]:
    if kind not in many_papers.KINDS:
        raise KindUnknown(kind=kind[:40])
    state = arg("state") if arg("state") in {name for name, _ in STATES} else None
    return many_papers.chosen(kind, by=actor(), load=arg("load"), q=arg("q"), state=state)


@blueprint.get("/shipments/papers/<kind>.pdf")
@allow(Permission.SEE_ORDERS)
def look(kind: str) -> ResponseReturnValue:
    """The papers of a load (`load`), or of the shipments that the list shows (`q`, `state`), as one PDF to look at."""
    by, papers = actor(), _chosen(kind)
    session.rollback()  # what follows is slow, and needs the database no more
    return _file(kind, [(one, keeping.band_of_view(one, by=by)) for one in papers])


@blueprint.post("/shipments/papers/<kind>.pdf")
@allow(Permission.SEE_ORDERS)
def print_them(kind: str) -> ResponseReturnValue:
    """Prints them: each is counted, and marked with which copy it is. Where one was printed before, a `reason` is asked."""
    by, papers = actor(), _chosen(kind)
    reason = (request.args.get("reason") or request.form.get("reason") or "").strip()
    waiting = queue.undrawn(kind, [one.number for one in papers], by=by)
    for one in papers:
        keeping.must_say_why(one.prints + waiting.get(one.number, 0), one.number, reason)
    made: list[tuple[Standing, Text | None]] = []
    for some in few(papers, AT_ONCE):

        def counted(some: Sequence[Standing] = some) -> list[tuple[Standing, Text | None]]:
            with transaction():
                prints = [(one, keeping.count(one, by=by, reason=reason)) for one in some]
                return [(one, keeping.band_of_print(done.copy, done.at, by.name, done.reason)) for one, done in prints]

        made += again(counted)
    return _file(kind, made)


def _file(kind: str, papers: list[tuple[Standing, Text | None]]) -> ResponseReturnValue:
    return file_of(keeping.drawn(papers, by=actor()), "application/pdf", f"{kind}s-{len(papers)}.pdf")
