"""The company's logo is put up at the desk: only a picture, made small, on every paper from then on and on none that is kept."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from tests.http import Client
from tests.shipping.conftest import Yard
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Role
from wms.db import session
from wms.printing import keeping, logo
from wms.printing.keeping import Standing
from wms.printing.models import CompanyLogo
from wms.shipping import jobs


@pytest.fixture
def yard(w: Warehouse) -> Yard:
    return Yard(w)


def picture(colour: str, size: tuple[int, int] = (800, 200), form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, form)
    return stream.getvalue()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A small PNG that says it is enormous."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IEND\xaeB`\x82"


def put(desk: Desk, content: bytes, status: int = 302, name: str = "logo.png") -> str:
    return desk.post("/paper-templates/logo", status, logo=(io.BytesIO(content), name))


def colour(png: bytes | None) -> tuple[int, ...]:
    assert png
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        assert image.width <= logo.WIDEST
        assert image.height <= logo.TALLEST
        return image.convert("RGB").getpixel((1, 1))  # type: ignore[return-value]


def on_paper(number: str, yard: Yard) -> tuple[int, ...]:
    """The colour of the logo that the delivery note bears."""
    session.rollback()
    found = keeping.read("delivery-note", number, by=yard.by)
    assert isinstance(found, Standing)
    return colour(keeping.papers_of(found, None, by=yard.by)[0].company.logo)


def test_every_paper_bears_the_logo_from_then_on_and_what_is_kept_the_one_it_had(yard: Yard, client: Client) -> None:
    desk = Desk(client)
    assert "No logo yet" in desk.get("/paper-templates")
    desk.get("/paper-templates/logo.png", 404)
    put(desk, picture("red"))
    page = desk.get("/paper-templates")
    assert "Put up by Ann" in page
    assert "/paper-templates/logo.png" in page
    carton = yard.packed("SO-1", APPLE=1)
    load, number = yard.plan("SO-1"), yard.shipment("SO-1").number
    assert on_paper(number, yard) == (255, 0, 0)
    yard.load(load, carton)
    yard.leave(yard.close(load))
    jobs.keep_papers()
    put(desk, picture("blue", form="JPEG"), name="logo.jpg")
    assert colour(desk.client.get("/paper-templates/logo.png").data)[2] > 250
    assert on_paper(number, yard) == (255, 0, 0)
    yard.packed("SO-2", APPLE=1)
    assert on_paper(yard.shipment("SO-2").number, yard)[2] > 250
    assert session.execute(sa.select(sa.func.count()).select_from(CompanyLogo)).scalar_one() == 1
    session.rollback()
    desk.post("/paper-templates/logo/remove")
    assert "No logo yet" in desk.get("/paper-templates")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture that can be read"),
        (picture("red")[:90], "no picture that can be read"),
        (picture("red", form="GIF"), "no picture that can be read"),
        (bomb(), "too large"),
        (bomb(5000, 5000), "too large"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * (logo.MOST_SENT + 1), "too large"),
    ],
    ids=["empty", "svg", "broken", "gif", "bomb", "unfolded", "bytes"],
)
def test_what_is_no_picture_or_too_large_is_refused_in_words(client: Client, w: Warehouse, content: bytes, said: str) -> None:
    assert w.by
    desk = Desk(client)
    page = put(desk, content, 422)
    assert said in page, page[page.index("Company logo") :][:2500]
    assert session.execute(sa.select(CompanyLogo.id)).first() is None


def test_the_file_of_the_settings_is_the_logo_until_one_is_put_up(app: Flask, w: Warehouse, tmp_path: object) -> None:
    assert w.by
    path = f"{tmp_path}/logo.png"
    with open(path, "wb") as file:
        file.write(picture("green"))
    assert colour(logo.current(path)) == (0, 128, 0)
    with w.transaction():
        logo.put(logo.prepared(picture("red")), by=w.by)
    assert colour(logo.current(path)) == (255, 0, 0)
    with w.transaction():
        logo.take_away()
    assert colour(logo.current(path)) == (0, 128, 0)


def test_a_supervisor_puts_up_no_logo(client: Client, w: Warehouse) -> None:
    assert w.by
    desk = Desk(client, Role.SUPERVISOR)
    put(desk, picture("red"), 403)
