"""Pictures of numbers as SVG: pure functions, no script, and each with its words."""
