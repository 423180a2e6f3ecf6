#!/bin/bash
# broken and hostile profiles: a sentence with file and line, exit code, nothing changed
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
p=$work/profiles
bad() { # NAME EXIT SAID
    expect "$2" cli connect Bad --non-interactive
    has "$3"
    has "$1"
    unchanged
    rm -f "$p/$1"
}
printf '<ServerList>\n<HostEntry>\n<HostAddress>10.0.0.1</HostAddress>\n</HostEntry>\n</ServerList>\n' >"$p/nohost.xml"
bad nohost.xml 10 'HostName'
printf '<!DOCTYPE x [<!ENTITY a "b">]>\n<ServerList><HostEntry><HostName>Bad</HostName></HostEntry></ServerList>\n' >"$p/dtd.xml"
bad dtd.xml 10 'DTD'
{ echo '<ServerList>'; head -c 10000000 /dev/zero | tr '\0' ' '; echo '</ServerList>'; } >"$p/huge.xml"
bad huge.xml 10 'huge.xml'
printf '<?xml version="1.0" encoding="UTF-8"?>\n<ServerList><HostEntry><HostName>B\xe4d</HostName></HostEntry></ServerList>\n' >"$p/encoding.xml"
bad encoding.xml 10 'encoding.xml:2'
printf '<ServerList><HostEntry><HostName>Bad</HostName>\n' >"$p/cut.xml"
bad cut.xml 10 'cut.xml'
printf '<ServerList><HostEntry><HostName>Bad</HostName><HostAddress>10.0.0.1</HostAddress></HostEntry></ServerList>\n' >"$p/ssl.xml"
bad ssl.xml 7 'OpenConnect'
# unknown elements are kept and are no failure
sed 's/<UserGroup>/<NewElement>1<\/NewElement>\n<UserGroup>/; s/Anu-IKEV2/Newer/' "$top/tests/vectors/anyconnect-ikev2.xml" >"$p/newer.xml"
expect 0 cli -s connect Newer < <(answers y n Anu cisco123)
