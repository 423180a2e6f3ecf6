# token.sh - a token with the certificate "laptops" and its key, played by SoftHSM in $work. Sourced by scenarios after
# standard.sh.

softhsm=/usr/lib/softhsm/libsofthsm2.so
token_uri="pkcs11:token=anu;object=laptops?module-path=$softhsm"
# token_make PIN: everything of SoftHSM, the agent included, finds it in $work
token_make() {
    mkdir "$work/token"
    printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$work/token" >"$work/softhsm2.conf"
    export SOFTHSM2_CONF=$work/softhsm2.conf
    {
        openssl pkcs8 -topk8 -nocrypt -in "$ca/laptops.key" -out "$work/laptops.p8"
        openssl x509 -in "$ca/laptops.pem" -outform DER -out "$work/laptops.der"
        softhsm2-util --init-token --free --label anu --pin "$1" --so-pin 567890
        softhsm2-util --import "$work/laptops.p8" --token anu --label laptops --id 01 --pin "$1"
        pkcs11-tool --module "$softhsm" --token-label anu --login --pin "$1" --write-object "$work/laptops.der" --type cert --label laptops --id 01
    } >"$work/softhsm.log" 2>&1 || fail "no token: $(cat "$work/softhsm.log")"
    rm "$work/laptops.p8" "$ca/laptops.key" # nowhere but in the token
}
# token_out / token_in: it is pulled out, plugged in again
token_out() { mv "$work/token" "$work/drawer" && mkdir "$work/token"; }
token_in() { rm -r "$work/token" && mv "$work/drawer" "$work/token"; }
