#include <sys/stat.h>

#include "agent/headend/asa_check.h"
#include "agent/headend/asa_mask.h"
#include "agent/headend/asa_parse_private.h"

static const AsaRule *const tables[] = {
    asa_lines_net,  asa_lines_crypto, asa_lines_ca,  asa_lines_map,      asa_lines_access,
    asa_lines_peer, asa_lines_policy, asa_lines_esp, asa_lines_harmless, NULL
};

static void
note_here(AsaParse *p, bool error, const char *format, va_list ap)
{
    g_autofree char *text = g_strdup_vprintf(format, ap);

    asa_note(p->notes, error, p->line.number, "%s", text);
}

void
asa_parse_fail(AsaParse *p, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    note_here(p, true, format, ap);
    va_end(ap);
}

void
asa_parse_warn(AsaParse *p, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    note_here(p, false, format, ap);
    va_end(ap);
}

const char *
asa_parse_keep(AsaParse *p, const char *text)
{
    return g_string_chunk_insert_const(p->strings, text);
}

void *
asa_parse_add(AsaParse *p, GPtrArray *items, size_t size, const char *what)
{
    void *item;

    if (items->len == ASA_ITEMS_MAX) {
        asa_parse_fail(p, "more than %d %s", ASA_ITEMS_MAX, what);
        return NULL;
    }
    item = g_malloc0(size);
    g_ptr_array_add(items, item);
    return item;
}

bool
asa_parse_number(AsaParse *p, const char *word, const char *what, uint32_t min, uint32_t max,
                 uint32_t *ret)
{
    guint64 v;

    if (!g_ascii_string_to_unsigned(word, 10, min, max, &v, NULL)) {
        asa_parse_fail(p, "%s \"%s\" is not a number from %u to %u", what, word, min, max);
        return false;
    }
    *ret = (uint32_t)v;
    return true;
}

bool
asa_parse_addr(AsaParse *p, const char *word, AddrFamily family, Addr *ret)
{
    Addr a;

    if (!addr_parse(word, &a) || (family != ADDR_NONE && a.family != family)) {
        asa_parse_fail(p, "\"%s\" is not an %s address", word,
                       family == ADDR_V4   ? "IPv4"
                       : family == ADDR_V6 ? "IPv6"
                                           : "IP");
        return false;
    }
    *ret = a;
    return true;
}

bool
asa_parse_interface(AsaParse *p, const AsaArgs *a, Addr *ret, Prefix *ret_net)
{
    Addr addr, mask;
    Prefix net;

    if (!asa_parse_addr(p, a->v[0], ADDR_V4, &addr) || !asa_parse_addr(p, a->v[1], ADDR_V4, &mask))
        return false;
    if (!prefix_from_mask(&addr, &mask, &net)) {
        asa_parse_fail(p, "\"%s\" is not a network mask", a->v[1]);
        return false;
    }
    if (addr_is_unspecified(&addr) || addr_is_multicast(&addr)) {
        asa_parse_fail(p, "%s cannot be the address of an interface", a->v[0]);
        return false;
    }
    *ret = addr;
    *ret_net = net;
    return true;
}

/* A file whose secrets were hidden when it was printed has a key that everybody knows. */
static bool
is_hidden(AsaParse *p, const char *word, const char *what)
{
    if (!g_str_equal(word, ASA_MASKED))
        return false;
    asa_parse_fail(p, "the %s is hidden: this file was printed without its secrets", what);
    return true;
}

bool
asa_parse_secret(AsaParse *p, const char *word, const char *what, size_t min, size_t max,
                 Secret *ret)
{
    size_t len = strlen(word);

    if (is_hidden(p, word, what))
        return false;
    if (len < min || len > max) {
        asa_parse_fail(p, "the %s has %zu octets, not %zu to %zu", what, len, min, max);
        return false;
    }
    secret_set(ret, slice_of(word));
    return true;
}

bool
asa_parse_hex(AsaParse *p, const char *word, const char *what, size_t min, size_t max, Secret *ret)
{
    size_t len = strlen(word);

    if (is_hidden(p, word, what))
        return false;
    if (len % 2 || len < min * 2 || len > max * 2 ||
        strspn(word, "0123456789ABCDEFabcdef") != len) {
        asa_parse_fail(p, "the %s is not hexadecimal of %zu to %zu digits", what, min * 2, max * 2);
        return false;
    }
    secret_alloc(ret, len / 2);
    for (size_t i = 0; i < ret->len; i++)
        ret->p[i] = (uint8_t)(g_ascii_xdigit_value(word[i * 2]) << 4 |
                              g_ascii_xdigit_value(word[i * 2 + 1]));
    return true;
}

