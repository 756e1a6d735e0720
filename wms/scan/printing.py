"""What a scan prints: queued at the printer of the person's device or station, in the scan's own transaction."""

from __future__ import annotations

from dataclasses import replace

from wms.actor import Actor
from wms.printing import queue, stations
from wms.scan.flow import Flow, Go, Notes, Scan, noted


def must_print(flow: Flow, notes: Notes, by: Actor) -> None:
    """Before work begins, where the flow says that it cannot be done without a printer. Raises StationNotReady."""
    if flow.prints is not None:
        stations.ready(location_id=noted(flow.station, notes), by=by, prints=flow.prints)


def queued(flow: Flow, go: Go, notes: Notes, scan: Scan) -> Go:
    """The handler's answer, with the job of each paper and label that it made; what has no printer stays a link to open."""
    if not go.printed:
        return go
    known = {**notes, **{name: value for name, value in go.notes.items() if value is not None}}
    station = noted(flow.station, known)
    printed = []
    for one in go.printed:
        job = queue.by_scan(one.kind, one.number, location_id=station, by=scan.by, key=scan.key, reason=one.reason)
        printed.append(replace(one, printer=job.printer, job=job.job) if job else one)
    return replace(go, printed=printed)
