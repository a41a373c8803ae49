#!/usr/bin/env bash
# Builds the image and brings docker-compose.yml's own services up, without any registry:
# `make image`. As root, on Debian, with the packages that it names when they are missing.
#
# The pinned base image is stood in for by one made here with debootstrap from Debian's
# packages (so Python is Debian's 3.11), and Mosquitto's by Debian's Mosquitto in one of the same
# shape. podman stands in for Docker, as is: it follows no healthcheck here, so this script asks.
# Everything runs beside what is there: project, network and volumes are called tolich-trial, and
# are removed in the end. What is kept are the images, and the base in build/image.
#
# What pip needs to reach its index is this machine's own: PIP_CONFIG_FILE or /etc/pip.conf is
# shown to the build, and not kept in the image.
set -euo pipefail
cd "$(dirname "$0")/.."

needed=(podman runc debootstrap openssl curl)
for program in "${needed[@]}"; do
    command -v "$program" >/dev/null || {
        echo "needed: apt-get install ${needed[*]} aardvark-dns netavark slirp4netns" >&2
        exit 1
    }
done
[ "$(id -u)" -eq 0 ] || { echo "debootstrap and podman are run as root here" >&2; exit 1; }

work=$PWD/build/image
project=tolich-trial
mkdir -p "$work"
base=$(sed -n 's/^FROM \(\S*\).*/\1/p' Dockerfile | sort -u)
broker=$(sed -n 's/^ *image: \(eclipse-mosquitto:.*\)/\1/p' docker-compose.yml)
image=$(sed -n 's/^ *image: \(tolich:.*\)/\1/p' docker-compose.yml)

# crun, and the limits that Docker takes from its daemon, are not to be had everywhere.
cat >"$work/containers.conf" <<'CONF'
[engine]
runtime = "runc"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
CONF
export CONTAINERS_CONF=$work/containers.conf

step() { printf '\n--- %s\n' "$*"; }

step "base image $base"
if ! podman image exists "docker.io/library/$base"; then
    root=$work/base
    rm -rf "$root"
    debootstrap --variant=minbase \
        --include=python3.11,python3.11-venv,python3-pip,ca-certificates \
        bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log"
    # Where the real one has it.
    ln -sf /usr/bin/python3.11 "$root/usr/local/bin/python"
    tar -C "$root" -c . | podman import - "docker.io/library/$base"
    rm -rf "$root"
fi

step "broker image $broker"
if ! podman image exists "docker.io/library/$broker"; then
    podman build --pull=never --network host --tag "docker.io/library/$broker" - <<FILE
FROM docker.io/library/$base
RUN apt-get update && apt-get install -y --no-install-recommends mosquitto mosquitto-clients \
        netcat-openbsd \
    && groupmod --gid 1883 mosquitto && usermod --uid 1883 --gid 1883 mosquitto \
    && install -d -o mosquitto -g mosquitto /mosquitto/data /mosquitto/config
VOLUME /mosquitto/data
CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]
FILE
fi

step "building $image"
shown=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)
pip=${PIP_CONFIG_FILE:-/etc/pip.conf}
[ -r "$pip" ] && shown+=(--volume "$pip:/etc/pip.conf:ro")
podman build --pull=never --network host "${shown[@]}" --tag "docker.io/library/$image" . \
    | grep -E '^(\[|STEP|COMMIT|Successfully)' || exit 1
podman run --rm --network none --read-only --cap-drop all "$image" --help | sed -n 2,4p
echo "runs as: $(podman run --rm --network none --entrypoint id "$image")"

step "podman-compose"
if [ ! -x "$work/venv/bin/podman-compose" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet podman-compose
fi
"$work/venv/bin/podman-compose" --version

secrets=$(mktemp -d)
export SECRETS_FOLDER=$secrets MQTT_ADDRESS=127.0.0.1:18883 API_ADDRESS=127.0.0.1:18000
export COMPOSE_PROJECT_NAME=$project
compose() { "$work/venv/bin/podman-compose" --project-name "$project" --profile simulator "$@"; }
# Left by a run that was killed; and in the end, ours.
finish() {
    local status=$?
    if [ $status -ne 0 ]; then
        for name in writer web simulator mosquitto; do
            echo "--- the last of $name" >&2
            podman logs --tail 15 "${project}_${name}_1" >&2 || true
        done
    fi
    compose down --volumes >"$work/down.log" 2>&1 || true
    rm -rf "$secrets"
    exit $status
}
trap finish EXIT
compose down --volumes >"$work/down.log" 2>&1 || true

until_true() { # SECONDS WHAT COMMAND...: asks every second
    local left=$1 what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { echo "not in time: $what" >&2; return 1; }
        sleep 1
    done
    echo "ok: $what"
}
inside() { podman exec "${project}_$1_1" "${@:2}"; }
up() { compose up --detach --no-deps --no-build "$@" >>"$work/up.log" 2>&1; }
: >"$work/up.log"

step "secrets, certificates, rules"
printf '#!/bin/sh\nexec podman run --rm --network none --volume "%s:%s:ro" %s "$@"\n' \
    "$PWD/examples" "$PWD/examples" "$image" >"$work/tolich"
chmod +x "$work/tolich"
TOLICH=$work/tolich deploy/tolich/prepare.sh --simulator "$secrets"

step "services of docker-compose.yml"
up mosquitto
until_true 30 "the broker takes connections" inside mosquitto nc -z 127.0.0.1 8883
up writer
until_true 60 "the writer gives signs of life (its healthcheck)" \
    inside writer python -m tolich.alive /etc/tolich/tolich.yaml
up web
until_true 60 "the web answers /healthz" curl -sf http://127.0.0.1:18000/healthz
up simulator
up dashboards
until_true 60 "the dashboards' service has ended" sh -c \
    "podman inspect --format '{{.State.Status}}' ${project}_dashboards_1 | grep -q exited"
[ "$(podman inspect --format '{{.State.ExitCode}}' "${project}_dashboards_1")" = 0 ]

step "readings of the simulator, through the broker, in the API"
inside writer python -m tolich users add trial --role city_officer \
    --settings /etc/tolich/tolich.yaml >/dev/null 2>&1
key=$(inside writer python -m tolich users key trial --json \
    --settings /etc/tolich/tolich.yaml | sed -n 's/.*"key": "\([^"]*\)".*/\1/p' | head -n 1)
api() { curl -sf -H "Authorization: Bearer $key" "http://127.0.0.1:18000/api/v1/$1"; }
readings() { api "stations/MAU01/readings?limit=5" | grep -q '"value"'; }
until_true 420 "readings of MAU01 are on record" readings
api "stations/MAU01/readings?limit=2"
echo
curl -sf http://127.0.0.1:18000/metrics | grep -E '^tolich_(readings|messages)_total'

step "stopping"
podman stop --time 30 "${project}_writer_1" "${project}_web_1" >/dev/null
podman inspect --format '{{.Name}} ended with {{.State.ExitCode}}' \
    "${project}_writer_1" "${project}_web_1"
echo "The image is built, and its services worked together."
