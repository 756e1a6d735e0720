"""What the handheld says of work that is left, assigned, put elsewhere or looked at twice: the truth, in both languages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.http import Api
from tests.picking.conftest import Hall
from tests.scanner import Scanner
from wms import clock
from wms.actor import Language, Role
from wms.app import Application
from wms.db import session
from wms.locations import floor_plans
from wms.locations.models import Kind
from wms.picking import bringing, lateness, walks
from wms.picking.models import Method
from wms.scan.engine import Engine
from wms.tasks.models import TaskKind

EN: Language = "en"
ZH: Language = "zh_CN"


@pytest.fixture(params=[EN, ZH])
def anna(request: pytest.FixtureRequest, hall: Hall, engine: Engine) -> Scanner:
    return Scanner(engine, hall.w.person("anna", roles=["picker"], language=request.param), "pick")


@pytest.fixture
def two(hall: Hall) -> Hall:
    """Goods in two bins, a second packing place, and four totes that stand about."""
    with hall.w.transaction():
        hall.w.product("APPLE", base_unit="pair", name_zh="苹果", name_en="Apple")
        hall.w.product("PEAR", name_zh="梨", name_en="Pear")
        hall.w.location("PACK-2", kind=Kind.PACKING, x_mm=8000)
        for number in range(1, 5):
            hall.w.unit(f"T-{number:02}", at="STAGE", kind="tote")
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "B-03")
    return hall


def says(one: Scanner, en: str | None, zh: str | None) -> None:
    """The first line, and the second after a slash, in the person's language."""
    message = one.screen["message"]
    wanted = zh if one.by.language == ZH else en
    assert " / ".join(line for line in (message["text"], message["detail"]) if line) == wanted


def asks(one: Scanner, en: str, zh: str) -> None:
    assert one.screen["prompt"] == (zh if one.by.language == ZH else en)


def fact(one: Scanner, en: str, zh: str) -> Any:
    return next((row["value"] for row in one.screen["facts"] if row["label"] in (en, zh)), None)


def buttons(one: Scanner) -> list[str]:
    return [action["scan"] for action in one.screen["actions"]]


# -- leaving -----------------------------------------------------------------------------------------------------------


def test_a_list_that_is_left_is_said_to_be_anybodys_again(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    number = two.list_of("SO-1")
    anna.scan(number, "CMD:CANCEL")
    says(anna, f"{number} is back in the queue: anybody may take it", f"{number} 已退回队列，任何人可领取")
    assert (anna.tone, two.task_status(number)) == ("calm", "open")
    anna.scan(number, "CMD:BACK")  # one step back is leaving it too
    says(anna, f"{number} is back in the queue: anybody may take it", f"{number} 已退回队列，任何人可领取")


@pytest.mark.parametrize("scans", [("3",), ("2",), ("CMD:SHORT", "2")])
def test_goods_in_hand_are_sent_back_to_their_place(two: Hall, anna: Scanner, scans: tuple[str, ...]) -> None:
    two.release("SO-1", ("APPLE", 3))
    number = two.list_of("SO-1")
    anna.scan(number, "A-01", "APPLE", *scans, "CMD:CANCEL")
    count = scans[-1]
    says(
        anna,
        f"{number} is back in the queue: anybody may take it / Put {count} pairs back to A-01",
        f"{number} 已退回队列，任何人可领取 / 请将 {count} 双放回 A-01",
    )
    assert anna.tone == "ask"


def test_what_was_put_down_is_not_in_hand_any_more(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3), ("PEAR", 2))
    number = two.list_of("SO-1")
    anna.scan(number)
    for _ in range(4):
        anna.scan(anna.screen["expected"])
    assert anna.screen["progress"]["done"] == 1
    anna.scan("CMD:CANCEL")
    says(anna, f"{number} is back in the queue: anybody may take it", f"{number} 已退回队列，任何人可领取")


