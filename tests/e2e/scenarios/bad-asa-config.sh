#!/bin/bash
# broken headend configuration: line number and text, no start; --check; unknown lines warn
. "$(dirname "$0")/../lib.sh"
check() { "$bin/acheadend" --check "$1"; }
expect 0 check "$seed_cfg"
expect 0 check "$modern_cfg"
bad() { # SED SAID
    sed "$1" "$seed_cfg" >"$work/bad.cfg"
    expect 7 check "$work/bad.cfg"
    has "$2"
    has 'bad.cfg:'
}
bad 's/ip address 10.0.0.1/ip address 10.0.0.999/' '10.0.0.999'
bad 's/address-pool webvpn1/address-pool nosuch/' 'nosuch'
bad 's/ group 2/ group 99/' '99'
bad 's/10.2.2.1-10.2.2.10/10.2.2.10-10.2.2.1/' 'ends before it begins'
{ cat "$seed_cfg"; echo 'frobnicate everything'; } >"$work/odd.cfg"
expect 0 check "$work/odd.cfg"
has 'frobnicate everything'
# and it does not start on it
sed 's/ip address 10.0.0.1/ip address 10.0.0.999/' "$seed_cfg" >"$work/bad.cfg"
expect 7 "$bin/acheadend" --config "$work/bad.cfg" --state "$work/head" --control "$work/head.sock"
has 'bad.cfg:6: error:'
