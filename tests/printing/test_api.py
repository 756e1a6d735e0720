"""Printers, stations and print jobs from outside: only administrators say where a printer is, and everything wrong is said in words."""

from __future__ import annotations

import pytest

from tests.http import Api
from wms.actor import Role

ZEBRA = {"name": "Dock labels", "kind": "zpl", "host": "192.168.1.40", "takes": "labels"}


def test_a_printer_is_made_once_and_then_replaced(api):
    assert api.put("/printers/Z1", ZEBRA, status=201)["port"] == 9100
    assert api.put("/printers/z1", {**ZEBRA, "port": 9101}, status=200)["port"] == 9101
    assert [one["code"] for one in api.get("/printers")["items"]] == ["Z1"]
    assert api.get("/printers/Z9", status=404)["code"] == "printer_unknown"


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.PACKER, Role.SALES])
def test_only_administrators_say_where_a_printer_is_or_learn_it(app, api, role):
    api.put("/printers/Z1", ZEBRA)
    other = Api(app, role)
    assert other.put("/printers/Z2", ZEBRA, status=403)["code"] == "not_permitted"
    assert other.put("/stations/DOCK", {"label_printer": "Z1"}, status=403)["code"] == "not_permitted"
    assert other.get("/printers/Z1")["host"] is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"host": "http://10.0.0.1/"}, "printer_host"),
        ({"host": "10.0.0.1:9100"}, "printer_host"),
        ({"host": "10.0.1"}, "printer_host"),
        ({"host": "224.0.0.1"}, "printer_host"),
        ({"host": "0.0.0.0"}, "printer_host"),
        ({"host": "a b"}, "printer_host"),
        ({"host": ""}, "printer_incomplete"),
        ({"host": None}, "printer_incomplete"),
        ({"port": 25}, None),
        ({"port": 70000}, None),
        ({"takes": "papers"}, "printer_takes"),
        ({"kind": "fax"}, None),
        ({"kind": "file", "folder": "labels"}, "printer_folders_off"),
        ({"colour": "red"}, None),
    ],
)
def test_a_printer_that_cannot_be_is_refused_in_words(api, change, code):
    refused = api.put("/printers/Z1", {**ZEBRA, **change}, status=409 if code == "printer_folders_off" else 422)
    assert refused["code"] == code if code else refused["errors"]
    assert api.get("/printers")["items"] == []


def test_a_station_says_whether_work_may_begin(api, w):
    w.location("PACK-1", kind="packing")
    w.location("A-01")
    assert api.get("/stations/PACK-1")["ready"] is True
    assert api.put("/stations/PACK-1", {"needs_printer": True})["ready"] is False
    assert api.put("/stations/PACK-1", {"label_printer": "Z1"}, status=404)["code"] == "printer_unknown"
    api.put("/printers/Z1", ZEBRA)
    assert api.put("/stations/PACK-1", {"label_printer": "Z1", "needs_printer": True})["ready"] is True
    assert api.put("/stations/PACK-1", {"paper_printer": "Z1"}, status=422)["code"] == "printer_takes"
    assert api.put("/stations/A-01", {"label_printer": "Z1"}, status=422)["code"] == "station_kind"
    assert api.put("/stations/NOWHERE", {}, status=404)["code"] == "station_unknown"


def test_a_label_is_asked_for_once_however_often_it_is_sent(api, w):
    w.location("A-01")
    api.put("/printers/Z1", ZEBRA)
    wish = {"kind": "location", "number": "A-01", "printer": "Z1"}
    first = api.post("/print-jobs", wish, key="k1", status=201)
    assert api.post("/print-jobs", wish, key="k1", status=201)["id"] == first["id"]
    assert first["status"] == "queued"
    assert len(api.get("/print-jobs")["items"]) == 1


def test_the_second_label_of_a_carton_says_why_though_nobody_has_drawn_the_first_yet(api, w):
    """Two jobs one after the other: what waits in the queue counts like what came out. Of a place there are as many as are wanted."""
    w.location("A-01")
    api.put("/printers/Z1", ZEBRA)
    wish = {"kind": "handling-unit", "number": "369012345600000019", "printer": "Z1"}
    first = api.post("/print-jobs", wish, key="k1", status=201)
    assert api.post("/print-jobs", wish, status=422)["code"] == "reprint_reason"
    assert api.post("/print-jobs", wish, key="k1", status=201)["id"] == first["id"]
    assert api.post("/print-jobs", {**wish, "reason": "torn"}, status=201)["reason"] == "torn"
    assert {one["waiting"] for one in api.get("/printers")["items"]} == {2}
    for job in (first["id"], first["id"] + 1):
        api.post(f"/print-jobs/{job}/cancel")
    assert api.post("/print-jobs", wish, status=201)["reason"] is None, "nothing came out"
    for _ in range(2):
        api.post("/print-jobs", {"kind": "location", "number": "A-01", "printer": "Z1"}, status=201)


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"kind": "poster"}, 404, "kind_unknown"),
        ({"printer": "Z9"}, 404, "printer_unknown"),
        ({"printer": None}, 422, "no_printer"),
        ({"kind": "packing-slip"}, 422, "printer_takes"),
        ({"copies": 0}, 422, None),
        ({"copies": 101}, 422, None),
        ({"printer": "WEB"}, 409, "printer_browser"),
        ({"printer": "OFF"}, 409, "printer_off"),
    ],
)
def test_what_cannot_be_printed_is_refused(api, wish, status, code):
    api.put("/printers/Z1", ZEBRA)
    api.put("/printers/WEB", {"kind": "browser"})
    api.put("/printers/OFF", {**ZEBRA, "active": False})
    refused = api.post("/print-jobs", {"kind": "location", "number": "A-01", "printer": "Z1", **wish}, status=status)
    assert code is None or refused["code"] == code
    assert api.get("/print-jobs")["items"] == []


def test_whoever_may_not_have_a_label_may_not_print_it_nor_send_it_elsewhere(app, api, w):
    api.put("/printers/Z1", ZEBRA)
    job = api.post("/print-jobs", {"kind": "person", "number": "tester", "printer": "Z1"}, status=201)["id"]
    packer = Api(app, Role.PACKER)
    assert packer.post("/print-jobs", {"kind": "person", "number": "tester", "printer": "Z1"}, status=403)["code"] == "not_permitted"
    for act, body in (("retry", {}), ("cancel", {}), ("move", {"printer": "Z1"})):
        assert packer.post(f"/print-jobs/{job}/{act}", body, status=403)["code"] == "not_permitted"


def test_a_job_is_of_its_site(app, api, w):
    api.put("/printers/Z1", ZEBRA)
    w.location("A-01")
    job = api.post("/print-jobs", {"kind": "location", "number": "A-01", "printer": "Z1"}, status=201)["id"]
    elsewhere = Api(app, site_id=w.site("NORTH"))
    assert elsewhere.get(f"/print-jobs/{job}", status=404)["code"] == "print_job_unknown"
    assert elsewhere.post(f"/print-jobs/{job}/cancel", {}, status=404)["code"] == "print_job_unknown"
    assert elsewhere.get("/printers/Z1", status=404)["code"] == "printer_unknown"
