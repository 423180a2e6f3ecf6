#!/bin/bash
# numbered datagrams and streams as fast as they go, under new keys again and again, over a link that loses, repeats and reorders
. "$(dirname "$0")/../lib.sh"
seconds=${AC_SOAK_SECONDS:-60}
patience=120 # seconds that a program may take to begin: it may be a busy machine
every=$((seconds >= 300 ? 20 : 5)) # seconds from one rekeying to the next
warm=$((seconds >= 300 ? 60 : seconds / 6)) # of each half: what is used for the first time has been by then
growth=$((seconds >= 300 ? 256 : 1024)) # KiB that a program may take in the second half of what follows
stream() { in_ns "$client" python3 "$top/tests/e2e/stream.py" "$1" 172.16.1.10 8; }
helpers=() server=
trap 'quietly kill "${helpers[@]}" $server; quietly wait $server; net_down' EXIT

# memory: of both programs every second, in lines AGENT HEADEND, until $work/enough is there
memory() {
    while [ ! -e "$work/enough" ]; do
        echo "$(own "$agent_pid") $(own "$headend_pid")"
        sleep 1
    done
}
# flat: the receive buffers (udp_recv.c) are a MiB today and nothing after the next burst, so the least of each half counts
flat() { # LINES of the beginning that do not count
    awk -v skip="$1" -v growth=$growth '
        NR > skip { for (i = 1; i <= 2; i++) had[i, ++n[i]] = $i }
        function least(i, from, to,    k, min) { for (k = from; k <= to; k++) if (!min || had[i, k] < min) min = had[i, k]; return min }
        function most(i,    k, max) { for (k = 1; k <= n[i]; k++) if (had[i, k] > max) max = had[i, k]; return max }
        END {
            for (i = 1; i <= 2; i++) {
                a = least(i, 1, int(n[i] / 2)); b = least(i, int(n[i] / 2) + 1, n[i])
                printf "%s at least %d, then %d KiB, never more than %d%s", i == 1 ? "agent" : "; headend", a, b, most(i), i == 1 ? "" : "\n"
                bad += n[i] < 4 || b - a > growth
            }
            exit bad > 0
        }' "$work/memory"
}
spi() { cli stats --json | jq -r .spi_in; }
rekey() { in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey "$@"; }
# What has been thrown away so far, in lines NAME COUNT. By the kernel in these hosts: in full sockets, for want of a way, in full queues in
# front of and behind all interfaces; more than once, where several count it. By each end: packets that came again among them.
kernel_drops() {
    local ns
    for ns in "$@"; do
        {
            in_ns "$ns" awk '$1 != was { split($0, name); was = $1; next }
                { for (i = 2; i <= NF; i++) if (name[i] ~ /Discards|NoRoutes|FragFails|NoPorts|InErrors|SndbufErrors/) print $1 name[i], $i }' \
                /proc/net/snmp
            ip -n "$ns" -s -j link show | jq -r '.[] | "\(.ifname):in \(.stats64.rx.dropped)", "\(.ifname):out \(.stats64.tx.dropped)"'
            tc -n "$ns" -s -j qdisc show | jq -r '.[] | "\(.dev):\(.kind) \(.drops)"'
        } | sed "s/^/${ns##*-}:/"
    done
}
client_drops() { cli stats --json | jq -r '.drops | to_entries[] | "\(.key) \(.value)"'; }
head_drops() { headend_show crypto ipsec stats | sed -n '/^Dropped/,$s/^ *\([a-z_]*\): /\1 /p'; }
account() {
    kernel_drops $client $router >"$work/client-kernel.now"
    kernel_drops $head $inside $router >"$work/head-kernel.now"
    client_drops >"$work/client.now"
    head_drops >"$work/head.now"
}
# keep WHEN: the last account, as of then
keep() { local what; for what in client client-kernel head head-kernel; do cp "$work/$what.now" "$work/$what.$1"; done; }
# since WHEN WHAT: what it has counted from then until now, in lines NAME COUNT
since() { awk 'NR == FNR { was[$1] = $2; next } { print $1, $2 - was[$1] }' "$work/$2.$1" "$work/$2.now"; }
# The same in one number, of datagrams that may be missing: what came again had come; and the kernel counts what it has put together once.
lost() { since "$1" "$2" | awk -v each="$([[ $2 = *kernel ]] && echo 64 || echo 1)" '$1 != "replayed" { s += $2 * each } END { print s + 0 }'; }
counts() { # of one end, by name
    awk -v names="$2" 'BEGIN { split(names, n, " "); for (i in n) wanted[n[i]] } $1 in wanted { s += $2 } END { print s + 0 }' "$work/$1.now"
}
ledger() { # WHEN
    local end
    echo "seed $seed, $name"
    cat "$work/round" "$work/relay.log"
    for end in client head; do
        echo "$end: $(since "$1" $end | paste -sd ' ')"
        echo "$end, its kernel: $(since "$1" $end-kernel | grep -v ' 0$' | paste -sd ' ')"
    done
}

