"""Forwarding: TT10 files made again and pushed to the authority's server."""
