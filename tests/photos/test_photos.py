"""Pictures of what was wrong: made small and plain, kept once, shown only to who may see what they show."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image, ImageOps

from tests.http import Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import clock
from wms.actor import Actor, Role
from wms.db import session
from wms.orders import differences
from wms.orders.models import DifferenceKind, Outcome
from wms.photos import jobs, photos, pictures
from wms.photos.models import Photo
from wms.photos.pictures import NotAPhoto, PhotoMissing, PhotoTooLarge


def taken(size: tuple[int, int] = (800, 600), form: str = "JPEG", noise: bool = False, **more: Any) -> bytes:
    """A picture as a phone sends it."""
    image = Image.effect_noise(size, 120).convert("RGB") if noise else Image.new("RGB", size, "orange")
    stream = io.BytesIO()
    image.save(stream, form, **more)
    return stream.getvalue()


# -- what is kept of a picture -------------------------------------------------------------------------------------------------


def test_a_large_noisy_picture_becomes_small_enough() -> None:
    kept = pictures.prepared(taken((4000, 3000), noise=True, quality=60))
    assert max(kept.width, kept.height) <= 1600
    assert len(kept.content) <= 400 * 1024
    assert max(Image.open(io.BytesIO(kept.thumbnail)).size) <= 240


def test_place_time_and_camera_are_gone_and_the_picture_stands_upright() -> None:
    notes = Image.Exif()
    notes[0x0112], notes[0x010F], notes[0x8825] = 6, "Phone", {1: "N"}
    sent = taken((400, 200), exif=notes, comment=b"secret")
    assert b"Phone" in sent
    kept = pictures.prepared(sent)
    assert (kept.width, kept.height) == (200, 400)
    again = Image.open(io.BytesIO(kept.content))
    assert not again.getexif()
    assert b"Phone" not in kept.content
    assert b"secret" not in kept.content
    assert ImageOps.exif_transpose(again).size == (200, 400)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_other_forms_become_a_jpeg(form: str) -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (50, 40), (255, 0, 0, 0)).save(stream, form)
    kept = Image.open(io.BytesIO(pictures.prepared(stream.getvalue()).content))
    assert (kept.format, kept.mode) == ("JPEG", "RGB")
    assert min(kept.getpixel((5, 5))) > 250, "what is clear becomes white paper"


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (b"", PhotoMissing),
        (b"x" * (pictures.MOST_SENT + 1), PhotoTooLarge),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", NotAPhoto),
        (b"<html><script>alert(1)</script>", NotAPhoto),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 200, NotAPhoto),
        (b"%PDF-1.7 nothing", NotAPhoto),
    ],
    ids=["nothing", "too many bytes", "drawing with a script", "page", "a head and no picture", "paper"],
)
def test_what_is_no_picture_is_refused(sent: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        pictures.prepared(sent)


def test_half_a_picture_is_refused_and_so_is_one_that_unfolds_without_end() -> None:
    whole = taken((800, 600), noise=True)
    with pytest.raises(NotAPhoto):
        pictures.prepared(whole[: len(whole) // 2])
    stream = io.BytesIO()
    Image.new("1", (9000, 9000)).save(stream, "PNG")
    with pytest.raises(PhotoTooLarge):
        pictures.prepared(stream.getvalue())


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_small_file_of_many_pixels_is_refused_in_words_before_it_is_unfolded(form: str) -> None:
    sent = taken((4001, 4000), form)
    with pytest.raises(PhotoTooLarge) as refused:
        pictures.prepared(sent)
    assert len(sent) < 100_000
    assert "16 million pixels" in refused.value.say("en")


def test_a_jpeg_of_so_many_pixels_is_decoded_small() -> None:
    assert pictures.prepared(taken((6000, 4500))).width == 1600


def test_a_form_nobody_takes_pictures_in_is_refused() -> None:
    for form in ("GIF", "BMP", "TIFF"):
        with pytest.raises(NotAPhoto):
            pictures.prepared(taken((20, 20), form))


# -- at the desk and on the handheld -------------------------------------------------------------------------------------------


@pytest.fixture
def number(w: Warehouse) -> str:
    with w.transaction():
        return differences.note(DifferenceKind.DAMAGED, by=w.by, product=w.product("TEA"), quantity=2).number


def send(desk: Desk, address: str, content: bytes, name: str = "IMG_1.jpg", status: int = 302, **fields: str) -> Any:
    desk.post(address, status, photo=(io.BytesIO(content), name), **fields)
    return desk.last


def names() -> list[str]:
    session.rollback()
    return list(session.execute(sa.select(Photo.name).order_by(Photo.id)).scalars())


def test_a_picture_is_taken_seen_and_taken_away(client: Client, number: str) -> None:
    desk = Desk(client, Role.RECEIVER)
    assert 'capture="environment"' in desk.get(f"/photos/difference/{number}")
    send(desk, f"/photos/difference/{number}", taken())
    send(desk, f"/photos/difference/{number}", taken())
    (name,) = names()
    for size in ("full", "small"):
        answer = client.get(f"/photos/{size}/{name}.jpg")
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert f"/photos/small/{name}.jpg" in desk.get(f"/receiving/differences/{number}")
    assert f"/photos/small/{name}.jpg" in desk.get("/receiving/differences")
    desk.post(f"/photos/away/{name}", number=number)
    assert names() == []


def test_the_scanner_goes_on_where_it_was(client: Client, number: str) -> None:
    desk = Desk(client, Role.RECEIVER)
    assert send(desk, f"/photos/difference/{number}", taken(), back="/scan/receive").location == "/scan/receive"
    for elsewhere in ("//evil.example", "https://evil.example", "/scan/../people", "javascript:alert(1)"):
        answer = send(desk, f"/photos/difference/{number}", taken((300, 200)), back=elsewhere)
        assert answer.location == f"/receiving/differences/{number}"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_file_that_is_no_picture_is_refused_in_words(client: Client, number: str, language: str) -> None:
    desk = Desk(client, Role.RECEIVER, language=language)
    send(desk, f"/photos/difference/{number}", b"MZ\x90 a program", "photo.jpg")
    said = {"en": "This file is no photo", "zh_CN": "此文件不是可识别的照片"}[language]
    assert said in desk.get(f"/photos/difference/{number}")
    desk.post(f"/photos/difference/{number}")
    assert {"en": "There is no photo in it", "zh_CN": "没有收到照片"}[language] in desk.get(f"/photos/difference/{number}")
    assert names() == []


def test_only_who_may_see_the_thing_sees_its_pictures(client: Client, w: Warehouse, number: str) -> None:
    desk = Desk(client, Role.RECEIVER)
    send(desk, f"/photos/difference/{number}", taken())
    (name,) = names()
    guard = Desk(client, Role.GATE, name="guard")
    guard.get(f"/photos/full/{name}.jpg", 404)
    guard.get(f"/photos/difference/{number}", 403)
    guard.post(f"/photos/away/{name}", 404)
    looker = Desk(client, Role.FINANCE, name="looker")
    looker.get(f"/photos/full/{name}.jpg")
    send(looker, f"/photos/difference/{number}", taken((30, 30)), status=403)
    looker.post(f"/photos/away/{name}", 404)
    client.get("/sign-in/desk")
    assert len(names()) == 1
    stranger = w.person("stranger", site=w.site("SOUTH"))
    with pytest.raises(photos.PhotoUnknown):
        photos.find(name, by=stranger)
    for address in ("/photos/full/none.jpg", "/photos/difference/D-9", "/photos/person/ann", "/photos/full/../../etc.jpg"):
        looker.get(address, 404)


def test_somebody_not_signed_in_sees_nothing(client: Client, number: str) -> None:
    desk = Desk(client, Role.RECEIVER)
    send(desk, f"/photos/difference/{number}", taken())
    (name,) = names()
    stranger = client.application.test_client()
    assert stranger.get(f"/photos/full/{name}.jpg").status_code in (302, 401)


def attach(w: Warehouse, number: str, content: bytes, by: Actor | None = None) -> None:
    picture = pictures.prepared(content)
    with w.transaction():
        photos.attach("difference", number, picture, by=by or w.by)


def test_twelve_pictures_of_one_thing_are_enough(w: Warehouse, number: str) -> None:
    for side in range(photos.MOST):
        attach(w, number, taken((20 + side, 20)))
    with pytest.raises(photos.PhotosEnough):
        attach(w, number, taken((90, 90)))


def test_old_pictures_go_but_never_those_of_an_open_thing(w: Warehouse, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with w.transaction():
        other = differences.note(DifferenceKind.DAMAGED, by=w.by, product=w.product("TEA"), quantity=1).number
    attach(w, number, taken())
    attach(w, other, taken())
    with w.transaction():
        differences.settle(differences.lock(other, by=w.by), Outcome.CREDITED, by=w.by)
    assert jobs.forget_photos() == 0
    later = clock.now() + dt.timedelta(days=800)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert jobs.forget_photos() == 1
    assert photos.of("difference", photos.SUBJECTS["difference"].find(number, w.by)[0])


def test_the_message_after_a_difference_opens_the_camera(client: Client, number: str) -> None:
    """The scanner screen shows a photo to take as a form of its own, one tap away."""
    from flask import render_template

    from wms.scan.flow import Printed

    screen = {
        "flow": "receive", "step": "product", "version": 1, "title": "Receive", "prompt": "Scan", "accepts": [], "facts": [],
        "actions": [], "printed": [Printed.photo("difference", number)], "message": None,
    }  # fmt: skip
    with client.application.test_request_context("/scan/receive"):
        page = render_template("scan/_screen.html", screen=screen)
    assert re.search(rf'<form method="post" enctype="multipart/form-data" action="/photos/difference/{number}">', page)
    assert 'name="back" value="/scan/receive"' in page
