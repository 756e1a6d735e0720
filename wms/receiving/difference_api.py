"""The work list of differences over the API: what came otherwise than announced, and how it was settled."""

from __future__ import annotations

import uuid

from flask import current_app

from wms.actor import Permission, Role
from wms.auth.current import actor
from wms.orders import difference_queries
from wms.orders.bodies import DifferenceOut
from wms.orders.differences import DifferenceUnknown
from wms.orders.models import DifferenceKind, DifferenceStatus, Outcome
from wms.receiving import settling
from wms.receiving.screens import scrap_alone
from wms.web.api import Answer, Api, Body, Items, Paging, Words, page

api = Api("differences")


class DifferencesQuery(Paging):
    """Which differences."""

    status: DifferenceStatus | None = None
    owner: Role | None = None
    kind: DifferenceKind | None = None


class SettleIn(Body):
    """How a difference ends."""

    outcome: Outcome
    """One of the difference's `outcomes`."""
    text: Words | None = None
    """What was agreed."""


class SettledOut(Answer):
    """The difference as it ended, and the transfer note on which its goods left, if they did."""

    difference: DifferenceOut
    """As it is now."""
    transfer_note: str | None
    """Number of the note; null: no goods left."""
    units: list[str]
    """New plates, which want a label."""
    inspections: list[str]
    """Inspections that accepted goods wait for before they may be promised."""


@api.get("/differences", Permission.SEE_STOCK, query=DifferencesQuery, answer=Items[DifferenceOut])
def get_differences(query: DifferencesQuery) -> Items[DifferenceOut]:
    """Differences, in the order they were noted."""
    found = difference_queries.after(
        by=actor(), after=query.after, limit=query.limit + 1, status=query.status, owner=query.owner, kind=query.kind
    )
    return page(found, query, by_id=lambda view: view.id, show=_out)


@api.get("/differences/<path:number>", Permission.SEE_STOCK, answer=DifferenceOut)
def get_difference(number: str) -> DifferenceOut:
    """One difference."""
    return _one(number)


@api.post("/differences/<path:number>/settle", Permission.DECIDE, body=SettleIn, answer=SettledOut)
def settle_difference(number: str, body: SettleIn) -> SettledOut:
    """Ends a difference, together with the goods that came in with it: accepted goods may be promised (or are
    inspected, where they must be), others leave or are set aside."""
    difference, decided = settling.settle(
        number,
        body.outcome,
        by=actor(),
        key=uuid.uuid4().hex,
        company_prefix=current_app.config["WMS"].gs1_company_prefix,
        text=body.text,
        scrap_alone=scrap_alone(),
    )
    gone = body.outcome in (Outcome.SENT_BACK, Outcome.SCRAPPED)
    return SettledOut(
        difference=_one(difference.number),
        transfer_note=decided.document if decided is not None and gone else None,
        units=[unit.code for unit in decided.units] if decided is not None else [],
        inspections=decided.inspections if decided is not None else [],
    )


def _one(number: str) -> DifferenceOut:
    view = difference_queries.find(number, by=actor())
    if view is None:
        raise DifferenceUnknown(number=number)
    return _out(view)


def _out(view: difference_queries.DifferenceView) -> DifferenceOut:
    return DifferenceOut.model_validate(view, from_attributes=True)
