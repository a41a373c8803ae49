"""All the faults. A name says what the faulty program would do."""

from __future__ import annotations

from tests.mutants import checks, judgement, law, life, loads, suspicion, upkeep

FAULTS = (
    *judgement.FAULTS,
    *checks.FAULTS,
    *law.FAULTS,
    *life.FAULTS,
    *upkeep.FAULTS,
    *loads.FAULTS,
    *suspicion.FAULTS,
)
