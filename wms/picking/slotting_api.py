"""Slotting advice as JSON: which products should change their pick faces, and accepting that."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from flask import current_app
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.picking import slotting
from wms.web.api import Answer, Api, Body, Code

api = Api("slotting")


class SlottingQuery(Body):
    """What is looked at."""

    weeks: Annotated[int, Field(ge=1, le=slotting.MOST_WEEKS)] = slotting.WEEKS
    """The walks of so many weeks are learned from."""
    seconds: Annotated[int | None, Field(ge=0, le=slotting.LONGEST)] = None
    """So long it is searched; left out: the house's setting."""
    products: Annotated[int, Field(ge=1, le=200)] = slotting.MOST_CARRIED
    """So many products are carried at most."""


class CarriedOut(Answer):
    """A product that is carried from face to face."""

    sku: str
    source: str
    target: str
    visits: int
    """How often it was fetched in these weeks."""


class StepOut(Answer):
    """Two products exchange their faces, or one goes to a free face."""

    carries: list[CarriedOut]
    """What is carried."""
    metres_saved: float
    """In a week, once the steps before it are made."""


class AdviceOut(Answer):
    """What to move first, and what would be saved in a week."""

    since: dt.datetime
    """From when on picks were looked at, UTC."""
    walks: int
    """How many walks that were."""
    faces: int
    """How many pick faces there are."""
    products: int
    """How many products stand in them."""
    steps: list[StepOut]
    """What to carry, the greatest saving first."""
    metres: int
    """Walked in a week, roughly."""
    metres_saved: int
    """By all steps."""
    metres_saved_by_all: int
    """If everything moved."""
    products_moved_by_all: int
    """How many products would have to be carried for the best layout."""
    believed: float
    """Which part of the differences in demand is more than chance: 0 to 1."""


class StepIn(Body):
    """A product goes to another face; what stands there goes to the first."""

    sku: Code
    source: Code
    """Code of the face it stands in."""
    target: Code
    """Code of the face it goes to."""
    other: Code | None = None
    """The product that stands there; left out: the face is free."""


class AcceptIn(Body):
    """The steps that are accepted, in their order."""

    steps: Annotated[list[StepIn], Field(min_length=1, max_length=200)]
    """In the sequence in which they were proposed."""
    site: Code | None = None


class AcceptedOut(Answer):
    """The tasks for carrying what stands in the faces."""

    tasks: list[int]
    """Numbers of the tasks, in the sequence of the steps."""


@api.get("/slotting-advice", Permission.PLAN_WORK, query=SlottingQuery, answer=AdviceOut)
def get_slotting_advice(query: SlottingQuery) -> AdviceOut:
    """Which products should change their pick faces so that pickers walk less, from the walks of the last weeks. Takes its seconds."""
    seconds = current_app.config["WMS"].slotting_seconds if query.seconds is None else query.seconds
    found = slotting.advise(weeks=query.weeks, seconds=seconds, most_carried=query.products, by=actor())
    return AdviceOut(
        since=found.since,
        walks=found.walks,
        faces=found.faces,
        products=found.products,
        steps=[
            StepOut(
                carries=[CarriedOut(sku=it.sku, source=it.source, target=it.target, visits=it.visits) for it in one.carries],
                metres_saved=round(one.saved_mm / 1000, 1),
            )
            for one in found.steps
        ],
        metres=found.metres,
        metres_saved=found.metres_saved,
        metres_saved_by_all=found.metres_saved_by_all,
        products_moved_by_all=found.moved_by_all,
        believed=round(found.believed, 3),
    )


@api.post("/slotting-advice/accept", Permission.PLAN_WORK, body=AcceptIn, answer=AcceptedOut)
def accept_slotting(body: AcceptIn) -> AcceptedOut:
    """Changes the products of pick faces as advised, all steps or none, with tasks to carry what stands there."""
    steps = [slotting.Step(one.sku, one.source, one.target, one.other) for one in body.steps]
    return AcceptedOut(tasks=[task.id for task in slotting.accept(steps, by=actor())])
