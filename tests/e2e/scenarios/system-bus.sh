#!/bin/bash
# the control API on a system bus; the callers are checked there too
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg"
agent_stop
cat >"$work/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=$work/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
END
dbus-daemon --config-file="$work/bus.conf" --nofork --nopidfile 2>>"$work/bus.log" &
bus_pid=$!
trap 'kill $bus_pid; net_down' EXIT
wait_until 30 test -S "$work/bus"
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/bus
agent_start
unset ACCLIENT_SOCKET
on_bus() { # no --socket: there is none at the default path, so the bus serves
    local uid=$1; shift
    in_ns "$client" setpriv --reuid="$uid" --regid="$uid" --clear-groups "$bin/acclient" "$@"
}
if [ -S /run/acclient/agent.sock ]; then fail "an agent of this machine is in the way: /run/acclient/agent.sock"; fi
wait_until 30 on_bus "$user" hosts || fail "nobody answers on the bus"
expect 9 on_bus 1 disconnect # daemon: known to the bus, not to [control] allow
expect 0 on_bus "$user" -s connect Anu-IKEV2 < <(answers y n Anu cisco123)
has 'Connected to Anu-IKEV2.'
pings
expect 0 cli status -q
expect 0 on_bus "$user" disconnect
unchanged
