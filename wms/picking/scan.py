"""The flows of picking on the scanner."""

from wms.picking import scan_careful as _scan_careful  # noqa: F401 - more steps of `pick`
from wms.picking import scan_cart as _scan_cart  # noqa: F401 - the same
from wms.picking import scan_handover as _scan_handover  # noqa: F401 - the same
from wms.picking import scan_pallet as _scan_pallet  # noqa: F401 - the same
from wms.picking import scan_trouble as _scan_trouble  # noqa: F401 - the same
from wms.picking.scan_pick import pick
from wms.picking.scan_replenish import replenish
from wms.picking.scan_sort import sort
from wms.picking.scan_work import work

__all__ = ["pick", "replenish", "sort", "work"]
