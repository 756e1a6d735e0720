"""Files of every kind, and many things in one body: rows a second of this process's own time, new and the same again.

python -m tests.bench.things [ROWS]

The process's time is what counts on a machine that does other things too; what PostgreSQL computes for it is not in it.
"""

from __future__ import annotations

import io
import secrets
import sys
import tempfile
import time
from collections.abc import Callable

from tests.bench import house
from tests.postgres import Cluster
from tests.warehouse import Warehouse
from wms import audit, db
from wms.app import create_app
from wms.db import session, transaction
from wms.integrations.imports import Kind, import_file
from wms.invariants import INVARIANTS


def file_of(kind: Kind, rows: int) -> str:
    """So many rows as an ERP sends them, all of them sound."""
    head, row = _FILES[kind]
    return "\n".join([head, *(row(n) for n in range(rows))])


_FILES: dict[Kind, tuple[str, Callable[[int], str]]] = {
    "products": (
        "sku,name,names.en,weight_grams,barcodes,packagings.1.unit,packagings.1.quantity,packagings.1.barcode",
        lambda n: f"P-{n:06},商品 {n},Product {n},{n % 5000},B{n:06},case,12,C{n:06}",
    ),
    "partners": ("code,kind,name,address.city,credit_limit", lambda n: f"C-{n:06},customer,Customer {n},洛阳,{n * 100}"),
    "locations": (
        "code,kind,zone,x_mm,y_mm,max_weight_grams",
        lambda n: f"L-{n:06},storage,Z{n % 9},{n % 300}000,{n // 300}000,500000",
    ),
    "carton-types": ("code,length_mm,width_mm,height_mm", lambda n: f"K-{n:06},{300 + n % 90},200,100"),
    "vehicles": ("code,plate,max_weight_grams", lambda n: f"V-{n:06},豫C{n:06},5000000"),
    "stock": ("sku,location,quantity,received_on", lambda n: f"P-{n % 1000:06},L-{n % 4000:06},{1 + n % 40},2026-03-0{1 + n % 9}"),
    "inbound-orders": ("number,partner,sku,quantity", lambda n: f"IN-{n // 20},SUPPLIER,P-{n % 1000:06},{1 + n % 40}"),
    "orders": ("number,customer,source,sku,quantity", lambda n: f"SO-{n // 3},C-{n // 3 % 500:06},shop,P-{n * 7 % 1000:06},{1 + n % 5}"),
}


def measure(fresh: Callable[[str], str], rows: int = 3_000) -> None:
    """Prints rows a second of every kind."""
    app = create_app(house.settings_for(fresh("things_" + secrets.token_hex(4))))
    with app.app_context():
        db.database.create_all()
        w = Warehouse()
        with transaction():
            w.partner("SUPPLIER", kind="supplier")
        name = db.database.engine.dialect.name
        for kind in _FILES:
            content = file_of(kind, rows).encode()
            spent = []
            for _ in range(2 if kind not in ("stock", "inbound-orders") else 1):
                begin = time.process_time()
                report = import_file(kind, io.BytesIO(content), by=w.by)
                spent.append(time.process_time() - begin)
                assert report.errors == [], report.errors[:3]
            said = ", the same again ".join(f"{rows / one:,.0f}" for one in spent)
            print(f"{name}: {kind}, rows a second of process time: {said}", flush=True)
        assert audit.run(INVARIANTS) == []
        session.remove()
        db.database.engine.dispose()


def main() -> None:
    """On both databases."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
    with tempfile.TemporaryDirectory(prefix="wms-bench-") as folder:
        measure(lambda name: f"sqlite:///{folder}/{name}.db", rows)
    cluster = Cluster(durable=True)
    try:
        measure(cluster.create, rows)
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