bool
asa_parse_names(AsaParse *p, const AsaArgs *a, AsaNames *ret)
{
    size_t n = p->line.n - a->rest;

    if (n > ASA_NAMES_MAX) {
        asa_parse_fail(p, "more than %d names on one line", ASA_NAMES_MAX);
        return false;
    }
    ret->line = p->line.number;
    ret->n = n;
    for (size_t i = 0; i < n; i++)
        ret->v[i] = asa_parse_keep(p, p->line.word[a->rest + i]);
    return true;
}

/* Is @word one of the choices of the pattern word @choices[0..len), "enable|disable"? */
static bool
is_choice(const char *choices, size_t len, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = choices, *end = choices + len; at < end;) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        size_t one = (size_t)((bar ? bar : end) - at);

        if (one == n && memcmp(at, word, n) == 0)
            return true;
        at += one + 1;
    }
    return false;
}

/* Do the words of @line from @i on fit the pattern? Fills @ret as it goes. */
static bool
fits(const char *pattern, const AsaLine *line, size_t i, AsaArgs *ret)
{
    ret->n = 0;
    for (const char *at = pattern; *at; i++) {
        size_t len = strcspn(at, " ");
        bool choice = memchr(at, '|', len) != NULL;

        if (i >= line->n)
            return false;
        if (*at == '*') {
            ret->rest = i;
            ret->v[ret->n++] = line->rest[i];
            return true;
        }
        if (*at != '#' && !is_choice(at, len, line->word[i]))
            return false;
        if (*at == '#' || choice)
            ret->v[ret->n++] = line->word[i];
        at += len + (at[len] == ' ');
    }
    return i == line->n;
}

static const AsaRule *
find_rule(const AsaParse *p, AsaContext in, size_t first, AsaArgs *ret)
{
    for (const AsaRule *const *t = p->tables; *t; t++)
        for (const AsaRule *r = *t; r->pattern; r++)
            if (r->in == in && fits(r->pattern, &p->line, first, ret))
                return r;
    return NULL;
}

/* One warning for an unknown line and all that stood below it. */
static void
flush_unknown(AsaParse *p)
{
    if (!p->skip_text)
        return;
    if (p->skip_n)
        asa_note(p->notes, false, p->skip_line, "ignored with the %u lines below it: %s", p->skip_n,
                 p->skip_text);
    else
        asa_note(p->notes, false, p->skip_line, "ignored: %s", p->skip_text);
    g_clear_pointer(&p->skip_text, g_free);
    p->skip_n = 0;
}

static void
keep_running(AsaParse *p)
{
    g_autofree char *text = asa_mask(&p->line);

    for (unsigned i = 0; i < p->line.indent; i++)
        g_string_append_c(p->running, ' ');
    g_string_append(p->running, text);
    g_string_append_c(p->running, '\n');
}

static void
push(AsaParse *p, AsaContext context)
{
    if (p->depth == ASA_DEPTH_MAX) {
        asa_parse_fail(p, "is nested deeper than %d levels", ASA_DEPTH_MAX);
        return;
    }
    p->stack[p->depth].indent = p->line.indent;
    p->stack[p->depth].context = context;
    p->stack[p->depth++].object = p->object;
}

static void
obey(AsaParse *p, const AsaRule *rule, const AsaArgs *a)
{
    if (rule->bad && !rule->run)
        asa_parse_fail(p, "%s", rule->bad);
    if (rule->run)
        rule->run(p, a);
    keep_running(p);
}

static void
read_line(AsaParse *p)
{
    AsaContext in = ASA_TOP;
    const AsaRule *rule;
    AsaArgs args;

    while (p->depth && p->stack[p->depth - 1].indent >= p->line.indent)
        p->depth--;
    p->object = NULL;
    if (p->depth) {
        in = p->stack[p->depth - 1].context;
        p->object = p->stack[p->depth - 1].object;
    }
    if (in == ASA_IN_UNKNOWN) {
        p->skip_n++;
        return;
    }
    flush_unknown(p);
    if (in == ASA_IN_HARMLESS) {
        keep_running(p);
        return;
    }
    rule = find_rule(p, in, 0, &args);
    if (!rule) {
        p->skip_line = p->line.number;
        p->skip_text = asa_mask(&p->line);
        push(p, ASA_IN_UNKNOWN);
        return;
    }
    obey(p, rule, &args);
    push(p, rule->opens);
}

