"""Faults in the life cycle of alerts and in silence."""

from __future__ import annotations

from tests.mutants.fault import of

_alerts = of("alerts.py", "alerts")
_silence = of("silence.py", "silence")

FAULTS = (
    _alerts(
        "an exceedance ends after one clean finding",
        "CLEAR_FINDINGS = 2",
        "CLEAR_FINDINGS = 1",
    ),
    _alerts(
        "an exceedance ends after three clean findings",
        "CLEAR_FINDINGS = 2",
        "CLEAR_FINDINGS = 3",
    ),
    _alerts(
        "NOT_ASSESSABLE counts towards the end of an exceedance",
        "step.outcome in (Outcome.COMPLIANT, Outcome.NEAR) and not current.held",
        "step.outcome is not Outcome.EXCEEDED and not current.held",
    ),
    _alerts(
        "near the limit does not count towards the end of an exceedance",
        "step.outcome in (Outcome.COMPLIANT, Outcome.NEAR) and not current.held",
        "step.outcome is Outcome.COMPLIANT and not current.held",
    ),
    _alerts(
        "a contested exceedance clears",
        "Outcome.NEAR) and not current.held",
        "Outcome.NEAR)",
    ),
    _alerts(
        "another exceedance does not begin the count of clean findings again",
        "            current.clean = 0\n",
        "            pass\n",
    ),
    _alerts(
        "an exceedance ends where its last clean finding starts",
        "            current.ended_at = step.end\n\n\ndef _near",
        "            current.ended_at = step.start\n\n\ndef _near",
    ),
    _alerts(
        "a near alert ends where its clear finding starts",
        "elif step.clear and not current.held:\n        current.ended_at = step.end",
        "elif step.clear and not current.held:\n        current.ended_at = step.start",
    ),
    _alerts(
        "an exceedance does not supersede a near alert",
        "    elif step.outcome is Outcome.EXCEEDED:\n"
        "        current.ended_at = step.start  # superseded by the exceedance\n",
        "",
    ),
    _alerts(
        "a near alert ends where its exceedance ends",
        "current.ended_at = step.start  # superseded",
        "current.ended_at = step.end  # superseded",
    ),
    _alerts(
        "a contested near alert clears",
        "elif step.clear and not current.held",
        "elif step.clear",
    ),
    _alerts(
        "a near alert ends at 85 % instead of below",
        "mean < high * NEAR_CLEAR",
        "mean <= high * NEAR_CLEAR",
    ),
    _alerts(
        "a near alert ends below 90 %",
        "Fraction(85, 100)",
        "Fraction(90, 100)",
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
        "finding.outcome is Outcome.COMPLIANT and is_clear(finding.mean, finding.limit, parameter)",
        "finding.outcome is Outcome.COMPLIANT",
    ),
    _alerts(
        "a finding that is not assessable ends a near alert when its mean is low",
        "finding.outcome is Outcome.COMPLIANT and is_clear(finding.mean, finding.limit, parameter)",
        "is_clear(finding.mean, finding.limit, parameter)",
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
        "reached[-1] if reached",
        "reached[0] if reached",
    ),
    _silence(
        "a slow station is silent when one report is overdue",
        "2 * interval - LADDER[0][0]",
        "interval - LADDER[0][0]",
    ),
    _silence(
        "a quick station is silent sooner than the ladder says",
        "max(0, 2 * interval - LADDER[0][0])",
        "2 * interval - LADDER[0][0]",
    ),
    _silence(
        "the ladder skips a rung",
        "    (3600, Severity.MAJOR),\n",
        "",
    ),
)  # fmt: skip
