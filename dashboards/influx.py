"""Lines into the buckets of InfluxDB 2, or any server that speaks its `/api/v2/write`."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence

import structlog
from influxdb_client.client.bucket_api import BucketsApi
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.bucket import Bucket
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService
from urllib3.exceptions import HTTPError

from dashboards.places import FINDINGS, Place, by_place
from dashboards.projection import PartlyWritten, Unavailable

log = structlog.get_logger("tolich.dashboards")

NOT_FOUND, SERVER_ERROR = 404, 500
GZIP_LEVEL = 1
"""Six times as fast as the hardest, for a fifth more on the way."""

PARTIAL = re.compile(r"partial write:.*dropped=(\d+)", re.DOTALL)
"""What a server says that took all lines but some that are older than it keeps."""


class InfluxSink:
    """A sink that returns only when InfluxDB has confirmed.

    The client's writers are not used: the batching one only logs a batch that failed, and the
    position in the record would move past it, and all compress as hard as they can. Buckets
    are made before they are first written to, if the token may; `dashboards.places` says which
    lines go where.
    """

    def __init__(self, url: str, token: str, org: str, bucket: str, timeout: float = 10.0) -> None:
        """`bucket` is the database of everybody's findings; `timeout` in seconds, of one call."""
        self._url = url
        self._org = org
        self._everybody = bucket
        self._client = InfluxDBClient(url=url, token=token, org=org, timeout=round(timeout * 1000))
        self._writer = WriteService(self._client.api_client)  # type: ignore[no-untyped-call]
        self._known: set[Place] = set()

    def write(self, lines: Sequence[str]) -> None:
        """Store the lines. Raises Unavailable, or PartlyWritten when some are beyond retention."""
        dropped, why = 0, ""
        for place, some in by_place(lines, self._everybody).items():
            # Findings first: the first policy of a database becomes the one InfluxQL asks.
            self._prepare(Place(place.database, FINDINGS))
            self._prepare(place)
            try:
                self._write(place, some)
            except PartlyWritten as partly:
                dropped, why = dropped + partly.dropped, f"{place.bucket}: {partly}"
        if dropped:
            raise PartlyWritten(dropped, why)

    def _write(self, place: Place, lines: Sequence[str]) -> None:
        try:
            self._writer.post_write(  # type: ignore[no-untyped-call]
                org=self._org,
                bucket=place.bucket,
                body=gzip.compress("\n".join(lines).encode(), GZIP_LEVEL),
                precision=WritePrecision.S,
                content_encoding="gzip",
                content_type="text/plain; charset=utf-8",
            )
        except ApiException as answer:
            if answer.status == NOT_FOUND:  # restarted empty: made again before the next attempt
                self._known.clear()
            raise _meaning(self._url, place, answer) from answer
        except (InfluxDBError, HTTPError, OSError) as failure:
            raise Unavailable(f"InfluxDB at {self._url}: {failure}") from failure

    def _prepare(self, place: Place) -> None:
        """Make the bucket, or look at how long it keeps; once, and only if the token may."""
        if place in self._known:
            return
        buckets = self._client.buckets_api()
        try:
            found = _find(buckets, place)
            if found is None:
                rules = BucketRetentionRules(  # type: ignore[no-untyped-call]
                    type="expire", every_seconds=place.kept
                )
                buckets.create_bucket(
                    bucket_name=place.bucket, org=self._org, retention_rules=rules
                )
                log.info("influx_bucket_made", bucket=place.bucket, seconds_kept=place.kept)
            else:
                _compare(place, found)
        except ApiException as answer:
            if answer.status is None or answer.status >= SERVER_ERROR:
                raise _meaning(self._url, place, answer) from answer
            log.warning("influx_bucket_not_checked", remedy=_remedy(place), status=answer.status)
        except (InfluxDBError, HTTPError, OSError) as failure:
            raise Unavailable(f"InfluxDB at {self._url}: {failure}") from failure
        self._known.add(place)

    def close(self) -> None:
        """Release the connections."""
        self._client.close()  # type: ignore[no-untyped-call]


def _find(buckets: BucketsApi, place: Place) -> Bucket | None:
    try:
        found: Bucket | None = buckets.find_bucket_by_name(place.bucket)  # type: ignore[no-untyped-call]
    except ApiException as answer:
        if answer.status == NOT_FOUND:
            return None
        raise
    return found


def _compare(place: Place, found: Bucket) -> None:
    """Whoever set another retention meant it, perhaps: it is said and left alone."""
    rules = found.retention_rules or []
    kept = max((rule.every_seconds or 0 for rule in rules), default=0)
    if kept != place.kept:
        log.warning(
            "influx_bucket_keeps_otherwise", bucket=place.bucket, seconds=kept, expected=place.kept
        )


def _remedy(place: Place) -> str:
    return (
        f"if it is missing: influx bucket create --name {place.bucket} "
        f"--retention {place.kept}s, or a token that may read and create buckets"
    )


def _meaning(url: str, place: Place, answer: ApiException) -> Unavailable | PartlyWritten:
    """A refusal to keep part of the lines will not change by asking again; all others may."""
    said = str(answer.message)
    partial = PARTIAL.search(said)
    if answer.status in (400, 422) and partial:
        return PartlyWritten(int(partial[1]), said)
    remedy = f" ({_remedy(place)})" if answer.status == NOT_FOUND else ""
    return Unavailable(f"InfluxDB at {url}, bucket {place.bucket}: {answer.status}: {said}{remedy}")
