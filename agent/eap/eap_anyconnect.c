#include "agent/crypto/pkcs7.h"
#include "agent/eap/eap_method.h"

/* EAP-AnyConnect: config-auth documents in TLVs of an expanded type (agent/docs/WIRE.md §4.1). A
 * client certificate goes beside an init, with a signature over what its AUTH payload would sign
 * (§4.3). */

typedef struct AnyConnect {
    AcSide side;
    const EapSetup *setup;
    AcDialogue *dialogue;
    EapQuestion question;
    bool cert_asked;  /* server: our last auth-request had <client-cert-request> */
    X509Chain *chain; /* server: proved by the client */
    const char *why;  /* the framing was wrong; NULL: ask the dialogue */
} AnyConnect;

static void *
anyconnect_open(AcSide side, const EapSetup *setup)
{
    AnyConnect *ac = g_new0(AnyConnect, 1);

    ac->side = side;
    ac->setup = setup;
    ac->dialogue = ac_dialogue_new(side, &setup->ac);
    if (side == AC_CLIENT && setup->key && setup->chain && setup->signed_octets.len > 0)
        ac_dialogue_may_prove(ac->dialogue);
    return ac;
}

static void
anyconnect_close(void *self)
{
    AnyConnect *ac = self;

    ac_dialogue_free(ac->dialogue);
    x509_chain_free(ac->chain);
    g_free(ac);
}

/* The classic signature of the key, by the PRF's hash; a key that has none signs as RFC 7427 has
 * it.
 */
static bool
sign(const EapSetup *setup, GByteArray *ret)
{
    uint8_t classic = sig_classic_method(setup->key);

    return sig_sign(setup->key, classic ? classic : SIG_METHOD_DIGITAL, setup->sign_hash,
                    setup->signed_octets, ret);
}

/* PKCS7, SIGN, XML, in this order (agent/docs/WIRE.md §17); NULL, or what is wrong. */
static const char *
frame_proof(const AnyConnect *ac, Slice xml, Secret *out)
{
    g_autoptr(GBytes) certs = pkcs7_encode(ac->setup->chain);
    g_autoptr(GByteArray) signature = g_byte_array_new();
    Slice pkcs7;
    Writer w;

    pkcs7.p = g_bytes_get_data(certs, &pkcs7.len);
    if (!sign(ac->setup, signature))
        return "the key of the client certificate cannot sign as EAP-AnyConnect wants it";
    if (EAP_HEAD_MAX + 12 + pkcs7.len + signature->len + xml.len > UINT16_MAX)
        return "the client certificate and its chain are too long for EAP-AnyConnect";
    secret_alloc(out, 12 + pkcs7.len + signature->len + xml.len);
    w = (Writer){ .base = out->p, .cap = out->len };
    eap_ac_tlv_encode(&(EapAcTlv){ EAP_AC_TLV_PKCS7, pkcs7 }, &w);
    eap_ac_tlv_encode(&(EapAcTlv){ EAP_AC_TLV_SIGN, { signature->data, signature->len } }, &w);
    eap_ac_tlv_encode(&(EapAcTlv){ EAP_AC_TLV_XML, xml }, &w);
    g_assert(!w.overflow);
    return NULL;
}

/* The document that the dialogue has for the peer, in its TLV. */
static bool
frame(AnyConnect *ac, Secret *out)
{
    bool proves = ac_dialogue_proves(ac->dialogue);
    g_auto(Secret) xml = { 0 };
    Writer w;

    ac_dialogue_take_out(ac->dialogue, &xml);
    secret_clear(out);
    if (xml.len == 0)
        return true;
    if (proves) {
        ac->why = frame_proof(ac, secret_view(&xml), out);
        return !ac->why;
    }
    secret_alloc(out, 4 + xml.len);
    w = (Writer){ .base = out->p, .cap = out->len };
    eap_ac_tlv_encode(&(EapAcTlv){ EAP_AC_TLV_XML, secret_view(&xml) }, &w);
    g_assert(!w.overflow); /* AC_XML_MAX fits in a TLV */
    return true;
}

static EapStep
step(AnyConnect *ac, AcStep s, Secret *out)
{
    static const EapStep steps[] = {
        [AC_SEND] = EAP_STEP_SEND,
        [AC_ASK] = EAP_STEP_ASK,
        [AC_DONE] = EAP_STEP_DONE,
        [AC_FAIL] = EAP_STEP_FAIL,
    };

    return frame(ac, out) ? steps[s] : EAP_STEP_FAIL;
}

static EapStep
anyconnect_start(void *self, Secret *out)
{
    AnyConnect *ac = self;

    return step(ac, ac_dialogue_start(ac->dialogue), out);
}

/* The TLVs we know, by type; views. */
typedef struct Tlvs {
    Slice value[EAP_AC_TLV_PKCS7 + 1];
    bool has[EAP_AC_TLV_PKCS7 + 1];
} Tlvs;

/* One XML TLV, at most one of each other that we know; what we do not is passed over. Returns NULL,
 * or what is wrong. */
