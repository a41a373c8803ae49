"""Faults between a reading and its verdict: windows, slots, assessment, judgement, reasons."""

from __future__ import annotations

from tests.mutants.fault import of

_amendments = of("amendments.py", "amendments")
_assess = of("assess.py", "grid", "explain", "boundaries")
_explain = of("explain.py", "explain")
_grid = of("grid.py", "grid", "boundaries", "judge")
_judge = of("judge.py", "boundaries", "judge")
_model = of("model.py", "regulations")
_terms = of("terms.py", "terms", "boundaries")
_window = of("window.py", "grid", "boundaries")
_wording = of("wording.py", "explain")

FAULTS = (
    # --- which slot a reading falls into
    _window(
        "a slot begins one late where times mean its end",
        "np.where(ends, closing - late, opening + early)",
        "np.where(ends, closing + 1 - late, opening + early)",
    ),
    _window(
        "times that mean the end are read as the start",
        "np.where(ends, closing - late, opening + early)",
        "opening + early",
    ),
    _window(
        "on a boundary, times that mean the end open the next slot",
        "return opening - ends",
        "return opening",
    ),
    _window(
        "an instant snaps across the hour",
        "(boundary - offset <= tolerance) & (boundary % HOUR_SECONDS != 0)",
        "(boundary - offset <= tolerance)",
    ),
    _window(
        "an instant after the hour snaps back across it",
        "(offset - behind <= tolerance) & (behind % HOUR_SECONDS != 0)",
        "(offset - behind <= tolerance)",
    ),
    _window(
        "an instant at a tenth of the interval does not snap",
        "boundary - offset <= tolerance",
        "boundary - offset < tolerance",
    ),
    _window(
        "an instant a tenth behind a boundary does not snap",
        "offset - behind <= tolerance",
        "offset - behind < tolerance",
    ),
    _window(
        "instants snap within a fifth of the interval",
        "tolerance = interval // 10",
        "tolerance = interval // 5",
    ),
    _window(
        "readings belong to the day in Greenwich",
        "key = _key(line, (closing + OFFSET) // DAY_SECONDS)",
        "key = _key(line, closing // DAY_SECONDS)",
    ),
    _window(
        "midnight opens a day even where times mean the end",
        "closing = at - ends[line] if ends.any() else at",
        "closing = at",
    ),
    _window(
        "readings of days that are not judged fall into one that is",
        "np.where(self._key[found] == key[first], found, -1)",
        "found",
    ),
    _window(
        "the day of a time that means the end is the next one",
        "midnight(at - 1 if stamp_ends else at)",
        "midnight(at)",
    ),
    # --- what a reading is
    _assess(
        "a duplicate is counted twice",
        "        fresh = changes(line, at, value, status)\n",
        "        fresh = np.ones(line.shape, np.bool_)\n",
        "explain", "grid", "judge",
    ),
    _assess(
        "readings of one instant are not sorted",
        "return bool(later.all())",
        "return True",
        "grid", "judge",
    ),
    _assess(
        "the same instant counts as rising",
        "(at[1:] > at[:-1]))",
        "(at[1:] >= at[:-1]))",
        "explain", "grid", "judge",
    ),
    _assess(
        "the status of a reading is ignored",
        "    if not measuring.all():",
        "    if False:",
    ),
    _assess(
        "a calibrating reading counts",
        "kind[status == Status.CALIBRATING] = CALIBRATING",
        "kind[status == Status.CALIBRATING] = COUNTED",
    ),
    _assess(
        "a faulty device counts as calibrating",
        "kind[status == Status.FAULT] = FAULTY",
        "kind[status == Status.FAULT] = CALIBRATING",
    ),
    _assess(
        "an unknown status counts as measuring",
        "kind[~measuring] = UNKNOWN",
        "pass",
    ),
    _assess(
        "the instrument's minimum is outside its range",
        "(value >= low) & (value <= high), COUNTED",
        "(value > low) & (value <= high), COUNTED",
    ),
    _assess(
        "the instrument's maximum is outside its range",
        "(value >= low) & (value <= high), COUNTED",
        "(value >= low) & (value < high), COUNTED",
    ),
    _assess(
        "values outside the instrument's range count",
        "(value >= low) & (value <= high), COUNTED, FAILED",
        "(value >= low) & (value <= high), COUNTED, COUNTED",
    ),
    _assess(
        "a reading outside the range does not say which test it failed",
        "    marks.fail[outside] |= int(Test.GROSS_RANGE)\n",
        "",
        "explain",
    ),
    _assess(
        "what does not count contests what does",
        "many = np.repeat(np.diff(np.append(first, len(places))) > 1,",
        "many = np.repeat(np.diff(np.append(first, len(places))) > 0,",
        "explain",
    ),
    # --- what an officer decided
    _amendments(
        "a reversal of a reversal does not restore",
        "if one.reverses is not None and one.id not in gone:",
        "if one.reverses is not None:",
    ),
    _amendments(
        "a reversed amendment still holds",
        "tuple(one for one in ordered if one.id not in gone)",
        "tuple(ordered)",
    ),
    _amendments(
        "amendments hold in the order in which they were read",
        "sorted(amendments, key=lambda one: one.id)",
        "list(amendments)",
    ),
    _assess(
        "an amendment reaches the instant at its end",
        "(at < one.end)",
        "(at <= one.end)",
        "amendments",
    ),
    _assess(
        "an amendment misses the instant at its start",
        "(at >= one.start)",
        "(at > one.start)",
        "amendments",
    ),
    _assess(
        "an amendment touches other series",
        "meant = own & (at >= one.start)",
        "meant = (at >= one.start)",
        "amendments",
    ),
    _assess(
        "an excluded reading counts",
        "        kind[decision == EXCLUDED] = FAILED\n",
        "",
        "amendments",
    ),
    _assess(
        "what an officer confirmed stays set aside",
        "        kind[decision >= CONFIRMED] = COUNTED\n",
        "",
        "amendments",
    ),
    _assess(
        "an officer's value does not count",
        "used[chosen] = one.value if one.act is Act.VALUE and one.value is not None "
        "else value[chosen]",
        "used[chosen] = value[chosen]",
        "amendments",
    ),
    _assess(
        "an exclusion of one value excludes all of the instant",
        "np.flatnonzero(named), named, EXCLUDED",
        "np.flatnonzero(meant), meant, EXCLUDED",
        "amendments",
    ),
    _assess(
        "confirming one of two values leaves them contested",
        "    decision[rest] = EXCLUDED\n",
        "    decision[rest] = UNDECIDED\n",
        "amendments",
    ),
    _assess(
        "what an earlier amendment let count still counts beside what is confirmed",
        "(status == Status.MEASURING) | (decision >= CONFIRMED)",
        "status == Status.MEASURING",
        "amendments",
    ),
    _assess(
        "the same value under two statuses counts twice",
        "chosen = places[changes(at[places], value[places])]",
        "chosen = places",
        "amendments",
    ),
    _assess(
        "an officer's word does not stand against a check",
        "kind[(marks.fail != 0) & counted & (decision == UNDECIDED)] = FAILED",
        "kind[(marks.fail != 0) & counted] = FAILED",
        "amendments",
    ),
    _assess(
        "contested readings are checked beside the others",
        "marks = _checked(window, line, at, used, counted & ~conflict)",
        "marks = _checked(window, line, at, used, counted)",
        "assess",
    ),
    _assess(
        "a reading that fails a check counts",
        "    kind[(marks.fail != 0) & counted & (decision == UNDECIDED)] = FAILED\n",
        "",
        "assess",
    ),
    _assess(
        "a check may settle a conflict",
        "    if conflict.any():\n        _spare(window, line, at, conflict, marks)\n",
        "",
        "assess",
    ),
    _assess(
        "a spared reading forgets which check it failed",
        "    marks.suspect[spared] |= marks.fail[spared]\n",
        "",
        "assess",
    ),
    _assess(
        "readings set aside are checked too",
        "    if competing.all():\n        return check(lines, line, at, used)\n",
        "    if len(lines.plans):\n        return check(lines, line, at, used)\n",
        "assess",
    ),
    _assess(
        "confirming a value sets aside the other instants",
        "rest, verdict = meant & np.isin(at, at[chosen]) & competing, CONFIRMED",
        "rest, verdict = meant & competing, CONFIRMED",
        "amendments",
    ),
    _amendments(
        "reversals are looked at oldest first",
        "for one in reversed(ordered):",
        "for one in ordered:",
    ),
    _amendments(
        "a reversal excludes readings itself",
        "return tuple(one for one in standing(amendments) if one.act is not Act.REVERSE)",
        "return standing(amendments)",
    ),
    _window(
        "slots of different series are one",
        "key: Ints = (line << 40) + day + index * interval",
        "key: Ints = day + index * interval",
        "assess",
    ),
    _window(
        "the first of a column is no change",
        "        changed[0] = True\n",
        "        pass\n",
    ),
    # --- what a slot holds
    _grid(
        "a slot is what its worst reading is",
        "np.minimum.reduceat(kind, first)",
        "np.maximum.reduceat(kind, first)",
    ),
    _grid(
        "of values for one instant only the lowest is looked at",
        "high = np.maximum.reduceat(value, instant)",
        "high = np.minimum.reduceat(value, instant)",
    ),
    _grid(
        "of values for one instant only the highest is looked at",
        "low = np.minimum.reduceat(value, instant)",
        "low = np.maximum.reduceat(value, instant)",
    ),
    _grid(
        "a conflict is not counted",
        "conflict = low < high",
        "conflict = low > high",
    ),
    _grid(
        "the last of several instants in a slot stands for it",
        "        np.add.reduceat(high, first),",
        "        high[np.append(first[1:], len(row)) - 1],",
    ),
    _grid(
        "readings with context of other days are judged",
        "    own = row >= 0\n",
        "    own = row >= -1\n",
    ),
    # --- the comparison
    _judge(
        "a mean at the limit exceeds it",
        "code[np.asarray(mean > high, np.bool_)] = _ABOVE",
        "code[np.asarray(mean >= high, np.bool_)] = _ABOVE",
    ),
    _judge(
        "near begins above nine tenths instead of at nine tenths",
        "mean * under >= high * over",
        "mean * under > high * over",
    ),
    _judge(
        "a pH at its upper end exceeds it",
        "ranged[np.asarray(mean > high, np.bool_)]",
        "ranged[np.asarray(mean >= high, np.bool_)]",
    ),
    _judge(
        "a pH at its lower end is below it",
        "np.asarray(mean < low, np.bool_)",
        "np.asarray(mean <= low, np.bool_)",
    ),
    _judge(
        "the lower end of a pH binds nobody",
        "    ranged[np.asarray(mean < low, np.bool_)] = _BELOW\n",
        "",
    ),
    _judge(
        "a pH is near its upper end only beyond the margin",
        "mean >= high - margin",
        "mean > high - margin",
    ),
    _judge(
        "a pH is near its lower end only beyond the margin",
        "mean <= low + margin",
        "mean < low + margin",
    ),
    _judge(
        "a pH is near within 0.3",
        'RANGE_MARGIN = Decimal("0.2")',
        'RANGE_MARGIN = Decimal("0.3")',
    ),
    _judge(
        "the pH of a day is averaged across its hours",
        "    if period.length > HOUR.length:\n",
        "    if False:\n",
    ),
    _judge(
        "an hour of pH with too few readings makes a day exceed",
        "able = hours.enough & hours.closed",
        "able = hours.closed",
    ),
    _judge(
        "an open hour of pH makes a day exceed",
        "hours.enough & hours.closed & ~hours.dry",
        "hours.enough & ~hours.dry",
        "edges",
    ),
    _judge(
        "an hour of pH without discharge makes a day exceed",
        "hours.closed & ~hours.dry &",
        "hours.closed &",
    ),
    _judge(
        "limits are rounded down to whole quanta",
        "scale = lcm(*{number.denominator for number in (*lows, *highs, *margins)})",
        "scale = 1",
    ),
    # --- completeness and closing
    _judge(
        "completeness must be exceeded, not reached",
        "(valid * bottoms[:, None] >= expected",
        "(valid * bottoms[:, None] > expected",
    ),
    _judge(
        "any reading is complete enough",
        "(valid * bottoms[:, None] >= expected * tops[:, None]) & (valid > 0)",
        "(valid > 0)",
    ),
    _judge(
        "what is set aside counts towards completeness",
        "(valid * bottoms[:, None] >=",
        "((valid + kinds[CALIBRATING]) * bottoms[:, None] >=",
    ),
    _judge(
        "the grace after a period is ignored",
        "ends + grace <= now",
        "ends <= now",
    ),
    _judge(
        "a period closes a second after its grace",
        "ends + grace <= now",
        "ends + grace < now",
    ),
    _judge(
        "a period closes one period late",
        "(np.arange(shape[1]) + 1) * period.length",
        "(np.arange(shape[1]) + 2) * period.length",
    ),
    _judge(
        "a period closes when it begins",
        "(np.arange(shape[1]) + 1) * period.length",
        "np.arange(shape[1]) * period.length",
    ),
    _judge(
        "an open period has a verdict",
        "    _put(outcome, reason, ~tally.closed, Outcome.NOT_ASSESSABLE, Reason.PERIOD_OPEN)\n",
        "",
    ),
    _judge(
        "too few readings make a verdict",
        "    _put(outcome, reason, ~enough, Outcome.NOT_ASSESSABLE, Reason.INSUFFICIENT_DATA)\n",
        "",
    ),
    _judge(
        "silence is called too few readings",
        "    _put(outcome, reason, received == 0, Outcome.NOT_ASSESSABLE, Reason.NO_DATA)\n",
        "",
    ),
    _judge(
        "what is set aside was not received",
        "received = tally.valid + sum(tally.kinds.values())",
        "received = tally.valid",
    ),
    _judge(
        "a slot of several instants weighs as many slots",
        "exact = exact * (unit // slots.v_count.astype(kind))",
        "exact = exact * unit",
    ),
    _judge(
        "wide numbers overflow",
        "return (object if wide else np.int64), unit",
        "return np.int64, unit",
    ),
    # --- conflicts
    _judge(
        "a conflict is judged by its highest value",
        "    _put(outcome, reason, contested, Outcome.NOT_ASSESSABLE, Reason.CONTESTED)\n",
        "",
    ),
    _judge(
        "any conflict is contested",
        "agree: Mask = (lowest == highest) | ((lowest >= _ABOVE) & (highest >= _ABOVE))",
        "agree: Mask = lowest == highest",
    ),
    _judge(
        "a contested mean is shown",
        " & ~(contested & ~early)",
        "",
    ),
    # --- proof
    _judge(
        "proof takes the highest of values for one instant",
        "least = (tally.low + missing",
        "least = (tally.high + missing",
    ),
    _judge(
        "proof fills missing slots with the maximum",
        "missing * rows.low[:, None]",
        "missing * rows.high[:, None]",
    ),
    _judge(
        "proof forgets the missing slots",
        "stands = np.asarray(least > limits.high[:, None] * tally.whole, np.bool_)",
        "stands = np.asarray(least > limits.high[:, None] * tally.weight, np.bool_)",
    ),
    _judge(
        "a mean at the limit is proven",
        "stands = np.asarray(least > limits",
        "stands = np.asarray(least >= limits",
    ),
    _judge(
        "a pH is proven",
        "(limits.present & ~limits.ranged)[:, None]",
        "limits.present[:, None]",
    ),
    _judge(
        "nothing is proven early",
        "    _put(outcome, reason, early, Outcome.EXCEEDED, Reason.PROVEN)\n",
        "",
    ),
    _judge(
        "an exceedance is proven before the outflow is seen",
        "(~enough | ~tally.closed) & ~tally.unseen",
        "(~enough | ~tally.closed)",
    ),
    # --- no discharge, no permit, no limit
    _judge(
        "any slot below the figure means no discharge",
        "return under[:, None] & ~running[flows]",
        "return under[:, None] & (running[flows] | ~running[flows])",
    ),
    _judge(
        "an outflow at the figure is no discharge",
        "slots.v_high[own] >= figures",
        "slots.v_high[own] > figures",
    ),
    _judge(
        "the lowest of contested outflows decides",
        "slots.v_high[own] >= figures",
        "slots.v_low[own] >= figures",
    ),
    _judge(
        "an outflow that was not measured is no discharge",
        "dry=unseen & _known(flows, enough & closed)",
        "dry=unseen & _known(flows, closed)",
    ),
    _judge(
        "an open period has no discharge",
        "dry=unseen & _known(flows, enough & closed)",
        "dry=unseen & _known(flows, enough)",
        "edges",
    ),
    _judge(
        "the outflow of another day decides",
        "known.get((ruled[line], day), -1)",
        "next((r for (s, _), r in known.items() if s == ruled[line]), -1)",
        "edges",
    ),
    _judge(
        "a missing limit does not apply",
        "Reason.LIMIT_MISSING: Outcome.NOT_ASSESSABLE",
        "Reason.LIMIT_MISSING: Outcome.NOT_APPLICABLE",
    ),
    _judge(
        "a gap between permits cannot be assessed",
        "Reason.NO_PERMIT: Outcome.NOT_APPLICABLE",
        "Reason.NO_PERMIT: Outcome.NOT_ASSESSABLE",
    ),
    _judge(
        "a missing limit is a limit of nothing",
        "    for lack, verdict in _LACKS.items():\n"
        "        _put(outcome, reason, _lacking(window, lack, outcome.shape), verdict, lack)\n",
        "",
    ),
    # --- the sheet
    _judge(
        "a finding begins one period late",
        "int(column) * self.period.length",
        "(int(column) + 1) * self.period.length",
    ),
    _judge(
        "calibrating and faulty are swapped in the counts",
        "tally.kinds[CALIBRATING], tally.kinds[FAULTY]",
        "tally.kinds[FAULTY], tally.kinds[CALIBRATING]",
    ),
    _judge(
        "the mean shown is the lowest",
        "num, den = tally.high, tally.weight",
        "num, den = tally.low, tally.weight",
    ),
    _judge(
        "means are not in lowest terms",
        "np.where(shown, num // common, 0), np.where(shown, den // common, 0)",
        "np.where(shown, num, 0), np.where(shown, den, 0)",
        "judge",
    ),
    # --- what a series owes
    _terms(
        "the instrument's lower end is rounded outwards",
        "low=ceil(parameter.quanta(entry.low))",
        "low=floor(parameter.quanta(entry.low))",
    ),
    _terms(
        "the instrument's upper end is rounded outwards",
        "high=floor(parameter.quanta(entry.high))",
        "high=ceil(parameter.quanta(entry.high))",
    ),
    _terms(
        "the permit's completeness is ignored",
        "completeness=permit.completeness if permit else DEFAULT_COMPLETENESS",
        "completeness=DEFAULT_COMPLETENESS",
    ),
    _terms(
        "the permit's basis is ignored",
        "basis=permit.basis if permit else DEFAULT_BASIS",
        "basis=DEFAULT_BASIS",
    ),
    _terms(
        "flow owes findings",
        "owed=parameter.limited or limit is not None",
        "owed=True",
    ),
    _terms(
        "a limited flow owes no findings",
        "owed=parameter.limited or limit is not None",
        "owed=parameter.limited",
    ),
    _terms(
        "a missing permit is a missing limit",
        "return Reason.NO_PERMIT",
        "return Reason.LIMIT_MISSING",
    ),
    _terms(
        "terms outlive a change of interval",
        "None if permit is None else permit.id, intervals)",
        "None if permit is None else permit.id)",
        "terms",
    ),
    _terms(
        "terms outlive a change of permit",
        "key = (station, None if permit is None else permit.id, intervals)",
        "key = (station, intervals)",
        "terms",
    ),
    _terms(
        "stations share their terms",
        "key = (station, None",
        "key = (None",
        "terms",
    ),
    _model(
        "a recalled number decides",
        "return self in (Verification.PERMIT, Verification.CONFIRMED, Verification.SINGLE)",
        "return self is not Verification.MISSING",
    ),
    _model(
        "the number of a single source does not decide",
        "return self in (Verification.PERMIT, Verification.CONFIRMED, Verification.SINGLE)",
        "return self in (Verification.PERMIT, Verification.CONFIRMED)",
    ),
    # --- why
    _explain(
        "contested values are called good",
        "return Flag.SUSPECT if suspect or clash else Flag.GOOD",
        "return Flag.SUSPECT if suspect else Flag.GOOD",
    ),
    _explain(
        "a failed flag is dropped",
        "    if fail:\n        return Flag.FAIL\n",
        "",
    ),
    _explain(
        "readings of the next hour explain this one",
        "if start <= day + slot * interval < end",
        "if start <= day + slot * interval <= end",
    ),
    _explain(
        "a reading set aside is told as counted",
        "counted = kind == COUNTED",
        "counted = True",
    ),
    _explain(
        "an officer's decision is not told",
        "    if decision != UNDECIDED:\n        return DECIDED[decision]\n",
        "",
        "amendments",
    ),
    _wording(
        "a mean just above the limit is shown as the limit",
        " in limits and Fraction(shown) != exact:",
        " is None:",
        "edges",
    ),
    _wording(
        "Vietnamese numbers are written as in English",
        'return sign + english.translate(str.maketrans(",.", ".,"))',
        "return sign + english",
    ),
    _wording(
        "the comparison told is the wrong way round",
        'sign = ">" if mean > parameter',
        'sign = "<=" if mean > parameter',
    ),
    _wording(
        "an hourly warning is told as a suspected exceedance",
        'if finding.period in (basis, "day"):',
        "if True:",
    ),
    _wording(
        "simulated readings are not marked",
        'f"[{SIMULATED[which]}]" if simulated else ""',
        '""',
    ),
)  # fmt: skip
