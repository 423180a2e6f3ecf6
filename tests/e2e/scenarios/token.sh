#!/bin/bash
# a client certificate whose key is in a token: PIN asked for, wrong PIN told; by certificate, certificate and EAP, EAP-TLS, EAP-AnyConnect; token pulled out
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
. "$(dirname "$0")/../token.sh"
standard_config
{
    printf '%s\n' 'tunnel-group ASA-IKEV2 type remote-access' 'tunnel-group ASA-IKEV2 general-attributes' ' default-group-policy standard' \
        'tunnel-group ASA-IKEV2 webvpn-attributes' ' authentication certificate' ' group-alias ASA-IKEV2 enable'
} >>"$ca/standard.cfg"
pin=48151623 wrong=23165184
token_make "$pin"
client_with() { # SETTING=VALUE...
    agent_stop
    agent_config trust.ca_file="$ca/ca.pem" "${@/#/host Anu-IKEV2.}" "host Anu-IKEV2.certificate=$token_uri"
    agent_start
}
try() { expect "$1" cli --non-interactive connect Anu-IKEV2 --answer "pin=$2" "${@:3}"; } # CODE PIN
by_certificate=(auth=certificate identity=laptops)
up "$ca/standard.cfg"
client_with "${by_certificate[@]}"
try 0 $pin
pings
expect 0 cli status
has 'Login:          certificate'
expect 0 cli disconnect
unchanged
try 5 $wrong
has 'That is not the PIN.'
unchanged
client_with auth=certificate-eap identity=both
try 0 $pin --user alice --answer password=correct-horse
pings
expect 0 cli disconnect
client_with auth=eap-tls identity=anu@example.com
try 0 $pin
pings
expect 0 cli disconnect
client_with auth=eap-anyconnect
try 0 $pin
pings
# pulled out while connected: what is up stays up, and nobody logs in again
token_out
pings
expect 0 cli disconnect
unchanged
try 17 $pin
has 'no token that is plugged in has this certificate'
token_in
# pulled out while the PIN is typed
client_with "${by_certificate[@]}"
mkfifo "$work/person"
cli -s connect Anu-IKEV2 <"$work/person" >"$work/typing" 2>&1 &
typing=$!
exec 7>"$work/person"
wait_until 40 grep -q 'PIN of the token anu' "$work/typing" || fail 'no PIN is asked for'
token_out
echo $pin >&7
exec 7>&-
got=0
wait "$typing" || got=$?
[ "$got" = 17 ] || fail "exit $got, not 17: $(cat "$work/typing")"
unchanged
token_in
try 0 $pin
pings
expect 0 cli disconnect
unchanged
! grep -qF -e "$pin" -e "$wrong" "$work/agent.log" "$work/headend.log" || fail 'a PIN is in a log'
