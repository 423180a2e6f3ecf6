#!/bin/bash
# a silent gateway: the backup servers of the profile are tried in order, one of them answers
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg" ike.retransmit_tries=2
sed 's|</HostAddress>|&<BackupServerList><HostAddress>10.0.0.8</HostAddress><HostAddress>10.0.0.1</HostAddress></BackupServerList>|; s|<HostAddress>10.0.0.1</HostAddress><Backup|<HostAddress>10.0.0.9</HostAddress><Backup|' \
    "$top/tests/vectors/anyconnect-ikev2.xml" >"$work/profiles/anyconnect-ikev2.xml"
connect
pings
expect 0 cli disconnect
expect 0 cli trust list
has 10.0.0.1 # the backup is remembered by its own name
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
expect 0 cli disconnect
unchanged
