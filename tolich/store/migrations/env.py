"""Alembic runs this to migrate the store that `tolich.store.database.migrate` has opened."""

from alembic import context

from tolich.store import peopleschema  # with it, the tables of both files

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=peopleschema.account.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
