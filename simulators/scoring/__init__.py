"""How well the monitor did: what it said, held against what is known to be true."""
