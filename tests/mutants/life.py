"""Faults in the life cycle of alerts and in silence."""

from __future__ import annotations

from tests.mutants.fault import of

_alerts = of("alerts.py", "alerts", "ladder")
_silence = of("silence.py", "silence")

FAULTS = (
    _alerts(
        "an exceedance ends after one clean finding",
        "current.clean >= ladder.clear",
        "current.clean >= ladder.clear - 1",
    ),
    _alerts(
        "an exceedance ends after three clean findings",
        "current.clean >= ladder.clear",
        "current.clean > ladder.clear",
    ),
    _alerts(
        "NOT_ASSESSABLE counts towards the end of an exceedance",
        "    elif step.outcome in _CLEAN and not current.held:\n",
        "    elif not current.held:\n",
    ),
    _alerts(
        "near the limit does not count towards the end of an exceedance",
        "step.outcome in _CLEAN and not current.held",
        "step.outcome is Outcome.COMPLIANT and not current.held",
    ),
    _alerts(
        "a contested exceedance clears",
        "step.outcome in _CLEAN and not current.held",
        "step.outcome in _CLEAN",
    ),
    _alerts(
        "another exceedance does not begin the count of clean findings again",
        "        current.clean = 0\n",
        "",
    ),
    _alerts(
        "an exceedance ends where its last clean finding starts",
        "            current.ended_at = step.end\n\n\n_CLEAN",
        "            current.ended_at = step.start\n\n\n_CLEAN",
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
        "if step.clear and not current.held",
        "if step.clear",
    ),
    _alerts(
        "a near alert ends at 85 % instead of below",
        "mean < high * near_clear",
        "mean <= high * near_clear",
    ),
    _alerts(
        "the permit's share at which a near alert ends is ignored",
        "parameter, ladder.near_clear)",
        "parameter)",
    ),
    _alerts(
        "an exceedance is raised before its hold is over",
        "current.exceeded >= ladder.hold\n    elif current is None",
        "current.exceeded >= 1\n    elif current is None",
    ),
    _alerts(
        "a held exceedance that broke is kept",
        "        found.pop()  # the row",
        "        pass  # the row",
    ),
    _alerts(
        "a reminder is due a second early",
        "now - last >= every",
        "now - last >= every - 1",
    ),
    _alerts(
        "an ended alert is reminded of",
        "return ended_at is None and every > 0",
        "return every > 0",
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
        "a rung is reached a second late",
        "if quiet >= seconds",
        "if quiet > seconds",
    ),
    _silence(
        "the first rung stays when higher ones are reached",
        "        if quiet >= seconds:\n            found = level",
        "        if quiet >= seconds:\n            found = found or level",
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
        "the ladder skips a rung",
        "    (3600, Severity.MAJOR),\n",
        "",
    ),
)  # fmt: skip
