"""What a carton weighs, by hand and by its bench's scale, and what is done when it is not what it should be."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms.db import session
from wms.events import Event
from wms.orders.models import Difference, DifferenceKind
from wms.orders.timeline import timelines
from wms.shipping import benches, queries, scales, weighing
from wms.shipping.weighing import Expected, Tolerance, Verdict

APPLE = "6901234567892"


@pytest.fixture(autouse=True)
def _goods(yard: Yard) -> None:
    yard.product("APPLE", APPLE, weight_grams=1000)


class Balance(socketserver.ThreadingTCPServer):
    """A real scale on a real port, which says what the test puts on it."""

    says = b"S S     2.100 kg\r\n"
    asked: list[bytes]


class _Line(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Balance)
        self.server.asked.append(self.rfile.readline())
        self.wfile.write(self.server.says)


@pytest.fixture
def balance(yard: Yard) -> Iterator[Balance]:
    with Balance(("127.0.0.1", 0), _Line) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with yard.w.transaction():
            benches.put("PACK", f"tcp://127.0.0.1:{server.server_address[1]}", by=yard.by)
        yield server
        server.shutdown()


def weights(yard: Yard, number: str) -> list[int | None]:
    return [parcel.weight_grams for one in queries.shipments(yard.by) if one.order == number for parcel in one.parcels]


def told(yard: Yard, code: str) -> list[tuple[int, int]]:
    rows = session.execute(sa.select(Event.facts).where(Event.code == code).order_by(Event.id)).scalars()
    return [(one["grams"], one["expected"]) for one in rows]


# -- what fits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grams", "verdict"),
    [
        (2100, Verdict.FITS), (1850, Verdict.FITS), (2255, Verdict.FITS), (1849, Verdict.DOUBTFUL), (2256, Verdict.DOUBTFUL),
        (1340, Verdict.DOUBTFUL), (2765, Verdict.DOUBTFUL), (1339, Verdict.BEYOND), (2766, Verdict.BEYOND),
    ],
)  # fmt: skip
def test_so_much_percent_and_so_many_grams_are_tolerated(grams: int, verdict: Verdict) -> None:
    assert Expected(2000, 2100, boxed=True).verdict(grams, Tolerance(5, 50, 10, 300)) is verdict


def test_a_box_that_nobody_named_may_weigh_something(yard: Yard) -> None:
    assert Expected(2000, 2000, boxed=False).verdict(3600, Tolerance(5, 50, 20, 1000)) is Verdict.FITS
    assert Expected(2000, 2000, boxed=True).verdict(3600, Tolerance(5, 50, 20, 1000)) is Verdict.BEYOND


def test_packagings_may_stand_round_the_pieces(yard: Yard) -> None:
    yard.w.product("PEAR", weight_grams=100, packagings={"case": 12})
    with yard.w.transaction():
        yard.w.product("PEAR").packagings[0].weight_grams = 1500
    yard.picked("SO-1", PEAR=26)
    carton = yard.pack_all("SO-1")
    should = weighing.expected(yard.unit(carton))
    assert should is not None
    assert (should.least, should.most) == (2600, 3200)


def test_weight_is_typed_in_grams_or_kilograms(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", APPLE, "2", "2.1 kg")
    assert (bench.step, bench.said.endswith("weighs 2.1 kg"), weights(yard, "SO-1")) == ("start", True, [2100])


# -- what does not -----------------------------------------------------------------------------------------------------


def test_what_is_doubtful_is_counted_again_and_then_taken_on_record(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", APPLE, "2", "1500")
    assert (bench.step, bench.tone, bench.code) == ("weight", "ask", "weight_far_off")
    assert (weights(yard, "SO-1"), told(yard, "order.weight_accepted")) == ([None], [])
    bench.scan("1500")
    assert (bench.step, weights(yard, "SO-1"), told(yard, "order.weight_accepted")) == ("start", [1500], [(1500, 2000)])


def test_what_is_beyond_the_limit_only_a_supervisor_takes(yard: Yard, bench: Scanner, door: Scanner) -> None:
    yard.picked("SO-1", APPLE=4)
    bench.scan("SO-1", APPLE, "4", "900", "900")
    assert (bench.step, bench.tone, bench.said) == ("weight", "stop", "900 g instead of 4 kg: a supervisor decides")
    assert (weights(yard, "SO-1"), told(yard, "order.weight_refused")) == ([None], [(900, 4000)])
    noted = session.query(Difference).one()
    assert (noted.kind, noted.status) == (DifferenceKind.WEIGHT_OFF, "open")
    carton, order = yard.unit_of("SO-1"), yard.order("SO-1").id
    assert f"Carton weight off: {carton} ({noted.number})" in [one.text for one in timelines("order", [order], "en")[order]]
    assert f"箱重不符：{carton}（{noted.number}）" in [one.text for one in timelines("order", [order], "zh_CN")[order]]
    bench.scan("CMD:SKIP")
    carton = noted.scanned or ""
    load = yard.plan("SO-1")
    door.scan(load.number, carton)
    assert (door.tone, door.code) == ("stop", "weight_unsettled")
    chief = Scanner(bench.engine, yard.w.person("head", roles=["supervisor", "packer"]), "pack")
    chief.scan(carton)
    [read] = [fact for fact in chief.screen["facts"] if fact["label"] == "Not taken"]
    assert (read["value"], read["detail"]) == ("900 g", f"{bench.by.name}; by the book 4 kg"), "what is to be decided"
    chief.scan("900")
    assert chief.code == "weight_far_off"
    chief.scan("900")
    assert (chief.step, weights(yard, "SO-1"), session.get_one(Difference, noted.id, populate_existing=True).status) == (
        "start",
        [900],
        "settled",
    )
    door.scan(carton)
    assert door.step == "close"


@pytest.mark.parametrize("refused", [["1500"], ["900", "900"]])
def test_no_weight_is_no_way_round_one_that_did_not_fit(yard: Yard, bench: Scanner, door: Scanner, refused: list[str]) -> None:
    yard.picked("SO-2", APPLE=1)
    yard.picked("SO-1", APPLE=4)
    bench.scan("SO-1", APPLE, "4", *refused)
    carton = yard.unit_of("SO-1")
    assert "CMD:DONE" not in bench.offers
    assert "CMD:NEXT" not in bench.offers, "what is closed is not offered"
    for way in ("CMD:DONE", "SO-2", "CMD:NEXT"):
        bench.scan(way)
        assert (bench.step, bench.tone, bench.code) == ("weight", "stop", "weight_wanted" if way == "SO-2" else "command_not_here"), way
    bench.scan("CMD:SKIP")
    assert (bench.step, bench.said.endswith("waits for a supervisor")) == ("start", True)
    assert [one[0] for one in told(yard, "order.weight_refused")] == [int(refused[0])]
    assert session.query(Difference).one().status == "open"
    bench.scan(carton)
    assert (bench.step, "CMD:DONE" in bench.offers) == ("weight", False)
    bench.scan("CMD:CANCEL", "SO-2")
    assert bench.step == "product", "other work goes on"
    load = yard.plan("SO-1")
    door.scan(load.number, carton)
    assert door.code == "weight_unsettled"


def test_whoever_leaves_the_bench_leaves_the_refused_weight_to_a_supervisor(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=4)
    bench.scan("SO-1", APPLE, "4", "3 kg", "CMD:CANCEL")
    assert (bench.step, session.query(Difference).one().note) == ("start", f"{yard.unit_of('SO-1')}: 3000 g / 4000 g")


def test_a_weight_that_fits_after_all_is_taken_and_so_is_a_carton_that_was_put_right(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=4)
    bench.scan("SO-1", APPLE, "4", "3 kg", "4 kg")
    assert (bench.step, weights(yard, "SO-1")) == ("start", [4000])
    bench.scan(yard.unit_of("SO-1"), "3 kg", "CMD:REOPEN")
    bench.scan("CMD:DONE")
    assert "CMD:DONE" in bench.offers, "what is in it has changed: the old weight says nothing"


def test_the_right_weight_settles_it_too(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=4)
    bench.scan("SO-1", APPLE, "4", "900", "900", "4.1 kg")
    assert bench.step == "start"
    assert session.query(Difference).one().outcome == "corrected"


# -- the scale ---------------------------------------------------------------------------------------------------------


def test_the_scale_of_the_bench_says_it(yard: Yard, bench: Scanner, balance: Balance) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("PACK", "SO-1", APPLE, "2")
    assert "CMD:SCALE" in bench.offers
    bench.scan("CMD:SCALE")
    assert (bench.step, weights(yard, "SO-1"), balance.asked) == ("start", [2100], [b"S\r\n"])


def test_a_scale_in_trouble_is_said_and_typing_goes_on(yard: Yard, bench: Scanner, balance: Balance) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", APPLE, "2")
    answers = {b"S D     2.000 kg\r\n": "scale_moves", b"S +\r\n": "scale_range", b"hello\r\n": "scale_silent", b"": "scale_silent"}
    for says, code in answers.items():
        balance.says = says
        bench.scan("CMD:SCALE")
        assert (bench.step, bench.tone, bench.code) == ("weight", "stop", code), says
    balance.says = b"S S     1.500 kg\r\n"
    bench.scan("CMD:SCALE")
    assert bench.code == "weight_far_off"
    bench.scan("CMD:SCALE")
    assert (bench.step, weights(yard, "SO-1")) == ("start", [1500]), "weighed again, and it says the same"


def test_a_bench_without_a_scale_offers_none(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", APPLE, "2")
    assert "CMD:SCALE" not in bench.offers
    bench.scan("CMD:SCALE")
    assert bench.code == "command_not_here"


@pytest.mark.parametrize(
    ("said", "grams"),
    [
        ("S S     1.250 kg", 1250),
        ("S S    800 g\r\n", 800),
        ("ST,GS,+  1.250kg", 1250),
        ("S S 0.0125 t", 12_500),
        ("ST,NT,+00012.5 kg", 12_500),
        ("S S     1,250 kg", 1250),  # a comma parts the fraction where people write it so
        ("S S  0,850 kg", 850),
    ],
)
def test_lines_of_scales_are_read(said: str, grams: int) -> None:
    assert scales.read(said) == grams


@pytest.mark.parametrize(
    "said",
    [
        "",
        "\x00\xff",
        "S",
        "S S",
        "S S kg",
        "S S 1.2 lb",
        "S S -0.010 kg",
        "S I",
        "ES",
        "9" * 500,
        "S S 1,250.0 g",
        "S S 1 250 kg",
        "S S 1.250 kg 9",
    ],
)
def test_what_is_no_weight_at_rest_is_refused(said: str) -> None:
    with pytest.raises((scales.ScaleSilent, scales.ScaleOverloaded)):
        scales.read(said)


def test_a_scale_that_is_away_takes_no_time_of_the_floor() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(scales.ScaleSilent):
            scales.at(f"tcp://127.0.0.1:{taken.getsockname()[1]}").grams()


def test_a_scale_that_drips_is_waited_for_no_longer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            line, _ = server.accept()
            with line, contextlib.suppress(OSError):
                for _ in range(600):
                    line.send(b"S")
                    time.sleep(0.1)

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        with pytest.raises(scales.ScaleSilent):
            scales.TextScale("127.0.0.1", server.getsockname()[1], seconds=0.5).grams()
        assert dripping.is_alive(), "given up while it goes on dripping"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "tcp://169.254.169.254:8080",
        "tcp://127.0.0.1:22",
        "tcp://0.0.0.0:4305",
        "tcp://host",
        "http://host:80",
        "tcp://host:99999",
        "tcp://ho st:80",
        "tcp://host:80/x",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(scales.ScaleAddressWrong):
        scales.at(address)


def test_only_packing_places_have_a_scale(yard: Yard) -> None:
    for code, refusal in (("DOOR-1", benches.NotABench), ("NOWHERE", benches.BenchUnknown)):
        with pytest.raises(refusal), yard.w.transaction():
            benches.put(code, None, by=yard.by)
    with yard.w.transaction():
        benches.put("PACK", "tcp://10.0.0.9:4305", by=yard.by)
        benches.put("PACK", None, by=yard.by)
    assert [row[1:] for row in benches.listed(yard.by)] == [("PACK", None)]
