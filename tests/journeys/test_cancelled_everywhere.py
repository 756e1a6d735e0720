"""One order after the other is cancelled, each at another station between the order desk and the gate.

Whoever has it in hand reads so on the very next screen, and where the goods go; somebody walks every task that follows; then all is in the
racks again, free, as if nobody had ever ordered it. What has left the gate is a return.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integrations.receiver import PRIVATE, Receiver, a_receiver, subscribe
from tests.journeys.cast import ADDRESS, EAN, House, Scanner
from tests.journeys.floor import on, step
from tests.warehouse import Warehouse
from wms import audit, db
from wms.actor import Role
from wms.integrations import telling
from wms.invariants import INVARIANTS

TEA, NUT = 4, 3
ALL = {"TEA": 60, "NUT": 48}
WHY = "客户改主意 changed their mind"

Told = Callable[[], None]
Station = Callable[["Story", str], Told | None]


class Story:
    """A house in which one order after the other is taken back; who works there keeps their scanner."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.place("B-01", "storage", zone="Y", x=20_000, y=1000)
        house.place("OVER-1", "staging", zone="Z", x=5000)
        for zone in ("Z", "Y"):
            house.api.put(f"/hand-over-places/{zone}", {"location": "OVER-1"}, status=201)
        house.opening("TEA", ALL["TEA"], "A-01", lot="T-1")
        house.opening("NUT", ALL["NUT"], "B-01")
        self.cartons: dict[str, list[str]] = {}
        self.sales = house.desk(Role.SALES)
        self.picker, self.second = house.worker(Role.PICKER, name="anna"), house.terminal(Role.PICKER)
        self.packer, self.sorter = house.terminal(Role.PACKER), house.terminal(Role.PACKER)
        self.loader = house.worker(Role.DISPATCHER, name="lin")
        self.guard = house.worker(Role.GATE, name="gu")

    def say(self, en: str, zh: str) -> str:
        return self.house.say(en, zh)

    # -- on the way ----------------------------------------------------------------------------------------------------

    def entered(self, number: str) -> None:
        self.house.order(number, TEA=TEA, NUT=NUT)

    def released(self, number: str) -> None:
        self.entered(number)
        self.house.act(number, "release")

    def planned(self, number: str, method: str = "single", *others: str) -> list[dict[str, Any]]:
        self.released(number)
        return list(self.house.api.post("/waves", {"orders": [number, *others], "method": method})["pick_lists"])

    def in_hand(self, number: str, at: str) -> str:
        """The picker's list is at this step of its first line; where that lies."""
        (listed,) = self.planned(number)
        self.picker.look("pick")
        self.picker.scan(listed["number"])
        place = self.picker.screen.expected
        on(self.picker, step(at))
        return str(place)

    def picked(self, number: str) -> None:
        self.planned(number)
        self.house.pick(number)

    def packed(self, number: str) -> str:
        self.picked(number)
        self.cartons[number] = [self.house.pack(number)]
        return self.cartons[number][0]

    def load(self, *numbers: str, plate: str = "沪C-1") -> str:
        return str(self.house.api.post("/loads", {"door": "DOOR-1", "plate": plate, "orders": list(numbers)})["number"])

    def cancel(self, number: str) -> None:
        self.sales.post(f"/orders/{number}/cancel", reason=WHY)

    # -- what is told ----------------------------------------------------------------------------------------------------

    def told(self, who: Scanner, scan: str | None, number: str, en: str, zh: str) -> None:
        """The very next screen says in red which order it was, and where the goods go."""
        who.send(str(who.screen.expected if scan is None else scan))
        screen = who.screen
        assert screen.tone == "stop", f"not told: {screen}"
        for word in (number, self.say(en, zh)):
            assert word in screen.said, f"{word!r} is not in {screen.said!r} ({screen.flow}/{screen.step})"

    def goes_on(self, who: Scanner, *steps: str) -> None:
        """They stand before nothing that is not wanted any more."""
        assert who.screen.step in steps, who.screen
        who.send("CMD:CANCEL")
        assert who.screen.tone != "stop", who.screen

    # -- what must be so afterwards ---------------------------------------------------------------------------------------

    def walked_back(self) -> int:
        done = self.house.put_everything_away()
        rows = self.house.rows()
        assert {row["location"][0] for row in rows} <= {"A", "B"}, rows
        return done

    def nothing_is_left(self, number: str, *, others: tuple[str, ...] = ()) -> None:
        """All is in the racks and free; nothing is to be done for it; its papers are void; sales can read what happened."""
        house = self.house
        assert {sku: house.on_hand(sku) for sku in ALL} == ALL
        assert [row for row in house.rows() if row["reserved"]] == []
        for sku, quantity in ALL.items():
            there = house.api.get("/availability", sku=sku)
            assert (there["promised"], there["available"]) == (0, quantity)
        live = [one for one in house.api.get("/tasks", limit=500)["items"] if one["status"] in ("waiting", "open", "claimed")]
        assert [(one["kind"], one["document"]) for one in live if one["document"] not in others] == []
        seen = house.see(number)
        assert (seen["status"], house.lines(number, "cancelled")) == ("cancelled", house.lines(number, "ordered"))
        assert [line["claims"] for line in seen["lines"]] == [[]] * len(seen["lines"])
        assert [one["load"] for one in seen["shipments"]] == [None] * len(seen["shipments"])
        assert seen["events"][-1]["code"] == "order.cancelled"
        page = self.sales.get(f"/orders/{number}")
        assert self.say("Cancelled", "已取消") in page
        assert WHY in page
        self.papers_are_void(seen)
        db.session.rollback()
        assert audit.run(INVARIANTS) == []
        db.session.rollback()

    def papers_are_void(self, seen: dict[str, Any]) -> None:
        """Whatever is printed again has the mark across; a label with the address is not printed any more."""
        house = self.house
        cartons = self.cartons.get(seen["number"], [])
        for kind, number in [*((one["kind"], one["number"]) for one in seen["documents"]), *(("packing-slip", code) for code in cartons)]:
            if kind not in ("pick-list", "packing-slip", "delivery-note", "outbound-note"):
                continue
            shared = kind == "pick-list" and len(house.api.get(f"/pick-lists/{number}")["orders"]) > 1
            if not shared:
                paper = house.paper(kind, number)
                assert "作废" in paper, (kind, number)
                assert number in paper
        for code in [seen["number"], *cartons] if cartons else []:
            label = house.api.client.get(f"/labels/address/{code}.pdf", headers=house.api.headers)
            assert label.status_code == 409, label.text[:300]
        for code in cartons:
            label = house.api.client.get(f"/labels/handling-unit/{code}.svg", headers=house.api.headers)
            assert (label.status_code, ADDRESS["street"] in label.text) == (200, False)


