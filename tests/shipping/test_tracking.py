"""Carriers' numbers: typed, from a file, or booked by the background, once for each parcel."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from tests.web.desk import Desk as People
from wms import clock
from wms.actor import Role
from wms.db import session
from wms.events import Event
from wms.integrations import imports
from wms.printing import printers, stations
from wms.printing.drawn import drawn
from wms.printing.models import Printer, PrinterKind, PrintJob, Takes
from wms.shipping import booking, booking_jobs, carriers, tracking
from wms.shipping.bench_models import Booking
from wms.shipping.carriers import Booked, CarrierTrouble, ToBook

APPLE = "6901234567892"
RANGE: dict[str, object] = {"service": "EC", "country": "CN", "first": 1, "last": 99}


@pytest.fixture(autouse=True)
def _goods(yard: Yard) -> None:
    yard.product("APPLE", APPLE)
    yard.w.partner("POST", kind="carrier")


def put(yard: Yard, of: str, number: str, **more: Any) -> tracking.Tracked:
    with yard.w.transaction():
        return tracking.put(of, number, by=yard.by, **more)


class Desk:
    """A carrier that a test asks: it may be away, and it remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[ToBook] = []
        self.away = False
        self.label: bytes | None = None

    def book(self, parcel: ToBook) -> Booked:
        self.asked.append(parcel)
        if self.away:
            raise CarrierTrouble("the line is busy")
        return Booked(f"XX{parcel.serial:08d}CN", self.label)

    def of(self, method: str, settings: dict[str, Any]) -> Desk:
        return self


@pytest.fixture
def desk(yard: Yard) -> Desk:
    with yard.w.transaction():
        booking.put_account("POST", "own_range", RANGE, by=yard.by)
    return Desk()


def due_now() -> None:
    session.rollback()
    session.execute(sa.update(Booking).values(due_at=clock.now() - dt.timedelta(seconds=1)))
    session.commit()


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_a_number_is_scanned_at_the_bench(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1)
    bench.scan("SO-1", APPLE, "CMD:TRACKING", "SF-1234567")
    assert (bench.step, bench.tone, bench.printed) == ("weight", "good", []), "its label comes with the weight, and bears the number"
    bench.scan("120")
    assert bench.printed[:2] == ["handling-unit", "packing-slip"]
    session.rollback()
    assert yard.shipment("SO-1").tracking == "SF-1234567"
    assert "order.tracking" in yard.events("SO-1")


