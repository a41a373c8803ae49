"""The law and the judgement: pure functions of values, no I/O and no clock."""
