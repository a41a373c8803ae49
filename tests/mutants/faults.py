"""All the faults. A name says what the faulty program would do."""

from __future__ import annotations

from tests.mutants import judgement, law, life, loads, readings

FAULTS = (*judgement.FAULTS, *law.FAULTS, *life.FAULTS, *loads.FAULTS, *readings.FAULTS)
