"""Sales changes orders, each at another station; the floor hears of it at once, and what leaves is what is wanted now."""

from __future__ import annotations

import html
from collections.abc import Callable

from tests.journeys.cast import ADDRESS, EAN, House, Scanner
from tests.journeys.floor import on, step
from tests.web.desk import form_of
from wms import audit, db
from wms.actor import Role
from wms.invariants import INVARIANTS

TEA, NUT = 4, 5
LESS = 3
ALL = {"TEA": 60, "NUT": 80}
MOVED = {"name": "韩梅梅", "phone": "13800000000", "street": "中州路 88 号", "city": "洛阳", "country": "CN"}

Then = Callable[[], None]
Station = Callable[["Story", str], Then]


class Story:
    """A house where two nuts fewer are wanted of each order, wherever it is."""

    def __init__(self, house: House, *, nuts_at: str = "A-05") -> None:
        self.house = house
        house.opening("TEA", ALL["TEA"], "A-01", lot="T-1")
        house.opening("NUT", ALL["NUT"], nuts_at)
        self.sales = house.desk(Role.SALES)
        self.picker, self.packer, self.loader = house.worker(Role.PICKER), house.terminal(Role.PACKER), house.worker(Role.DISPATCHER)

    def say(self, en: str, zh: str) -> str:
        return self.house.say(en, zh)

    def released(self, number: str) -> None:
        self.house.order(number, TEA=TEA, NUT=NUT)
        self.house.act(number, "release")

    def picked(self, number: str) -> None:
        self.released(number)
        self.house.api.post("/waves", {"orders": [number]})
        self.house.pick(number)

    def packed(self, number: str) -> str:
        self.picked(number)
        return self.house.pack(number)

    def fewer(self, number: str, *means: str) -> None:
        """Sales looks what it means, and says yes: three nuts instead of five."""
        fields = form_of(self.sales.get(f"/orders/{number}/edit"))
        fields["quantity"] = [str(LESS) if sku == "NUT" else one for sku, one in zip(fields["sku"], fields["quantity"], strict=True)]
        page = html.unescape(self.sales.post(f"/orders/{number}/edit", status=200, **fields))
        assert f"NUT {NUT} → {LESS}" in page
        assert page.index('name="shown"') < page.index('<form class="form"'), "what is meant is booked where it is read"
        for one in means:
            assert one in page, f"{one!r} is not said"
        assert self.house.lines(number, "cancelled")[1] == 0, "looking changes nothing"
        fields, shown = form_of(page), page.partition('name="shown" value="')[2].partition('"')[0]
        otherwise = {**fields, "quantity": [str(LESS - 1) if one == str(LESS) else one for one in fields["quantity"]]}
        again = html.unescape(self.sales.post(f"/orders/{number}/edit", status=200, **otherwise, shown=shown))
        assert self.say("Not what was shown before", "与先前所示不同") in again
        assert f"NUT {NUT} → {LESS - 1}" in again
        assert self.house.lines(number, "cancelled")[1] == 0, "what was not shown is not booked"
        for _press in range(2):  # the second finds it done
            self.sales.post(f"/orders/{number}/edit", status=302, **fields, shown=shown)
        page = self.sales.get(f"/orders/{number}")
        assert self.say(f"line 2: NUT {NUT} → {LESS}", f"第 2 行：NUT {NUT} → {LESS}") in html.unescape(page)

    def told(self, who: Scanner, scan: str, number: str, en: str, zh: str) -> None:
        """The very next screen says in red which order it was, and what to do."""
        who.send(scan)
        assert who.screen.tone == "stop", f"not told: {who.screen}"
        for word in (number, self.say(en, zh)):
            assert word in who.screen.said, f"{word!r} is not in {who.screen.said!r}"

    def delivered(self, number: str, carton: str | None = None) -> None:
        """The rest of its way: what leaves is what is wanted now."""
        house = self.house
        if house.status(number) in ("released", "picking"):
            if not [claim for line in house.see(number)["lines"] for claim in line["claims"]]:
                house.api.post("/waves", {"orders": [number]})
            house.pick(number)
        if carton is None:
            carton = house.pack(number)
        house.let_out(house.load(number, carton, close=True))
        assert (house.lines(number, "shipped"), house.lines(number, "cancelled")) == ([TEA, LESS], [0, NUT - LESS])
        slip = house.paper("packing-slip", house.see(number)["shipments"][0]["number"])
        assert "作废" not in slip

    def nothing_is_lost(self, shipped: int) -> None:
        house = self.house
        assert house.put_everything_away() >= 0
        assert {row["location"][0] for row in house.rows()} == {"A"}
        assert [row for row in house.rows() if row["reserved"]] == []
        assert {sku: house.on_hand(sku) for sku in ALL} == {"TEA": ALL["TEA"] - TEA * shipped, "NUT": ALL["NUT"] - LESS * shipped}
        live = [one for one in house.api.get("/tasks", limit=500)["items"] if one["status"] in ("waiting", "open", "claimed")]
        assert live == []
        db.session.rollback()
        assert audit.run(INVARIANTS) == []
        db.session.rollback()