def test_an_order_a_shipment_and_a_parcel_are_numbered(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    put(yard, "SO-1", "SF-0001", carrier="POST")
    assert (yard.unit(carton).tracking, yard.shipment("SO-1").tracking) == ("SF-0001", "SF-0001")
    put(yard, yard.shipment("SO-1").number, "SF-0002")
    put(yard, "00" + carton, "SF-0003")
    assert (yard.unit(carton).tracking, yard.shipment("SO-1").tracking) == ("SF-0003", "SF-0003")
    assert yard.shipment("SO-1").carrier_id == yard.w.partner("POST").id


def test_who_listens_hears_the_number_with_the_truck_that_left(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    before = yard.order("SO-1").updated_at
    put(yard, "SO-1", "SF-0001")
    assert yard.order("SO-1").updated_at > before, "who asks what has changed finds it by its number"
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    facts = session.execute(sa.select(Event.facts).where(Event.code == "order.shipped")).scalar_one()
    assert facts == {"before": "loaded", "load": load.number, "shipment": yard.shipment("SO-1").number, "tracking": "SF-0001"}


def test_one_number_is_one_parcel(yard: Yard) -> None:
    yard.packed("SO-1", APPLE=1)
    yard.packed("SO-2", APPLE=1)
    put(yard, "SO-1", "SF-0001")
    for of, number, refusal in (
        ("SO-2", "SF-0001", tracking.TrackingTaken), ("SO-9", "SF-0002", tracking.TrackedUnknown), ("SO-2", "x", tracking.TrackingWrong),
        ("SO-2", "^XA~ZPL", tracking.TrackingWrong), ("SO-2", "单号一二三四", tracking.TrackingWrong),
    ):  # fmt: skip
        with pytest.raises(refusal):
            put(yard, of, number)


@pytest.mark.broken  # nor do parcels
def test_whose_number_it_is_at_another_site_is_not_told(yard: Yard) -> None:
    yard.packed("SO-1", APPLE=1)
    theirs = yard.packed("SO-2", APPLE=1)
    put(yard, "SO-2", "SF-0001")
    two = yard.w.site("TWO")
    with yard.w.transaction():
        for table in ("handling_units", "shipments"):
            session.execute(sa.text(f"UPDATE {table} SET site_id = :site WHERE tracking = 'SF-0001'"), {"site": two})
    with pytest.raises(tracking.TrackingTaken) as taken:
        put(yard, "SO-1", "SF-0001")
    assert theirs not in taken.value.say("en")
    assert "another site" in taken.value.say("en")


def test_what_has_left_keeps_its_number(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    put(yard, "SO-1", "SF-0001")
    with pytest.raises(tracking.TrackingLeft):
        put(yard, "SO-1", "SF-0002")


def test_a_file_of_numbers_is_taken_whole_or_not_at_all(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    yard.packed("SO-2", APPLE=1)
    rows = f"order,shipment,sscc,carrier,tracking\nSO-2,,,POST,SF-0002\n,,{carton},,SF-0001\n"
    bad = imports.import_file("tracking", io.BytesIO((rows + "SO-9,,,,SF-0009\n").encode()), by=yard.by)
    assert [(error.line, error.code) for error in bad.errors] == [(4, "tracked_unknown")]
    assert yard.shipment("SO-2").tracking is None
    done = imports.import_file("tracking", io.BytesIO(rows.encode()), by=yard.by)
    assert (done.taken, yard.shipment("SO-1").tracking, yard.shipment("SO-2").tracking) == (2, "SF-0001", "SF-0002")


# -- by the background -------------------------------------------------------------------------------------------------


def test_the_house_numbers_parcels_from_its_range(yard: Yard, desk: Desk) -> None:
    yard.picked("SO-1", carrier="POST", APPLE=2)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 1, first)
    second = yard.full("SO-1", first)
    assert booking_jobs.book_parcels() == 0, "it is not packed yet"
    yard.pack("SO-1", "APPLE", 1, second)
    assert booking_jobs.book_parcels() == 2
    numbers = [yard.unit(code).tracking for code in (first, second)]
    assert numbers == ["EC000000014CN", "EC000000028CN"]
    assert all(carriers.is_right(one or "") for one in numbers)
    assert yard.shipment("SO-1").tracking == "EC000000014CN"
    assert booking_jobs.book_parcels() == 0


def test_a_carrier_that_is_away_is_asked_again_with_the_same_reference(yard: Yard, desk: Desk) -> None:
    yard.packed("SO-1", carrier="POST", APPLE=1)
    desk.away = True
    assert booking_jobs.book_parcels(desk.of) == 0
    assert booking_jobs.book_parcels(desk.of) == 0, "not at once again"
    assert [row[2:] for row in booking.waiting("POST", by=yard.by)] == [(1, "the line is busy")]
    desk.away = False
    due_now()
    assert booking_jobs.book_parcels(desk.of) == 1
    assert len({(one.reference, one.serial) for one in desk.asked}) == 1
    assert len(desk.asked) == 2


def test_whoever_dies_after_asking_books_no_parcel_twice(yard: Yard, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    carton = yard.packed("SO-1", carrier="POST", APPLE=1)

    def dies(*_: object) -> bool:
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr(booking, "written", dies)
        with pytest.raises(SystemExit):
            booking_jobs.book_parcels(desk.of)
    due_now()
    assert booking_jobs.book_parcels(desk.of) == 1
    assert [one.serial for one in desk.asked] == [1, 1]
    assert yard.unit(carton).tracking == "XX00000001CN"


def test_a_number_that_somebody_typed_meanwhile_stays(yard: Yard, desk: Desk) -> None:
    carton = yard.packed("SO-1", carrier="POST", APPLE=1)
    desk.away = True
    booking_jobs.book_parcels(desk.of)
    put(yard, carton, "SF-0001")
    desk.away = False
    due_now()
    assert booking_jobs.book_parcels(desk.of) == 0
    assert yard.unit(carton).tracking == "SF-0001"


def test_a_range_that_is_used_up_says_so(yard: Yard, desk: Desk) -> None:
    with yard.w.transaction():
        booking.put_account("POST", "own_range", {**RANGE, "last": 1}, by=yard.by)
    for number in ("SO-1", "SO-2"):
        yard.packed(number, carrier="POST", APPLE=1)
    assert booking_jobs.book_parcels() == 1
    assert [row[3] for row in booking.waiting(by=yard.by)] == ["the range is used up"]


def account(yard: Yard, first: int, last: int) -> None:
    with yard.w.transaction():
        booking.put_account("POST", "own_range", {**RANGE, "first": first, "last": last}, by=yard.by)


def serials(*cartons: str, yard: Yard) -> list[int]:
    """The eight digits of the parcels' numbers, 0 where one has none."""
    session.rollback()
    return [int((yard.unit(code).tracking or "EC00000000")[2:10]) for code in cartons]


def test_a_new_range_is_used_from_its_first_number_on(yard: Yard, desk: Desk) -> None:
    account(yard, 100, 101)
    cartons = [yard.packed(number, carrier="POST", APPLE=1) for number in ("SO-1", "SO-2", "SO-3")]
    assert booking_jobs.book_parcels() == 2
    account(yard, 500, 501)
    assert booking_jobs.book_parcels() == 1
    assert serials(*cartons, yard=yard) == [100, 101, 500]
    cartons.append(yard.packed("SO-4", carrier="POST", APPLE=1))
    account(yard, 500, 600)
    assert booking_jobs.book_parcels() == 1, "a longer range is the same one"
    assert serials(*cartons, yard=yard) == [100, 101, 500, 501]


def test_a_range_that_is_corrected_gives_no_number_twice(yard: Yard, desk: Desk) -> None:
    account(yard, 100, 200)
    cartons = [yard.packed(number, carrier="POST", APPLE=1) for number in ("SO-1", "SO-2")]
    assert booking_jobs.book_parcels() == 2
    typed = Booked("EC" + f"{102:08d}{carriers.check_digit(102)}" + "CN").tracking
    other = yard.packed("SO-9", APPLE=1)
    put(yard, other, typed)
    account(yard, 99, 200)
    cartons += [yard.packed(number, carrier="POST", APPLE=1) for number in ("SO-3", "SO-4")]
    assert booking_jobs.book_parcels() == 2
    assert serials(*cartons, other, yard=yard) == [100, 101, 99, 103, 102]


def test_a_carrier_that_insists_on_a_number_that_is_taken_is_asked_later(yard: Yard, desk: Desk) -> None:
    yard.packed("SO-9", APPLE=1)
    put(yard, "SO-9", "SAME-1")
    carton = yard.packed("SO-1", carrier="POST", APPLE=1)

    class Stubborn:
        asked = 0

        def book(self, parcel: ToBook) -> Booked:
            self.asked += 1
            return Booked("SAME-1")

    post = Stubborn()
    assert booking_jobs.book_parcels(lambda method, settings: post) == 0
    assert (post.asked, yard.unit(carton).tracking) == (2, None)
    assert [row[3] for row in booking.waiting(by=yard.by)] == ["SAME-1 is taken already"]


def test_what_is_no_parcel_any_more_is_not_asked_for_again(yard: Yard, desk: Desk) -> None:
    yard.w.partner("OTHER", kind="carrier")
    cartons = {number: yard.packed(number, carrier="POST", APPLE=1) for number in ("SO-1", "SO-2", "SO-3")}
    desk.away = True
    booking_jobs.book_parcels(desk.of)
    yard.cancel("SO-1")
    put(yard, cartons["SO-2"], "SF-0001")
    with yard.w.transaction():
        yard.shipment("SO-3").carrier_id = yard.w.partner("OTHER").id
    due_now()
    asked = len(desk.asked)
    assert booking_jobs.book_parcels(desk.of) == 0
    assert len(desk.asked) == asked
    session.rollback()
    assert session.execute(sa.select(sa.func.count()).select_from(Booking)).scalar_one() == 0


def test_a_parcel_that_changed_its_carrier_is_booked_with_the_new_one(yard: Yard, desk: Desk) -> None:
    yard.w.partner("OTHER", kind="carrier")
    with yard.w.transaction():
        booking.put_account("OTHER", "own_range", {**RANGE, "service": "RA"}, by=yard.by)
    carton = yard.packed("SO-1", carrier="POST", APPLE=1)
    desk.away = True
    booking_jobs.book_parcels(desk.of)
    with yard.w.transaction():
        yard.shipment("SO-1").carrier_id = yard.w.partner("OTHER").id
    due_now()
    booking_jobs.book_parcels(desk.of)
    assert booking_jobs.book_parcels() == 1
    assert (yard.unit(carton).tracking or "").startswith("RA")


def test_a_site_is_told_of_its_own_parcels(yard: Yard, desk: Desk) -> None:
    yard.packed("SO-1", carrier="POST", APPLE=1)
    desk.away = True
    booking_jobs.book_parcels(desk.of)
    elsewhere = yard.w.person("elsewhere", site=yard.w.site("TWO"))
    assert (len(booking.waiting(by=yard.by)), booking.waiting(by=elsewhere)) == (1, [])


@pytest.mark.parametrize(("number", "digit"), [(1, 4), (47312482, 9), (99999999, 5)])
def test_check_digits(number: int, digit: int) -> None:
    assert carriers.check_digit(number) == digit
    assert carriers.is_right(f"RA{number:08d}{digit}CN")


@pytest.mark.parametrize("wrong", [{"service": "ec"}, {"country": "CHN"}, {"first": 0}, {"last": 0}, {"last": 10**9}])
def test_a_carrier_is_set_up_in_full(yard: Yard, wrong: dict[str, object]) -> None:
    with pytest.raises(carriers.AccountWrong), yard.w.transaction():
        booking.put_account("POST", "own_range", {**RANGE, **wrong}, by=yard.by)
    with pytest.raises(carriers.AccountWrong):
        carriers.of("telepathy", {})
    with pytest.raises(booking.NoAccount):
        booking.account_of("POST")


# -- the carrier's own label -------------------------------------------------------------------------------------------

PDF = b"%PDF-1.4 the carrier's own"


def printers_at_the_bench(yard: Yard, folders: str, *, labels: str | None, papers: str | None) -> None:
    with yard.w.transaction():
        for code, takes in (("ROLL", "labels"), ("SHEET", "papers")):
            printers.save(
                code, printers.Wish(name=code, kind=PrinterKind.FILE, takes=Takes(takes), folder=code), by=yard.by, folders=folders
            )
        stations.save(location="PACK", labels=labels, papers=papers, by=yard.by)


def jobs_of(kind: str) -> list[tuple[str, str]]:
    session.rollback()
    query = sa.select(PrintJob.number, Printer.code).join(Printer, Printer.id == PrintJob.printer_id).where(PrintJob.kind == kind)
    return [(row[0], row[1]) for row in session.execute(query.order_by(PrintJob.id))]


@pytest.mark.parametrize(("labels", "printed_at"), [("ROLL", "ROLL"), (None, "SHEET")])
def test_a_carriers_own_label_comes_out_at_the_bench_and_again(
    yard: Yard, desk: Desk, bench: Scanner, api: Api, client: Client, tmp_path: Path, labels: str | None, printed_at: str
) -> None:
    printers_at_the_bench(yard, str(tmp_path), labels=labels, papers="SHEET")
    desk.label = PDF
    yard.picked("SO-1", carrier="POST", APPLE=1)
    bench.scan("SO-1", APPLE, "CMD:DONE")
    carton = yard.unit_of("SO-1")
    assert "carrier-label" not in bench.printed, "nobody asked the carrier yet"
    assert booking_jobs.book_parcels(desk.of) == 1
    assert booking_jobs.book_parcels(desk.of) == 0
    assert jobs_of("carrier-label") == [(carton, printed_at)]
    bench.scan(carton, "CMD:PRINT", "SPOILED")
    assert "carrier-label" in bench.printed
    assert jobs_of("carrier-label") == [(carton, printed_at)] * 2
    (parcel,) = api.get(f"/shipments/{yard.shipment('SO-1').number}")["parcels"]
    assert parcel["carrier_label"] == f"/documents/carrier-label/{carton}.pdf"
    assert client.get(parcel["carrier_label"], headers=api.headers).data == PDF
    first, second = session.execute(sa.select(PrintJob.id).where(PrintJob.kind == "carrier-label").order_by(PrintJob.id)).scalars()
    for job, reason in ((first, None), (second, "spoiled"), (first, None)):
        assert drawn("carrier-label", carton, 1, by=yard.by, reason=reason, job=job) == (PDF, "pdf")
    prints = api.get(f"/papers/carrier-label/{carton}")["prints"]
    assert [(one["copy_number"], one["reason"]) for one in prints] == [(2, "spoiled"), (1, None)], "a copy is counted, each job once"
    assert client.post(parcel["carrier_label"], headers=api.headers).status_code == 422, "a third one says why"
    page = People(client, Role.SALES).get(f"/shipments/{yard.shipment('SO-1').number}")
    assert f"/papers/carrier-label/{carton}" in page


def test_a_carrier_that_gives_no_label_or_something_else_prints_none(yard: Yard, desk: Desk, api: Api, tmp_path: Path) -> None:
    printers_at_the_bench(yard, str(tmp_path), labels="ROLL", papers="SHEET")
    desk.label = b"<html>try again later"
    yard.packed("SO-1", carrier="POST", APPLE=1)
    assert booking_jobs.book_parcels(desk.of) == 1
    assert (yard.shipment("SO-1").tracking, jobs_of("carrier-label")) == ("XX00000001CN", [])
    (parcel,) = api.get(f"/shipments/{yard.shipment('SO-1').number}")["parcels"]
    assert parcel["carrier_label"] is None
