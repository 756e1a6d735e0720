"""One screen is one prompt, one input, one answer; every intention acts once."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.crowd import all_at_once
from tests.scan.conftest import CASE, EAN
from tests.scan.toy import LEFT, toy
from tests.scanner import Scanner
from tests.warehouse import Warehouse
from wms import db
from wms.actor import Role
from wms.app import Application
from wms.scan.diagrams import mermaid
from wms.scan.engine import Engine, FlowForbidden, FlowUnknown, KeyReused, KeyWrong, forget_old
from wms.scan.models import ScanRow

TO_TARGET = ("D-1", "A-01", "APPLE", "5")


def rows() -> int:
    count = db.session.execute(sa.select(sa.func.count()).select_from(ScanRow)).scalar_one()
    db.session.rollback()
    return count


# -- the way ------------------------------------------------------------------------------------------------------------


def test_a_flow_begins_at_its_first_step_and_looking_writes_nothing(s: Scanner) -> None:
    assert (s.step, s.screen["version"], s.tone) == ("start", 0, "calm")
    assert s.screen["accepts"] == ["document", "command"]
    assert s.screen["message"] == {"tone": "calm", "text": "", "detail": None, "code": None}
    assert {"scan": "CMD:NEXT", "label": "Get work"} in s.screen["actions"]
    assert rows() == 0


def test_goods_move_at_the_last_scan(s: Scanner, w: Warehouse) -> None:
    screen = s.scan("d-1")
    assert (s.step, screen["expected"], screen["prompt"], screen["document"]) == ("place", "A-01", "Scan location A-01", "D-1")
    s.scan("a-01", EAN)
    assert (s.step, s.screen["expected"]) == ("quantity", "5")
    s.scan("5")
    assert (s.step, w.on_hand("APPLE", at="B-01")) == ("target", 0)
    s.scan("B-01")
    assert (s.step, s.tone, s.screen["message"]["text"]) == ("place", "good", "Put into B-01")
    label = {"kind": "location", "number": "B-01", "href": "/labels/location/B-01.pdf", "label": "Location label"}
    assert s.screen["printed"] == [{**label, "printer": None, "job": None}]
    assert w.on_hand("APPLE", at="B-01") == 5


def test_a_paper_stays_at_hand_through_a_wrong_scan_and_help(s: Scanner) -> None:
    s.scan("D-1", "A-01", EAN, "5", "B-01")
    paper = s.screen["printed"]
    s.scan("NOWHERE")
    assert (s.tone, s.screen["printed"]) == ("stop", paper)
    s.scan("CMD:HELP")
    assert (s.tone, s.screen["printed"]) == ("calm", paper)


def test_a_scan_made_twice_out_of_habit_is_calm_and_a_wrong_one_is_not(s: Scanner) -> None:
    s.scan("D-1", "d-1")
    assert (s.step, s.tone, s.code) == ("place", "calm", "taken_already")
    assert (s.screen["message"]["text"], s.screen["message"]["detail"]) == ("d-1 is taken already", "Scan location A-01")
    s.scan("NOWHERE", "NOWHERE")
    assert (s.step, s.tone) == ("place", "stop")


def test_the_work_goes_on_where_it_was_on_another_device(s: Scanner, w: Warehouse, engine: Engine) -> None:
    s.scan("D-1", "A-01", "APPLE", EAN)
    other = Scanner(engine, replace(w.by, language="zh_CN"), "toy")
    assert (other.step, other.screen["version"], other.screen["prompt"]) == ("quantity", s.screen["version"], "取货 5")
    assert other.screen["message"]["text"] == "已点 1"
    assert {"label": "已点", "value": "1", "detail": None, "strong": True} in other.screen["facts"]
    other.scan(CASE, "B-01")
    assert w.on_hand("APPLE", at="B-01") == 5


def test_an_old_screen_does_nothing_and_gets_the_current_one(s: Scanner, w: Warehouse) -> None:
    s.scan(*TO_TARGET)
    version, before = s.screen["version"], rows()
    s.send("B-01", version=version - 1)
    assert (s.status, s.step, s.screen["version"], s.code, s.tone) == (409, "target", version, "screen_old", "ask")
    s.send("B-01", version=version + 10**30)
    assert (s.status, rows(), w.on_hand("APPLE", at="B-01")) == (409, before, 0)


# -- keys ---------------------------------------------------------------------------------------------------------------


def test_a_key_acts_once_and_is_answered_the_same_for_ever(s: Scanner, w: Warehouse) -> None:
    s.scan(*TO_TARGET)
    version = s.screen["version"]
    first = s.send("B-01", key="mine", version=version)
    s.scan("A-01")
    for _ in range(3):
        again = s.send("B-01", key="mine", version=version)
        assert again.status == 200
        assert json.dumps(again.screen, sort_keys=True) == json.dumps(first.screen, sort_keys=True)
    assert w.on_hand("APPLE", at="B-01") == 5


def test_a_key_sent_again_from_a_fresher_screen_still_acts_once(s: Scanner, w: Warehouse) -> None:
    s.scan(*TO_TARGET)
    first = s.send("B-01", key="mine")
    again = s.send("B-01", key="mine")
    assert again.screen == first.screen
    assert w.on_hand("APPLE", at="B-01") == 5


def test_a_refusal_is_answered_the_same_again(s: Scanner) -> None:
    s.scan("D-1")
    version = s.screen["version"]
    first = s.send("NOWHERE", key="mine", version=version)
    again = s.send("NOWHERE", key="mine", version=version)
    assert first == again


def test_a_key_of_another_scan_is_refused(s: Scanner) -> None:
    s.send("D-1", key="mine")
    with pytest.raises(KeyReused):
        s.send("A-01", key="mine")
    with pytest.raises(KeyReused):
        s.send("A-01", key="mine", version=0)
    assert s.engine.show("toy", by=s.by)["step"] == "place"


@pytest.mark.parametrize("key", ["", "k" * 121, "a\nb", "\x00", "\ud800"])
def test_a_key_is_short_printable_text(s: Scanner, key: str) -> None:
    with pytest.raises(KeyWrong):
        s.engine.take("toy", "D-1", version=0, key=key, by=s.by)


def test_two_people_may_use_the_same_key(s: Scanner, w: Warehouse, engine: Engine) -> None:
    other = Scanner(engine, w.person("other"), "toy")
    for one in (s, other):
        one.scan(*TO_TARGET)
        one.send("B-01", key="k" * 120)
        assert one.tone == "good"
    assert w.on_hand("APPLE", at="B-01") == 10


# -- refusals -----------------------------------------------------------------------------------------------------------


def test_a_refusal_keeps_the_step_raises_the_version_and_changes_nothing(s: Scanner, w: Warehouse) -> None:
    s.scan(*TO_TARGET)
    version = s.screen["version"]
    s.scan("FULL")
    assert (s.step, s.screen["version"], s.tone, s.code) == ("target", version + 1, "stop", "bin_full")
    assert (s.screen["message"]["text"], s.screen["message"]["detail"]) == ("FULL is full", "Scan another bin")
    assert w.on_hand("APPLE", at="FULL") == 0
    s.scan("B-01")
    assert w.on_hand("APPLE", at="B-01") == 5


def test_a_refusal_without_advice_says_what_the_step_asks(s: Scanner) -> None:
    s.scan("D-1", "NOWHERE")
    assert (s.code, s.screen["message"]["detail"]) == ("location_unknown", "Scan location A-01")
    s.scan("B-01")
    assert (s.code, s.screen["message"]["text"]) == ("wrong_location", "This is location B-01, not A-01")


def test_a_bug_rolls_back_and_leaves_the_state_as_it_was(s: Scanner, w: Warehouse) -> None:
    s.scan(*TO_TARGET)
    before = s.screen
    with pytest.raises(ZeroDivisionError):
        s.send("BUG")
    assert s.engine.show("toy", by=s.by) == before
    assert w.on_hand("APPLE", at="BUG") == 0
    s.scan("B-01")
    assert s.tone == "good"


def test_a_doubtful_scan_is_confirmed_by_the_same_again(s: Scanner, w: Warehouse) -> None:
    s.scan(*TO_TARGET, "FAR")
    assert (s.step, s.tone, s.code, w.on_hand("APPLE", at="FAR")) == ("target", "ask", "very_far", 0)
    s.scan("FAR")
    assert (s.tone, w.on_hand("APPLE", at="FAR")) == ("good", 5)


def test_a_doubt_is_forgotten_when_something_else_is_scanned_between(s: Scanner, w: Warehouse) -> None:
    s.scan(*TO_TARGET, "FAR", "NOWHERE", "FAR")
    assert (s.tone, w.on_hand("APPLE", at="FAR")) == ("ask", 0)


# -- counting -----------------------------------------------------------------------------------------------------------


def test_barcodes_add_one_of_their_unit_until_the_expected_is_there(s: Scanner) -> None:
    s.scan("D-1", "A-01", EAN, EAN)
    assert (s.step, s.screen["message"]["text"], s.tone) == ("quantity", "1 counted", "good")
    s.scan(CASE)
    assert s.step == "target"


def test_a_number_sets_the_total_and_done_or_the_same_number_ends(s: Scanner) -> None:
    s.scan("D-1", "A-01", EAN, EAN, "3")
    assert (s.step, s.tone) == ("quantity", "ask")
    s.scan("3")
    assert s.step == "target"
    s.scan("CMD:BACK", "2", EAN, "cmd:done")
    assert s.step == "target"


@pytest.mark.parametrize(
    ("text", "code"),
    [("0", "quantity_zero"), ("6", "too_many"), ("-1", "quantity_wrong"), ("1.5", "quantity_wrong"), ("1234567", "quantity_wrong"),
     ("٣", "product_unknown"), ("CMD:DONE", "nothing_counted"), ("MILK", "wrong_product"), ("A-01", "asks_quantity")],
)  # fmt: skip
def test_a_wrong_count_is_refused(s: Scanner, text: str, code: str) -> None:
    s.scan("D-1", "A-01", "APPLE", text)
    assert (s.step, s.tone) == ("quantity", "stop")
    assert s.code == code


def test_one_label_fills_product_lot_and_expiry(s: Scanner) -> None:
    s.scan("D-1", "A-01", "]C1010000009638507417281231" + "10L-7")
    assert s.step == "quantity"
    s.scan("CMD:BACK")
    assert s.step == "expiry"
    s.scan("2028-12-30")
    assert s.step == "quantity"


def test_a_label_with_the_expected_count_fills_the_quantity_too(s: Scanner) -> None:
    s.scan("D-1", "A-01", f"]C1010{EAN}375")
    assert s.step == "target"
    s.scan("CMD:CANCEL", "D-1", "A-01", f"]C1010{EAN}3724")
    assert s.step == "quantity"


def test_a_product_barcode_is_no_lot(s: Scanner) -> None:
    s.scan("D-1", "A-01", "MILK", EAN)
    assert (s.step, s.code) == ("lot", "wrong_kind")
    s.scan(f"(01)0{EAN}(10)L1")
    assert s.code == "wrong_product"
    s.scan("L1", "2028-02-30")
    assert (s.step, s.code) == ("expiry", "date_wrong")


# -- commands -----------------------------------------------------------------------------------------------------------


def test_back_goes_one_step_but_not_behind_what_was_posted(s: Scanner, w: Warehouse) -> None:
    s.scan("D-1", "A-01", "CMD:BACK")
    assert (s.step, s.screen["expected"], s.screen["facts"]) == ("place", "A-01", [])
    s.scan("A-01", "APPLE", "5", "B-01", "CMD:BACK")
    assert (s.step, s.code) == ("place", "nothing_to_go_back")
    assert w.on_hand("APPLE", at="B-01") == 5


def test_back_to_the_first_step_leaves_the_work(s: Scanner) -> None:
    s.scan("D-1", "CMD:BACK")
    assert (s.step, LEFT[-1]["number"]) == ("start", "D-1")


def test_cancel_leaves_the_work_wherever_it_is(s: Scanner) -> None:
    s.scan("D-1", "A-01", "APPLE", "CMD:CANCEL")
    assert (s.step, s.tone, s.screen["facts"], LEFT[-1]["number"]) == ("start", "calm", [], "D-1")


def test_cancel_works_even_where_the_work_is_gone(s: Scanner) -> None:
    s.scan("D-GONE", "CMD:CANCEL")
    assert (s.step, s.code) == ("start", "no_work")


def test_leaving_names_what_stays_open(s: Scanner) -> None:
    s.scan("D-1", "A-01", "CMD:CANCEL")
    assert s.screen["message"]["text"] == "You left D-1; it stays open"


def test_what_is_known_but_not_asked_for_is_called_by_its_kind(s: Scanner) -> None:
    s.scan("D-1", "APPLE")
    assert (s.code, s.screen["message"]["text"]) == ("location_unknown", "APPLE is product APPLE, which is not asked for here")
    s.scan("D-1")
    assert (s.screen["message"]["text"], s.screen["message"]["detail"]) == ("D-1 is what you are working on", "Scan location A-01")


def test_a_word_is_no_quantity(s: Scanner) -> None:
    s.scan("D-1", "A-01", "APPLE", "dozen")
    assert (s.step, s.code, s.screen["message"]["text"]) == ("quantity", "quantity_wrong", "dozen is not a quantity")


def test_help_says_what_may_be_scanned(s: Scanner) -> None:
    s.scan("D-1", "CMD:HELP")
    assert (s.step, s.screen["message"]["text"]) == ("place", "Here you may scan: location")


def test_commands_work_only_where_they_are_offered(s: Scanner) -> None:
    s.scan("CMD:SKIP")
    assert (s.step, s.code) == ("start", "command_not_here")
    s.scan("D-1", "CMD:SKIP")
    assert (s.step, s.screen["message"]["text"]) == ("start", "Skipped")
    s.scan("CMD:")
    assert s.code == "command_not_here"


def test_reasons_are_offered_and_understood(s: Scanner) -> None:
    s.scan(*TO_TARGET)
    assert {"scan": "LOST", "label": "It is lost"} in s.screen["actions"]
    s.scan("lost")
    assert (s.step, s.screen["message"]["text"]) == ("start", "Noted: LOST")


def test_work_hands_over_to_another_flow(s: Scanner, w: Warehouse, engine: Engine) -> None:
    work = Scanner(engine, w.by, "hand")
    first = work.send("CMD:NEXT", key="mine")
    assert (first.screen["flow"], first.screen["step"], first.screen["document"]) == ("toy", "place", "D-NEXT")
    assert engine.take("hand", "CMD:NEXT", version=0, key="mine", by=w.by).screen == first.screen
    again = engine.take("hand", "CMD:NEXT", version=0, key="other", by=w.by)
    assert (again.screen["step"], again.screen["version"]) == ("place", first.screen["version"] + 1)
    assert engine.show("hand", by=w.by)["version"] == 0


def test_a_flow_needs_its_permission(w: Warehouse, engine: Engine) -> None:
    sales = w.person("sales", roles=[Role.SALES])
    with pytest.raises(FlowForbidden):
        engine.show("toy", by=sales)
    with pytest.raises(FlowUnknown):
        engine.show("nothing", by=sales)
    over = engine.take("hand", "CMD:NEXT", version=0, key="k", by=sales)
    assert (over.screen["flow"], over.screen["message"]["code"]) == ("hand", "not_permitted")


# -- races --------------------------------------------------------------------------------------------------------------


def test_of_eight_scans_of_one_screen_one_acts(app: Application, s: Scanner, w: Warehouse) -> None:
    s.scan(*TO_TARGET)
    version = s.screen["version"]
    units = [lambda n=n: s.engine.take("toy", "B-01", version=version, key=f"tap{n}", by=w.by) for n in range(8)]
    answers = all_at_once(app, units)
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert all(answer.screen["version"] == version + 1 for answer in answers)
    assert w.on_hand("APPLE", at="B-01") == 5


def test_the_same_key_at_once_acts_once_and_answers_the_same(app: Application, s: Scanner, w: Warehouse) -> None:
    s.scan(*TO_TARGET)
    version = s.screen["version"]
    answers = all_at_once(app, [lambda: s.engine.take("toy", "B-01", version=version, key="mine", by=w.by)] * 8)
    assert {answer.status for answer in answers} == {200}
    assert len({json.dumps(answer.screen, sort_keys=True) for answer in answers}) == 1
    assert w.on_hand("APPLE", at="B-01") == 5


def test_refusals_at_once_raise_the_version_once(app: Application, s: Scanner, w: Warehouse) -> None:
    s.scan("D-1")
    version = s.screen["version"]
    units = [lambda n=n: s.engine.take("toy", "NOWHERE", version=version, key=f"tap{n}", by=w.by) for n in range(6)]
    answers = all_at_once(app, units)
    assert sorted(answer.status for answer in answers) == [200] + [409] * 5
    assert s.engine.show("toy", by=w.by)["version"] == version + 1


# -- garbage, size, age -------------------------------------------------------------------------------------------------


GARBAGE = (
    *("", "   ", "x" * 10_000, "9" * 400, "\x00", "\x07bell", "\x1d", "\u202eabc", "\ud800", "０１２３"),
    *("]C1", "]C10106901234567893", "CMD:", "cmd:drop table", "'; DROP TABLE scans;--", "-5", "1e9", "NaN", "{}", "{place}", "%s"),
)


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_repeats_the_step_in_red(s: Scanner, w: Warehouse, text: str) -> None:
    for ahead in ((), ("D-1",), ("A-01",), (EAN,), ("5",)):
        s.scan(*ahead)
        step, version = s.step, s.screen["version"]
        s.scan(text)
        assert (s.step, s.screen["version"], s.tone) == (step, version + 1, "stop")
        assert s.code
        assert s.screen["message"]["text"]
        assert s.screen["message"]["detail"]
    assert w.on_hand("APPLE", at="A-01") == 20


SENSIBLE = ("D-1", "A-01", EAN, "5", "CMD:BACK", "L1", "MILK", "2028-01-01", "FAR")


@pytest.mark.sqlite
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(max_size=60) | st.sampled_from(SENSIBLE), max_size=6))
def test_no_sequence_of_scans_is_a_traceback(s: Scanner, texts: list[str]) -> None:
    s.screen = s.engine.show("toy", by=s.by)
    for text in texts:
        version = s.screen["version"]
        s.scan(text)
        assert s.screen["version"] == version + 1


def test_the_engine_costs_two_statements(s: Scanner, w: Warehouse) -> None:
    s.scan("CMD:NEXT", "A-01", "CMD:SKIP")
    assert _statements(lambda: s.send("CMD:NEXT")) == 2
    assert _statements(lambda: s.send("A-01")) == 4  # and the location, and that the person stands there
    assert _statements(lambda: s.send(CASE)) == 4  # and the product with its packaging; a unit could have that code too
    assert _statements(lambda: s.send(EAN)) == 3


def _statements(work: object) -> int:
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    engine = db.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        work()  # type: ignore[operator]
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_old_scans_are_forgotten_but_nobody_loses_their_place(s: Scanner) -> None:
    s.scan("D-1", "A-01", "APPLE")
    with db.transaction():
        assert forget_old() == 0
    with db.transaction():
        assert forget_old(dt.timedelta(seconds=-5)) == 2
    assert s.engine.show("toy", by=s.by)["step"] == "quantity"
    s.scan("5")
    assert s.step == "target"


def test_a_step_that_is_no_longer_declared_begins_again(s: Scanner, w: Warehouse) -> None:
    s.scan("D-1")
    with db.transaction():
        db.session.execute(sa.update(ScanRow).values(step="gone"))
    screen = s.engine.show("toy", by=w.by)
    assert (screen["step"], screen["version"]) == ("start", 1)


def test_a_diagram_is_drawn_from_the_declarations() -> None:
    drawn = mermaid(toy)
    assert "start -->|document| place" in drawn
    assert "place -->|CMD:SKIP| start" in drawn
