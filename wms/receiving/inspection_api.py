"""Inspections over the API: what waits for a result, and the result."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal, get_args

from flask import current_app
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.receiving import inspection, inspection_queries
from wms.receiving.inspection import DEFECTS, Verdict
from wms.receiving.models import InspectionStatus
from wms.web.api import Answer, Api, Body, Code, Count, Items, Paging, Quantity, Why, Words, page

api = Api("inspections")

Defect = Literal["broken", "dirty", "mould", "size", "looks", "function", "label", "other"]
assert set(DEFECTS) == set(get_args(Defect)), "the API knows every kind of defect"


class InspectionsQuery(Paging):
    """Which inspections."""

    status: InspectionStatus | None = None
    sku: Code | None = None
    inbound_order: Code | None = None


class DefectIn(Body):
    """So many pieces of the sample were found defective, and how."""

    reason: Defect
    """What is wrong: one of the house's words, such as `dirty`."""
    quantity: Quantity
    """Pieces with this defect."""


class ResultIn(Body):
    """What was found, and what is decided about the goods or a part of them."""

    accepted: Count = 0
    """Pieces found good in this part."""
    conceded: Count = 0
    """Accepted although they are not as they should be; for supervisors, with a `concession`."""
    rejected: Count = 0
    """Pieces found unfit in this part."""
    defects: Annotated[list[DefectIn], Field(max_length=len(DEFECTS))] = Field(default_factory=list)
    sorted_out: bool = False
    """Every piece was looked at, not the sample alone: good ones are accepted although the sample failed."""
    certificate: Code | None = None
    concession: Why | None = None
    """Why it is accepted all the same."""
    note: Words | None = Field(default=None, max_length=500)


class DefectOut(Answer):
    """So many pieces were found defective in one way."""

    reason: str
    """What is wrong: one of the house's words, such as `dirty`."""
    quantity: int
    """Pieces with this defect."""


class InspectionOut(Answer):
    """An inspection of goods of one receipt: a batch, for a line, on a plate."""

    number: str
    status: InspectionStatus
    inbound_order: str | None
    line: str | None
    supplier: str | None
    sku: str
    lot: str | None
    expires_on: dt.date | None
    handling_unit: str | None
    location: str | None
    quantity: int
    sample_size: int
    """How many pieces to look at."""
    fails_from: int
    """So many defective ones in the sample, and it has failed."""
    open: int
    """Pieces nobody has decided about."""
    accepted: int
    conceded: int
    """Pieces taken although they are not as they should be."""
    rejected: int
    defects: list[DefectOut]
    needs_certificate: bool
    """Whether a certificate has to be shown."""
    certificate: str | None
    concession: str | None
    """Why they were taken all the same; null: none were."""
    allowed_by: str | None
    """Name of whoever allowed that; null: nobody had to."""
    reasons: list[str]
    """Why it is inspected."""
    note: str | None
    opened_at: dt.datetime
    """When it began to wait, UTC."""
    ended_at: dt.datetime | None
    ended_by: str | None


class ResultOut(Answer):
    """The inspection as it stands, and what came of the result."""

    inspection: InspectionOut
    """As it is now."""
    difference: str | None
    """On the work list: what becomes of what was rejected."""
    units: list[str]
    """New plates, which want a label."""


@api.get("/inspections", Permission.SEE_STOCK, query=InspectionsQuery, answer=Items[InspectionOut])
def get_inspections(query: InspectionsQuery) -> Items[InspectionOut]:
    """Inspections, in the order they were opened."""
    found = inspection_queries.inspections_after(
        by=actor(), after=query.after, limit=query.limit + 1, status=query.status, sku=query.sku, inbound_order=query.inbound_order
    )
    return page(found, query, by_id=lambda view: view.id, show=_out)


@api.get("/inspections/<path:number>", Permission.SEE_STOCK, answer=InspectionOut)
def get_inspection(number: str) -> InspectionOut:
    """One inspection."""
    who = actor()
    return _out(inspection_queries.view_of(inspection.find(number, by=who), by=who))


@api.post("/inspections/<path:number>/result", Permission.INSPECT, body=ResultIn, answer=ResultOut)
def post_inspection_result(number: str, body: ResultIn) -> ResultOut:
    """Decides about inspected goods, whole or in part: accepted ones may be promised at once, rejected ones go to the defect area."""
    who, defects = actor(), dict[str, int]()
    for one in body.defects:
        defects[one.reason] = defects.get(one.reason, 0) + one.quantity
    verdict = Verdict(**body.model_dump(exclude={"defects"}), defects=defects)
    prefix = current_app.config["WMS"].gs1_company_prefix
    found = inspection.result(number, verdict, by=who, key=uuid.uuid4().hex, company_prefix=prefix)
    return ResultOut(
        inspection=_out(inspection_queries.view_of(found.inspection, by=who)),
        difference=found.difference.number if found.difference else None,
        units=[unit.code for unit in found.units],
    )


def _out(view: inspection_queries.InspectionView) -> InspectionOut:
    language = actor().language
    facts = {name: getattr(view, name) for name in InspectionOut.model_fields if name not in ("reasons", "defects")}
    defects = [DefectOut(reason=one.reason, quantity=one.quantity) for one in view.defects]
    return InspectionOut(**facts, defects=defects, reasons=[reason[language] for reason in view.why])
