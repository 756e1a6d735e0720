"""The flows of the inbound side on the scanner."""

from wms.receiving import scan_cross_dock as _scan_cross_dock  # noqa: F401 - more steps of `receive`
from wms.receiving import scan_damage as _scan_damage  # noqa: F401
from wms.receiving import scan_goods as _scan_goods  # noqa: F401
from wms.receiving import scan_measures as _scan_measures  # noqa: F401
from wms.receiving import scan_objections as _scan_objections  # noqa: F401 - more steps of `receive`
from wms.receiving import scan_serials as _scan_serials  # noqa: F401
from wms.receiving.scan_inspect import inspecting
from wms.receiving.scan_plates import building
from wms.receiving.scan_putaway import putting_away
from wms.receiving.scan_receive import receive
from wms.receiving.scan_returns import returns
from wms.receiving.scan_stock import inquire, moving

__all__ = ["building", "inquire", "inspecting", "moving", "putting_away", "receive", "returns"]
