"""Writes the first migration anew from the models: one SQL file per database. Only until the first release is out.

Run by `make migration`. The same models always give the same files.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import sqlalchemy as sa

from wms.app import create_app
from wms.config import Settings
from wms.db import Base

FOLDER = Path(__file__).parent.parent / "wms" / "migrations" / "versions"
ADDRESSES = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}


def statements(database: str) -> list[str]:
    """Everything `create_all` would say to this database, in a stable order."""
    create_app(Settings(database_url="sqlite://"))  # imports every room, and with it every table
    said: list[str] = []
    dialect = sa.make_url(ADDRESSES[database]).get_dialect()()
    engine = sa.create_mock_engine(
        ADDRESSES[database],
        lambda ddl, *_args, **_more: said.append(str(ddl.compile(dialect=dialect)).strip().replace("\t", "    ")),
    )
    tables = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
    Base.metadata.create_all(engine, tables=tables, checkfirst=False)
    grouped = itertools.groupby(said, key=lambda statement: "INDEX" in statement.split("(")[0])
    return [statement for is_index, group in grouped for statement in (sorted(group) if is_index else group)]


def script(database: str) -> str:
    """The file's text."""
    lines = (line.rstrip() for line in ";\n\n".join([*statements(database), ""]).splitlines())
    return "\n".join(lines).rstrip() + "\n\n"


def path(database: str) -> Path:
    """Where it lies."""
    return FOLDER / f"0001_first.{database}.sql"


def main() -> None:
    for database in ADDRESSES:
        path(database).write_text(script(database), encoding="utf-8")
        sys.stdout.write(f"{path(database)}\n")


if __name__ == "__main__":
    main()
