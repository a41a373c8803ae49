#!/bin/bash
# Runs in docker-compose.yml beside InfluxDB, and ends: makes the token with which Grafana asks.
# It may read every bucket of the organisation, also those that tolich makes later, and write
# none, so the token that may write stays between InfluxDB and tolich.
set -euo pipefail

token=/reader/token
INFLUX_TOKEN=$(cat /run/secrets/influx_token)
export INFLUX_TOKEN

# A server that came back empty knows the old one no more.
if [ -s "$token" ] && INFLUX_TOKEN=$(cat "$token") influx bucket list >/dev/null 2>&1; then
    exit 0
fi

made=$(influx auth create --read-buckets --description "Grafana reads" --json)
made=$(sed -n 's/^.*"token": *"\([^"]*\)".*$/\1/p' <<<"$made" | head -n 1)
[ -n "$made" ] || { echo "InfluxDB gave no token" >&2; exit 1; }

# Readable for Grafana's own account; nothing else has this volume.
umask 022
printf '%s' "$made" >"$token.new"
mv "$token.new" "$token"