def released(story: Story, number: str) -> Then:
    story.released(number)
    story.fewer(number, story.say("2 NUT are not planned yet", "NUT 2 尚未排单"))
    return lambda: story.delivered(number)


def planned(story: Story, number: str) -> Then:
    story.released(number)
    story.house.api.post("/waves", {"orders": [number]})
    story.fewer(number, story.say("2 NUT are still to be picked", "NUT 2 尚未拣货"))
    return lambda: story.delivered(number)


def in_the_pickers_hand(story: Story, number: str) -> Then:
    story.released(number)
    story.house.api.post("/waves", {"orders": [number]})
    story.picker.look("pick")
    story.picker.scan(number)
    while not ("NUT" in str(story.picker.screen.facts) and story.picker.screen.step == "target"):
        story.picker.scan(story.picker.screen.expected)
    story.fewer(number)

    def then() -> None:
        story.told(story.picker, "PACK-1", number, "only 3 are wanted here now", "此处现仅需 3")
        assert story.picker.screen.step == "quantity"
        assert story.say("put the rest back", "多余的放回") in story.picker.screen.said
        story.picker.scan("3", "PACK-1")
        on(story.picker, step("document"))
        story.delivered(number)

    return then


def at_packing(story: Story, number: str) -> Then:
    story.picked(number)
    story.fewer(number, story.say("2 NUT are picked: put back by a task", "NUT 2 已拣，派回库任务"))

    def then() -> None:
        assert story.house.put_everything_away() == 1
        story.delivered(number)

    return then


def in_the_middle_of_packing(story: Story, number: str) -> Then:
    """All nuts are in the open carton, the tea is before the packer."""
    story.picked(number)
    packer = story.packer
    packer.look("pack")
    packer.scan(number, EAN["NUT"], str(NUT))
    carton = next(row["handling_unit"] for row in story.house.rows(sku="NUT", location="PACK-1"))
    story.fewer(number, story.say("2 NUT are packed: taken out", "NUT 2 已打包，取出"))

    def then() -> None:
        story.told(packer, EAN["TEA"], number, "take out 2 pieces of NUT", "请取出 NUT 2 件")
        assert packer.screen.step == "out"
        packer.scan("CMD:DONE", EAN["TEA"], str(TEA))
        assert packer.screen.step == "weight"
        packer.scan("CMD:DONE")
        story.delivered(number, carton)

    return then


def packed(story: Story, number: str) -> Then:
    carton = story.packed(number)
    story.fewer(
        number, story.say(f"Carton …{carton[-6:]} is opened again to take out 2 × NUT", f"箱 …{carton[-6:]} 重新打开，取出 2 × NUT")
    )

    def then() -> None:
        packer = story.packer
        packer.look("pack")
        packer.scan("CMD:NEXT")
        assert packer.screen.step == "out", packer.screen
        packer.scan("CMD:DONE")
        assert packer.screen.prompt.startswith(story.say("Close the carton", "请封箱"))
        packer.scan("CMD:DONE", "CMD:DONE")
        assert packer.screen.printed["packing-slip"] == carton, "label and slip come anew"
        assert story.house.put_everything_away() == 1
        story.delivered(number, carton)

    return then


def test_fewer_pieces_wherever_the_order_is(house: House) -> None:
    story = Story(house)
    for place, station in enumerate((released, planned, in_the_pickers_hand, at_packing, in_the_middle_of_packing, packed), start=1):
        number = f"SO-{place}"
        then = station(story, number)
        then()
        story.nothing_is_lost(place)
    changed = [event for event in house.see("SO-6")["events"] if event["code"] == "order.changed"]
    assert len(changed) == 1
    refused = house.api.post("/orders/SO-6/change", {"priority": 9}, status=409)
    assert (refused["code"], house.say("comes back as a return", "请走销售退货") in refused["detail"]) == ("too_late_to_change", True)


