# lib.sh - a small internet in network namespaces, and both programs in it. Sourced by demo.sh and by the scenarios.
#
#   client 192.168.1.1 -- 192.168.1.254 router 10.0.0.254 -- 10.0.0.1 headend 172.16.1.1 -- 172.16.1.10 inside host

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${AC_BIN:-$top/build/release}
work=$(mktemp -d /tmp/acclient.XXXXXX)
net=acc-${work##*.}              # prefix of the namespaces: as unique as the folder
chmod 755 "$work"
user=65534                       # an ordinary user without rights: nobody
client=$net-client router=$net-router head=$net-head inside=$net-inside

# A program in the background is started with ip netns exec itself, so that $! is its own number.
in_ns() { local ns=$1; shift; ip netns exec "$ns" "$@"; }
quietly() { "$@" >/dev/null 2>&1 || true; }
# wait_until SECONDS COMMAND...: until it succeeds; fails when the time is over. No read -t from a <(:) instead of sleep: bash keeps the
# numbers of those, and waits for ever for a child that is given one of them again.
wait_until() {
    local deadline=$(($(date +%s) + $1)); shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# link NS1 DEV1 ADDR1 NS2 DEV2 ADDR2
link() {
    ip -n "$1" link add "$2" type veth peer name "$5" netns "$4"
    ip -n "$1" addr add "$3" dev "$2"
    ip -n "$4" addr add "$6" dev "$5"
    ip -n "$1" link set "$2" up
    ip -n "$4" link set "$5" up
}

net_up() {
    local ns
    for ns in $client $router $head $inside; do
        ip netns add "$ns"
        ip -n "$ns" link set lo up
    done
    link "$client" eth0 192.168.1.1/24 "$router" lan 192.168.1.254/24
    link "$head" outside 10.0.0.1/24 "$router" wan 10.0.0.254/24
    link "$inside" eth0 172.16.1.10/24 "$head" inside 172.16.1.1/24
    ip -n "$client" route add default via 192.168.1.254
    ip -n "$head" route add default via 10.0.0.254
    ip -n "$inside" route add default via 172.16.1.1
    in_ns "$router" sysctl -qw net.ipv4.ip_forward=1
    in_ns "$head" sysctl -qw net.ipv4.ip_forward=1
}

# IPv6 outside: client 2001:db8:c::1 -- 2001:db8:c::fe router 2001:db8:a::fe -- 2001:db8:a::1 headend
net6_up() {
    ip -n "$client" addr add 2001:db8:c::1/64 dev eth0 nodad
    ip -n "$router" addr add 2001:db8:c::fe/64 dev lan nodad
    ip -n "$router" addr add 2001:db8:a::fe/64 dev wan nodad
    ip -n "$head" addr add 2001:db8:a::1/64 dev outside nodad
    ip -n "$client" route add default via 2001:db8:c::fe
    ip -n "$head" route add default via 2001:db8:a::fe
    in_ns "$router" sysctl -qw net.ipv6.conf.all.forwarding=1
    in_ns "$head" sysctl -qw net.ipv6.conf.all.forwarding=1
}
# config6 FILE: the modern configuration with IPv6 outside and IPv6 addresses to give
config6() {
    sed 's|^ ip address 10.0.0.1 .*|&\n ipv6 address 2001:db8:a::1/64|
        s|^ip local pool.*|&\nipv6 local pool modern6 2001:db8:2::1/64 100|
        s|^ address-pool modern|&\n ipv6-address-pool modern6|' "$modern_cfg" >"$1"
}
# inside6_up: IPv6 behind the headend
inside6_up() {
    ip -n "$head" addr add 2001:db8:1::1/64 dev inside nodad
    ip -n "$inside" addr add 2001:db8:1::10/64 dev eth0 nodad
    ip -n "$inside" route add default via 2001:db8:1::1
    in_ns "$head" sysctl -qw net.ipv6.conf.all.forwarding=1
}
# nat_up [PORTS]: the router hides the client behind its own address. nat_rebind [PORTS]: and forgets what it knew.
nat_up() {
    command -v nft >/dev/null && command -v conntrack >/dev/null ||
        { echo "nft and conntrack are needed (tests/deps.sh all)" >&2; exit 1; }
    nat_rules "${1:-}" | in_ns "$router" nft -f -
}
# At no time without rules: a packet would go out as it came.
nat_rebind() {
    { echo 'delete table ip nat'; nat_rules "${1:-}"; } | in_ns "$router" nft -f -
    expect 0 in_ns "$router" conntrack -F
}
nat_rules() {
    cat <<RULES
table ip nat {
    chain post {
        type nat hook postrouting priority 100;
        oifname wan meta l4proto udp masquerade ${1:+to :$1};
    }
}
RULES
}

# watch_clear: count what leaves the client for the inside and is not in the tunnel; no_clear: there was none
watch_clear() {
    command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }
    in_ns "$client" nft -f - <<'RULES'
table inet clear {
    chain post {
        type filter hook postrouting priority 300;
        oifname { "eth0", "wlan0" } ip daddr 172.16.1.0/24 counter
        oifname { "eth0", "wlan0" } ip6 daddr 2001:db8:1::/64 counter
    }
}
RULES
}
no_clear() {
    local n
    n=$(in_ns "$client" nft list table inet clear | awk '/counter/ { for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1) } END { print n + 0 }')
    [ "$n" = 0 ] || fail "$n packets for the inside left in the clear"
}

# Whatever happens, and however far it came: nothing of ours stays. A second signal does not interrupt it.
net_down() {
    local ns broken
    trap '' INT TERM HUP
    agent_stop; headend_stop
    for ns in /run/netns/"$net"-*; do # not ip netns list: it stumbles over those that others take away
        [ -e "$ns" ] || continue
        ns=${ns##*/}
        ip netns pids "$ns" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
        ip netns del "$ns" || true
    done
    # A precondition that GLib finds broken is a defect, though the program goes on.
    broken=$(grep -hF 'assertion ' "$work"/*.log 2>/dev/null || true)
    rm -rf "$work"
    [ -z "$broken" ] || { echo "FAILED: $broken"; exit 1; }
}
trap net_down EXIT

# headend_start CONFIG [OPTION...]
headend_start() {
    local config=$1; shift
    ip netns exec "$head" "$bin/acheadend" --config "$config" --state "$work/head" --control "$work/head.sock" \
        --log "${AC_LOG:-message}" "$@" >>"$work/headend.log" 2>&1 &
    headend_pid=$!
    wait_until "${patience:-60}" test -S "$work/head.sock" || { cat "$work/headend.log" >&2; return 1; }
}
headend_stop() {
    [ -n "${headend_pid:-}" ] || return 0
    quietly kill "$headend_pid"; wait "$headend_pid" 2>/dev/null || true
    headend_pid=
}
headend_show() { in_ns "$head" "$bin/acheadend" --control "$work/head.sock" show "$@"; }

# agent_config [SECTION.KEY=VALUE...]: acclient.conf, the control socket open to our ordinary user
agent_config() {
    local kv
    printf '[control]\nallow = user:%s\n' "$user" >"$work/acclient.conf"
    for kv in "$@"; do
        printf '[%s]\n%s = %s\n' "${kv%%.*}" "$(k=${kv#*.}; echo "${k%%=*}")" "${kv#*=}" >>"$work/acclient.conf"
    done
}
# how often the agent has said that it is ready: its socket is there before users may come in
agent_readies() { grep -cs '^acagentd: ready on' "$work/agent.log" || true; }
agent_ready_again() { [ "$(agent_readies)" -gt "$1" ]; }
# agent_start [OPTION...]: with $work/hosts and $work/passwd, where they are, as its /etc/hosts and /etc/passwd
agent_start() {
    local before; before=$(agent_readies); before=${before:-0}
    local etc=()
    mkdir -p "$work/profiles"
    [ ! -e "$work/hosts" ] && [ ! -e "$work/passwd" ] || etc=(unshare --mount sh -c '
        for name in hosts passwd; do
            [ -e "$0/$name" ] || continue
            [ -e "/etc/$name" ] || { cp -a /etc "$0/etc.own" && touch "$0/etc.own/$name" && mount --bind "$0/etc.own" /etc; } || exit
            mount --bind "$0/$name" "/etc/$name" || exit
        done; exec "$@"' "$work")
    "${etc[@]}" ip netns exec "$client" "$bin/acagentd" --config "$work/acclient.conf" --profiles "$work/profiles" \
        --state "$work/agent" --socket "$work/agent.sock" --log "${AC_LOG:-message}" "$@" >>"$work/agent.log" 2>&1 &
    agent_pid=$!
    wait_until "${patience:-60}" agent_ready_again "$before" || { cat "$work/agent.log" >&2; return 1; }
}
# "${as_device[@]}" ID COMMAND...: as a machine of that id, which is in its own /etc (after devices_prepare)
as_device=(unshare -m sh -c 'printf "%032x\n" "$1" >"$0/id$1" && mount --bind "$0/etc" /etc && mount --bind "$0/id$1" /etc/machine-id &&
    shift && exec "$@"' "$work")
devices_prepare() { cp -a /etc "$work/etc" && touch "$work/etc/machine-id"; }
agent_stop() {
    [ -n "${agent_pid:-}" ] || return 0
    quietly kill "$agent_pid"; wait "$agent_pid" 2>/dev/null || true
    agent_pid=
}

# cli ARGUMENT...: acclient as an ordinary user in the client's namespace
cli() {
    in_ns "$client" setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs \
        "$bin/acclient" --socket "$work/agent.sock" "$@"
}

# What the host's network looks like; equal before and after
snapshot() {
    in_ns "$client" sh -c 'ip -o addr show scope global | sed "s/ *valid_lft.*//"; ip rule; ip -6 rule;
        ip route show table all | grep -v "^local\|^broadcast"; ip -6 route show table all | grep -v "^local\|^multicast\|^fe80"; cat /etc/resolv.conf
        nft -s list ruleset | sed "/^table inet clear {/,/^}/d"' 2>/dev/null
}

# ---- what a scenario says -----------------------------------------------------------------------------------------

fail() {
    echo "FAILED: $*" >&2
    tail -n 15 "$work"/*.log "$work/out" "$work/err" >&2 2>/dev/null || true
    exit 1
}
trap 'fail "stopped in $BASH_COMMAND, lines ${BASH_LINENO[*]}"' TERM
# expect CODE COMMAND...: run it, keep its output in $work/out and $work/err, insist on its exit code
expect() {
    local want=$1 got=0; shift
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$want" ] || fail "exit $got, not $want: $*"
}
# has TEXT / lacks TEXT: in the output of the last expect
has() { grep -qF -- "$1" "$work/out" "$work/err" || fail "not said: $1"; }
lacks() { ! grep -qF -- "$1" "$work/out" "$work/err" || fail "said: $1"; }
logged() { grep -qF -- "$2" "$work/$1.log" || fail "$1 did not log: $2"; }
# answers LINE...: as standard input of -s
answers() { printf '%s\n' "$@"; }
pings6() { in_ns "$client" ping -6 -q -c 3 -i 0.2 -W 20 2001:db8:1::10 >/dev/null || fail "no IPv6 ping through the tunnel"; }
# a single ping now, for wait_until
ping_once() { in_ns "$client" ping -q -c 1 -W 1 172.16.1.10; }
# times_said agent|headend WORDS: how often. is_anew N: the agent has logged in anew so often.
times_said() { grep -c -- "$2" "$work/$1.log" || true; }
is_anew() { [ "$(times_said agent 'logged in anew')" -ge "$1" ]; }
pings() { in_ns "$client" ping -q -c 3 -i 0.2 -W 20 172.16.1.10 >/dev/null || fail "no ping through the tunnel"; }
# ping_on [EVERY [ARGUMENT...]]: pings from $pinger, the client if not said, through the tunnel until no_ping_lost "$pinging"
ping_on() {
    local every=${1:-0.1} arguments=("${@:2}")
    [ ${#arguments[@]} -gt 0 ] || arguments=(172.16.1.10)
    (exec ip netns exec "${pinger:-$client}" ping -n -q -i "$every" "${arguments[@]}" >>"$work/pinging.$BASHPID" 2>&1) &
    pinging=$!
    wait_until 20 minds_quit "$pinging" || fail "ping does not begin: $(cat "$work/pinging.$pinging")"
}
minds_quit() { grep -q '^SigCgt:.*[4-7c-f]$' "/proc/$1/status"; }
# no_ping_lost PID: they end at a moment when each has been answered
no_ping_lost() {
    wait_until 20 all_answered "$1" || fail "pings lost, answered/sent: $(ping_count "$1")"
    quietly kill -KILL "$1"; quietly wait "$1"
}
# pings_each EVERY N [ARGUMENT...]: N, and more, are all answered. ping -c waits for the last no longer than twice the slowest before it took.
pings_each() {
    ping_on "$1" "${@:3}"
    more_pings "$2" "$pinging"
    no_ping_lost "$pinging"
}
all_answered() { have_answered 1 "$1" && [ "$(unanswered "$1")" = 0 ]; }
unanswered() { ping_count "$1" | awk -F / '{ print $2 - $1 }'; }
# more_pings N PID: so many more are answered
more_pings() {
    local n
    n=$(($(ping_count "$2" | cut -d / -f 1) + $1))
    wait_until 60 have_answered "$n" "$2" || fail "no more pings, answered/sent: $(ping_count "$2")"
}
have_answered() { [ "$(ping_count "$2" | cut -d / -f 1)" -ge "$1" ]; }
ping_count() { # as ping says when it is asked
    : >"$work/pinging.$1"
    kill -QUIT "$1"
    wait_until 20 grep -q packets "$work/pinging.$1" || fail "ping does not say how many have come"
    grep -oE '[0-9]+/[0-9]+' "$work/pinging.$1" | head -n 1
}
remember_before() { snapshot >"$work/before"; }
unchanged() { snapshot >"$work/after"; diff -u "$work/before" "$work/after" >&2 || fail "the host's network has changed"; }

seed_cfg=$top/tests/vectors/asa-ikev2.cfg
modern_cfg=$top/tests/vectors/asa-modern.cfg
profile_of_the_vectors() {
    mkdir -p "$work/profiles"
    cp "$top/tests/vectors/anyconnect-ikev2.xml" "$work/profiles/"
}
# up CONFIG [SETTING...]: the internet, a headend, an agent with the profile of the vectors
up() {
    local config=$1; shift
    net_up
    profile_of_the_vectors
    agent_config "$@"
    [ "$config" = none ] || headend_start "$config"
    agent_start
    remember_before
}
connect() { expect 0 cli -s connect Anu-IKEV2 < <(answers y y Anu cisco123); }