# A new child SA every few seconds, and every third time a new IKE SA as well, until $work/enough is there.
rekeys() {
    local n=0 was
    is_new() { [ "$(spi)" != "$was" ]; }
    while [ ! -e "$work/enough" ]; do
        was=$(spi)
        rekey name Anu >/dev/null || return 1
        wait_until $patience is_new || { echo "no new keys"; return 1; }
        n=$((n + 1))
        [ $((n % 3)) != 0 ] || rekey name Anu ike >/dev/null || return 1
        wait_until "$every" test -e "$work/enough" || true
    done
    echo $n >"$work/rekeyed"
}
streams() {
    local n=0
    while [ ! -e "$work/enough" ]; do
        stream send && stream get || return 1
        n=$((n + 16))
    done
    echo $n >"$work/streamed"
}
# of LINE FIELD: in the last report
of() { sed -n "s/^$1 .*\<$2 \(-*[0-9]*\).*/\1/p" "$work/round"; }
# round SECONDS: numbered datagrams both ways; each that has not come was lost by the relay, or is counted at the end that had it last
round() {
    local line at_client at_head counted_client counted_head
    keep before
    echo "$address $1" >&"${relay[1]}"
    : >"$work/round"
    while read -r line <&"${relay[0]}" && [ "$line" != done ]; do echo "$line" >>"$work/round"; done
    account
    [ "$(wc -l <"$work/round")" = 4 ] || fail "$(ledger before)"
    for line in "$(of up before)" "$(of up behind)" "$(of down before)" "$(of down behind)"; do
        [ "$line" -ge 0 ] || fail "more came than were sent: $(ledger before)"
    done
    at_client=$(($(of up before) + $(of down behind))) at_head=$(($(of down before) + $(of up behind)))
    counted_client=$(($(lost before client) + $(lost before client-kernel)))
    counted_head=$(($(lost before head) + $(lost before head-kernel)))
    [ $at_client -le $counted_client ] && [ $at_head -le $counted_head ] ||
        fail "missing at the client $at_client, of which it counts $counted_client; at the headend $at_head, of which it counts $counted_head: $(ledger before)"
    sed -n "s/^\(up\|down\) /$name: &/p" "$work/round"
    [ $((at_client + at_head)) = 0 ] || echo "$name: thrown away $at_client at the client, $at_head at the headend: $(ledger before)"
}
# both_ends_agree: nothing moves any more, so every packet of the tunnel is where it was counted: what an end has sealed the relay has seen,
# what the relay has passed on the other end has opened or refused, and what came twice was refused once.
both_ends_agree() {
    local way from to sealed opened unseen unopened twice=0 refused strangers thrown
    cli stats --json | jq -r '"sealed \(.packets_sent)", "opened \(.packets_received)"' >>"$work/client.now"
    headend_show crypto ipsec stats | awk '/^[IO]/ { way = $1 } /^ *Packets:/ { print way == "Inbound" ? "opened" : "sealed", $2 }' >>"$work/head.now"
    for way in up down; do
        [ $way = up ] && from=client to=head || from=head to=client
        sealed=$(counts $from sealed) opened=$(counts $to opened)
        unseen=$((sealed - $(of $way-esp passed) - $(of $way-esp lost)))
        unopened=$(($(of $way-esp passed) + $(of $way-esp twice) - opened - $(counts $to "replayed forged congested dummy")))
        [ $unseen -ge 0 ] && [ $unseen -le $(($(counts $from unsent) + $(lost start $from-kernel))) ] ||
            fail "$way, $unseen of $sealed sealed packets were not seen: $(ledger start)"
        [ $unopened -ge 0 ] && [ $unopened -le $(($(counts $to "malformed no_sa selector") + $(lost start $to-kernel))) ] ||
            fail "$way, $unopened packets that came are not among the $opened opened and the refused: $(ledger start)"
        twice=$((twice + $(of $way-esp twice)))
    done
    refused=$(($(counts client replayed) + $(counts head replayed))) strangers=$(($(counts client no_sa) + $(counts head no_sa)))
    echo "$name: $twice came twice, $refused refused, $strangers of no SA; the ends agree about $(($(counts client sealed) + $(counts head sealed))) packets"
    thrown=$(($(lost start client-kernel) + $(lost start head-kernel)))
    [ "$twice" -gt 0 ] && [ "$refused" -le "$twice" ] && [ "$twice" -le $((refused + strangers + thrown)) ] ||
        fail "not all that came twice was refused, or more: $(ledger start)"
}

