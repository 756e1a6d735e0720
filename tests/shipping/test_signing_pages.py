"""The phone of a driver: found by any number, signed once, what is wrong is shown beside what was typed; and finance's list."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.exc import OperationalError
from time_machine import travel

from tests.http import Client
from tests.shipping.conftest import Yard
from tests.shipping.test_signing import Road
from tests.web.desk import Desk
from wms import clock
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.orders import bodies, signing
from wms.photos import photos
from wms.photos.models import Photo

STROKES = "M60 120L90 40L120 120M70 90L112 90"


@pytest.fixture
def road(yard: Yard) -> Road:
    return Road(yard)


def desk_of(app: Application, role: Role, language: str = "en") -> Desk:
    client = app.test_client()
    assert isinstance(client, Client)
    return Desk(client, role, name=f"desk-{role.value}-{language}", language=language)


@pytest.fixture
def driver(app: Application, road: Road) -> Desk:
    return desk_of(app, Role.DISPATCHER)


def once(page: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found
    return found[1]


def photo() -> tuple[io.BytesIO, str]:
    stream = io.BytesIO()
    Image.new("RGB", (80, 60), "red").save(stream, "JPEG")
    stream.seek(0)
    return stream, "paper.jpg"


def test_a_photo_is_there_however_often_the_database_wants_the_whole_once_more(
    road: Road, driver: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment = road.gone("SO-1", APPLE=2)
    real, tries = signing.sign_off, []

    def once_in_vain(*what: Any, **more: Any) -> Any:
        tries.append(what)
        if len(tries) == 1:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return real(*what, **more)

    monkeypatch.setattr(bodies.signing, "sign_off", once_in_vain)
    driver.post(f"/sign-off/{shipment}", once=once(driver.get(f"/sign-off/{shipment}")), signed_by="Li", photo=photo())
    session.rollback()
    assert (len(tries), road.yard.shipment("SO-1").signed_by) == (2, "Li")
    assert session.execute(sa.select(sa.func.count()).select_from(Photo)).scalar_one() == 1


def test_a_form_that_is_refused_keeps_its_photos(road: Road, driver: Desk) -> None:
    """No browser gives a chosen file back: what was taken at the customer's door is not to be taken twice."""
    shipment = road.gone("SO-1", APPLE=2)
    wrong = {"signed_by": "Li", "refused-1": "99", "reason-1": "x"}
    said = driver.post(f"/sign-off/{shipment}", 422, once=once(driver.get(f"/sign-off/{shipment}")), photo=photo(), **wrong)
    session.rollback()
    assert "1 photo kept: no need to take it again" in said
    assert "99" in said
    assert session.execute(sa.select(sa.func.count()).select_from(Photo)).scalar_one() == 1
    driver.post(f"/sign-off/{shipment}", once=once(said), signed_by="Li")
    session.rollback()
    assert road.yard.shipment("SO-1").signed_by == "Li"
    assert len(photos.of("shipment", road.yard.shipment("SO-1").id)) == 1


def test_photos_go_until_it_is_signed_for_and_stay_from_then_on(road: Road, driver: Desk) -> None:
    shipment = road.gone("SO-1", APPLE=2)
    names = sa.select(Photo.name)
    driver.post(f"/photos/shipment/{shipment}", photo=photo())
    session.rollback()
    driver.post(f"/photos/away/{session.execute(names).scalar_one()}", number=shipment)
    session.rollback()
    assert session.execute(names).all() == []
    assert road.yard.events("SO-1")[-1] == "order.photo_removed"
    driver.post(f"/photos/shipment/{shipment}", photo=photo())
    road.sign("SO-1")
    session.rollback()
    said = driver.post(f"/photos/away/{session.execute(names).scalar_one()}", number=shipment)
    session.rollback()
    assert len(session.execute(names).all()) == 1
    assert "its photos stay" in driver.get(f"/photos/shipment/{shipment}") or "its photos stay" in str(said)
    assert photos.of("shipment", road.yard.shipment("SO-1").id)


