"""The first schema: every table, in plain SQL beside this file, one per database."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

END = ";\n\n"


def upgrade() -> None:
    """Creates all tables, indexes and triggers."""
    script = Path(__file__).with_name(f"0001_first.{op.get_bind().dialect.name}.sql").read_text(encoding="utf-8")
    for statement in script.split(END):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
