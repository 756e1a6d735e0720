"""Several orders on one cart, and lists handed on from zone to zone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.picking.conftest import Hall
from tests.scanner import Scanner
from wms.db import session
from wms.locations import floor_plans
from wms.locations.models import Kind, Location
from wms.orders import withdrawal
from wms.picking import handing_on, waves
from wms.picking.models import Method
from wms.scan.engine import Engine
from wms.stock.models import HandlingUnit
from wms.tasks.models import TaskKind


@pytest.fixture
def cart(hall: Hall) -> Hall:
    """APPLE and PEAR in two bins, and twelve empty totes that stand about."""
    hall.put("APPLE", 60, "A-01")
    hall.put("PEAR", 60, "B-03")
    with hall.w.transaction():
        for number in range(1, 13):
            hall.w.unit(f"T-{number:03}", at="STAGE", kind="tote")
    return hall


def inside(code: str) -> dict[str, int]:
    """Whose goods lie in a tote: by order, how many."""
    return dict(
        session.execute(
            sa.text(
                "SELECT o.number, SUM(r.quantity) FROM reservations r JOIN stock s ON s.id = r.stock_id JOIN order_lines l"
                " ON l.id = r.order_line_id JOIN orders o ON o.id = l.order_id JOIN handling_units u ON u.id = s.handling_unit_id"
                " WHERE u.code = :code AND r.status = 'pending' GROUP BY o.number"
            ),
            {"code": code},
        ).all()  # type: ignore[arg-type]
    )


def stands_at(code: str) -> str:
    session.expire_all()
    return session.execute(
        sa.select(Location.code).join(HandlingUnit, HandlingUnit.location_id == Location.id).where(HandlingUnit.code == code)
    ).scalar_one()


def said(picker: Scanner) -> str:
    message = picker.screen["message"]
    return f"{message['text']} {message['detail'] or ''}"


def fact(picker: Scanner, label: str) -> str:
    return next(f"{one['value']} {one['detail'] or ''}".strip() for one in picker.screen["facts"] if one["label"] == label)


# -- cluster -----------------------------------------------------------------------------------------------------------


def test_every_order_has_a_tote_and_the_place_is_scanned_once(cart: Hall, picker: Scanner) -> None:
    for number, quantity in enumerate((2, 3, 4), start=1):
        cart.release(f"SO-{number}", ("APPLE", quantity))
    listed = cart.list_of("SO-1", "SO-2", "SO-3", method=Method.CLUSTER)
    picker.scan(listed)
    assert picker.step == "tote"
    assert "position 1" in picker.screen["prompt"]
    picker.scan("T-001", "T-002", "T-003")
    assert picker.step == "source"
    picker.scan("A-01", "APPLE", "2")
    assert picker.step == "target"
    assert (picker.screen["expected"], fact(picker, "Order")) == ("T-001", "SO-1")
    picker.scan("T-002")
    assert (picker.code, picker.step) == ("wrong_tote", "target")
    assert "This is position 2 (SO-2); put it into position 1" in said(picker)
    picker.scan("T-009")
    assert picker.code == "wrong_tote"
    picker.scan("PACK")
    assert picker.code == "into_the_tote"
    picker.scan("T-001")
    assert picker.step == "quantity", "who stands there does not scan the place again"
    picker.scan("3", "T-002", "4", "T-003")
    assert picker.step == "bring"
    assert [inside(code) for code in ("T-001", "T-002", "T-003")] == [{"SO-1": 2}, {"SO-2": 3}, {"SO-3": 4}]
    picker.scan("PACK")
    assert picker.step == "document"
    assert {stands_at(code) for code in ("T-001", "T-002", "T-003")} == {"PACK"}
    assert {cart.status(f"SO-{number}") for number in (1, 2, 3)} == {"picked"}


def test_a_full_tote_is_followed_by_another(cart: Hall, picker: Scanner) -> None:
    cart.release("SO-1", ("APPLE", 9))
    picker.scan(cart.list_of("SO-1", method=Method.CLUSTER), "T-001", "A-01", "APPLE", "4", "4", "T-001")
    assert picker.step == "quantity", "the rest of the line"
    picker.scan("5", "CMD:FULL")
    assert (picker.step, picker.screen["expected"]) == ("target", None)
    picker.scan("T-001")
    assert picker.code == "tote_full"
    picker.scan("A-01")
    assert picker.tone == "stop"
    picker.scan("T-002")
    assert picker.step == "bring"
    assert [inside("T-001"), inside("T-002")] == [{"SO-1": 4}, {"SO-1": 5}]
    picker.scan("STAGE")
    assert {stands_at("T-001"), stands_at("T-002")} == {"STAGE"}, "the cart may be brought elsewhere, full totes with it"
    assert cart.status("SO-1") == "picked"


def test_a_tote_is_put_at_its_position_when_it_is_first_needed(cart: Hall, picker: Scanner) -> None:
    cart.release("SO-1", ("APPLE", 2))
    cart.release("SO-2", ("APPLE", 3))
    picker.scan(cart.list_of("SO-1", "SO-2", method=Method.CLUSTER), "CMD:NEXT", "A-01", "APPLE", "2")
    assert (picker.step, picker.screen["expected"]) == ("target", None)
    picker.scan("T-005", "3", "T-005")
    assert picker.code == "tote_in_use"
    picker.scan("T-006")
    assert (inside("T-005"), inside("T-006")) == ({"SO-1": 2}, {"SO-2": 3})


def test_only_an_empty_tote_goes_on_a_cart(cart: Hall, picker: Scanner) -> None:
    with cart.w.transaction():
        cart.w.unit("PALLET", at="PACK", kind="pallet")
        filled = cart.w.unit("FILLED", at="A-02", kind="tote")
    cart.w.receive("APPLE", 5, at="A-02", unit=filled)
    cart.release("SO-1", ("PEAR", 2))
    picker.scan(cart.list_of("SO-1", method=Method.CLUSTER))
    for code in ("PALLET", "FILLED"):
        picker.scan(code)
        assert (picker.code, picker.step) == ("not_a_tote", "tote")


def test_another_picker_knows_the_cart_that_was_left(cart: Hall, engine: Engine, picker: Scanner) -> None:
    for number, quantity in enumerate((2, 3), start=1):
        cart.release(f"SO-{number}", ("APPLE", quantity))
    listed = cart.list_of("SO-1", "SO-2", method=Method.CLUSTER)
    picker.scan(listed, "T-001", "T-002", "A-01", "APPLE", "2", "T-001", "CMD:CANCEL")
    other = Scanner(engine, cart.w.person("other", roles=["picker"]), "pick")
    other.scan(listed)
    assert other.step == "source"
    other.scan("A-01", "APPLE", "3")
    assert other.screen["expected"] == "T-002"
    third = Scanner(engine, cart.w.person("third", roles=["picker"]), "pick")
    cart.release("SO-9", ("PEAR", 1))
    third.scan(cart.list_of("SO-9", method=Method.CLUSTER), "T-002")
    assert third.code == "tote_in_use", "it is empty, but it stands on a cart"
    other.scan("T-002")
    assert other.step == "bring"


def test_a_pick_on_a_cart_is_undone(cart: Hall, picker: Scanner) -> None:
    cart.release("SO-1", ("APPLE", 2))
    picker.scan(cart.list_of("SO-1", method=Method.CLUSTER), "T-001", "A-01", "APPLE", "2", "T-001")
    assert picker.step == "bring"
    picker.scan("CMD:UNDO")
    assert (picker.step, inside("T-001"), cart.w.on_hand("APPLE", at="A-01")) == ("source", {}, 60)
    picker.scan("A-01", "APPLE", "2")
    assert picker.screen["expected"] == "T-001"
    picker.scan("T-001", "PACK", "CMD:UNDO")
    assert picker.step == "source"
    picker.follow("document")
    assert cart.status("SO-1") == "picked"


def test_what_was_cancelled_leaves_the_cart_by_a_task(cart: Hall, picker: Scanner) -> None:
    cart.put("PLUM", 5, "A-01")
    cart.release("SO-1", ("APPLE", 2), ("PLUM", 1))
    cart.release("SO-2", ("APPLE", 3))
    picker.scan(cart.list_of("SO-1", "SO-2", method=Method.CLUSTER), "T-001", "T-002", "A-01", "APPLE", "2", "T-001")
    with cart.w.transaction():
        withdrawal.cancel("SO-1", by=cart.by)
    assert [task.quantity for task in cart.tasks(TaskKind.PUT_BACK)] == [2]
    assert picker.step == "product", "PLUM of the same bin"
    picker.scan("PLUM", "1", "T-001")
    assert (picker.step, picker.tone) == ("source", "stop")
    picker.follow("document")
    assert (inside("T-001"), inside("T-002")) == ({}, {"SO-2": 3})


# -- relay -------------------------------------------------------------------------------------------------------------


def relay(hall: Hall, *numbers: str) -> list[str]:
    """A list for each zone; that of zone A ends at its hand-over place, and that of B follows it."""
    with hall.w.transaction():
        hall.w.location("OVER", kind=Kind.STAGING, x_mm=1000)
        floor_plans.put("", one_way={"A": "up", "B": "down"}, by=hall.by)  # so that A comes first
        handing_on.put("a", "OVER", by=hall.by)
    made = hall.wave(*numbers, method=Method.ZONE).pick_lists
    assert [(one.zone, session.get_one(Location, one.target_id).code) for one in made] == [("A", "OVER"), ("B", "PACK")]
    return [one.number for one in made]


def test_the_tote_goes_from_zone_to_zone(cart: Hall, engine: Engine, picker: Scanner) -> None:
    cart.release("SO-1", ("APPLE", 2), ("PEAR", 3))
    first, second = relay(cart, "SO-1")
    picker.scan(second)
    assert picker.code == "not_handed_over"
    assert first in said(picker)
    picker.scan(first, "T-001", "A-01", "APPLE", "2", "T-001")
    assert (picker.step, picker.screen["expected"]) == ("bring", "OVER")
    assert cart.task_status(second) == "open"
    picker.scan("OVER")
    assert stands_at("T-001") == "OVER"
    other = Scanner(engine, cart.w.person("other", roles=["picker"]), "pick")
    other.scan("CMD:NEXT")
    assert (other.step, other.screen["expected"]) == ("tote", "T-001")
    other.scan("T-005")
    assert other.code == "not_handed_on"
    other.scan("T-001")
    assert (other.step, stands_at("T-001"), inside("T-001")) == ("source", "PACK", {"SO-1": 2})
    other.scan("B-03", "PEAR", "3", "T-001")
    assert (other.step, other.screen["expected"]) == ("bring", "PACK")
    other.scan("PACK")
    assert (inside("T-001"), cart.status("SO-1")) == ({"SO-1": 5}, "picked")


def test_a_zone_in_which_everything_is_short_does_not_strand_the_next(cart: Hall, picker: Scanner) -> None:
    cart.release("SO-1", ("APPLE", 2), ("PEAR", 3))
    first, second = relay(cart, "SO-1")
    picker.scan(first, "CMD:NEXT", "CMD:SHORT", "0", "MISSING")
    assert cart.task_status(second) == "open"
    picker.scan("CMD:CANCEL" if picker.step != "bring" else "OVER")
    picker.scan(second, "T-001", "B-03", "PEAR", "3", "T-001", "PACK")
    assert cart.status("SO-1") == "picked"


def test_a_zone_that_is_cancelled_does_not_strand_the_next(cart: Hall, picker: Scanner) -> None:
    cart.release("SO-1", ("APPLE", 2))
    cart.release("SO-2", ("PEAR", 3))
    _, second = relay(cart, "SO-1", "SO-2")
    assert cart.task_status(second) == "waiting"
    with cart.w.transaction():
        withdrawal.cancel("SO-1", by=cart.by)
    assert cart.task_status(second) == "open"
    picker.scan("CMD:NEXT")
    assert picker.step == "tote"


def test_goods_go_on_although_the_next_zone_has_none_of_their_order(cart: Hall, picker: Scanner) -> None:
    cart.release("SO-1", ("APPLE", 2))
    cart.release("SO-2", ("PEAR", 3))
    first, second = relay(cart, "SO-1", "SO-2")
    picker.scan(first, "T-001", "A-01", "APPLE", "2", "T-001", "OVER", second)
    assert picker.screen["expected"] == "T-001"
    picker.scan("CMD:NEXT")
    assert (picker.step, stands_at("T-001")) == ("source", "PACK")
    picker.scan("B-03", "PEAR", "3", "T-001")
    assert picker.code == "tote_in_use"
    picker.scan("T-002", "PACK")
    assert (inside("T-001"), inside("T-002")) == ({"SO-1": 2}, {"SO-2": 3})


def test_an_undone_pick_holds_the_next_zone_back(cart: Hall, picker: Scanner) -> None:
    cart.release("SO-1", ("APPLE", 2), ("PEAR", 3))
    first, second = relay(cart, "SO-1")
    picker.scan(first, "T-001", "A-01", "APPLE", "2", "T-001", "CMD:UNDO")
    assert (picker.step, cart.task_status(second)) == ("source", "waiting")
    picker.follow("document")
    assert cart.task_status(second) == "open"
    assert waves.find_list(second, by=cart.by).follows_id is not None
