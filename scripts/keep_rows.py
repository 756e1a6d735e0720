"""Keeps the rows of a small warehouse of this version, so that later versions can be tried on them: `tests/data/rows_<schema>.json.gz`.

    python -m scripts.keep_rows     once, when a version with a new schema is released

It is the small demo, with three people in the midst of receiving, putting away and taking goods back.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor, Role
from wms.app import create_app
from wms.auth.models import Person
from wms.config import Settings
from wms.db import database, session
from wms.demo import build, walk
from wms.demo.goods import article
from wms.demo.sizes import Size
from wms.migrations import schema

FOLDER = Path(__file__).parent.parent / "tests" / "data"
# Who scans what in which flow, one after the other; the last scans of each leave them in the midst of it.
SCANS = (
    ("admin", "receive", ["RT-0041", walk.DOCK, article("HP-2205-37").ean, "1", article("HP-2205-37").ean]),
    ("admin", "return", ["SO-7643", article("TS-1001-M").ean, "2", "damaged", "DEFECT-1", article("TS-1001-L").ean]),
    ("receiver", "receive", [walk.INBOUND, walk.DOCK, walk.EAN, "24", walk.EAN]),
    ("receiver2", "putaway", ["CMD:NEXT"]),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(database_url=f"sqlite:///{folder}/wms.db", secret_key="of-nobody"))  # noqa: S106
        with app.app_context():
            schema.migrate()
            build.load(size=Size.SMALL)
            session.remove()
            for code, flow, scans in SCANS:
                for scan in scans:
                    _scan(app.extensions["wms_scan"], code, flow, scan)
            file = FOLDER / f"rows_{schema.current()}.json.gz"
            text = json.dumps(rows(), ensure_ascii=False, separators=(",", ":"))
            database.engine.dispose()
    file.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    sys.stdout.write(f"{file}: {file.stat().st_size:,} bytes\n")


def _scan(engine: Any, code: str, flow: str, scan: str) -> None:
    person = session.execute(sa.select(Person).where(Person.code == code)).scalar_one()
    by = Actor(person.id, person.code, person.name, frozenset(Role(role) for role in person.roles), person.site_id or 1)
    version = engine.show(flow, by=by)["version"]
    session.rollback()
    screen = engine.take(flow, scan, version=version, key=f"kept-{flow}-{code}-{version}", by=by).screen
    sys.stdout.write(f"{flow} {scan}: {screen['step']} {(screen.get('message') or {}).get('text', '')}\n")
    session.remove()


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by name; JSON as it is, moments and dates as text."""
    found: dict[str, list[dict[str, Any]]] = {}
    with database.engine.connect() as connection:
        for table in sorted(sa.inspect(connection).get_table_names()):
            kinds = {row.name: row.type for row in connection.exec_driver_sql(f"SELECT * FROM pragma_table_info('{table}')")}  # noqa: S608
            found[table] = [
                {name: json.loads(value) if kinds[name] == "JSON" else value for name, value in row.items() if value is not None}
                for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1").mappings()  # noqa: S608
            ]
    return found


if __name__ == "__main__":
    main()
