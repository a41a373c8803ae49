"""The quality checks against a technician's labels on real river water."""
