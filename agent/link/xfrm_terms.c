#include "agent/link/xfrm_terms.h"

#include <netinet/in.h>

#include "agent/esp/esp_replay.h"

enum {
    POLICIES_MAX = 64,  /* of one child SA and direction */
    PREFIXES_MAX = 254, /* of one range: selector_prefixes() */
};

/* Documentation/crypto and net/xfrm/xfrm_algo.c of Linux. */
static const struct {
    uint16_t id;
    const char *name;
    bool aead;
} ciphers[] = {
    { ENCR_AES_GCM_16, "rfc4106(gcm(aes))", true },
    { ENCR_CHACHA20_POLY1305, "rfc7539esp(chacha20,poly1305)", true },
    { ENCR_AES_CBC, "cbc(aes)", false },
    { ENCR_3DES, "cbc(des3_ede)", false },
};

static const struct {
    uint16_t id;
    const char *name;
} hashes[] = {
    { AUTH_HMAC_SHA1_96, "hmac(sha1)" },
    { AUTH_HMAC_SHA2_256_128, "hmac(sha256)" },
    { AUTH_HMAC_SHA2_384_192, "hmac(sha384)" },
    { AUTH_HMAC_SHA2_512_256, "hmac(sha512)" },
};

static const char *
hash_name(uint16_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hashes); i++)
        if (hashes[i].id == id)
            return hashes[i].name;
    return NULL;
}

bool
xfrm_terms_algs(const Suite *suite, XfrmAlgs *ret)
{
    const char *auth = hash_name(suite->integ);

    for (size_t i = 0; i < G_N_ELEMENTS(ciphers); i++) {
        if (ciphers[i].id != suite->encr || !(ciphers[i].aead || auth))
            continue;
        *ret = ciphers[i].aead ? (XfrmAlgs){ .aead = ciphers[i].name }
                               : (XfrmAlgs){ .crypt = ciphers[i].name, .auth = auth };
        return true;
    }
    return false;
}

/* Any port, or one. */
static bool
take_ports(const Selector *s, uint16_t *ret_port, uint16_t *ret_mask)
{
    bool any = s->port_first == 0 && s->port_last == UINT16_MAX;

    if (!any &&
        (s->port_first != s->port_last || s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6))
        return false;
    *ret_port = any ? 0 : s->port_first;
    *ret_mask = any ? 0 : UINT16_MAX;
    return true;
}

static bool
add_pair(GArray *sels, const Selector *local, const Selector *remote)
{
    XfrmSel sel = { .proto = local->proto ? local->proto : remote->proto };
    Prefix src[PREFIXES_MAX], dst[PREFIXES_MAX];
    size_t n_src = selector_prefixes(local, src, G_N_ELEMENTS(src));
    size_t n_dst = selector_prefixes(remote, dst, G_N_ELEMENTS(dst));

    if (!n_src || !n_dst || sels->len + n_src * n_dst > POLICIES_MAX ||
        !take_ports(local, &sel.sport, &sel.sport_mask) ||
        !take_ports(remote, &sel.dport, &sel.dport_mask))
        return false;
    for (size_t i = 0; i < n_src; i++)
        for (size_t k = 0; k < n_dst; k++) {
            sel.src = src[i];
            sel.dst = dst[k];
            g_array_append_val(sels, sel);
        }
    return true;
}

GArray *
xfrm_terms_sels(const Selector *local, size_t n_local, const Selector *remote, size_t n_remote)
{
    GArray *sels = g_array_new(FALSE, FALSE, sizeof(XfrmSel));
    bool good = true;

    for (size_t i = 0; good && i < n_local; i++)
        for (size_t k = 0; good && k < n_remote; k++) {
            const Selector *l = local + i, *r = remote + k;

            if (l->first.family != r->first.family ||
                (l->proto && r->proto && l->proto != r->proto))
                continue; /* no packet has both */
            good = add_pair(sels, l, r);
        }
    if (good && sels->len)
        return sels;
    g_array_unref(sels);
    return NULL;
}

XfrmSel
xfrm_terms_back(const XfrmSel *sel)
{
    return (XfrmSel){ .src = sel->dst,
                      .dst = sel->src,
                      .proto = sel->proto,
                      .sport = sel->dport,
                      .sport_mask = sel->dport_mask,
                      .dport = sel->sport,
                      .dport_mask = sel->sport_mask };
}

bool
xfrm_terms_window(const EspRules *rules, bool esn, uint32_t *ret)
{
    if (rules->replay_window == ESP_REPLAY_OFF && esn)
        return false; /* it guesses the high half of a number from the window */
    *ret = rules->replay_window == ESP_REPLAY_OFF ? 0
           : rules->replay_window                 ? MIN(rules->replay_window, XFRM_WINDOW_MAX)
                                                  : ESP_REPLAY_BITS;
    return true;
}

uint64_t
xfrm_terms_newest(const XfrmReplay *r)
{
    uint64_t ret = 0;

    for (uint64_t i = 0; i < MIN(64, r->window) && i < r->in; i++) {
        uint32_t bit = (uint32_t)((r->in - i - 1) % r->window);

        if (r->ring[bit / 32] >> bit % 32 & 1)
            ret |= (uint64_t)1 << i;
    }
    return ret;
}
