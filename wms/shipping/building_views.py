"""Building loads at the desk: the dispatcher says what is to go on which vehicles, looks at the proposal, and books it as shown."""

from __future__ import annotations

import datetime as dt
import json

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import TypeAdapter, ValidationError

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.errors import Invalid
from wms.i18n import T
from wms.shipping import building, fleet, queries, routes
from wms.shipping.building import Proposal, Wanted
from wms.shipping.building_api import PlanIn
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, refusals
from wms.web.lists import arg
from wms.web.render import render

blueprint = Blueprint("building", __name__)
_PLANS = TypeAdapter(list[PlanIn])


class PlansWrong(Invalid):
    """What came back is not what was shown."""

    code = "plans_wrong"
    sentence = T("The proposal cannot be read any more", "无法读取排车方案")
    advice = T("Have it proposed anew", "请重新生成方案")


class DayWrong(Invalid):
    """No day."""

    code = "day_wrong"
    pointer = "/due"
    sentence = T("{text} is no day", "“{text}”不是日期")

    def __init__(self, text: str) -> None:
        super().__init__(text=text, pointer="/due")


@blueprint.get("/loads/build")
@allow(Permission.PLAN_WORK)
def build() -> ResponseReturnValue:
    """What is to go, and (once it was asked) how it would be shared out."""
    errors: dict[str, str] = {}
    found = _proposal(errors) if "propose" in request.args else None
    return render(
        "shipping/build",
        proposal=found,
        plans=_kept(found) if found else None,
        errors=errors,
        chosen=request.args.getlist("vehicle"),
        vehicles=fleet.vehicles(in_service=True),
        routes=routes.routes(),
        carriers=queries.carriers(),
        doors=queries.doors(actor()),
        today=clock.today(),
    )


def _proposal(errors: dict[str, str]) -> Proposal | None:
    vehicles = tuple(request.args.getlist("vehicle"))
    with refusals(errors):
        wanted = Wanted(arg("route"), arg("region"), arg("carrier"), _until(arg("due")), arg("door"), vehicles)
        return building.propose(wanted, by=actor())
    return None


def _until(day: str | None) -> dt.datetime | None:
    """The end of the day that was typed."""
    if not day:
        return None
    try:
        return clock.begins(dt.date.fromisoformat(day) + dt.timedelta(days=1))
    except (ValueError, OverflowError):
        raise DayWrong(day[:40]) from None


def _kept(found: Proposal) -> str:
    """The plans as the form keeps them."""
    return json.dumps(
        [
            {
                "route": one.plan.route,
                "vehicle": one.plan.vehicle,
                "carrier": one.plan.carrier,
                "stops": [{"name": stop.name, "orders": list(stop.orders)} for stop in one.plan.stops],
            }
            for one in found.loads
        ],
        ensure_ascii=False,
    )


@blueprint.post("/loads/build")
@allow(Permission.PLAN_WORK)
def book() -> ResponseReturnValue:
    """Books the loads as they were shown: all, or none where something has changed meanwhile."""
    errors: dict[str, str] = {}
    with refusals(errors):
        plans = _read(request.form.get("plans", ""))
        with transaction():
            if not first_time(by=actor()):
                return redirect(url_for("shipping.loads_index", status="open"))
            made = building.book([one.plan() for one in plans], by=actor(), door=request.form.get("door") or None)
    for text in errors.values():
        flash(text, "stop")
    if errors:
        back = request.form.get("back", "")
        return redirect(back if back.startswith("/loads/build?") else url_for("building.build"))
    numbers = ", ".join(one.number for one in made)
    said = T("{n} {n:load/loads} planned: {numbers}", "已排 {n} 张装车单：{numbers}", n=len(made), numbers=numbers)
    flash(said.say(access.language()), "good")
    return redirect(url_for("shipping.loads_index", status="open"))


def _read(text: str) -> list[PlanIn]:
    try:
        return _PLANS.validate_json(text)[:100]
    except ValidationError:
        raise PlansWrong from None
