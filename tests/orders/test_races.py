"""Two people at the same order at the same moment: one comes second, and sees what the first one did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once, one_after_the_other
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms.app import Application
from wms.catalog import partners
from wms.db import session, transaction
from wms.errors import ChangedMeanwhile, WarehouseError
from wms.orders import editing, entering, gate, operations, reshaping, withdrawal
from wms.orders.lines import NewLine
from wms.orders.models import Hold, Order
from wms.orders.operations import NewOrder
from wms.stock import promises
from wms.tasks.models import Task, TaskKind

Act = Callable[[], Any]


class Rivals:
    """What two people may do with orders; each act by its own name, answered with the order's state."""

    def __init__(self, app: Application, w: Warehouse, desk: Desk) -> None:
        self.app, self.w, self.desk, self.by = app, w, desk, w.by

    def release(self, number: str = "SO-1") -> Act:
        return lambda: operations.release(number, by=self.by).status

    def hold(self, reason: str, number: str = "SO-1") -> Act:
        return lambda: operations.hold(number, by=self.by, reason=reason).status

    def cancel(self, number: str = "SO-1") -> Act:
        return lambda: withdrawal.cancel(number, by=self.by).status

    def change(self, quantity: int, number: str = "SO-1", **facts: Any) -> Act:
        return lambda: editing.edit(number, by=self.by, lines=[NewLine("APPLE", quantity, line="1")], **facts).status

    def split(self, quantity: int, number: str = "SO-1") -> Act:
        return lambda: reshaping.split(number, {"1": quantity}, by=self.by).number

    def merge(self, *numbers: str) -> Act:
        return lambda: reshaping.merge(numbers, by=self.by).number

    def one_by_one(self, first: Act, second: Act) -> tuple[Any, Any]:
        """What both got; nobody was the victim of a deadlock, which would have made them begin again."""
        (one, other), tries = one_after_the_other(self.app, first, second)
        assert tries == [1, 1], tries
        return code(one), code(other)

    def at_once(self, *acts: Act) -> list[Any]:
        session.rollback()

        def unit(act: Act) -> Act:
            def alone() -> Any:
                with transaction():
                    return act()

            return alone

        answers = [code(one) for one in all_at_once(self.app, [unit(act) for act in acts])]
        session.rollback()
        return answers

    def put_back(self) -> list[int | None]:
        rows = session.execute(sa.select(Task).where(Task.kind == TaskKind.PUT_BACK.value).order_by(Task.id)).scalars()
        return [task.quantity for task in rows]


def code(answer: Any) -> Any:
    """The code of a refusal in words; anything else that went wrong is no answer."""
    if isinstance(answer, WarehouseError):
        return answer.code
    assert not isinstance(answer, BaseException), repr(answer)
    return answer


@pytest.fixture
def desk(w: Warehouse) -> Desk:
    return Desk(w)


@pytest.fixture
def rivals(app: Application, w: Warehouse, desk: Desk) -> Rivals:
    """Ten apples, and an order for six of them."""
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=6)
    return Rivals(app, w, desk)


def test_an_order_is_released_once_however_many_press_the_button(rivals: Rivals) -> None:
    assert sorted(rivals.at_once(*[rivals.release()] * 4)) == ["released", *["state_not_allowed"] * 3]
    assert rivals.desk.counters("SO-1", "promised") == [6]
    assert rivals.desk.events("SO-1").count("order.released") == 1


def test_what_two_orders_want_is_promised_to_one_of_them(rivals: Rivals) -> None:
    rivals.desk.enter("SO-2", APPLE=6)
    assert sorted(rivals.at_once(rivals.release("SO-1"), rivals.release("SO-2"))) == ["held", "released"]
    assert promises.available(rivals.w.site_id, rivals.w.product("APPLE").id) == 4


def test_what_was_held_in_between_is_not_released(rivals: Rivals) -> None:
    assert rivals.one_by_one(rivals.hold("customer calls back"), rivals.release()) == ("held", "held")
    assert rivals.desk.counters("SO-1", "promised") == [0]


