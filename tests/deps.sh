#!/bin/bash
# deps.sh - install what is needed and not there yet, from Debian 12.
#   tests/deps.sh        to build, and for the demo
#   tests/deps.sh all    to run the tests as well
#   tests/deps.sh PACKAGE...   to build, and these
set -euo pipefail

wanted=(gcc libc6-dev cmake ninja-build pkg-config libglib2.0-dev libssl-dev libxml2-dev libmnl-dev libjson-glib-dev libcurl4-openssl-dev
        libedit-dev libp11-kit-dev libcmocka-dev iproute2 iputils-ping iperf3 procps)
# packets in batches: only for amd64 there is such a library
[ "$(dpkg --print-architecture)" = amd64 ] && wanted+=(libipsec-mb-dev)
# tests/interop: strongSwan as the other end, tshark as the reader of what was said
strongswan=(strongswan-swanctl charon-systemd libcharon-extra-plugins libcharon-extauth-plugins
            libstrongswan-extra-plugins libstrongswan-standard-plugins)
if [ "${1:-}" = all ]; then
    # tests/kernel: a machine with Debian's kernel
    [ "$(dpkg --print-architecture)" != amd64 ] || wanted+=(qemu-system-x86 busybox-static)
    wanted+=(clang-format python3 man-db jq openssl dbus-daemon nftables conntrack softhsm2 opensc tcpdump tshark valgrind "${strongswan[@]}")
else
    wanted+=("$@")
fi
missing=()
for p in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0
[ "$(id -u)" = 0 ] || { echo "tests/deps.sh: run as root to install: ${missing[*]}" >&2; exit 1; }
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# A machine that has just started may be installing updates: wait for it.
apt=(apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
"${apt[@]}" update </dev/null
# Nothing that is installed for a test becomes a service of this machine: strongSwan would take its UDP ports.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap 'rm -f $policy' EXIT
fi
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
