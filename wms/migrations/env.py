"""Alembic's way in. It is only ever run by `wms.migrations.schema`, on a connection that is given."""

from alembic import context

from wms.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it; every constraint is named, so none is lost on the way
    compare_type=True,
    transaction_per_migration=False,
)
context.run_migrations()
