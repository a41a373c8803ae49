"""Treatment plants: tanks, sludge and weather, a day at a time, many plants at once."""
