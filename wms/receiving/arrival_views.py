"""The docks at the desk: the day with its appointments, the vehicles that are here, one arrival, and a new one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms import clock
from wms.actor import Actor, Permission, Role
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T, Text
from wms.orders import boards
from wms.orders.timeline import timelines
from wms.receiving import appointments, arrivals, dock_day, dock_taken, trucks
from wms.receiving.appointments import Hours
from wms.receiving.arrival_api import ArrivalIn, NewArrivalIn, hours
from wms.receiving.models import Arrival, ArrivalStatus
from wms.web import access
from wms.web.access import allow
from wms.web.documents import paper_href
from wms.web.forms import first_time, said
from wms.web.home import Board, Figure, Panel, Row
from wms.web.lists import arg
from wms.web.navigation import RECEIVING, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, body_of, field, fields, refused, unchanged

blueprint = Blueprint("docks", __name__, url_prefix="/receiving/docks")

_PLAIN = ("number", "partner", "carrier", "plate", "driver", "phone", "dock", "note")


def _day() -> dt.date:
    try:
        day = dt.date.fromisoformat(arg("day") or "")
    except ValueError:
        return clock.today()
    return day if 2000 <= day.year < 9000 else clock.today()


def _late_after() -> int:
    return int(current_app.config["WMS"].late_after_minutes)


@blueprint.get("")
@allow(Permission.MEET_TRUCKS)
def index() -> ResponseReturnValue:
    """A day at the docks. With `move`, a click on a free time gives it to that arrival."""
    by, day = actor(), _day()
    found = trucks.of_day(day, by=by, late_after_minutes=_late_after())
    moving = arrivals.known(arg("move") or "", by=by)
    return render(
        "receiving/docks",
        day=dock_day.of(day, hours(), found, by=by),
        trucks=found,
        figures=trucks.figures(found, by=by),
        moving=moving if moving and moving.status == ArrivalStatus.PLANNED else None,
        before=day - dt.timedelta(days=1),
        after=day + dt.timedelta(days=1),
        today=clock.today(),
    )


# -- a new one, and changing one -----------------------------------------------------------------------------------------------


@blueprint.get("/new")
@allow(Permission.ANNOUNCE)
def new() -> ResponseReturnValue:
    """The form for a vehicle that will come."""
    values = {"day": clock.today().isoformat(), "orders": arg("order") or "", "dock": arg("dock") or ""}
    begin = _moment(arg("at") or "")
    if begin is not None:
        values |= {"day": clock.local(begin).date().isoformat(), "at": clock.local(begin).strftime("%H:%M")}
    return _form({}, values)


@blueprint.post("/new")
@allow(Permission.ANNOUNCE)
def create() -> ResponseReturnValue:
    """Announces the typed vehicle."""
    body, errors = body_of(NewArrivalIn, _typed(fields(*_PLAIN)))
    number = None
    if body is not None:
        with refused(errors, _ABOUT), transaction():
            number = arrivals.plan(body.plan(), by=actor(), hours=hours(), number=body.number).number if first_time(by=actor()) else None
        if not errors:
            if number is None:
                return redirect(url_for("docks.index"))
            flash(T("Arrival {number} entered", "到货 {number} 已登记", number=number).say(access.language()), "good")
            return redirect(url_for("docks.one", number=number))
    return _form(errors, request.form), 422


@blueprint.post("/walk-in")
@allow(Permission.MEET_TRUCKS)
def walk_in() -> ResponseReturnValue:
    """A vehicle stands at the door that nobody announced; one that is expected has come."""
    by, plate = actor(), field("plate")
    back = redirect(url_for("docks.index"))
    try:
        with transaction():
            if not first_time(by=by):
                return back
            known, early_or_late = arrivals.known(plate, by=by) if plate else None, None
            if known is not None and known.status == ArrivalStatus.PLANNED:
                arrived = arrivals.arrive(known.number, by=by, dock=field("dock") or None)
                number, early_or_late = arrived.number, dock_taken.not_in_time(arrived)
            else:
                orders = tuple(field("orders").replace(",", " ").replace("，", " ").split())
                asked = arrivals.Plan(orders=orders, plate=plate, dock=field("dock") or None)
                number = arrivals.walk_in(asked, by=by, hours=hours()).number
    except REFUSALS as refusal:
        said(refusal)
        return back
    flash(T("{plate} has arrived: {number}", "{plate} 已到：{number}", plate=plate or number, number=number).say(access.language()), "good")
    if early_or_late is not None:
        flash(early_or_late.say(access.language()), "ask")
    return redirect(url_for("docks.one", number=number))


@blueprint.get("/<path:number>/edit")
@allow(Permission.ANNOUNCE)
def edit(number: str) -> ResponseReturnValue:
    """The form for an arrival as it stands."""
    found = arrivals.find(number, by=actor())
    truck = trucks.shown([found])[0]
    values: dict[str, Any] = {name: getattr(truck, name) or "" for name in _PLAIN} | {"orders": "\n".join(truck.orders)}
    if truck.planned_from and truck.planned_until:
        begin = clock.local(truck.planned_from)
        lasts = int((truck.planned_until - truck.planned_from).total_seconds()) // 60
        values |= {"day": begin.date().isoformat(), "at": begin.strftime("%H:%M"), "minutes": str(lasts)}
    return _form({}, values, found)


@blueprint.post("/<path:number>/edit")
@allow(Permission.ANNOUNCE)
def change(number: str) -> ResponseReturnValue:
    """Makes the arrival what was typed."""
    body, errors = body_of(ArrivalIn, _typed(fields(*_PLAIN[1:])))
    if body is not None:
        with refused(errors, _ABOUT), transaction():
            found = arrivals.find(number, by=actor())
            unchanged(found.number, found.updated_at)
            arrivals.change(found.number, body.plan(), by=actor(), hours=hours())
        if not errors:
            flash(T("{number} saved", "{number} 已保存", number=number).say(access.language()), "good")
            return redirect(url_for("docks.one", number=number))
    return _form(errors, request.form, arrivals.find(number, by=actor())), 422


_ABOUT = {arrivals.NotADock: "dock", appointments.SlotTaken: "at", appointments.DocksClosed: "at", arrivals.AppointmentOver: "at"}


def _typed(facts: dict[str, str]) -> dict[str, Any]:
    """The form as the API's body: order numbers from a text, the time from day, hour and length."""
    orders = field("orders").replace(",", " ").replace("，", " ").split()
    begin = _at(field("day"), field("at"))
    length = field("minutes")
    minutes = int(length) if length.isascii() and length.isdigit() and len(length) < 5 else None
    until = begin + dt.timedelta(minutes=minutes) if begin and minutes and appointments.within_reach(begin) else None
    return {**facts, "orders": orders, "planned_from": begin, "planned_until": until}


