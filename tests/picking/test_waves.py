"""Released orders become pick lists in walking order; what is left out is told with its reason."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.picking.conftest import Hall
from wms import clock
from wms.orders.lifecycle import OrderUnknown
from wms.picking import queries, waves
from wms.picking.models import Method
from wms.picking.waves import NoPackingPlace, NothingToPlan
from wms.tasks.models import TaskKind


def why(planned: waves.Planned) -> dict[str, str]:
    return {one.number: one.reason.say("en") for one in planned.skipped}


def test_one_list_for_each_order(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 2))
    hall.release("SO-2", ("APPLE", 2))
    planned = hall.wave("SO-1", "SO-2")
    assert [queries.list_view(one).orders for one in planned.pick_lists] == [["SO-1"], ["SO-2"]]
    assert [one.number for one in planned.pick_lists] == ["P-10001", "P-10002"]
    assert len(hall.tasks(TaskKind.PICK)) == 2


@pytest.mark.parametrize("method", [Method.BATCH, Method.CLUSTER])
def test_one_walk_for_several_orders(hall: Hall, method: Method) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 2))
    hall.release("SO-2", ("APPLE", 2))
    planned = hall.wave("SO-1", "SO-2", method=method)
    assert [queries.list_view(one).orders for one in planned.pick_lists] == [["SO-1", "SO-2"]]


def test_a_list_for_each_zone(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "B-01")
    hall.release("SO-1", ("APPLE", 2), ("PEAR", 2))
    planned = hall.wave("SO-1", method=Method.ZONE)
    assert sorted(line.location for one in planned.pick_lists for line in queries.list_view(one).lines) == ["A-01", "B-01"]
    assert len(planned.pick_lists) == 2


def test_lines_stand_in_walking_order_not_by_name(hall: Hall) -> None:
    for sku, place in (("APPLE", "A-01"), ("PEAR", "A-05"), ("PLUM", "B-01"), ("FIG", "B-05")):
        hall.put(sku, 5, place)
    hall.release("SO-1", ("APPLE", 1), ("PEAR", 1), ("PLUM", 1), ("FIG", 1))
    (one,) = hall.wave("SO-1").pick_lists
    places = [line.location for line in queries.list_view(one).lines]
    assert places in (["A-01", "A-05", "B-05", "B-01"], ["B-01", "B-05", "A-05", "A-01"])
    assert one.metres_planned < one.metres_by_name


def test_only_orders_that_are_due_are_planned(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    now = clock.now()
    hall.release("SO-1", ("APPLE", 2), due_at=now + dt.timedelta(hours=1))
    hall.release("SO-2", ("APPLE", 2), due_at=now + dt.timedelta(days=3))
    hall.release("SO-3", ("APPLE", 2))
    hall.wave(due_before=now + dt.timedelta(days=1))
    assert [hall.lines(f"SO-{n}", "reserved") for n in (1, 2, 3)] == [[2], [0], [0]]


def test_a_wave_is_as_small_as_asked_and_the_urgent_come_first(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "A-02")
    hall.release("SO-1", ("APPLE", 2), ("PEAR", 1), priority=1)
    hall.release("SO-2", ("APPLE", 2), ("PEAR", 1), priority=9)
    assert why(hall.wave("SO-1", "SO-2", max_orders=1)) == {"SO-1": "The wave is full"}
    assert hall.lines("SO-2", "reserved") == [2, 1]
    hall.release("SO-3", ("APPLE", 2), ("PEAR", 1), priority=0)
    assert why(hall.wave("SO-1", "SO-3", max_lines=3)) == {"SO-3": "The wave is full"}


def test_an_order_that_is_not_released_is_left_out_with_its_reason(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.release("SO-2", ("APPLE", 5))
    assert hall.status("SO-2") == "held"
    assert why(hall.wave("SO-1", "SO-2")) == {"SO-2": "It is Held"}


def test_an_order_is_planned_once(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.wave("SO-1")
    with pytest.raises(NothingToPlan, match="SO-1 is already on P-10001"):
        hall.wave("SO-1")
    with pytest.raises(NothingToPlan):
        hall.wave()


def test_goods_that_are_still_at_the_dock_are_not_planned(hall: Hall) -> None:
    hall.w.receive("APPLE", 5)
    hall.release("SO-1", ("APPLE", 5))
    with pytest.raises(NothingToPlan, match="not in racks or pick faces"):
        hall.wave("SO-1")
    assert hall.lines("SO-1", "promised") == [5]
    hall.w.move("APPLE", 5, "DOCK", "A-01")
    hall.wave("SO-1")
    assert hall.lines("SO-1", "reserved") == [5]


def test_an_unknown_order_and_another_sites_order_do_not_exist(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    stranger = hall.w.person("stranger", site=hall.w.site("ELSEWHERE"))
    with pytest.raises(OrderUnknown):
        hall.wave("SO-1", "NO-SUCH")
    hall.w.location("PACK-2", kind="packing", site=stranger.site_id)
    with pytest.raises(OrderUnknown):
        hall.wave("SO-1", by=stranger)
    assert hall.lines("SO-1", "reserved") == [0]


def test_without_a_packing_place_nothing_is_planned(hall: Hall) -> None:
    stranger = hall.w.person("stranger", site=hall.w.site("ELSEWHERE"))
    with pytest.raises(NoPackingPlace):
        hall.wave(by=stranger)


def test_the_timeline_names_the_list(hall: Hall) -> None:
    from wms.orders import timeline

    hall.put("APPLE", 5, "A-01")
    order = hall.release("SO-1", ("APPLE", 5))
    number = hall.list_of("SO-1")
    said = [one.text for one in timeline.timelines("order", [order.id], "en")[order.id]]
    assert f"Pick list {number} planned" in said
