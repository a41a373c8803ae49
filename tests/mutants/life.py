"""Faults in the life cycle of alerts: its steps, its ladder, and matching with the record."""

from __future__ import annotations

from tests.mutants.fault import of

_alerts = of("alerts.py", "alerts", "ladder")
_ladder = of("ladder.py", "ladder")

FAULTS = (
    _alerts(
        "an exceedance ends after one clean finding",
        "current.clean >= ladder.clear:",
        "current.clean >= ladder.clear - 1:",
    ),
    _alerts(
        "an exceedance ends after three clean findings",
        "current.clean >= ladder.clear:",
        "current.clean > ladder.clear:",
    ),
    _alerts(
        "NOT_ASSESSABLE counts towards the end of an exceedance",
        "elif step.outcome in _CLEAN and not current.held:",
        "elif not current.held:",
    ),
    _alerts(
        "near the limit does not count towards the end of an exceedance",
        "_CLEAN = (Outcome.COMPLIANT, Outcome.NEAR)",
        "_CLEAN = (Outcome.COMPLIANT,)",
    ),
    _alerts(
        "a contested exceedance clears",
        "elif step.outcome in _CLEAN and not current.held:",
        "elif step.outcome in _CLEAN:",
    ),
    _alerts(
        "another exceedance does not begin the count of clean findings again",
        "        current.clean = 0\n",
        "",
    ),
    _alerts(
        "an exceedance ends where its last clean finding starts",
        ">= ladder.clear:\n            current.ended_at = step.end",
        ">= ladder.clear:\n            current.ended_at = step.start",
    ),
    _alerts(
        "a near alert ends where its clear finding starts",
        "if step.clear and not current.held:\n            current.ended_at = step.end",
        "if step.clear and not current.held:\n            current.ended_at = step.start",
    ),
    _alerts(
        "an exceedance does not supersede a near alert",
        "            current.ended_at = current.since  # superseded",
        "            pass  # superseded",
    ),
    _alerts(
        "a near alert ends where its exceedance ends",
        "current.ended_at = current.since  # superseded",
        "current.ended_at = step.end  # superseded",
    ),
    _alerts(
        "a contested near alert clears",
        "if step.clear and not current.held:",
        "if step.clear:",
    ),
    _alerts(
        "a near alert ends at 85 % instead of below",
        "mean < high * near_clear",
        "mean <= high * near_clear",
    ),
    _alerts(
        "a near alert of a pH ends at either end instead of at both",
        "mean <= high - margin) and (low",
        "mean <= high - margin) or (low",
    ),
    _alerts(
        "a near alert of a pH needs more than its margin at the upper end",
        "mean <= high - margin",
        "mean < high - margin",
    ),
    _alerts(
        "a near alert of a pH needs more than its margin at the lower end",
        "mean >= low + margin",
        "mean > low + margin",
    ),
    _alerts(
        "any compliant finding ends a near alert",
        "finding.outcome is Outcome.COMPLIANT and clear",
        "finding.outcome is Outcome.COMPLIANT",
    ),
    _alerts(
        "a finding that is not assessable ends a near alert when its mean is low",
        "finding.outcome is Outcome.COMPLIANT and clear",
        "clear",
    ),
    _alerts(
        "a conflict is ignored by the life cycle",
        "finding.reason is Reason.CONTESTED",
        "False",
    ),
    _alerts(
        "an integrity alert is raised again while one stands",
        "if step.contested and _current(found) is None",
        "if step.contested",
    ),
    _alerts(
        "severities of hour and day are swapped",
        "Severity.CRITICAL if period in (basis, \"day\") else Severity.WARNING",
        "Severity.WARNING if period in (basis, \"day\") else Severity.CRITICAL",
    ),
    _alerts(
        "an hour that the permit binds only warns",
        "period in (basis, \"day\")",
        "period == \"day\"",
    ),
    _alerts(
        "a day beside a binding hour only warns",
        "period in (basis, \"day\")",
        "period == basis",
    ),
    _alerts(
        "an integrity alert is for information only",
        "return Severity.MAJOR",
        "return Severity.INFO",
    ),
    _alerts(
        "on a merge the youngest survives",
        "matched = sorted(a.id for a in left.values() if _overlap(a, episode))",
        "matched = sorted((a.id for a in left.values() if _overlap(a, episode)), reverse=True)",
    ),
    _alerts(
        "on a merge the others stay on record",
        "                changes.append(Difference(other, None, Change.WITHDRAWN, survivor.id))\n",
        "",
    ),
    _alerts(
        "a merged alert does not say into which",
        "Difference(other, None, Change.WITHDRAWN, survivor.id)",
        "Difference(other, None, Change.WITHDRAWN)",
    ),
    _alerts(
        "a neighbour that lives on is withdrawn",
        "if not _elsewhere(left[other], derived, episode):",
        "if True:",
    ),
    _alerts(
        "what is derived no longer stays active on record",
        "changes.extend(Difference(alert.id, None, Change.WITHDRAWN) for alert in left.values())",
        "pass",
    ),
    _alerts(
        "touching intervals overlap",
        "alert.started_at < episode.ended_at",
        "alert.started_at <= episode.ended_at",
    ),
    _alerts(
        "an interval that touches the end of an alert overlaps",
        "episode.started_at < alert.ended_at",
        "episode.started_at <= alert.ended_at",
    ),
    _alerts(
        "an end that moves counts as a new end",
        "    if alert.ended_at is None:\n        return Change.ENDED",
        "    if episode.ended_at is not None:\n        return Change.ENDED",
    ),
    _alerts(
        "a re-opened alert is only amended",
        "return Change.REOPENED if episode.ended_at is None else Change.AMENDED",
        "return Change.AMENDED",
    ),
    _alerts(
        "a start that moves is an end",
        "if alert.started_at != episode.started_at:",
        "if alert.ended_at is not None and alert.started_at != episode.started_at:",
    ),
    # --- how many findings in a row, how often people hear
    _alerts(
        "one exceedance raises an alert whatever the permit's hold",
        "current.raised = current.raised or current.exceeded >= ladder.hold",
        "current.raised = True",
        "alerts", "ladder",
    ),
    _alerts(
        "an alert is raised a finding after its hold",
        "current.raised or current.exceeded >= ladder.hold",
        "current.raised or current.exceeded > ladder.hold",
    ),
    _alerts(
        "a row of exceedances may be broken by a clean finding",
        "        found.pop()  # the row",
        "        pass  # the row",
    ),
    _alerts(
        "a near alert counts exceedances that were not in a row",
        "        current.exceeded = 0\n",
        "",
    ),
    _alerts(
        "a near alert is superseded at once whatever the permit's hold",
        "        if current.exceeded >= ladder.hold:\n",
        "        if True:\n",
    ),
    _alerts(
        "a near alert ends at the last exceedance of its hold, not the first",
        "current.ended_at = current.since  # superseded",
        "current.ended_at = step.start  # superseded",
    ),
    _alerts(
        "the ladder of a finding's own day is passed over",
        "step.ladder or ladder",
        "ladder",
    ),
    _alerts(
        "a reminder comes a second late",
        "now - last >= every",
        "now - last > every",
    ),
    _alerts(
        "who wants no reminders gets them all",
        "ended_at is None and every > 0 and",
        "ended_at is None and",
    ),
    _alerts(
        "people are reminded of what has ended",
        "ended_at is None and every > 0",
        "every > 0",
    ),
    _ladder(
        "near begins at eight tenths",
        "near: Fraction = Fraction(9, 10)",
        "near: Fraction = Fraction(8, 10)",
        "ladder", "boundaries",
    ),
    _ladder(
        "a near alert ends below 90 %",
        "Fraction(85, 100)",
        "Fraction(90, 100)",
        "ladder", "alerts",
    ),
    _ladder(
        "one clean finding ends an exceedance where nobody says",
        "clear: int = 2",
        "clear: int = 1",
        "ladder", "alerts",
    ),
    _ladder(
        "a typed near leaves its end where it usually is",
        "near - NEAR_STEP if typed else above.near_clear",
        "above.near_clear",
    ),
    _ladder(
        "a near alert may end where it begins",
        "if near_clear >= near:",
        "if near_clear > near:",
    ),
    _ladder(
        "the whole limit is no share of it",
        "if not 0 < share <= 1:",
        "if not 0 < share < 1:",
    ),
    _ladder(
        "a hold of nothing is taken",
        "if count < 1:",
        "if count < 0:",
    ),
    _ladder(
        "reminders cannot be turned off",
        "if seconds != 0 and seconds < LEAST_REMINDER:",
        "if seconds < LEAST_REMINDER:",
    ),
    _ladder(
        "a parameter's ladder forgets what the permit says for all",
        "own[key] = _ladder(inner, usual)",
        "own[key] = _ladder(inner, USUAL)",
    ),
    _ladder(
        "a share of the limit is taken for a pH",
        "            _refuse_shares(inner, key)\n",
        "            pass\n",
    ),
)  # fmt: skip
