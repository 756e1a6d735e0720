"""Waves and pick lists as JSON."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.models import BinChoice
from wms.orders.api import shown as shown_order
from wms.orders.bodies import OrderOut
from wms.orders.operations import find as find_order
from wms.picking import deallocation, queries, strategies, walks, waves
from wms.picking.advice import LONGEST, Advice, advise
from wms.picking.choosing import Choice
from wms.picking.models import Method, PickList
from wms.tasks.models import TaskStatus
from wms.web.api import Answer, Api, Body, Code, Label, Moment, Reason

api = Api("picking")


class WaveIn(Body):
    """Which orders are planned, and how. Without `orders` and anything else that chooses it is everything that is released."""

    orders: list[Code] | None = Field(default=None, min_length=1, max_length=5000)
    """Numbers of the orders; null: everything that is ready and fits what else is said."""
    due_before: Moment | None = None
    """The carrier's cut-off: orders due until then."""
    carrier: Code | None = None
    """Only orders of this carrier by code; null: of any."""
    region: Label | None = None
    """A part of the region or city that orders go to."""
    zone: Label | None = None
    """Orders that have goods there."""
    priority: int | None = Field(default=None, ge=0, le=9)
    """The least."""
    method: Method = Method.SINGLE
    """single, batch, cluster or zone; whole pallets get lists of their own by themselves."""
    cart: Code | None = None
    """The kind of cart that lists are made for; its limits are kept."""
    orders_per_list: int | None = Field(default=None, ge=1, le=200)
    """At most so many orders in one list; null: as the method has it."""
    max_orders: int | None = Field(default=None, ge=1, le=5000)
    """At most so many orders in the wave; null: no limit."""
    max_lines: int | None = Field(default=None, ge=1, le=100_000)
    """At most so many lines in one list; null: as the house is set."""
    seconds: float | None = Field(default=None, ge=0, le=LONGEST)
    """So long short walks are searched for; the best so far is taken. Left out: the house's setting."""
    site: Code | None = None

    @property
    def choice(self) -> Choice:
        """Which orders."""
        numbers = None if self.orders is None else tuple(self.orders)
        cut = (self.due_before, self.carrier, self.region, self.zone, self.priority)
        return Choice(numbers, *cut, self.max_orders, self.max_lines)


class GiveBackIn(Reason):
    """Which goods are given back."""

    line: Label | None = None
    """Left out: those of the whole order."""


class GivenBackOut(Answer):
    """What a wave gave back."""

    orders: list[str]
    quantity: int
    """Pieces that are free again."""
    left: list[str]
    """Pick lists that stay as they are, because picking has begun."""


class PickLineOut(Answer):
    """One line in walking order."""

    sequence: int
    """From 1 along the walk."""
    location: str
    sku: str
    lot: str
    """Lot to be taken; empty: goods without one."""
    expires_on: dt.date | None
    quantity: int
    picked: int
    order: str
    line: str
    handling_unit: str | None


class PickListOut(Answer):
    """A pick list."""

    number: str
    wave: str
    """Number of the wave it was planned in."""
    method: Method
    status: TaskStatus
    person: str | None
    """Name of whoever picks it; null: nobody yet."""
    target: str
    """Code of the place where the goods are brought."""
    orders: list[str]
    lines: list[PickLineOut]
    metres: int | None
    """Metres of the walk as planned. This and the next four are null once the list lost lines or is walked otherwise than planned."""
    metres_shortest: int | None
    """The shortest walk there is; null where the layout allows no proof."""
    metres_s_shape: int | None
    metres_by_name: int | None
    """Metres of the same walk in the order of location names."""
    minutes: int | None
    """As planned: walking, standing before lines, taking pieces."""
    metres_left: int | None
    """Through what is left, as it is now, from where goods were picked last; null where nothing is left."""
    minutes_left: int | None
    """How long the rest takes; null: nobody has reckoned it."""
    cart: str | None
    zone: str | None
    """The zone of a relay."""
    follows: str | None
    """The list whose totes it takes over."""
    created_at: dt.datetime


class SkippedOut(Answer):
    """An order that is not in the wave."""

    order: str
    reason: str


class WaveOut(Answer):
    """What was planned."""

    number: str
    method: Method
    pick_lists: list[PickListOut]
    skipped: list[SkippedOut]


