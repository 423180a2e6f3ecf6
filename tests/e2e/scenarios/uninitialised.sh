#!/bin/bash
# both programs under a checker of memory: nothing is sent or decided by octets that were never written, also under junk
. "$(dirname "$0")/../lib.sh"
command -v valgrind >/dev/null || { echo "valgrind is needed (tests/deps.sh all)" >&2; exit 1; }
# A folder of programs that run under it; forget.c has a free() of its own, hence the synonym.
patience=150 # the headend makes an RSA key first, and all of it is slow here
mkdir "$work/bin"
for program in acheadend acagentd; do
    cat >"$work/bin/$program" <<RUN
#!/bin/bash
exec valgrind --quiet --soname-synonyms=somalloc=NONE --log-file=$work/$program.valgrind "$bin/$program" "\$@"
RUN
    chmod +x "$work/bin/$program"
done
ln -s "$bin/acclient" "$work/bin/acclient"
net_up
profile_of_the_vectors
agent_config
headend_start "$modern_cfg" # its key is made once, and not under the checker
headend_stop
rm -f "$work/head.sock"
bin=$work/bin
headend_start "$modern_cfg"
agent_start
wait_until 60 cli hosts || fail "the agent does not answer" # the socket is there a moment before it is open to us
connect
pings
port=$(in_ns "$client" ss -Huan 'dport = :4500' | awk '{ print $4; exit }' | sed 's/.*://')
[ -n "$port" ] || fail "the client's socket was not found"
in_ns "$router" python3 "$top/tests/e2e/junk.py" 192.168.1.1 "$port" 10.0.0.1 4500 lan 7 300
in_ns "$router" python3 "$top/tests/e2e/junk.py" 192.168.1.1 500 10.0.0.1 500 lan 9 300
in_ns "$router" python3 "$top/tests/e2e/junk.py" 10.0.0.1 4500 192.168.1.1 "$port" wan 8 300
pings
expect 0 cli disconnect
agent_stop
headend_stop
for program in acheadend acagentd; do
    [ -e "$work/$program.valgrind" ] || fail "$program did not run under valgrind"
    [ ! -s "$work/$program.valgrind" ] || { head -n 60 "$work/$program.valgrind" >&2; fail "$program used what was never written"; }
done