def test_a_carton_that_is_too_full_comes_off_the_truck_and_goes_on_again(house: House) -> None:
    story = Story(house)
    carton, second = story.packed("SO-1"), story.packed("SO-2")
    plan = house.api.post("/loads", {"door": "DOOR-1", "plate": "沪D-1", "orders": ["SO-2", "SO-1"]})["number"]
    loader, packer = story.loader, story.packer
    loader.look("load")
    loader.scan(plan, carton)
    story.fewer("SO-1", story.say(f"Carton …{carton[-6:]} comes off {plan}", f"箱 …{carton[-6:]} 从 {plan} 卸下"))
    story.told(loader, second, "SO-1", f"changed: take …{carton[-6:]} off", f"已变更：请卸下 …{carton[-6:]}")
    loader.scan("CMD:OFF", carton)
    assert story.say("bring it to the packing bench", "请送回打包台") in loader.screen.said
    packer.look("pack")
    packer.refused(carton, "bench_first", "DOOR-1")
    packer.scan("PACK-1", carton, "CMD:DONE", "CMD:DONE", "CMD:DONE")
    assert house.status("SO-1") == "packed"
    loader.scan(carton, second, "SEAL-4")
    house.let_out(loader.screen.printed["gate-pass"])
    assert (house.lines("SO-1", "shipped"), house.lines("SO-2", "shipped")) == ([TEA, LESS], [TEA, NUT])
    house.put_everything_away()
    assert house.on_hand("NUT") == ALL["NUT"] - LESS - NUT


def test_another_address_after_packing_means_another_label(house: House) -> None:
    story = Story(house)
    carton = story.packed("SO-1")
    plan = house.api.post("/loads", {"door": "DOOR-1", "plate": "沪D-2", "orders": ["SO-1"]})["number"]
    loader, packer = story.loader, story.packer
    loader.look("load")
    loader.scan(plan)
    before = house.api.client.get(f"/labels/handling-unit/{carton}.svg", headers=house.api.headers).text
    assert ADDRESS["street"] in before
    preview = house.api.post("/orders/SO-1/change/preview", {"ship_to": MOVED})
    assert preview["means"] == [
        house.say(
            f"Carton …{carton[-6:]} gets a new label and packing slip; the old ones are void",
            f"箱 …{carton[-6:]} 须换新标签和装箱单，旧的作废",
        ),
        house.say(f"It leaves load {plan}, and waits to be planned again", f"移出装车单 {plan}，待重新排车"),
    ]
    house.act("SO-1", "change", ship_to=MOVED)
    story.told(loader, carton, "SO-1", "it comes when it is packed anew", "重新打包后再装")
    packer.look("pack")
    packer.scan("CMD:NEXT")
    assert story.say("close it for its new label", "请封箱并换新标签") in packer.screen.said
    packer.scan("CMD:DONE", "CMD:DONE")
    assert packer.screen.printed["handling-unit"] == carton
    after = house.api.client.get(f"/labels/handling-unit/{carton}.svg", headers=house.api.headers).text
    assert MOVED["street"] in after
    assert ADDRESS["street"] not in after
    house.let_out(house.load("SO-1", carton, close=True))
    assert MOVED["city"] in house.paper("delivery-note", house.see("SO-1")["shipments"][0]["number"])
    page = html.unescape(story.sales.get("/orders/SO-1"))
    assert "中州路 88 号" in page


def test_fewer_pieces_while_they_are_sorted_to_their_orders(house: House) -> None:
    """Picked for two orders together; the sorter has the nuts in the hand when two of them are not wanted any more."""
    story = Story(house)
    for number in ("SO-1", "SO-2"):
        story.released(number)
    (listed,) = house.api.post("/waves", {"orders": ["SO-1", "SO-2"], "method": "batch"})["pick_lists"]
    big, *totes = house.totes(3)
    picker, sorter = story.picker, story.packer
    picker.look("pick")
    picker.scan(listed["number"])
    while picker.screen.step != "document":
        picker.scan(big if picker.screen.step == "target" else picker.screen.expected)
    sorter.look("sort")
    sorter.scan("CMD:NEXT", EAN["NUT"])
    number = next(one for one in ("SO-1", "SO-2") if one in str(sorter.screen.facts) + sorter.screen.prompt)
    other = {"SO-1": "SO-2", "SO-2": "SO-1"}[number]
    story.fewer(number, story.say("2 NUT are picked and to be sorted: put back by a task", "NUT 2 已拣待分播，派回库任务"))
    story.told(sorter, totes[0], number, "was changed: keep the goods in the batch", "已变更：货物请留在批内")
    own: dict[str, str] = {}
    while sorter.screen.step != "document":
        if sorter.screen.step == "product":
            sorter.scan(EAN["TEA"])
            continue
        whose = next(one for one in (number, other) if one in str(sorter.screen.facts) + sorter.screen.prompt)
        sorter.scan(own.setdefault(whose, totes[len(own)]) if sorter.screen.expected is None else sorter.screen.expected)
    inside = {(row["handling_unit"], row["sku"]): row["on_hand"] for row in house.rows(location="PACK-1")}
    assert inside == {
        (own[number], "TEA"): TEA,
        (own[number], "NUT"): LESS,
        (own[other], "TEA"): TEA,
        (own[other], "NUT"): NUT,
        (big, "NUT"): NUT - LESS,
    }
    assert house.put_everything_away() == 1
    story.delivered(number)
    house.act(other, "cancel")
    story.nothing_is_lost(1)


