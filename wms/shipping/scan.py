"""The scanner at the bench, at the door and at the gate: pack, load, let out."""

from wms.shipping import scan_pack_cartons as _cartons  # noqa: F401 - more steps of pack
from wms.shipping import scan_pack_out as _out  # noqa: F401 - more steps of pack
from wms.shipping import scan_pack_trouble as _trouble  # noqa: F401 - more steps of pack
from wms.shipping import scan_pack_weight as _weight  # noqa: F401 - more steps of pack
from wms.shipping import scan_pack_work as _work  # noqa: F401 - more steps of pack
from wms.shipping.scan_gate import gate
from wms.shipping.scan_load import load
from wms.shipping.scan_pack import pack
from wms.shipping.scan_stage import stage

flows = [pack, stage, load, gate]
for _flow in flows:
    _flow.check()
