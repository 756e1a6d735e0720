"""Tables that an order's page shows and that stand above it or aside: named here, because orders do not import those rooms."""

from __future__ import annotations

import sqlalchemy as sa

from wms.db import UtcDateTime

PEOPLE = sa.table("people", sa.column("id", sa.BigInteger), sa.column("name", sa.String), sa.column("code", sa.String))
SHIPMENTS = sa.table(
    "shipments",
    sa.column("id", sa.BigInteger),
    sa.column("site_id", sa.BigInteger),
    sa.column("number", sa.String),
    sa.column("order_id", sa.BigInteger),
    sa.column("load_id", sa.BigInteger),
    sa.column("stop", sa.BigInteger),
    sa.column("carrier_id", sa.BigInteger),
    sa.column("tracking", sa.String),
    sa.column("packed_at", UtcDateTime()),
    sa.column("left_at", UtcDateTime()),
    sa.column("signed_by", sa.String),
    sa.column("signed_at", UtcDateTime()),
    sa.column("sign_off", sa.JSON),
)
LOADS = sa.table(
    "loads",
    sa.column("id", sa.BigInteger),
    sa.column("site_id", sa.BigInteger),
    sa.column("number", sa.String),
    sa.column("gate_pass", sa.String),
    sa.column("plate", sa.String),
    sa.column("plate_key", sa.String),
    sa.column("driver", sa.String),
    sa.column("driver_id", sa.BigInteger),
    sa.column("status", sa.String),
    sa.column("closed_at", UtcDateTime()),
    sa.column("left_at", UtcDateTime()),
)
BOOKINGS = sa.table("bookings", sa.column("handling_unit_id", sa.BigInteger))
PICK_LISTS = sa.table("pick_lists", sa.column("number", sa.String), sa.column("task_id", sa.BigInteger))
ARRIVALS = sa.table(
    "arrivals",
    sa.column("id", sa.BigInteger),
    sa.column("number", sa.String),
    sa.column("status", sa.String),
    sa.column("plate", sa.String),
    sa.column("planned_from", UtcDateTime()),
    sa.column("arrived_at", UtcDateTime()),
    sa.column("unloading_at", UtcDateTime()),
    sa.column("unloaded_at", UtcDateTime()),
    sa.column("left_at", UtcDateTime()),
)
ARRIVAL_ORDERS = sa.table("arrival_orders", sa.column("arrival_id", sa.BigInteger), sa.column("inbound_order_id", sa.BigInteger))
RETURNS = sa.table(
    "returns",
    sa.column("id", sa.BigInteger),
    sa.column("number", sa.String),
    sa.column("kind", sa.String),
    sa.column("status", sa.String),
    sa.column("order_id", sa.BigInteger),
    sa.column("created_at", UtcDateTime()),
)
RETURN_LINES = sa.table(
    "return_lines",
    sa.column("return_id", sa.BigInteger),
    sa.column("order_line_id", sa.BigInteger),
    sa.column("quantity", sa.BigInteger),
    sa.column("status", sa.String),
)