def test_fewer_pieces_between_two_zones(house: House) -> None:
    """The tote was handed over. Of what is in it and of what the next zone brings fewer are wanted."""
    house.place("A-06", "storage", zone="Y", x=20_000, y=6000)
    house.place("OVER-1", "staging", x=5000)
    for zone in ("Z", "Y"):
        house.api.put(f"/hand-over-places/{zone}", {"location": "OVER-1"}, status=201)
    story = Story(house, nuts_at="A-06")
    story.released("SO-1")
    planned = house.api.post("/waves", {"orders": ["SO-1"], "method": "zone"})["pick_lists"]
    (first,) = (one for one in planned if one["follows"] is None)
    (second,) = (one for one in planned if one["follows"] == first["number"])
    assert {line["sku"] for line in first["lines"]} == {"NUT"}
    (tote,) = house.totes(1)
    picker, ben = story.picker, house.worker(Role.PICKER)
    picker.look("pick")
    picker.scan(first["number"])
    while picker.screen.step != "document":
        picker.scan(tote if picker.screen.step in ("tote", "target") else picker.screen.expected)
    assert {row["location"] for row in house.rows() if row["handling_unit"] == tote} == {"OVER-1"}
    lines = [{"line": "1", "sku": "TEA", "quantity": TEA - 1}, {"line": "2", "sku": "NUT", "quantity": LESS}]
    assert house.api.post("/orders/SO-1/change/preview", {"lines": lines})["means"] == [
        story.say("1 TEA is still to be picked: not taken from the rack", "TEA 1 尚未拣货，留在货架"),
        story.say("2 NUT are picked: put back by a task", "NUT 2 已拣，派回库任务"),
    ]
    house.act("SO-1", "change", lines=lines)
    ben.look("pick")
    ben.scan(second["number"])
    asked = []
    while ben.screen.step != "document":
        asked += [ben.screen.expected] if ben.screen.step == "quantity" else []
        ben.scan(ben.screen.expected)
    assert asked == [str(TEA - 1)]
    assert house.put_everything_away() == 1
    carton = house.pack("SO-1")
    house.let_out(house.load("SO-1", carton, close=True))
    assert (house.lines("SO-1", "shipped"), house.lines("SO-1", "cancelled")) == ([TEA - 1, LESS], [1, NUT - LESS])
    assert {sku: house.on_hand(sku) for sku in ALL} == {"TEA": ALL["TEA"] - TEA + 1, "NUT": ALL["NUT"] - LESS}
    assert [row for row in house.rows() if row["reserved"]] == []


def test_fewer_pieces_in_a_closed_truck(house: House) -> None:
    """The guard has the pass in the hand: the truck goes back to its door, the carton to the bench, and on again."""
    story = Story(house)
    carton, second = story.packed("SO-1"), story.packed("SO-2")
    plan = house.api.post("/loads", {"door": "DOOR-1", "plate": "沪D-3", "orders": ["SO-2", "SO-1"]})["number"]
    loader, packer, guard = story.loader, story.packer, house.worker(Role.GATE)
    loader.look("load")
    loader.scan(plan, carton, second, "SEAL-1")
    gate_pass = loader.screen.printed["gate-pass"]
    guard.look("gate")
    guard.scan(gate_pass)
    story.fewer("SO-1", story.say(f"Carton …{carton[-6:]} comes off {plan}", f"箱 …{carton[-6:]} 从 {plan} 卸下"))
    guard.refused(gate_pass, "load_changed", story.say("changed", "变更"))
    house.desk(Role.DISPATCHER).post(f"/loads/{plan}/change", do="reopen")
    loader.look("load")
    loader.scan(plan)
    assert carton[-6:] in loader.screen.said, "what is to come off is named at once"
    loader.scan("CMD:OFF", carton)
    assert story.say("bring it to the packing bench", "请送回打包台") in loader.screen.said
    packer.look("pack")
    packer.scan("PACK-1", carton, "CMD:DONE", "CMD:DONE", "CMD:DONE")
    loader.scan(carton, "SEAL-2")
    again = loader.screen.printed["gate-pass"]
    assert again != gate_pass
    story.told(guard, gate_pass, gate_pass, "void", "作废")
    house.let_out(again)
    assert (house.lines("SO-1", "shipped"), house.lines("SO-2", "shipped")) == ([TEA, LESS], [TEA, NUT])
    house.put_everything_away()
    assert house.on_hand("NUT") == ALL["NUT"] - LESS - NUT
    assert [row for row in house.rows() if row["reserved"]] == []
