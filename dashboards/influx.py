"""Lines into InfluxDB 2, or any server that speaks its `/api/v2/write`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from dashboards.projection import PartlyWritten, Unavailable

_PARTIAL = re.compile(r"partial write:.*dropped=(\d+)", re.DOTALL)


class InfluxSink:
    """A sink that returns only when InfluxDB has confirmed.

    The client's batching writer is not used: it only logs a batch that failed, and the
    position in the record would move past it.
    """

    def __init__(self, url: str, token: str, org: str, bucket: str, timeout: float = 10.0) -> None:
        """`timeout` in seconds, of one write."""
        self._url = url
        self._org = org
        self._bucket = bucket
        self._client = InfluxDBClient(
            url=url, token=token, org=org, timeout=round(timeout * 1000), enable_gzip=True
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: Sequence[str]) -> None:
        """Store the lines. Raises Unavailable, or PartlyWritten when some are beyond retention."""
        try:
            self._writer.write(
                bucket=self._bucket,
                org=self._org,
                record="\n".join(lines),
                write_precision=WritePrecision.S,  # type: ignore[arg-type]  # it is a text
            )
        except ApiException as answer:
            raise _meaning(self._url, answer) from answer
        except (InfluxDBError, HTTPError, OSError) as failure:
            raise Unavailable(f"InfluxDB at {self._url}: {failure}") from failure

    def close(self) -> None:
        """Release the connections."""
        self._writer.close()  # type: ignore[no-untyped-call]
        self._client.close()  # type: ignore[no-untyped-call]


def _meaning(url: str, answer: ApiException) -> Unavailable | PartlyWritten:
    """A refusal to keep part of the lines will not change by asking again; all others may."""
    said = str(answer.message)
    partial = _PARTIAL.search(said)
    if answer.status in (400, 422) and partial:
        return PartlyWritten(int(partial[1]), said)
    return Unavailable(f"InfluxDB at {url} answered {answer.status}: {said}")
