"""The print queue, against printers that really listen: nothing is lost, nothing is doubled by itself, and what is wrong is said."""

from __future__ import annotations

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.printing.printer import NO_PAPER, WELL
from wms import db
from wms.auth import devices
from wms.auth.models import Device
from wms.printing import channels, queue, sending, stations
from wms.printing.models import JobStatus, PrinterKind, Takes
from wms.printing.printers import PrinterBusy

S = JobStatus


@pytest.fixture
def impatient(monkeypatch):
    """A printer that hangs is given up soon; everywhere else the patience is that of life, for machines that have other work."""
    monkeypatch.setattr(channels, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(channels, "SEND_SECONDS", 1.0)


@pytest.fixture
def label(w):
    """The code of a pallet whose label is printed."""
    return w.unit(at="DOCK").code


def test_a_label_reaches_its_printer_whole_and_once(room, listening, label):
    zebra = listening()
    job = room.ask("handling-unit", label, room.printer("Z1", zebra), copies=2)
    assert room.job(job).status is S.QUEUED
    room.print()
    room.print()
    [came] = zebra.jobs
    assert came.startswith(b"^XA")
    assert came.endswith(b"^PQ2^XZ\n")
    assert label.encode() in came
    assert (room.job(job).status, room.job(job).attempts) == (S.SENT, 1)


def test_one_intention_is_one_job(room, listening, label):
    printer = room.printer("Z1", listening())
    assert room.ask("handling-unit", label, printer, key="once") == room.ask("handling-unit", label, printer, key="once")


def test_labels_come_out_in_the_order_in_which_they_were_asked_for(room, listening, w):
    zebra = listening()
    printer = room.printer("Z1", zebra)
    codes = [w.unit(f"BOX-{n}", at="DOCK").code for n in range(5)]
    for code in codes:
        room.ask("handling-unit", code, printer)
    room.print()
    assert [next(code for code in codes if code.encode() in came) for came in zebra.jobs] == codes


def test_what_is_asked_for_in_a_transaction_that_fails_was_never_asked_for(room, listening, label):
    printer = room.printer("Z1", listening())

    def fails():
        with db.transaction():
            queue.ask("handling-unit", label, printer=printer, by=room.by, key="k")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    room.print()
    assert db.session.execute(queue.listed(by=room.by)).all() == []


# -- printers that are off, hang, or break off ---------------------------------------------------------------------------


def test_a_printer_that_is_off_gets_its_labels_when_it_comes_back(room, listening, label):
    zebra = listening()
    zebra.stop()
    job = room.ask("handling-unit", label, room.printer("Z1", zebra))
    room.print()
    waiting = room.job(job)
    assert waiting.status is S.QUEUED
    assert waiting.why.say("en") == "it refuses the connection"
    assert room.trouble("Z1") == "it refuses the connection"
    zebra.start()
    room.print()
    assert zebra.jobs == []  # it is left alone for a while
    room.later(seconds=3)
    room.print()
    assert len(zebra.jobs) == 1
    assert (room.job(job).status, room.trouble("Z1")) == (S.SENT, "")


def test_a_dead_printer_holds_up_nobody_else(room, listening, label, monkeypatch):
    monkeypatch.setattr(channels, "CONNECT_SECONDS", 30)
    dead, well = listening("hangs"), listening()
    stuck = room.ask("handling-unit", label, room.printer("DEAD", dead, asks_state=True))
    fine = room.ask("handling-unit", label, room.printer("WELL", well))
    sending.send()
    until = time.monotonic() + 60
    while room.job(fine).status is not S.SENT and time.monotonic() < until:
        time.sleep(0.02)
    assert room.job(fine).status is S.SENT
    assert (room.job(stuck).attempts, room.job(stuck).why) == (1, None), "the other one still waits for an answer"
    dead.stop()
    sending.wait()
    assert room.job(stuck).status is S.QUEUED


def test_a_printer_that_does_not_answer_for_its_state_is_said_to(room, listening, label, impatient):
    job = room.ask("handling-unit", label, room.printer("Z1", listening("hangs"), asks_state=True))
    room.print()
    assert (room.job(job).status, room.job(job).why.say("en")) == (S.QUEUED, "it does not answer the question for its state")


def test_a_printer_that_hangs_in_the_middle_leaves_the_job_doubtful(room, listening, w, monkeypatch, impatient):
    hung = listening("hangs")
    printer = room.printer("Z1", hung)
    unit = w.unit(at="DOCK").code
    monkeypatch.setattr(sending.drawn, "drawn", lambda *_, **__: (b"^XA" + b"x" * 8_000_000 + b"^XZ", "zpl"))
    job = room.ask("handling-unit", unit, printer)
    room.print()
    assert room.job(job).status is S.DOUBTFUL
    assert room.job(job).why.say("en") == "it stopped taking the data in"
    room.later(hours=1)
    room.print()
    assert room.job(job).status is S.DOUBTFUL, "it is never sent again by itself"


@pytest.mark.parametrize("mood", ["resets", "closes"])
def test_a_connection_broken_off_leaves_the_job_doubtful_and_a_person_decides(room, listening, label, monkeypatch, mood):
    broken = listening(mood)
    monkeypatch.setattr(sending.drawn, "drawn", lambda *_, **__: (b"^XA" + b"x" * 8_000_000 + b"^XZ", "zpl"))
    job = room.ask("handling-unit", label, room.printer("Z1", broken))
    room.print()
    assert room.job(job).status is S.DOUBTFUL
    assert room.job(job).why.say("en") == "it broke the connection off"
    broken.mood = "prints"
    with db.transaction():
        queue.retry(job, by=room.by)
    room.print()
    assert room.job(job).status is S.SENT


def test_a_doubtful_label_that_is_in_hand_is_said_to_have_come_out(room, listening, label, monkeypatch):
    broken = listening("resets")
    monkeypatch.setattr(sending.drawn, "drawn", lambda *_, **__: (b"^XA" + b"x" * 8_000_000 + b"^XZ", "zpl"))
    job = room.ask("handling-unit", label, room.printer("Z1", broken))
    room.print()
    with db.transaction():
        queue.it_came_out(job, by=room.by)
    assert (room.job(job).status, room.job(job).ended_by) == (S.SENT, "Tester")


def test_paper_out_is_said_before_anything_is_sent(room, listening, label):
    zebra = listening(answers=NO_PAPER)
    job = room.ask("handling-unit", label, room.printer("Z1", zebra, asks_state=True))
    room.print()
    assert (room.job(job).status, room.job(job).why.say("zh_CN")) == (S.QUEUED, "缺纸")
    assert zebra.jobs == []
    zebra.answers = WELL
    room.later(minutes=1)
    room.print()
    assert room.job(job).status is S.SENT
    assert zebra.jobs[0].startswith(b"^XA")


def test_a_name_that_nobody_knows_is_said(room, label):
    job = room.ask("handling-unit", label, room.printer("Z1", host="printer.invalid"))
    room.print()
    assert room.job(job).why.say("en") == "its name is not known on this network"


def test_a_label_nobody_took_for_long_has_failed_in_words_and_may_be_printed_elsewhere(room, listening, label):
    off, spare = listening(), listening()
    off.stop()
    job = room.ask("handling-unit", label, room.printer("Z1", off))
    room.printer("Z2", spare)
    room.later(minutes=16)
    room.print()
    assert room.job(job).status is S.FAILED
    with db.transaction():
        queue.print_elsewhere(job, "z2", by=room.by)
    room.print()
    assert (room.job(job).status, room.job(job).printer, len(spare.jobs)) == (S.SENT, "Z2", 1)


def test_what_cannot_be_made_fails_in_words_and_the_next_is_printed(room, listening, label):
    zebra = listening()
    printer = room.printer("Z1", zebra)
    nobody, fine = room.ask("handling-unit", "NO-SUCH-UNIT", printer), room.ask("handling-unit", label, printer)
    room.print()
    assert room.job(nobody).status is S.FAILED
    assert "NO-SUCH-UNIT" in room.job(nobody).why.say("en")
    assert room.job(fine).status is S.SENT


def test_a_job_that_was_cancelled_is_not_printed(room, listening, label):
    zebra = listening()
    job = room.ask("handling-unit", label, room.printer("Z1", zebra))
    with db.transaction():
        queue.cancel(job, by=room.by)
    room.print()
    assert zebra.jobs == []
    with pytest.raises(queue.JobIsDone), db.transaction():
        queue.cancel(job, by=room.by)


# -- workers that die ------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The worker is gone: nothing after it is done."""


def dies(monkeypatch, name):
    """The courier dies when it comes to this step."""

    def gone(*_, **__):
        raise Killed

    monkeypatch.setattr(sending, name, gone)


@pytest.mark.parametrize("step", ["_begin", "_way"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_who_dies_before_the_first_byte_leaves_the_job_to_be_printed(room, listening, label, monkeypatch, step):
    zebra = listening()
    job = room.ask("handling-unit", label, room.printer("Z1", zebra))
    with monkeypatch.context() as patch:
        dies(patch, step)
        room.print()
    assert room.job(job).status is S.QUEUED
    room.print()
    assert room.job(job).status is S.QUEUED, "its lease has not ended"
    room.later(minutes=2)
    room.print()
    assert (room.job(job).status, len(zebra.jobs)) == (S.SENT, 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_who_dies_after_it_leaves_one_doubtful_job_that_says_so(room, listening, label, monkeypatch):
    zebra = listening()
    printer = room.printer("Z1", zebra)
    first, second = room.ask("handling-unit", label, printer), room.ask("handling-unit", label, printer)
    with monkeypatch.context() as patch:
        dies(patch, "_sent")
        room.print()
    assert room.job(first).status is S.SENDING
    room.later(minutes=2)
    room.print()
    assert room.job(first).status is S.DOUBTFUL
    assert room.job(first).why.say("zh_CN") == "发送中断，可能已打印"
    assert room.job(second).status is S.SENT
    assert len(zebra.jobs) == 2


def test_whoever_comes_back_after_the_lease_does_not_print_a_second_time(room, listening, label):
    """A courier that slept through its lease finds that another has its job."""
    zebra = listening()
    printer = room.printer("Z1", zebra)
    room.ask("handling-unit", label, printer)
    sheet = sending._take(printer.id)
    room.later(minutes=2)
    room.print()
    assert len(zebra.jobs) == 1
    assert sending._begin(sheet) is False


def test_of_many_who_reach_for_the_jobs_each_is_given_to_one(room, listening, w, app):
    printer = room.printer("Z1", listening())
    asked = {room.ask("handling-unit", w.unit(f"BOX-{number}", at="DOCK").code, printer) for number in range(12)}
    number = printer.id

    def reach(_):
        with app.app_context():
            taken = []
            while sheet := db.again(lambda: sending._take(number)):
                taken.append(sheet.job)
            return taken

    with ThreadPoolExecutor(6) as people:
        taken = [job for some in people.map(reach, range(6)) for job in some]
    assert sorted(taken) == sorted(asked)


# -- folders ---------------------------------------------------------------------------------------------------------------


def test_a_folder_gets_whole_files_with_harmless_names(room, app, tmp_path, monkeypatch, w):
    monkeypatch.setitem(app.config, "WMS", dataclasses.replace(app.config["WMS"], print_folder=str(tmp_path)))
    room.folders = str(tmp_path)
    printer = room.printer("F1", kind=PrinterKind.FILE, host=None, folder="labels")
    unit = w.unit("../../etc^XA 箱", at="DOCK").code
    job = room.ask("handling-unit", unit, printer)
    room.print()
    assert room.job(job).status is S.SENT
    [file] = (tmp_path / "labels").iterdir()
    assert file.name == f"{job:09d}-handling-unit-etc-XA.zpl"
    assert file.read_bytes().startswith(b"^XA")


# -- stations ----------------------------------------------------------------------------------------------------------------


def test_a_station_that_needs_a_printer_refuses_without_one_and_while_it_is_silent(room, listening, label):
    zebra = listening()
    place = room.station("PACK-1", kind="packing", needs_printer=True)
    with pytest.raises(stations.StationNotReady) as refused:
        stations.ready(location_id=place, by=room.by)
    assert refused.value.say("en") == "No label printer at PACK-1"
    printer = room.printer("Z1", zebra)
    room.station("PACK-1", "Z1", needs_printer=True)
    stations.ready(location_id=place, by=room.by)
    zebra.stop()
    room.ask("handling-unit", label, printer)
    room.print()
    with pytest.raises(stations.PrinterSilent) as refused:
        stations.ready(location_id=place, by=room.by)
    assert refused.value.say("zh_CN") == "PACK-1 的打印机 Z1 无法打印：拒绝连接"
    zebra.start()
    room.later(minutes=1)
    room.print()
    stations.ready(location_id=place, by=room.by)


def test_a_silent_printer_is_asked_until_it_answers_though_nothing_waits_for_it(room, listening, label):
    zebra = listening()
    zebra.stop()
    job = room.ask("handling-unit", label, room.printer("Z1", zebra))
    room.print()
    with db.transaction():
        queue.cancel(job, by=room.by)
    assert room.trouble("Z1")
    zebra.start()
    room.later(minutes=1)
    room.print()
    assert room.trouble("Z1") == ""
    assert zebra.jobs == []


def test_the_printer_on_a_device_goes_before_the_one_of_the_place(room, listening, w):
    place = room.station("PACK-1", None, kind="packing")
    room.printer("BENCH", listening())
    room.printer("BELT", listening())
    room.station("PACK-1", "BENCH")
    with db.transaction():
        devices.enrol_here("Handheld 3", by=room.by)
        device = db.session.query(Device).one().id
        stations.save(by=room.by, device_id=device, labels="BELT")
    on_it = dataclasses.replace(room.by, device_id=device)
    assert stations.printer_for(Takes.LABELS, location_id=place, by=room.by).code == "BENCH"
    assert stations.printer_for(Takes.LABELS, location_id=place, by=on_it).code == "BELT"
    assert stations.printer_for(Takes.PAPERS, location_id=place, by=on_it) is None


def test_a_printer_with_waiting_jobs_is_not_switched_off(room, listening, label):
    zebra = listening()
    room.ask("handling-unit", label, room.printer("Z1", zebra))
    with pytest.raises(PrinterBusy):
        room.printer("Z1", zebra, active=False)
