"""Telling people and programs: channels, the texts they carry, and the sender of the outbox."""
