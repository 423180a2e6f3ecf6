#!/bin/bash
# beside a full tunnel of one family the other one is blocked, unless that is allowed; nothing of it is on the wire
. "$(dirname "$0")/../lib.sh"
command -v tcpdump >/dev/null || { echo "tcpdump is needed (tests/deps.sh all)" >&2; exit 1; }
sed 's|^ ip address 10.0.0.1 .*|&\n ipv6 address 2001:db8:a::1/64|' "$modern_cfg" >"$work/four.cfg"
sed 's|^ default-domain none|&\n client-bypass-protocol enable|' "$work/four.cfg" >"$work/bypass.cfg"
sed 's/^group-policy \(.*\) attributes/access-list INSIDE standard permit 172.16.1.0 255.255.255.0\n&\n split-tunnel-policy tunnelspecified\n split-tunnel-network-list value INSIDE/' "$work/four.cfg" >"$work/split.cfg"
config6 "$work/both.cfg"
sed '/^ address-pool modern/d' "$work/both.cfg" >"$work/six.cfg"
up none
cat >"$work/profiles/six.xml" <<XML
<AnyConnectProfile><ServerList><HostEntry><HostName>Six</HostName><HostAddress>[2001:db8:a::1]</HostAddress>
<UserGroup>ASA-IKEV2</UserGroup><PrimaryProtocol>IPsec</PrimaryProtocol></HostEntry></ServerList></AnyConnectProfile>
XML
net6_up
inside6_up
ip -n "$router" addr add 2001:db8:f::1/64 dev lo nodad # hosts outside
ip -n "$router" addr add 2001:db8:f::2/64 dev lo nodad
again() { # CONFIG [SETTING...]
    local config=$1; shift
    agent_stop; headend_stop
    rm -f "$work/head.sock"
    agent_config "$@"
    headend_start "$config"
    agent_start
}
ping_out() { in_ns "$client" ping -n -q -c 1 -W 5 "$1"; }
passes() { ping_out "$1" >/dev/null || fail "$1 is not reached"; }
blocked() {
    ! ping_out "$1" >"$work/ping" 2>&1 || fail "$1 is reached beside the tunnel"
    grep -qi 'no route to host\|unreachable' "$work/ping" || fail "the program that asks for $1 is not told: $(cat "$work/ping")"
}
again "$work/four.cfg"
remember_before
passes 2001:db8:f::1
passes 2001:db8:f::2
in_ns "$router" tcpdump -U -l -n -i lan 'ip6 net 2001:db8:f::/64' >"$work/wire" 2>"$work/tcpdump.log" &
wait_until 30 grep -q listening "$work/tcpdump.log"

connect
pings
blocked 2001:db8:f::2
blocked 2001:db8:c::fe
ping_link() { in_ns "$client" ping -n -q -c 1 -W 1 -I eth0 ff02::1; }
wait_until 30 ping_link || fail 'the link is blocked'
expect 0 cli stats
has 'Drop All Traffic'
expect 0 cli disconnect
unchanged
passes 2001:db8:f::1
wait_until 30 grep -qF '2001:db8:f::1' "$work/wire" || fail 'what passes is not seen on the wire'
! grep -F '2001:db8:f::2' "$work/wire" || fail 'what is blocked is on the wire'

# the agent is killed: its next start opens the way again
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
blocked 2001:db8:f::2
kill -9 "$agent_pid"
wait "$agent_pid" 2>/dev/null || true
rm -f "$work/agent.sock"
agent_start
unchanged
passes 2001:db8:f::1

# the gateway is reached over what is blocked
expect 0 cli -s connect Six < <(answers y y Anu cisco123)
expect 0 headend_show crypto ikev2 sa
has 2001:db8:c::1
pings
blocked 2001:db8:f::2
expect 0 cli disconnect
unchanged
! grep -F '2001:db8:f::2' "$work/wire" || fail 'what is blocked is on the wire'

# IPv4 beside IPv6, and the gateway's packets come by IPv4
again "$work/six.cfg"
in_ns "$client" sysctl -qw net.ipv4.conf.eth0.rp_filter=2
passes 10.0.0.254
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
pings6
blocked 10.0.0.254
expect 0 cli disconnect
unchanged
passes 10.0.0.254

# goes on: a split tunnel, a gateway that says so, an administrator who says so
still_passes() {
    expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
    pings
    passes 2001:db8:f::1
    expect 0 cli disconnect
    unchanged
}
again "$work/split.cfg"
still_passes
again "$work/bypass.cfg"
still_passes
again "$work/four.cfg" tunnel.bypass_family=true
still_passes