def _at(day: str, time: str) -> dt.datetime | None:
    """A time on the house's clock; without a time there is no appointment."""
    try:
        at = dt.time.fromisoformat(time)
        return clock.begins(dt.date.fromisoformat(day)) + dt.timedelta(hours=at.hour, minutes=at.minute)
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
        moment = moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return moment if appointments.within_reach(moment) else None


def _form(errors: dict[str, str], values: Any, found: Arrival | None = None) -> str:
    by, open_hours = actor(), hours()
    errors = {("at" if name in ("planned_from", "planned_until") else name): sentence for name, sentence in errors.items()}
    return render(
        "receiving/arrival_form",
        arrival=found,
        here=found is not None and found.status != ArrivalStatus.PLANNED,
        errors=errors,
        values=values,
        docks=[place.code for place in appointments.docks(by=by)],
        times=_times(open_hours),
        lengths=sorted({open_hours.minutes * factor for factor in (1, 2, 3, 4, 6, 8)} | _own_length(values)),
        slot=open_hours.minutes,
        partners=boards.partner_choices("supplier", "customer"),
        carriers=boards.partner_choices("carrier"),
        waiting=trucks.orders_expected(by=by),
    )


def _own_length(values: Any) -> set[int]:
    length = str(values.get("minutes") or "")
    return {int(length)} if length.isascii() and length.isdigit() and len(length) < 5 else set()


