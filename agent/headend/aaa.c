#include "agent/headend/aaa.h"

#include <openssl/evp.h>

#include "agent/crypto/ct.h"
#include "agent/crypto/digest.h"
#include "agent/crypto/mschap.h"

enum { MD5_TEXT = 16, SALT_MAX = 64, KEY_MIN = 16, KEY_MAX = 64, ROUNDS_NEW = 5000 };

static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct Aaa {
    const AsaConfig *config;
    unsigned rounds; /* of the costliest hash */
};

/* $sha512$ROUNDS$SALT$HASH taken apart. */
typedef struct Pbkdf2 {
    unsigned rounds;
    size_t salt_len, key_len;
    uint8_t salt[SALT_MAX], key[KEY_MAX];
} Pbkdf2;

/* Base64 of @min to @max octets; strict, where GLib skips what it does not know. */
static bool
decode64(const char *text, size_t min, size_t max, uint8_t *ret, size_t *ret_len)
{
    size_t len = strlen(text), n;
    g_autofree guchar *octets = NULL;
    g_autofree char *again = NULL;

    if (len > max * 2)
        return false;
    octets = g_base64_decode(text, &n);
    again = g_base64_encode(octets, n);
    if (n < min || n > max || !g_str_equal(again, text))
        return false;
    memcpy(ret, octets, n);
    *ret_len = n;
    return true;
}

static bool
pbkdf2_parse(const char *hash, Pbkdf2 *ret)
{
    g_auto(GStrv) part = g_strsplit(hash, "$", 6);
    guint64 rounds;

    if (g_strv_length(part) != 5 || part[0][0] || !g_str_equal(part[1], "sha512") ||
        !g_ascii_string_to_unsigned(part[2], 10, 1, AAA_ROUNDS_MAX, &rounds, NULL) ||
        !decode64(part[3], 8, SALT_MAX, ret->salt, &ret->salt_len) ||
        !decode64(part[4], KEY_MIN, KEY_MAX, ret->key, &ret->key_len))
        return false;
    ret->rounds = (unsigned)rounds;
    return true;
}

static void
derive(const Pbkdf2 *form, Slice password, uint8_t ret[KEY_MAX])
{
    int ok = PKCS5_PBKDF2_HMAC((const char *)password.p, (int)password.len, form->salt,
                               (int)form->salt_len, (int)form->rounds, EVP_sha512(),
                               (int)form->key_len, ret);

    g_assert(ok == 1); /* parameters are all in range */
}

bool
aaa_hash_valid(const char *hash, bool pbkdf2)
{
    Pbkdf2 form;

    if (pbkdf2)
        return pbkdf2_parse(hash, &form);
    return strlen(hash) == MD5_TEXT && strspn(hash, letters) == MD5_TEXT;
}

char *
aaa_hash_md5(const char *user, Slice password)
{
    uint8_t block[32] = { 0 }, md[DIGEST_MAX];
    size_t len = MIN(password.len, sizeof(block)), user_len = strlen(user);
    char text[MD5_TEXT + 1] = "", *at = text;

    if (len)
        memcpy(block, password.p, len);
    for (size_t i = 0; i < 4 && user_len && password.len < 28; i++)
        block[len++] = (uint8_t)user[i % user_len];
    g_assert(digest("MD5", &(Slice){ block, len > 16 ? 32 : 16 }, 1, md) == 16);
    explicit_bzero(block, sizeof(block));
    for (size_t i = 0; i < 16; i += 4) {
        uint32_t v = md[i] | (uint32_t)md[i + 1] << 8 | (uint32_t)md[i + 2] << 16;

        for (size_t k = 0; k < 4; k++, v >>= 6)
            *at++ = letters[v & 63];
    }
    return g_strdup(text);
}

