"""Faults in the quality checks: their thresholds, their look back and ahead, their settings."""

from __future__ import annotations

from tests.mutants.fault import of

_attenuation = of("attenuation.py", "quality", "oracle")
_checking = of("checking.py", "checks")
_crosscheck = of("crosscheck.py", "quality")
_lines = of("lines.py", "quality")
_quality = of("quality.py", "quality")
_reach = of("reach.py", "reach")

FAULTS = (
    # --- spikes
    _quality(
        "the window of a spike lies one reading back",
        "np.arange(-BEFORE, AFTER + 1)",
        "np.arange(-BEFORE - 1, AFTER)",
    ),
    _quality(
        "a spike looks three slots ahead, not two",
        "until = at - slot + (AFTER + 1) * interval",
        "until = at - slot + (AFTER + 2) * interval",
    ),
    _quality(
        "a spike looks one slot ahead, not two",
        "until = at - slot + (AFTER + 1) * interval",
        "until = at - slot + AFTER * interval",
    ),
    _quality(
        "the slot after the last two still decides",
        "(found < until)",
        "(found <= until)",
    ),
    _quality(
        "a reading as old as the reach is too old for the median",
        "(found >= since)",
        "(found > since)",
    ),
    _quality(
        "readings of another line are in the window",
        "    inside &= own.line[place] == own.line[maybe]\n",
        "",
    ),
    _quality(
        "a spike at its threshold is suspect",
        "(off[0] > suspect)",
        "(off[0] >= suspect)",
    ),
    _quality(
        "a spike at its threshold fails",
        "(off[0] > fail)",
        "(off[0] >= fail)",
    ),
    _quality(
        "a level that stays fails as a spike",
        "(off[0] > fail) & back & glitch",
        "(off[0] > fail) & glitch",
    ),
    _quality(
        "what a batch analyser held for its cycle fails as a spike",
        "(off[0] > fail) & back & glitch",
        "(off[0] > fail) & back",
    ),
    _quality(
        "a spike must be back at both readings that follow",
        "(off[-AFTER:] <= suspect)).any(axis=0)",
        "(off[-AFTER:] <= suspect)).all(axis=0)",
    ),
    _quality(
        "a failed spike is suspect too",
        "(off[0] > suspect) & ~failed",
        "(off[0] > suspect)",
    ),
    _quality(
        "seven readings are too few to tell a spike",
        ">= FEWEST",
        "> FEWEST",
    ),
    _quality(
        "the median of an even number is the upper one",
        "few[(size - 1) // 2] + few[size // 2]",
        "2 * few[size // 2]",
    ),
    _quality(
        "the median deviation of an odd number counts once",
        "(size + odd) // 2) for odd in (1, 2))",
        "(size + odd) // 2) for odd in (0, 1))",
    ),
    _quality(
        "every step of a quiet series is a spike",
        "spread = np.maximum(spread, 4 * own.each(own.lines.spike_floor, maybe))",
        "spread = np.maximum(spread, 1)",
    ),
    _quality(
        "spikes downwards are not looked for",
        "beyond = np.maximum(value - lowest, highest - value)",
        "beyond = value - lowest",
    ),
    _quality(
        "few readings are not looked at for spikes",
        "np.flatnonzero(_far(own) | ~whole)",
        "np.flatnonzero(_far(own) & whole)",
    ),
    # --- one look back
    _quality(
        "a change as fast as allowed is too fast",
        "change[maybe] > allowed",
        "change[maybe] >= allowed",
    ),
    _quality(
        "a change is judged over an hour and more",
        "maybe = maybe[elapsed[maybe] <= RATE_REACH]\n",
        "maybe = maybe[elapsed[maybe] < _LINE]\n",
    ),
    _quality(
        "after exactly an hour no rate can be told",
        "elapsed[odd] > RATE_REACH",
        "elapsed[odd] >= RATE_REACH",
    ),
    _quality(
        "the allowed change grows with the time, not with its square root",
        "isqrt(floor(rate * (pair % _LINE)))",
        "isqrt(floor(rate)) * (pair % _LINE)",
    ),
    _quality(
        "readings half an interval apart come too soon",
        "odd[elapsed < own.each(own.lines.close, odd)]",
        "odd[elapsed <= own.each(own.lines.close, odd)]",
    ),
    _quality(
        "a pause as long as allowed is a gap",
        "odd[elapsed > own.each(own.lines.gap, odd)]",
        "odd[elapsed >= own.each(own.lines.gap, odd)]",
    ),
    _quality(
        "a value just at the end of the range is not clipped",
        "own.value >= own.per(own.lines.clip)",
        "own.value > own.per(own.lines.clip)",
    ),
    # --- flat lines
    _quality(
        "a step just below the resolution is no longer flat",
        "quiet = (change < band)",
        "quiet = (change < band - 1)",
    ),
    _quality(
        "a slow climb is flat, for no single step shows",
        "    still[chosen] = extent < own.each(own.lines.band, maybe[chosen])\n",
        "    still[chosen] = extent >= 0\n",
    ),
    _quality(
        "a climb by one step is flat",
        "extent < own.each(own.lines.band, maybe[chosen])",
        "extent <= own.each(own.lines.band, maybe[chosen])",
    ),
    _quality(
        "a flat line fails as soon as it is suspect",
        "    failed = failed[_still(own, failed, own.lines.flat_fail, *counts)]\n",
        "",
    ),
    _quality(
        "a flat line that should fail is suspect",
        "    own.marks.fail[failed] |= int(Test.FLAT_LINE)\n",
        "    own.marks.suspect[failed] |= int(Test.FLAT_LINE)\n",
    ),
    _quality(
        "a flat line at the end of the range fails",
        "    failed = flat[own.value[flat] < own.each(own.lines.full, flat)]\n",
        "    failed = flat\n",
    ),
    _quality(
        "the value that may repeat is flat",
        "own.value[maybe] > own.each(own.lines.flat_above, maybe)",
        "own.value[maybe] >= own.each(own.lines.flat_above, maybe)",
    ),
    _quality(
        "a flat line needs one reading more than half of its slots",
        "enough = maybe - first + 1 >=",
        "enough = maybe - first >=",
    ),
    _quality(
        "three readings are a flat line",
        "LEAST_FLAT = 4",
        "LEAST_FLAT = 3",
    ),
    _quality(
        "a flat line need not reach back to its start",
        "still: Mask = old & enough",
        "still: Mask = enough",
    ),
    _quality(
        "a flat line must begin to the second",
        "lasts - interval - interval // 5",
        "lasts",
    ),
    # --- chunks
    _quality(
        "the second chunk forgets the readings before it",
        "return max(head, min(back, begin - BEFORE))",
        "return begin",
    ),
    _quality(
        "the context of a chunk is ten readings, however far a check looks back",
        "max(head, min(back, begin - BEFORE))",
        "max(head, begin - BEFORE)",
    ),
    # --- thresholds in quanta
    _lines(
        "a value a step below the end of the range is not clipped",
        "full, half, rate = plan.high - step,",
        "full, half, rate = plan.high,",
    ),
    _lines(
        "half of an odd interval is rounded down",
        "ceil(Fraction(interval, 2))",
        "floor(Fraction(interval, 2))",
    ),
    _lines(
        "clipping is checked where it is off",
        "full if checks.clipping else NEVER",
        "full",
    ),
    _lines(
        "times are checked where the check is off",
        "half if checks.time else 0",
        "half",
    ),
    _lines(
        "every reading of a slow series is a gap",
        "max(checks.gap.longer, interval)",
        "checks.gap.longer",
    ),
    _lines(
        "the median deviation counts as one step at least, not two",
        "max(2 * step, noise)",
        "max(step, noise)",
    ),
    _lines(
        "the noise of a series is not allowed for",
        "max(2 * step, noise)",
        "2 * step",
    ),
    _lines(
        "the readings before a spike may be spread over six hours",
        "min(SPIKE_SLOTS * plan.interval, SPIKE_REACH)",
        "SPIKE_REACH",
    ),
    _lines(
        "a batch ends one slot early",
        "-(-refresh // plan.interval)",
        "refresh // plan.interval",
    ),
    _lines(
        "an analyser of just ten minutes measures at once",
        "refresh >= BATCH",
        "refresh > BATCH",
    ),
    _lines(
        "the instrument's minimum may repeat for ever",
        "plan.low - 1 if honest",
        "plan.low if honest",
    ),
    # --- the attenuated signal
    _attenuation(
        "an hour's closing reading belongs to the next hour",
        "hour = (at - lines.ends[line]) // HOUR_SECONDS",
        "hour = at // HOUR_SECONDS",
    ),
    _attenuation(
        "a signal is measured over seven hours",
        "range(SIX_HOURS // HOUR_SECONDS)",
        "range(SIX_HOURS // HOUR_SECONDS + 1)",
    ),
    _attenuation(
        "half of the slots of six hours are too few",
        "2 * count * lines.interval[hours.line] >= SIX_HOURS",
        "2 * count * lines.interval[hours.line] > SIX_HOURS",
    ),
    _attenuation(
        "a signal that varies as much as it must is attenuated",
        "count * squares - total * total < least",
        "count * squares - total * total <= least",
    ),
    _attenuation(
        "an hour that nothing was heard in counts as the next one",
        "return place, key[place] == key - back",
        "return place, key[place] >= key - back",
    ),
    # --- one parameter against another
    _crosscheck(
        "a part as large as the tolerance allows contradicts the whole",
        "more: Mask = mine * down > theirs * up",
        "more: Mask = mine * down >= theirs * up",
    ),
    _crosscheck(
        "the tolerance is ignored",
        "share = 1 + Fraction(plan.checks.at_most.tolerance)",
        "share = Fraction(1)",
    ),
    _crosscheck(
        "only the part is suspect, not the whole",
        "((mine, left[over]), (theirs, right[over]))",
        "((mine, left[over]),)",
    ),
    _crosscheck(
        "a part without its whole is called good",
        "    told[left] = True\n",
        "    told[:] = True\n",
    ),
    _crosscheck(
        "quanta of two parameters are compared as they are",
        "return Fraction(theirs) / Fraction(mine)",
        "return Fraction(1)",
    ),
    _crosscheck(
        "a day that shares half of its slots is not told",
        "np.diff(np.append(fresh, len(day))) >= DAY_SECONDS",
        "np.diff(np.append(fresh, len(day))) > DAY_SECONDS",
    ),
    _crosscheck(
        "a balance is over the days of Greenwich",
        "(at - int(plan.stamp_ends) + OFFSET) // DAY_SECONDS",
        "(at - int(plan.stamp_ends)) // DAY_SECONDS",
    ),
    _crosscheck(
        "a balance with midnight's closing reading is the next day's",
        "(at - int(plan.stamp_ends) + OFFSET) // DAY_SECONDS",
        "(at + OFFSET) // DAY_SECONDS",
    ),
    _crosscheck(
        "only too much flowing out is told",
        "wrong = told & (_more(out, into, (1 + within) * unit) | "
        "_more(-out, -into, (1 - within) * unit))",
        "wrong = told & _more(out, into, (1 + within) * unit)",
    ),
    _crosscheck(
        "a partner of another station is compared with",
        "numbers.get(Series(series.station, plan.checks.at_most.of), [])",
        "next((n for s, n in numbers.items() if s.parameter == plan.checks.at_most.of), [])",
    ),
    # --- what a late reading touches
    _reach(
        "a late reading six hours old is no spike's neighbour any more",
        "span.last + SPIKE_REACH >= day",
        "span.last + SPIKE_REACH > day",
    ),
    _reach(
        "a late reading changes no flat line of another day",
        "return not varied(line, span.last, day)",
        "return False",
    ),
    _reach(
        "a late reading changes a flat line only as far as makes it suspect",
        "max(flat.suspect, flat.fail)",
        "flat.suspect",
    ),
    _reach(
        "a late flow leaves the loads as they were",
        "return felt | {line",
        "return felt or {line",
    ),
    _reach(
        "a series is judged without the flow it may have rested with",
        "return parts | ({term.dry.flow} if term.dry else set())",
        "return parts",
    ),
    # --- settings
    _checking(
        "a flat line may be shorter than four cycles of the analyser",
        "if suspect < least:",
        "if suspect < 0:",
    ),
    _checking(
        "a flat line of just four cycles is refused",
        "if suspect < least:",
        "if suspect <= least:",
    ),
    _checking(
        "a flat line may fail before it is suspect",
        "if fail is not None and fail < suspect:",
        "if fail is not None and fail < 0:",
    ),
    _checking(
        "spikes are looked for without a resolution",
        "if checks.spike and checks.resolution is None:",
        "if False:",
    ),
    _checking(
        "a spike may fail before it is suspect",
        "if not 1 <= spike.suspect <= spike.fail <= GREATEST:",
        "if not (1 <= spike.suspect and spike.fail <= GREATEST):",
    ),
    _checking(
        "a share of everything is taken",
        "not 0 <= share < 1",
        "not 0 <= share <= 1",
    ),
    _checking(
        "a threshold of nothing is taken",
        "if number is None or number <= 0:",
        "if number is None or number < 0:",
    ),
    _checking(
        "a check may look back for ever",
        "if not 0 < seconds <= LONGEST:",
        "if not 0 < seconds:",
    ),
    _checking(
        "true is one second",
        "isinstance(value, int) and not isinstance(value, bool):\n        return value",
        "isinstance(value, int):\n        return value",
    ),
    _checking(
        "a partner nobody knows is taken",
        "if partner and partner not in known:",
        "if False:",
    ),
    _checking(
        "a check that is off stays as it usually is",
        '    if value == "off" or value is False:\n        return None\n',
        '    if value == "off" or value is False:\n        return usual\n',
    ),
)  # fmt: skip
