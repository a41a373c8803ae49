"""Faults beside the verdicts: silence, outages, instruments, early warning, what packs say."""

from __future__ import annotations

from tests.mutants.fault import of

_forecast = of("forecast.py", "forecast")
_instruments = of("instruments.py", "instruments")
_outage = of("outage.py", "outage")
_provenance = of("provenance.py", "provenance")
_silence = of("silence.py", "silence")

FAULTS = (
    # --- silence
    _silence(
        "silence counts from before our own connection came up",
        "max(last_heard, connected_since)",
        "last_heard",
    ),
    _silence(
        "silence counts from the connection whatever was heard",
        "max(last_heard, connected_since)",
        "connected_since",
    ),
    _silence(
        "what was never heard is missed before it was to begin",
        "max(connected_since, watched_from)",
        "connected_since",
    ),
    _silence(
        "a rung is reached a second late",
        "if quiet >= seconds",
        "if quiet > seconds",
    ),
    _silence(
        "the first rung stays when higher ones are reached",
        "            found = level\n",
        "            found = found or level\n",
    ),
    _silence(
        "a slow station is silent when one report is overdue",
        "2 * max(interval, refresh) - LADDER[0][0]",
        "max(interval, refresh) - LADDER[0][0]",
    ),
    _silence(
        "a quick station is silent sooner than the ladder says",
        "max(0, 2 * max(interval, refresh) - LADDER[0][0])",
        "2 * max(interval, refresh) - LADDER[0][0]",
    ),
    _silence(
        "an analyser is silent between two of its measurements",
        "max(interval, refresh) - LADDER",
        "interval - LADDER",
    ),
    _silence(
        "a parameter never reaches the top of its ladder",
        "if _RANK[level] <= highest",
        "if _RANK[level] < highest",
    ),
    _silence(
        "the next rung is the one just reached",
        "if seconds > quiet",
        "if seconds >= quiet",
    ),
    _silence(
        "the ladder skips a rung",
        "    (3600, Severity.MAJOR),\n",
        "",
    ),
    # --- outages
    _outage(
        "silences exactly ten minutes apart do not belong together",
        "> TOGETHER:",
        ">= TOGETHER:",
    ),
    _outage(
        "an outage needs a station more",
        "len(together) < least",
        "len(together) <= least",
    ),
    _outage(
        "an outage needs more than its share",
        "len(together) < watched * share",
        "len(together) <= watched * share",
    ),
    _outage(
        "any few stations are an outage, whatever their share",
        " or len(together) < watched * share",
        "",
    ),
    _outage(
        "a cluster's share is of all stations",
        "sum(1 for of in clusters.values() if of == cluster)",
        "len(clusters)",
    ),
    _outage(
        "an outage begins with its last silence",
        "left[members[0]]",
        "left[members[-1]]",
    ),
    _outage(
        "of equal groups the latest is taken",
        "> len(best):",
        ">= len(best):",
    ),
    _outage(
        "an outage ends while half are still silent",
        "still_silent >= members",
        "still_silent > members",
    ),
    _outage(
        "stations that nobody watches are counted",
        "for station, since in silent.items() if station in clusters}",
        "for station, since in silent.items()}",
    ),
    # --- how instruments are kept
    _instruments(
        "one lost reading makes two faults of one",
        "at - found[-1].end <= interval",
        "at - found[-1].end < interval",
    ),
    _instruments(
        "a fault counts whole though most of it was before the month",
        "run.end - max(run.start, start)",
        "run.end - run.start",
    ),
    _instruments(
        "a run stands after a later reading has shown it over",
        "of.newest < last.end + of.interval",
        "of.newest <= last.end + of.interval",
    ),
    _instruments(
        "a fault as long as allowed is too long",
        'lasted > numbers["longest_allowed"]',
        'lasted >= numbers["longest_allowed"]',
    ),
    _instruments(
        "faults of a month as long as allowed are too long",
        'numbers["month"] > numbers["month_allowed"]',
        'numbers["month"] >= numbers["month_allowed"]',
    ),
    _instruments(
        "the fourth calibration of three allowed is overlooked",
        'often = numbers.get("count", 0) > numbers.get("count_allowed", 0)',
        'often = numbers.get("count", 0) > numbers.get("count_allowed", 0) + 1',
    ),
    _instruments(
        "a rare calibration makes the next one late",
        "min(usual, allowed.calibration_gap)",
        "usual",
    ),
    _instruments(
        "a calibration is overdue the second it is due",
        "if now <= due + gap // 2:",
        "if now <= due:",
    ),
    _instruments(
        "a reading an hour after a calibration still belongs to it",
        "at < run.end + AROUND",
        "at <= run.end + AROUND",
    ),
    _instruments(
        "the first reading of a calibration counts as before it",
        "at < run.start]",
        "at <= run.start]",
    ),
    _instruments(
        "steps up and down are drift",
        "if not together or abs(typical)",
        "if abs(typical)",
    ),
    _instruments(
        "only drift upwards is seen",
        " or all(size < 0 for size in sizes)",
        "",
    ),
    _instruments(
        "a step as large as allowed is drift",
        "abs(typical) <= threshold",
        "abs(typical) < threshold",
    ),
    _instruments(
        "the first steps are looked at, not the last",
        "sorted(steps)[-STEPS:]",
        "sorted(steps)[:STEPS]",
    ),
    _instruments(
        "a backlog sent half an interval apart is live no more",
        "abs(received - other) >= apart",
        "abs(received - other) > apart",
    ),
    _instruments(
        "a clock is behind where times mean the start of a slot",
        "(0 if stamp_ends else interval)",
        "0",
    ),
    _instruments(
        "a clock as far behind as allowed is off",
        "-allowed.ahead <= offset <= behind",
        "-allowed.ahead <= offset < behind",
    ),
    _instruments(
        "a clock as far ahead as allowed is off",
        "-allowed.ahead <= offset <= behind",
        "-allowed.ahead < offset <= behind",
    ),
    _instruments(
        "a rejection an hour old still counts",
        "if at > now - LIVE]",
        "if at >= now - LIVE]",
    ),
    _instruments(
        "one rejection more than the figure is needed",
        "if len(lately) < allowed.rejections:",
        "if len(lately) <= allowed.rejections:",
    ),
    _instruments(
        "a range that just reaches is too short",
        "entry.high >= needed",
        "entry.high > needed",
    ),
    _instruments(
        "a pH needs a range of three times its limit",
        "if ranged or entry.parameter.high < needed",
        "if entry.parameter.high < needed",
    ),
    # --- early warning
    _forecast(
        "a day that can only end at its limit is certain to exceed",
        "missing * terms.low > whole",
        "missing * terms.low >= whole",
    ),
    _forecast(
        "a day that can at most end at its limit is not certain to keep it",
        "missing * terms.high <= whole",
        "missing * terms.high < whole",
    ),
    _forecast(
        "missing slots are taken for nothing, not for the minimum",
        "progress.total + missing * terms.low > whole",
        "progress.total > whole",
    ),
    _forecast(
        "contested values are certain to exceed",
        "if progress.firm and progress.total",
        "if progress.total",
    ),
    _forecast(
        "a past day is foretold with the hour that was to come",
        "_added(day[:hour])",
        "_added(day[: hour + 1])",
    ),
    _forecast(
        "persistence goes on with four hours",
        "hour - RECENT_HOURS) : hour]",
        "hour - RECENT_HOURS - 1) : hour]",
    ),
    _forecast(
        "a month of days is a day too few",
        "if len(errors) < DAYS_NEEDED:",
        "if len(errors) <= DAYS_NEEDED:",
    ),
    _forecast(
        "ending at the limit counts as above it",
        "forecast * exp(error) > high",
        "forecast * exp(error) >= high",
    ),
    _forecast(
        "red begins above its figure",
        "if probability >= RED:",
        "if probability > RED:",
    ),
    _forecast(
        "amber begins above its figure",
        "if probability >= AMBER",
        "if probability > AMBER",
    ),
    _forecast(
        "a past day is complete only above its share",
        "return valid * share.denominator >= expected",
        "return valid * share.denominator > expected",
    ),
    _forecast(
        "empty gaps of the past make up for a mean that is too high",
        "min(progress.ahead, missing) if owing < 0 else missing",
        "missing",
    ),
    _forecast(
        "a contested day has a mean",
        "if not progress.valid or (progress.contested and not progress.proven):",
        "if not progress.valid:",
    ),
    _forecast(
        "a probability is given before the first full hour",
        "    if progress.hour == 0:\n        return Stage.PERSISTENCE, Withheld.TOO_EARLY, None\n",
        "",
    ),
    # --- what a pack says, and what differs
    _provenance(
        "the numbers of a pack that is not loaded decide",
        "for limit in cells) if pack.loaded else 0",
        "for limit in cells)",
    ),
    _provenance(
        "a range with one end is nothing",
        "(limit.low is None and limit.high is None)",
        "(limit.low is None or limit.high is None)",
    ),
    _provenance(
        "an unsure fact is warned of though it names a source",
        "statement.verification is Verification.UNSURE and not statement.sources",
        "statement.verification is Verification.UNSURE",
    ),
    _provenance(
        "a source named for factors alone is said to be unnamed",
        "        named.update(row.factors_apply_sources)\n",
        "        pass\n",
    ),
    _provenance(
        "what a new pack adds is no difference",
        "*(place for place in after if place not in before)",
        "*(place for place in after if place in before and place not in before)",
    ),
    _provenance(
        "what has not changed is a difference",
        "        if one != after[what]:\n",
        "        if True:\n",
    ),
    _provenance(
        "added and taken out are swapped",
        '"added" if before is None else "taken out"',
        '"added" if after is None else "taken out"',
    ),
)  # fmt: skip