# -- the stations --------------------------------------------------------------------------------------------------------


def received(story: Story, number: str) -> None:
    story.entered(number)


def held(story: Story, number: str) -> None:
    story.entered(number)
    assert story.house.act(number, "hold", reason="?")["status"] == "held"


def released(story: Story, number: str) -> None:
    story.released(number)


def in_a_wave_that_waits(story: Story, number: str) -> Told:
    """A relay: the second zone's list waits for the first."""
    first, second = story.planned(number, "zone")

    def told() -> None:
        story.picker.look("pick")
        for one in (first, second):
            story.picker.refused(one["number"], "nothing_to_pick")

    return told


def list_open(story: Story, number: str) -> Told:
    story.planned(number)

    def told() -> None:
        story.picker.look("pick")
        story.picker.refused("CMD:NEXT", "no_work")

    return told


def list_claimed(story: Story, number: str) -> Told:
    place = story.in_hand(number, "source")

    def told() -> None:
        story.told(story.picker, None, number, f"cancelled: take nothing at {place}", f"已取消：不要再取 {place} 的货物")
        assert story.say("take other work", "请领取其他任务") in story.picker.screen.said
        story.goes_on(story.picker, "document")

    return told


def goods_in_hand(at: str) -> Station:
    """The picker stands at the rack with the goods in the hand."""

    def station(story: Story, number: str) -> Told:
        place = story.in_hand(number, at)

        def told() -> None:
            story.told(story.picker, None, number, f"cancelled: put these back to {place}", f"请放回 {place}")
            story.goes_on(story.picker, "document")

        return told

    return station