def _times(open_hours: Hours) -> list[str]:
    step = dt.timedelta(minutes=min(open_hours.minutes, 30) if open_hours.minutes % 30 == 0 else 15)
    begin, end = dt.timedelta(hours=open_hours.opens), dt.timedelta(hours=open_hours.closes)
    count = (end - begin) // step
    return [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (int((begin + step * n).total_seconds()) // 60 for n in range(count))]


# -- one -----------------------------------------------------------------------------------------------------------------------


@blueprint.get("/<path:number>")
@allow(Permission.MEET_TRUCKS)
def one(number: str) -> ResponseReturnValue:
    """One arrival: its vehicle, its times, its orders, and what is short."""
    by = actor()
    found = arrivals.find(number, by=by)
    return render(
        "receiving/arrival",
        truck=trucks.shown([found], late_after_minutes=_late_after())[0],
        orders=trucks.progress(found),
        short=arrivals.shortfall(found, by=by),
        docks=[place.code for place in appointments.docks(by=by)],
        events=timelines("arrival", [found.id], access.language()).get(found.id, []),
        sheet=paper_href("arrival-sheet", found.number),
        tones=boards.INBOUND_TONES,
        week=clock.today() + dt.timedelta(days=7),
    )


_STEPS = {"arrive": arrivals.arrive, "unload": arrivals.unload, "done": arrivals.unloaded, "leave": arrivals.leave}


@blueprint.post("/<path:number>/<any(arrive, unload, done, leave):step>")
@allow(Permission.MEET_TRUCKS)
def take_step(number: str, step: str) -> ResponseReturnValue:
    """The vehicle is one step further."""
    facts: dict[str, Any] = {"dock": field("dock") or None} if step in ("arrive", "unload") else {}
    try:
        with transaction():
            found = _STEPS[step](number, by=actor(), **facts)
            status = ArrivalStatus(found.status).text
            early_or_late = dock_taken.not_in_time(found) if step == "arrive" else None
        flash(T("{number}: {status}", "{number}：{status}", number=number, status=status).say(access.language()), "good")
        if early_or_late is not None:
            flash(early_or_late.say(access.language()), "ask")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("docks.one", number=number))


@blueprint.post("/<path:number>/cancel")
@allow(Permission.ANNOUNCE)
def cancel(number: str) -> ResponseReturnValue:
    """The vehicle does not come."""
    try:
        with transaction():
            arrivals.cancel(number, by=actor(), reason=field("reason")[:300] or None)
        flash(T("{number} cancelled", "{number} 已取消", number=number).say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("docks.one", number=number))


@blueprint.post("/<path:number>/move")
@allow(Permission.ANNOUNCE)
def move(number: str) -> ResponseReturnValue:
    """Gives the arrival another dock or time."""
    begin = _moment(field("at"))
    day = clock.local(begin).date() if begin else clock.today()
    try:
        with transaction():
            if begin is None:
                raise appointments.SlotWrong
            arrivals.move(number, dock=field("dock"), begin=begin, by=actor(), hours=hours())
        at = clock.local(begin).strftime("%m-%d %H:%M") if begin else ""
        flash(
            T("{number} moved to {at}, {dock}", "{number} 已改到 {at}，{dock}", number=number, at=at, dock=field("dock")).say(
                access.language()
            ),
            "good",
        )
    except REFUSALS as refusal:
        said(refusal)
        return redirect(url_for("docks.index", day=day.isoformat(), move=number))
    return redirect(url_for("docks.index", day=day.isoformat()))


@blueprint.post("/<path:number>/rest")
@allow(Permission.ANNOUNCE)
def rest(number: str) -> ResponseReturnValue:
    """What becomes of an order that is short: more comes until a day, or nothing more."""
    order, more = field("order"), field("do") == "more"
    try:
        with transaction():
            until = _date(field("until")) if more else None
            if more and until is None:
                raise DayMissing
            arrivals.decide(number, order, until=until, by=actor(), reason=field("reason") or None)
        words = (
            T("{order} stays open", "{order} 保持打开", order=order)
            if more
            else T("{order} is closed as short", "{order} 按少货关闭", order=order)
        )
        flash(words.say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("docks.one", number=number))


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


class DayMissing(appointments.SlotWrong):
    """More comes, but until when?"""

    code = "day_missing"
    sentence = T("Say until which day the rest may come", "请填写余货最晚到货日期")


# -- the home board ------------------------------------------------------------------------------------------------------------


def _board(who: Actor) -> Board:
    found = trucks.of_day(clock.today(), by=who, late_after_minutes=_late_after())
    counted = trucks.count(found)
    href = url_for("docks.index")
    rows = [
        Row(
            one.number,
            url_for("docks.one", number=one.number),
            why=_why(one),
            at=one.arrived_at or one.planned_from,
            tone=one.tone or "calm",
            status=one.status.text,
            status_tone=one.status.tone,
        )
        for one in found
        if one.status not in (ArrivalStatus.LEFT, ArrivalStatus.CANCELLED)
    ]
    return Board(
        [
            Figure(T("At the door", "待卸车辆"), counted.at_the_door, href, "ask"),
            Figure(T("Unloading", "卸货中"), counted.unloading, href),
            Figure(T("Arrivals late", "晚到车辆"), counted.late, href, "stop"),
        ],
        rows[:8],
        href,
        T("No vehicle is expected.", "没有待到的车辆。"),
        len(rows),
    )


def _why(one: trucks.Truck) -> Text | str:
    beside = " · ".join(part for part in (one.who, one.dock) if part)
    return T("{beside} · {why}", "{beside} · {why}", beside=beside, why=one.why) if one.why else beside


navigation = [Entry(RECEIVING, T("Arrivals", "到货车辆"), "docks.index", Permission.MEET_TRUCKS, count=trucks.waiting)]
panels = [Panel("docks", T("Arrivals today", "今日到货车辆"), Permission.MEET_TRUCKS, _board, roles=(Role.RECEIVER, Role.DISPATCHER))]
