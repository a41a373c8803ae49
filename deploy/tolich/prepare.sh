#!/usr/bin/env bash
# Makes what docker-compose.yml needs before its first start: every password and token, at
# random; a CA and the broker's certificate; an account a station, and the broker's rules.
#
#   deploy/tolich/prepare.sh [--simulator] [--name NAME]... [--register FILE] [FOLDER]
#
#   FOLDER       ./secrets when not given
#   --register   whose stations get accounts; examples/register.yaml when not given
#   --name       under which stations reach this broker, such as broker.example or 192.0.2.7
#   --simulator  adds an account that may publish for the stations marked simulated
#
# What is there already stays as it is, so run it again after a change of the register: it adds
# what is missing, writes the rules anew, and renews the broker's certificate when a name is new or
# less than 30 days are left. Then `docker compose kill --signal HUP mosquitto`.
#
# The folder is closed to other users of this machine. The files in it are readable, because
# each container reads the ones it is given as a user of its own.
set -euo pipefail

home=$(cd "$(dirname "$0")/../.." && pwd)
simulator=no
register=$home/examples/register.yaml
names=()
folder=secrets
while [ $# -gt 0 ]; do
    case $1 in
        --simulator) simulator=yes ;;
        --register) register=$2; shift ;;
        --name) names+=("$2"); shift ;;
        -*) echo "unknown option $1; see the first lines of $0" >&2; exit 2 ;;
        *) folder=$1 ;;
    esac
    shift
done
[ -r "$register" ] || { echo "there is no register file $register" >&2; exit 2; }
command -v openssl >/dev/null || { echo "openssl is needed: apt-get install openssl" >&2; exit 2; }

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

secret() { # a file with a random text
    [ -s "$folder/$1" ] || random >"$folder/$1"
    chmod 644 "$folder/$1"
}

tolich() { # TOLICH names another way to run it; else what is installed, else the image
    if [ -n "${TOLICH:-}" ]; then
        $TOLICH "$@"
    elif [ -x "$home/.venv/bin/tolich" ]; then
        "$home/.venv/bin/tolich" "$@"
    else
        docker run --rm --network none --volume "$(realpath "$register"):$register:ro" \
            tolich:0.1.0 "$@"
    fi
}

hash_passwords() { # "name:password" lines become what Mosquitto stores
    if command -v mosquitto_passwd >/dev/null; then
        mosquitto_passwd -U "$1"
    else
        docker run --rm --network none --user "$(id -u):$(id -g)" \
            --volume "$(realpath "$folder"):/secrets" \
            eclipse-mosquitto:2.0.22 mosquitto_passwd -U "/secrets/$(basename "$1")"
    fi
}

account() { # NAME SECRET: an account on the broker, unless it has one
    if ! grep -q "^$1:" "$folder/mosquitto_passwords" 2>/dev/null; then
        # Never on a command line, where every user of the machine could read it.
        printf '%s:%s\n' "$1" "$(cat "$folder/$2")" >>"$folder/new"
    fi
}

certify() { # CA and the broker's certificate
    local ca=$folder/mqtt_ca wanted="DNS:mosquitto,DNS:localhost,IP:127.0.0.1" name
    for name in "${names[@]}"; do
        if [[ $name =~ ^[0-9.]+$|: ]]; then wanted+=",IP:$name"; else wanted+=",DNS:$name"; fi
    done
    if [ ! -s "$ca" ]; then
        openssl ecparam -name prime256v1 -genkey -noout -out "$folder/ca_key"
        openssl req -x509 -new -sha256 -days 3650 -key "$folder/ca_key" -out "$ca" \
            -subj "/CN=tolich broker CA" -addext "keyUsage=critical,keyCertSign,cRLSign"
    fi
    # Without --name the names of the last time stay.
    [ ${#names[@]} -gt 0 ] || wanted=$(cat "$folder/names" 2>/dev/null || echo "$wanted")
    if [ "$(cat "$folder/names" 2>/dev/null)" = "$wanted" ] \
        && openssl x509 -checkend 2592000 -noout -in "$folder/mosquitto_certificate" >/dev/null
    then
        return
    fi
    openssl ecparam -name prime256v1 -genkey -noout -out "$folder/mosquitto_key"
    openssl req -new -key "$folder/mosquitto_key" -subj "/CN=tolich broker" -out "$folder/request"
    printf '%s\n' "subjectAltName=$wanted" "extendedKeyUsage=serverAuth" \
        "basicConstraints=critical,CA:FALSE" >"$folder/extensions"
    openssl x509 -req -sha256 -days 730 -in "$folder/request" -CA "$ca" \
        -CAkey "$folder/ca_key" -set_serial "0x$(random | cut -c 1-30)" \
        -extfile "$folder/extensions" -out "$folder/mosquitto_certificate" 2>/dev/null
    rm "$folder/request" "$folder/extensions"
    echo "$wanted" >"$folder/names"
}

umask 077
mkdir -p "$folder/stations"
chmod 700 "$folder"
rm -f "$folder/new"

# In variables: a register that is refused must end this script before anything is written.
stations=$(tolich broker-rules "$register" --stations)
flag=()
[ "$simulator" = yes ] && flag=(--simulator)
[ -e "$folder/simulator_mqtt_password" ] && flag=(--simulator)
rules=$(tolich broker-rules "$register" "${flag[@]}")

for name in influx_admin_password influx_token grafana_admin_password store_password \
    mqtt_password; do
    secret "$name"
done
account monitor mqtt_password
if [ ${#flag[@]} -gt 0 ]; then
    secret simulator_mqtt_password
    account simulator simulator_mqtt_password
fi
while read -r station; do
    secret "stations/$station"
    account "$station" "stations/$station"
done <<<"$stations"

# Into the files that are there, not in their place: a container sees the file it was given.
if [ -s "$folder/new" ]; then
    hash_passwords "$folder/new"
    cat "$folder/new" >>"$folder/mosquitto_passwords"
fi
rm -f "$folder/new"
printf '%s\n' "$rules" >"$folder/mosquitto_acl"
certify
chmod 644 "$folder"/mosquitto_* "$folder/mqtt_ca"

echo "Ready: $folder. Passwords of the stations' accounts: $folder/stations"
echo "Give stations $folder/mqtt_ca to trust. Keep $folder/ca_key to yourself."
