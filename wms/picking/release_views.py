"""Kinds of carts, and continuous release, at the desk."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, field_validator

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session, transaction
from wms.errors import Conflict, Invalid, NotFound, Refused
from wms.i18n import T
from wms.orders import forecasts
from wms.picking import cart_kinds, handing_on, lateness, stream
from wms.picking.advice import METHODS
from wms.picking.cart_kinds import CartFacts
from wms.picking.models import Cart, Method, Stream
from wms.picking.stream import StreamFacts
from wms.tasks.queries import teach_late_picks
from wms.web import access
from wms.web.access import allow
from wms.web.forms import Form, first_time, read, refusals, said
from wms.web.navigation import PICKING, RULES, Entry
from wms.web.render import render
from wms.web.typed import in_thousands

forecasts.teach(lateness.kept)
teach_late_picks(lateness.kept_tasks)
blueprint = Blueprint("release", __name__, url_prefix="/picking")
navigation = [
    Entry(
        PICKING,
        T("Continuous release", "连续下发"),
        "release.stream_page",
        Permission.SEE_TASKS,
        count=lambda who: sum(one.is_late for one in lateness.kept(who.site_id).values()),
        tone="stop",
    ),
    Entry(RULES, T("Pick carts", "拣货车"), "release.carts", Permission.SEE_TASKS),
]
_MOST = 10**6
_AS_CAPS = T("must be written as A=80, B=60", "请按 A=80, B=60 的格式填写")
_ON, _OFF = T("Work is released by itself", "连续下发已启动"), T("Nothing is released by itself", "连续下发已停止")


class CartForm(Form):
    """A kind of cart, in kilograms and litres as people say it."""

    code: str = Field(min_length=1, max_length=80)
    name: str | None = Field(default=None, max_length=200)
    positions: int = Field(ge=1, le=60)
    tote_kg: float | None = Field(default=None, ge=0.001, le=_MOST)
    tote_litres: float | None = Field(default=None, ge=0.001, le=_MOST)
    cart_kg: float | None = Field(default=None, ge=0.001, le=_MOST)

    @property
    def facts(self) -> CartFacts:
        """The same for the operation."""
        thousand = [None if value is None else round(value * 1000) for value in (self.tote_kg, self.tote_litres, self.cart_kg)]
        return CartFacts(self.positions, self.name, *thousand)


@blueprint.get("/carts")
@allow(Permission.SEE_TASKS)
def carts() -> ResponseReturnValue:
    """The kinds of carts; with `code`, the form filled in with one of them."""
    found = cart_kinds.all_of(actor().site_id)
    values: dict[str, Any] = {}
    for cart in found:
        if cart.code == request.args.get("code"):
            values = {"code": cart.code, "name": cart.name, "positions": cart.positions, "tote_kg": in_thousands(cart.tote_weight_grams)}
            values |= {"tote_litres": in_thousands(cart.tote_volume_cm3), "cart_kg": in_thousands(cart.max_weight_grams)}
    return _carts(values, {})


def _carts(values: Any, errors: dict[str, str], place: Any = None, place_errors: dict[str, str] | None = None) -> str:
    site_id = actor().site_id
    over = {"handovers": handing_on.of_site(site_id), "place": place or {}, "place_errors": place_errors or {}}
    return render("picking/carts", carts=cart_kinds.all_of(site_id), values=values, errors=errors, thousands=in_thousands, **over)


@blueprint.post("/carts")
@allow(Permission.PLAN_WORK)
def put_cart() -> ResponseReturnValue:
    """Creates or replaces a kind of cart."""
    form, errors = read(CartForm)
    if form is not None:
        with refusals(errors), transaction():
            if first_time(by=actor()):
                cart_kinds.put(form.code, form.facts, by=actor())
                flash(T("Cart {code} is saved", "拣货车 {code} 已保存", code=form.code).say(access.language()), "good")
            return redirect(url_for("release.carts"))
    return _carts(request.form, errors), 422


@blueprint.post("/carts/<path:code>/remove")
@allow(Permission.PLAN_WORK)
def remove_cart(code: str) -> ResponseReturnValue:
    """Removes a kind of cart that nothing was planned for."""
    try:
        with transaction():
            cart_kinds.remove(code, by=actor())
    except (Refused, Conflict, Invalid, NotFound) as refusal:
        said(refusal)
    return redirect(url_for("release.carts"))


class HandoverForm(Form):
    """Where a zone hands over; without a place it does so at the packing place."""

    zone: str = Field(min_length=1, max_length=40)
    location: str = Field(min_length=1, max_length=80)


@blueprint.post("/carts/hand-over")
@allow(Permission.PLAN_WORK)
def put_handover() -> ResponseReturnValue:
    """Names the hand-over place of a zone."""
    form, errors = read(HandoverForm)
    if form is not None:
        with refusals(errors), transaction():
            if first_time(by=actor()):
                zone, place, _ = handing_on.put(form.zone, form.location, by=actor())
                said_so = T("Zone {zone} hands over at {place}", "库区 {zone} 在 {place} 交接", zone=zone, place=place.code)
                flash(said_so.say(access.language()), "good")
            return redirect(url_for("release.carts"))
    return _carts({}, {}, request.form, errors), 422


@blueprint.post("/carts/hand-over/<path:zone>/remove")
@allow(Permission.PLAN_WORK)
def remove_handover(zone: str) -> ResponseReturnValue:
    """The zone hands over at the packing place again."""
    try:
        with transaction():
            handing_on.remove(zone, by=actor())
    except NotFound as refusal:
        said(refusal)
    return redirect(url_for("release.carts"))


class StreamForm(Form):
    """How work is released by itself. Caps of zones are written as A=80, B=60."""

    method: Method = Method.CLUSTER
    cart: str | None = Field(default=None, max_length=80)
    horizon_minutes: int = Field(ge=1, le=100_000)
    most_orders: int = Field(ge=1, le=200)
    most_lists: int = Field(ge=1, le=100_000)
    zone_lines: int = Field(ge=1, le=_MOST)
    zone_caps: str | None = Field(default=None, max_length=2000)
    do: str = "save"

    @field_validator("zone_caps", mode="after")
    @classmethod
    def _caps_are_readable(cls, value: str | None) -> str | None:
        _caps(value)
        return value

    def facts(self, *, running: bool) -> StreamFacts:
        """The same for the operation."""
        most = (self.horizon_minutes, self.most_orders, self.most_lists, self.zone_lines)
        return StreamFacts(running, self.method, self.cart, *most, _caps(self.zone_caps))


def _caps(text: str | None) -> tuple[tuple[str, int], ...]:
    """A=80, B=60 as pairs; raises ValueError for what is not."""
    found = []
    for part in (text or "").replace("，", ",").split(","):
        if part.strip():
            zone, _, lines = part.partition("=")
            if not zone.strip() or len(zone.strip()) > 40 or not 1 <= int(lines) <= _MOST:
                raise ValueError(part)
            found.append((zone.strip(), int(lines)))
    return tuple(found)


@blueprint.get("/release")
@allow(Permission.SEE_TASKS)
def stream_page() -> ResponseReturnValue:
    """Continuous release: how it is set, how full the floor is, what goes next, what waits and why, who will be late."""
    found = stream.of_site(actor().site_id)
    cart = session.get(Cart, found.cart_id) if found.cart_id else None
    caps = ", ".join(f"{cap['zone']}={cap['lines']}" for cap in found.zone_caps)
    names = ("method", "horizon_minutes", "most_orders", "most_lists", "zone_lines")
    values = {**{name: getattr(found, name) for name in names}, "cart": cart.code if cart else "", "zone_caps": caps}
    return _stream_page(found, values, {})


def _stream_page(found: Stream, values: Any, errors: dict[str, str]) -> str:
    site_id = actor().site_id
    facts: dict[str, Any] = {"methods": METHODS, "carts": cart_kinds.all_of(site_id), "values": values, "errors": errors}
    return render("picking/release", stream=found, seen=stream.look(found), late=lateness.late(site_id), **facts)


@blueprint.post("/release")
@allow(Permission.PLAN_WORK)
def set_stream() -> ResponseReturnValue:
    """Sets it up, starts it or stops it."""
    form, errors = read(StreamForm)
    by = actor()
    if "zone_caps" in errors:
        errors["zone_caps"] = _AS_CAPS.say(access.language())
    if form is not None:
        with refusals(errors), transaction():
            if first_time(by=by):
                running = {"start": True, "stop": False}.get(form.do, stream.of_site(by.site_id).running)
                stream.put(form.facts(running=running), by=by)
                words = {"start": _ON, "stop": _OFF}.get(form.do, T("Saved", "已保存"))
                flash(words.say(access.language()), "ask" if form.do == "stop" else "good")
            return redirect(url_for("release.stream_page"))
    return _stream_page(stream.of_site(by.site_id), request.form, errors), 422
