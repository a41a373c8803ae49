#!/usr/bin/env bash
# Makes what docker-compose.yml needs before its first start: every password and token, at
# random, and the broker's accounts and rules. Run it in the folder of docker-compose.yml:
#
#   deploy/tolich/prepare.sh [--simulator] [FOLDER]        FOLDER is ./secrets when not given
#
# --simulator adds an account that may publish for every station: for trying things, never
# beside real stations. What is there already stays as it is, so a second run adds what is
# missing and changes nothing else.
#
# The folder is closed to other users of this machine. The files in it are readable, because
# each container reads the ones it is given as a user of its own.
set -euo pipefail

simulator=no
if [ "${1:-}" = --simulator ]; then
    simulator=yes
    shift
fi
folder=${1:-secrets}
broker=$(cd "$(dirname "$0")/../mosquitto" && pwd)
passwords=$folder/mosquitto_passwords
rules=$folder/mosquitto_acl

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

secret() { # a file with a random text
    [ -s "$folder/$1" ] || random >"$folder/$1"
    chmod 644 "$folder/$1"
}

hash_passwords() { # "name:password" lines become what Mosquitto stores
    if command -v mosquitto_passwd >/dev/null; then
        mosquitto_passwd -U "$1"
    else
        docker run --rm --user "$(id -u):$(id -g)" --volume "$(realpath "$folder"):/secrets" \
            eclipse-mosquitto:2.0.22 mosquitto_passwd -U "/secrets/$(basename "$1")"
    fi
}

account() { # NAME SECRET: an account on the broker
    if [ -f "$passwords" ] && grep -q "^$1:" "$passwords"; then
        return
    fi
    # Never on a command line, where every user of the machine could read it.
    printf '%s:%s\n' "$1" "$(cat "$folder/$2")" >"$folder/new"
    hash_passwords "$folder/new"
    cat "$folder/new" >>"$passwords"
    rm "$folder/new"
}

umask 077
mkdir -p "$folder"
chmod 700 "$folder"

for name in influx_admin_password influx_token grafana_admin_password grafana_influx_password \
    mqtt_password; do
    secret "$name"
done
account monitor mqtt_password
[ -s "$rules" ] || cat "$broker/acl.example" >"$rules"

if [ "$simulator" = yes ]; then
    secret simulator_mqtt_password
    account simulator simulator_mqtt_password
    grep -q '^user simulator$' "$rules" || printf '\n%s\n' \
        '# --- the simulator stands in for every station: not beside real ones ---' \
        'user simulator' \
        'topic write tolich/v1/+/+/readings' \
        'topic write tolich/v1/+/+/tt10' \
        'topic write tolich/v1/+/+/tt10/+' \
        'topic write tolich/v1/+/+/online' >>"$rules"
fi
chmod 644 "$passwords" "$rules"

echo "Ready: $folder. An account for a station: mosquitto_passwd $passwords STATION"
