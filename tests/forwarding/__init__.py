"""Forwarding TT10 files: made again, pushed to real servers, owed until received."""
