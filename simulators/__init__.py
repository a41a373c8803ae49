"""Plants, sensors, faults and scenarios that speak like real stations."""
