"""Sign-off on the phone of a driver or a dispatcher: which delivery, what was wrong with it, who signed; and what was recorded."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.exceptions import NotFound as NoPicture

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session, transaction
from wms.i18n import T, counted, units
from wms.orders import driven, signatures, signing, signing_queries
from wms.orders.bodies import SignOffIn
from wms.orders.forms import local_moment
from wms.orders.models import Fault
from wms.photos import photos, pictures
from wms.shipping import deliveries, photo_subjects, shipments
from wms.shipping.deliveries import Goods
from wms.shipping.queries import ShipmentView
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, refusals, said
from wms.web.navigation import SHIPPING, Entry
from wms.web.problems import words_of
from wms.web.render import render
from wms.web.typed import REFUSALS

blueprint = Blueprint("signing", __name__)
navigation = [Entry(SHIPPING, T("Sign-off", "签收登记"), "signing.index", Permission.SIGN_OFF, count=deliveries.how_many_wait)]

_WRONG = ("damaged", "refused", "missing")
_MOST_PHOTOS = 6


@blueprint.get("/sign-off")
@allow(Permission.SIGN_OFF)
def index() -> ResponseReturnValue:
    """Scan a delivery note, or choose from what is on the road, truck by truck in the order of the stops. A driver has his own stops."""
    asked, found = request.args.get("q", "").strip(), None
    if asked:
        try:
            found = deliveries.found_by(asked, by=actor())
        except REFUSALS as refusal:
            said(refusal)
            return redirect(url_for("signing.index"))
        if len(found) == 1:
            return redirect(url_for("signing.one", number=found[0].number))
    if found is None and driven.only_own(actor()):
        return render("shipping/stops", stops=deliveries.stops_today(actor()))
    rows = deliveries.listed(actor()) if found is None else found
    return render("shipping/sign_off", rows=rows, asked=asked, most=deliveries.MOST)


@blueprint.get("/sign-off/<path:number>")
@allow(Permission.SIGN_OFF)
def one(number: str) -> ResponseReturnValue:
    """One delivery: the form, or what was signed for."""
    return _page(_shipment(number), {}, {}, 200)


def _shipment(number: str) -> ShipmentView:
    return deliveries.one(number, by=actor())


def _page(shipment: ShipmentView, errors: dict[str, str], typed: Any, status: int) -> ResponseReturnValue:
    signed = signing_queries.of_shipment(shipment.id) if shipment.signed_at else None
    page = "shipping/sign_off_done" if signed else "shipping/sign_off_one"
    return render(
        page,
        shipment=shipment,
        signed=signed,
        goods=deliveries.goods_of(shipment),
        faults=list(Fault),
        errors=errors,
        values=typed,
        earliest=_as_typed(shipment.left_at),
        latest=_as_typed(clock.now()),
        next=deliveries.next_stop(shipment, by=actor()),
    ), status


def _as_typed(moment: dt.datetime | None) -> str:
    return clock.local(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""


@blueprint.post("/sign-off/<path:number>")
@allow(Permission.SIGN_OFF)
def sign(number: str) -> ResponseReturnValue:
    """The customer has signed. Signature and photos are read before anything is locked."""
    shipment = _shipment(number)
    errors: dict[str, str] = {}
    goods = deliveries.goods_of(shipment)
    lines = _typed_lines(goods, errors)
    body, taken = None, []
    with refusals(errors):
        taken = _photos()
    if not errors:
        with refusals(errors):
            body = _body(shipment, lines, errors)
    if body is None or errors:
        _keep(taken, number)
        return _page(_shipment(number), errors, request.form, 422)
    session.rollback()  # what was read is read again behind the lock
    with refusals(errors), transaction():
        if first_time(by=actor(), file=b"".join(one.digest.encode() for one in taken)):
            body.sign_off(shipment.order, by=actor())
            for picture in taken:
                photos.attach(photo_subjects.SHIPMENT.kind, shipment.number, picture, by=actor())
    if errors:
        fresh = _shipment(number)
        if fresh.signed_at:
            flash(" ".join(errors.values()), "stop")
            return redirect(url_for("signing.one", number=number))
        _keep(taken, number)
        return _page(_shipment(number), _named(errors, lines, goods), request.form, 422)
    return redirect(url_for("signing.one", number=number))


def _typed_lines(goods: list[Goods], errors: dict[str, str]) -> list[dict[str, Any]]:
    """The lines of which something is wrong, as a body has them; nothing typed means that all of it is there."""
    language = access.language()
    lines = []
    for place, one in enumerate(goods, start=1):
        counts: dict[str, int] = {}
        for name in _WRONG:
            typed = request.form.get(f"{name}-{place}", "").strip() or "0"
            count = counted(typed, one.decimals)
            if count is None:
                errors[f"line-{place}"] = T("“{text}” cannot be counted", "“{text}” 不是有效数量", text=typed[:20]).say(language)
            counts[name] = count or 0
        wrong = sum(counts.values())
        if wrong > one.quantity:
            text = T("{wrong} are more than the {quantity} that left", "合计 {wrong}，超过出库的 {quantity}")
            shown = {"wrong": units(wrong, one.decimals), "quantity": units(one.quantity, one.decimals)}
            errors[f"line-{place}"] = text.say(language, **shown)
        reason = request.form.get(f"reason-{place}", "").strip()
        if wrong and not reason and f"line-{place}" not in errors:
            errors.setdefault(f"reason-{place}", T("Choose what is wrong", "请选择原因").say(language))
        if wrong:
            lines.append(
                {
                    "line": one.line,
                    "lot": one.lot if one.lots > 1 else None,
                    "delivered": one.quantity - wrong,
                    "damaged": counts["damaged"],
                    "refused": counts["refused"],
                    "reason": reason,
                }
            )
    return lines


def _body(shipment: ShipmentView, lines: list[dict[str, Any]], errors: dict[str, str]) -> SignOffIn | None:
    try:
        return SignOffIn.model_validate(
            {
                "signed_by": request.form.get("signed_by", ""),
                "signed_at": local_moment("signed_at") or None,
                "shipment": shipment.number,
                "lines": lines,
                "signature": request.form.get("signature", "").strip() or None,
                "comment": request.form.get("comment", "").strip() or None,
            }
        )
    except ValidationError as wrong:
        for one in wrong.errors(include_url=False):
            errors[str(one["loc"][0]) if one["loc"] else ""] = words_of(one).say(access.language())
        return None


def _named(errors: dict[str, str], lines: list[dict[str, Any]], goods: list[Goods]) -> dict[str, str]:
    """What is wrong with the lines as a whole stands over the form."""
    return {"" if name == "lines" else name: text for name, text in errors.items()} if lines or goods else errors


def _keep(taken: list[pictures.Picture], number: str) -> None:
    """A form that is refused cannot be given its photos back by any browser: they are kept with the shipment at once."""
    if not taken:
        return
    session.rollback()
    try:
        with transaction():
            for picture in taken:
                photos.attach(photo_subjects.SHIPMENT.kind, number, picture, by=actor())
    except REFUSALS as refusal:
        said(refusal)
    else:
        kept = T("{n} {n:photo/photos} kept: no need to take {n:it/them} again", "已保存 {n} 张照片，无需重拍", n=len(taken))
        flash(kept.say(access.language()), "good")


def _photos() -> list[pictures.Picture]:
    sent = [file for file in request.files.getlist("photo") if file.filename][:_MOST_PHOTOS]
    return [pictures.prepared(file.read(pictures.MOST_SENT + 1)) for file in sent]


@blueprint.post("/shipments/<path:number>/signed-copy")
@allow(Permission.SIGN_OFF)
def copy(number: str) -> ResponseReturnValue:
    """The customer's signed copy is back, perhaps with a scan of it; or it is not after all."""
    there = "shipping.one_shipment" if actor().may(Permission.SEE_ORDERS) else "signing.one"
    back = request.form.get("back") != "no"
    try:
        taken = _photos()
        with transaction():
            signing.receive_copy(number, back=back, by=actor())
            for picture in taken:
                photos.attach(photo_subjects.SHIPMENT.kind, number, picture, by=actor())
    except REFUSALS as refusal:
        said(refusal)
    else:
        done = T("The signed copy is here", "签收联已收回") if back else T("The signed copy is not here", "签收联未收回")
        flash(done.say(access.language()), "good" if back else "ask")
    return redirect(url_for(there, number=number))


@blueprint.get("/shipments/<path:number>/signature.<any(svg, png):form>")
@allow(Permission.SIGNED_IN)
def signature(number: str, form: str) -> ResponseReturnValue:
    """The drawn signature: strokes as they were read, or a picture drawn anew. For who sees orders, and who drove it there."""
    by = actor()
    shipment = shipments.find(number, by=by) if by.may(Permission.SEE_ORDERS) else deliveries.one(number, by=by)
    path, png = signing.drawn_for(shipment.id)
    content = png if form == "png" else signatures.svg(path).encode() if path else None
    if content is None:
        raise NoPicture
    return Response(content, mimetype="image/svg+xml" if form == "svg" else "image/png", headers={"Content-Disposition": "inline"})
