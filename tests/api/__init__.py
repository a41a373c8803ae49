"""The API, against a small store in memory."""
