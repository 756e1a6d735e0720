"""Taking pictures with the handheld's camera or from the desk, and showing them to whoever may see what they show."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.photos import photos, pictures
from wms.photos.photos import Subject
from wms.web import access
from wms.web.access import NotPermitted, allow
from wms.web.forms import said
from wms.web.render import render
from wms.web.typed import REFUSALS

blueprint = Blueprint("photos", __name__, url_prefix="/photos")


@blueprint.app_template_global("photos_of")
def photos_of(kind: str, subject_id: int) -> dict[str, Any]:
    """For templates: the pictures of a thing, and whether this reader may add some."""
    who = access.person()
    return {"found": photos.of(kind, subject_id), "may_add": who is not None and photos.SUBJECTS[kind].may_add(subject_id, who)}


def _seen(kind: str, number: str) -> tuple[Subject, int, str]:
    """The kind of thing, and the one of this number. Who may not see all of them is not told which there are."""
    by, subject = actor(), photos.subject_of(kind)
    everything, refusal = by.may(subject.see), NotPermitted(permission=subject.see.text)
    if not everything and subject.own is None:
        raise refusal
    try:
        subject_id, known_as = subject.find(number, by)
    except NotFound:
        if everything:
            raise
        raise refusal from None
    if not subject.seen(subject_id, by):
        raise refusal
    return subject, subject_id, known_as


@blueprint.get("/<kind>/<path:number>")
@allow(Permission.SIGNED_IN)
def one(kind: str, number: str) -> ResponseReturnValue:
    """The pictures of one thing, and the camera: a page for the hand."""
    subject, subject_id, known_as = _seen(kind, number)
    return render(
        "photos/one",
        subject=subject,
        number=known_as,
        subject_id=subject_id,
        back=_back(subject, known_as),
    )


@blueprint.post("/<kind>/<path:number>")
@allow(Permission.SIGNED_IN)
def add(kind: str, number: str) -> ResponseReturnValue:
    """Keeps the picture that was taken. It is made small before the transaction begins."""
    by, (subject, subject_id, known_as) = actor(), _seen(kind, number)
    if not subject.may_add(subject_id, by):
        raise NotPermitted(permission=subject.add[0].text)
    try:
        file = request.files.get("photo")
        picture = pictures.prepared(file.read(pictures.MOST_SENT + 1) if file else b"")
        with transaction():
            photos.attach(kind, known_as, picture, by=by)
    except REFUSALS as refusal:
        said(refusal)
        return redirect(url_for("photos.one", kind=kind, number=known_as, back=request.form.get("back")))
    back = _back(subject, known_as)
    if not back.startswith("/scan/"):  # the scanner goes on where it was
        flash(T("Photo of {number} is kept", "{number} 的照片已保存", number=known_as).say(access.language()), "good")
    return redirect(back)


@blueprint.post("/away/<name>")
@allow(Permission.SIGNED_IN)
def take_away(name: str) -> ResponseReturnValue:
    """Deletes a picture that should not be there."""
    number, kind = request.form.get("number", ""), photos.find(name, by=actor()).subject_kind
    try:
        with transaction():
            photos.take_away(name, by=actor())
        flash(T("The photo is gone", "照片已删除").say(access.language()), "good")
    except Refused as refusal:
        said(refusal)
    return redirect(url_for("photos.one", kind=kind, number=number) if number else "/")


@blueprint.get("/full/<name>.jpg")
@allow(Permission.SIGNED_IN)
def picture(name: str) -> ResponseReturnValue:
    """The picture itself."""
    return _jpeg(photos.find(name, by=actor()).content)


@blueprint.get("/small/<name>.jpg")
@allow(Permission.SIGNED_IN)
def thumbnail(name: str) -> ResponseReturnValue:
    """The picture, small."""
    return _jpeg(photos.find(name, by=actor()).thumbnail)


def _jpeg(content: bytes) -> Response:
    """Always a JPEG of our own making: the type is never guessed, and no browser keeps it for the next person at the device."""
    return Response(content, mimetype="image/jpeg", headers={"Content-Disposition": 'inline; filename="photo.jpg"'})


def _back(subject: Subject, number: str) -> str:
    """Where the person came from: a scanner screen, or the thing's own page."""
    wanted = request.values.get("back", "")
    return wanted if re.fullmatch(r"/scan/[a-z]{1,20}", wanted) else subject.home(actor())(number)
