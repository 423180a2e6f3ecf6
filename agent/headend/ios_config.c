#include "agent/headend/ios_config.h"

#include "agent/headend/asa_parse_private.h"
#include "agent/headend/ios_check.h"

static const AsaRule *const tables[] = { ios_lines_crypto, asa_lines_esp, ios_lines_net, NULL };

bool
ios_config_is(Slice text)
{
    static const char *const ours[] = { "proposal", "keyring", "profile" };
    g_autofree AsaLine *line = g_new0(AsaLine, 1);
    AsaLex lex = { .left = text };
    bool found = false;

    while (!found && asa_lex_next(&lex, line)) {
        if (line->n < 4 || line->indent > 0 || !g_str_equal(line->word[0], "crypto") ||
            !g_str_equal(line->word[1], "ikev2"))
            continue;
        for (size_t i = 0; i < G_N_ELEMENTS(ours); i++)
            found |= g_str_equal(line->word[2], ours[i]);
    }
    explicit_bzero(line, sizeof(*line));
    return found;
}

static IosConfig *
config_new(void)
{
    IosConfig *c = g_new0(IosConfig, 1);
    GPtrArray **const arrays[] = { &c->proposals,  &c->policies,    &c->keys,       &c->profiles,
                                   &c->transforms, &c->protections, &c->interfaces, &c->routes };

    c->strings = g_string_chunk_new(4096);
    c->running = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        *arrays[i] = g_ptr_array_new_with_free_func(g_free);
    c->hostname = "Router"; /* what IOS calls itself until told */
    c->window = IOS_WINDOW;
    c->sa_seconds = 3600;
    c->sa_kilobytes = 4608000;
    return c;
}

IosConfig *
ios_config_parse(Slice text, AsaNotes *notes)
{
    g_autoptr(IosConfig) c = config_new();
    g_autofree AsaParse *p = g_new0(AsaParse, 1);

    if (text.len > ASA_FILE_MAX) {
        asa_note(notes, true, 0, "is larger than %d octets", ASA_FILE_MAX);
        return NULL;
    }
    p->router = c;
    p->strings = c->strings;
    p->running = c->running;
    p->tables = tables;
    p->notes = notes;
    asa_parse_lines(p, text);
    ios_check(c, notes);
    asa_notes_sort(notes);
    return notes->n_errors ? NULL : g_steal_pointer(&c);
}

void
ios_config_free(IosConfig *c)
{
    if (!c)
        return;
    for (guint i = 0; i < c->keys->len; i++) {
        secret_clear(&((IosKey *)g_ptr_array_index(c->keys, i))->ours);
        secret_clear(&((IosKey *)g_ptr_array_index(c->keys, i))->theirs);
    }
    g_ptr_array_unref(c->proposals);
    g_ptr_array_unref(c->policies);
    g_ptr_array_unref(c->keys);
    g_ptr_array_unref(c->profiles);
    g_ptr_array_unref(c->transforms);
    g_ptr_array_unref(c->protections);
    g_ptr_array_unref(c->interfaces);
    g_ptr_array_unref(c->routes);
    g_string_free(c->running, TRUE);
    g_string_chunk_free(c->strings);
    g_free(c);
}

/* One look-up by exact name for each kind of thing. */
#define FINDER(Type, function, array)                                                              \
    const Type *function(const IosConfig *c, const char *name)                                     \
    {                                                                                              \
        for (guint i = 0; i < c->array->len; i++) {                                                \
            const Type *t = g_ptr_array_index(c->array, i);                                        \
            if (g_str_equal(t->name, name))                                                        \
                return t;                                                                          \
        }                                                                                          \
        return NULL;                                                                               \
    }
FINDER(IosProposal, ios_config_proposal, proposals)
FINDER(IosPolicy, ios_config_policy, policies)
FINDER(IosProfile, ios_config_profile, profiles)
FINDER(IosTransform, ios_config_transform, transforms)
FINDER(IosProtection, ios_config_protection, protections)
FINDER(IosInterface, ios_config_interface, interfaces)
#undef FINDER

const IosKey *
ios_config_key(const IosConfig *c, const char *ring, const Addr *peer)
{
    const IosKey *best = NULL;

    for (guint i = 0; i < c->keys->len; i++) {
        const IosKey *k = g_ptr_array_index(c->keys, i);

        if (g_str_equal(k->ring, ring) && k->net.addr.family && prefix_contains(&k->net, peer) &&
            (!best || k->net.len > best->net.len))
            best = k;
    }
    return best;
}

static bool
is_whole(const IosKey *k)
{
    return k && k->ours.len && k->theirs.len;
}

const IosKey *
ios_config_key_of(const IosConfig *c, const char *ring, const Addr *id, const Addr *from)
{
    const IosKey *k;

    for (guint i = 0; id && i < c->keys->len; i++) {
        k = g_ptr_array_index(c->keys, i);
        if (g_str_equal(k->ring, ring) && k->id.family && addr_equal(&k->id, id) && is_whole(k))
            return k;
    }
    k = ios_config_key(c, ring, from);
    return is_whole(k) ? k : NULL;
}
