#include "agent/ike/ike_keyrow.h"

#include "agent/ike/ike_sa_private.h"

/* What Wireshark calls them. */
static const struct {
    uint16_t encr;
    const char *ike; /* and the key length */
    const char *ike_rest, *esp;
} ciphers[] = {
    { ENCR_AES_CBC, "AES-CBC", " [RFC3602]", "AES-CBC [RFC3602]" },
    { ENCR_AES_GCM_16, "AES-GCM", " with 16 octet ICV [RFC5282]",
      "AES-GCM with 16 octet ICV [RFC4106]" },
    { ENCR_3DES, "3DES", " [RFC2451]", "TripleDES-CBC [RFC2451]" },
};
static const struct {
    uint16_t integ;
    const char *ike, *esp;
} macs[] = {
    { AUTH_NONE, "NONE [RFC4306]", "NULL" },
    { AUTH_HMAC_SHA1_96, "HMAC_SHA1_96 [RFC2404]", "HMAC-SHA-1-96 [RFC2404]" },
    { AUTH_HMAC_SHA2_256_128, "HMAC_SHA2_256_128 [RFC4868]", "HMAC-SHA-256-128 [RFC4868]" },
    { AUTH_HMAC_SHA2_384_192, "HMAC_SHA2_384_192 [RFC4868]", "HMAC-SHA-384-192 [RFC4868]" },
    { AUTH_HMAC_SHA2_512_256, "HMAC_SHA2_512_256 [RFC4868]", "HMAC-SHA-512-256 [RFC4868]" },
};

static bool
find(const Suite *suite, size_t *cipher, size_t *mac)
{
    for (*cipher = 0; *cipher < G_N_ELEMENTS(ciphers); ++*cipher)
        if (ciphers[*cipher].encr == suite->encr)
            break;
    for (*mac = 0; *mac < G_N_ELEMENTS(macs); ++*mac)
        if (macs[*mac].integ == suite->integ)
            break;
    return *cipher < G_N_ELEMENTS(ciphers) && *mac < G_N_ELEMENTS(macs);
}

/* Long enough from the beginning, so that no half of a key is left behind by growing. */
static GString *
row_new(void)
{
    return g_string_sized_new(1024);
}

static void
add_hex(GString *row, Slice key)
{
    for (size_t i = 0; i < key.len; i++)
        g_string_append_printf(row, "%02x", key.p[i]);
}

static void
add_key(GString *row, const Secret *key)
{
    add_hex(row, secret_view(key));
    g_string_append_c(row, ',');
}

char *
ike_keyrow_ike(uint64_t spi_i, uint64_t spi_r, const Suite *suite, const IkeKeys *k)
{
    GString *row;
    size_t c, m;

    if (!find(suite, &c, &m))
        return NULL;
    row = row_new();
    g_string_printf(row,
                    "ikev2_decryption_table:%016" G_GINT64_MODIFIER "x,%016" G_GINT64_MODIFIER "x,",
                    spi_i, spi_r);
    add_key(row, &k->ei);
    add_key(row, &k->er);
    g_string_append_printf(row, "\"%s", ciphers[c].ike);
    if (suite_find(TRANSFORM_ENCR, suite->encr)->key_len_attr)
        g_string_append_printf(row, "-%u", suite->key_bits);
    g_string_append_printf(row, "%s\",", ciphers[c].ike_rest);
    add_key(row, &k->ai);
    add_key(row, &k->ar);
    g_string_append_printf(row, "\"%s\"", macs[m].ike);
    return g_string_free(row, FALSE);
}

/* Only what has octets is a number to Wireshark. */
static void
add_number(GString *row, Slice key)
{
    g_string_append(row, key.len ? "\"0x" : "\"");
    add_hex(row, key);
    g_string_append_c(row, '"');
}

char *
ike_keyrow_esp(AddrFamily family, uint32_t spi, const Suite *suite, Slice key, Slice integ)
{
    GString *row;
    size_t c, m;

    if (!find(suite, &c, &m))
        return NULL;
    row = row_new();
    g_string_printf(row, "esp_sa:\"%s\",\"*\",\"*\",\"0x%08x\",\"%s\",",
                    family == ADDR_V6 ? "IPv6" : "IPv4", spi, ciphers[c].esp);
    add_number(row, key);
    g_string_append_printf(row, ",\"%s\",", macs[m].esp);
    add_number(row, integ);
    return g_string_free(row, FALSE);
}

static void
tell(IkeSa *sa, char *row)
{
    if (!row)
        return;
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_KEYS, .text = row });
    explicit_bzero(row, strlen(row));
    g_free(row);
}

void
ike_sa_show_keys(IkeSa *sa, const IkeEpoch *e)
{
    if (sa->config->export_keys)
        tell(sa, ike_keyrow_ike(e->spi_i, e->spi_r, &e->suite, &e->keys));
}

/* The outer family may change with the path. */
void
ike_sa_show_child_keys(IkeSa *sa, const IkeChild *c)
{
    static const AddrFamily families[] = { ADDR_V4, ADDR_V6 };

    for (size_t i = 0; sa->config->export_keys && i < G_N_ELEMENTS(families); i++) {
        tell(sa, ike_keyrow_esp(families[i], c->spi_in, &c->suite, secret_view(&c->key_in),
                                secret_view(&c->integ_in)));
        tell(sa, ike_keyrow_esp(families[i], c->spi_out, &c->suite, secret_view(&c->key_out),
                                secret_view(&c->integ_out)));
    }
}
