"""Alembic revisions; applied at start."""
