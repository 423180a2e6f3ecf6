# table.sh - what was measured, against what must be. Sourced by plane.sh; $out has a file PEER.MEASURE of lines "ROUND NUMBER".

# within A B: A / B of each round that has both
within() { [ ! -s "$out/$1" ] || [ ! -s "$out/$2" ] || awk 'NR == FNR { b[$1] = $2; next } $1 in b && b[$1] > 0 { print $2 / b[$1] }' "$out/$2" "$out/$1"; }
plainly() { [ ! -s "$out/$1" ] || awk '{ print $2 }' "$out/$1"; }
spread() { sort -g | awk '{ v[NR] = $1 } END { if (NR) printf "%.3g %.3g %.3g %d\n", v[int((NR + 1) / 2)], v[1], v[NR], NR }'; }

line() { printf '%-58s %-12s %-8s %-28s %s\n' "$@"; }
# row WHAT MUST STRIVE ALONE: of the numbers on standard input. MUST and STRIVE are bounds, >=N or <=N; ALONE is what must be with
# OpenSSL alone, - for nothing other.
row() {
    local median least most n met=no
    read -r median least most n < <(spread) || { line "$1" "$2" "$3" 'not measured' '-'; return 0; }
    meets() { awk -v m="$median" -v b="$1" 'BEGIN { n = substr(b, 3) + 0; exit !(b ~ /^>/ ? m + 0 >= n : m + 0 <= n) }'; }
    ! { [ "$4" != - ] && meets "$4"; } || met="as with OpenSSL alone ($4)"
    ! meets "$2" || met=yes
    ! meets "$3" || met='yes, as striven for'
    line "$1" "$2" "$3" "$median [$least..$most] of $n" "$met"
}
# no_row WHAT: of the numbers on standard input, which nothing is demanded of
no_row() {
    local median least most n
    ! read -r median least most n < <(spread) || line "$1" - - "$median [$least..$most] of $n" -
}
# bench_esp's last column for a suite, of the worse way, with the engine that is chosen when nothing is said
sealing() { # SUITE
    local f
    for f in "$out"/bench_esp.*; do
        [ ! -e "$f" ] || awk -v s="$1" '$1 == s && $2 == 1400 && /plane/ { for (i = 2; i <= NF; i++) if ($i == "of") v = $(i - 1)
            e = / auto / ? 1 : 0
            if (!(e in m) || v + 0 < m[e]) m[e] = v + 0 } END { if (1 in m) print m[1]; else if (0 in m) print m[0] }' "$f"
    done
}

