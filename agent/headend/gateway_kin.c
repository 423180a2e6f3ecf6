/* Sessions of one user, or of one client: who makes room for whom, and who takes whose place. */
#include "agent/headend/gateway_private.h"

/* By which a device is known again; "" when it has not said, as only AnyConnect does. */
static const char *
device_of(const Session *s)
{
    return s->forms ? s->forms->unique : "";
}

/* Does who has logged in stand for one client? A site does; an AnyConnect that says which device it
 * is; whoever has proved an identity by a key or certificate, unless it is the name of a group,
 * which many share. A person who types a password may have several devices. */
static bool
is_known_again(const Gateway *g, const Session *s)
{
    IkeInfo info;

    if (!s->peers.group)
        return device_of(s)[0] != '\0';
    if (!s->peers.group->remote_access)
        return true;
    ike_sa_info(s->sa, &info);
    return (s->peers.plan.theirs == IKE_WAY_PSK || s->peers.plan.theirs == IKE_WAY_CERT) &&
           !peers_is_group(g->peers, &info.id_remote);
}

/* The same user as @s, who is known again. */
static bool
is_left_over(const Session *old, const Session *s)
{
    IkeInfo then, now;

    if (old == s || old->peers.group != s->peers.group ||
        old->peers.plan.theirs != s->peers.plan.theirs)
        return false;
    if (!s->peers.group)
        return g_str_equal(device_of(old), device_of(s));
    ike_sa_info(old->sa, &then);
    ike_sa_info(s->sa, &now);
    return !s->peers.group->remote_access || (then.id_remote.type == now.id_remote.type &&
                                              slice_equal(then.id_remote.data, now.id_remote.data));
}

void
gateway_forget_past(Gateway *g, const Session *s)
{
    g_autoptr(GPtrArray) mine = NULL;

    if (!is_known_again(g, s))
        return;
    mine = gateway_sessions(g, s->user);
    for (guint i = 0; i < mine->len; i++)
        if (is_left_over(mine->pdata[i], s))
            session_end(mine->pdata[i], "the same device has come again (INITIAL_CONTACT)");
}

/* The numbers of those whose place another takes. A user may have thousands of sessions: a key that
 * many share. */
static GHashTable *
followed_in(const GPtrArray *all)
{
    GHashTable *ret = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < all->len; i++)
        g_hash_table_add(ret, GUINT_TO_POINTER(((const Session *)all->pdata[i])->follows));
    return ret;
}

/* With those whose place it takes. */
static void
end_with_past(Session *s, const GPtrArray *all, const char *why)
{
    for (guint i = 0; i < all->len && s->follows; i++) {
        Session *past = all->pdata[i];

        if (past->index == s->follows)
            end_with_past(past, all, why);
    }
    session_end(s, why);
}

void
gateway_make_room(Gateway *g, const Session *s)
{
    g_autoptr(GPtrArray) mine = NULL;
    g_autoptr(GPtrArray) heads = g_ptr_array_new();
    g_autoptr(GHashTable) followed = NULL;

    if (g_hash_table_size(g->sessions) <= s->policy->logins)
        return; /* even if all were of this user; itself is one of them */
    mine = gateway_sessions(g, s->user);
    followed = followed_in(mine);
    for (guint i = 0; i < mine->len; i++) {
        const Session *one = mine->pdata[i];

        if (one->index != s->follows &&
            !g_hash_table_contains(followed, GUINT_TO_POINTER(one->index)))
            g_ptr_array_add(heads, mine->pdata[i]);
    }
    /* One of the sessions allowed is the new one. */
    for (guint i = 0; i < heads->len && heads->len - i >= s->policy->logins; i++)
        end_with_past(heads->pdata[i], mine, "the same user has logged in again");
}

static bool
has_address(const Session *s, const Addr *inner)
{
    return (s->ip4.pool && addr_equal(&s->ip4.addr, inner)) ||
           (s->ip6.pool && addr_equal(&s->ip6.addr, inner));
}

static bool
is_same_client(const Session *a, const Session *b)
{
    IkeInfo x, y;

    ike_sa_info(a->sa, &x);
    ike_sa_info(b->sa, &y);
    return a->group == b->group && a->peers.group == b->peers.group &&
           a->peers.plan.theirs == b->peers.plan.theirs && x.id_remote.type == y.id_remote.type &&
           slice_equal(x.id_remote.data, y.id_remote.data) &&
           g_str_equal(device_of(a), device_of(b)) &&
           endpoint_equal(&x.path.remote, &y.path.remote);
}

const Session *
gateway_standing(Gateway *g, const Session *s, const Addr *inner)
{
    g_autoptr(GPtrArray) mine = gateway_sessions(g, s->user);
    Session *standing = NULL;

    for (guint i = mine->len; i-- > 0 && !standing;) {
        Session *one = mine->pdata[i];

        if (has_address(one, inner) && is_same_client(one, s) && session_carries(one))
            standing = one;
    }
    for (guint i = 0; i < mine->len && standing; i++)
        if (((Session *)mine->pdata[i])->follows == standing->index)
            session_end(mine->pdata[i], "the client has logged in anew once more");
    return standing;
}

/* NULL when nobody does. */
static Session *
follower_of(Gateway *g, const Session *s)
{
    GHashTableIter it;
    gpointer next;

    g_hash_table_iter_init(&it, g->sessions);
    while (s->index && g_hash_table_iter_next(&it, NULL, &next))
        if (((Session *)next)->follows == s->index && !((Session *)next)->ending)
            return next;
    return NULL;
}

void
gateway_pass_on(Gateway *g, const Session *s)
{
    Session *next = follower_of(g, s);

    if (next)
        session_carry(next);
}

void
gateway_hand_over(Gateway *g, Session *s)
{
    Session *next = follower_of(g, s);

    if (next)
        session_take_over(next, s);
}
