#!/bin/bash
# our headend wants a cookie, then another group than the one guessed: a client of strongSwan brings both
. "$(dirname "$0")/../lib.sh"
ike=aes256gcm16-prfsha384-ecp256-ecp384
asa_global="crypto ikev2 cookie-challenge always"
net_up
psk_headend_and_client
swan_up
pings
swan_down
swan_logged 'parsed IKE_SA_INIT response 0 \[ N\(COOKIE\) \]'
swan_logged 'generating IKE_SA_INIT request 0 \[ N\(COOKIE\) SA KE '
swan_logged 'parsed IKE_SA_INIT response 0 \[ N\(INVAL_KE\) \]'
