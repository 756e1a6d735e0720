"""Floor plans over the API."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session
from wms.locations import floor_plans
from wms.locations.api import Millimetres
from wms.locations.models import FloorPlan, Location
from wms.web.api import Answer, Api, Body, Code, Items, Label

api = Api("floor")


class FloorPlanIn(Body):
    """What coordinates do not tell of a floor. What is left out is as the coordinates show."""

    zone: Label | None = None
    """Left out: the whole site. A zone's own plan goes before it."""
    cross_aisles_mm: list[Millimetres] = Field(default_factory=list, max_length=6)
    """Along the aisles, their centre lines."""
    one_way: dict[Label, Literal["up", "down"]] = Field(default_factory=dict, max_length=500)
    """To rising coordinates, or falling."""
    closed: dict[Label, Literal["low", "high"]] = Field(default_factory=dict, max_length=500)
    """Aisles walled up at their lowest or highest cross-aisle."""
    start: Code | None = None
    """Where walks begin and end."""
    site: Code | None = None


class FloorPlanQuery(Body):
    """Which plan."""

    zone: Label | None = None
    """Left out: that of the whole site."""
    site: Code | None = None


class FloorPlanOut(Answer):
    """A floor plan."""

    zone: str | None
    cross_aisles_mm: list[int]
    """Where one may change aisles, as `y_mm`."""
    one_way: dict[str, str]
    closed: dict[str, str]
    start: str | None


def shown(plan: FloorPlan) -> FloorPlanOut:
    """A floor plan as the API answers it."""
    start = session.get_one(Location, plan.start_id).code if plan.start_id is not None else None
    return FloorPlanOut(zone=plan.zone or None, cross_aisles_mm=plan.cross_aisles_mm, one_way=plan.one_way, closed=plan.closed, start=start)


@api.put("/floor-plan", Permission.MASTER_DATA, body=FloorPlanIn, answer=FloorPlanOut)
def put_floor_plan(body: FloorPlanIn) -> tuple[FloorPlanOut, int]:
    """Creates or replaces the floor plan of the site or of a zone: routes are planned on it from now on."""
    plan, is_new = floor_plans.put(body.zone or "", **body.model_dump(exclude={"zone", "site"}), by=actor())
    return shown(plan), 201 if is_new else 200


@api.get("/floor-plan", Permission.IN_HOUSE, query=FloorPlanQuery, answer=FloorPlanOut)
def get_floor_plan(query: FloorPlanQuery) -> FloorPlanOut:
    """The floor plan of the site, or of a zone; 404 `floor_plan_unknown` where the floor is as its coordinates show."""
    return shown(floor_plans.find(query.zone or "", by=actor()))


@api.delete("/floor-plan", Permission.MASTER_DATA, query=FloorPlanQuery, status=204)
def delete_floor_plan(query: FloorPlanQuery) -> None:
    """Removes the floor plan of the site, or of a zone."""
    floor_plans.remove(query.zone or "", by=actor())


@api.get("/floor-plans", Permission.IN_HOUSE, answer=Items[FloorPlanOut])
def get_floor_plans() -> Items[FloorPlanOut]:
    """The floor plans of the site: its own, and those of its zones."""
    return Items[FloorPlanOut](items=[shown(plan) for plan in floor_plans.all_of(actor().site_id)], next=None)