def shown(pick_list: PickList) -> PickListOut:
    """A pick list as the API answers it."""
    view = queries.list_view(pick_list)
    left = walks.figures_of([pick_list]).get(pick_list.id)
    return PickListOut(
        number=view.number,
        wave=view.wave,
        method=view.method,
        status=view.status,
        person=view.person,
        target=view.target,
        orders=view.orders,
        lines=[
            PickLineOut(
                sequence=line.sequence,
                location=line.location,
                sku=line.sku,
                lot=line.lot,
                expires_on=line.expires_on,
                quantity=line.quantity,
                picked=line.quantity if line.picked else 0,
                order=line.order,
                line=line.line,
                handling_unit=line.unit,
            )
            for line in view.lines
        ],
        metres=view.metres,
        metres_shortest=view.metres_shortest,
        metres_s_shape=view.metres_s_shape,
        metres_by_name=view.metres_by_name,
        minutes=view.minutes,
        metres_left=left.metres if left else None,
        minutes_left=left.minutes if left else None,
        cart=view.cart,
        zone=view.zone,
        follows=view.follows,
        created_at=view.created_at,
    )


class LackOfOrderOut(Answer):
    """How much of it an order would not get."""

    order: str
    missing: int


class LackOut(Answer):
    """What of a product the wave's orders would not get."""

    sku: str
    name: str
    """The product's name."""
    wanted: int
    """Pieces that the orders ask for."""
    missing: int
    orders: list[LackOfOrderOut]
    """Who would go without."""


class DraftLineOut(Answer):
    """One line of a list as it would be, in walking order."""

    location: str
    order: str
    quantity: int


class DraftOut(Answer):
    """A list as it would be."""

    method: Method
    zone: str | None
    orders: list[str]
    lines: list[DraftLineOut]
    """What is picked, in walking order."""
    metres: int
    metres_shortest: int | None
    metres_s_shape: int
    metres_by_name: int
    minutes: int


class SimulatedOut(Answer):
    """A wave as it would be."""

    method: Method
    orders: list[str]
    lines: int
    """How many lines would be picked."""
    pieces: int
    """How many pieces would be picked."""
    minutes: int
    metres: int
    """All walks together, in metres."""
    metres_shortest: int | None
    """Null where the layout allows no proof."""
    metres_s_shape: int
    metres_by_name: int
    metres_first_come: int
    """With carts filled as orders come, walked in S-shapes."""
    pick_lists: list[DraftOut]
    skipped: list[SkippedOut]
    shortages: list[LackOut]
    """What the orders would not get."""
    seconds: float
    """How long it was searched."""


def _advised(body: WaveIn) -> Advice:
    seconds = current_app.config["WMS"].planning_seconds if body.seconds is None else body.seconds
    facts: dict[str, Any] = {"method": body.method, "cart": body.cart, "orders_per_list": body.orders_per_list}
    return advise(body.choice, **facts, budget_seconds=seconds, by=actor())


@api.post("/waves", Permission.PLAN_WORK, body=WaveIn, answer=WaveOut, status=201, prepare=_advised)
def plan(body: WaveIn, prepared: Advice | None) -> WaveOut:
    """Plans released orders: chooses goods, deals them out to pick lists by the method and the cart, puts each in walking order.

    Short walks are searched for first, for so many `seconds`; then everything is booked at once, as found, where things are still so.
    Orders that are left out are named with the reason.
    """
    facts: dict[str, Any] = {"method": body.method, "cart": body.cart, "orders_per_list": body.orders_per_list}
    return _planned(waves.plan_wave(choice=body.choice, **facts, advice=prepared, by=actor()))