static const char *
find_tlvs(Slice data, Tlvs *ret)
{
    Reader in = reader_init(data);
    unsigned n = 0;
    EapAcTlv t;
    bool bad;

    *ret = (Tlvs){ 0 };
    while (eap_ac_tlv_next(&in, &t, &bad)) {
        if (++n > EAP_AC_TLVS_MAX)
            return "an EAP-AnyConnect packet has more than 16 TLVs";
        if (t.type >= G_N_ELEMENTS(ret->has))
            continue;
        if (ret->has[t.type])
            return t.type == EAP_AC_TLV_XML ? "an EAP-AnyConnect packet has two XML TLVs"
                                            : "an EAP-AnyConnect packet has a TLV twice";
        ret->has[t.type] = true;
        ret->value[t.type] = t.value;
    }
    if (bad)
        return "a TLV of an EAP-AnyConnect packet is cut short";
    return ret->has[EAP_AC_TLV_XML] ? NULL : "an EAP-AnyConnect packet has no XML TLV";
}

/* Either form of a signature is read (agent/docs/WIRE.md §17). */
static bool
signed_by(const EapSetup *setup, const SigKey *key, Slice signature)
{
    uint8_t classic = sig_classic_method(key);

    return (classic &&
            sig_verify(key, classic, &setup->sig, setup->signed_octets, signature, NULL, NULL)) ||
           sig_verify(key, SIG_METHOD_DIGITAL, &setup->sig, setup->signed_octets, signature, NULL,
                      NULL);
}

/* What comes unasked proves nothing and is passed over; what was asked for and is wrong ends it.
 * Returns NULL, or what is wrong. */
static const char *
take_proof(AnyConnect *ac, const Tlvs *t)
{
    g_autoptr(X509Chain) chain = NULL;
    g_autoptr(SigKey) key = NULL;

    if (!ac->cert_asked || !t->has[EAP_AC_TLV_PKCS7] || ac->setup->signed_octets.len == 0)
        return NULL;
    ac->cert_asked = false;
    chain = pkcs7_decode(t->value[EAP_AC_TLV_PKCS7]);
    key = chain ? x509_chain_leaf_key(chain) : NULL;
    if (!key)
        return "the client's certificate cannot be read";
    if (sig_key_unsound(key) || !t->has[EAP_AC_TLV_SIGN] ||
        !signed_by(ac->setup, key, t->value[EAP_AC_TLV_SIGN]))
        return "the client did not prove the key of its certificate";
    x509_chain_free(ac->chain);
    ac->chain = g_steal_pointer(&chain);
    return NULL;
}

static EapStep
anyconnect_recv(void *self, const EapPacket *in, Secret *out)
{
    AnyConnect *ac = self;
    Tlvs t;

    ac->why = find_tlvs(in->data, &t);
    if (!ac->why && ac->side == AC_SERVER)
        ac->why = take_proof(ac, &t);
    if (ac->why)
        return EAP_STEP_FAIL;
    return step(ac, ac_dialogue_recv(ac->dialogue, t.value[EAP_AC_TLV_XML]), out);
}

static AcStep
answered(AcSide side, AcDialogue *d, EapAnswer *a)
{
    switch (a->kind) {
    case EAP_ANSWER_FIELDS:
        return ac_dialogue_fill(d, a->fields);
    case EAP_ANSWER_GROUP:
        return ac_dialogue_choose_group(d, a->text);
    case EAP_ANSWER_ACCEPT:
        return ac_dialogue_accept(d, true);
    case EAP_ANSWER_DOC:
        return ac_dialogue_reply(d, g_steal_pointer(&a->doc));
    case EAP_ANSWER_SECRET:
    case EAP_ANSWER_DECLINE:
        break;
    }
    return side == AC_CLIENT ? ac_dialogue_accept(d, false) : ac_dialogue_refuse(d, a->text);
}

static EapStep
anyconnect_answer(void *self, EapAnswer *a, Secret *out)
{
    AnyConnect *ac = self;
    AcStep s;

    if (a->doc)
        ac->cert_asked = a->doc->client_cert_request;
    s = answered(ac->side, ac->dialogue, a);
    eap_answer_clear(a);
    return step(ac, s, out);
}

static const EapQuestion *
anyconnect_question(void *self)
{
    AnyConnect *ac = self;

    ac->question.doc = ac_dialogue_question(ac->dialogue);
    ac->question.chain = ac->chain;
    return ac->question.doc ? &ac->question : NULL;
}

static const AcDoc *
anyconnect_complete(void *self)
{
    return ac_dialogue_complete(((AnyConnect *)self)->dialogue);
}

static const char *
anyconnect_why(void *self)
{
    AnyConnect *ac = self;

    return ac->why ? ac->why : ac_dialogue_why(ac->dialogue);
}

const EapMethod eap_anyconnect = {
    .name = "EAP-AnyConnect",
    .type = EAP_TYPE_EXPANDED,
    .vendor = EAP_VENDOR_CISCO,
    .vendor_type = EAP_CISCO_ANYCONNECT,
    .mutual = false,
    .open = anyconnect_open,
    .close = anyconnect_close,
    .start = anyconnect_start,
    .recv = anyconnect_recv,
    .answer = anyconnect_answer,
    .question = anyconnect_question,
    .complete = anyconnect_complete,
    .why = anyconnect_why,
};
