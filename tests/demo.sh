#!/bin/bash
# demo.sh - the main job from nothing, on a fresh Debian 12: builds both programs, makes a small internet of network
# namespaces, connects, moves data, disconnects, and shows that the host is as it was.
#   sudo tests/demo.sh            the headend runs tests/vectors/asa-ikev2.cfg (legacy algorithms)
#   sudo tests/demo.sh --modern   the headend runs tests/vectors/asa-modern.cfg (AES-GCM-256, SHA-384, groups 20 and 19)
#   sudo tests/demo.sh --shell    stop after connect: a prompt inside the client's namespace
set -euo pipefail
cd "$(dirname "$0")/.."
new= shell=
for option in "$@"; do
    case $option in
    --modern) new=1 ;;
    --shell) shell=1 ;;
    *) sed -n '2,6s/^# \?//p' "$0" >&2; exit 2 ;;
    esac
done
[ "$(id -u)" = 0 ] || { echo "tests/demo.sh: root is needed for network namespaces (sudo tests/demo.sh)" >&2; exit 1; }

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
trap 'say "failed: $BASH_COMMAND" >&2' ERR
run() { printf '$ %s\n' "$*"; "$@"; }
# What is typed, and where: the client's commands in its namespace, the gateway's in the gateway's.
acclient() { cli "$@"; }
acheadend() { headend_show "${@:2}"; }
ping() { in_ns "$client" ping "$@"; }
iperf3() { in_ns "$client" iperf3 "$@"; }

tests/deps.sh
say "build"
cmake --preset release >/dev/null
cmake --build --preset release --target acclient acagentd acheadend -- --quiet
chown -R --reference=. build || true # of a checkout that is not root's

. tests/e2e/lib.sh
net_up
mkdir "$work/profiles"
cp tests/vectors/anyconnect-ikev2.xml "$work/profiles/"
if [ -n "$new" ]; then
    config=tests/vectors/asa-modern.cfg
    agent_config
else
    config=tests/vectors/asa-ikev2.cfg
    agent_config crypto.policy=legacy # this gateway knows only SHA-1 and group 2
fi
say "headend 10.0.0.1 runs $config; agent on 192.168.1.1 runs tests/vectors/anyconnect-ikev2.xml"
headend_start "$config"
agent_start
snapshot >"$work/before"

say "connect as user Anu, password cisco123; the certificate is self-signed, so it is asked about"
run acclient hosts
printf '$ acclient -s connect Anu-IKEV2    (answers: y, y, Anu, cisco123)\n'
printf '%s\n' y y Anu cisco123 | acclient -s connect Anu-IKEV2

if [ -n "$shell" ]; then
    say "you are user $(id -un $user) in the client's namespace; leave with exit"
    export PATH="$bin:$PATH" ACCLIENT_SOCKET="$work/agent.sock"
    in_ns "$client" setpriv --reuid="$user" --regid="$user" --clear-groups bash --norc -i || true
    exit 0
fi

say "status, statistics, what the headend sees"
run acclient status
run acheadend show vpn-sessiondb detail anyconnect
run acheadend show crypto ikev2 sa detail

say "ping the inside host 172.16.1.10 through the tunnel"
run ping -c 3 -i 0.2 172.16.1.10

say "iperf3, both ways"
in_ns "$inside" iperf3 -s -D -1 >/dev/null
wait_until 5 in_ns "$inside" sh -c 'ss -ltn | grep -q :5201'
run iperf3 -c 172.16.1.10 -t 3 -f m | grep '^[$]\|receiver'
in_ns "$inside" iperf3 -s -D -1 >/dev/null
wait_until 5 in_ns "$inside" sh -c 'ss -ltn | grep -q :5201'
run iperf3 -c 172.16.1.10 -t 3 -R -f m | grep '^[$]\|receiver'
run acclient stats
run acheadend show crypto ipsec sa

say "disconnect"
run acclient disconnect
snapshot >"$work/after"
if diff -u "$work/before" "$work/after"; then
    say "addresses, routes and rules are exactly as before"
else
    say "the host has changed"; exit 1
fi
