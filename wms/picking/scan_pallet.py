"""One more step of `pick`: the plate of a whole pallet, which is fetched as it is."""

from __future__ import annotations

from wms.i18n import T
from wms.picking import pallets
from wms.picking.scan_facts import house
from wms.picking.scan_pick import line_notes, pick
from wms.picking.scan_trouble import report_short_at
from wms.scan.flow import Go, Kind, Notes, Scan


@pick.step("plate", ask=T("Scan the pallet", "扫描托盘"), accepts=[Kind.HANDLING_UNIT], expected="unit", leads_to=["target"])
def scan_plate(scan: Scan, notes: Notes) -> Go:
    """The pallet of the list, or another full one of the same goods that may go as well."""
    if scan.value == notes["unit"]:
        return Go("target", notes={"picked": notes["quantity"]})
    facts = {"task_id": notes["task"], "order_id": notes["order_id"], "window": house().rotation_window_days}
    line = pallets.instead(notes["claim"], scan.handling_unit, by=scan.by, **facts)
    said = T("{code} is taken instead of {unit}", "改取 {code}，原为 {unit}", code=line.unit, unit=notes["unit"])
    return Go("target", notes={**line_notes(line), "picked": line.quantity}, say=said, posted=True)


pick.command("plate", "SHORT", label=T("Short", "缺货"), leads_to=["found", "reason"])(report_short_at("plate"))
