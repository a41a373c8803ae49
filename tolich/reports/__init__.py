"""Lists and figures as files: CSV, XLSX, PDF. Reads through the `Reads` port alone."""