def test_a_cart_that_is_left_is_named_with_its_place_and_totes(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    two.release("SO-2", ("PEAR", 3))
    number = two.list_of("SO-1", "SO-2", method=Method.CLUSTER)
    left = f"{number} is back in the queue: anybody may take it", f"{number} 已退回队列，任何人可领取"
    anna.scan(number, "T-01", "CMD:CANCEL")
    says(anna, f"{left[0]} / The cart stays here, with T-01", f"{left[1]} / 拣货车留在原处（T-01）")
    anna.scan(number, "T-02")
    first = anna.screen["expected"]
    anna.scan(first, anna.screen["expected"], "CMD:CANCEL")
    says(anna, f"{left[0]} / The cart stays at {first}, with T-01, T-02", f"{left[1]} / 拣货车留在 {first}（T-01, T-02）")
    anna.scan(number)
    anna.follow("bring")
    anna.scan("CMD:CANCEL")
    says(
        anna,
        f"{number} is picked, but its cart is not at PACK yet / Take it there all the same: T-01, T-02",
        f"{number} 已拣完，但拣货车尚未送到 PACK / 仍请将其送到 PACK：T-01, T-02",
    )


# -- where it goes -----------------------------------------------------------------------------------------------------


def test_another_packing_place_than_the_one_named_is_said_in_amber(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3), ("PEAR", 2))
    anna.scan(two.list_of("SO-1"))
    for _ in range(3):
        anna.scan(anna.screen["expected"])
    assert fact(anna, "Into", "送到") is None, "the prompt says it"
    anna.scan("PACK-2")
    assert (anna.tone, anna.step) == ("ask", "source")
    assert anna.screen["message"]["text"] == ("Put into PACK-2, not PACK" if anna.by.language == EN else "已放到 PACK-2（原定 PACK）")
    for _ in range(3):
        anna.scan(anna.screen["expected"])
    assert anna.screen["expected"] == "PACK-2", "the list goes on where its goods are"
    anna.scan("PACK")
    assert (anna.step, anna.code) == ("target", "others_elsewhere")
    anna.scan("PACK-2")
    assert (anna.tone, two.status("SO-1")) == ("good", "picked")
    assert "PACK-2" in anna.screen["message"]["detail"], "and that is where it ends"


def test_who_takes_a_list_over_is_sent_where_its_goods_were_put(two: Hall, anna: Scanner, engine: Engine) -> None:
    ben = Scanner(engine, two.w.person("ben", roles=["picker"]), "pick")
    two.release("SO-1", ("APPLE", 3), ("PEAR", 2))
    number = two.list_of("SO-1")
    anna.scan(number)
    for _ in range(3):
        anna.scan(anna.screen["expected"])
    anna.scan("PACK-2", "CMD:CANCEL")
    ben.scan(number)
    ben.follow("target")
    assert ben.screen["expected"] == "PACK-2"


def test_goods_are_parted_from_the_rest_of_their_order_only_by_a_second_scan(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3), ("PEAR", 2))
    anna.scan(two.list_of("SO-1"))
    for _ in range(7):
        anna.scan(anna.screen["expected"])
    anna.scan("PACK-2")
    says(
        anna,
        "The rest of SO-1 is at PACK, this is PACK-2 / Take these to PACK too; to leave them here, scan PACK-2 again",
        "SO-1 其余货物在 PACK，这里是 PACK-2 / 请同样送到 PACK；确要放在此处，请再次扫描 PACK-2",
    )
    assert (anna.step, anna.code, two.status("SO-1")) == ("target", "others_elsewhere", "picking")
    anna.scan("PACK-2")
    assert (anna.tone, two.status("SO-1")) == ("ask", "picked")
    assert anna.screen["message"]["text"].startswith("Put into PACK-2; the rest" if anna.by.language == EN else "已放到 PACK-2；SO-1 其余")


def test_where_a_list_ends_is_the_same_for_all_who_ask(two: Hall, anna: Scanner, app: Application) -> None:
    two.release("SO-1", ("APPLE", 3), ("PEAR", 2))
    anna.scan(two.list_of("SO-1"))
    anna.follow("target")
    anna.scan("PACK-2")
    assert [one["target"] for one in Api(app, Role.SUPERVISOR).get("/tasks", kind="pick")["items"]] == ["PACK-2"]


# -- short and done ----------------------------------------------------------------------------------------------------


def test_who_finds_all_of_it_after_all_goes_straight_on(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 2))
    anna.scan(two.list_of("SO-1"), "A-01", "APPLE", "CMD:SHORT", "2")
    says(anna, "All 2 are there: nothing is short", "2 双都在，不缺货")
    assert (anna.step, anna.tone) == ("target", "good")
    anna.scan("PACK")
    assert two.status("SO-1") == "picked"
    assert not two.tasks(TaskKind.COUNT)


