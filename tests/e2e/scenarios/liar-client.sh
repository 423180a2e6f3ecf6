#!/bin/bash
# a client that lies in a dozen ways: the gateway stays up, keeps nothing of it, and an honest client gets in
. "$(dirname "$0")/../lib.sh"
liars=${AC_LIARS:-$top/build/asan} # only test builds can lie
export ASAN_OPTIONS=detect_leaks=0 # what is not dumpable cannot be searched for leaks
[ -x "$liars/acagentd" ] || fail "$liars/acagentd is needed (cmake --preset asan)"
up "$modern_cfg" ike.retransmit_tries=2
connect # the certificate is remembered
expect 0 cli disconnect

# caught WORDS LIES: the client gets nowhere, and the gateway's log says why
caught() {
    agent_stop
    bin=$liars agent_start --impair "$2"
    ! cli -s connect Anu-IKEV2 < <(answers Anu cisco123) >"$work/out" 2>"$work/err" || fail "$2 was let in"
    [ -z "$1" ] || logged headend "$1"
    expect 0 headend_show vpn-sessiondb detail anyconnect
    lacks Username
    kill -0 "$headend_pid" || fail "the gateway is gone after $2"
}

caught '' ke=zero
caught '' nonce=short
caught '' storm=4000@IKE_SA_INIT
caught 'malformed message' garbage@IKE_AUTH#2
caught 'critical payload of unknown type' unknown-critical@IKE_AUTH
caught 'IDi payload where none belongs' exchange=37@IKE_AUTH
caught 'final AUTH does not verify' auth=bit
caught 'final AUTH does not verify' auth-method=1
caught 'malformed or out of turn' eap=success@IKE_AUTH#2
caught 'TS_UNACCEPTABLE' ts=family@IKE_AUTH
caught 'SPI is reserved' sa=spi@IKE_AUTH
caught '' corrupt@IKE_AUTH
# what was begun is given up: nobody stays half-open
nobody() { headend_show crypto ikev2 stats | grep -q 'In-Negotiation SAs: *0$'; }
wait_until 45 nobody || fail "somebody stays half-open"
agent_stop
agent_start
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
pings
