#!/bin/bash
# Runs once, when InfluxDB makes its bucket: lets Grafana ask in InfluxQL, and read only.
#
# InfluxQL speaks of databases, InfluxDB 2 has buckets; the mapping (DBRP) joins the two. The
# account belongs to the 1.x compatible API: it can query this one bucket and nothing else,
# so the token that may write stays between InfluxDB and tolich.
set -euo pipefail

influx v1 dbrp create \
    --org "$DOCKER_INFLUXDB_INIT_ORG" \
    --bucket-id "$DOCKER_INFLUXDB_INIT_BUCKET_ID" \
    --db "$DOCKER_INFLUXDB_INIT_BUCKET" \
    --rp autogen \
    --default

influx v1 auth create \
    --org "$DOCKER_INFLUXDB_INIT_ORG" \
    --username grafana \
    --password "$(cat /run/secrets/grafana_influx_password)" \
    --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" \
    >/dev/null
