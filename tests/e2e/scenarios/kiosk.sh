#!/bin/bash
# no terminal at all: untrusted is exit 6, no password exit 13; pin and password file connect
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
printf cisco123 >"$work/password"; chmod 644 "$work/password"
detached() { # a session of its own: not even /dev/tty
    in_ns "$client" setsid -w setpriv --reuid="$user" --regid="$user" --clear-groups "$bin/acclient" \
        --socket "$work/agent.sock" "$@" </dev/null
}
expect 6 detached connect Anu-IKEV2 --user Anu --password-file "$work/password"
has 'acclient trust add'
pin=$(grep -oh 'pin-sha256:[A-Za-z0-9+/=]*' "$work/out" "$work/err" | head -1)
expect 0 cli trust add Anu-IKEV2 "$pin"
expect 13 cli connect Anu-IKEV2 --non-interactive --user Anu </dev/null
expect 5 cli connect Anu-IKEV2 --non-interactive --user Anu --password-fd 3 </dev/null 3< <(printf wrong)
expect 0 detached connect Anu-IKEV2 --user Anu --password-file "$work/password"
pings
expect 0 cli disconnect
unchanged