def test_a_delivery_is_found_by_whatever_is_scanned(road: Road, driver: Desk) -> None:
    carton = road.yard.packed("SO-1", APPLE=2)
    load = road.yard.plan("SO-1")
    road.yard.load(load, carton)
    gate_pass = road.yard.close(load)
    road.yard.leave(gate_pass)
    shipment = road.yard.shipment("SO-1").number
    assert shipment in driver.get("/sign-off")
    for text in (shipment.lower(), "so-1", load.number, gate_pass, carton, "00" + carton):
        driver.get(f"/sign-off?q={text}", status=302)
        assert driver.last.headers["Location"] == f"/sign-off/{shipment}", text
    driver.get("/sign-off?q=nothing", status=302)
    assert "no delivery note, order, load" in driver.get("/sign-off")


def test_a_load_is_listed_in_the_order_of_its_stops(road: Road, driver: Desk) -> None:
    cartons = [road.yard.packed(number, APPLE=1, customer=customer) for number, customer in (("SO-1", "NEAR"), ("SO-2", "FAR"))]
    load = road.yard.plan("SO-2", "SO-1")
    road.yard.load(load, *cartons)
    road.yard.leave(road.yard.close(load))
    page = driver.get(f"/sign-off?q={load.number}")
    assert page.index("FAR") < page.index("NEAR")
    first, second = road.yard.shipment("SO-2").number, road.yard.shipment("SO-1").number
    done = driver.post(f"/sign-off/{first}", signed_by="Wang")
    assert done is not None
    assert f'href="/sign-off/{second}"' in driver.get(f"/sign-off/{first}"), "the next stop is one tap away"


def test_signed_on_the_phone_with_strokes_a_photo_and_what_is_wrong(road: Road, driver: Desk) -> None:
    shipment = road.gone("SO-1", APPLE=10, PEAR=4)
    page = driver.get(f"/sign-off/{shipment}")
    fields: dict[str, Any] = {
        "once": once(page), "signed_by": "李雷", "signature": STROKES, "damaged-1": "2", "missing-1": "1", "reason-1": "crushed",
        "comment": "left at the back door",
    }  # fmt: skip
    driver.post(f"/sign-off/{shipment}", **fields, photo=photo())
    assert road.rows("SO-1") == [(7, 2, 0, 1, "crushed"), (4, 0, 0, 0, None)]
    page = driver.get(f"/sign-off/{shipment}")
    for words in (
        "李雷",
        "left at the back door",
        "Crushed or broken",
        "damaged 2",
        "missing 1",
        f"/shipments/{shipment}/signature.svg",
        "/photos/small/",
    ):
        assert words in page, words
    strokes = driver.get(f"/shipments/{shipment}/signature.svg")
    assert STROKES in strokes
    assert driver.last.headers["Content-Type"].startswith("image/svg+xml")
    driver.get(f"/shipments/{shipment}/signature.png", status=404)
    desk = driver.get(f"/shipments/{shipment}")
    assert "Not back yet" in desk
    driver.post(f"/shipments/{shipment}/signed-copy", photo=photo())
    assert "Here since" in driver.get(f"/shipments/{shipment}")


