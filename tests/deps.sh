#!/bin/bash
# deps.sh - install what building and testing needs and is not there yet (Debian 12, root).
set -euo pipefail

build=(gcc cmake ninja-build pkg-config libglib2.0-dev libssl-dev libxml2-dev libcurl4-openssl-dev
       libmnl-dev libjson-glib-dev libedit-dev libcmocka-dev)
run=(iproute2 iputils-ping iperf3 util-linux openssl)
test=(clang-format python3 procps man-db jq tcpdump dbus-daemon)

wanted=("${build[@]}" "${run[@]}")
[ "${1:-}" = all ] && wanted+=("${test[@]}")
missing=()
for p in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0
[ "$(id -u)" = 0 ] || { echo "run as root to install: ${missing[*]}" >&2; exit 1; }
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
