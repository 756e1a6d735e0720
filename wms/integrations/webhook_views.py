"""Webhooks at the desk: who is told, how they fare, their log."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.errors import Invalid, NotFound
from wms.i18n import T, Text
from wms.integrations import webhooks
from wms.integrations.api import WebhookIn
from wms.integrations.models import Delivery, DeliveryStatus, Off, Webhook
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, said
from wms.web.home import Board, Figure, Panel, Row
from wms.web.lists import page_of
from wms.web.navigation import ADMINISTRATION, Entry
from wms.web.render import render
from wms.web.typed import body_of, field, refused

blueprint = Blueprint("hooks", __name__)
navigation = [Entry(ADMINISTRATION, T("Webhooks", "事件推送"), "hooks.index", Permission.MANAGE_WEBHOOKS)]
TONES = {DeliveryStatus.PENDING: "calm", DeliveryStatus.DELIVERED: "good", DeliveryStatus.FAILED: "stop"}


@blueprint.get("/webhooks")
@allow(Permission.MANAGE_WEBHOOKS)
def index() -> ResponseReturnValue:
    """Who is told, and the form for one more."""
    return _page()


@blueprint.post("/webhooks")
@allow(Permission.MANAGE_WEBHOOKS)
def subscribe() -> ResponseReturnValue:
    """One more; its secret is shown this once."""
    asked, errors = _asked()
    made = None
    if asked is not None:
        with refused(errors), transaction():
            if not first_time(by=actor()):  # a double click would be told everything twice
                return redirect(url_for("hooks.index"))
            made = webhooks.subscribe(asked.url, events=asked.events, by=actor(), settings=current_app.config["WMS"])
    return (_page(made=made), 200) if made else (_page(errors=errors), 422)


@blueprint.get("/webhooks/<int:number>")
@allow(Permission.MANAGE_WEBHOOKS)
def log(number: int) -> ResponseReturnValue:
    """What one webhook was told, newest first, and the form to change it."""
    return _log(number)


@blueprint.post("/webhooks/<int:number>")
@allow(Permission.MANAGE_WEBHOOKS)
def change(number: int) -> ResponseReturnValue:
    """Another address or other events."""
    asked, errors = _asked()
    by, settings = actor(), current_app.config["WMS"]
    if asked is not None:
        with refused(errors), transaction():
            active = webhooks.find(number, by=by).active
            webhooks.change(number, url=asked.url, events=asked.events, active=active, by=by, settings=settings)
    return (_log(number, errors=errors), 422) if errors else _back(number, T("Saved", "已保存"))


@blueprint.post("/webhooks/<int:number>/switch")
@allow(Permission.MANAGE_WEBHOOKS)
def switch(number: int) -> ResponseReturnValue:
    """On or off."""
    on = bool(request.form.get("on"))

    def work(by: Actor) -> None:
        one = webhooks.find(number, by=by)
        webhooks.change(number, url=one.url, events=one.events, active=on, by=by, settings=current_app.config["WMS"])

    return _done(number, work, T("It is told from now on, with what waited", "已启用，等待中的消息随即发送") if on else T("Off", "已停用"))


@blueprint.post("/webhooks/<int:number>/rotate")
@allow(Permission.MANAGE_WEBHOOKS)
def rotate(number: int) -> ResponseReturnValue:
    """A new secret, shown this once."""
    with transaction():
        made = webhooks.rotate(number, by=actor())
    return _log(number, made=made)


@blueprint.post("/webhooks/<int:number>/resend/<int:delivery>")
@allow(Permission.MANAGE_WEBHOOKS)
def resend(number: int, delivery: int) -> ResponseReturnValue:
    """Sends a message once more."""
    return _done(number, lambda by: webhooks.resend(number, delivery, by=by), T("It will be sent again", "将重新发送"))


@blueprint.post("/webhooks/<int:number>/resend")
@allow(Permission.MANAGE_WEBHOOKS)
def resend_given_up(number: int) -> ResponseReturnValue:
    """Sends everything once more that was given up."""
    words = T("What was given up will be sent again", "已放弃的消息将重新发送")
    return _done(number, lambda by: webhooks.resend_given_up(number, by=by), words)


@blueprint.post("/webhooks/<int:number>/remove")
@allow(Permission.MANAGE_WEBHOOKS)
def remove(number: int) -> ResponseReturnValue:
    """Stops telling it."""
    try:
        with transaction():
            webhooks.unsubscribe(number, by=actor())
        flash(T("Removed", "已删除").say(access.language()), "good")
    except NotFound as refusal:
        said(refusal)
    return redirect(url_for("hooks.index"))


def _asked() -> tuple[WebhookIn | None, dict[str, str]]:
    """What the form asks for, as the API would take it, or what is wrong with it."""
    return body_of(WebhookIn, {"url": field("url"), "events": field("events").replace(",", " ").replace("，", " ").split()})


def _done(number: int, work: Callable[[Actor], Any], words: Text) -> ResponseReturnValue:
    try:
        with transaction():
            work(actor())
    except (NotFound, Invalid) as refusal:
        said(refusal)
        return redirect(url_for("hooks.log", number=number))
    return _back(number, words)


def _back(number: int, words: Text) -> ResponseReturnValue:
    flash(words.say(access.language()), "good")
    return redirect(url_for("hooks.log", number=number))


def _page(*, errors: Mapping[str, str] | None = None, made: Webhook | None = None) -> str:
    found = webhooks.listed(by=actor())
    return render(
        "integrations/webhooks",
        webhooks=found,
        waiting=webhooks.waiting([one.id for one in found]),
        why=Off,
        errors=errors or {},
        made=made,
    )


def _log(number: int, *, errors: Mapping[str, str] | None = None, made: Webhook | None = None) -> str:
    one, page = webhooks.find(number, by=actor()), page_of(webhooks.log_of(number, by=actor()), {"id": Delivery.id}, "-id", scalars=True)
    waits = webhooks.waiting([number]).get(number, 0)
    return render(
        "integrations/log",
        webhook=one,
        page=page,
        body_of=_body_of,
        tones=TONES,
        words=DeliveryStatus,
        why=Off,
        waits=waits,
        errors=errors or {},
        made=made,
    )


def _body_of(one: Delivery) -> str:
    """What is posted, laid out for people."""
    return json.dumps(one.payload, ensure_ascii=False, indent=2)


# -- the home board ----------------------------------------------------------------------------------------------------


def _board(who: Actor) -> Board:
    found = webhooks.in_trouble(by=who)
    wait = webhooks.waiting([one.id for one in found])
    rows = [
        Row(
            one.url,
            url_for("hooks.log", number=one.id),
            why=Off(one.off_why).text if one.off_why else T("Takes nothing; {n} wait", "推送失败，{n} 条等待", n=wait.get(one.id, 0)),
            at=one.failing_since or one.off_at,
            tone="ask" if one.active else "stop",
        )
        for one in found
    ]
    figures = [Figure(T("Webhooks failing", "推送失败"), len(found), url_for("hooks.index"), "stop")] if found else []
    return Board(figures, rows, url_for("hooks.index"))


panels = [Panel("webhooks", T("Webhooks", "事件推送"), Permission.MANAGE_WEBHOOKS, _board, only_trouble=True)]
