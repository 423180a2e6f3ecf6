#include "agent/headend/show_words.h"

#include <glib.h>

/* One row for each cipher of suite.h that can be chosen. */
static const struct {
    uint16_t id;
    const char *encryption, *cipher, *transform;
    bool sized; /* the key length is part of the word */
} ciphers[] = {
    { ENCR_AES_CBC, "AES", "AES-CBC", "esp-aes", true },
    { ENCR_AES_GCM_16, "AES-GCM-", "AES-GCM", "esp-aes-gcm", true },
    { ENCR_CHACHA20_POLY1305, "CHACHA20-POLY1305", "CHACHA20-POLY1305", "esp-chacha20", false },
    { ENCR_3DES, "3DES", "3DES", "esp-3des", false },
};

static const struct {
    uint16_t id;
    const char *hashing, *hash, *transform;
} hashes[] = {
    { AUTH_HMAC_SHA1_96, "SHA1", "SHA96", "esp-sha-hmac" },
    { AUTH_HMAC_SHA2_256_128, "SHA256", "SHA256", "esp-sha-256-hmac" },
    { AUTH_HMAC_SHA2_384_192, "SHA384", "SHA384", "esp-sha-384-hmac" },
    { AUTH_HMAC_SHA2_512_256, "SHA512", "SHA512", "esp-sha-512-hmac" },
    { AUTH_NONE, "none", "N/A", "esp-null-hmac" },
};

static size_t
cipher_row(uint16_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ciphers); i++)
        if (ciphers[i].id == id)
            return i;
    return 0; /* unreachable for a suite that was chosen */
}

static size_t
hash_row(uint16_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hashes); i++)
        if (hashes[i].id == id)
            return i;
    return G_N_ELEMENTS(hashes) - 1;
}

void
show_encryption(const Suite *s, char ret[static SHOW_WORD_MAX])
{
    size_t i = cipher_row(s->encr);

    if (s->encr == 0)
        g_strlcpy(ret, "none", SHOW_WORD_MAX);
    else if (ciphers[i].sized)
        g_snprintf(ret, SHOW_WORD_MAX, "%s%u", ciphers[i].encryption, s->key_bits);
    else
        g_strlcpy(ret, ciphers[i].encryption, SHOW_WORD_MAX);
}

void
show_cipher(const Suite *s, char ret[static SHOW_WORD_MAX])
{
    size_t i = cipher_row(s->encr);

    if (ciphers[i].sized)
        g_snprintf(ret, SHOW_WORD_MAX, "%s, keysize: %u", ciphers[i].cipher, s->key_bits);
    else
        g_strlcpy(ret, ciphers[i].cipher, SHOW_WORD_MAX);
}

void
show_transform(const Suite *s, char ret[static SHOW_WORD_MAX])
{
    size_t i = cipher_row(s->encr), k = hash_row(s->integ);

    if (ciphers[i].sized && s->key_bits != 128)
        g_snprintf(ret, SHOW_WORD_MAX, "%s-%u %s", ciphers[i].transform, s->key_bits,
                   hashes[k].transform);
    else
        g_snprintf(ret, SHOW_WORD_MAX, "%s %s", ciphers[i].transform, hashes[k].transform);
}

const char *
show_hashing(uint16_t integ)
{
    return hashes[hash_row(integ)].hashing;
}

const char *
show_hash(uint16_t integ)
{
    return hashes[hash_row(integ)].hash;
}

const char *
show_prf(uint16_t prf)
{
    switch (prf) {
    case PRF_HMAC_SHA1:
        return "SHA1";
    case PRF_HMAC_SHA2_256:
        return "SHA256";
    case PRF_HMAC_SHA2_384:
        return "SHA384";
    case PRF_HMAC_SHA2_512:
        return "SHA512";
    default:
        return "none";
    }
}

const char *
show_verify(IkeWay way)
{
    switch (way) {
    case IKE_WAY_PSK:
        return "PSK";
    case IKE_WAY_CERT:
        return "RSA";
    case IKE_WAY_CERT_EAP:
        return "RSA, EAP";
    case IKE_WAY_EAP:
        break;
    }
    return "EAP";
}

const char *
show_auth_mode(IkeWay way)
{
    switch (way) {
    case IKE_WAY_PSK:
        return "preSharedKeys";
    case IKE_WAY_CERT:
        return "rsaCertificate";
    case IKE_WAY_CERT_EAP:
        return "rsaCertificate and userPassword";
    case IKE_WAY_EAP:
        break;
    }
    return "userPassword";
}

/* The prefix that is exactly @s; of one address when there is none. */
static Prefix
prefix_of(const Selector *s)
{
    for (unsigned len = 0; len <= addr_len(&s->first) * 8; len++) {
        Prefix p = { s->first, (uint8_t)len };
        Addr last = prefix_last(&p);

        if (prefix_contains(&p, &s->first) && addr_equal(&last, &s->last)) {
            Selector whole = selector_of_prefix(&p);

            if (addr_equal(&whole.first, &s->first))
                return p;
        }
    }
    return (Prefix){ s->first, (uint8_t)(addr_len(&s->first) * 8) };
}

char *
show_ident(const Selector *s)
{
    Prefix p = prefix_of(s);
    Addr mask = prefix_mask(&p);
    char addr[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX];
    unsigned port = s->port_first == s->port_last ? s->port_first : 0;

    return g_strdup_printf("%s/%s/%u/%u", addr_format(&p.addr, addr), addr_format(&mask, text),
                           s->proto, port);
}
