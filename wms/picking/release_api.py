"""Kinds of carts, and continuous release, as JSON."""

from __future__ import annotations

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session
from wms.locations.models import Location
from wms.picking import cart_kinds, handing_on, lateness, stream
from wms.picking.cart_kinds import CartFacts
from wms.picking.models import Cart, Method, Stream
from wms.picking.stream import StreamFacts
from wms.web.api import Answer, Api, Body, Code, Items, Label, Paging, code_in_address, page

api = Api("release")
_MOST = 10**9


class CartIn(Body):
    """A kind of cart. A limit that is left out is none."""

    name: str | None = Field(default=None, max_length=200)
    positions: int = Field(ge=1, le=60)
    """How many totes it carries."""
    tote_weight_grams: int | None = Field(default=None, ge=1, le=_MOST)
    tote_volume_cm3: int | None = Field(default=None, ge=1, le=_MOST)
    max_weight_grams: int | None = Field(default=None, ge=1, le=_MOST)
    site: Code | None = None

    @property
    def facts(self) -> CartFacts:
        """The same for the operation."""
        return CartFacts(self.positions, self.name, self.tote_weight_grams, self.tote_volume_cm3, self.max_weight_grams)


class CartOut(Answer):
    """A kind of cart."""

    code: str
    name: str | None
    positions: int
    tote_weight_grams: int | None
    tote_volume_cm3: int | None
    max_weight_grams: int | None


class HandoverIn(Body):
    """Where a zone puts what the next one takes over."""

    location: Code
    """A packing place or staging area."""
    site: Code | None = None


class HandoverOut(Answer):
    """The hand-over place of a zone."""

    zone: str
    location: str


class ZoneCap(Body):
    """How many lines may be open in a zone."""

    zone: Label
    """Code of the zone."""
    lines: int = Field(ge=1, le=_MOST)
    """Lines that may be open in it at once."""


class StreamIn(Body):
    """How work is released by itself."""

    running: bool
    method: Method = Method.CLUSTER
    """How orders are dealt out to lists."""
    cart: Code | None = None
    horizon_minutes: int = Field(default=240, ge=1, le=100_000)
    """Orders due later wait."""
    most_orders: int = Field(default=8, ge=1, le=200)
    """On one list."""
    most_lists: int = Field(default=20, ge=1, le=100_000)
    """Open at once."""
    zone_lines: int = Field(default=200, ge=1, le=_MOST)
    """Open lines per zone, unless `zone_caps` names the zone."""
    zone_caps: list[ZoneCap] = Field(default_factory=list, max_length=200)
    site: Code | None = None

    @property
    def facts(self) -> StreamFacts:
        """The same for the operation."""
        caps = tuple((cap.zone, cap.lines) for cap in self.zone_caps)
        most = (self.horizon_minutes, self.most_orders, self.most_lists, self.zone_lines)
        return StreamFacts(self.running, self.method, self.cart, *most, caps)


class WaitsOut(Answer):
    """An order that does not go to the floor now, and why."""

    order: str
    reason: str


class LateOut(Answer):
    """An order that will be late as things stand."""

    order: str
    minutes_late: int
    """By how much, as people work now."""
    reason: str


class StreamOut(Answer):
    """Continuous release, how full the floor is, and what goes next."""

    running: bool
    method: Method
    cart: str | None
    horizon_minutes: int
    most_orders: int
    most_lists: int
    zone_lines: int
    zone_caps: list[ZoneCap]
    open_lists: int
    """How many lists are open now."""
    next: list[str]
    """Orders that go at the next turn."""
    waiting: list[WaitsOut]
    """Orders that do not go yet, and why."""
    late: list[LateOut]
    """Orders that will be late."""


@api.get("/carts", Permission.SEE_TASKS, query=Paging, answer=Items[CartOut])
def get_carts(query: Paging) -> Items[CartOut]:
    """The kinds of carts, by age."""
    rows = [one for one in sorted(cart_kinds.all_of(actor().site_id), key=lambda one: one.id) if one.id > query.after]
    return page(rows[: query.limit + 1], query, by_id=lambda row: row.id, show=_cart)


@api.put("/carts/<path:code>", Permission.PLAN_WORK, body=CartIn, answer=CartOut)
def put_cart(code: str, body: CartIn) -> tuple[CartOut, int]:
    """Creates or replaces a kind of cart. Lists that are planned already stay as they are."""
    cart, is_new = cart_kinds.put(code_in_address(code), body.facts, by=actor())
    return _cart(cart), 201 if is_new else 200


@api.delete("/carts/<path:code>", Permission.PLAN_WORK, status=204)
def delete_cart(code: str) -> None:
    """Removes a kind of cart that nothing was planned for; 409 `cart_in_use` otherwise."""
    cart_kinds.remove(code_in_address(code), by=actor())


@api.get("/hand-over-places", Permission.SEE_TASKS, query=Paging, answer=Items[HandoverOut])
def get_handovers(query: Paging) -> Items[HandoverOut]:
    """Where relays put what the next zone takes over, zone by zone; a zone that is not named hands over at the packing place."""
    rows = list(enumerate(handing_on.of_site(actor().site_id), start=1))
    return page([row for row in rows if row[0] > query.after][: query.limit + 1], query, by_id=lambda row: row[0], show=_handover)


@api.put("/hand-over-places/<path:zone>", Permission.PLAN_WORK, body=HandoverIn, answer=HandoverOut)
def put_handover(zone: str, body: HandoverIn) -> tuple[HandoverOut, int]:
    """Names the hand-over place of a zone. Lists that are planned already stay as they are."""
    name, place, is_new = handing_on.put(code_in_address(zone), body.location, by=actor())
    return HandoverOut(zone=name, location=place.code), 201 if is_new else 200


@api.delete("/hand-over-places/<path:zone>", Permission.PLAN_WORK, status=204)
def delete_handover(zone: str) -> None:
    """The zone hands over at the packing place again."""
    handing_on.remove(code_in_address(zone), by=actor())


@api.get("/stream", Permission.SEE_TASKS, answer=StreamOut)
def get_stream() -> StreamOut:
    """Continuous release: how it is set, what goes next, what waits and why, and which orders will be late."""
    return _stream(stream.of_site(actor().site_id))


@api.put("/stream", Permission.PLAN_WORK, body=StreamIn, answer=StreamOut)
def put_stream(body: StreamIn) -> StreamOut:
    """Sets continuous release up, starts or stops it."""
    return _stream(stream.put(body.facts, by=actor()))


def _cart(cart: Cart) -> CartOut:
    return CartOut.model_validate(cart, from_attributes=True)


def _handover(row: tuple[int, tuple[str, Location]]) -> HandoverOut:
    zone, place = row[1]
    return HandoverOut(zone=zone, location=place.code)


def _stream(found: Stream) -> StreamOut:
    language, seen = actor().language, stream.look(found)
    cart = session.get(Cart, found.cart_id) if found.cart_id else None
    return StreamOut(
        running=found.running,
        method=Method(found.method),
        cart=cart.code if cart else None,
        horizon_minutes=found.horizon_minutes,
        most_orders=found.most_orders,
        most_lists=found.most_lists,
        zone_lines=found.zone_lines,
        zone_caps=[ZoneCap(**cap) for cap in found.zone_caps],
        open_lists=seen.open_lists,
        next=list(seen.orders),
        waiting=[WaitsOut(order=one.number, reason=one.reason.say(language)) for one in seen.skipped[:200]],
        late=[
            LateOut(order=one.number, minutes_late=one.minutes_late, reason=one.why.say(language))
            for one in lateness.late(found.site_id)[:200]
        ],
    )