/* "!acheadend SETTING VALUE": ours, so a word we do not know is a slip of the pen. */
static void
read_own(AsaParse *p)
{
    AsaArgs args;
    const AsaRule *rule = find_rule(p, ASA_OWN, 1, &args);

    g_autofree char *text = asa_mask(&p->line);

    if (rule)
        obey(p, rule, &args);
    else
        asa_parse_fail(p, "acheadend has no setting like this: %s", text);
}

static void
read_any(AsaParse *p)
{
    if (p->line.error) {
        asa_parse_fail(p, "the line %s", p->line.error);
        return;
    }
    if (p->line.n && g_str_equal(p->line.word[0], "!acheadend")) {
        read_own(p);
        return;
    }
    if (p->line.text[0] == '!') {
        if (p->line.text[1] == '\0')
            keep_running(p);
        return;
    }
    if (p->line.n)
        read_line(p);
}

void
asa_parse_lines(AsaParse *p, Slice text)
{
    AsaLex lex = { .left = text };

    while (asa_lex_next(&lex, &p->line))
        read_any(p);
    explicit_bzero(&p->line, sizeof(p->line));
    flush_unknown(p);
}

static AsaConfig *
config_new(int64_t stamp_msec)
{
    AsaConfig *c = g_new0(AsaConfig, 1);
    GPtrArray **const arrays[] = { &c->interfaces,     &c->pools,       &c->acls,
                                   &c->ike_policies,   &c->proposals,   &c->dynamic_maps,
                                   &c->crypto_maps,    &c->trustpoints, &c->profiles,
                                   &c->group_policies, &c->users,       &c->tunnel_groups,
                                   &c->ppks,           &c->policies };
    char stamp[24];

    c->strings = g_string_chunk_new(4096);
    c->running = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        *arrays[i] = g_ptr_array_new_with_free_func(g_free);
    g_snprintf(stamp, sizeof(stamp), "%" G_GINT64_FORMAT, stamp_msec);
    c->stamp = g_string_chunk_insert_const(c->strings, stamp);
    c->hostname = "ciscoasa"; /* what an ASA calls itself until told */
    c->version = "9.16(4)";
    c->sa_seconds = 28800;
    c->sa_kilobytes = 4608000;
    c->nat_keepalive = 20;
    c->esp.tcp_mss = 1380;
    c->fragmentation = true;
    c->eap[0] = ASA_EAP_MSCHAPV2;
    c->eap[1] = ASA_EAP_GTC;
    c->n_eap = 2;
    c->cookie_percent = 50;
    return c;
}

AsaConfig *
asa_config_parse(Slice text, int64_t stamp_msec, AsaNotes *notes)
{
    g_autoptr(AsaConfig) c = config_new(stamp_msec);
    g_autofree AsaParse *p = g_new0(AsaParse, 1);

    if (text.len > ASA_FILE_MAX) {
        asa_note(notes, true, 0, "is larger than %d octets", ASA_FILE_MAX);
        return NULL;
    }
    p->config = c;
    p->strings = c->strings;
    p->running = c->running;
    p->tables = tables;
    p->notes = notes;
    asa_parse_lines(p, text);
    asa_check(c, notes);
    asa_notes_sort(notes);
    return notes->n_errors ? NULL : g_steal_pointer(&c);
}

bool
asa_text_load(const char *path, AsaNotes *notes, Secret *ret, int64_t *ret_stamp_msec)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    struct stat st = { 0 };
    gsize len;

    /* Size first: the file may be anything. */
    if (stat(path, &st) == 0 && st.st_size > ASA_FILE_MAX) {
        asa_note(notes, true, 0, "is larger than %d octets", ASA_FILE_MAX);
        return false;
    }
    if (!g_file_get_contents(path, &text, &len, &error)) {
        asa_note(notes, true, 0, "%s", error->message);
        return false;
    }
    secret_set(ret, (Slice){ (const uint8_t *)text, len });
    explicit_bzero(text, len);
    g_free(text);
    *ret_stamp_msec = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    return true;
}

AsaConfig *
asa_config_load(const char *path, AsaNotes *notes)
{
    g_auto(Secret) text = { 0 };
    int64_t stamp;

    if (!asa_text_load(path, notes, &text, &stamp))
        return NULL;
    return asa_config_parse(secret_view(&text), stamp, notes);
}
