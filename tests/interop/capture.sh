# capture.sh - what is on the wire, written down and read again by tcpdump and tshark. Sourced by lib.sh.

# capture NAMESPACE DEVICE: everything that passes there, until capture_stop, to $work/wire.pcap
capture() {
    local end
    # A device that sums up itself is handed many datagrams in one, to cut; what it is handed is not what is on a wire.
    for end in "$client eth0" "$router lan" "$router wan" "$head outside"; do
        ip netns exec "${end% *}" python3 "$top/tests/interop/swap.py" plain "${end#* }"
    done
    ip netns exec "$1" tcpdump -i "$2" -Z root -U --immediate-mode -B 8192 -w "$work/wire.pcap" >"$work/tcpdump.log" 2>&1 &
    capture_pid=$!
    wait_until 60 grep -q 'listening on' "$work/tcpdump.log" || fail "tcpdump does not start"
}
capture_stop() {
    quietly kill -INT "$capture_pid"; wait "$capture_pid" 2>/dev/null || true
    grep -q '^0 packets dropped by kernel' "$work/tcpdump.log" || fail "the capture has holes"
}
# Of IP nothing but IKE, and ESP in UDP. ARP and what IPv6 says on the link are the link's own; that one of those packets
# could not be delivered (nobody has the port, or the address) is said by quoting it.
only_the_tunnel_on_the_wire() {
    local stray
    stray=$(tcpdump -n -r "$work/wire.pcap" \
        '(ip or ip6) and not (udp port 500 or udp port 4500) and not src net fe80::/10 and not dst net ff02::/16
         and not (icmp6 and ip6[40] >= 133 and ip6[40] <= 137)
         and not (icmp[0] = 3 and icmp[17] = 17 and (icmp[28:2] = 500 or icmp[28:2] = 4500 or icmp[30:2] = 500 or icmp[30:2] = 4500))
         and not (icmp6 and ip6[40] = 1 and ip6[54] = 17
             and (ip6[88:2] = 500 or ip6[88:2] = 4500 or ip6[90:2] = 500 or ip6[90:2] = 4500))' 2>/dev/null)
    [ -z "$stray" ] || fail "in the clear: $(head -n 5 <<<"$stray")"
    [ -n "$(tcpdump -n -c 1 -r "$work/wire.pcap" '(ip and udp port 4500 and udp[8:4] != 0 and udp[4:2] > 9) or
        (ip6 and udp port 4500 and ip6[48:4] != 0 and ip6[44:2] > 9)' 2>/dev/null)" ] || fail "no ESP on the wire"
}

# read_wire [ARGUMENT...]: tshark with the keys that our programs have exported to $work/keys
read_wire() {
    WIRESHARK_CONFIG_DIR=$work/keys tshark -n -r "$work/wire.pcap" -o esp.enable_encryption_decode:TRUE \
        -o esp.enable_authentication_check:TRUE "$@" 2>"$work/tshark.log"
}
# read_wire_blind: the same without any key
read_wire_blind() { WIRESHARK_CONFIG_DIR=$work/no-keys tshark -n -r "$work/wire.pcap" "$@" 2>/dev/null; }
# seen FILTER / unseen FILTER: packets that a display filter of Wireshark finds
seen() { [ -n "$(read_wire -Y "$1" -c 100000 -T fields -e frame.number)" ] || fail "not on the wire: $1"; }
# first_seen FILTER: the number of the first of them
first_seen() {
    local numbers
    numbers=$(read_wire -Y "$1" -T fields -e frame.number)
    [ -n "$numbers" ] || fail "not on the wire: $1"
    echo "${numbers%%[!0-9]*}"
}
unseen() {
    local found
    found=$(read_wire -Y "$1")
    [ -z "$found" ] || fail "on the wire: $1: $found"
}
# read_everything: the capture as text in $work/read; whole, every payload named, every SK, SKF and ESP open and its ICV right
read_everything() {
    read_wire -V >"$work/read"
    none '[Mm]alformed'
    none '\[incorrect'
    none 'Payload: (Unknown|RESERVED|PRIVATE|\()'
    none 'Notify Message Type: (Unknown|.*UNASSIGNED)'
    as_many 'Integrity Checksum Data: .*\[correct\]' "$(lines 'Payload: Encrypted and Authenticated')"
    as_many 'ESP ICV: .*\[correct\]' "$(lines '^Encapsulating Security Payload')"
}
lines() { grep -cE -- "$1" "$work/read" || true; } # PATTERN: how many
none() { ! grep -E -m 3 -- "$1" "$work/read" >&2 || fail "tshark reads $1"; }
as_many() { [ "$(lines "$1")" -ge "$2" ] || fail "tshark reads $(lines "$1") times, not $2: $1"; }