char *
aaa_hash_pbkdf2(Slice password, const uint8_t salt[static 16])
{
    Pbkdf2 form = { .rounds = ROUNDS_NEW, .salt_len = 16, .key_len = 16 };
    g_autofree char *salt64 = g_base64_encode(salt, 16);
    g_autofree char *key64 = NULL;

    memcpy(form.salt, salt, 16);
    derive(&form, password, form.key);
    key64 = g_base64_encode(form.key, form.key_len);
    return g_strdup_printf("$sha512$%u$%s$%s", form.rounds, salt64, key64);
}

Aaa *
aaa_new(const AsaConfig *config)
{
    Aaa *a = g_new0(Aaa, 1);
    Pbkdf2 form;

    a->config = config;
    for (guint i = 0; i < config->users->len; i++) {
        const AsaUser *u = g_ptr_array_index(config->users, i);

        if (u->form == ASA_USER_PBKDF2 && pbkdf2_parse(u->hash, &form))
            a->rounds = MAX(a->rounds, form.rounds);
    }
    return a;
}

void
aaa_free(Aaa *a)
{
    g_free(a);
}

/* PBKDF2 against @hash, or against nothing when there is none; always a->rounds of work. */
static bool
check_pbkdf2(const Aaa *a, const char *hash, Slice password)
{
    Pbkdf2 form = { .rounds = a->rounds, .salt_len = 16, .key_len = KEY_MIN };
    uint8_t key[KEY_MAX], rest[KEY_MAX];
    bool ok = false;

    if (a->rounds == 0)
        return false;
    if (hash)
        g_assert(pbkdf2_parse(hash, &form)); /* was checked when the line was read */
    derive(&form, password, key);
    ok = hash && ct_equal((Slice){ key, form.key_len }, (Slice){ form.key, form.key_len });
    form.rounds = a->rounds - form.rounds;
    if (form.rounds)
        derive(&form, password, rest);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(rest, sizeof(rest));
    return ok;
}

/* The digest makes the time the same whatever the lengths. */
static bool
same_text(Slice a, Slice b)
{
    uint8_t x[DIGEST_MAX], y[DIGEST_MAX];
    size_t len = digest("SHA256", &a, 1, x);

    /* No digest at all is no equal digest. */
    return len > 0 && digest("SHA256", &b, 1, y) == len &&
           ct_equal((Slice){ x, len }, (Slice){ y, len });
}

static bool
check_nt(const AsaUser *u, Slice password)
{
    g_auto(Secret) hash = { 0 };

    return mschap_nt_hash(password, &hash) && u && u->form == ASA_USER_NT &&
           ct_equal(secret_view(&hash), secret_view(&u->secret));
}

const AsaUser *
aaa_check(const Aaa *a, const char *user, Slice password)
{
    const AsaUser *u = asa_config_user(a->config, user);
    const char *md5 = u && u->form == ASA_USER_MD5 ? u->hash : "................";
    const char *pbkdf2 = u && u->form == ASA_USER_PBKDF2 ? u->hash : NULL;
    bool fits = password.len > 0 && password.len <= AAA_PASSWORD_MAX;
    Slice p = fits ? password : slice_of("");
    g_autofree char *got = aaa_hash_md5(user, p);
    bool right_md5 = ct_equal(slice_of(got), slice_of(md5));
    bool right_pbkdf2 = check_pbkdf2(a, pbkdf2, p);
    bool right_plain =
        same_text(p, u && u->form == ASA_USER_PLAIN ? secret_view(&u->secret) : slice_of("."));
    bool right_nt = check_nt(u, p);

    if (!u || !fits)
        return NULL;
    switch (u->form) {
    case ASA_USER_MD5:
        return right_md5 && password.len <= AAA_MD5_PASSWORD_MAX ? u : NULL;
    case ASA_USER_PBKDF2:
        return right_pbkdf2 ? u : NULL;
    case ASA_USER_PLAIN:
        return right_plain ? u : NULL;
    case ASA_USER_NT:
        return right_nt ? u : NULL;
    }
    return NULL;
}
