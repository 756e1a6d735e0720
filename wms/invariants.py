"""Every invariant of the house, room by room: what `wms audit` runs on a live database and each test at its end."""

from wms.audit import Invariant
from wms.orders.invariants import INVARIANTS as OF_ORDERS
from wms.picking.invariants import INVARIANTS as OF_PICKING
from wms.printing.invariants import INVARIANTS as OF_PRINTING
from wms.receiving.invariants import INVARIANTS as OF_RECEIVING
from wms.shipping.invariants import INVARIANTS as OF_SHIPPING
from wms.stock.invariants import INVARIANTS as OF_STOCK
from wms.stocktake.invariants import INVARIANTS as OF_COUNTS

INVARIANTS: list[Invariant] = [*OF_STOCK, *OF_ORDERS, *OF_PICKING, *OF_RECEIVING, *OF_SHIPPING, *OF_COUNTS, *OF_PRINTING]