relay_start() {
    local said
    coproc relay { exec "$bin/tests/full_rate" "/run/netns/$client" "/run/netns/$router" "/run/netns/$inside" "$seed" 2>"$work/relay.log"; }
    read -r said <&"${relay[0]}" || fail "no relay: $(cat "$work/relay.log")"
    echo "$name: $said"
}
relay_stop() {
    local to=${relay[1]} pid=$relay_PID
    exec {to}>&-
    wait "$pid" || fail "$(ledger start)"
}

half() { # NAME CONFIG SUITE THREADS
    local name=$1 address warmed rekeying streaming watching
    relay_start
    agent_config crypto.policy=legacy "tunnel.threads=$4" # that policy has AES-CBC with HMAC-SHA1
    headend_start "$2" --threads "$4"
    agent_start
    connect
    pings
    expect 0 cli stats --json
    grep -q "$3" "$work/out" || fail "the suite is not $3"
    address=$(ip -n "$client" -4 -j addr show dev acc0 | jq -r '.[0].addr_info[0].local')
    rm -f "$work/enough"
    account
    keep start
    rekeys >"$work/rekeys" 2>&1 & rekeying=$!
    streams >"$work/streams" 2>&1 & streaming=$!
    memory >"$work/memory" & watching=$!
    helpers=($rekeying $streaming $watching)
    round $warm
    warmed=$(wc -l <"$work/memory")
    round $((seconds / 2 - warm))
    touch "$work/enough"
    wait $watching
    wait $rekeying || fail "$name, seed $seed: rekeying: $(cat "$work/rekeys")"
    wait $streaming || fail "$name, seed $seed: streams: $(cat "$work/streams")"
    helpers=()
    echo "$name: $(cat "$work/rekeyed") rekeyings, $(cat "$work/streamed") MB in streams"
    flat "$warmed" >"$work/flat" || fail "$name: it has grown: $(cat "$work/flat"): $(paste -sd , "$work/memory")"
    echo "$name: $(cat "$work/flat")"
    # Nothing else moves now.
    round 1
    both_ends_agree
    expect 0 cli disconnect
    agent_stop
    headend_stop
    relay_stop
}

net_up
profile_of_the_vectors
sed -i 's|<HostAddress>10.0.0.1<|<HostAddress>192.168.1.254<|' "$work/profiles/anyconnect-ikev2.xml"
sed '/^crypto ipsec ikev2 ipsec-proposal gcm/,/esp integrity/{s/encryption .*/encryption aes-256/;s/integrity .*/integrity sha-1/}' "$modern_cfg" >"$work/cbc.cfg"
ip netns exec "$inside" python3 "$top/tests/e2e/stream.py" serve 172.16.1.10 >"$work/serve" 2>&1 &
server=$!
wait_until 20 grep -q ready "$work/serve"
half AES-GCM "$modern_cfg" AES-GCM-256 1
half AES-CBC "$work/cbc.cfg" AES-CBC-256 2
