"""The shipped monitor over whole scenarios, in plant time that is stepped, and how well it did."""
