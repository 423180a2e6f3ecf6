#!/bin/bash
# who moves the packets: the kernel where it can, else we ourselves, and it is said; insisted on, it is the kernel or nobody
. "$(dirname "$0")/../lib.sh"
up none tunnel.plane=auto
headend_start "$modern_cfg" --plane auto
connect
pings
ip -n "$client" -o link show type xfrm | grep -q . || logged agent 'moved in user space, for the kernel cannot'
ip -n "$head" -o link show type xfrm | grep -q . || logged headend 'moved in user space, for the kernel cannot'
expect 0 cli disconnect
unchanged
agent_stop; headend_stop
agent_config tunnel.plane=kernel
headend_start "$modern_cfg"
! grep 'error:' "$work/headend.log" || fail 'the headend stumbles over its choice'
agent_start
if cli -s connect Anu-IKEV2 < <(answers Anu cisco123) >"$work/out" 2>"$work/err"; then
    ip -n "$client" -o link show type xfrm | grep -q . || fail 'no interface of the kernel'
    pings
    expect 0 cli disconnect
else
    has 'the kernel cannot move the packets'
fi
unchanged
expect 2 "$bin/acheadend" --plane hardware --config "$modern_cfg"
has 'expected user, kernel or auto'
