/* eap_fuzz.h - one half of EAP against packets that somebody made up. */
#pragma once

#include "agent/eap/eap_server.h"

static inline void
eap_fuzz_random(void *user, uint8_t *ret, size_t len)
{
    (void)user;
    memset(ret, 0x5a, len);
}

static inline void
eap_fuzz_answer(EapAnswer *a, bool peer)
{
    a->kind = peer ? EAP_ANSWER_FIELDS : EAP_ANSWER_SECRET;
    if (peer) {
        a->fields = ac_fields_new();
        ac_fields_set(a->fields, "username", slice_of("Anu"));
        ac_fields_set(a->fields, "password", slice_of("cisco123"));
    } else {
        secret_set(&a->secret, slice_of("cisco123"));
    }
}

static inline EapVerdict
eap_fuzz_peer(EapPeer *p, Slice packet)
{
    EapVerdict v = eap_peer_recv(p, packet);

    while (v == EAP_ASK) {
        g_auto(EapAnswer) a = { 0 };

        if (!eap_peer_question(p) || !eap_peer_question(p)->doc)
            g_error("asked without a question");
        eap_fuzz_answer(&a, true);
        v = eap_peer_answer(p, &a);
    }
    return v;
}

static inline EapVerdict
eap_fuzz_server(EapServer *s, Slice packet)
{
    EapVerdict v = eap_server_recv(s, packet);

    while (v == EAP_ASK) {
        g_auto(EapAnswer) a = { 0 };

        if (!eap_server_question(s))
            g_error("asked without a question");
        eap_fuzz_answer(&a, false);
        v = eap_server_answer(s, &a);
    }
    return v;
}

/* @in: packets, each behind two octets of length. @mutual: there is no success without a key. */
static inline void
eap_fuzz_half(const EapMethod *const *methods, bool peer, bool mutual, Slice packets)
{
    static const EapSetup setup = { .random = eap_fuzz_random };
    g_autoptr(EapPeer) p = eap_peer_new(methods, &setup);
    g_autoptr(EapServer) s = eap_server_new(methods, &setup);
    Reader in = reader_init(packets);
    uint16_t len;
    Slice packet;

    if (eap_server_start(s) != EAP_SEND)
        g_error("a server that does not start");
    while (reader_u16(&in, &len) && reader_slice(&in, MIN(len, reader_left(&in)), &packet)) {
        EapVerdict v = peer ? eap_fuzz_peer(p, packet) : eap_fuzz_server(s, packet);
        const char *why = peer ? eap_peer_why(p) : eap_server_why(s);
        Slice msk = peer ? eap_peer_msk(p) : eap_server_msk(s);

        if (v == EAP_FAILED && !*why)
            g_error("a failure without a sentence");
        if (v == EAP_SUCCEEDED && mutual != (msk.len > 0))
            g_error("a success with the wrong key");
    }
}
