"""A blind count: nobody who counts sees the book, somebody else counts again, a supervisor decides, and only then the book changes."""

from __future__ import annotations

from tests.journeys.cast import EAN, House
from wms.actor import Role


def test_a_difference_is_counted_again_by_another_and_approved(house: House) -> None:
    house.opening("NUT", 4177, "A-01")
    house.opening("TEA", 30, "A-02", lot="T-1")
    desk = house.desk(Role.SUPERVISOR)
    desk.post("/counting/new", locations="A-01 a-02", reason="month")
    number = desk.last.headers["Location"].rsplit("/", 1)[1]
    sheet = house.paper("count-sheet", number)
    for word in ("盘点表", "Count sheet", "A-01", "A-02"):
        assert word in sheet
    assert "4177" not in sheet, "a blind sheet does not tell"
    assert "复盘" not in sheet, "nor what the first counter wrote to the second"

    anna = house.worker(Role.COUNTER, name="anna")
    anna.look("count")
    seen = [anna.scan("CMD:NEXT"), anna.scan("A-01"), anna.scan(EAN["NUT"])]
    assert anna.screen.prompt == house.say("Enter quantity", "输入数量")
    assert anna.screen.expected is None
    seen += [anna.scan("4100"), anna.scan("CMD:DONE")]
    assert house.say("A-01 is counted", "A-01 已盘完") in anna.screen.text
    assert anna.screen.expected == "A-02"
    seen += [anna.scan("A-02"), anna.scan(EAN["TEA"]), anna.scan("t-1"), anna.scan("30"), anna.scan("CMD:DONE")]
    assert not [screen for screen in seen if "4177" in str(screen)], "the book was shown"
    counters = house.crew(Role.COUNTER).get(f"/api/v1/counts/{number}").get_json()
    assert counters["status"] == "recount"
    assert counters["lines"] == [], "who has counted nothing there reads nothing of it"

    anna.scan(number)
    anna.refused("A-01", "counted_already", house.say("somebody else recounts it", "须由他人复盘"))
    assert house.api.get(f"/counts/{number}")["status"] == "recount", "a number is not bettered until it pleases"
    desk.post(f"/counts/{number}/decide", do="approve", reason="hurry")
    page = desk.get(f"/counts/{number}")
    assert house.say("To recount", "待复盘") in page
    assert house.on_hand("NUT") == 4177, "nothing is posted before somebody else has counted"

    ben = house.worker(Role.COUNTER, name="ben")
    ben.look("count")
    ben.scan(number)
    assert ben.screen.expected == "A-01", "only what differs is counted again"
    ben.scan("A-01", EAN["NUT"], "4100")
    anna.scan(number)
    anna.refused("A-01", "counted_already", house.say("somebody else recounts it", "须由他人复盘"))
    ben.scan("CMD:DONE")
    assert house.api.get(f"/counts/{number}")["status"] == "review"
    assert house.on_hand("NUT") == 4177
    report = house.paper("difference-report", number)
    for word in ("盘点差异表", "Difference report", "4177", "4100", "-77"):
        assert word in report.replace("−", "-").replace("4,1", "41")

    desk.post(f"/counts/{number}/decide", do="approve", reason="fell behind the rack")
    page = desk.get(f"/counts/{number}")
    assert house.say(f"{number} is posted", f"{number} 已过账") in page
    assert house.on_hand("NUT") == 4100
    moved = [one for one in house.api.get("/movements", sku="NUT")["items"] if one["document"] == number]
    assert [(one["quantity"], one["target"], one["reason"]) for one in moved] == [(77, "@COUNT", "fell behind the rack")]


def test_what_is_counted_as_it_is_in_the_book_is_posted_by_itself(house: House) -> None:
    house.opening("NUT", 20, "A-01")
    before = house.ledger()
    anna = house.terminal(Role.COUNTER)
    anna.look("count")
    anna.scan("A-01", EAN["NUT"], "20", "CMD:DONE")
    assert house.ledger() == before
    counts = house.api.get("/counts")["items"]
    assert [one["status"] for one in counts] == ["posted"]


def test_a_difference_that_is_refused_changes_nothing(house: House) -> None:
    house.opening("NUT", 20, "A-01")
    before = house.ledger()
    for quantity in ("19", "18"):
        counter = house.terminal(Role.COUNTER)
        counter.look("count")
        counter.scan("A-01", EAN["NUT"], quantity, "CMD:DONE")
    number = house.api.get("/counts")["items"][0]["number"]
    desk = house.desk(Role.SUPERVISOR)
    desk.post(f"/counts/{number}/decide", do="refuse", reason="they counted the wrong shelf")
    assert house.say(f"{number} is refused", f"{number} 已驳回") in desk.get(f"/counts/{number}")
    assert house.ledger() == before


def test_a_full_count_goes_on_while_the_floor_works_and_what_is_counted_on_paper_is_keyed_in(house: House) -> None:
    house.opening("NUT", 40, "A-01")
    house.opening("TEA", 30, "A-02", lot="T-1")
    desk = house.desk(Role.SUPERVISOR)
    desk.post("/counting/full", reason="month")
    number = desk.last.headers["Location"].rsplit("/", 1)[1]
    plan = house.api.get(f"/count-plans/{number}")
    assert plan["why"] == "full"

    house.planned("SO-1", NUT=6)  # the floor goes on: a list is planned and picked while all is being counted
    house.pick("SO-1")
    anna = house.worker(Role.COUNTER, name="anna")
    anna.look("count")
    anna.scan(number)
    anna.scan("A-01", EAN["NUT"], "34", "CMD:DONE")
    assert house.say("A-01 is counted", "A-01 已盘完") in anna.screen.text

    sheets = house.api.post(f"/count-plans/{number}/sheets", {}, status=201)["items"]
    assert "A-01" not in {line["location"] for sheet in sheets for line in sheet["lines"]}
    paper = house.paper("count-sheet", sheets[0]["number"])
    for word in ("盘点表", "Count sheet", sheets[0]["number"]):
        assert word in paper
    known = {"TEA": "30", "NUT": "6"}
    for sheet in sheets:
        page = desk.get(f"/counting/sheets/{sheet['number']}")
        assert house.say("Counted by (code)", "盘点人（工号）") in page
        written = {f"quantity-{line['line']}": known.get(line["sku"], "0") for line in sheet["lines"]}
        desk.post(f"/counting/sheets/{sheet['number']}", counted_by="anna", **written)
    plan = house.api.get(f"/count-plans/{number}")
    assert plan["counted"] == plan["places"]
    assert plan["status"] == "posted", "everything was as the book says"
    assert house.on_hand("NUT") == 40
    result = house.api.get("/count-results", by="person")["items"]
    assert [(one["key"], one["lines"] == one["lines_right"]) for one in result] == [("anna", True)]
    note = house.paper("adjustment-note", number)
    assert "盘盈盘亏单" in note
