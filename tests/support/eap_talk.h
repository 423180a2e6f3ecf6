/* eap_talk.h - a peer and a server of EAP face to face, and what the people at both ends say. */
#pragma once

#include "agent/eap/eap_server.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

typedef struct EapTalk {
    EapSetup peer_setup, server_setup;
    const EapMethod *const *peer_methods, *const *server_methods;
    const char *user, *typed[4]; /* by the person, one after the other; the last again */
    const char *right;           /* what the server's owner has; NULL: no such user */
    bool by_hash;                /* ... and gives as MD4 */
    bool distrust;               /* the owner does not trust a proved certificate */
    bool suspects;               /* the person does not trust the server's, be it in order */
    void (*on_request)(struct EapTalk *t, GByteArray *packet); /* may change what a peer hears */
    void (*on_response)(struct EapTalk *t, GByteArray *packet);

    EapPeer *p;
    EapServer *s;
    EapVerdict peer, server;
    unsigned requests, asked, owner_asked;
    bool chain_seen;
    char *asked_user; /* of the last question to the owner */
    char *error;      /* of the last form */
} EapTalk;

static uint8_t eap_talk_next = 1;

static inline void
eap_talk_random(void *user, uint8_t *ret, size_t len)
{
    (void)user;
    for (size_t i = 0; i < len; i++)
        ret[i] = (uint8_t)(eap_talk_next++ * 37);
}

static inline int64_t
eap_talk_wall(void *user)
{
    (void)user;
    return 1700000000; /* 2023-11-14 */
}

static inline EapVerdict
eap_talk_look(EapTalk *t)
{
    g_auto(EapAnswer) a = { .kind = t->suspects ? EAP_ANSWER_DECLINE : EAP_ANSWER_ACCEPT };

    t->asked++;
    return eap_peer_answer(t->p, &a);
}

static inline EapVerdict
eap_talk_person(EapTalk *t)
{
    const AcDoc *form = eap_peer_question(t->p)->doc;
    unsigned last = 0;
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_FIELDS, .fields = ac_fields_new() };

    assert_int_equal(form->type, AC_AUTH_REQUEST);
    while (last < t->asked && last + 1 < G_N_ELEMENTS(t->typed) && t->typed[last + 1])
        last++;
    t->asked++;
    g_free(t->error);
    t->error = g_strdup(form->error.text);
    ac_fields_set(a.fields, "username", slice_of(t->user ? t->user : ""));
    if (t->typed[last])
        ac_fields_set(a.fields, "password", slice_of(t->typed[last]));
    return eap_peer_answer(t->p, &a);
}

static inline EapVerdict
eap_talk_owner(EapTalk *t, Secret *hash)
{
    const EapQuestion *q = eap_server_question(t->s);
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_DECLINE };

    t->owner_asked++;
    t->chain_seen |= q->chain != NULL;
    g_free(t->asked_user);
    t->asked_user = g_strdup(q->user);
    if (q->chain) {
        a.kind = t->distrust ? EAP_ANSWER_DECLINE : EAP_ANSWER_ACCEPT;
    } else if (t->right && q->password) {
        bool right = slice_equal(secret_view(q->password), slice_of(t->right));

        a.kind = right ? EAP_ANSWER_ACCEPT : EAP_ANSWER_DECLINE;
    } else if (t->right) {
        a.kind = EAP_ANSWER_SECRET;
        a.nt_hash = t->by_hash;
        secret_set(&a.secret, t->by_hash ? secret_view(hash) : slice_of(t->right));
    }
    return eap_server_answer(t->s, &a);
}

static inline GByteArray *
eap_talk_carry(EapTalk *t, Slice octets, void (*tap)(EapTalk *t, GByteArray *packet))
{
    GByteArray *packet = g_byte_array_new();

    g_byte_array_append(packet, octets.p, (guint)octets.len);
    if (tap)
        tap(t, packet);
    return packet;
}

/* Until one side has said the last word. @hash: MD4 of the right password, for by_hash. */
static inline void
eap_talk_run(EapTalk *t, Secret *hash)
{
    t->peer_setup.random = t->server_setup.random = eap_talk_random;
    t->peer_setup.wall = t->server_setup.wall = eap_talk_wall;
    t->p = eap_peer_new(t->peer_methods, &t->peer_setup);
    t->s = eap_server_new(t->server_methods, &t->server_setup);
    for (t->server = eap_server_start(t->s);;) {
        g_autoptr(GByteArray) request = NULL, response = NULL;

        if (t->server == EAP_DROP)
            return;
        request = eap_talk_carry(t, eap_server_out(t->s), t->on_request);
        t->requests++;
        t->peer = eap_peer_recv(t->p, (Slice){ request->data, request->len });
        while (t->peer == EAP_ASK)
            t->peer = eap_peer_question(t->p)->chain ? eap_talk_look(t) : eap_talk_person(t);
        if (t->peer != EAP_SEND || t->server != EAP_SEND)
            return;
        response = eap_talk_carry(t, eap_peer_out(t->p), t->on_response);
        t->server = eap_server_recv(t->s, (Slice){ response->data, response->len });
        while (t->server == EAP_ASK)
            t->server = eap_talk_owner(t, hash);
    }
}

static inline void
eap_talk_clear(EapTalk *t)
{
    eap_peer_free(t->p);
    eap_server_free(t->s);
    g_free(t->asked_user);
    g_free(t->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EapTalk, eap_talk_clear)

static inline void
eap_talk_succeeds(EapTalk *t, size_t msk_len)
{
    eap_talk_run(t, NULL);
    if (t->peer != EAP_SUCCEEDED || t->server != EAP_SUCCEEDED)
        print_message("peer: %s; server: %s\n", eap_peer_why(t->p), eap_server_why(t->s));
    assert_int_equal(t->peer, EAP_SUCCEEDED);
    assert_int_equal(t->server, EAP_SUCCEEDED);
    assert_int_equal(eap_peer_msk(t->p).len, msk_len);
    assert_true(slice_equal(eap_peer_msk(t->p), eap_server_msk(t->s)));
}
