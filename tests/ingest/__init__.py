"""The way in: decoders and sources."""