def in_the_tote(story: Story, number: str) -> Told:
    """The first line is in the tote, the second in the hand."""
    (tote,) = story.house.totes(1)
    story.in_hand(number, "target")
    story.picker.scan(tote)
    place = on(story.picker, step("source")).expected
    on(story.picker, step("quantity"))

    def told() -> None:
        story.told(story.picker, None, number, f"cancelled: put these back to {place}", f"请放回 {place}")
        story.goes_on(story.picker, "document")
        story.packer.look("pack")
        story.packer.refused(tote, "order_cancelled", number)

    return told


def between_zones(story: Story, number: str) -> Told:
    """The first zone has handed over; nobody has begun the second."""
    first, second = story.planned(number, "zone")
    (tote,) = story.house.totes(1)
    story.picker.look("pick")
    story.picker.scan(first["number"])
    while story.picker.screen.step != "document":
        story.picker.scan(tote if story.picker.screen.step in ("tote", "target") else story.picker.screen.expected)
    assert "OVER-1" in {row["location"] for row in story.house.rows()}

    def told() -> None:
        story.second.look("pick")
        story.second.refused(second["number"], "nothing_to_pick")

    return told


def at_the_sorting_wall(story: Story, number: str) -> Told:
    """Picked with another order; the sorter has the piece in the hand, whose position is asked for."""
    other = f"{number}-B"
    story.released(other)
    (listed,) = story.planned(number, "batch", other)
    big, tote, spare = story.house.totes(3)
    story.picker.look("pick")
    story.picker.scan(listed["number"])
    while story.picker.screen.step != "document":
        story.picker.scan(big if story.picker.screen.step == "target" else story.picker.screen.expected)
    sorter = story.sorter
    sorter.look("sort")
    sorter.scan("CMD:NEXT", EAN["TEA"])
    whose = number if number in (str(sorter.screen.facts) + sorter.screen.prompt).replace(other, "") else other
    if whose == other:
        sorter.scan(spare)
        on(sorter, step("position"))
    assert number in (str(sorter.screen.facts) + sorter.screen.prompt).replace(other, "")

    def told() -> None:
        story.told(sorter, tote, number, "cancelled: keep the goods in the batch", "已取消：货物请留在批内")
        sorter.send("CMD:CANCEL")
        story.cancel(other)

    return told


def waiting_at_packing(story: Story, number: str) -> Told:
    story.picked(number)

    def told() -> None:
        story.packer.look("pack")
        story.packer.refused("CMD:NEXT", "no_work")
        story.packer.refused(number, "order_cancelled", number)

    return told


def in_the_middle_of_packing(at: str) -> Station:
    """Some pieces are in the open carton, others before the packer."""

    def station(story: Story, number: str) -> Told:
        story.picked(number)
        packer = story.packer
        packer.look("pack")
        packer.scan(number, EAN["TEA"], str(TEA))
        if at == "quantity":
            packer.scan(EAN["NUT"])
        assert packer.screen.step == at

        def told() -> None:
            story.told(
                packer,
                str(NUT) if at == "quantity" else EAN["NUT"],
                number,
                "cancelled: leave everything at PACK-1",
                "已取消：请把货物全部留在 PACK-1",
            )
            story.goes_on(packer, "start")

        return told

    return station