@pytest.mark.parametrize(("scans", "step"), [((), "source"), (("A-01",), "product")])
def test_before_the_goods_were_scanned_they_still_are(two: Hall, anna: Scanner, scans: tuple[str, ...], step: str) -> None:
    two.release("SO-1", ("APPLE", 2))
    anna.scan(two.list_of("SO-1"), *scans, "CMD:SHORT", "3")
    assert (anna.step, anna.code) == ("found", "more_than_wanted")
    says(anna, "3 are more than the 2 to pick / Put the rest back", "数量 3 超过应拣数量 2 / 请将多余的放回")
    anna.scan("2")
    assert (anna.step, anna.tone) == (step, "good")


def test_done_is_offered_when_something_is_counted(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    anna.scan(two.list_of("SO-1"), "A-01", "APPLE")
    assert (anna.step, "CMD:DONE" in buttons(anna)) == ("quantity", False)
    anna.scan("APPLE")
    assert "CMD:DONE" in buttons(anna)
    anna.scan("CMD:DONE")
    assert anna.step == "target"
    anna.scan("CMD:DONE")
    assert anna.screen["message"]["text"] == ("Done does nothing here" if anna.by.language == EN else "此处不能使用 完成")


# -- scanned again -----------------------------------------------------------------------------------------------------


def test_the_same_scan_made_many_times_stays_calm(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    anna.scan(two.list_of("SO-1"))
    for _ in range(4):
        anna.scan("A-01")
        assert (anna.step, anna.tone) == ("product", "calm")
    anna.scan("B-03")
    assert anna.tone == "stop", "another place is none of it"
    anna.scan("A-01")
    assert anna.tone == "stop", "and what comes after a refusal is looked at"


def test_a_tote_scanned_twice_stays_where_it_is(two: Hall, anna: Scanner) -> None:
    for number in (1, 2):
        two.release(f"SO-{number}", ("APPLE", 1))
    anna.scan(two.list_of("SO-1", "SO-2", method=Method.CLUSTER), "T-01")
    for _ in range(2):
        anna.scan("T-01")
        says(anna, "T-01 stands at position 1 already", "T-01 已在 1 号位")
        assert (anna.step, anna.tone) == ("tote", "calm")
    anna.scan("T-02")
    assert anna.step == "source"


# -- words -------------------------------------------------------------------------------------------------------------


def test_the_tote_of_a_position_is_asked_for_in_words_that_do_not_repeat_themselves(two: Hall, anna: Scanner) -> None:
    for number in (1, 2):
        two.release(f"SO-{number}", ("APPLE", number))
    anna.scan(two.list_of("SO-1", "SO-2", method=Method.CLUSTER), "T-01", "T-02", "A-01", "APPLE", anna.screen["expected"])
    anna.scan(fact(anna, "Quantity", "数量")) if anna.step == "quantity" else None
    asks(anna, "Put into position 1 T-01", "放入 1 号位 T-01")
    assert (fact(anna, "Into", "放入"), fact(anna, "Order", "订单")) == (None, "SO-1")
    anna.scan("T-02")
    says(anna, "This is position 2 (SO-2); put it into position 1 / Scan T-01", "这是 2 号位（SO-2）；应放 1 号位 / 请扫描 T-01")


def test_another_product_is_named_and_a_number_that_nobody_has_is_no_document(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    number = two.list_of("SO-1")
    anna.scan("P-99999")
    assert anna.screen["message"]["text"] == (
        "There is no document P-99999 for this work" if anna.by.language == EN else "本作业没有单据 P-99999"
    )
    anna.scan(number, "A-01", "PEAR")
    assert anna.screen["message"]["text"] == ("This is Pear (PEAR), not APPLE" if anna.by.language == EN else "这是 梨（PEAR），不是 APPLE")


def test_work_that_was_begun_is_gone_on_with(two: Hall, anna: Scanner, engine: Engine) -> None:
    two.release("SO-1", ("APPLE", 3))
    anna.scan(two.list_of("SO-1"), "A-01")
    work = Scanner(engine, anna.by, "work")
    work.scan("CMD:NEXT")
    says(work, "You go on where you were: Pick", "继续您未完成的拣货")


def test_an_answer_to_a_screen_of_before_books_nothing_and_says_so(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    anna.scan(two.list_of("SO-1"))
    anna.send("A-01", version=0)
    says(
        anna,
        "The screen had changed; nothing was booked / Look here, then scan again",
        "屏幕已更新，本次扫描未作处理 / 请看当前屏幕后重新扫描",
    )


def test_a_busy_colleague_is_asked_to_leave_their_list(two: Hall, anna: Scanner, engine: Engine) -> None:
    ben = Scanner(engine, two.w.person("ben", roles=["picker"]), "pick")
    two.release("SO-1", ("APPLE", 3))
    two.release("SO-2", ("APPLE", 3))
    anna.scan(two.list_of("SO-1"))
    number = two.list_of("SO-2")
    ben.scan(number)
    anna.scan("CMD:HANDOVER", "ben")
    says(
        anna,
        f"Ben has {number} in hand / Ask them to leave it first, or choose somebody else",
        f"Ben 手上有 {number} / 请对方先离开该单，或换一位同事",
    )


def test_who_brings_the_cart_of_a_zone_reads_who_waits_for_it(two: Hall, anna: Scanner) -> None:
    with two.w.transaction():
        floor_plans.put("", one_way={"A": "up", "B": "down"}, by=two.by)
    two.release("SO-1", ("APPLE", 3), ("PEAR", 2))
    first, second = sorted(two.wave("SO-1", method=Method.ZONE).pick_lists, key=lambda one: one.follows_id or 0)
    numbers = (first.number, second.number)
    anna.scan(numbers[0], "T-01")
    anna.follow("bring")
    anna.scan(anna.screen["expected"])
    says(
        anna,
        f"The cart is at PACK / Totes on it: 1 · waiting for {numbers[1]} · 1 line, 3 pieces, 1 min",
        f"拣货车已到 PACK / 车上周转箱：1 · 等 {numbers[1]} 接手；1 行 3 件，1 分钟",
    )
    anna.scan(numbers[1], "T-01")
    anna.follow("bring")
    anna.scan(anna.screen["expected"])
    says(anna, "The cart is at PACK / Totes on it: 1 · 1 line, 2 pieces, 1 min", "拣货车已到 PACK / 车上周转箱：1；1 行 2 件，1 分钟")


def test_a_face_that_was_filled_since_it_came_up_short_warns_nobody(two: Hall, anna: Scanner) -> None:
    two.face("F-01", "APPLE", 5, 20)
    two.put("APPLE", 10, "F-01", age=9)
    two.put("APPLE", 50, "B-01", age=5)
    two.release("SO-1", ("APPLE", 4))
    two.release("SO-2", ("APPLE", 4))
    one, other = two.list_of("SO-1"), two.list_of("SO-2")
    anna.scan(one, "CMD:SHORT", "0", "MISSING", "CMD:DONE", other)
    assert fact(anna, "Note", "注意") == ("Reported short here" if anna.by.language == EN else "此库位已报缺货")
    with two.w.transaction():
        task = bringing.next_task(by=two.by)
        bringing.bring(task.id, task.quantity or 0, by=two.by, key="fill")
    session.expire_all()
    anna.scan("F-01")
    assert (anna.step, anna.screen["message"]["text"]) == ("product", "")
    assert fact(anna, "Note", "注意") == ("Reported short here, refilled since" if anna.by.language == EN else "此库位已报缺货，已补货")


def test_bringing_goods_that_is_left_is_anybodys_again_too(two: Hall, anna: Scanner, engine: Engine) -> None:
    two.face("F-01", "APPLE", 5, 20)
    two.refill()
    brings = Scanner(engine, anna.by, "replenish")
    brings.scan("CMD:NEXT", "CMD:CANCEL")
    says(brings, "The work is back in the queue: anybody may take it", "任务已退回队列，任何人可领取")


def test_goods_in_the_hand_of_who_leaves_a_replenishment_go_back_to_reserve(two: Hall, anna: Scanner, engine: Engine) -> None:
    two.face("F-01", "APPLE", 5, 20)
    two.refill()
    brings = Scanner(engine, anna.by, "replenish")
    for scans in (["7"], ["20"]):
        brings.scan("CMD:NEXT", brings.screen["expected"] or "A-01", "APPLE", *scans, "CMD:CANCEL")
        n = scans[0]
        says(
            brings,
            f"The work is back in the queue: anybody may take it / Put {n} pairs back to A-01",
            f"任务已退回队列，任何人可领取 / 请将 {n} 双放回 A-01",
        )
        assert brings.tone == "ask"


def test_goods_in_the_hand_of_who_leaves_sorting_go_back_to_the_batch(two: Hall, anna: Scanner, engine: Engine) -> None:
    for number in (1, 2):
        two.release(f"SO-{number}", ("APPLE", number))
    number = two.list_of("SO-1", "SO-2", method=Method.BATCH)
    anna.scan(number)
    anna.follow("document")
    sorter = Scanner(engine, anna.by, "sort")
    sorter.scan("CMD:NEXT", "APPLE", "CMD:CANCEL")
    says(
        sorter,
        f"The work is back in the queue: anybody may take it / Put 1 APPLE back among the goods of {number} at PACK",
        f"任务已退回队列，任何人可领取 / 请将 APPLE 1 放回 PACK 的 {number} 待分播货物中",
    )


def test_sorting_that_is_left_is_anybodys_again_too(two: Hall, anna: Scanner, engine: Engine) -> None:
    for number in (1, 2):
        two.release(f"SO-{number}", ("APPLE", number))
    number = two.list_of("SO-1", "SO-2", method=Method.BATCH)
    anna.scan(number)
    anna.follow("document")
    sorter = Scanner(engine, anna.by, "sort")
    sorter.scan("CMD:NEXT", "CMD:CANCEL")
    says(sorter, "The work is back in the queue: anybody may take it", "任务已退回队列，任何人可领取")


# -- what was scanned, and where the goods are ----------------------------------------------------------------------------


def test_a_tote_at_the_rack_is_not_called_a_location(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    anna.scan(two.list_of("SO-1"), "T-01")
    wanted = "T-01 is a pallet, carton or tote, not A-01 / Go to A-01 and scan its label"
    says(anna, wanted, "T-01 是托盘、箱或周转箱，不是 A-01 / 请到 A-01 扫描标签")
    assert (anna.step, anna.code) == ("source", "wrong_location")


def test_another_list_scanned_in_the_middle_of_one_is_known_for_what_it_is(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    two.release("SO-2", ("PEAR", 1))
    number, other = two.list_of("SO-1"), two.list_of("SO-2")
    anna.scan(number, other)
    says(
        anna,
        f"{other} is another paper; you work on {number}: finish it, or choose Leave this work / Scan location A-01",
        f"{other} 是其他单据，当前作业是 {number}：请先完成，或点“离开作业” / 扫描库位 A-01",
    )
    assert (anna.step, anna.code) == ("source", "not_recognised")


def test_what_is_undone_is_taken_out_of_its_tote(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    two.release("SO-2", ("PEAR", 2))
    anna.scan(two.list_of("SO-1", "SO-2", method=Method.CLUSTER), "T-01", "T-02")
    place, tote = anna.screen["expected"], anna.follow("target")["expected"]
    anna.scan(tote, "CMD:UNDO")
    says(anna, f"Undone: take it out of {tote}, back to {place}", f"已撤销：从 {tote} 取出，放回 {place}")


def test_the_rest_of_a_short_that_is_the_next_pick_is_where_to_go(two: Hall, anna: Scanner) -> None:
    two.release("SO-1", ("APPLE", 3))
    number = two.list_of("SO-1")
    two.put("APPLE", 5, "B-02")
    anna.scan(number, "CMD:SHORT", "0", "MISSING", "CMD:NEXT")
    says(anna, "Take the rest at B-02 / 1 line left", "请到 B-02 拣取剩余 / 还剩 1 行")


def test_what_is_weighed_out_takes_the_time_of_one_piece_however_many_grams_it_is(hall: Hall) -> None:
    """2.375 kilograms were expected to take eighty minutes, and who waited behind them was told to be late."""
    hall.w.product("RICE", base_unit="kg", decimals=3)
    for sku, quantity in (("RICE", 90_000), ("SUGAR", 90)):
        hall.put(sku, quantity, "A-01")
    due = clock.now() + dt.timedelta(hours=1)
    hall.release("SO-1", ("RICE", 2_375), due_at=due)
    hall.release("SO-2", ("SUGAR", 1), due_at=due)

    def expected() -> set[int]:
        return {one.minutes_ahead for one in lateness.reckon(hall.w.site_id).orders}

    waiting = expected()
    lists = [hall.wave(number).pick_lists[0] for number in ("SO-1", "SO-2")]
    assert len({one.seconds_planned for one in lists}) == 1, "as long as one piece from the same bin"
    assert len({one.minutes for one in walks.figures_of(lists).values()}) == 1
    assert max(waiting | expected()) <= 5