def test_a_double_tap_signs_once(road: Road, driver: Desk) -> None:
    shipment = road.gone("SO-1", APPLE=2)
    key = once(driver.get(f"/sign-off/{shipment}"))
    for _ in range(2):
        driver.post(f"/sign-off/{shipment}", once=key, signed_by="Wang")
    assert road.rows("SO-1") == [(2, 0, 0, 0, None)]
    page = driver.get(f"/sign-off/{shipment}")
    assert "was signed for by" not in page, "the same tap twice is nobody else's"
    driver.post(f"/sign-off/{shipment}", once="another", signed_by="Zhao")
    assert "was signed for by Wang" in driver.get(f"/sign-off/{shipment}"), "the second person reads who was first"
    assert road.yard.shipment("SO-1").signed_by == "Wang"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"signed_by": ""}, "Not recorded yet"),
        ({"damaged-1": "11", "reason-1": "wet"}, "11 are more than the 10 that left"),
        ({"damaged-1": "6", "missing-1": "5", "reason-1": "wet"}, "11 are more than the 10 that left"),
        ({"damaged-1": "-1", "reason-1": "wet"}, "cannot be counted"),
        ({"damaged-1": "two", "reason-1": "wet"}, "cannot be counted"),
        ({"damaged-1": "1.5", "reason-1": "wet"}, "cannot be counted"),
        ({"damaged-1": "9" * 40, "reason-1": "wet"}, "cannot be counted"),
        ({"damaged-1": "1"}, "Choose what is wrong"),
        ({"damaged-1": "1"}, 'name="reason-1" aria-invalid="true"'),
        ({"signature": "M1 1<script>"}, "This is no signature"),
        ({"signature": "M1 1" * 10_000}, "The signature is too large"),
        ({"signed_at": "2031-01-01T10:00"}, "cannot be the time of signing"),
        ({"signed_at": "2001-01-01T10:00"}, "cannot be the time of signing"),
        ({"signed_at": "yesterday"}, "Not recorded yet"),
        ({"signed_by": "a\x07b"}, "Not recorded yet"),
        ({"photo": (io.BytesIO(b"%PDF-1.7"), "paper.jpg")}, "no photo that can be read"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(road: Road, driver: Desk, fields: dict[str, Any], words: str) -> None:
    shipment = road.gone("SO-1", APPLE=10)
    typed = {"signed_by": "Wang 王", "comment": "kept", **fields}
    if "photo" in typed:
        typed["photo"] = (io.BytesIO(b"%PDF-1.7"), "paper.jpg")
    page = driver.post(f"/sign-off/{shipment}", status=422, **typed)
    assert words in page
    assert 'value="kept"' in page
    assert road.rows("SO-1") == []


def test_only_who_may_signs_and_only_here(app: Application, road: Road) -> None:
    shipment = road.gone("SO-1", APPLE=10)
    packer = desk_of(app, Role.PACKER)
    packer.get("/sign-off", status=403)
    packer.post(f"/sign-off/{shipment}", status=403, signed_by="x")
    driver = desk_of(app, Role.DISPATCHER, "zh_CN")
    driver.get("/sign-off/S-404", status=404)
    assert "送达情况" in driver.get(f"/sign-off/{shipment}")


def test_what_has_not_left_cannot_be_signed_for(road: Road, driver: Desk) -> None:
    road.yard.packed("SO-1", APPLE=2)
    shipment = road.yard.shipment("SO-1").number
    assert "has not left the gate" in driver.get(f"/sign-off/{shipment}")
    driver.post(f"/sign-off/{shipment}", status=422, signed_by="Wang")


def test_finance_sees_what_may_be_posted_and_closes_what_it_ticks(app: Application, road: Road) -> None:
    finance = desk_of(app, Role.FINANCE)
    for number in ("SO-1", "SO-2", "SO-3"):
        road.gone(number, APPLE=2)
    road.sign("SO-1")
    road.settle("SO-1")
    road.sign("SO-2", signing.SignedLine("1", 1, damaged=1))
    road.settle("SO-2")

    def listed(state: str) -> set[str]:
        return set(re.findall(r">(SO-\d)<", finance.get(f"/postings?state={state}")))

    assert [listed(state) for state in ("ready", "differences", "unsigned", "closed")] == [{"SO-1"}, {"SO-2"}, {"SO-3"}, set()]
    finance.post("/postings/close", order=["SO-1", "SO-2", "SO-3"], state="ready")
    page = finance.get("/postings?state=closed")
    assert "1 order closed" in page
    assert "differences that are still open" in page
    finance.post("/postings/close", order=["SO-2"], reason="half price", state="differences")
    assert listed("closed") == {"SO-1", "SO-2"}
    assert "half price" in finance.get("/postings?state=closed")
    assert finance.get("/postings?state=closed&export=csv").count("\n") == 3
    driver = desk_of(app, Role.DISPATCHER)
    driver.get("/postings")
    driver.post("/postings/close", status=403, order=["SO-3"])


# -- the home board ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.FINANCE])
def test_the_board_says_what_was_on_the_road_for_too_long(road: Road, app: Application, role: Role) -> None:
    late = road.gone("SO-1", APPLE=2)
    with travel(clock.now() + dt.timedelta(hours=60), tick=False):
        fresh = road.gone("SO-2", APPLE=2)
        desk = desk_of(app, role)
        page = desk.get("/")
        panel = page[page.index("Left and not signed for") :]
        assert ("For more than 48 h" in panel, late in page, fresh in page) == (True, True, False)
        road.sign("SO-1")
        page = desk.get("/")
        assert late not in page[page.index("Left and not signed for") :]


def test_sales_have_no_such_panel(road: Road, app: Application) -> None:
    road.gone("SO-1", APPLE=2)
    assert "Left and not signed for" not in desk_of(app, Role.SALES).get("/")
