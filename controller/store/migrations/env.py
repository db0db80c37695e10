"""What Alembic runs around the revisions: the connection that `people_db` hands over, already in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
