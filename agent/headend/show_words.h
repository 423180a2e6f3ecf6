/* show_words.h - algorithms in the words of an ASA. */
#pragma once

#include <stddef.h>

#include "agent/base/selector.h"
#include "agent/crypto/suite.h"
#include "agent/ike/ike_sa.h"

enum { SHOW_WORD_MAX = 48 };

/* "AES192", "AES-GCM-256", "3DES", "none" when there is no child. */
void show_encryption(const Suite *s, char ret[static SHOW_WORD_MAX]);
/* "AES-CBC, keysize: 192", "3DES". */
void show_cipher(const Suite *s, char ret[static SHOW_WORD_MAX]);
/* "esp-aes-256 esp-sha-hmac". */
void show_transform(const Suite *s, char ret[static SHOW_WORD_MAX]);
const char *show_hashing(uint16_t integ); /* "SHA1", "none" */
const char *show_hash(uint16_t integ);    /* "SHA96", "SHA256", "N/A" */
const char *show_prf(uint16_t prf);
/* What the peer has proved itself with: "EAP", "PSK", "RSA" for any certificate. */
const char *show_verify(IkeWay way);
/* The same as "show vpn-sessiondb" has it: "userPassword", "preSharedKeys", "rsaCertificate". */
const char *show_auth_mode(IkeWay way); /* "SHA1" */
/* "10.2.2.1/255.255.255.255/0/0": address, mask, protocol, port of a selector that is a prefix;
 * otherwise its first address and a mask of one address. */
char *show_ident(const Selector *s);
