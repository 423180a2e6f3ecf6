#!/bin/bash
# the certificate is found at home: as the profile's CertificateMatch says, asked for among several, opened with the user's rights
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
standard_config
issue desks 'extendedKeyUsage=clientAuth' 2>>"$work/openssl.log"
mkdir -p "$work/home/.cisco/certificates/client/private"
store=$work/home/.cisco/certificates/client
# keep NAME: at home, its owner the user
keep() {
    cp "$ca/$1.pem" "$store/$1.pem"
    cp "$ca/$1.key" "$store/private/$1.key"
    chmod 600 "$store/private/$1.key"
    chown -R "$user" "$work/home"
}
# profile SETTINGS
profile() {
    echo "<AnyConnectProfile><ClientInitialization><CertificateStoreLinux>User</CertificateStoreLinux>$1</ClientInitialization>
        <ServerList><HostEntry><HostName>Desk</HostName><HostAddress>10.0.0.1</HostAddress><PrimaryProtocol>IPsec
        <StandardAuthenticationOnly>true<AuthMethodDuringIKENegotiation>IKE-ECDSA</AuthMethodDuringIKENegotiation>
        <IKEIdentity>laptops</IKEIdentity></StandardAuthenticationOnly></PrimaryProtocol></HostEntry></ServerList>
        </AnyConnectProfile>" >"$work/profiles/desk.xml"
}
name() { echo "<CertificateMatch><DistinguishedName><DistinguishedNameDefinition><Name>CN</Name><Pattern>$1</Pattern>
    </DistinguishedNameDefinition></DistinguishedName></CertificateMatch>"; }
sed "s|^nobody:.*|nobody:x:$user:$user::$work/home:/bin/false|" /etc/passwd >"$work/passwd"
up "$ca/standard.cfg" trust.ca_file="$ca/ca.pem"

profile ''
expect 17 cli connect Desk
has "none that is valid, has the right kind of key is in $work/home/.cisco/certificates"
keep laptops
expect 0 cli --non-interactive connect Desk
pings
expect 0 cli status
has 'Login:          certificate'
expect 0 cli disconnect
logged headend 'user laptops connected'

keep desks
profile "$(name desks)"
expect 0 cli --non-interactive connect Desk
expect 0 cli disconnect
logged headend 'user desks connected'
profile "$(name nobody)"
expect 17 cli connect Desk
has "and fits the profile's CertificateMatch"

# of two a person chooses
profile '<AutomaticCertSelection>false</AutomaticCertSelection>'
expect 13 cli --non-interactive connect Desk
expect 0 cli --non-interactive connect Desk --answer client_certificate=desks
expect 0 cli disconnect
openssl pkcs8 -topk8 -in "$ca/desks.key" -passout pass:sesame -out "$store/private/desks.key"
expect 0 cli -s connect Desk < <(answers 0 sesame)
has 'CN=desks, issued by CN=ca'
pings
expect 0 cli disconnect

# a key of root's that the user cannot read does not log the user in, though root could
rm "$store"/desks.pem
chown 0:0 "$store/private/laptops.key"
expect 17 cli connect Desk
has 'Permission denied'
unchanged