@api.post("/waves/simulate", Permission.PLAN_WORK, body=WaveIn, answer=SimulatedOut, own_transaction=True)
def simulate(body: WaveIn) -> SimulatedOut:
    """Shows a wave before it is planned: its lists, metres, minutes, shortages, and the orders left out.

    Books nothing, and takes no `Idempotency-Key`.
    """
    advice, language = _advised(body), actor().language
    drafts = [
        DraftOut(
            method=walk.method,
            zone=walk.zone,
            orders=list(dict.fromkeys(one.order for one in walk.goods)),
            lines=[DraftLineOut(location=one.place.code, order=one.order, quantity=one.chosen.quantity) for one in walk.goods],
            metres=round(walk.planned_mm / 1000),
            metres_shortest=None if walk.shortest_mm is None else round(walk.shortest_mm / 1000),
            metres_s_shape=round(walk.s_shape_mm / 1000),
            metres_by_name=round(walk.by_name_mm / 1000),
            minutes=-(-walk.seconds // 60),
        )
        for walk in advice.walks
    ]
    return SimulatedOut(
        method=advice.method,
        orders=list(advice.orders),
        lines=advice.lines,
        pieces=advice.pieces,
        minutes=-(-advice.seconds // 60),
        metres=advice.metres,
        metres_shortest=advice.metres_shortest,
        metres_s_shape=advice.metres_s_shape,
        metres_by_name=advice.metres_by_name,
        metres_first_come=advice.metres_first_come,
        pick_lists=drafts,
        skipped=[SkippedOut(order=one.number, reason=one.reason.say(language)) for one in advice.skipped],
        shortages=[
            LackOut(
                sku=one.sku,
                name=one.name.say(language),
                wanted=one.wanted,
                missing=one.missing,
                orders=[LackOfOrderOut(order=number, missing=missing) for number, missing in one.orders],
            )
            for one in advice.shortages
        ],
        seconds=round(advice.searched_seconds, 2),
    )


def _planned(planned: waves.Planned) -> WaveOut:
    return WaveOut(
        number=planned.wave.number,
        method=Method(planned.wave.method),
        pick_lists=[shown(one) for one in planned.pick_lists],
        skipped=[SkippedOut(order=one.number, reason=one.reason.say(actor().language)) for one in planned.skipped],
    )


@api.post("/orders/<path:number>/deallocate", Permission.PLAN_WORK, body=GiveBackIn, answer=OrderOut)
def deallocate(number: str, body: GiveBackIn) -> OrderOut:
    """Gives back the goods in the racks that are held for an order, or for one line of it; they stay promised to it.

    409 `picking_begun` where somebody has gone for them, `nothing_allocated` where there are none.
    """
    deallocation.deallocate(number, line=body.line, reason=body.reason, by=actor())
    return shown_order(find_order(number, by=actor()))


@api.post("/orders/<path:number>/reallocate", Permission.PLAN_WORK, body=GiveBackIn, answer=WaveOut)
def reallocate(number: str, body: GiveBackIn) -> WaveOut:
    """Gives the goods back as `deallocate` does and plans the order anew, as things are now.

    Where nothing can be planned, everything stays as it was: 409 `nothing_to_plan`.
    """
    return _planned(deallocation.reallocate(number, line=body.line, reason=body.reason, by=actor()))


@api.post("/waves/<path:number>/deallocate", Permission.PLAN_WORK, body=Reason, answer=GivenBackOut)
def deallocate_wave(number: str, body: Reason) -> GivenBackOut:
    """Gives back the goods of a wave's lists that nobody has begun to pick; the others stay as they are, and are named in `left`."""
    given_back = deallocation.deallocate_wave(number, reason=body.reason, by=actor())
    return GivenBackOut.model_validate(given_back, from_attributes=True)


@api.post("/waves/<path:number>/reallocate", Permission.PLAN_WORK, body=Reason, answer=WaveOut)
def reallocate_wave(number: str, body: Reason) -> WaveOut:
    """Gives back as `deallocate` and plans those orders anew by the same method, as a new wave."""
    return _planned(deallocation.reallocate_wave(number, reason=body.reason, by=actor())[0])


class PolicyIn(Body):
    """How a site chooses bins."""

    bin_choice: BinChoice = BinChoice.FACE_FIRST
    """Where neither the customer nor the product says otherwise."""
    age_window_days: Annotated[int, Field(ge=0, le=365)] = 0
    """So many days apart, batches count as one age where bins are chosen by nearness, picks or packagings."""
    site: Code | None = None


class PolicyOut(Answer):
    """How a site chooses bins."""

    bin_choice: BinChoice
    age_window_days: int
    """Batches that came in within so many days count as of one age."""


def _policy(rule: strategies.Policy) -> PolicyOut:
    return PolicyOut(bin_choice=BinChoice(rule.bins), age_window_days=rule.window)


@api.get("/allocation-policy", Permission.SEE_STOCK, answer=PolicyOut)
def get_policy() -> PolicyOut:
    """How the site chooses bins among goods of one age."""
    return _policy(strategies.policy(actor().site_id))


@api.put("/allocation-policy", Permission.MASTER_DATA, body=PolicyIn, answer=PolicyOut)
def put_policy(body: PolicyIn) -> tuple[PolicyOut, int]:
    """Sets how the site chooses bins among goods of one age."""
    return _policy(strategies.choose_policy(body.bin_choice, body.age_window_days, by=actor())), 200


@api.get("/pick-lists/<path:number>", Permission.SEE_TASKS, answer=PickListOut)
def one(number: str) -> PickListOut:
    """A pick list with what is picked."""
    return shown(waves.find_list(number, by=actor()))
