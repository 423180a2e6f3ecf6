#!/bin/bash
# who sends through the client, from it or from behind it, is told what the tunnel takes, in both families; TCP goes on when the path gets narrower
. "$(dirname "$0")/../lib.sh"
command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }
behind=$net-behind
servers=()
stop_servers() { [ ${#servers[@]} = 0 ] || quietly kill "${servers[@]}"; }
trap 'stop_servers; net_down' EXIT

# a host behind the client, which goes into the tunnel under the client's address
behind_up() {
    ip netns add "$behind"
    link "$behind" eth0 192.168.7.2/24 "$client" inner 192.168.7.1/24
    ip -n "$behind" addr add 2001:db8:7::2/64 dev eth0 nodad
    ip -n "$client" addr add 2001:db8:7::1/64 dev inner nodad
    settled() { ip -n "$client" -6 route show table local | grep -q '^anycast fe80:: dev inner'; }
    ip -n "$behind" route add default via 192.168.7.1
    ip -n "$behind" route add default via 2001:db8:7::1
    ip -n "$client" rule add priority 100 to 192.168.7.0/24 lookup main
    ip -n "$client" -6 rule add priority 100 to 2001:db8:7::/64 lookup main
    in_ns "$client" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    wait_until 30 settled || fail 'the link behind the client has no address of its own'
    in_ns "$client" nft -f - <<'RULES'
table inet behind {
    chain post {
        type nat hook postrouting priority 100;
        oifname "acc0" masquerade
    }
}
RULES
}
mtu() { in_ns "$client" cat /sys/class/net/acc0/mtu; }
path() { # MTU: of the way beyond the router
    ip -n "$router" link set wan mtu "$1"
    ip -n "$head" link set outside mtu "$1"
}
forget() { # what the host behind has learned; the client's kernel would forget the path with it
    ip -n "$behind" route flush cache
    ip -n "$behind" -6 route flush cache
}
# told NAMESPACE ADDRESS: what a sender there is told of an echo request of 1400 octets that must stay whole
told() {
    forget
    in_ns "$1" ping -c 1 -W 5 -M do -s $((1400 - $([[ $2 == *:* ]] && echo 48 || echo 28))) "$2" 2>&1 | grep -oiE 'mtu ?[=:] ?[0-9]+' | grep -oE '[0-9]+'
}
all_told() { # MTU
    local ns to
    for ns in "$client" "$behind"; do
        for to in 172.16.1.10 2001:db8:1::10; do
            [ "$(told "$ns" $to)" = "$1" ] || fail "$ns is told $(told "$ns" $to) on the way to $to, not $1"
        done
    done
}
# fits NAMESPACE: what is as large as the tunnel takes passes, and what may be cut, too. The first answer may be too large for the way back.
fits() {
    local ns=$1
    passes() { wait_until 60 in_ns "$ns" ping -q -c 1 -W 1 -M "$@" || fail "$ns: no answer to $*"; }
    passes 'do' -s $(($(mtu) - 28)) 172.16.1.10
    passes 'do' -s $(($(mtu) - 48)) 2001:db8:1::10
    passes dont -s 1420 172.16.1.10
}

# an upload whose every megabyte waits for a word: the first goes over the wide path, and the others not
declare -A uploads=() words=()
upload_begin() { # NAME NAMESPACE ADDRESS
    mkfifo "$work/$1.go"
    ip netns exec "$2" python3 "$top/tests/e2e/stream.py" upload "$3" 4 <"$work/$1.go" >"$work/$1.txt" 2>&1 &
    uploads[$1]=$!
    exec {words[$1]}>"$work/$1.go"
    upload_on "$1" 1
}
upload_on() { # NAME N: the Nth megabyte, and until it is there
    echo >&"${words[$1]}"
    wait_until 60 grep -q "^there $2\$" "$work/$1.txt" || fail "$1: megabyte $2 does not arrive: $(cat "$work/$1.txt")"
}
upload_end() { # NAME HEADERS: the rest is whole, in segments of what the tunnel takes
    local size most=$(($(mtu) - $2))
    upload_on "$1" 4
    exec {words[$1]}>&-
    wait "${uploads[$1]}" || fail "$1: $(cat "$work/$1.txt")"
    size=$(awk '/^segments/ { print $2 }' "$work/$1.txt")
    [ "$size" -le $most ] && [ "$size" -ge $((most - 20)) ] || fail "$1: segments of $size octets, not $most less their options"
}
narrower() { [ "$(mtu)" -lt "$1" ]; }
# narrow MTU LEAST MOST: uploads go on while the path becomes so narrow; then the tunnel takes from LEAST to MOST octets
narrow() {
    local wide; wide=$(mtu)
    upload_begin v4 "$client" 172.16.1.10
    upload_begin v6 "$behind" 2001:db8:1::10
    path "$1"
    upload_on v4 2
    upload_on v6 2
    wait_until 60 narrower "$wide" || fail "the inner MTU is still $(mtu) on a path of $1"
    [ "$(mtu)" -ge "$2" ] && [ "$(mtu)" -le "$3" ] || fail "the inner MTU is $(mtu) on a path of $1"
    upload_on v4 3
    upload_on v6 3
    upload_end v4 40
    upload_end v6 60
    rm "$work/v4.go" "$work/v6.go"
    all_told "$(mtu)"
    fits "$client"
    fits "$behind"
}

net_up
net6_up
inside6_up
behind_up
profile_of_the_vectors
cat >"$work/profiles/six.xml" <<'XML'
<AnyConnectProfile><ServerList><HostEntry><HostName>Six</HostName><HostAddress>[2001:db8:a::1]</HostAddress><UserGroup>ASA-IKEV2</UserGroup>
<PrimaryProtocol>IPsec</PrimaryProtocol></HostEntry></ServerList></AnyConnectProfile>
XML
config6 "$work/both.cfg"
for to in 172.16.1.10 2001:db8:1::10; do
    ip netns exec "$inside" python3 "$top/tests/e2e/stream.py" serve $to >"$work/serve.$to" 2>&1 &
    servers+=($!)
    wait_until 60 grep -q ready "$work/serve.$to"
done
agent_config
headend_start "$work/both.cfg"
agent_start
remember_before

connect
all_told '' # all of it passes
narrow 1400 1330 1340
narrow 1300 1280 1280 # the least that IPv6 takes: outside in fragments (RFC 2473 7.1)
expect 0 cli disconnect
unchanged

# the same over IPv6
path 1500
forget
expect 0 cli -s connect Six < <(answers y y Anu cisco123)
narrow 1400 1310 1320
expect 0 cli disconnect
unchanged
