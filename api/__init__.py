"""The way out for people and programs: REST, live stream, console."""
