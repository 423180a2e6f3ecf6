#!/bin/bash
# with the most talkative logs no password, no token; messages are explained
. "$(dirname "$0")/../lib.sh"
AC_LOG=debug
up "$seed_cfg" crypto.policy=legacy
connect
pings
expect 0 cli disconnect
for log in agent headend; do
    ! grep -qF cisco123 "$work/$log.log" || fail "the password stands in $log.log"
    logged $log IKE_SA_INIT
    logged $log IKE_AUTH
    logged $log 'CurState'
    logged $log 'config-auth'
done
! grep -rqF cisco123 "$work/agent" "$work/head" || fail "the password stands in a state file"
! grep -E 'session-token>[A-Za-z0-9_-]{64}' "$work/agent.log" "$work/headend.log" || fail "the session token is logged"
