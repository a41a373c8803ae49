"""Alembic runs this to migrate the store that `tolich.store.database.migrate` has opened."""

from alembic import context

from tolich.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
