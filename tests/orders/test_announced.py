"""Licence plates that the sender announces: what stands on each, checked when it is announced, found when it is scanned."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.crowd import all_at_once
from tests.orders.conftest import Machine
from tests.warehouse import PREFIX, Warehouse
from wms import db
from wms.errors import WarehouseError
from wms.orders import announced, inbound
from wms.orders.announced import NewContent, NewUnit
from wms.orders.lines import NewLine
from wms.orders.models import AnnouncedStatus
from wms.stock.handling_units import check_digit, issue_sscc
from wms.stock.models import UnitKind


def sscc(number: int, prefix: str = "4012345") -> str:
    body = f"0{prefix}{number:0{16 - len(prefix)}d}"
    return body + check_digit(body)


P1, P2, C1, C2, C3, C4 = (sscc(number) for number in range(1, 7))


def announce(w: Warehouse, *units: NewUnit, number: str = "IN-1", lines: Any = None) -> None:
    with w.transaction():
        inbound.announce(
            number=number,
            lines=lines or [NewLine("TEA", 100, line="10"), NewLine("SOAP", 40, line="20")],
            units=units,
            company_prefix=PREFIX,
            by=w.by,
        )


@pytest.fixture
def goods(w: Warehouse) -> Warehouse:
    w.product("TEA", tracking="expiry", shelf_life_days=100, packagings={"case": 12})
    w.product("SOAP")
    w.product("RADIO", tracking="serial")
    return w


def stack() -> list[NewUnit]:
    tea = NewContent("10", 5, unit="case", lot="L1", expires_on=dt.date(2030, 1, 1))
    return [
        NewUnit(C1, UnitKind.CARTON, P1, [tea]),
        NewUnit("00" + P1),
        NewUnit(C2, UnitKind.CARTON, P1, [NewContent("20", 12), NewContent("10", 3, lot="L2")]),
        NewUnit(P2, contents=[NewContent("20", 28)]),
    ]


def test_a_plate_is_found_with_its_order_its_contents_and_what_stands_on_it(goods: Warehouse) -> None:
    announce(goods, *stack())
    pallet = announced.find("00" + P1, by=goods.by)
    assert (pallet.sscc, pallet.number, pallet.kind, pallet.parent, pallet.contents) == (P1, "IN-1", UnitKind.PALLET, None, ())
    assert [(one.sscc, one.parent, one.pieces) for one in pallet.stack()] == [(P1, None, 75), (C1, P1, 60), (C2, P1, 15)]
    tea = announced.find(C1, by=goods.by).contents[0]
    assert (tea.sku, tea.line, tea.quantity, tea.lot, tea.expires_on, tea.missing) == ("TEA", "10", 60, "L1", dt.date(2030, 1, 1), ())
    assert pallet.missing == {"TEA": ("expires_on",)}, "the second lot came without its date"


def test_what_is_on_no_plate_comes_loose(goods: Warehouse) -> None:
    announce(goods, NewUnit(P1, contents=[NewContent("20", 1)]))
    assert announced.find(P1, by=goods.by).pieces == 1


def test_a_plate_that_nobody_announced_is_said_to_be_unknown(goods: Warehouse) -> None:
    announce(goods, *stack())
    with pytest.raises(announced.PlateNotAnnounced) as refusal:
        announced.find(C4, by=goods.by)
    assert refusal.value.say("zh_CN") == f"没有到货通知含有此托盘号：{C4}"
    with pytest.raises(announced.PlateNotAnnounced):
        announced.find(P1, by=goods.person("stranger", site=goods.site("NORTH")))


def one(contents: list[NewContent], **facts: Any) -> list[NewUnit]:
    return [NewUnit(P1, contents=contents, **facts)]


@pytest.mark.parametrize(
    ("units", "code", "pointer"),
    [
        ([NewUnit(P1[:-1] + str((int(P1[-1]) + 1) % 10), contents=[NewContent("20", 1)])], "gs1_check_digit", "/units/0/sscc"),
        ([NewUnit("PALLET-1", contents=[NewContent("20", 1)])], "sscc_wrong", "/units/0/sscc"),
        ([NewUnit(sscc(1, PREFIX), contents=[NewContent("20", 1)])], "own_sscc", "/units/0/sscc"),
        ([*one([NewContent("20", 1)]), *one([NewContent("20", 1)])], "plate_twice", "/units/1/sscc"),
        (one([NewContent("20", 1)], parent=P2), "parent_unknown", "/units/0/parent"),
        ([NewUnit(P1, parent=P2), NewUnit(P2, parent=P1)], "stack_wrong", "/units/0/parent"),
        ([NewUnit(P1), NewUnit(C1, parent=P1), NewUnit(C2, parent=C1), NewUnit(C3, parent=C2)], "stack_wrong", "/units/3/parent"),
        (one([]), "plate_without_contents", "/units/0/contents"),
        (one([NewContent("30", 1)]), "line_unknown", "/units/0/contents/0/line"),
        (one([NewContent("20", 30), NewContent("20", 11)]), "more_on_plates", "/units/0/contents/1/quantity"),
        (one([NewContent("10", 9, unit="case")]), "more_on_plates", "/units/0/contents/0/quantity"),
        (one([NewContent("10", 1, unit="box")]), "unit_not_known", "/units/0/contents/0/unit"),
        (one([NewContent("20", 0)]), "quantity_wrong", "/units/0/contents/0/quantity"),
        (one([NewContent("20", 2, serials=["A", "B"])]), "serials_wrong", "/units/0/contents/0/serials"),
    ],
)
def test_what_is_wrong_with_a_plate_is_said_where_it_is(goods: Warehouse, units: list[NewUnit], code: str, pointer: str) -> None:
    with pytest.raises(WarehouseError) as refusal:
        announce(goods, *units)
    assert (refusal.value.code, refusal.value.pointer) == (code, pointer)  # type: ignore[attr-defined]
    assert refusal.value.say("zh_CN") != refusal.value.say("en")


def test_a_plate_says_of_a_lot_what_the_line_says(goods: Warehouse) -> None:
    lines = [NewLine("TEA", 100, lot="L1", expires_on=dt.date(2030, 1, 1))]
    announce(goods, *one([NewContent("1", 1, lot="l1", expires_on=dt.date(2030, 1, 1))]), lines=lines)
    for facts in ({"lot": "L2"}, {"expires_on": dt.date(2030, 1, 2)}):
        with pytest.raises(announced.ContentDiffers):
            announce(goods, NewUnit(P2, contents=[NewContent("1", 1, **facts)]), number="IN-2", lines=lines)


def test_serial_numbers_are_one_for_each_piece_and_none_twice(goods: Warehouse) -> None:
    lines = [NewLine("RADIO", 4)]
    announce(goods, *one([NewContent("1", 2, serials=["S1", "S2"])]), lines=lines)
    assert announced.find(P1, by=goods.by).contents[0].serials == ("S1", "S2")
    for contents in (
        [NewContent("1", 2, serials=["S1"])],
        [NewContent("1", 2, serials=["S1", "s1"])],
        [NewContent("1", 1, serials=["S1"]), NewContent("1", 1, serials=["S1"])],
    ):
        with pytest.raises(announced.SerialsWrong):
            announce(goods, NewUnit(P2, contents=contents), number="IN-2", lines=lines)


def test_a_plate_is_announced_by_one_delivery_at_a_time(goods: Warehouse) -> None:
    announce(goods, *stack())
    with pytest.raises(announced.PlateExpected) as refusal:
        announce(goods, NewUnit(C2, contents=[NewContent("20", 1)]), number="IN-2")
    assert (refusal.value.pointer, refusal.value.facts["number"]) == ("/units/0/sscc", "IN-1")
    with goods.transaction():
        inbound.close_inbound("IN-1", by=goods.by)
    announce(goods, NewUnit(C2, contents=[NewContent("20", 1)]), number="IN-2")
    assert announced.find(C2, by=goods.by).number == "IN-2"


def test_a_number_that_stands_here_is_not_announced(goods: Warehouse) -> None:
    goods.unit(P1, at="A-01")
    with pytest.raises(announced.PlateHere):
        announce(goods, *one([NewContent("20", 1)]))


def test_two_deliveries_that_announce_one_plate_at_once(app, goods: Warehouse) -> None:
    def send(number: str) -> str:
        with db.transaction():
            inbound.announce(number=number, lines=[NewLine("SOAP", 9)], units=one([NewContent("1", 1)]), company_prefix=PREFIX, by=goods.by)
        return "taken"

    answers = all_at_once(app, [lambda n=n: send(f"IN-{n}") for n in range(6)])
    assert [str(answer) if answer == "taken" else answer.code for answer in sorted(answers, key=str)].count("taken") == 1
    assert {answer.code for answer in answers if answer != "taken"} == {"plate_expected_already"}


# -- what has come -------------------------------------------------------------------------------------------------------------


def test_a_pallet_comes_with_all_that_stands_on_it(goods: Warehouse) -> None:
    announce(goods, *stack())
    unit = goods.unit(P1, at="DOCK")
    with goods.transaction():
        came = announced.arrived(announced.find(P1, by=goods.by), by=goods.by, became={P1: unit.id})
    assert [one.sscc for one in came] == [P1, C1, C2]
    found = announced.find(P1, by=goods.by)
    assert (found.status, found.handling_unit_id) == (AnnouncedStatus.ARRIVED, unit.id)
    assert announced.find(C2, by=goods.by).status is AnnouncedStatus.ARRIVED
    assert announced.find(P2, by=goods.by).status is AnnouncedStatus.ANNOUNCED
    with pytest.raises(announced.PlateCameAlready), goods.transaction():
        announced.arrived(found, by=goods.by)


def test_a_carton_may_come_before_its_pallet(goods: Warehouse) -> None:
    announce(goods, *stack())
    with goods.transaction():
        announced.arrived(announced.find(C1, by=goods.by), by=goods.by)
    pallet = announced.find(P1, by=goods.by)
    assert [one.sscc for one in pallet.still_to_come()] == [P1, C2]
    with goods.transaction():
        assert [one.sscc for one in announced.arrived(pallet, by=goods.by)] == [P1, C2]


def test_of_two_who_scan_one_plate_at_once_one_is_told_that_it_came(app, goods: Warehouse) -> None:
    announce(goods, *stack())

    def scan() -> str:
        with db.transaction():
            announced.arrived(announced.find(P1, by=goods.by), by=goods.by)
        return "came"

    answers = all_at_once(app, [scan] * 6)
    assert [answer for answer in answers if answer == "came"] == ["came"]
    assert {answer.code for answer in answers if answer != "came"} == {"plate_came_already"}


def test_an_arrival_is_undone_with_what_came_with_it(goods: Warehouse) -> None:
    announce(goods, *stack())
    with goods.transaction():
        announced.arrived(announced.find(P1, by=goods.by), by=goods.by)
    with goods.transaction():
        announced.expected_again(P1, by=goods.by)
    assert [one.sscc for one in announced.find(P1, by=goods.by).still_to_come()] == [P1, C1, C2]


def test_what_has_not_come_when_the_order_is_closed_did_not_come(goods: Warehouse) -> None:
    announce(goods, *stack())
    with goods.transaction():
        announced.arrived(announced.find(P2, by=goods.by), by=goods.by)
    with goods.transaction():
        inbound.close_inbound("IN-1", by=goods.by)
    assert announced.find(P1, by=goods.by).status is AnnouncedStatus.MISSING
    assert announced.find(P2, by=goods.by).status is AnnouncedStatus.ARRIVED


# -- over the API --------------------------------------------------------------------------------------------------------------


def test_plates_are_announced_and_shown_over_the_api(goods: Warehouse, api: Machine) -> None:
    body = {
        "number": "IN-9",
        "lines": [{"sku": "SOAP", "quantity": 10}],
        "units": [
            {"sscc": P1},
            {
                "sscc": C1,
                "kind": "carton",
                "parent": P1,
                "contents": [{"line": "1", "quantity": 4, "lot": "L1", "expires_on": "2030-01-01"}],
            },
        ],
    }
    api.post("/inbound-orders", body)
    with goods.transaction():
        announced.arrived(announced.find(P1, by=goods.by), by=goods.by)
    shown = api.get("/inbound-orders/IN-9")["units"]
    assert [(one["sscc"], one["kind"], one["parent"], one["status"]) for one in shown] == [
        (P1, "pallet", None, "arrived"),
        (C1, "carton", P1, "arrived"),
    ]
    assert shown[1]["contents"] == [
        {"line": "1", "sku": "SOAP", "quantity": 4, "lot": "L1", "expires_on": "2030-01-01", "produced_on": None, "serials": []}
    ]


def test_what_is_wrong_is_pointed_at(goods: Warehouse, api: Machine) -> None:
    with goods.transaction():
        own = issue_sscc(PREFIX)
    for one, pointer in (
        ({"sscc": own, "contents": [{"line": "1", "quantity": 4}]}, "/units/0/sscc"),
        ({"sscc": P1, "contents": [{"quantity": 1}]}, "/units/0/contents/0/line"),
    ):
        answer = api.post("/inbound-orders", {"lines": [{"sku": "SOAP", "quantity": 10}], "units": [one]}, status=422)
        assert answer["errors"][0]["pointer"] == pointer
