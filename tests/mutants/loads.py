"""Faults in what is made of other series: loads in kg a day, and daily volumes."""

from __future__ import annotations

from tests.mutants.fault import of

_derived = of("derived.py", "derived")
_explain = of("explain.py", "derived")
_loads = of("loads.py", "derived", "loads")
_register = of("register.py", "loads")
_terms = of("terms.py", "loads", "derived")

FAULTS = (
    _derived(
        "a slot is set aside as the better of its parts",
        "reduce(np.maximum, kinds)",
        "reduce(np.minimum, kinds)",
    ),
    _derived(
        "a slot of one part alone is received",
        "index = _common([slots.index[span] for span in spans])",
        "index = slots.index[spans[0]]",
    ),
    _derived(
        "the lowest product is made of the highest values",
        "for values in (slots.v_low, slots.v_high)",
        "for values in (slots.v_high, slots.v_high)",
    ),
    _derived(
        "a contested part contests the product only with another",
        "np.logical_or",
        "np.logical_and",
    ),
    _derived(
        "a part is looked for on any day, of any station",
        "parts = [known.get((Series(station, key), day)) for key in term.derived.parts]",
        "parts = [next((r for (s, _), r in known.items() if s.parameter == key), None)\n"
        "                     for key in term.derived.parts]",
    ),
    _derived(
        "instants of a slot are summed, not averaged",
        "[slots.v_count[at] for at in places]",
        "[np.ones_like(slots.v_count[at]) for at in places]",
    ),
    _derived(
        "products stand behind all other rows",
        'np.argsort(row, kind="stable")',
        "np.arange(len(row))",
    ),
    _loads(
        "half a milligram is rounded up",
        "2 * rest == denominator and whole % 2 == 1",
        "2 * rest == denominator",
    ),
    _loads(
        "products are cut off, not rounded",
        "return whole + up",
        "return whole",
    ),
    _loads(
        "a load is off by a thousand",
        'Decimal("0.024")',
        "Decimal(24)",
    ),
    _loads(
        "a volume is that of an hour",
        "VOLUME_UNIT: Decimal(24)",
        "VOLUME_UNIT: Decimal(1)",
    ),
    _loads(
        "a load may be made of a pH",
        'if catalogue[key].unit != "mg/L":',
        'if catalogue[key].unit == "m3/h":',
    ),
    _loads(
        "a volume may be typed and the capacity at once",
        "if by_capacity == entry.has",
        "if not by_capacity and not entry.has",
    ),
    _loads(
        "a limit of nothing is taken",
        "if typed and most <= 0:",
        "if typed and most < 0:",
    ),
    _register(
        "parts may come at different intervals",
        "if len(set(seconds.values())) > 1:",
        "if len(set(seconds.values())) > 2:",
    ),
    _register(
        "only the intervals of the permit's first day are compared",
        "days = {permit.since, *(day for of in parts.values() for day, _ in of.intervals)}",
        "days = {permit.since}",
    ),
    _register(
        "the intervals of days without the permit are compared too",
        "for day in sorted(day for day in days if permit.binds(day)):",
        "for day in sorted(days):",
    ),
    _register(
        "a station without the flow has a load",
        "if any(part not in station.series for part in bound.parts):",
        "if all(part not in station.series for part in bound.parts):",
    ),
    _terms(
        "a load owes every hour",
        "return terms.owed and period.name == terms.basis",
        "return terms.owed",
    ),
    _terms(
        "missing slots of a load are taken for nothing, not for the product of the minima",
        "return replace(terms, low=low, high=high,",
        "return replace(terms, low=0, high=high,",
    ),
    _terms(
        "a load is not applicable while nothing is discharged",
        "dry=None, derived=derived",
        "derived=derived",
    ),
    _explain(
        "a reading without its counterpart is said to count",
        "one if one.slot in both or not one.counted else _alone(one)",
        "one",
    ),
)
