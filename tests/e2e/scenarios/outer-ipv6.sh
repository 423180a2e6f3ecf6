#!/bin/bash
# IPv6 outside, both families inside; the gateway listens on both, and the profile says which comes first
. "$(dirname "$0")/../lib.sh"
config6 "$work/v6.cfg"
up none
net6_up
inside6_up
headend_start "$work/v6.cfg"
logged headend 'listening on 10.0.0.1 and 2001:db8:a::1 ports'
# names that have both addresses
printf '10.0.0.1 gateway.test\n2001:db8:a::1 gateway.test\n' >"$work/hosts"
profile() { # FILE NAME ADDRESS ORDER
    cat >"$work/profiles/$1.xml" <<XML
<AnyConnectProfile><ClientInitialization><IPProtocolSupport>$4</IPProtocolSupport></ClientInitialization>
<ServerList><HostEntry><HostName>$2</HostName><HostAddress>$3</HostAddress><UserGroup>ASA-IKEV2</UserGroup>
<PrimaryProtocol>IPsec</PrimaryProtocol></HostEntry></ServerList></AnyConnectProfile>
XML
}
profile literal Six '[2001:db8:a::1]' IPv4,IPv6
profile order SixFirst gateway.test IPv6,IPv4
profile only FourOnly gateway.test IPv4
agent_stop; agent_start
remember_before
for host in Six SixFirst; do
    expect 0 cli -s connect "$host" < <(answers y y Anu cisco123)
    pings
    pings6
    in_ns "$client" ping -q -c 2 -i 0.2 -W 20 -s 1300 172.16.1.10 >/dev/null || fail "no large ping"
    expect 0 headend_show crypto ikev2 sa
    has 2001:db8:c::1
    expect 0 cli disconnect
    unchanged
done
expect 0 cli -s connect FourOnly < <(answers y y Anu cisco123)
expect 0 headend_show crypto ikev2 sa
has 192.168.1.1
lacks 2001:db8:c:
pings6
expect 0 cli disconnect
unchanged
