# lib.sh - what the cases of inside.sh share; sourced by them.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

cp -r /run/kernel/state "$work/head"

# in the kernel of NAMESPACE: SAs, and policies
sas() { ip -n "$1" xfrm state list | grep -c '^src ' || true; }
policies() { ip -n "$1" xfrm policy list | grep -c '^src ' || true; }
has_sas() { [ "$(sas "$1")" = "$2" ]; } # NAMESPACE NUMBER
kernel_has() {
    has_sas "$1" "$2" || fail "$1: $(sas "$1") SAs in the kernel, not $2"
    ip -n "$1" -o link show type xfrm | grep -q . || fail "$1: no XFRM interface"
}
is_clean() { [ "$(sas "$1") $(policies "$1")" = '0 0' ]; }
kernel_clean() { # what has been deleted is received for a moment more
    local ns
    for ns in "$@"; do
        wait_until "$patience" is_clean "$ns" || fail "$ns: the kernel keeps $(ip -n "$ns" xfrm state list; ip -n "$ns" xfrm policy list)"
    done
}
no_adapter() { ! ip -n "$1" -o link show type xfrm | grep . || fail "$1: the interface is still there"; }

# As in lib.sh of e2e, but the router counts: what XFRM is about to encrypt passes the client's own postrouting, too.
watch_clear() {
    in_ns "$router" nft -f - <<'RULES'
table inet clear {
    chain pre {
        type filter hook prerouting priority -300;
        iifname lan ip daddr 172.16.1.0/24 counter
        iifname lan ip6 daddr 2001:db8:1::/64 counter
    }
}
RULES
}
no_clear() {
    local n
    n=$(in_ns "$router" nft list table inet clear | awk '/counter/ { for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1) } END { print n + 0 }')
    [ "$n" = 0 ] || fail "$n packets for the inside left in the clear"
}

# transfer [OCTETS]: so many each way, whole; 2 MiB if not said
fetch() { in_ns "$1" bash -c 'exec 3<>"/dev/tcp/$1/9000" && cat <&3 >"$2"' fetch "$2" "$work/got"; }
transfer() {
    local to from at server
    head -c "${1:-2097152}" /dev/urandom >"$work/sent"
    for to in "$client" "$inside"; do
        from=$inside at=172.16.1.10
        [ "$to" = "$client" ] || from=$client at=$(cli stats --json | jq -r .client4)
        ip netns exec "$from" /run/kernel/busybox nc -l -p 9000 -e cat "$work/sent" &
        server=$!
        wait_until "$patience" fetch "$to" "$at" || fail "no TCP to $at"
        wait $server || true
        cmp "$work/sent" "$work/got" || fail "a transfer from $at: $(stat -c %s "$work/got") octets, or others"
    done
}

# stream_start PING-ARGUMENT...: pings until stream_end, which fails when one is lost
stream_start() {
    (
        until [ -e "$work/enough" ]; do
            in_ns "$client" ping -q -c 40 -i 0.05 -W 20 "$@" >"$work/burst$BASHPID" || true
            grep -q ' 0% packet loss' "$work/burst$BASHPID" || cat "$work/burst$BASHPID" >>"$work/lost"
        done
    ) &
    streams+=($!)
}
streams=()
stream_end() {
    : >"$work/enough"
    wait "${streams[@]}"
    rm "$work/enough"
    streams=()
    [ ! -e "$work/lost" ] || fail "pings were lost: $(cat "$work/lost")"
}
