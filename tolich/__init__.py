"""The spine: store, pipeline, settings and command line, where everything meets."""
