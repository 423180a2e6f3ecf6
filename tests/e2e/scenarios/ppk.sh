#!/bin/bash
# a post-quantum key (RFC 8784) by shared key, certificate, EAP and both: used, required, unknown, wrong, missing at either end
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
standard_config
key=$(openssl rand -hex 32)
(umask 077; echo "0x$key" >"$work/ppk"; openssl rand -base64 32 >"$work/other"; echo everybody-knows-it >"$work/psk")
headend_with() { # PPK-LINE
    headend_stop
    { cat "$ca/standard.cfg"; echo "$1"; } >"$work/headend.cfg"
    headend_start "$work/headend.cfg"
}
client_with() { # SETTING=VALUE...: those of the host
    agent_stop
    agent_config trust.ca_file="$ca/ca.pem" "${@/#/host Anu-IKEV2.}"
    agent_start
}
try() { # CODE: by a user name and a password where they are asked for
    expect "$1" cli --non-interactive connect Anu-IKEV2 --user alice --password-stdin < <(answers correct-horse)
    [ "$1" = 0 ] || unchanged
}
logs_in() { # used|unused
    try 0
    pings
    expect 0 cli status
    if [ "$1" = used ]; then has 'PPK:            in the keys'; else lacks PPK:; fi
    expect 0 headend_show crypto ikev2 sa detail
    if [ "$1" = used ]; then has 'Quantum Resistance Enabled'; else lacks Quantum; fi
    expect 0 cli disconnect
    unchanged
}
certificate=("certificate=$ca/laptops.pem" "key=$ca/laptops.key")
shared=(auth=psk identity=shared "psk_file=$work/psk" psk_weak=true)
ours=(ppk_id=first "ppk_file=$work/ppk")
net_up
profile_of_the_vectors
headend_with "!acheadend ppk first $key"
remember_before
for way in shared certificate eap both; do
    case $way in
    shared) login=("${shared[@]}") ;;
    certificate) login=(auth=certificate identity=laptops "${certificate[@]}") ;;
    eap) login=(auth=eap-mschapv2) ;;
    both) login=(auth=certificate-eap identity=both "${certificate[@]}") ;;
    esac
    client_with "${login[@]}" "${ours[@]}" ppk_required=true
    logs_in used
    client_with "${login[@]}" ppk_id=first "ppk_file=$work/other"
    try 5
    has 'ppk_id and ppk_file too'
    logged headend '; or the PPKs differ'
done
client_with "${shared[@]}" ppk_id=second "ppk_file=$work/ppk"
logs_in unused
client_with "${shared[@]}" ppk_id=second "ppk_file=$work/ppk" ppk_required=true
try 5
logged headend 'the client insists on a PPK that is not known here'
headend_with "!acheadend ppk first $key required"
client_with "${shared[@]}" "${ours[@]}"
logs_in used
client_with "${shared[@]}"
try 5
logged headend 'the client does not use the PPK without which it must not log in'
headend_with '!'
client_with "${shared[@]}" "${ours[@]}"
logs_in unused
client_with "${shared[@]}" "${ours[@]}" ppk_required=true
try 4
has 'the gateway knows nothing of the PPK, without which it must not be'
! grep -rqF -e "$key" -e "$(cat "$work/other")" "$work/agent.log" "$work/headend.log" || fail 'a PPK is in a log'
chmod 644 "$work/ppk"
try 7
has 'chmod 600'