def test_what_was_released_in_between_is_held_and_gives_its_goods_back(rivals: Rivals) -> None:
    assert rivals.one_by_one(rivals.release(), rivals.hold("customer calls back")) == ("released", "held")
    assert rivals.desk.counters("SO-1", "promised") == [0]


def test_two_who_hold_an_order_are_both_on_record(rivals: Rivals) -> None:
    assert rivals.one_by_one(rivals.hold("customer calls back"), rivals.hold("price is wrong")) == ("held", "held")
    assert rivals.desk.reasons("SO-1") == {"manual": "Held by hand: customer calls back / price is wrong"}


def test_an_order_is_cancelled_once_and_its_goods_are_put_back_once(rivals: Rivals) -> None:
    rivals.desk.release("SO-1")
    rivals.desk.pick("SO-1", rivals.desk.plan("SO-1", "A-01"), "A-01")
    assert sorted(rivals.at_once(*[rivals.cancel()] * 3)) == ["already_cancelled", "already_cancelled", "cancelled"]
    assert rivals.put_back() == [6]


@pytest.mark.parametrize(
    ("first", "answers", "put_back"), [("cancel", ("cancelled", "too_late_to_change"), [6]), ("change", ("picked", "cancelled"), [2, 4])]
)
def test_fewer_pieces_and_none_at_all_take_back_each_piece_once(
    rivals: Rivals, first: str, answers: tuple[str, str], put_back: list[int]
) -> None:
    rivals.desk.release("SO-1")
    rivals.desk.pick("SO-1", rivals.desk.plan("SO-1", "A-01"), "A-01")
    acts = [rivals.cancel(), rivals.change(4)]
    assert rivals.one_by_one(*(acts if first == "cancel" else acts[::-1])) == answers
    assert (rivals.put_back(), rivals.desk.counters("SO-1", "withdrawn")) == (put_back, [6])


def test_who_changes_what_another_has_changed_reads_it_first(rivals: Rivals) -> None:
    seen = rivals.desk.order("SO-1").updated_at
    assert rivals.one_by_one(rivals.change(4, seen=seen), rivals.change(5, seen=seen)) == ("received", ChangedMeanwhile.code)
    assert rivals.desk.counters("SO-1", "ordered") == [4]


@pytest.mark.parametrize("first", ["release", "change"])
def test_what_is_released_is_what_was_wanted_at_that_moment(rivals: Rivals, first: str) -> None:
    """More of it is wanted while somebody releases it: released first, it is another order; changed first, all of it is promised."""
    acts = [rivals.release(), rivals.change(8)]
    answers = rivals.one_by_one(*(acts if first == "release" else acts[::-1]))
    assert answers == (("released", "only_less") if first == "release" else ("received", "released"))
    assert rivals.desk.counters("SO-1", "promised") == [6 if first == "release" else 8]


def test_no_piece_goes_into_two_halves(rivals: Rivals) -> None:
    answers = rivals.one_by_one(rivals.split(4), rivals.split(4))
    assert answers[1] == "split_too_much"
    assert (rivals.desk.counters("SO-1", "ordered"), rivals.desk.counters(answers[0], "ordered")) == ([2], [4])


def test_an_order_is_merged_into_one_other(rivals: Rivals) -> None:
    for number in ("SO-2", "SO-3"):
        rivals.desk.enter(number, APPLE=1)
    assert rivals.one_by_one(rivals.merge("SO-1", "SO-2"), rivals.merge("SO-2", "SO-3")) == ("SO-1", "too_late_to_edit")
    assert [rivals.desk.status(number) for number in ("SO-1", "SO-2", "SO-3")] == ["received", "cancelled", "received"]
    assert rivals.desk.counters("SO-1", "ordered") == [6, 1]


