"""Runs the SQL that `make migration` wrote beside a revision: one script per database."""

from __future__ import annotations

from pathlib import Path

from alembic import op

END = ";\n\n"


def run(revision: str) -> None:
    """Every statement of the script that belongs to a revision's file and to this database, in order."""
    connection = op.get_bind().execution_options(no_parameters=True)  # a percent sign is a percent sign
    script = Path(revision).with_suffix(f".{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in script.split(END):
        if statement.strip():
            connection.exec_driver_sql(statement)