def packed(story: Story, number: str) -> Told:
    carton = story.packed(number)

    def told() -> None:
        story.packer.look("pack")
        story.packer.refused(carton, "order_cancelled", number)
        story.loader.look("load")
        story.loader.refused(carton, "order_cancelled", number)

    return told


def weighing(story: Story, number: str) -> Told:
    """The carton is closed and stands on the scale."""
    story.picked(number)
    packer = story.packer
    packer.look("pack")
    packer.scan(number, EAN["TEA"], str(TEA), EAN["NUT"], str(NUT))
    assert packer.screen.step == "weight"

    def told() -> None:
        story.told(packer, "2500", number, "cancelled: leave everything at PACK-1", "已取消：请把货物全部留在 PACK-1")
        story.goes_on(packer, "start")

    return told


def poured_together_and_open_again(story: Story, number: str) -> Told:
    """Two cartons made one, closed, and opened again."""
    story.picked(number)
    packer = story.packer
    packer.look("pack")
    packer.scan(number, EAN["TEA"], str(TEA))
    first = next(row["handling_unit"] for row in story.house.rows(sku="TEA", location="PACK-1") if row["handling_unit"])
    packer.scan("CMD:FULL", "CMD:DONE", EAN["NUT"], str(NUT))
    packer.scan("CMD:REOPEN", "CMD:CARTONS", "MERGE", first)
    assert packer.screen.step == "product"

    def told() -> None:
        story.told(packer, "CMD:DONE", number, "cancelled: leave everything at PACK-1", "已取消：请把货物全部留在 PACK-1")
        story.goes_on(packer, "start")

    return told


def staged(story: Story, number: str) -> Told:
    """The carton was brought to the staging place before the doors."""
    carton = story.packed(number)
    story.second.look("move")
    story.second.scan(carton, "OVER-1")

    def told() -> None:
        story.loader.look("load")
        story.loader.refused(carton, "order_cancelled", number)

    return told


def planned_on_a_load(story: Story, number: str) -> Told:
    """The loader stands at the truck with the carton."""
    carton, other = story.packed(number), f"{number}-B"
    story.packed(other)
    plan = story.load(number, other)
    story.loader.look("load")
    story.loader.scan(plan)

    def told() -> None:
        story.told(
            story.loader,
            carton,
            number,
            "cancelled: leave its goods where they are, a task takes them back",
            "已取消：货物留在原处，将派回库任务",
        )
        sheet = story.house.paper("load-sheet", plan)
        assert other in sheet
        assert f"{number} " not in sheet.replace(other, "")
        story.loader.send("CMD:CANCEL")
        story.cancel(other)

    return told


def on_the_truck(story: Story, number: str) -> Told:
    """On board; the loader scans the next carton, of another order."""
    carton, other = story.packed(number), f"{number}-B"
    second = story.packed(other)
    plan = story.load(other, number)
    loader = story.loader
    loader.look("load")
    loader.scan(plan, carton)
    assert story.house.status(number) == "loaded"

    def told() -> None:
        story.told(loader, second, number, f"cancelled: take …{carton[-6:]} off", f"已取消：请卸下 …{carton[-6:]}")
        loader.scan(second)
        assert (story.house.status(other), loader.screen.step) == ("loaded", "off"), "it does not close with it"
        assert carton[-6:] in loader.screen.said
        story.house.desk(Role.SUPERVISOR).post(f"/loads/{plan}/change", do="close", reason="?")
        assert story.say("Still on", "不再发运") in story.house.desk(Role.SUPERVISOR).get(f"/loads/{plan}")
        loader.scan(carton)
        assert story.say("a task takes it back", "将派回库任务") in loader.screen.said
        assert loader.screen.printed["load-sheet"] == plan
        loader.send("CMD:CANCEL")
        story.cancel(other)

    return told


