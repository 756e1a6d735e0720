"""How much is scanned again at the bench, by product and by customer; and the bench itself."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms.db import session
from wms.events import Event
from wms.shipping import checks
from wms.shipping.bench_models import CheckPolicy
from wms.shipping.checks import Rule
from wms.stock.models import MovementKind, UnitKind

APPLE, PEAR = "6901234567892", "6901234567908"
TRUST, EVERY = Rule(CheckPolicy.TRUST), Rule()


def sample(**figures: int) -> Rule:
    return Rule(CheckPolicy.SAMPLE, **figures)


@pytest.fixture(autouse=True)
def _goods(yard: Yard) -> None:
    yard.product("APPLE", APPLE, weight_grams=100)
    yard.product("PEAR", PEAR)


def say(yard: Yard, rule: Rule, **about: str) -> None:
    with yard.w.transaction():
        checks.put(rule, **about)


def reasons(yard: Yard, sku: str) -> list[tuple[int, str | None]]:
    return [(one.quantity, one.reason) for one in yard.w.movements(sku, kind=MovementKind.PACK)]


# -- the bench ---------------------------------------------------------------------------------------------------------


def test_the_bench_is_scanned_once_and_kept_until_another_is_scanned(yard: Yard, bench: Scanner) -> None:
    with yard.w.transaction():
        yard.w.location("PACK-2", kind="packing")
        yard.w.location("PACK-3", kind="packing")
    yard.picked("SO-1", APPLE=1)
    yard.picked("SO-2", APPLE=2)
    bench.scan("PACK-2")
    assert (bench.step, bench.tone, bench.said) == ("start", "good", "You pack at PACK-2")
    bench.scan("SO-1")
    assert ("Bench", "PACK-2") in [(fact["label"], fact["value"]) for fact in bench.screen["facts"]]
    bench.scan(APPLE, "CMD:DONE")
    assert ("Bench", "PACK-2") in [(fact["label"], fact["value"]) for fact in bench.screen["facts"]]
    assert yard.w.on_hand("APPLE", at="PACK-2") == 1, "the carton stands where it was packed"
    bench.scan("SO-2", APPLE, "CMD:DONE", "CMD:CANCEL", "PACK-3", "SO-2")
    facts = {fact["label"]: fact["value"] for fact in bench.screen["facts"]}
    assert (facts["Bench"], facts["Fetch it from"]) == ("PACK-3", "PACK, PACK-2"), "a piece and the carton lie elsewhere"
    assert [yard.w.on_hand("APPLE", at=place) for place in ("PACK", "PACK-2", "PACK-3")] == [1, 1, 1], "the carton goes along in the book"
    bench.scan(APPLE)
    assert yard.w.on_hand("APPLE", at="PACK-3") == 2


def test_only_a_packing_place_is_a_bench_and_nobody_must_scan_one(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1)
    bench.scan("DOOR-1")
    assert (bench.step, bench.tone, bench.code) == ("start", "stop", "not_a_bench")
    bench.scan("SO-1", APPLE)
    assert yard.w.on_hand("APPLE", at="PACK") == 1


# -- every piece, a sample, trust --------------------------------------------------------------------------------------


def test_a_trusted_tote_is_packed_by_one_scan(yard: Yard, bench: Scanner) -> None:
    say(yard, TRUST, customer=yard.w.partner("CUSTOMER").code)
    yard.w.receive("APPLE", 5, at="A-01")
    yard.enter("SO-1", APPLE=5)
    tote = yard.w.unit("TOTE-7", at="PACK", kind=UnitKind.TOTE)
    yard.pick("SO-1", tote=tote)
    bench.scan("TOTE-7")
    assert (bench.step, bench.screen["prompt"]) == ("product", "Pack the rest")
    assert bench.screen["facts"][0]["label"] == "On trust"
    bench.scan("TOTE-7")
    assert (bench.step, yard.status("SO-1")) == ("weight", "packed")
    assert reasons(yard, "APPLE") == [(5, "TRUSTED")]


def test_of_a_sample_so_many_are_scanned_and_the_rest_follows(yard: Yard, bench: Scanner) -> None:
    say(yard, sample(pieces=2), sku="APPLE")
    yard.picked("SO-1", APPLE=6, PEAR=1)
    bench.scan("SO-1")
    assert [fact["detail"] for fact in bench.screen["facts"]][:2] == ["2 of 6 pieces · APPLE", "1 piece · PEAR"]
    bench.scan("CMD:TRUST")
    assert yard.lines("SO-1", "packed") == [4, 0], "what is not drawn may go at once"
    bench.scan("CMD:TRUST")
    assert bench.code == "command_not_here"
    bench.scan(APPLE)
    assert (bench.step, bench.screen["expected"]) == ("quantity", "2")
    bench.scan("2", PEAR)
    assert yard.status("SO-1") == "packed"
    assert reasons(yard, "APPLE") == [(4, "TRUSTED"), (2, None)]


def test_pieces_that_are_taken_out_again_are_scanned_again(yard: Yard, bench: Scanner) -> None:
    say(yard, sample(pieces=2), sku="APPLE")
    yard.picked("SO-1", APPLE=6)
    bench.scan("SO-1", APPLE, "2", "CMD:UNDO")
    assert bench.screen["facts"][0]["detail"] == "2 of 6 pieces · APPLE"


def test_one_order_in_so_many_is_checked_whole_and_anybody_can_draw_it_again(yard: Yard) -> None:
    rule = sample(every_orders=3)
    assert [rule.least(order, 9) for order in (1, 2, 3, 4, 6)] == [0, 0, 9, 0, 9]
    assert sample(every_orders=3, pieces=2).least(1, 9) == 2
    assert sample(pieces=5).least(1, 3) == 3


@pytest.mark.parametrize(
    ("product", "customer", "to_scan"),
    [(TRUST, EVERY, 6), (EVERY, TRUST, 6), (TRUST, sample(pieces=2), 2), (sample(pieces=3), sample(pieces=2), 3)],
)
def test_the_stricter_of_product_and_customer_counts(yard: Yard, product: Rule, customer: Rule, to_scan: int) -> None:
    say(yard, product, sku="APPLE")
    say(yard, customer, customer=yard.w.partner("CUSTOMER").code)
    yard.picked("SO-1", APPLE=6)
    assert checks.of_order(yard.order("SO-1"))[yard.w.product("APPLE").id].still == to_scan


def test_what_is_not_scanned_is_on_record_once(yard: Yard, bench: Scanner) -> None:
    say(yard, sample(pieces=2), sku="APPLE")
    yard.picked("SO-1", APPLE=6)
    yard.picked("SO-2", PEAR=1)
    bench.scan("SO-1", "CMD:CANCEL", "SO-1", "CMD:CANCEL", "SO-2")
    told = session.execute(sa.select(Event).where(Event.code == "order.second_check")).scalars().all()
    assert [(one.subject_number, one.facts["checks"]) for one in told] == [
        ("SO-1", [{"sku": "APPLE", "policy": "sample", "every_orders": None, "pieces": 2}])
    ]


def test_a_tote_of_another_order_is_refused(yard: Yard, bench: Scanner) -> None:
    say(yard, TRUST, sku="APPLE")
    yard.picked("SO-1", APPLE=1)
    yard.w.receive("PEAR", 2, at="A-01")
    yard.enter("SO-2", PEAR=2)
    tote = yard.w.unit("TOTE-7", at="PACK", kind=UnitKind.TOTE)
    yard.pick("SO-2", tote=tote)
    bench.scan("SO-1", "TOTE-7")
    assert (bench.step, bench.code) == ("product", "tote_of_another")
    bench.scan("CMD:CANCEL", "SO-2", "TOTE-7")
    assert (bench.step, bench.code) == ("product", "nothing_trusted")


def test_rules_are_stated_and_taken_back(yard: Yard) -> None:
    with pytest.raises(checks.SampleMissing), yard.w.transaction():
        checks.put(sample(), sku="APPLE")
    with pytest.raises(checks.SampleNotAsked), yard.w.transaction():
        checks.put(Rule(CheckPolicy.TRUST, pieces=2), sku="APPLE")
    with pytest.raises(checks.SubjectMissing), yard.w.transaction():
        checks.put(TRUST)
    say(yard, TRUST, sku="APPLE")
    say(yard, sample(pieces=2), sku="APPLE")
    assert [(one.sku, one.rule) for one in checks.listed()] == [("APPLE", sample(pieces=2))]
    with yard.w.transaction():
        checks.remove(sku="APPLE")
    with pytest.raises(checks.RuleUnknown), yard.w.transaction():
        checks.remove(sku="APPLE")
