#include <string.h>

#include "agent/headend/gateway_private.h"
#include "agent/headend/show.h"

/* What the plane has carried and lost, of all sessions there are and were. */
static void
count_ipsec(Gateway *g, ShowIpsec *ret)
{
    GHashTableIter it;
    gpointer p;

    *ret = (ShowIpsec){ .all = *plane_past(g->plane) };
    g_hash_table_iter_init(&it, g->sessions);
    while (g_hash_table_iter_next(&it, NULL, &p)) {
        const Session *s = p;

        child_sas_count(&s->sas, &ret->all);
        child_sas_count(&s->late, &ret->all);
        ret->tunnels += s->sas.n > 0;
    }
    plane_lost(g->plane, ret->all.drops, ret->losses);
}

char *
gateway_show(Gateway *g, const char *words)
{
    g_autoptr(GPtrArray) live = gateway_sessions(g, NULL);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) lists =
        revocation_lists(g->revocation, g_get_real_time() / G_USEC_PER_SEC);
    g_autoptr(GArray) rows = g_array_sized_new(FALSE, TRUE, sizeof(ShowSession), live->len);
    ShowIpsec ipsec;
    const ShowGateway about = { .nameif = g->config->outside->nameif,
                                .map = g->config->dynamic ? g->config->dynamic->name : "",
                                .map_seq = g->config->dynamic ? g->config->dynamic->seq : 0,
                                .local = g->locals[0],
                                .replay_off = g->config->esp.replay_window == ESP_REPLAY_OFF,
                                .limits = &g->limits,
                                .lists = lists,
                                .door = ike_listen_counted(g->listen),
                                .half_open = ike_listen_half_open(g->listen),
                                .all = ike_listen_count(g->listen),
                                .ipsec = &ipsec };

    count_ipsec(g, &ipsec);
    g_array_set_size(rows, live->len);
    for (guint i = 0; i < live->len; i++)
        session_show(g_ptr_array_index(live, i), texts, &g_array_index(rows, ShowSession, i));
    return show_command(words, &about, rows, g->config->running->str);
}

/* Which of the live sessions the words mean; NULL when they mean none that can be. */
static GPtrArray *
choose_sessions(Gateway *g, const char *words)
{
    const char *user = g_str_has_prefix(words, "name ") ? words + 5 : NULL;
    g_autoptr(GPtrArray) live = gateway_sessions(g, user);
    GPtrArray *ret;
    guint64 index = 0;

    if (!user && !g_str_equal(words, "all") &&
        !(g_str_has_prefix(words, "index ") &&
          g_ascii_string_to_unsigned(words + 6, 10, 1, UINT32_MAX, &index, NULL)))
        return NULL;
    ret = g_ptr_array_new();
    for (guint i = 0; i < live->len; i++)
        if (!index || ((Session *)live->pdata[i])->index == index)
            g_ptr_array_add(ret, live->pdata[i]);
    return ret;
}

char *
gateway_logoff(Gateway *g, const char *words)
{
    g_autoptr(GPtrArray) chosen = choose_sessions(g, words);

    if (!chosen)
        return g_strdup("ERROR: expected: vpn-sessiondb logoff all, name USER or index NUMBER\n");
    for (guint i = 0; i < chosen->len; i++)
        session_end(chosen->pdata[i], "logged off by the administrator");
    return g_strdup_printf("INFO: Number of sessions logged off : %u\n", chosen->len);
}

char *
gateway_redirect(Gateway *g, const char *words)
{
    const char *last = strrchr(words, ' ');
    g_autofree char *which = g_strndup(words, last ? (gsize)(last - words) : 0);
    g_autoptr(GPtrArray) chosen = choose_sessions(g, which);
    IkeRedirect to;
    unsigned n = 0;

    if (!chosen || !ike_redirect_parse(last + 1, &to))
        return g_strdup(
            "ERROR: expected: vpn-sessiondb redirect all, name USER or index NUMBER, and "
            "the address or name of another gateway\n");
    for (guint i = 0; i < chosen->len; i++)
        n += session_redirect(chosen->pdata[i], &to);
    return g_strdup_printf("INFO: Number of sessions redirected : %u\n", n);
}

char *
gateway_rekey(Gateway *g, const char *words)
{
    g_autofree char *whom = g_strdup(words);
    g_autoptr(GPtrArray) some = NULL;
    bool ike = g_str_has_suffix(whom, " ike");

    if (ike)
        whom[strlen(whom) - strlen(" ike")] = '\0';
    some = choose_sessions(g, whom);
    if (!some)
        return g_strdup(
            "ERROR: expected: rekey all, name USER or index NUMBER, and ike or nothing\n");
    for (guint i = 0; i < some->len; i++)
        session_rekey(g_ptr_array_index(some, i), ike);
    return g_strdup_printf("INFO: Number of sessions that get new keys : %u\n", some->len);
}

char *
gateway_answer(const char *request, void *gateway)
{
    if (g_str_has_prefix(request, "show "))
        return gateway_show(gateway, request + 5);
    if (g_str_has_prefix(request, "vpn-sessiondb logoff "))
        return gateway_logoff(gateway, request + 21);
    if (g_str_has_prefix(request, "vpn-sessiondb redirect "))
        return gateway_redirect(gateway, request + 23);
    if (g_str_has_prefix(request, "rekey "))
        return gateway_rekey(gateway, request + 6);
    return g_strdup(
        "ERROR: expected: show ..., vpn-sessiondb logoff ... or redirect ..., rekey ...\n");
}