def closed_with_a_gate_pass(story: Story, number: str) -> Told:
    """The truck stands sealed before the gate, the guard has its pass in the hand."""
    carton, other = story.packed(number), f"{number}-B"
    second = story.packed(other)
    plan = story.load(other, number)
    loader, guard = story.loader, story.guard
    loader.look("load")
    loader.scan(plan, carton, second, "SEAL-1")
    first = loader.screen.printed["gate-pass"]
    guard.look("gate")
    guard.scan(first)

    def told() -> None:
        guard.refused(first, "load_changed", story.say("cancelled", "取消"))
        story.house.desk(Role.DISPATCHER).post(f"/loads/{plan}/change", do="reopen")
        loader.look("load")
        loader.scan(plan)
        assert carton[-6:] in loader.screen.said
        assert loader.screen.step == "off"
        loader.scan(carton, "SEAL-2")
        again = loader.screen.printed["gate-pass"]
        assert again != first
        story.told(guard, first, first, "void", "作废")
        assert guard.screen.step == "start"
        guard.refused(first, "gate_pass_void")
        paper = story.house.paper("gate-pass", again)
        assert other in paper
        assert "SEAL-2" in paper
        story.house.desk(Role.DISPATCHER).post(f"/loads/{plan}/change", do="reopen")
        story.cancel(other)

    return told


def left(story: Story, number: str) -> Told:
    """Gone: it is refused, with what to do instead."""
    carton = story.packed(number)
    story.house.let_out(story.house.load(number, carton, close=True))

    def told() -> None:
        page = story.sales.get(f"/orders/{number}")
        assert story.say("it cannot be cancelled any more", "不能取消") in page
        assert story.say("Announce a customer return instead", "请改走销售退货") in page

    return told


STATIONS: dict[str, tuple[Station, int]] = {
    "received": (received, 0),
    "held": (held, 0),
    "released": (released, 0),
    "a list that waits for another zone": (in_a_wave_that_waits, 0),
    "between two zones": (between_zones, 1),
    "a list in the queue": (list_open, 0),
    "a list that somebody has begun": (list_claimed, 0),
    "a product to be scanned": (goods_in_hand("product"), 0),
    "pieces counted": (goods_in_hand("quantity"), 0),
    "goods in the hand": (goods_in_hand("target"), 0),
    "in the tote": (in_the_tote, 1),
    "at the sorting wall": (at_the_sorting_wall, 4),
    "waiting at packing": (waiting_at_packing, 2),
    "in the middle of packing": (in_the_middle_of_packing("product"), 2),
    "pieces counted at the bench": (in_the_middle_of_packing("quantity"), 2),
    "weighing": (weighing, 2),
    "packed": (packed, 2),
    "poured together and open again": (poured_together_and_open_again, 2),
    "staged": (staged, 2),
    "planned on a load": (planned_on_a_load, 4),
    "on the truck": (on_the_truck, 4),
    "closed, with a gate pass": (closed_with_a_gate_pass, 4),
    "left": (left, 0),
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    yield from a_receiver()


def test_an_order_is_cancelled_at_every_station(w: Warehouse, house: House, receiver: Receiver) -> None:
    story = Story(house)
    subscribe(w, receiver.url, "order.cancelled")
    numbers = {}
    for place, (name, (station, _)) in enumerate(STATIONS.items(), start=1):
        numbers[name] = number = f"SO-{place:02d}"
        told = station(story, number)
        story.cancel(number)
        if told is not None:
            told()
        if name == "left":
            break
        back = story.walked_back()
        assert back == STATIONS[name][1] or print(name, back) is None, name
        story.nothing_is_left(number)
    assert house.status(number) == "shipped"
    assert {sku: house.on_hand(sku) for sku in ALL} == {"TEA": ALL["TEA"] - TEA, "NUT": ALL["NUT"] - NUT}
    while telling.tell(PRIVATE):
        pass
    told_of = [json.loads(body)["data"] for _, body in receiver.got]
    assert {one["number"] for one in told_of} >= set(numbers.values()) - {number}
    assert number not in {one["number"] for one in told_of}
