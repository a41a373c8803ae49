"""The way in: bytes become readings, or a rejection with its reason."""
