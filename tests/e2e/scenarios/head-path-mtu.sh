#!/bin/bash
# the path to the client gets narrower while it downloads: the headend learns it, tells the inside, and sends no fragments
. "$(dirname "$0")/../lib.sh"
command -v tcpdump >/dev/null || { echo "tcpdump is needed (tests/deps.sh all)" >&2; exit 1; }
up "$modern_cfg"
connect
pings
address=$(in_ns "$client" ip -4 -o addr show dev acc0 | awk '{ sub("/.*", "", $4); print $4 }')

# from now on whatever reaches the client in pieces is on record
in_ns "$client" tcpdump -U -l -n -i eth0 'ip[6:2] & 0x3fff != 0' >"$work/pieces.txt" 2>"$work/tcpdump.log" &
wait_until 30 grep -q listening "$work/tcpdump.log"

# a download that began on the wide path: its segments are too large for the narrow one
cat >"$work/server.py" <<'PY'
import socket, sys
s = socket.create_server(("172.16.1.10", 5000))
c, _ = s.accept()
print("asked", c.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), flush=True)
c.recv(1)
c.sendall(bytes(range(256)) * 4096)
print("mss", c.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), flush=True)
PY
cat >"$work/download.py" <<'PY'
import socket, sys, time
c = socket.create_connection(("172.16.1.10", 5000))
print("connected", flush=True)
sys.stdin.readline()
c.sendall(b"x")
got = b""
while chunk := c.recv(65536):
    got += chunk
print("whole" if got == bytes(range(256)) * 4096 else f"{len(got)} octets", flush=True)
PY
listens() { in_ns "$inside" ss -ltn | grep -q 172.16.1.10:5000; }
serve() {
    ip netns exec "$inside" python3 "$work/server.py" >"$work/server.txt" 2>&1 &
    wait_until 40 listens || fail 'no server'
}
serve
mkfifo "$work/go"
ip netns exec "$client" python3 "$work/download.py" <"$work/go" >"$work/download.txt" 2>&1 &
download=$!
exec 9>"$work/go"
wait_until 40 grep -q connected "$work/download.txt" || fail 'no connection through the tunnel'
ip -n "$router" link set lan mtu 1300
ip -n "$client" link set eth0 mtu 1300
echo go >&9
exec 9>&-
wait_until 60 grep -q whole "$work/download.txt" || fail "the download: $(cat "$work/download.txt")"
wait "$download"
mss=$(awk '/^mss/ { print $2 }' "$work/server.txt")
[ "$mss" -ge 1180 ] && [ "$mss" -le 1200 ] || fail "TCP has segments of $mss octets"

# what must not be cut is refused inside, with the reason; what may be is cut before it is sealed
told() { in_ns "$inside" ping -c 1 -W 1 -M do -s 1350 "$address" >"$work/ping" 2>&1; grep -q 'mtu *= *12[0-9][0-9]' "$work/ping"; }
wait_until 40 told || fail "the inside is not told: $(cat "$work/ping")"
in_ns "$inside" ping -q -c 1 -W 20 -M do -s 1200 "$address" >/dev/null || fail 'what fits does not pass'
client_knows() { [ "$(in_ns "$client" cat /sys/class/net/acc0/mtu)" -lt 1300 ]; }
wait_until 40 client_knows || fail 'the client does not see that its own interface is narrower'
in_ns "$inside" ip route flush cache
in_ns "$inside" ping -q -c 2 -i 0.2 -W 20 -M dont -s 1350 "$address" >/dev/null || fail 'what may be cut does not pass'
[ ! -s "$work/pieces.txt" ] || fail "fragments are on the path: $(head -3 "$work/pieces.txt")"

# the host's own interface becomes narrower still
ip -n "$head" link set outside mtu 1200
ip -n "$router" link set wan mtu 1200
told() { in_ns "$inside" ping -c 1 -W 1 -M do -s 1170 "$address" >"$work/ping" 2>&1; grep -q 'mtu *= *11[0-9][0-9]' "$work/ping"; }
wait_until 40 told || fail "a narrow interface of the headend's is not told of: $(cat "$work/ping")"
# a new connection begins with what passes: the client, which does not know of it, asks for more
in_ns "$inside" ip route flush cache
serve
in_ns "$client" python3 "$work/download.py" <<<go | grep -q whole || fail 'no new download'
asked=$(awk '/^asked/ { print $2 }' "$work/server.txt")
[ "$asked" -ge 1070 ] && [ "$asked" -le 1100 ] || fail "the server is asked for segments of $asked octets"
pings
expect 0 cli disconnect
