"""Where somebody prints, in work that goes about the house: the place with the printers is scanned once and kept for the shift.

asks_where_to_print(moving)     # after its first step was declared
"""

from __future__ import annotations

from typing import Any

from wms.i18n import T
from wms.printing import stations
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Scan, noted
from wms.scan.printing import must_print

STATION = "station"


def asks_where_to_print(flow: Flow) -> None:
    """Adds the command and the step at which somebody says where they print; until then it is where the flow itself says, if anywhere."""
    first, own, facts = flow.first.name, flow.station, flow.facts

    def where(notes: Notes) -> Any:
        return notes.get("station_id") or noted(own, notes)

    def with_place(notes: Notes) -> list[Fact]:
        here = [Fact(T("Prints at", "打印台位"), notes[STATION])] if notes.get(STATION) and not notes.keys() - flow.keeps else []
        return [*(facts(notes) if facts else ()), *here]

    flow.station, flow.facts, flow.keeps = where, with_place, flow.keeps | {STATION, "station_id"}

    @flow.command(first, "STATION", label=T("Where to print", "选择打印台位"), leads_to=[STATION])
    def choose(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
        return Go(STATION, tone="calm")

    @flow.step(
        STATION,
        ask=T("Scan the place with your printer", "扫描打印机所在台位"),
        accepts=[Kind.LOCATION],
        leads_to=[first],
        help=T(
            "A dock, bench, door, staging or inspection place. It is kept for the shift.",
            "月台、打包台、发货门、集货区或待检区，本班次内保留",
        ),
    )
    def chosen(scan: Scan, notes: Notes) -> Go:
        place, beside = stations.of_place(scan.value, by=scan.by)
        must_print(flow, {"station_id": place.id}, scan.by)
        kept = {**notes, STATION: place.code, "station_id": place.id}
        if beside.labels or beside.papers:
            return Go(first, notes=kept, say=T("You print at {place}", "您在 {place} 打印", place=place.code), posted=True)
        said = T("{place} has no printer", "{place} 没有打印机", place=place.code)
        return Go(
            first, notes=kept, say=said, detail=T("What is printed stays a link to open", "打印内容以链接形式打开"), tone="ask", posted=True
        )
