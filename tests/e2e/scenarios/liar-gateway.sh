#!/bin/bash
# a gateway that lies in a dozen ways: each is refused in plain words or does no harm, and the host stays as it was
. "$(dirname "$0")/../lib.sh"
# Only test builds can lie, so the liar is of another build than what is tried.
liars=${AC_LIARS:-$top/build/asan}
export ASAN_OPTIONS=detect_leaks=0 # what is not dumpable cannot be searched for leaks
[ -x "$liars/acheadend" ] || fail "$liars/acheadend is needed (cmake --preset asan)"
up "$modern_cfg" ike.retransmit_tries=3
connect # the certificate is remembered
pings
expect 0 cli disconnect
unchanged

lies() { headend_stop; bin=$liars headend_start "$modern_cfg" --impair "$1"; }
# refused CODE TEXT LIES
refused() {
    lies "$3"
    expect "$1" cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
    has "$2"
    lacks Connected
    unchanged
}
# harmless LIES
harmless() {
    lies "$1"
    expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
    pings
    expect 0 cli disconnect
    unchanged
}

harmless drop*1
harmless double,unknown,reserved,version=33,storm=20
refused 4 "no answer to IKE_SA_INIT" ke=zero
refused 4 "takes none of the cookies" cookie@IKE_SA_INIT
refused 4 "same cookie or group again and again" invalid-ke=0@IKE_SA_INIT
refused 4 "no policy allows it" sa=weak@IKE_SA_INIT
refused 4 "from one to the other: 5 times" redirect=self@IKE_SA_INIT.response
refused 4 "nothing of the login has been sent" auth=bit@IKE_AUTH#1
refused 4 "did not prove who it is" omit=AUTH@IKE_AUTH#1
refused 4 "critical payload of unknown type" unknown-critical@IKE_AUTH
refused 4 "malformed message" garbage@IKE_AUTH#2
refused 4 "EAP-Success before the login was done" eap=success@IKE_AUTH#1
refused 5 "refused the login" eap=failure@IKE_AUTH#2
refused 4 "the login has been sent" auth=bit@IKE_AUTH#5
refused 4 "sent no configuration" omit=CP@IKE_AUTH
refused 4 "224.0.0.1 cannot be used" cp=multicast
refused 4 "is the gateway's own" cp=gateway
refused 4 "configuration is refused" cp=control
refused 4 "leave out the address" ts=family@IKE_AUTH
refused 4 "TSi payload is malformed" ts=backwards@IKE_AUTH
# and the honest one is as welcome as before
headend_stop
headend_start "$modern_cfg"
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
pings
