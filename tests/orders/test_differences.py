"""A difference is noted, owned, and settled by a person; it never ends by itself."""

import pytest

from wms.actor import Role
from wms.db import session
from wms.errors import Conflict, NotFound
from wms.orders import differences
from wms.orders.inbound import announce
from wms.orders.lines import NewLine
from wms.orders.models import Difference, DifferenceKind, DifferenceStatus, InboundOrder, Outcome
from wms.orders.timeline import timelines


@pytest.fixture
def delivery(w) -> InboundOrder:
    w.product("TEA")
    with w.transaction():
        return announce(number="IN-1", lines=[NewLine(sku="TEA", quantity=10)], by=w.by)


def noted(w, delivery, kind=DifferenceKind.SHORT, **facts) -> Difference:
    with w.transaction():
        return differences.note(kind, by=w.by, inbound=delivery, product=w.product("TEA"), quantity=2, **facts)


def test_a_difference_waits_for_its_owner_and_is_told_on_the_delivery(w, delivery):
    one = noted(w, delivery)
    assert (one.number, one.status, one.owner_role) == ("D-10001", "open", "supervisor")
    assert [line.text for line in timelines("inbound_order", [delivery.id], "zh_CN")[delivery.id]][-1] == "少货：TEA 2（D-10001）"


def test_what_came_without_papers_is_for_sales_to_see_to(w, delivery):
    assert noted(w, delivery, DifferenceKind.WITHOUT_PAPERS).owner_role == Role.SALES


def test_it_is_settled_once_by_a_way_that_fits(w, delivery):
    number = noted(w, delivery).number
    with pytest.raises(differences.OutcomeNotFitting) as refusal, w.transaction():
        differences.settle(differences.lock(number, by=w.by), Outcome.SCRAPPED, by=w.by)
    assert "Credited by the sender" in refusal.value.advise("en")
    with w.transaction():
        differences.settle(differences.lock(number.lower(), by=w.by), Outcome.CREDITED, by=w.by, text="credit note 7")
    one = session.query(Difference).one()
    assert (one.status, one.outcome, one.ending, one.ended_by_id) == ("settled", "credited", "credit note 7", w.by.id)
    with pytest.raises(differences.DifferenceOver) as over, w.transaction():
        differences.lock(number, by=w.by)
    assert isinstance(over.value, Conflict)


def test_another_site_does_not_know_it(w, delivery):
    number = noted(w, delivery).number
    stranger = w.person("stranger", site=w.site("SOUTH"))
    with pytest.raises(NotFound), w.transaction():
        differences.lock(number, by=stranger)


def test_it_is_handed_to_a_role_or_a_person(w, delivery):
    number = noted(w, delivery).number
    with w.transaction():
        assert differences.hand_to(number, by=w.by, role=Role.FINANCE).owner_role == "finance"


def test_it_goes_with_the_receipt_that_was_undone_unless_it_was_settled(w, delivery):
    moved = w.receive("TEA", 5, at="A-01")
    open_one, settled = noted(w, delivery, movement_id=moved.movement_id), noted(w, delivery, movement_id=moved.movement_id)
    with w.transaction():
        differences.settle(differences.lock(settled.number, by=w.by), Outcome.CREDITED, by=w.by)
        differences.withdraw([moved.movement_id], by=w.by)
    ended = {one.number: DifferenceStatus(one.status) for one in session.query(Difference).populate_existing()}
    assert [ended[one.number] for one in (open_one, settled)] == [DifferenceStatus.WITHDRAWN, DifferenceStatus.SETTLED]
