"""Examples of the shapes, for the description of this API. Every plant is invented."""

from __future__ import annotations

from typing import Any

FINDING_ID = "m01:COD:hour:2026-11-22T08:00:00+07:00"
START, END = "2026-11-22T08:00:00+07:00", "2026-11-22T09:00:00+07:00"
LIMIT = {
    "low": None,
    "high": 75,
    "unit": "mg/L",
    "citation": "Giấy phép môi trường 12/GPMT (2025-03-01), tr. 4",
    "trace": ["COD: ≤ 75 mg/L ← Giấy phép môi trường 12/GPMT (2025-03-01), tr. 4"],
    "verification": "permit",
}
COUNTS = {
    "expected": 60,
    "received": 60,
    "valid": 58,
    "calibrating": 2,
    "faulty": 0,
    "failed": 0,
    "unknown": 0,
    "conflicting": 0,
}
FINDING = {
    "id": FINDING_ID,
    "station": "m01",
    "cluster": "mau-01",
    "plant": "mau-01",
    "parameter": "COD",
    "period": "hour",
    "start": START,
    "end": END,
    "outcome": "exceeded",
    "reason": "above_limit",
    "mean": 91.25,
    "unit": "mg/L",
    "ratio": 1.216667,
    "limit": LIMIT,
    "counts": COUNTS,
    "completeness": 0.966667,
    "revision": 1,
    "final": True,
    "engine": "1.0",
    "judged_at": "2026-11-22T09:10:00+07:00",
    "simulated": True,
}
OUTLOOK = {
    "station": "m01",
    "cluster": "mau-01",
    "plant": "mau-01",
    "parameter": "COD",
    "start": "2026-11-22T00:00:00+07:00",
    "end": "2026-11-23T00:00:00+07:00",
    "at": "2026-11-22T14:10:00+07:00",
    "for_operation_only": True,
    "state": "probability",
    "reason": None,
    "probability": 0.422222,
    "level": "amber",
    "certain": None,
    "mean_so_far": 78.5,
    "forecast": 73.9,
    "required_remaining_mean": 69.957627,
    "unit": "mg/L",
    "limit": LIMIT,
    "valid": 850,
    "elapsed": 850,
    "expected": 1440,
    "history_days": 45,
    "summary": {
        "vi": "CCN Mẫu 01, cửa xả, COD, 14:10 22/11/2026 (UTC+7): Nguy cơ vượt giới hạn ...",
        "en": "CCN Mẫu 01, cửa xả, COD, 14:10 22/11/2026 (UTC+7): Risk of exceeding ...",
    },
    "simulated": True,
}
ALERT = {
    "id": "A12",
    "kind": "exceedance",
    "severity": "warning",
    "state": "active",
    "station": "m01",
    "cluster": "mau-01",
    "plant": "mau-01",
    "parameter": "COD",
    "period": "hour",
    "started_at": START,
    "ended_at": None,
    "finding": FINDING_ID,
    "merged_into": None,
    "subject": None,
    "part_of": None,
    "simulated": True,
}
TRANSITION = {
    "seq": 4711,
    "at": "2026-11-22T09:10:00+07:00",
    "change": "raised",
    "station": "m01",
    "alert": "A12",
    "finding": FINDING_ID,
    "before": None,
    "after": {"state": "active", "severity": "warning"},
    "cause": {"kind": "finding", "finding": FINDING_ID},
}
REJECTION = {
    "reason": "unknown_unit",
    "detail": "readings[2].u: 'mg/m3' is not a unit of COD",
    "remedy": {"vi": "Gửi COD theo mg/L.", "en": "Send COD in mg/L."},
    "index": 2,
}
MESSAGE = {
    "ts": "2026-11-22T08:35:00+07:00",
    "seq": 812,
    "readings": [{"p": "COD", "v": 61.5, "u": "mg/L", "s": "00"}],
}
TT10 = "COD\t61.5\tmg/L\t20261122083500\t00\r\n"
AMEND: dict[str, Any] = {
    "station": "m01",
    "parameter": "COD",
    "act": "confirm",
    "at": "2026-11-22T08:35:00+07:00",
    "value": 61.5,
    "unit": "mg/L",
    "reason": "the logger sent the minute twice; 61.5 is on the instrument's own list",
    "document": "Biên bản 07/BB-MT (mẫu)",
}
AMENDMENT: dict[str, Any] = {
    "id": 3,
    "entered_at": "2026-11-22T10:02:11+07:00",
    "station": "m01",
    "cluster": "mau-01",
    "parameter": "COD",
    "act": "confirm",
    "from": "2026-11-22T08:35:00+07:00",
    "to": "2026-11-22T08:35:01+07:00",
    "value": 61.5,
    "unit": "mg/L",
    "reverses": None,
    "reversed_by": None,
    "author": "Sở (mẫu)",
    "reason": AMEND["reason"],
    "document": AMEND["document"],
    "simulated": True,
}
REVISION: dict[str, Any] = {
    "revision": 2,
    "judged_at": "2026-11-22T10:02:12+07:00",
    "outcome": "exceeded",
    "reason": "above_limit",
    "mean": 91.25,
    "unit": "mg/L",
    "final": True,
    "engine": "1.0",
    "changed": {"outcome": {"before": "not_assessable", "after": "exceeded"}},
    "cause": {
        "kind": "amendment",
        "amendments": [3],
        "by": "Sở (mẫu)",
        "reason": AMEND["reason"],
    },
}
QUESTION: dict[str, Any] = {
    "stations": ["m01"],
    "from": "2026-10-01",
    "to": "2026-11-21",
    "permit": {"limits": {"COD": {"max": 50}, "pH": {"min": 6, "max": 9}}, "completeness": 0.8},
}
_TODAY = {"compliant": 20, "near": 2, "exceeded": 0, "not_assessable": 1, "not_applicable": 0}
_THEN = {"compliant": 11, "near": 3, "exceeded": 8, "not_assessable": 1, "not_applicable": 0}
_COUNTED = {"today": _TODAY, "what_if": _THEN, "differing": 9}
COMPARISON: dict[str, Any] = {
    "station_days": 23,
    "periods": {"day": _COUNTED},
    "series": [
        {"station": "m01", "cluster": "mau-01", "plant": "mau-01", "parameter": "COD",
         "period": "day", **_COUNTED},
    ],
    "differences": [
        {
            "id": FINDING_ID, "station": "m01", "parameter": "COD", "period": "hour",
            "start": START, "end": END,
            "today": {"outcome": "compliant", "reason": "within_limit", "mean": 61.5,
                      "unit": "mg/L", "limit": LIMIT},
            "what_if": {"outcome": "exceeded", "reason": "above_limit", "mean": 61.5,
                        "unit": "mg/L", "limit": {**LIMIT, "high": 50}},
        }
    ],
}  # fmt: skip
