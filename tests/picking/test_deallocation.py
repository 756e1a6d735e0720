"""Goods chosen for orders are given back before anybody went for them, and chosen anew; where picking has begun, they stay."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.crowd import all_at_once
from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk
from wms import clock, db
from wms.actor import Role
from wms.app import Application
from wms.errors import Conflict, Refused
from wms.orders.lines import LineUnknown
from wms.picking import cart_kinds, deallocation, picks, waves
from wms.picking.deallocation import NothingAllocated, PickingBegun
from wms.picking.models import Method
from wms.picking.waves import NothingToPlan
from wms.stock.ledger import Place
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind


def give_back(hall: Hall, number: str, line: str | None = None) -> int:
    with hall.w.transaction():
        return deallocation.deallocate(number, line=line, by=hall.by)


def choose_anew(hall: Hall, number: str, line: str | None = None) -> waves.Planned:
    with hall.w.transaction():
        return deallocation.reallocate(number, line=line, by=hall.by)


def test_what_an_order_held_is_promised_to_it_again_and_its_list_ends(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    list_ = hall.list_of("SO-1")
    assert give_back(hall, "SO-1") == 6
    assert (hall.w.reserved("APPLE"), hall.lines("SO-1", "promised"), hall.lines("SO-1", "reserved")) == (0, [6], [0])
    assert hall.task_status(list_) == "cancelled"
    assert hall.list_of("SO-1") != list_, "it is planned again like any other"


def test_one_line_is_given_back_and_the_list_goes_on_with_the_others(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.put("PEAR", 10, "A-02")
    hall.release("SO-1", ("APPLE", 6), ("PEAR", 2))
    list_ = hall.list_of("SO-1")
    assert give_back(hall, "SO-1", "2") == 2
    assert hall.lines("SO-1", "reserved") == [6, 0]
    assert hall.task_status(list_) == "open"
    with pytest.raises(LineUnknown), hall.w.transaction():
        deallocation.deallocate("SO-1", line="7", by=hall.by)


def test_anew_is_as_things_are_now(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01", age=3)
    hall.release("SO-1", ("APPLE", 6))
    hall.wave("SO-1")
    hall.put("APPLE", 10, "A-02", age=30)  # found behind the rack
    planned = choose_anew(hall, "SO-1")
    assert [place for place, _, _ in hall.reserved("SO-1")] == ["A-02"]
    assert len(planned.pick_lists) == 1
    assert len(hall.tasks(TaskKind.PICK)) == 1


def test_an_order_of_which_nothing_can_be_planned_anew_keeps_what_it_has(hall: Hall) -> None:
    hall.put("APPLE", 3, "A-01")
    hall.put("PEAR", 3, "A-02")
    hall.release("SO-1", ("APPLE", 3), ("PEAR", 3), ship_complete=True)
    hall.wave("SO-1")
    with hall.w.transaction():  # somebody missed pears there: until they are counted, nothing is planned from the place
        pear = hall.w.product("PEAR").id
        queue.offer(TaskKind.COUNT, site_id=hall.w.site_id, product_id=pear, source_id=hall.w.location("A-02").id)
    with pytest.raises(NothingToPlan):
        choose_anew(hall, "SO-1")
    assert hall.lines("SO-1", "reserved") == [3, 3]


def test_nothing_held_is_told(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    with pytest.raises(NothingAllocated) as refused:
        give_back(hall, "SO-1")
    assert refused.value.say("en") == "No goods in the racks are held for SO-1"


def test_a_list_in_somebodys_hands_is_not_pulled_away(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    list_ = hall.list_of("SO-1")
    hall.open(list_, by=hall.w.person("wang", roles=["picker"]))
    with pytest.raises(PickingBegun) as refused:
        give_back(hall, "SO-1")
    assert refused.value.say("en") == f"The planning of SO-1 cannot be undone: Wang is picking {list_}"
    assert refused.value.say("zh_CN") == f"SO-1 不能撤销排单：Wang 正在拣 {list_}"


def test_a_list_whose_lease_has_run_out_is_in_nobodys_hands(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    list_ = hall.list_of("SO-1")
    opened = hall.open(list_)
    with hall.w.transaction():
        db.session.get_one(Task, opened.task_id).lease_until = clock.now() - dt.timedelta(minutes=1)
    assert give_back(hall, "SO-1") == 6
    with pytest.raises(Conflict):  # the picker who comes back hears of it
        hall.pick(opened)


def test_goods_picked_are_not_given_back_but_the_lines_beside_them_are(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.put("PEAR", 10, "A-02")
    hall.release("SO-1", ("APPLE", 6), ("PEAR", 2))
    opened = hall.open(hall.list_of("SO-1"))
    hall.pick(opened)
    with hall.w.transaction():
        queue.give_back(opened.task_id, by=hall.by)
    picked = 1 if hall.lines("SO-1", "picked") == [6, 0] else 2
    with pytest.raises(PickingBegun) as refused:
        give_back(hall, "SO-1")
    assert "picked" in refused.value.say("en")
    with pytest.raises(PickingBegun):
        give_back(hall, "SO-1", str(picked))
    give_back(hall, "SO-1", str(3 - picked))
    assert sorted(hall.lines("SO-1", "reserved")) == [0, 0]
    assert hall.status("SO-1") == "picking"


def test_a_wave_gives_back_the_lists_nobody_has_begun(hall: Hall) -> None:
    hall.put("APPLE", 30, "A-01")
    for number in (1, 2, 3):
        hall.release(f"SO-{number}", ("APPLE", 4))
    planned = hall.wave()
    begun = planned.pick_lists[1].number
    hall.open(begun)
    with hall.w.transaction():
        given_back = deallocation.deallocate_wave(planned.wave.number, by=hall.by)
    assert (given_back.orders, given_back.quantity, given_back.left) == (["SO-1", "SO-3"], 8, [begun])
    assert [hall.lines(f"SO-{n}", "reserved") for n in (1, 2, 3)] == [[0], [4], [0]]
    with pytest.raises(PickingBegun), hall.w.transaction():
        deallocation.deallocate_wave(planned.wave.number, by=hall.by)


def test_a_wave_is_planned_anew_by_its_own_method(hall: Hall) -> None:
    hall.put("APPLE", 30, "A-01")
    for number in (1, 2, 3):
        hall.release(f"SO-{number}", ("APPLE", 4))
    before = hall.wave(method=Method.CLUSTER)
    with hall.w.transaction():
        planned, given_back = deallocation.reallocate_wave(before.wave.number, by=hall.by)
    assert planned.wave.method == "cluster"
    assert len(planned.pick_lists) == 1
    assert given_back.left == []
    assert hall.w.reserved("APPLE") == 12


def test_a_wave_that_holds_nothing_says_so(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    wave = hall.wave("SO-1").wave.number
    give_back(hall, "SO-1")
    with pytest.raises(NothingAllocated), hall.w.transaction():
        deallocation.deallocate_wave(wave, by=hall.by)


def test_a_picker_and_a_supervisor_at_once(hall: Hall, app: Application) -> None:
    """Either the picker has the list and the goods stay, or they are given back and the picker finds no list."""
    hall.put("APPLE", 100, "A-01")
    people = [hall.w.person(f"p{n}", roles=["picker"]) for n in range(6)]
    for number in range(6):
        hall.release(f"SO-{number}", ("APPLE", 3))
    lists = [hall.list_of(f"SO-{number}") for number in range(6)]

    def pick(n: int) -> str:
        try:
            with db.transaction():
                opened = picks.open_list(waves.find_list(lists[n], by=people[n]), by=people[n])
            with db.transaction():
                picks.confirm(
                    opened.line.claim_id,
                    3,
                    task_id=opened.task_id,
                    order_id=opened.line.order_id,
                    target=Place(opened.target_id),
                    by=people[n],
                    key=f"pick-{n}",
                )
        except (Refused, Conflict):
            return "nothing"
        return "picked"

    def pull(n: int) -> str:
        try:
            with db.transaction():
                deallocation.deallocate(f"SO-{n}", by=hall.by)
        except Refused:
            return "refused"
        return "given back"

    db.session.remove()
    came = all_at_once(app, [lambda n=n, act=act: act(n) for n in range(6) for act in (pick, pull)])
    for n in range(6):
        assert (came[2 * n], came[2 * n + 1]) in (("picked", "refused"), ("nothing", "given back"))
    assert hall.w.reserved("APPLE") == 3 * came.count("picked")


# -- at the edges ------------------------------------------------------------------------------------------------------


def test_over_the_api(hall: Hall, api: Api) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    wave = hall.wave("SO-1").wave.number
    answer = api.post("/orders/SO-1/deallocate", {"line": "1", "reason": "wrong lot"})
    assert (answer["lines"][0]["promised"], answer["lines"][0]["reserved"]) == (6, 0)
    assert answer["events"][-1]["code"] == "order.deallocated"
    assert api.post("/orders/SO-1/deallocate", {}, status=409)["code"] == "nothing_allocated"
    assert api.post(f"/waves/{wave}/reallocate", {}, status=409)["code"] == "nothing_allocated"
    hall.wave("SO-1")
    again = api.post("/orders/SO-1/reallocate", {})
    assert again["pick_lists"][0]["orders"] == ["SO-1"]
    assert api.post(f"/waves/{again['number']}/deallocate", {}) == {"orders": ["SO-1"], "quantity": 6, "left": []}
    assert api.post("/orders/SO-1/deallocate", {"line": "9"}, status=422)["code"] == "line_unknown"
    assert api.post("/orders/SO-9/reallocate", {}, status=404)["code"] == "order_unknown"
    assert api.post("/waves/W-9/deallocate", {}, status=404)["code"] == "wave_unknown"


def test_at_the_desk(hall: Hall, app: Application) -> None:
    desk = Desk(Client(app), Role.ADMIN)
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 6))
    assert "Undo planning" not in desk.get("/orders/SO-1"), "nothing is held yet"
    hall.wave("SO-1")
    assert "Undo planning" in desk.get("/orders/SO-1")
    desk.post("/picking/orders/SO-1/deallocate", reason="wrong lot")
    page = desk.get("/orders/SO-1")
    assert "Planning undone: 6; the orders wait to be planned again" in page
    assert "wrong lot" in page
    desk.post("/picking/orders/SO-1/deallocate")
    assert "No goods in the racks are held for SO-1" in desk.get("/orders/SO-1")
    wave = hall.wave("SO-1").wave.number
    assert "Plan again" in desk.get(f"/picking/waves/{wave}")
    desk.post(f"/picking/waves/{wave}/reallocate")
    assert "W-10003" in desk.last.headers["Location"]
    assert "Planned anew: P-10003" in desk.get("/picking/waves/W-10003")
    desk.post("/picking/orders/SO-1/reallocate")
    desk.post("/picking/waves/W-10004/deallocate")
    assert "Planning undone: 6" in desk.get("/picking/waves/W-10004")


def test_a_wave_chosen_anew_is_for_the_same_kind_of_cart(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    with hall.w.transaction():
        cart_kinds.put("C-2", cart_kinds.CartFacts(2), by=hall.by)
    for number in range(4):
        hall.release(f"SO-{number}", ("APPLE", 1))
    wave = hall.wave(method=Method.CLUSTER, cart="C-2").wave.number
    with hall.w.transaction():
        anew, _ = deallocation.reallocate_wave(wave, by=hall.by)
    assert len(anew.pick_lists) == 2
    assert {one.cart_id for one in anew.pick_lists} != {None}