@pytest.mark.parametrize("first", ["merge", "cancel"])
def test_what_was_cancelled_comes_into_no_other_order(rivals: Rivals, first: str) -> None:
    rivals.desk.enter("SO-2", APPLE=1)
    acts = [rivals.merge("SO-1", "SO-2"), rivals.cancel("SO-2")]
    answers = rivals.one_by_one(*(acts if first == "merge" else acts[::-1]))
    assert answers == (("SO-1", "already_cancelled") if first == "merge" else ("cancelled", "too_late_to_edit"))
    assert len(rivals.desk.order("SO-1").lines) == (2 if first == "merge" else 1)


def test_two_who_merge_crosswise_wait_for_each_other_and_nobody_is_a_victim(rivals: Rivals) -> None:
    rivals.desk.enter("SO-2", APPLE=1)
    answers = rivals.at_once(rivals.merge("SO-1", "SO-2"), rivals.merge("SO-2", "SO-1"))
    assert sorted(answers) == ["SO-1", "too_late_to_edit"]


def test_an_approval_does_not_let_go_what_was_changed_beside_it(rivals: Rivals) -> None:
    rivals.w.partner("DEBTOR", credit_limit=10, balance_due=20)
    rivals.desk.enter("SO-2", APPLE=1, customer="DEBTOR")
    seen = rivals.desk.order("SO-2").updated_at

    def approve(seen: Any) -> Act:
        return lambda: operations.approve("SO-2", by=rivals.by, reason="pays on Monday", seen=seen).status

    assert rivals.one_by_one(rivals.change(9, "SO-2"), approve(seen)) == ("held", ChangedMeanwhile.code)
    assert list(rivals.desk.reasons("SO-2")) == ["credit_limit"]
    assert rivals.one_by_one(approve(None), rivals.change(10, "SO-2")) == ("received", "held"), "more goods than were approved"


def test_a_debt_that_grows_beside_the_approval_is_asked_anew(rivals: Rivals) -> None:
    rivals.w.partner("DEBTOR", credit_limit=10, balance_due=20)
    rivals.desk.enter("SO-2", APPLE=1, customer="DEBTOR")

    def approve() -> str:
        return operations.approve("SO-2", by=rivals.by, reason="pays on Monday").status

    def block() -> None:
        partners.set_terms("DEBTOR", credit_limit=10, credit_days=None, blocked=True, blocked_reason="bankrupt")

    rivals.one_by_one(approve, block)
    assert list(rivals.desk.reasons("SO-2")) == ["blocked"], "it was received when the block came"


def test_the_same_hold_is_opened_once(rivals: Rivals) -> None:
    rivals.desk.enter("SO-2", APPLE=50)
    assert rivals.at_once(rivals.release("SO-2"), rivals.release("SO-2"), rivals.release("SO-2")) == ["held"] * 3
    holds = session.execute(sa.select(Hold.code).join(Order).where(Order.number == "SO-2", Hold.lifted_at.is_(None))).scalars().all()
    assert holds == ["stock"]


def test_a_file_beside_a_cancellation_brings_no_order_back_and_doubts_none(rivals: Rivals, house_rules: Any) -> None:
    """The file has the order that is being cancelled, and another one like it."""
    house_rules("", 24)
    asked = [NewOrder("CUSTOMER", [NewLine("APPLE", 6)], number, "erp", entered_as=number) for number in ("SO-7", "SO-8")]

    def enter(*wanted: NewOrder) -> int:
        handful = entering.Handful(wanted, by=rivals.by)
        read = [one for one in map(handful.read, wanted) if one is not None]
        handful.write(read)
        return len(read)

    with transaction():
        enter(asked[0])
        withdrawal.cancel("SO-1", by=rivals.by)
    rivals.desk.reconsider()
    assert rivals.one_by_one(rivals.cancel("SO-7"), lambda: enter(*asked)) == ("cancelled", 1)
    rivals.desk.reconsider()
    assert [rivals.desk.status(number) for number in ("SO-7", "SO-8")] == ["cancelled", "received"]
    assert gate.open_holds(rivals.desk.order("SO-8")) == []
