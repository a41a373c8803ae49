"""The evidence store: one ordered record on SQLite or PostgreSQL."""
