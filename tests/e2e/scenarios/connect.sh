#!/bin/bash
# the main job: messages in order, ping, status, stats, hosts, disconnect, host as before
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
expect 0 cli -s connect Anu-IKEV2 < <(answers y y Anu cisco123)
grep -h '>> ' "$work/out" "$work/err" | grep -v 'warning: cannot verify' | sed 's/^ *//' >"$work/said"
cat >"$work/wanted" <<END
>> contacting host (10.0.0.1) for login information...
>> notice: Contacting Anu-IKEV2.
>> state: Connecting
>> notice: Establishing VPN session...
>> notice: Establishing VPN - Initiating connection...
>> notice: Establishing VPN - Examining system...
>> notice: Establishing VPN - Activating VPN adapter...
>> notice: Establishing VPN - Configuring system...
>> notice: Establishing VPN...
>> state: Connected
>> notice: Connected to Anu-IKEV2.
END
diff -u "$work/wanted" "$work/said" >&2 || fail "messages are not those of the contract"
pings
expect 0 cli status
has Connected
has 10.2.2.1
expect 0 cli status --json
jq -e '.state == "connected" and .client4 == "10.2.2.1" and .host == "Anu-IKEV2"' "$work/out" >/dev/null || fail "status --json"
expect 0 cli stats
has 'Tunnel All Traffic'
has 'Client Address (IPv4)'
expect 0 cli hosts
has Anu-IKEV2
expect 0 headend_show vpn-sessiondb detail anyconnect
has 'Username'
has '10.2.2.1'
has 'userPassword'
expect 0 headend_show crypto ikev2 sa detail
has '*$AnyConnectClient$*'
has 'READY'
expect 0 headend_show crypto ipsec sa
has 'esp-aes-256 esp-sha-hmac'
expect 0 headend_show crypto ipsec stats
has 'Active tunnels: 1'
has 'Missing SA failures: 0'
cli stats --json | jq -r '.drops | keys[]' | sort >"$work/said"
sed -n '/^Dropped packets$/,$s/^ *\([a-z_]*\): .*/\1/p' "$work/out" | sort | diff -u "$work/said" - >&2 || fail "not the reasons that the client has"
# the agent's own packets stay outside, everything else goes in
in_ns "$client" ip route get 10.0.0.1 mark 0xacc1 | grep -q 'via 192.168.1.254' || fail "marked packets enter the tunnel"
in_ns "$client" ip route get 8.8.8.8 | grep -q 'dev acc' || fail "traffic stays outside the tunnel"
expect 0 cli disconnect
expect 11 cli status -q
unchanged
expect 0 cli disconnect # already down is no error
