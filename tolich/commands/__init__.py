"""The commands of `tolich`, one file a family. Composition happens in tolich/app.py."""
