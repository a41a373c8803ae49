"""The console: what officers and plants see in a browser. Pages are made here, whole, as HTML."""
