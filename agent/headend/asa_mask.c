#include "agent/headend/asa_mask.h"

#include <glib.h>

/* A secret stands behind one of these words, unless @not_after stands before. */
static const struct {
    const char *word, *not_after;
} heads[] = {
    { "pre-shared-key", NULL },      { "key", "trustpoint" },    { "community", NULL },
    { "ldap-login-password", NULL }, { "password", "username" }, { "hex", NULL },
    { "passphrase", NULL },          { "passwd", NULL },
};

static bool
is_word(const AsaLine *l, size_t i, const char *word)
{
    return i < l->n && g_str_equal(l->word[i], word);
}

static bool
is_before(const AsaLine *l, size_t i, const char *word)
{
    for (size_t k = 0; k < i; k++)
        if (is_word(l, k, word))
            return true;
    return false;
}

/* "username U password P [WORD ...]": P is the password itself, or a hash that serves as one. */
static bool
is_user_secret(const AsaLine *l, size_t i)
{
    return i == 3 && is_word(l, 0, "username") && is_word(l, 2, "password") &&
           !is_word(l, 4, "encrypted") && !is_word(l, 4, "pbkdf2");
}

/* "pre-shared-key local SECRET" of a router, "pre-shared-key hex SECRET" of an ASA */
static bool
is_manner(const AsaLine *l, size_t i)
{
    return i > 0 && is_word(l, i - 1, "pre-shared-key") && i + 1 < l->n &&
           (is_word(l, i, "local") || is_word(l, i, "remote") || is_word(l, i, "hex"));
}

/* Words of a person, who may write about keys. */
static bool
is_prose(const AsaLine *l)
{
    return is_word(l, 0, "banner") || is_word(l, 0, "description") || is_word(l, 2, "remark");
}

static bool
is_secret(const AsaLine *l, size_t i)
{
    size_t head = i;
    const char *form;

    if (i == 0 || is_prose(l) || is_word(l, i + 1, "encrypted") || is_word(l, i + 1, "pbkdf2") ||
        is_manner(l, i))
        return false;
    if (is_user_secret(l, i) || (i == 2 && is_word(l, 0, "ldap-dn")) ||
        (i == 3 && is_word(l, 0, "!acheadend") && is_word(l, 1, "ppk") && l->word[3][0] != '/'))
        return true;
    /* "key 8 SECRET": the form of what follows */
    form = l->word[i - 1];
    if (g_str_equal(form, "0") || g_str_equal(form, "6") || g_str_equal(form, "7") ||
        g_str_equal(form, "8"))
        head--;
    if (head > 0 && is_manner(l, head - 1))
        head--;
    for (size_t k = 0; head > 0 && k < G_N_ELEMENTS(heads); k++)
        if (is_word(l, head - 1, heads[k].word) &&
            !(heads[k].not_after && is_before(l, head - 1, heads[k].not_after)))
            return true;
    return false;
}

char *
asa_mask(const AsaLine *line)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *from = line->text;

    for (size_t i = 0; i < line->n; i++) {
        const char *end = i + 1 < line->n ? line->rest[i + 1] : line->text + strlen(line->text);

        if (!is_secret(line, i))
            continue;
        g_string_append_len(out, from, line->rest[i] - from);
        g_string_append(out, ASA_MASKED);
        if (i + 1 < line->n)
            g_string_append_c(out, ' ');
        from = end;
    }
    g_string_append(out, from);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
