"""Faults in what becomes of readings: the quality checks, amendments, context."""

from __future__ import annotations

from tests.mutants.fault import of

_quality = of("quality.py", "quality")
_lines = of("lines.py", "quality")
_weak = of("attenuation.py", "quality")
_cross = of("crosscheck.py", "quality")
_assess = of("assess.py", "grid", "amendments", "explain", "assess")
_window = of("window.py", "grid", "boundaries", "judge")
_ladder = of("ladder.py", "ladder", "permits", "alerts")
_outage = of("outage.py", "outage")
_instruments = of("instruments.py", "instruments")
_forecast = of("forecast.py", "forecast")

FAULTS = (
    # --- quality checks
    _quality(
        "a spike is compared with nine readings", "BEFORE, AFTER = 10, 2", "BEFORE, AFTER = 9, 2"
    ),
    _quality("a spike waits for three readings", "BEFORE, AFTER = 10, 2", "BEFORE, AFTER = 10, 3"),
    _quality("six readings tell a spike", "FEWEST = 7", "FEWEST = 6"),
    _quality(
        "a step that stays is failed", "(off[0] > fail) & back & glitch", "(off[0] > fail) & glitch"
    ),
    _quality("what a batch analyser measured is failed", "& back & glitch", "& back"),
    _quality(
        "a suspect spike is failed",
        "told & (off[0] > fail) & back",
        "told & (off[0] > suspect) & back",
    ),
    _quality(
        "the limit of a rate is itself too fast",
        "change[maybe] > allowed",
        "change[maybe] >= allowed",
    ),
    _quality(
        "a rate is taken over any pause", "elapsed[maybe] <= RATE_REACH", "elapsed[maybe] <= 10**9"
    ),
    _quality("three readings make a flat line", "LEAST_FLAT = 4", "LEAST_FLAT = 3"),
    _quality(
        "a saturated instrument is failed as flat",
        "failed = flat[own.value[flat] < own.each(own.lines.full, flat)]",
        "failed = flat",
    ),
    _quality(
        "a flat line that fails is suspect as well",
        "    own.marks.suspect[failed] ^= int(Test.FLAT_LINE)\n",
        "",
    ),
    _quality(
        "honest repetition is flat",
        "    maybe = maybe[own.value[maybe] > own.each(own.lines.flat_above, maybe)]\n",
        "",
    ),
    _quality(
        "half an interval is too close",
        "elapsed < own.each(own.lines.close",
        "elapsed <= own.each(own.lines.close",
    ),
    _quality(
        "a gap of just the allowed time is one",
        "elapsed > own.each(own.lines.gap",
        "elapsed >= own.each(own.lines.gap",
    ),
    _quality(
        "the step below the end of the range is not clipped",
        "own.value >= own.per(own.lines.clip)",
        "own.value > own.per(own.lines.clip)",
    ),
    _lines("a quiet series is all spikes", "max(2 * step, noise)", "max(1, noise)"),
    # --- what a reading is
    _assess(
        "a reading at the end of its range fails",
        "value <= high), COUNTED",
        "value < high), COUNTED",
    ),
    _assess(
        "a failed check counts",
        "    kind[(marks.fail != 0) & counted & (decision == UNDECIDED)] = FAILED\n",
        "",
    ),
    _assess(
        "a check takes away what an officer confirmed",
        " & (decision == UNDECIDED)] = FAILED",
        "] = FAILED",
    ),
    _assess("a contested slot is failed by its checks", "    marks.fail[spared] = 0\n", ""),
    _window(
        "days are those of Greenwich", "(closing + OFFSET) // DAY_SECONDS", "closing // DAY_SECONDS"
    ),
    # --- ladder, outages, instruments
    _ladder("near ends where it begins", "NEAR_STEP = Fraction(5, 100)", "NEAR_STEP = Fraction(0)"),
    _outage(
        "three of a cluster are not enough",
        "CLUSTER_LEAST, CLUSTER_SHARE = 3,",
        "CLUSTER_LEAST, CLUSTER_SHARE = 4,",
    ),
    _outage(
        "half of a cluster is not enough",
        "len(together) < watched * share",
        "len(together) <= watched * share",
    ),
    _outage(
        "an outage ends at half of its members", "still_silent >= members", "still_silent > members"
    ),
    _outage(
        "silences a second too far apart belong together",
        "ordered[first][0] > TOGETHER",
        "ordered[first][0] > TOGETHER + 1",
    ),
    _instruments(
        "a calibration of just the allowed length is too long",
        'lasted > numbers["longest_allowed"]',
        'lasted >= numbers["longest_allowed"]',
    ),
    _instruments(
        "drift that goes to and fro is drift", "if not together or abs(typical)", "if abs(typical)"
    ),
    _instruments(
        "one rejection fewer is enough",
        "len(lately) < allowed.rejections",
        "len(lately) < allowed.rejections - 1",
    ),
    _instruments(
        "an instrument whose range just reaches is too short",
        "entry.high >= needed",
        "entry.high > needed",
    ),
    _instruments("calibrations of other months count", "if run.end > now - MONTH]", "]"),
)
