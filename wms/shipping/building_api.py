"""Loads built in one action over the API: looked at first, or planned at once."""

from __future__ import annotations

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.shipping import building
from wms.shipping.api import CarriedOut, LoadOut, StopIn, shown
from wms.shipping.building import Plan, Proposal, Proposed, Wanted
from wms.shipping.loads import Stop
from wms.web.access import language
from wms.web.api import Answer, Api, Body, Code, Moment

api = Api("building")


class WantedIn(Body):
    """Which orders that are ready are to go, and on which vehicles. Without vehicles: a load for each route or region, without limits."""

    site: Code | None = None
    route: Code | None = None
    """Only this route by code; null: any."""
    region: Code | None = None
    """Only addresses in this region; null: any."""
    carrier: Code | None = None
    """Only orders of this carrier by code; null: of any."""
    due_before: Moment | None = None
    """Only orders that must leave before then, UTC; null: whenever."""
    door: Code | None = None
    vehicles: list[Code] = Field(default=[], max_length=100)
    """Vehicles to fill, by code; empty: a load for each route."""

    def wanted(self) -> Wanted:
        """As the operations take it."""
        return Wanted(self.route, self.region, self.carrier, self.due_before, self.door, tuple(self.vehicles))


class PlanIn(Body):
    """A load that was proposed, as it was or corrected."""

    route: Code | None = None
    vehicle: Code | None = None
    carrier: Code | None = None
    stops: list[StopIn] = Field(min_length=1, max_length=500)

    def plan(self) -> Plan:
        """As the operations take it."""
        return Plan(tuple(Stop(tuple(one.orders), one.name) for one in self.stops), self.route, self.vehicle, self.carrier)


class PlansIn(Body):
    """Loads to plan together: all, or none."""

    site: Code | None = None
    door: Code | None = None
    loads: list[PlanIn] = Field(min_length=1, max_length=100)
    """What is to be planned."""


class ProposedStopOut(Answer):
    """A stop, in delivery order."""

    name: str
    """Where it is unloaded."""
    orders: list[str]


class ProposedOut(Answer):
    """A load as it would be planned."""

    route: str | None
    name: str
    """Its route, or the region where no route goes."""
    vehicle: str | None
    carrier: str | None
    """Carrier by code; null: none is chosen."""
    stops: list[ProposedStopOut]
    weight_grams: CarriedOut
    """Weight planned, and possible."""
    volume_cm3: CarriedOut
    """Volume planned, and possible."""
    pallet_places: CarriedOut
    """Pallets planned, and possible."""
    units_without_weight: int
    units_without_size: int
    cut_off_passed: bool
    """Whether its orders came too late for today's truck."""


class LeftOut(Answer):
    """An order that goes on none of these vehicles."""

    order: str
    why: str
    """What keeps it from going, in words."""


class ProposalOut(Answer):
    """What would be planned."""

    loads: list[ProposedOut]
    left: list[LeftOut]
    """Orders that go on none of them."""
    unused: list[str]
    """Vehicles that stay."""


class BuiltOut(Answer):
    """The loads that were planned."""

    loads: list[LoadOut]


def _proposed(one: Proposed) -> ProposedOut:
    weight, volume, places = (CarriedOut(planned=each.planned, loaded=0, most=each.most) for each in one.figures)
    return ProposedOut(
        route=one.plan.route,
        name=one.name,
        vehicle=one.plan.vehicle,
        carrier=one.plan.carrier,
        stops=[ProposedStopOut(name=stop.name or "", orders=list(stop.orders)) for stop in one.plan.stops],
        weight_grams=weight,
        volume_cm3=volume,
        pallet_places=places,
        units_without_weight=one.measure.unweighed,
        units_without_size=one.measure.unmeasured,
        cut_off_passed=one.past is not None,
    )


def _answer(found: Proposal) -> ProposalOut:
    return ProposalOut(
        loads=[_proposed(one) for one in found.loads],
        left=[LeftOut(order=one.freight.number, why=one.why.say(language())) for one in found.left],
        unused=list(found.unused),
    )


@api.post("/loads/propose", Permission.PLAN_WORK, body=WantedIn, answer=ProposalOut, own_transaction=True)
def propose(body: WantedIn) -> ProposalOut:
    """Shares the orders that are ready out among vehicles, without booking anything.

    By route (or region), day due, priority and size; orders to one address stay together, stops come in delivery order. What fits on none
    of the vehicles is listed with why.
    """
    return _answer(building.propose(body.wanted(), by=actor()))


@api.post("/loads/build", Permission.PLAN_WORK, body=PlansIn, answer=BuiltOut, status=201)
def build(body: PlansIn) -> BuiltOut:
    """Plans several loads together, as `/loads/propose` answered them or corrected: all of them, or none."""
    who = actor()
    return BuiltOut(loads=[shown(one, who) for one in building.book([one.plan() for one in body.loads], by=who, door=body.door)])