table_all() {
    local m
    echo
    line 'measure' 'must' 'strive' 'measured' 'met'
    if wanted tcp; then
        within ours_gcm.tcp swan_gcm.tcp | row 'TCP, one stream, AES-128-GCM / strongSwan' '>=12' '>=16' '>=7'
        within ours_gcm.tcp openconnect.tcp | row '  / OpenConnect with ocserv, DTLS AES-128-GCM' '>=6' '>=8' '>=3.5'
        [ -z "$wg_new" ] || within ours_gcm.tcp wgnew.tcp | row '  / wireguard-go with offloads' '>=3.5' '>=4.5' '>=2'
        within ours_gcm.tcp wg12.tcp | row "  / wireguard-go of Debian 12" '>=10' '>=10' -
        within ours_gcm.tcp ceiling.tcp | row '  / the pump without ESP' '>=0.70' '>=0.85' '>=0.42'
        within ours_cbc.tcp swan_cbc.tcp | row 'TCP, one stream, AES-256-CBC with HMAC-SHA1 / strongSwan' '>=11' '>=15' '>=4'
        within ours_cbc.tcp ceiling.tcp | row '  / the pump without ESP' '>=0.45' '>=0.56' '>=0.15'
        within ours_gcm.tcp.cpu swan_gcm.tcp.cpu | row 'processor time of both ends a GB / strongSwan' '<=0.07' '<=0.05' '<=0.13'
        within ours_gcm.tcp.cpu ceiling.tcp.cpu | row '  / the pump without ESP' '<=1.7' '<=1.3' '<=3'
    fi
    if wanted streams; then
        within ours_gcm.reverse ours_gcm.tcp | row 'reverse direction / one stream' '>=0.9' '>=1' -
        within ours_gcm.four ours_gcm.tcp | row 'four streams / one stream' '>=0.9' '>=1' -
        within ours_gcm.both ours_gcm.tcp | row 'both directions, sum / one stream' '>=0.9' '>=1' -
    fi
    if wanted udp; then
        within ours_gcm.udp64 swan_gcm.udp64 | row 'packets of 64 octets at 0.5 % loss / strongSwan' '>=5' '>=7' '>=3.5'
        within ours_gcm.udp64.gathered swan_gcm.udp64.gathered | no_row '  received as the kernel has them (UDP_GRO)'
        within ceiling.udp64 swan_gcm.udp64 | no_row '  the pump without ESP / strongSwan'
        within ours_gcm.udp1300 swan_gcm.udp1300 | row 'packets of 1300 octets at 0.5 % loss / strongSwan' '>=5.5' '>=7' '>=3.5'
        within ours_gcm.udp1300.gathered swan_gcm.udp1300.gathered | no_row '  received as the kernel has them (UDP_GRO)'
        within ceiling.udp1300 swan_gcm.udp1300 | no_row '  the pump without ESP / strongSwan'
        within ours_gcm.flood64 ours_gcm.udp64 | row 'under a flood of 64 octets / own best' '>=0.85' '>=1' -
        within ours_gcm.flood1300 ours_gcm.udp1300 | row 'under a flood of 1300 octets / own best' '>=0.85' '>=1' -
    fi
    if wanted ping; then
        within ours_gcm.ping swan_gcm.ping | row 'round trip of an idle tunnel / strongSwan' '<=0.7' '<=0.5' -
        within ours_gcm.ping plain.ping | row '  / the pump without ESP, one packet a call' '<=1.5' '<=1.2' -
    fi
    ! wanted connect || within ours_gcm.connect swan_gcm.connect | row 'command to first ping / swanctl --initiate' '<=0.6' '<=0.4' -
    ! wanted clients || within ours_gcm.clients200 ours_gcm.clients1 | row 'headend with 200 clients sending, sum / one client' '>=0.85' '>=0.95' -
    ! wanted sessions || plainly ours_gcm.drop | row 'TCP lost while 1000 further sessions are set up' '<=0.10' '<=0.03' -
    if wanted memory; then
        plainly ours_gcm.rss.client | row 'resident memory after load, client, MiB' '<=12' '<=8' -
        plainly ours_gcm.rss.head | row '  headend, MiB' '<=12' '<=8' -
    fi
    if wanted seal; then
        sealing AES-GCM-128 | row 'seal and open, 1400 octets, AES-128-GCM / raw library' '>=0.9' '>=0.95' -
        sealing AES-CBC-256/SHA1_96 | row '  AES-256-CBC with HMAC-SHA1 / raw library' '>=0.9' '>=0.95' -
    fi
    ! wanted cable || within ours_gcm-cable.tcp swan_gcm-cable.tcp | row 'TCP, one stream, a cable without offloads / strongSwan' '>=5.5' '>=7' '>=3'
    printf '\n%-26s %s\n' 'as measured' 'median [least..most]'
    for m in "$out"/*.tcp "$out"/*.cpu "$out"/*.reverse "$out"/*.four "$out"/*.both "$out"/*.udp* "$out"/*.flood* "$out"/*.ping "$out"/*.connect "$out"/*.clients* "$out"/*.rss.* "$out"/*.anon.*; do
        [ ! -s "$m" ] || printf '%-26s %s\n' "${m##*/}" "$(awk '{ print $2 }' "$m" | spread | awk '{ print $1 " [" $2 ".." $3 "]" }')"
    done
}

# floor WHAT LEAST: fails when the median of the numbers on standard input is below, or there is none
floor() {
    local median least most n
    read -r median least most n < <(spread) || { echo "$1: not measured, others were busy"; return 1; }
    printf '%-58s %s [%s..%s] of %s, at least %s\n' "$1" "$median" "$least" "$most" "$n" "$2"
    awk -v m="$median" -v b="$2" 'BEGIN { exit !(m + 0 >= b + 0) }'
}
# best MEASURE: of all rounds, also the disturbed ones
best() { cat "$out/$1" "$out/$1.disturbed" 2>/dev/null | awk '{ print $2 }' | sort -g | tail -1; }
# undisturbed A B: as within, of the rounds in which both had the machine for themselves; where there are not two of these, nothing,
# and at last the best of each: what others take only ever slows.
undisturbed() {
    local calm
    calm=$(within "$1" "$2")
    if [ "$(wc -w <<<"$calm")" -ge 2 ]; then
        echo "$calm"
    elif [ "$round" = "$last" ]; then
        echo "others were always busy: the best of each, $1 and $2" >&2
        awk -v a="$(best "$1")" -v b="$(best "$2")" 'BEGIN { if (b > 0) print a / b }'
    fi
}
# A fifth below the floors, as machines that run tests drift.
table_floors() {
    local code=0
    undisturbed ours_gcm.tcp swan_gcm.tcp | floor 'TCP, one stream, AES-128-GCM / strongSwan' 5.6 || code=1
    undisturbed ours_gcm.tcp ceiling.tcp | floor '  / the pump without ESP' 0.336 || code=1
    undisturbed ours_gcm.flood1300 ours_gcm.udp1300 | floor 'under a flood of 1300 octets / own best' 0.68 || code=1
    return $code
}
